/* SPDX-License-Identifier: MIT */
/*
 * The way of a batch into memory: samples outside the window are refused, the series is found
 * by its encoded labels or made, its lock is taken once, samples go into it, and those taken
 * are written into the log record that the writer will commit.
 *
 * Duplicates are logged like the rest: what they repeat may itself not be committed yet, and
 * their sender must not be told so before it is.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "store/internal.h"

#define CANONICAL_MAX_BYTES                                                                    \
    ((size_t)LABELS_COUNT_MAX * (LABELS_NAME_MAX_BYTES + LABELS_VALUE_MAX_BYTES + 16))

/* One store_append() under way. */
struct append {
    struct store *store;
    struct commit *commit;
    struct log_record_writer record;
    struct store_refusals *refusals;
    org_id org;
    msec_t oldest_ms, newest_ms; /* the window */
    struct sample_list accepted; /* of the series in work */
    struct buf canonical;        /* scratch */
    struct series *alias;        /* reference; to be known by `alias_key` too, or NULL */
    struct table_key alias_key;
    struct stored_window window;
};

static void refuse(struct append *append, size_t *counter, size_t count,
                   const struct batch_series *series, const char *why)
{
    *counter += count;
    store_count(&append->store->samples_refused, count);
    if (append->refusals->detail[0] != '\0')
        return;
    struct labels *labels = NULL;
    struct buf text;
    buf_init(&text, 100000);
    if (labels_new_decoded(series->encoded, series->encoded_len, &labels) == 0) {
        labels_format(&text, labels);
        labels_unref(labels);
    }
    snprintf(append->refusals->detail, sizeof(append->refusals->detail), "%s: %.180s", why,
             text.len > 0 ? buf_text(&text) : "(unreadable labels)");
    buf_deinit(&text);
}

static bool is_in_window(const struct append *append, msec_t at_ms)
{
    return at_ms >= append->oldest_ms && at_ms <= append->newest_ms;
}

/* Counts what lies outside, sets the bounds of what lies inside.  Returns how many do. */
static size_t check_window(struct append *append, const struct batch_series *series)
{
    size_t too_old = 0, too_new = 0;
    append->window.from_ms = INT64_MAX;
    append->window.to_ms = INT64_MIN;
    for (uint32_t i = 0; i < series->n_samples; i++) {
        msec_t at_ms = series->samples[i].at_ms;
        too_old += at_ms < append->oldest_ms;
        too_new += at_ms > append->newest_ms;
        if (is_in_window(append, at_ms)) {
            append->window.from_ms = MIN_OF(append->window.from_ms, at_ms);
            append->window.to_ms = MAX_OF(append->window.to_ms, at_ms);
        }
    }
    if (too_old > 0)
        refuse(append, &append->refusals->too_old, too_old, series, "sample is too old");
    if (too_new > 0)
        refuse(append, &append->refusals->too_new, too_new, series,
               "sample is too far in the future");
    return series->n_samples - too_old - too_new;
}

/* The series under these very bytes, locked; NULL when they are not known. */
static struct series *find_known(struct store *store, const struct table_key *key)
{
    uint32_t shard = table_shard_of(key->hash);
    table_lock(&store->table, shard);
    struct series *series = table_find(&store->table, key);
    if (series != NULL && series->shard == shard && !series->dead)
        return series;
    series = series == NULL ? NULL : series_ref(series);
    table_unlock(&store->table, shard);
    if (series == NULL)
        return NULL;

    /* An alias; its samples are under another lock. */
    table_lock(&store->table, series->shard);
    bool alive = !series->dead;
    if (!alive) {
        table_unlock(&store->table, series->shard);
        table_lock(&store->table, shard);
        table_remove(&store->table, key->hash, series);
        table_unlock(&store->table, shard);
    }
    struct series *found = alive ? series : NULL;
    series_unref(series); /* when alive, the table holds one more */
    return found;
}

