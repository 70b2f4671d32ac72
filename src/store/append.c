/* SPDX-License-Identifier: MIT */
/*
 * The way of a batch into memory and log.
 *
 * Names are worked out for all series first.  Then each is looked for where it was the last time:
 * behind the one before it.  Ids are given in the order of arrival, so that is mostly the next
 * slot of the same shard, whose lock is kept; only what is not found there goes to the table.
 *
 * Duplicates are logged like the rest: what they repeat may itself not be in the log yet, and
 * their sender must not be told so before it is.  For the same reason a series that another
 * batch has made, but not logged yet, is logged by this one too.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "store/internal.h"

/* One store_append() under way. */
struct append {
    struct store *store;
    struct store_refusals *refusals;
    org_id org;
    msec_t oldest_ms, newest_ms; /* the window */
    uint64_t segment;            /* the log's current one when the shard was locked */
    struct shard *shard;         /* locked, or NULL */
    uint32_t last;               /* id of the series before, or 0 */
    struct log_writer record;
    size_t n_taken;              /* samples */
    struct sample_list accepted; /* of the series in work */
    VEC(uint32_t) undefined;     /* ids whose labels are to be logged as well */
};

static void describe(const struct batch_series *series, const char *why, char *out, size_t size)
{
    struct labels *labels = NULL;
    struct buf text;
    buf_init(&text, 100000);
    if (labels_new_decoded(series->encoded, series->encoded_len, &labels) == 0) {
        labels_format(&text, labels);
        labels_unref(labels);
    }
    snprintf(out, size, "%s: %.180s", why,
             text.len > 0 ? buf_text(&text) : "(unreadable labels)");
    buf_deinit(&text);
}

static void refuse(struct append *append, size_t *counter, size_t count,
                   const struct batch_series *series, const char *why)
{
    *counter += count;
    store_count(&append->store->samples_refused, count);
    if (append->refusals->detail[0] == '\0')
        describe(series, why, append->refusals->detail, sizeof(append->refusals->detail));
}

static bool is_in_window(const struct append *append, msec_t at_ms)
{
    return at_ms >= append->oldest_ms && at_ms <= append->newest_ms;
}

/* Counts what lies outside.  Returns how many samples lie inside. */
static size_t check_window(struct append *append, const struct batch_series *series)
{
    size_t too_old = 0, too_new = 0;
    for (uint32_t i = 0; i < series->n_samples; i++) {
        too_old += series->samples[i].at_ms < append->oldest_ms;
        too_new += series->samples[i].at_ms > append->newest_ms;
    }
    if (too_old > 0)
        refuse(append, &append->refusals->too_old, too_old, series, "sample is too old");
    if (too_new > 0)
        refuse(append, &append->refusals->too_new, too_new, series,
               "sample is too far in the future");
    return series->n_samples - too_old - too_new;
}

static void leave(struct append *append)
{
    if (append->shard != NULL)
        pthread_mutex_unlock(&append->shard->lock);
    append->shard = NULL;
}

/* Locks the shard of an id; false when there is none. */
static bool enter(struct append *append, uint32_t id)
{
    struct shard *shard = shards_find(&append->store->shards, id / SHARD_SERIES);
    if (shard == append->shard)
        return shard != NULL;
    leave(append);
    if (shard == NULL)
        return false;
    pthread_mutex_lock(&shard->lock);
    append->shard = shard;
    append->segment = log_current(&append->store->log);
    return true;
}

static bool is_named(struct append *append, uint32_t id, struct hash128 name)
{
    if (!enter(append, id))
        return false;
    const struct series *series = &append->shard->series[id % SHARD_SERIES];
    return series->state == SERIES_ALIVE && hash128_equal(series->name, name);
}

static uint32_t find_alias(struct append *append, struct hash128 name)
{
    uint32_t id = table_find_alias(&append->store->table, name);
    if (id == 0 || !enter(append, id))
        return 0;
    if (append->shard->series[id % SHARD_SERIES].state == SERIES_ALIVE)
        return id;
    table_remove_alias(&append->store->table, name);
    return 0;
}

