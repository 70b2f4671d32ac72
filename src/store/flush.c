/* SPDX-License-Identifier: MIT */
/*
 * Memory to archive, in rounds that keep the log bounded.
 *
 *   idle ──flush_begin(): log_roll()──► new series ──► shards ──all seen──► log_remove() ──► idle
 *
 * A round begins with a new log segment; what is to be deleted in the end are those before it.
 * A sample in one of them went into memory while that segment, or an earlier one, was current,
 * so its shard was marked dirty with a number up to `through`.  Every such shard is frozen and
 * written, in transactions of a few shards each.  A sample that comes after its shard was
 * frozen comes after the roll, so its record is in a segment that stays.
 *
 * Writing a sample twice (the log was not deleted in time, a batch was sent again) is harmless:
 * of equal times the archive keeps the first.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "store/internal.h"

/* A log this large is due: small, so that a restart is quick, but not so small against the number
 * of series that a flush has only a few samples of each. */
#define LIMIT_BYTES_MIN        ((uint64_t)8 * 1024 * 1024)
#define LIMIT_BYTES_PER_SERIES 160
#define IDLE_MS                (10 * MSEC_SECOND)
#define IDLE_BYTES             ((uint64_t)1024 * 1024) /* less may stay in the log at rest */
#define STEP_SERIES            4096
#define STEP_SHARDS            16
#define STEP_SAMPLES           ((size_t)128 * 1024)

uint64_t flush_log_limit(struct store *store)
{
    uint64_t for_series = (uint64_t)index_count(&store->index) * LIMIT_BYTES_PER_SERIES;
    return MAX_OF(LIMIT_BYTES_MIN, for_series);
}

bool flush_is_due(struct store *store, mono_t now)
{
    uint64_t bytes = log_bytes(&store->log);
    mono_t appended_at = __atomic_load_n(&store->appended_at, __ATOMIC_RELAXED);
    return bytes >= flush_log_limit(store) || now >= store->upkeep.round_at ||
           (bytes >= IDLE_BYTES && now >= appended_at + IDLE_MS);
}

void flush_begin(struct store *store, mono_t now)
{
    struct upkeep *upkeep = &store->upkeep;
    assert(!upkeep->round.active);
    upkeep->round_at = now + FLUSH_INTERVAL_MS;
    upkeep->round = (struct round){
        .active = true,
        .through = log_roll(&store->log),
        .series_end = index_next_id(&store->index),
        .shards = shards_end(&store->shards),
    };
}

/* --- new series --- */

/* Encoded labels of many series, one behind the other. */
struct series_rows {
    struct buf text;
    VEC(struct archive_series) rows;
    VEC(size_t) starts;
};

static void collect_rows(struct store *store, uint32_t from, uint32_t end,
                         struct series_rows *out)
{
    for (uint32_t id = from; id < end; id++) {
        struct archive_series row = {.id = id};
        size_t start = out->text.len;
        if (!index_encode(&store->index, id, &out->text, &row.org))
            continue;
        row.labels.len = out->text.len - start;
        VEC_PUSH(&out->rows, row);
        VEC_PUSH(&out->starts, start);
    }
    for (size_t i = 0; i < out->rows.len; i++) /* now that the text has stopped moving */
        out->rows.items[i].labels.data = out->text.data + out->starts.items[i];
}

static int put_rows(struct store *store, const struct series_rows *rows)
{
    if (rows->text.error != 0)
        return rows->text.error;
    if (rows->rows.len == 0)
        return 0;
    int error = archive_begin(store->archive);
    if (error != 0)
        return error;
    error = archive_put_series(store->archive, rows->rows.items, rows->rows.len);
    if (error == 0)
        return archive_commit(store->archive);
    archive_abandon(store->archive);
    return error;
}

/* Some of the series with ids below `end` that the archive does not know. */
static int flush_series(struct store *store, uint32_t end)
{
    struct upkeep *upkeep = &store->upkeep;
    end = MIN_OF(end, upkeep->series_stored + STEP_SERIES);
    struct series_rows rows = {0};
    buf_init(&rows.text, SIZE_MAX / 2);
    collect_rows(store, upkeep->series_stored, end, &rows);
    int error = put_rows(store, &rows);
    if (error == 0)
        upkeep->series_stored = end;
    buf_deinit(&rows.text);
    VEC_DEINIT(&rows.rows);
    VEC_DEINIT(&rows.starts);
    return error;
}

/* --- shards --- */

/* A shard while its frozen samples are written. */
struct parcel {
    struct shard *shard;
    const struct frozen *frozen; /* the first of: */
    size_t n_frozen;
    bool alive[SHARD_SERIES];
};

/* A few shards in one transaction. */
struct load {
    struct parcel *parcels; /* owned; STEP_SHARDS */
    size_t n_parcels;
    size_t n_samples;
    struct sample_list samples, one; /* scratch */
    struct archive_item items[SHARD_SERIES];
    size_t n_items;
};

static size_t count_samples(const struct frozen *frozen)
{
    size_t count = frozen->late.len;
    for (size_t i = 0; i < SHARD_SERIES; i++)
        count += frozen->runs[i].count;
    return count;
}

/* Takes a shard into the load when a segment up to `through` is needed for it; with through 0
 * when it is frozen already. */