/* Under the lock of the key's shard.  NULL when there are too many. */
static struct series *make_series(struct append *append, const struct table_key *key,
                                  struct labels *labels)
{
    struct store *store = append->store;
    struct series *series = series_new(0, append->org, labels_ref(labels));
    series->hash = key->hash;
    series->shard = table_shard_of(key->hash);
    series->tag = store_classify(store, labels);
    if (index_add_new(&store->index, series, store->options.max_series_per_org) != 0) {
        series_unref(series);
        return NULL;
    }
    table_add(&store->table, key, series);
    series_unref(series); /* table and index hold it */
    return series;
}

static void remember_alias(struct append *append, struct series *series,
                           const struct table_key *key)
{
    if (series->n_aliases == SERIES_ALIASES_MAX)
        return;
    series->alias_hashes[series->n_aliases++] = key->hash;
    append->alias = series_ref(series);
    append->alias_key = *key;
}

/* Once the series is unlocked. */
static void add_alias(struct append *append)
{
    if (append->alias == NULL)
        return;
    struct table *table = &append->store->table;
    uint32_t shard = table_shard_of(append->alias_key.hash);
    table_lock(table, shard);
    if (table_find(table, &append->alias_key) == NULL)
        table_add(table, &append->alias_key, append->alias);
    table_unlock(table, shard);
    series_unref(append->alias);
    append->alias = NULL;
}

/* Locked; NULL with the refusal counted. */
static struct series *find_or_make(struct append *append, const struct batch_series *input,
                                   size_t n_samples)
{
    struct store *store = append->store;
    struct table_key key =
        table_key(&store->table, append->org, input->encoded, input->encoded_len);
    struct series *series = find_known(store, &key);
    if (series != NULL)
        return series;

    struct labels *labels = NULL;
    if (labels_new_decoded(input->encoded, input->encoded_len, &labels) != 0 ||
        labels_metric_name(labels)[0] == '\0') {
        labels_unref(labels);
        refuse(append, &append->refusals->bad_labels, n_samples, input,
               "labels are not valid, or no __name__ is among them");
        return NULL;
    }
    buf_reset(&append->canonical);
    labels_encode(&append->canonical, labels);
    assert(append->canonical.error == 0);
    struct table_key canonical = table_key(&store->table, append->org, append->canonical.data,
                                           (uint32_t)append->canonical.len);
    uint32_t shard = table_shard_of(canonical.hash);
    table_lock(&store->table, shard);
    series = table_find(&store->table, &canonical);
    if (series == NULL)
        series = make_series(append, &canonical, labels);
    labels_unref(labels);
    if (series == NULL) {
        table_unlock(&store->table, shard);
        refuse(append, &append->refusals->series_limit, n_samples, input,
               "too many series; the limit is per organisation");
        return NULL;
    }
    if (canonical.hash != key.hash)
        remember_alias(append, series, &key);
    return series;
}

static void load_window(struct store *store, const struct series *series,
                        struct stored_window *window)
{
    const struct disk_range range = {series->id, window->from_ms, window->to_ms, SIZE_MAX};
    struct disk_reader *reader = disk_reader_take(&store->disk);
    uint64_t corrupt = 0;
    window->samples.len = 0;
    /* What cannot be read cannot be compared with either; select drops doubles. */
    if (reader != NULL)
        disk_reader_read(reader, &range, &window->samples, &corrupt);
    disk_reader_give(&store->disk, reader);
    store_count(&store->chunks_corrupt, corrupt);
    sample_list_normalise(&window->samples);
    window->loaded = true;
}

enum series_add_result store_add_sample(struct store *store, struct series *series,
                                        struct sample sample, struct stored_window *window)
{
    uint32_t epoch = __atomic_load_n(&store->epoch, __ATOMIC_ACQUIRE);
    enum series_add_result result = series_add(series, sample, epoch);
    if (result != SERIES_UNSURE)
        return result;
    if (!window->loaded)
        load_window(store, series, window);
    const struct sample *stored = sample_list_find(&window->samples, sample.at_ms);
    if (stored == NULL) {
        series_add_late(series, sample, epoch);
        return SERIES_TAKEN;
    }
    if (sample_bits(stored->value) != sample_bits(sample.value))
        return SERIES_CONFLICT;
    series->accepted++;
    return SERIES_DUPLICATE;
}

