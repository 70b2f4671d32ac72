/* SPDX-License-Identifier: MIT */
#include "agent/sampler.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/random.h"

#define KEY_MAX_BYTES      ((size_t)64 * 1024)
#define ENCODED_BYTES      128 /* of a series, more or less */
#define SLOTS_FIRST        ((size_t)512)
#define FORGET_COLLECTIONS 256 /* a series unseen for so many is forgotten */
#define PATIENCE_FIRST     32
#define PATIENCE_LAST      (1u << 16)

/* A value is still until it moves; having moved, it has to rest for `patience` collections to
 * be still again, and twice as long each time, since every such move packs the form anew. */
struct sampler_series {
    const struct metric *metric; /* borrowed from the collectors, see struct metric */
    double value;                /* the last one */
    uint32_t seen;               /* collection it was last emitted in */
    uint32_t moved;              /* ... in which its value was another than before; 0 = none */
    uint32_t position;           /* in the order of the collection it was last emitted in */
    uint32_t patience;
    uint32_t key_len;
    uint16_t n_labels;
    bool is_still; /* in the form */
    uint8_t key[]; /* the metric's name, and name and value of each label */
};

void sampler_init(struct sampler *sampler, const char *instance, const char *job)
{
    *sampler = (struct sampler){.instance = memory_strdup(instance), .job = memory_strdup(job)};
    sampler->by_key.seed = random_u64();
    buf_init(&sampler->key, KEY_MAX_BYTES);
    form_init(&sampler->form);
}

void sampler_deinit(struct sampler *sampler)
{
    for (size_t i = 0; i < sampler->by_key.capacity; i++)
        free(sampler->by_key.slots[i]);
    free(sampler->by_key.slots);
    VEC_DEINIT(&sampler->order);
    VEC_DEINIT(&sampler->previous);
    form_deinit(&sampler->form);
    buf_deinit(&sampler->key);
    free(sampler->instance);
    free(sampler->job);
    *sampler = (struct sampler){0};
}

/* The slot that holds the key, or the free one where it belongs. */
static struct sampler_series **find_slot(const struct sampler_index *index, const void *key,
                                         size_t len)
{
    size_t mask = index->capacity - 1;
    for (size_t at = hash_bytes(key, len, index->seed) & mask;; at = (at + 1) & mask) {
        const struct sampler_series *series = index->slots[at];
        if (series == NULL || (series->key_len == len && memcmp(series->key, key, len) == 0))
            return &index->slots[at];
    }
}

/* Makes a table of this capacity; series not seen since `oldest` are left out and freed. */
static void rebuild(struct sampler_index *index, size_t capacity, uint32_t oldest)
{
    struct sampler_index fresh = {.capacity = capacity, .seed = index->seed};
    fresh.slots = memory_calloc(capacity, sizeof(struct sampler_series *));
    for (size_t i = 0; i < index->capacity; i++) {
        struct sampler_series *series = index->slots[i];
        if (series != NULL && series->seen >= oldest) {
            *find_slot(&fresh, series->key, series->key_len) = series;
            fresh.len++;
        } else {
            free(series);
        }
    }
    free(index->slots);
    *index = fresh;
}

static void add_to_index(struct sampler_index *index, struct sampler_series *series)
{
    if (index->len * 2 >= index->capacity)
        rebuild(index, MAX_OF(index->capacity * 2, SLOTS_FIRST), 0);
    *find_slot(index, series->key, series->key_len) = series;
    index->len++;
}

static struct sampler_series *find_in_index(const struct sampler_index *index,
                                            const struct buf *key)
{
    return index->len == 0 ? NULL : *find_slot(index, key->data, key->len);
}

