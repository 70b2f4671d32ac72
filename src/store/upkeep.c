/* SPDX-License-Identifier: MIT */
/*
 * Upkeep: one thread that does in the background what no batch waits for.
 *
 *   every second       what was logged is brought to the medium
 *   log large, or old  a round of flush.c
 *   always             what archive_upkeep() has to do
 *   every hour         series of which nothing is left are dropped
 *
 * When something cannot be written the store is blocked: batches are refused, and disk space is
 * probed for until there is some again.
 *
 *   running ──a write fails: upkeep_block()──► blocked
 *      ▲──────────────── probe() succeeds ◄──────┘
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "store/internal.h"

#define SYNC_INTERVAL_MS  (1 * MSEC_SECOND)
#define PROBE_INTERVAL_MS (1 * MSEC_SECOND)
#define CHURN_INTERVAL_MS (1 * MSEC_HOUR)
#define CHURN_STEP_SHARDS 16

void upkeep_wake(struct store *store)
{
    pthread_mutex_lock(&store->upkeep.lock);
    pthread_cond_signal(&store->upkeep.wake);
    pthread_mutex_unlock(&store->upkeep.lock);
}

void upkeep_block(struct store *store, int error)
{
    assert(error < 0);
    __atomic_store_n(&store->blocked, error, __ATOMIC_RELEASE);
    pthread_mutex_lock(&store->upkeep.lock);
    pthread_cond_broadcast(&store->upkeep.moved);
    pthread_mutex_unlock(&store->upkeep.lock);
}

uint64_t upkeep_doom(struct store *store, const uint32_t *ids, size_t n)
{
    struct upkeep *upkeep = &store->upkeep;
    pthread_mutex_lock(&upkeep->lock);
    for (size_t i = 0; i < n; i++)
        VEC_PUSH(&upkeep->doomed, ids[i]);
    upkeep->doomed_all += n;
    uint64_t all = upkeep->doomed_all;
    pthread_cond_signal(&upkeep->wake);
    pthread_mutex_unlock(&upkeep->lock);
    return all;
}

int upkeep_settle(struct store *store)
{
    struct upkeep *upkeep = &store->upkeep;
    pthread_mutex_lock(&upkeep->lock);
    uint64_t turn = ++upkeep->turn_wanted;
    pthread_cond_signal(&upkeep->wake);
    while (upkeep->turn_done < turn)
        pthread_cond_wait(&upkeep->moved, &upkeep->lock);
    pthread_mutex_unlock(&upkeep->lock);
    return store_blocked(store);
}

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Deletes from the archive what was handed over. */
static int delete_doomed(struct store *store)
{
    struct upkeep *upkeep = &store->upkeep;
    pthread_mutex_lock(&upkeep->lock);
    uint32_t *ids = upkeep->doomed.items;
    size_t n = upkeep->doomed.len;
    upkeep->doomed.items = NULL;
    upkeep->doomed.len = upkeep->doomed.capacity = 0;
    pthread_mutex_unlock(&upkeep->lock);
    if (n == 0)
        return 0;
    qsort(ids, n, sizeof(*ids), compare_ids);
    size_t unique = 1;
    for (size_t i = 1; i < n; i++) {
        if (ids[i] != ids[unique - 1])
            ids[unique++] = ids[i];
    }
    int error = archive_delete_series(store->archive, ids, unique);
    pthread_mutex_lock(&upkeep->lock);
    for (size_t i = 0; error != 0 && i < unique; i++)
        VEC_PUSH(&upkeep->doomed, ids[i]); /* again */
    if (error == 0)
        upkeep->doomed_done += n;
    pthread_cond_broadcast(&upkeep->moved);
    pthread_mutex_unlock(&upkeep->lock);
    free(ids);
    return error;
}

/* Drops series of one shard of which neither memory nor archive has anything. */
static int drop_empty(struct store *store, struct shard *shard)
{
    uint64_t present[SHARD_SERIES / 64];
    uint32_t empty[SHARD_SERIES];
    size_t n = 0;
    int error = archive_present(store->archive, shard->number, present);
    for (uint32_t slot = 0; error == 0 && slot < SHARD_SERIES; slot++) {
        uint32_t id = shard->number * SHARD_SERIES + slot;
        if ((present[slot / 64] >> slot % 64 & 1) == 0 && store_remove_series(store, id, true))
            empty[n++] = id;
    }
    if (n > 0)
        upkeep_doom(store, empty, n);
    return error;
}

/* One step; true when there are more shards to look at now. */
static bool drop_churned(struct store *store, mono_t now, int *out_error)
{
    struct upkeep *upkeep = &store->upkeep;
    if (now < upkeep->churn_at)
        return false;
    uint32_t end = shards_end(&store->shards);
    for (size_t i = 0; i < CHURN_STEP_SHARDS && upkeep->churn_shard < end; i++) {
        struct shard *shard = shards_find(&store->shards, upkeep->churn_shard++);
        if (shard != NULL && *out_error == 0)
            *out_error = drop_empty(store, shard);
    }
    if (upkeep->churn_shard < end)
        return true;
    upkeep->churn_shard = 0;
    upkeep->churn_at = now + CHURN_INTERVAL_MS;
    return false;
}

static int sync_when_due(struct store *store, mono_t now)
{
    if (now < store->upkeep.sync_at)
        return 0;
    store->upkeep.sync_at = now + SYNC_INTERVAL_MS;
    return log_sync(&store->log);
}

static void probe_when_due(struct store *store, mono_t now)
{
    struct upkeep *upkeep = &store->upkeep;
    if (now < upkeep->probe_at)
        return;
    upkeep->probe_at = now + PROBE_INTERVAL_MS;
    int error = log_probe(&store->log);
    if (error == 0)
        error = archive_probe(store->archive);
    __atomic_store_n(&store->blocked, error, __ATOMIC_RELEASE);
}