/* Under the lock of the series. */
static void add_samples(struct append *append, struct series *series,
                        const struct batch_series *input)
{
    size_t conflicts = 0;
    const uint64_t number = series->accepted;
    append->accepted.len = 0;
    append->window.loaded = false;
    for (uint32_t i = 0; i < input->n_samples; i++) {
        const struct sample sample = input->samples[i];
        if (!is_in_window(append, sample.at_ms))
            continue;
        if (store_add_sample(append->store, series, sample, &append->window) == SERIES_CONFLICT)
            conflicts++;
        else
            sample_list_push(&append->accepted, sample);
    }
    assert(series->accepted - number == append->accepted.len);
    if (conflicts > 0)
        refuse(append, &append->refusals->duplicate_other_value, conflicts, input,
               "another value is stored at that time");
    if (append->accepted.len == 0)
        return;

    const struct log_entry entry = {series->id, number, append->accepted.items,
                                    append->accepted.len};
    log_record_add(&append->record, &entry);
    append->commit->has_entries = true;
    append->commit->n_samples += append->accepted.len;
    if (!__atomic_load_n(&series->is_stored, __ATOMIC_ACQUIRE))
        VEC_PUSH(&append->commit->defined, series_ref(series));
    if (series->sealed_first != NULL && !series->queued)
        writer_note_full(append->store, series);
}

static void append_series(struct append *append, struct batch_series *input)
{
    size_t n_inside = check_window(append, input);
    struct series *series = n_inside == 0 ? NULL : find_or_make(append, input, n_inside);
    if (series == NULL)
        return;
    add_samples(append, series, input);
    if (append->accepted.len > 0) {
        input->series = series->id;
        input->tag = series->tag;
    }
    table_unlock(&append->store->table, series->shard);
    add_alias(append);
}

static int make_commit(struct store *store, const struct batch *batch,
                       struct commit **out_commit)
{
    int blocked = __atomic_load_n(&store->blocked, __ATOMIC_ACQUIRE);
    if (blocked != 0)
        return blocked == -ENOSPC ? -ENOSPC : -EAGAIN;
    size_t size = log_record_size_max(batch->n_series, batch->n_samples);
    int error = writer_reserve(store, size);
    if (error != 0)
        return error;
    struct commit *commit = memory_calloc(1, sizeof(*commit));
    commit->reserved = size;
    buf_init(&commit->record, size);
    error = buf_reserve(&commit->record, size);
    if (error != 0) {
        writer_release(store, size);
        buf_deinit(&commit->record);
        free(commit);
        return error;
    }
    *out_commit = commit;
    return 0;
}

int store_append(struct store *store, struct batch *batch, struct store_refusals *out_refusals)
{
    struct commit *commit;
    int error = make_commit(store, batch, &commit);
    if (error != 0)
        return error;

    *out_refusals = (struct store_refusals){0};
    msec_t now = store_wall_ms(store);
    struct append append = {
        .store = store,
        .commit = commit,
        .refusals = out_refusals,
        .org = batch->org,
        .oldest_ms = now - MIN_OF(store->options.out_of_order, store->options.retention),
        .newest_ms = now + store->options.future,
    };
    buf_init(&append.canonical, CANONICAL_MAX_BYTES);
    log_record_begin(&append.record, &commit->record);
    for (size_t i = 0; i < batch->n_series; i++) {
        batch->series[i].series = batch->series[i].tag = 0;
        append_series(&append, &batch->series[i]);
    }
    log_record_end(&append.record);
    buf_deinit(&append.canonical);
    sample_list_deinit(&append.accepted);
    sample_list_deinit(&append.window.samples);
    store_count(&store->samples_appended, commit->n_samples);
    return writer_push(store, commit);
}
