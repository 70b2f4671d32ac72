/* SPDX-License-Identifier: MIT */
/*
 * What the writer does between commits, in small steps.
 *
 * Rotation keeps the log bounded.  When enough was logged, the epoch is raised and the id of the
 * last record noted: every sample in records up to it was put into its series before, marked
 * with this epoch or an earlier one.  Then all series are visited, and what is marked so is
 * persisted, open chunks included (they stay open; the row is replaced when they have grown).
 * When the visit is through, the records up to the noted id are not needed any more
 * (invariant 4).
 *
 *   idle ──enough logged──► visiting series ──all seen──► deleting records ──none left──► idle
 */
#include <assert.h>
#include <errno.h>

#include "store/internal.h"

/* A log this large is rotated: small, so that a restart is quick, but not so small against the
 * number of series that their chunks are written over and over. */
#define ROTATE_BYTES_MIN        ((uint64_t)8 * 1024 * 1024)
#define ROTATE_BYTES_PER_SERIES 640
#define ROTATE_INTERVAL_MS      (2 * MSEC_HOUR)
#define STEP_SERIES             256
#define STEP_LOG_RECORDS        64
#define STEP_CHUNKS             1000
#define RETENTION_INTERVAL_MS   (5 * MSEC_MINUTE)

bool upkeep_persist(struct store *store)
{
    struct writer *writer = &store->writer;
    struct series_list full = {0};
    pthread_mutex_lock(&writer->lock);
    while (writer->full.len > 0 && full.len < STEP_SERIES)
        VEC_PUSH(&full, writer->full.items[--writer->full.len]);
    bool more = writer->full.len > 0;
    pthread_mutex_unlock(&writer->lock);

    struct persist_list list = {0};
    for (size_t i = 0; i < full.len; i++)
        persist_collect(store, full.items[i], PERSIST_SEALED_ONLY, &list);
    series_list_deinit(&full);
    return persist_commit(store, &list) == 0 && more;
}

static void begin_rotation(struct store *store, mono_t now)
{
    struct writer *writer = &store->writer;
    writer->rotated_at = now;
    if (writer->fresh_log_bytes == 0)
        return;
    writer->rotation = (struct rotation){
        .active = true,
        .up_to_id = writer->last_log_id,
        .deleted_to_id = writer->rotation.up_to_id,
        .epoch = store->epoch,
        .bytes = writer->fresh_log_bytes,
    };
    writer->fresh_log_bytes = 0;
    __atomic_store_n(&store->epoch, store->epoch + 1, __ATOMIC_RELEASE);
}

/* True when all series have been seen. */
static bool visit_series(struct store *store, struct rotation *rotation)
{
    struct persist_list list = {0};
    uint32_t cursor = rotation->cursor;
    bool through = false;
    for (size_t i = 0; i < STEP_SERIES && !through; i++) {
        struct series *series = index_next(&store->index, &cursor);
        through = series == NULL;
        if (!through)
            persist_collect(store, series, rotation->epoch, &list);
        series_unref(series);
    }
    if (persist_commit(store, &list) != 0)
        return false; /* the cursor stays: they are visited again */
    rotation->cursor = through ? UINT32_MAX : cursor;
    return through;
}

static void delete_records(struct store *store, struct rotation *rotation)
{
    int64_t up_to_id = MIN_OF(rotation->deleted_to_id + STEP_LOG_RECORDS, rotation->up_to_id);
    int error = disk_begin(&store->disk);
    if (error == 0)
        error = disk_delete_log(&store->disk, up_to_id);
    if (error == 0)
        error = disk_commit(&store->disk);
    if (error != 0)
        disk_abandon(&store->disk);
    writer_set_result(store, error);
    if (error != 0)
        return;
    rotation->deleted_to_id = up_to_id;
    if (up_to_id == rotation->up_to_id) {
        rotation->active = false;
        __atomic_fetch_sub(&store->log_bytes, rotation->bytes, __ATOMIC_RELAXED);
    }
}

static uint64_t rotate_bytes(struct store *store)
{
    uint64_t for_series = (uint64_t)index_count(&store->index) * ROTATE_BYTES_PER_SERIES;
    return MAX_OF(ROTATE_BYTES_MIN, for_series);
}

bool upkeep_rotate(struct store *store, mono_t now)
{
    struct writer *writer = &store->writer;
    struct rotation *rotation = &writer->rotation;
    bool due = writer->fresh_log_bytes >= rotate_bytes(store) ||
               now >= writer->rotated_at + ROTATE_INTERVAL_MS;
    bool was_active = rotation->active;
    if (!was_active && due)
        begin_rotation(store, now);
    if (!rotation->active)
        return false;
    if (rotation->cursor == UINT32_MAX || visit_series(store, rotation))
        delete_records(store, rotation);
    return rotation->active || (was_active && due);
}