static void set_limit(struct store *store)
{
    size_t limit = __atomic_load_n(&store->max_file_bytes, __ATOMIC_RELAXED);
    if (limit == store->upkeep.max_bytes)
        return;
    archive_set_max_bytes(store->archive, limit);
    store->upkeep.max_bytes = limit;
}

/* One step of everything that is due; true when there is more to do at once. */
static bool do_step(struct store *store, int *out_error)
{
    struct upkeep *upkeep = &store->upkeep;
    mono_t now = clock_mono_ms();
    bool more = false;
    int error = sync_when_due(store, now);
    if (error == 0)
        error = delete_doomed(store);
    if (error == 0)
        error = flush_crowded(store);
    if (error == 0 && !upkeep->round.active && flush_is_due(store, now))
        flush_begin(store, now);
    if (error == 0 && upkeep->round.active)
        more = flush_step(store, &error) || (error == 0 && flush_is_due(store, now));
    if (error == 0)
        more = drop_churned(store, now, &error) || more;
    int failed = 0; /* damage that it meets is its own business */
    if (error == 0 && log_bytes(&store->log) > flush_log_limit(store))
        return more; /* first what batches would have to wait for in the end */
    more = archive_upkeep(store->archive, store_wall_ms(store), now, &failed) || more;
    *out_error = error == 0 && failed == -ENOSPC ? failed : error;
    return more && *out_error == 0;
}

static bool step(struct store *store)
{
    set_limit(store);
    if (store_blocked(store) != 0)
        probe_when_due(store, clock_mono_ms());
    int error = 0;
    bool more = store_blocked(store) == 0 && do_step(store, &error);
    if (error != 0)
        upkeep_block(store, error);
    return more && error == 0;
}

/* Makes everything due when a turn is wanted, and says so. */
static bool begin_turn(struct upkeep *upkeep)
{
    pthread_mutex_lock(&upkeep->lock);
    bool wanted = upkeep->turn != upkeep->turn_wanted;
    upkeep->turn = upkeep->turn_wanted;
    pthread_mutex_unlock(&upkeep->lock);
    if (wanted)
        upkeep->round_at = upkeep->sync_at = upkeep->probe_at = 0;
    return wanted;
}

/* What else belongs to a turn, once memory is in the archive. */
static void settle_archive(struct store *store)
{
    if (store_blocked(store) != 0)
        return;
    int error = archive_settle(store->archive, store_wall_ms(store));
    if (error == -ENOSPC)
        upkeep_block(store, error);
    store->upkeep.churn_at = 0;
    while (step(store)) {
    }
}

/* Waits until there is something to do.  False when it is time to stop. */
static bool end_turn(struct store *store)
{
    struct upkeep *upkeep = &store->upkeep;
    mono_t due = clock_mono_ms() + SYNC_INTERVAL_MS;
    const struct timespec until = {due / 1000, due % 1000 * 1000000};
    pthread_mutex_lock(&upkeep->lock);
    upkeep->turn_done = upkeep->turn;
    pthread_cond_broadcast(&upkeep->moved);
    bool idle = !upkeep->stopping && upkeep->turn == upkeep->turn_wanted &&
                (upkeep->doomed.len == 0 || store_blocked(store) != 0) &&
                !__atomic_load_n(&store->crowded, __ATOMIC_ACQUIRE);
    if (idle)
        pthread_cond_timedwait(&upkeep->wake, &upkeep->lock, &until);
    bool stopping = upkeep->stopping;
    pthread_mutex_unlock(&upkeep->lock);
    return !stopping;
}

static bool is_stopping(struct upkeep *upkeep)
{
    pthread_mutex_lock(&upkeep->lock);
    bool stopping = upkeep->stopping;
    pthread_mutex_unlock(&upkeep->lock);
    return stopping;
}

/* A clean end leaves nothing in the log, so that the next start is instant. */
static void flush_all(struct store *store)
{
    struct upkeep *upkeep = &store->upkeep;
    int error = delete_doomed(store);
    for (int rounds = 0; error == 0 && rounds < 2; rounds++) { /* one may be under way */
        if (!upkeep->round.active)
            flush_begin(store, clock_mono_ms());
        while (flush_step(store, &error)) {
        }
    }
    log_sync(&store->log);
}

static void *upkeep_main(void *arg)
{
    struct store *store = arg;
    struct upkeep *upkeep = &store->upkeep;
    do {
        bool wanted = begin_turn(upkeep);
        while (step(store) && !is_stopping(upkeep)) {
        }
        if (wanted)
            settle_archive(store);
    } while (end_turn(store));
    flush_all(store);
    return NULL;
}

int upkeep_start(struct store *store)
{
    struct upkeep *upkeep = &store->upkeep;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&upkeep->wake, &monotonic);
    pthread_cond_init(&upkeep->moved, &monotonic);
    pthread_condattr_destroy(&monotonic);
    mono_t now = clock_mono_ms();
    upkeep->stopping = false;
    upkeep->churn_at = now + CHURN_INTERVAL_MS;
    upkeep->round_at = now + FLUSH_INTERVAL_MS;
    return -pthread_create(&upkeep->thread, NULL, upkeep_main, store);
}

void upkeep_stop(struct store *store)
{
    struct upkeep *upkeep = &store->upkeep;
    pthread_mutex_lock(&upkeep->lock);
    upkeep->stopping = true;
    pthread_cond_signal(&upkeep->wake);
    pthread_mutex_unlock(&upkeep->lock);
    pthread_join(upkeep->thread, NULL);
    pthread_cond_destroy(&upkeep->wake);
    pthread_cond_destroy(&upkeep->moved);
}
