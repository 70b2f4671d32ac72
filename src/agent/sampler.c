/* SPDX-License-Identifier: MIT */
#include "agent/sampler.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "wire/remote_write.h"
#include "wire/snappy.h"

#define KEY_MAX_BYTES      ((size_t)64 * 1024)
#define REQUEST_MAX_BYTES  ((size_t)16 * 1024 * 1024)
#define PACKED_MAX_BYTES   (REQUEST_MAX_BYTES * 7 / 6 + 32)
#define FORGET_COLLECTIONS 256 /* a series unseen for so many is forgotten */

struct sampler_series {
    uint64_t seen;   /* collection it was last emitted in */
    size_t position; /* in that collection's order */
    uint32_t key_len;
    uint32_t encoded_len;
    uint8_t bytes[]; /* the key, and behind it the encoded labels */
};

void sampler_init(struct sampler *sampler, const char *instance, const char *job)
{
    *sampler = (struct sampler){.instance = memory_strdup(instance), .job = memory_strdup(job)};
    map_init(&sampler->by_key);
    buf_init(&sampler->key, KEY_MAX_BYTES);
    buf_init(&sampler->encoded, REQUEST_MAX_BYTES);
    buf_init(&sampler->packed, PACKED_MAX_BYTES);
}

void sampler_deinit(struct sampler *sampler)
{
    for (struct map_slot *slot = NULL; (slot = map_next(&sampler->by_key, slot)) != NULL;)
        free(slot->value);
    map_deinit(&sampler->by_key);
    VEC_DEINIT(&sampler->order);
    VEC_DEINIT(&sampler->previous);
    VEC_DEINIT(&sampler->series);
    VEC_DEINIT(&sampler->samples);
    buf_deinit(&sampler->key);
    buf_deinit(&sampler->encoded);
    buf_deinit(&sampler->packed);
    free(sampler->instance);
    free(sampler->job);
    *sampler = (struct sampler){0};
}

/* Forgets series that have not been seen for long.  `order` is empty between collections and
 * serves as the list of those to go, since the map may not change while it is walked. */
static void forget_old(struct sampler *sampler)
{
    assert(sampler->order.len == 0);
    for (struct map_slot *slot = NULL; (slot = map_next(&sampler->by_key, slot)) != NULL;) {
        struct sampler_series *series = slot->value;
        if (series->seen + FORGET_COLLECTIONS < sampler->collection)
            VEC_PUSH(&sampler->order, series);
    }
    for (size_t i = 0; i < sampler->order.len; i++) {
        struct sampler_series *series = sampler->order.items[i];
        map_remove(&sampler->by_key, series->bytes, series->key_len);
        free(series);
    }
    sampler->order.len = 0;
}

void sampler_begin(struct sampler *sampler, msec_t at_ms)
{
    struct sampler_series **items = sampler->previous.items;
    size_t capacity = sampler->previous.capacity;
    sampler->previous.items = sampler->order.items;
    sampler->previous.len = sampler->order.len;
    sampler->previous.capacity = sampler->order.capacity;
    sampler->order.items = items;
    sampler->order.len = 0;
    sampler->order.capacity = capacity;

    sampler->cursor = 0;
    sampler->at_ms = at_ms;
    sampler->series.len = 0;
    sampler->samples.len = 0;
    sampler->collection++;
    if (sampler->collection % FORGET_COLLECTIONS == 0)
        forget_old(sampler);
}

static void build_key(struct buf *key, const struct metric *metric, const struct label *labels,
                      size_t n_labels)
{
    buf_reset(key);
    buf_append(key, metric->name, strlen(metric->name) + 1);
    for (size_t i = 0; i < n_labels; i++) {
        buf_append(key, labels[i].name, strlen(labels[i].name) + 1);
        buf_append(key, labels[i].value, strlen(labels[i].value) + 1);
    }
}

static bool has_key(const struct sampler_series *series, const struct buf *key)
{
    return series->key_len == key->len && memcmp(series->bytes, key->data, key->len) == 0;
}