bool store_kill_series(struct store *store, struct series *series, bool only_empty)
{
    uint64_t hashes[SERIES_ALIASES_MAX];
    struct table *table = &store->table;
    table_lock(table, series->shard);
    bool kill = !series->dead && (!only_empty || series_is_empty(series));
    uint8_t n_aliases = series->n_aliases;
    for (uint8_t i = 0; kill && i < n_aliases; i++)
        hashes[i] = series->alias_hashes[i];
    if (kill) {
        series->dead = true;
        table_remove(table, series->hash, series);
        index_remove(&store->index, series);
    }
    table_unlock(table, series->shard);
    for (uint8_t i = 0; kill && i < n_aliases; i++) {
        uint32_t shard = table_shard_of(hashes[i]);
        table_lock(table, shard);
        table_remove(table, hashes[i], series);
        table_unlock(table, shard);
    }
    return kill;
}

/* Deletes old chunks of one series; *out_state is what is left.  In a transaction. */
static int expire_chunks(struct store *store, struct disk_state *state, int *budget)
{
    int deleted = 0;
    int error = disk_delete_chunks(&store->disk, state->series, store->writer.retention_cutoff,
                                   *budget, &deleted);
    if (error != 0 || deleted == 0)
        return error;
    *budget -= deleted;
    msec_t first_ms;
    error = disk_first_chunk(&store->disk, state->series, &first_ms);
    if (error != 0)
        return error;
    state->from_ms = first_ms;
    if (first_ms == INT64_MAX)
        state->to_ms = INT64_MIN;
    return disk_put_state(&store->disk, state);
}

/* One series of a retention pass: memory, file, and the series itself when nothing is left. */
static int retain_series(struct store *store, struct series *series, int *budget)
{
    table_lock(&store->table, series->shard);
    if (!series->dead)
        series_forget_older(series, store->writer.retention_cutoff);
    struct disk_state state = {series->id, series->stored_from_ms, series->stored_to_ms,
                               series->stored_accepted};
    table_unlock(&store->table, series->shard);

    if (state.from_ms < store->writer.retention_cutoff) {
        int error = disk_begin(&store->disk);
        if (error == 0)
            error = expire_chunks(store, &state, budget);
        if (error == 0)
            error = disk_commit(&store->disk);
        if (error != 0) {
            disk_abandon(&store->disk);
            return error;
        }
        table_lock(&store->table, series->shard);
        series->stored_from_ms = state.from_ms;
        series->stored_to_ms = state.to_ms;
        table_unlock(&store->table, series->shard);
    }
    if (store_kill_series(store, series, true))
        writer_note_doomed(store, series);
    return 0;
}

bool upkeep_retain(struct store *store, mono_t now)
{
    struct writer *writer = &store->writer;
    if (!writer->retaining) {
        if (now < writer->next_retention)
            return false;
        writer->retaining = true;
        writer->retention_cursor = 0;
        writer->retention_cutoff = store_wall_ms(store) - store->options.retention;
    }
    int budget = STEP_CHUNKS;
    for (size_t i = 0; i < STEP_SERIES && budget > 0; i++) {
        uint32_t cursor = writer->retention_cursor;
        struct series *series = index_next(&store->index, &cursor);
        int error = series == NULL ? 0 : retain_series(store, series, &budget);
        if (series == NULL || error != 0) {
            series_unref(series);
            writer->retaining = false;
            writer->next_retention = now + RETENTION_INTERVAL_MS;
            if (error != 0)
                writer_set_result(store, error);
            return false;
        }
        series_unref(series);
        if (budget > 0) /* else it may have more: come back to it */
            writer->retention_cursor = cursor;
    }
    return true;
}

static struct series *take_doomed(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    struct series *series =
        writer->doomed.len == 0 ? NULL : writer->doomed.items[--writer->doomed.len];
    pthread_mutex_unlock(&writer->lock);
    return series;
}

/* Deletes a share of the rows; *out_gone when those were the last. */
static int delete_share(struct store *store, const struct series *series, bool *out_gone)
{
    int deleted = 0;
    int error = disk_begin(&store->disk);
    if (error == 0)
        error = disk_delete_chunks(&store->disk, series->id, INT64_MAX, STEP_CHUNKS, &deleted);
    bool gone = deleted < STEP_CHUNKS;
    if (error == 0 && gone)
        error = disk_delete_series(&store->disk, series->id);
    if (error == 0)
        error = disk_commit(&store->disk);
    if (error != 0)
        disk_abandon(&store->disk);
    else
        *out_gone = gone;
    return error;
}

bool upkeep_delete(struct store *store)
{
    struct writer *writer = &store->writer;
    struct series *series = take_doomed(writer);
    if (series == NULL)
        return false;
    bool gone = false;
    int error = delete_share(store, series, &gone);
    writer_set_result(store, error);
    if (!gone)
        writer_note_doomed(store, series); /* again */
    __atomic_store_n(&series->is_gone, gone, __ATOMIC_RELEASE);
    series_unref(series);
    pthread_mutex_lock(&writer->lock);
    if (gone)
        pthread_cond_broadcast(&writer->moved);
    bool more = writer->doomed.len > 0;
    pthread_mutex_unlock(&writer->lock);
    return error == 0 && more;
}
