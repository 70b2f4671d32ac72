/* SPDX-License-Identifier: MIT */
/*
 * At start: the series and what the file holds of each, then the log.
 *
 * Records of concurrent batches may be logged in another order than their samples were
 * numbered, so while replaying a series' count of accepted samples stays at its watermark, and
 * rises to the highest number seen only at the end: a chunk sealed halfway may not claim numbers
 * that are still to come (invariant 3).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "store/internal.h"

/* A log larger than this is persisted right after the start, so that the next one is quick. */
#define SMALL_LOG_BYTES ((uint64_t)1024 * 1024)

static int load_series(const struct disk_series_row *row, void *arg)
{
    struct store *store = arg;
    struct labels *labels = NULL;
    if (row->state.series == 0 ||
        labels_new_decoded(row->labels.data, row->labels.len, &labels) != 0) {
        store->series_corrupt++;
        index_reserve_id(&store->index, row->state.series);
        return 0;
    }
    struct series *series = series_new(row->state.series, row->org, labels);
    const struct table_key key =
        table_key(&store->table, row->org, row->labels.data, (uint32_t)row->labels.len);
    series->hash = key.hash;
    series->shard = table_shard_of(key.hash);
    series->tag = store_classify(store, labels);
    series->is_stored = true;
    series->accepted = series->sealed_accepted = series->stored_accepted = row->state.accepted;
    if (row->state.from_ms <= row->state.to_ms) {
        series->stored_from_ms = row->state.from_ms;
        series->stored_to_ms = series->last_ms = row->state.to_ms;
    }
    int error = index_add_stored(&store->index, series);
    if (error == 0)
        table_add(&store->table, &key, series);
    series_unref(series);
    return error;
}

static void replay_samples(struct store *store, struct series *series,
                           const struct log_entry *entry)
{
    struct stored_window window = {.from_ms = INT64_MAX, .to_ms = INT64_MIN};
    for (size_t i = 0; i < entry->n_samples; i++) {
        window.from_ms = MIN_OF(window.from_ms, entry->samples[i].at_ms);
        window.to_ms = MAX_OF(window.to_ms, entry->samples[i].at_ms);
    }
    const uint64_t accepted = series->accepted;
    for (size_t i = 0; i < entry->n_samples; i++) {
        if (entry->number + i < series->stored_accepted)
            continue;
        /* A conflict can be here only after a chunk was lost to corruption. */
        store_add_sample(store, series, entry->samples[i], &window);
        series->accepted = accepted;
    }
    series->replayed = MAX_OF(series->replayed, entry->number + entry->n_samples);
    sample_list_deinit(&window.samples);
}

/* The log on its way into memory. */
struct replay {
    struct store *store;
    uint32_t last_id; /* the highest that an entry has */
};

static void replay_entry(const struct log_entry *entry, void *arg)
{
    struct replay *replay = arg;
    struct store *store = replay->store;
    replay->last_id = MAX_OF(replay->last_id, entry->series);
    struct series *series = index_find(&store->index, entry->series);
    if (series == NULL)
        return;
    table_lock(&store->table, series->shard);
    replay_samples(store, series, entry);
    if (series->sealed_first != NULL && !series->queued)
        writer_note_full(store, series);
    table_unlock(&store->table, series->shard);
    series_unref(series);
}

static int replay_record(int64_t id, struct slice data, void *arg)
{
    struct replay *replay = arg;
    struct store *store = replay->store;
    if (log_record_read((const uint8_t *)data.data, data.len, replay_entry, replay) != 0)
        store->log_records_corrupt++;
    store->writer.last_log_id = id;
    store->writer.fresh_log_bytes += data.len;
    store->log_bytes += data.len;
    return 0;
}

static void finish_replay(struct store *store)
{
    uint32_t cursor = 0;
    for (struct series *series; (series = index_next(&store->index, &cursor)) != NULL;) {
        series->accepted = MAX_OF(series->accepted, series->replayed);
        series_unref(series);
    }
    if (store->writer.fresh_log_bytes > SMALL_LOG_BYTES)
        store->writer.rotated_at = ROTATE_NOW;
}

static void explain(const struct store *store, int error, const char *part,
                    struct problem *problem)
{
    char what[64];
    snprintf(what, sizeof(what), "%s cannot be read", part);
    if (error == -EBADMSG)
        disk_damaged(store->options.path, what, problem);
    else
        problem_set(problem, "store: %s: %s: %s", store->options.path, what, strerror(-error));
}

int store_load(struct store *store, struct problem *problem)
{
    uint32_t last_id = 0;
    int error = disk_last_series(&store->disk, &last_id);
    if (error == 0) {
        index_reserve_id(&store->index, last_id); /* invariant 9 */
        error = disk_load_series(&store->disk, load_series, store);
    }
    if (error != 0) {
        explain(store, error, "the tables of series and chunks", problem);
        return error;
    }
    struct replay replay = {store, 0};
    error = disk_load_log(&store->disk, replay_record, &replay);
    if (error != 0) {
        explain(store, error, "the log", problem);
        return error;
    }
    index_reserve_id(&store->index, replay.last_id); /* invariant 9 */
    finish_replay(store);
    return 0;
}