/* Encodes the label set of the key in sampler->key; NULL when it is no valid set. */
static struct sampler_series *add_series(struct sampler *sampler, const struct metric *metric,
                                         const struct label *labels, size_t n_labels)
{
    struct label pairs[LABELS_COUNT_MAX];
    if (n_labels + 3 > ARRAY_LEN(pairs) || sampler->by_key.len >= SAMPLER_SERIES_MAX)
        return NULL;
    for (size_t i = 0; i < n_labels; i++)
        pairs[i] = labels[i];
    pairs[n_labels++] = (struct label){LABEL_METRIC_NAME, metric->name};
    pairs[n_labels++] = (struct label){LABEL_INSTANCE, sampler->instance};
    pairs[n_labels++] = (struct label){LABEL_JOB, sampler->job};
    struct labels *set = labels_new(pairs, n_labels);
    if (set == NULL)
        return NULL;

    buf_reset(&sampler->encoded);
    labels_encode(&sampler->encoded, set);
    labels_unref(set);
    size_t len = sampler->encoded.len;
    struct sampler_series *series = memory_alloc(sizeof(*series) + sampler->key.len + len);
    *series = (struct sampler_series){.key_len = (uint32_t)sampler->key.len,
                                      .encoded_len = (uint32_t)len};
    memcpy(series->bytes, sampler->key.data, sampler->key.len);
    memcpy(series->bytes + sampler->key.len, sampler->encoded.data, len);
    map_put(&sampler->by_key, series->bytes, series->key_len, series);
    sampler->n_encoded++;
    return series;
}

static struct sampler_series *find_series(struct sampler *sampler, const struct metric *metric,
                                          const struct label *labels, size_t n_labels)
{
    build_key(&sampler->key, metric, labels, n_labels);
    if (sampler->key.error != 0)
        return NULL;
    if (sampler->cursor < sampler->previous.len) {
        struct sampler_series *next = sampler->previous.items[sampler->cursor];
        if (has_key(next, &sampler->key)) {
            sampler->cursor++;
            return next;
        }
    }
    struct sampler_series *series =
        map_find(&sampler->by_key, sampler->key.data, sampler->key.len);
    if (series == NULL)
        return add_series(sampler, metric, labels, n_labels);
    if (series->seen + 1 == sampler->collection)
        sampler->cursor = series->position + 1;
    return series;
}

static void add_sample(struct sampler *sampler, const struct sampler_series *series,
                       double value)
{
    struct batch_series entry = {.encoded = series->bytes + series->key_len,
                                 .encoded_len = series->encoded_len,
                                 .n_samples = 1};
    struct sample sample = {sampler->at_ms, value};
    VEC_PUSH(&sampler->series, entry);
    VEC_PUSH(&sampler->samples, sample);
}

void sampler_emit(void *arg, const struct metric *metric, const struct label *labels,
                  size_t n_labels, double value)
{
    struct sampler *sampler = arg;
    struct sampler_series *series = find_series(sampler, metric, labels, n_labels);
    if (series == NULL || series->seen == sampler->collection) {
        sampler->refused++; /* too large, too many, or the same series twice */
        return;
    }
    series->seen = sampler->collection;
    series->position = sampler->order.len;
    VEC_PUSH(&sampler->order, series);
    add_sample(sampler, series, value);
}

static void mark_ended(struct sampler *sampler)
{
    for (size_t i = 0; i < sampler->previous.len; i++) {
        if (sampler->previous.items[i]->seen != sampler->collection)
            add_sample(sampler, sampler->previous.items[i], sample_stale_value());
    }
}

int sampler_pack(struct sampler *sampler, size_t *out_n_samples)
{
    mark_ended(sampler);
    if (sampler->series.len == 0)
        return -ENODATA;
    for (size_t i = 0; i < sampler->series.len; i++)
        sampler->series.items[i].samples = &sampler->samples.items[i];

    buf_reset(&sampler->encoded);
    buf_reset(&sampler->packed);
    buf_reserve(&sampler->encoded, sampler->encoded_before); /* in one go */
    int error =
        remote_write_encode(sampler->series.items, sampler->series.len, &sampler->encoded);
    if (error == 0)
        error = snappy_pack(sampler->encoded.data, sampler->encoded.len, &sampler->packed);
    sampler->encoded_before = sampler->encoded.len;
    /* Sending needs as much for a moment: the same pages serve both. */
    buf_deinit(&sampler->encoded);
    buf_init(&sampler->encoded, REQUEST_MAX_BYTES);
    if (error == 0)
        *out_n_samples = sampler->samples.len;
    return error;
}