static void take_shard(struct shard *shard, uint64_t through, struct load *load)
{
    struct parcel *parcel = &load->parcels[load->n_parcels];
    pthread_mutex_lock(&shard->lock);
    uint64_t dirty = shard_oldest_dirty(shard);
    if (through > 0 && dirty > 0 && dirty <= through)
        shard_freeze(shard);
    bool take = shard->frozen_first != NULL && (through == 0 || dirty <= through);
    if (take) {
        *parcel = (struct parcel){.shard = shard, .frozen = shard->frozen_first};
        for (size_t i = 0; i < SHARD_SERIES; i++)
            parcel->alive[i] = shard->series[i].state == SERIES_ALIVE;
        for (const struct frozen *frozen = parcel->frozen; frozen != NULL;
             frozen = frozen->next) {
            parcel->n_frozen++;
            load->n_samples += count_samples(frozen);
        }
        load->n_parcels++;
    }
    pthread_mutex_unlock(&shard->lock);
}

/* All samples of one series, ascending, into load->one. */
static void gather(const struct parcel *parcel, uint32_t slot, struct load *load)
{
    load->one.len = 0;
    const struct frozen *frozen = parcel->frozen;
    for (size_t i = 0; i < parcel->n_frozen; i++, frozen = frozen->next) {
        size_t first, count = late_list_slot(&frozen->late, slot, &first);
        for (size_t k = 0; k < count; k++)
            sample_list_push(&load->one, frozen->late.items[first + k].sample);
        if (frozen->runs[slot].count > 0)
            run_read(&frozen->runs[slot], INT64_MIN, INT64_MAX, &load->one);
    }
    sample_list_normalise(&load->one, 0);
}

static int write_parcel(struct store *store, const struct parcel *parcel, struct load *load)
{
    size_t starts[SHARD_SERIES];
    load->samples.len = load->n_items = 0;
    for (uint32_t slot = 0; slot < SHARD_SERIES; slot++) {
        if (!parcel->alive[slot])
            continue;
        gather(parcel, slot, load);
        if (load->one.len == 0)
            continue;
        starts[load->n_items] = load->samples.len;
        memcpy(sample_list_reserve(&load->samples, load->one.len), load->one.items,
               load->one.len * sizeof(*load->one.items));
        load->samples.len += load->one.len;
        load->items[load->n_items++] = (struct archive_item){
            .series = parcel->shard->number * SHARD_SERIES + slot, .n = load->one.len};
    }
    for (size_t i = 0; i < load->n_items; i++)
        load->items[i].samples = load->samples.items + starts[i];
    return load->n_items == 0 ? 0
                              : archive_flush(store->archive, parcel->shard->number,
                                              load->items, load->n_items);
}

/* Memory lets go only of what is committed. */
static int write_load(struct store *store, struct load *load)
{
    if (load->n_parcels == 0)
        return 0;
    int error = archive_begin(store->archive);
    if (error != 0)
        return error;
    for (size_t i = 0; error == 0 && i < load->n_parcels; i++)
        error = write_parcel(store, &load->parcels[i], load);
    if (error != 0) {
        archive_abandon(store->archive);
        return error;
    }
    error = archive_commit(store->archive);
    if (error == 0)
        __atomic_fetch_add(&store->thaws, 1, __ATOMIC_ACQ_REL); /* before any is let go */
    for (size_t i = 0; error == 0 && i < load->n_parcels; i++) {
        struct shard *shard = load->parcels[i].shard;
        pthread_mutex_lock(&shard->lock);
        shard_thaw(shard, load->parcels[i].n_frozen);
        pthread_mutex_unlock(&shard->lock);
    }
    return error;
}

/* Writes shards from `shard` on, as many as are a step; *out_next is the one to go on with. */
static int flush_some(struct store *store, uint64_t through, uint32_t shard, uint32_t end,
                      uint32_t *out_next)
{
    struct load *load = memory_calloc(1, sizeof(*load));
    load->parcels = memory_calloc(STEP_SHARDS, sizeof(*load->parcels));
    for (; shard < end && load->n_parcels < STEP_SHARDS && load->n_samples < STEP_SAMPLES;
         shard++) {
        struct shard *there = shards_find(&store->shards, shard);
        if (there != NULL)
            take_shard(there, through, load);
    }
    /* The archive takes samples of a series that it does not know for those of a deleted one, and
     * what was frozen just now may be of one that came after the round began. */
    uint32_t series_end = index_next_id(&store->index);
    int error = 0;
    while (error == 0 && store->upkeep.series_stored < series_end)
        error = flush_series(store, series_end);
    if (error == 0)
        error = write_load(store, load);
    if (error == 0)
        *out_next = shard;
    sample_list_deinit(&load->samples);
    sample_list_deinit(&load->one);
    free(load->parcels);
    free(load);
    return error;
}

static int finish(struct store *store)
{
    struct round *round = &store->upkeep.round;
    int error = archive_sync(store->archive);
    if (error == 0 && round->through > 0)
        error = log_remove(&store->log, round->through);
    if (error == 0)
        round->active = false;
    return error;
}

bool flush_step(struct store *store, int *out_error)
{
    struct upkeep *upkeep = &store->upkeep;
    struct round *round = &upkeep->round;
    int error;
    if (upkeep->series_stored < round->series_end)
        error = flush_series(store, round->series_end);
    else if (round->shard < round->shards && round->through > 0)
        error = flush_some(store, round->through, round->shard, round->shards, &round->shard);
    else
        error = finish(store);
    *out_error = error;
    return error == 0 && round->active;
}

int flush_crowded(struct store *store)
{
    if (!__atomic_exchange_n(&store->crowded, false, __ATOMIC_ACQ_REL))
        return 0;
    int error = 0;
    uint32_t end = shards_end(&store->shards);
    for (uint32_t shard = 0; error == 0 && shard < end;)
        error = flush_some(store, 0, shard, end, &shard);
    return error;
}