/* Its id, with its shard locked; 0 when it is not known. */
static uint32_t find(struct append *append, struct hash128 name)
{
    struct series *last = NULL;
    if (append->last != 0 && append->shard != NULL) {
        last = &append->shard->series[append->last % SHARD_SERIES];
        uint32_t guess = last->next;
        if (is_named(append, guess, name))
            return guess;
    }
    struct table_cursor cursor = {0};
    uint32_t id;
    while ((id = table_find(&append->store->table, name, &cursor)) != 0) {
        if (is_named(append, id, name))
            break;
    }
    if (id == 0)
        id = find_alias(append, name);
    return id;
}

/* Where to look after that one the next time. */
static void learn(struct append *append, uint32_t id)
{
    uint32_t last = append->last;
    append->last = id;
    if (last == 0 || last / SHARD_SERIES != id / SHARD_SERIES)
        return;
    struct series *series = &append->shard->series[last % SHARD_SERIES];
    if (series->next != id)
        series->next = id;
}

/* Its id, with its shard locked; 0 with the refusal counted. */
static uint32_t find_or_define(struct append *append, const struct batch_series *input,
                               struct hash128 name, size_t n_samples)
{
    uint32_t id = find(append, name);
    while (id == 0) {
        leave(append);
        const struct slice encoded = {(const char *)input->encoded, input->encoded_len};
        struct store_refusals *refusals = append->refusals;
        switch (store_define(append->store, append->org, name, encoded, &id)) {
        case DEFINE_DONE: break;
        case DEFINE_BAD_LABELS:
            refuse(append, &refusals->bad_labels, n_samples, input,
                   "labels are not valid, or no __name__ is among them");
            return 0;
        case DEFINE_ORG_FULL:
            refuse(append, &refusals->series_limit, n_samples, input,
                   "too many series in the organisation");
            return 0;
        case DEFINE_HOST_FULL:
            refuse(append, &refusals->series_limit, n_samples, input,
                   "too many series of this instance");
            return 0;
        }
        /* Somebody may have deleted it in between. */
        if (!enter(append, id) ||
            append->shard->series[id % SHARD_SERIES].state != SERIES_ALIVE)
            id = 0;
    }
    return id;
}

/* Many late samples are put aside and soon written, so that their list stays short. */
static void clear_late(struct append *append)
{
    if (append->shard->late.len < SHARD_LATE_MAX)
        return;
    shard_freeze(append->shard);
    if (!__atomic_exchange_n(&append->store->crowded, true, __ATOMIC_ACQ_REL))
        upkeep_wake(append->store);
}

/* The samples that are taken; those that are not are counted. */
static struct slice_of_samples {
    const struct sample *items;
    size_t n;
} add_samples(struct append *append, uint32_t slot, const struct batch_series *input)
{
    size_t conflicts = 0;
    struct sample_list *accepted = &append->accepted;
    accepted->len = 0;
    for (uint32_t i = 0; i < input->n_samples; i++) {
        const struct sample sample = input->samples[i];
        if (!is_in_window(append, sample.at_ms))
            continue;
        if (shard_add(append->shard, slot, sample, append->segment) == SHARD_CONFLICT)
            conflicts++;
        else if (input->n_samples == 1)
            return (struct slice_of_samples){input->samples, 1};
        else
            sample_list_push(accepted, sample);
    }
    if (conflicts > 0)
        refuse(append, &append->refusals->duplicate_other_value, conflicts, input,
               "another value is stored at that time");
    return (struct slice_of_samples){accepted->items, accepted->len};
}