/* Between collections nothing that is forgotten is in `previous`, and `order` is empty. */
static void forget_old(struct sampler *sampler)
{
    assert(sampler->order.len == 0);
    if (sampler->collection > FORGET_COLLECTIONS && sampler->by_key.len > 0)
        rebuild(&sampler->by_key, sampler->by_key.capacity,
                sampler->collection - FORGET_COLLECTIONS);
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
    sampler->collection++;
    if (sampler->collection % FORGET_COLLECTIONS == 0) {
        forget_old(sampler);
        sampler->is_form_good = false; /* to close the gaps of what rests */
    }
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

/* Where the text ends in the key, or NULL when the key has another there. */
static const uint8_t *skip_text(const uint8_t *key, const char *text)
{
    while (*key == (uint8_t)*text) {
        if (*key == '\0')
            return key + 1;
        key++;
        text++;
    }
    return NULL;
}

static bool has_labels(const struct sampler_series *series, const struct metric *metric,
                       const struct label *labels, size_t n_labels)
{
    if (series->metric != metric || series->n_labels != n_labels)
        return false;
    const uint8_t *at = series->key + strlen(metric->name) + 1;
    for (size_t i = 0; i < n_labels; i++) {
        at = skip_text(at, labels[i].name);
        if (at != NULL)
            at = skip_text(at, labels[i].value);
        if (at == NULL)
            return false;
    }
    return true;
}

/* The end of the text at `*at`, which moves behind it. */
static struct slice take_text(const uint8_t **at)
{
    struct slice text = slice_of((const char *)*at);
    *at += text.len + 1;
    return text;
}

/* Appends the labels that belong to a key, encoded.  False when they are no valid set.  What is
 * added stands where it mostly belongs, so that there is nothing to sort. */
static bool encode_key(const struct sampler *sampler, const uint8_t *key, size_t n_labels,
                       struct buf *out)
{
    const struct label added[] = {{LABEL_INSTANCE, sampler->instance},
                                  {LABEL_JOB, sampler->job}};
    struct label_slices pairs;
    struct label_slice *to = pairs.items;
    size_t n_added = 0;
    *to++ = (struct label_slice){slice_of(LABEL_METRIC_NAME), take_text(&key)};
    for (size_t i = 0; i <= n_labels; i++) {
        while (n_added < ARRAY_LEN(added) &&
               (i == n_labels || strcmp(added[n_added].name, (const char *)key) < 0)) {
            const struct label *label = &added[n_added++];
            *to++ = (struct label_slice){slice_of(label->name), slice_of(label->value)};
        }
        if (i < n_labels) {
            struct slice name = take_text(&key);
            *to++ = (struct label_slice){name, take_text(&key)};
        }
    }
    pairs.len = (size_t)(to - pairs.items);
    if (!labels_normalise(&pairs))
        return false;
    labels_encode_slices(out, &pairs);
    return true;
}

/* Of the key in sampler->key; NULL when its labels are no valid set. */
static struct sampler_series *add_series(struct sampler *sampler, const struct metric *metric,
                                         size_t n_labels)
{
    if (n_labels + 3 > LABELS_COUNT_MAX || sampler->by_key.len >= SAMPLER_SERIES_MAX)
        return NULL;
    const struct buf *key = &sampler->key;
    CLEANUP(buf_deinit) struct buf encoded;
    buf_init(&encoded, FORM_MAX_BYTES);
    if (!encode_key(sampler, (const uint8_t *)key->data, n_labels, &encoded))
        return NULL;
    struct sampler_series *series = memory_alloc(sizeof(*series) + key->len);
    *series = (struct sampler_series){.metric = metric,
                                      .patience = PATIENCE_FIRST,
                                      .n_labels = (uint16_t)n_labels,
                                      .key_len = (uint32_t)key->len};
    memcpy(series->key, key->data, key->len);
    add_to_index(&sampler->by_key, series);
    sampler->n_encoded++;
    return series;
}

static struct sampler_series *find_series(struct sampler *sampler, const struct metric *metric,
                                          const struct label *labels, size_t n_labels)
{
    if (sampler->cursor < sampler->previous.len) {
        struct sampler_series *next = sampler->previous.items[sampler->cursor];
        if (has_labels(next, metric, labels, n_labels)) {
            sampler->cursor++;
            return next;
        }
    }
    sampler->is_form_good = false;
    build_key(&sampler->key, metric, labels, n_labels);
    if (sampler->key.error != 0)
        return NULL;
    struct sampler_series *series = find_in_index(&sampler->by_key, &sampler->key);
    if (series == NULL)
        return add_series(sampler, metric, n_labels);
    if (series->seen + 1 == sampler->collection)
        sampler->cursor = series->position + 1;
    return series;
}

/* What is to be expected of a series that is new. */
static bool is_likely_to_move(const struct metric *metric, double value)
{
    return isfinite(value) &&
           (metric->type == METRIC_COUNTER ? value > 0 : trunc(value) != value);
}

static void take_value(struct sampler *sampler, struct sampler_series *series, double value)
{
    if (memcmp(&series->value, &value, sizeof(value)) != 0) {
        series->value = value;
        if (series->seen > 0 || is_likely_to_move(series->metric, value))
            series->moved = sampler->collection;
        if (series->is_still) {
            sampler->is_form_good = false;
            series->patience = MIN_OF(series->patience * 2, PATIENCE_LAST);
        }
    }
    if (sampler->is_form_good && !series->is_still)
        form_set_value(&sampler->form, sampler->order.len, value);
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
    take_value(sampler, series, value);
    series->seen = sampler->collection;
    series->position = (uint32_t)sampler->order.len;
    VEC_PUSH(&sampler->order, series);
}

/* What a form is made of. */
struct draft {
    VEC(struct form_series) list;
    struct buf labels; /* of all of them, one after the other */
};

static void add_to_draft(struct draft *draft, const struct sampler *sampler,
                         const struct sampler_series *series, double value)
{
    size_t before = draft->labels.len;
    bool is_valid = encode_key(sampler, series->key, series->n_labels, &draft->labels);
    assert(is_valid);
    struct form_series item = {.encoded_len = (uint32_t)(draft->labels.len - before),
                               .is_still = series->is_still,
                               .value = value};
    VEC_PUSH(&draft->list, item);
}

/* What was emitted, and a marker for each series that ended. */
static void fill_draft(struct draft *draft, struct sampler *sampler)
{
    for (size_t i = 0; i < sampler->order.len; i++) {
        struct sampler_series *series = sampler->order.items[i];
        series->is_still =
            series->moved == 0 || sampler->collection - series->moved > series->patience;
        add_to_draft(draft, sampler, series, series->value);
    }
    for (size_t i = 0; i < sampler->previous.len; i++) {
        struct sampler_series *ended = sampler->previous.items[i];
        if (ended->seen == sampler->collection)
            continue;
        ended->is_still = true;
        add_to_draft(draft, sampler, ended, sample_stale_value());
    }
    const uint8_t *labels = (const uint8_t *)draft->labels.data;
    for (size_t i = 0; i < draft->list.len; i++) {
        draft->list.items[i].encoded = labels;
        labels += draft->list.items[i].encoded_len;
    }
}

static int build_form(struct sampler *sampler, size_t *out_n_samples)
{
    struct draft draft = {0};
    buf_init(&draft.labels, FORM_MAX_BYTES);
    /* In one piece, which is large enough to go back to the system at once. */
    buf_reserve(&draft.labels, sampler->order.len * ENCODED_BYTES);
    fill_draft(&draft, sampler);
    *out_n_samples = draft.list.len;
    int error = draft.labels.error;
    if (error == 0)
        error = draft.list.len == 0 ? -ENODATA
                                    : form_build(&sampler->form, draft.list.items,
                                                 draft.list.len, sampler->at_ms);
    sampler->is_form_good = error == 0 && draft.list.len == sampler->order.len;
    sampler->n_packed++;
    VEC_DEINIT(&draft.list);
    buf_deinit(&draft.labels);
    return error;
}

int sampler_pack(struct sampler *sampler, size_t *out_n_samples)
{
    bool is_filled = sampler->is_form_good && sampler->order.len > 0 &&
                     sampler->order.len == sampler->previous.len &&
                     sampler->order.len == sampler->form.gaps.len &&
                     form_set_time(&sampler->form, sampler->at_ms);
    size_t n_samples = sampler->order.len;
    int error = is_filled ? 0 : build_form(sampler, &n_samples);
    if (error == 0)
        *out_n_samples = n_samples;
    return error;
}

const struct metric *sampler_metric(const struct sampler *sampler, size_t nth)
{
    assert(nth < sampler->order.len);
    return sampler->order.items[nth]->metric;
}