static void append_series(struct append *append, struct batch_series *input,
                          struct hash128 name)
{
    size_t n_inside = check_window(append, input);
    uint32_t id = n_inside == 0 ? 0 : find_or_define(append, input, name, n_inside);
    if (id == 0)
        return;
    learn(append, id);
    struct series *series = &append->shard->series[id % SHARD_SERIES];
    const struct slice_of_samples taken = add_samples(append, id % SHARD_SERIES, input);
    clear_late(append);
    if (taken.n == 0)
        return;
    log_record_put_samples(&append->record, id, taken.items, taken.n);
    append->n_taken += taken.n;
    if (!series->is_defined)
        VEC_PUSH(&append->undefined, id);
    input->series = id;
    input->tag = series->tag;
}

/* The record of the series that are not known to be in the log or the archive. */
static void log_series(struct append *append, struct log_writer *out)
{
    struct buf encoded;
    buf_init(&encoded, SIZE_MAX / 2);
    log_record_begin(out, LOG_RECORD_SERIES);
    for (size_t i = 0; i < append->undefined.len; i++) {
        org_id org;
        buf_reset(&encoded);
        if (index_encode(&append->store->index, append->undefined.items[i], &encoded, &org))
            log_record_put_series(out, append->undefined.items[i], org,
                                  (struct slice){encoded.data, encoded.len});
    }
    log_record_end(out);
    buf_deinit(&encoded);
}

static void mark_defined(struct append *append)
{
    for (size_t i = 0; i < append->undefined.len; i++) {
        uint32_t id = append->undefined.items[i];
        if (enter(append, id))
            append->shard->series[id % SHARD_SERIES].is_defined = true;
    }
    leave(append);
}

/* To the log, series first. */
static int write_records(struct append *append)
{
    struct log *log = &append->store->log;
    log_record_end(&append->record);
    if (append->undefined.len == 0)
        return log_append(log, &append->record);
    struct log_writer both = {0};
    log_series(append, &both);
    log_writer_join(&both, &append->record);
    int error = log_append(log, &both);
    if (error == 0)
        mark_defined(append);
    log_writer_deinit(&both);
    return error;
}

bool store_has_room(struct store *store)
{
    return log_bytes(&store->log) <= flush_log_limit(store) + STORE_LOG_BEHIND_MAX_BYTES;
}

static int check_ready(struct store *store)
{
    int blocked = store_blocked(store);
    if (blocked != 0)
        return blocked == -ENOSPC ? -ENOSPC : -EAGAIN;
    return store_has_room(store) ? 0 : -EAGAIN;
}

static void append_all(struct append *append, struct batch *batch)
{
    struct hash128 *names = memory_alloc((batch->n_series + 1) * sizeof(*names));
    for (size_t i = 0; i < batch->n_series; i++) {
        struct batch_series *series = &batch->series[i];
        series->series = series->tag = 0;
        names[i] = store_name(append->store, batch->org, series->encoded, series->encoded_len);
    }
    for (size_t i = 0; i < batch->n_series; i++)
        append_series(append, &batch->series[i], names[i]);
    leave(append);
    free(names);
}

int store_append(struct store *store, struct batch *batch, struct store_refusals *out_refusals)
{
    *out_refusals = (struct store_refusals){0};
    int error = check_ready(store);
    if (error != 0)
        return error;
    msec_t now = store_wall_ms(store);
    struct append append = {
        .store = store,
        .refusals = out_refusals,
        .org = batch->org,
        .oldest_ms = now - MIN_OF(store->options.out_of_order, store->options.retention),
        .newest_ms = now + store->options.future,
    };
    log_record_begin(&append.record, LOG_RECORD_SAMPLES);
    append_all(&append, batch);
    error = write_records(&append);
    if (error == 0) {
        store_count(&store->samples_appended, append.n_taken);
        store_count(&store->batches, 1);
        __atomic_store_n(&store->appended_at, clock_mono_ms(), __ATOMIC_RELAXED);
    } else {
        upkeep_block(store, error);
    }
    VEC_DEINIT(&append.undefined);
    sample_list_deinit(&append.accepted);
    log_writer_deinit(&append.record);
    return error;
}
