/* SPDX-License-Identifier: MIT */
/*
 * The writer thread: everything that changes the file.
 *
 * It takes all batches that queued up while it was busy, commits them as one transaction, tells
 * their senders, and then does one small step of each upkeep that is due, so that no batch
 * waits long.  When a transaction fails the store is blocked: new batches are refused at the
 * door and the file is probed until there is room again.
 *
 *   running ──a transaction fails: writer_set_result()──► blocked
 *      ▲─────────────── probe() succeeds ◄──────────────────┘
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "store/internal.h"

#define QUEUE_MAX_BYTES   ((size_t)64 * 1024 * 1024)
#define SYNC_INTERVAL_MS  800
#define PROBE_INTERVAL_MS 1000
#define IDLE_WAIT_MS      (60 * MSEC_SECOND)

int writer_reserve(struct store *store, size_t bytes)
{
    struct writer *writer = &store->writer;
    pthread_mutex_lock(&writer->lock);
    bool room = writer->reserved == 0 ||
                (bytes <= QUEUE_MAX_BYTES && writer->reserved <= QUEUE_MAX_BYTES - bytes);
    if (room)
        writer->reserved += bytes;
    pthread_mutex_unlock(&writer->lock);
    return room ? 0 : -EAGAIN;
}

void writer_release(struct store *store, size_t bytes)
{
    pthread_mutex_lock(&store->writer.lock);
    assert(store->writer.reserved >= bytes);
    store->writer.reserved -= bytes;
    pthread_mutex_unlock(&store->writer.lock);
}

int writer_push(struct store *store, struct commit *take_commit)
{
    struct writer *writer = &store->writer;
    struct commit_result result = {0};
    take_commit->result = &result;
    pthread_mutex_lock(&writer->lock);
    if (writer->last != NULL)
        writer->last->next = take_commit;
    else
        writer->first = take_commit;
    writer->last = take_commit;
    pthread_cond_signal(&writer->wake);
    while (!result.done)
        pthread_cond_wait(&writer->moved, &writer->lock);
    pthread_mutex_unlock(&writer->lock);
    return result.error;
}

void writer_note_full(struct store *store, struct series *series)
{
    series->queued = true;
    pthread_mutex_lock(&store->writer.lock);
    VEC_PUSH(&store->writer.full, series_ref(series));
    pthread_mutex_unlock(&store->writer.lock);
}

void writer_note_doomed(struct store *store, struct series *series)
{
    pthread_mutex_lock(&store->writer.lock);
    VEC_PUSH(&store->writer.doomed, series_ref(series));
    pthread_cond_signal(&store->writer.wake);
    pthread_mutex_unlock(&store->writer.lock);
}

void writer_set_result(struct store *store, int error)
{
    struct writer *writer = &store->writer;
    int before = __atomic_exchange_n(&store->blocked, error, __ATOMIC_ACQ_REL);
    if (error != 0)
        writer->next_probe = clock_mono_ms() + PROBE_INTERVAL_MS;
    if (error != 0 || before != 0) {
        pthread_mutex_lock(&writer->lock);
        pthread_cond_broadcast(&writer->moved);
        pthread_mutex_unlock(&writer->lock);
    }
    if (error == 0 && writer->unsynced_since == 0)
        writer->unsynced_since = clock_mono_ms();
}

int writer_settle(struct store *store)
{
    struct writer *writer = &store->writer;
    pthread_mutex_lock(&writer->lock);
    uint64_t round = ++writer->round_wanted;
    pthread_cond_signal(&writer->wake);
    while (writer->round_done < round)
        pthread_cond_wait(&writer->moved, &writer->lock);
    pthread_mutex_unlock(&writer->lock);
    return __atomic_load_n(&store->blocked, __ATOMIC_ACQUIRE);
}

static void free_commits(struct store *store, struct commit *commit)
{
    size_t released = 0;
    while (commit != NULL) {
        struct commit *next = commit->next;
        released += commit->reserved;
        buf_deinit(&commit->record);
        series_list_deinit(&commit->defined);
        free(commit);
        commit = next;
    }
    writer_release(store, released);
}

/* Invariant 2.  A series that died meanwhile gets no row: its entries mean nothing then. */
static int define_series(struct store *store, struct series *series)
{
    if (__atomic_load_n(&series->is_stored, __ATOMIC_ACQUIRE))
        return 0;
    table_lock(&store->table, series->shard);
    bool dead = series->dead;
    table_unlock(&store->table, series->shard);
    if (dead)
        return 0;
    struct buf encoded;
    buf_init(&encoded, SIZE_MAX / 2);
    labels_encode(&encoded, series->labels);
    int error = encoded.error;
    if (error == 0)
        error = disk_put_series(&store->disk, series->id, series->org,
                                (struct slice){encoded.data, encoded.len});
    buf_deinit(&encoded);
    return error;
}

/* All of a group in the transaction under way; *out_bytes of log. */
static int write_group(struct store *store, const struct commit *group, uint64_t *out_bytes)
{
    int64_t id = store->writer.last_log_id;
    uint64_t bytes = 0;
    int error = 0;
    for (const struct commit *commit = group; error == 0 && commit != NULL;
         commit = commit->next) {
        for (size_t i = 0; error == 0 && i < commit->defined.len; i++)
            error = define_series(store, commit->defined.items[i]);
        if (error != 0 || !commit->has_entries)
            continue;
        error = disk_put_log(&store->disk, ++id, commit->record.data, commit->record.len);
        bytes += commit->record.len;
    }
    *out_bytes = bytes;
    return error;
}

static void note_committed(struct store *store, const struct commit *group, uint64_t bytes)
{
    struct writer *writer = &store->writer;
    uint64_t batches = 0;
    for (const struct commit *commit = group; commit != NULL; commit = commit->next) {
        for (size_t i = 0; i < commit->defined.len; i++)
            __atomic_store_n(&commit->defined.items[i]->is_stored, true, __ATOMIC_RELEASE);
        writer->last_log_id += commit->has_entries;
        batches++;
    }
    writer->fresh_log_bytes += bytes;
    store_count(&store->log_bytes, bytes);
    store_count(&store->batches_committed, batches);
    store_count(&store->commits, 1);
}

static void commit_group(struct store *store, struct commit *group)
{
    int64_t started = clock_mono_ns();
    uint64_t bytes = 0;
    int error = disk_begin(&store->disk);
    if (error == 0)
        error = write_group(store, group, &bytes);
    if (error == 0)
        error = disk_commit(&store->disk);
    if (error == 0)
        note_committed(store, group, bytes);
    else
        disk_abandon(&store->disk);
    store_count(&store->commit_ns, (uint64_t)(clock_mono_ns() - started));
    writer_set_result(store, error);
    pthread_mutex_lock(&store->writer.lock);
    for (struct commit *commit = group; commit != NULL; commit = commit->next)
        *commit->result = (struct commit_result){true, error};
    pthread_cond_broadcast(&store->writer.moved);
    pthread_mutex_unlock(&store->writer.lock);
    free_commits(store, group);
}

static void sync_when_due(struct store *store, mono_t now)
{
    struct writer *writer = &store->writer;
    if (writer->unsynced_since == 0 || now < writer->unsynced_since + SYNC_INTERVAL_MS)
        return;
    writer->unsynced_since = 0;
    int error = disk_sync(&store->disk);
    if (error != 0)
        writer_set_result(store, error);
}

static void probe_when_due(struct store *store, mono_t now)
{
    if (now >= store->writer.next_probe)
        writer_set_result(store, disk_probe(&store->disk));
}

/* Makes everything due when a round is wanted. */
static void begin_round(struct store *store)
{
    struct writer *writer = &store->writer;
    pthread_mutex_lock(&writer->lock);
    bool wanted = writer->round != writer->round_wanted;
    writer->round = writer->round_wanted;
    pthread_mutex_unlock(&writer->lock);
    if (!wanted)
        return;
    writer->next_probe = 0;
    writer->rotated_at = ROTATE_NOW;
    writer->retaining = false;
    writer->next_retention = 0;
}

static void end_round(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    writer->round_done = writer->round;
    pthread_cond_broadcast(&writer->moved);
    pthread_mutex_unlock(&writer->lock);
}

static void set_limit(struct store *store)
{
    size_t limit = __atomic_load_n(&store->max_file_bytes, __ATOMIC_RELAXED);
    if (limit == store->writer.file_limit)
        return;
    disk_limit(&store->disk, limit);
    store->writer.file_limit = limit;
}

static bool is_blocked(const struct store *store)
{
    return __atomic_load_n(&store->blocked, __ATOMIC_ACQUIRE) != 0;
}

/* One step of everything that is due; true when there is more to do at once. */
static bool do_upkeep(struct store *store)
{
    mono_t now = clock_mono_ms();
    set_limit(store);
    begin_round(store);
    sync_when_due(store, now);
    bool more = false;
    if (is_blocked(store)) {
        more = upkeep_retain(store, now); /* may make room */
        probe_when_due(store, now);
        more = more && !is_blocked(store);
    } else {
        more = upkeep_persist(store);
        more = upkeep_rotate(store, now) || more;
        more = upkeep_retain(store, now) || more;
        more = upkeep_delete(store) || more;
        more = more && !is_blocked(store);
    }
    if (!more)
        end_round(&store->writer);
    return more;
}

static mono_t next_due(const struct store *store, mono_t now)
{
    const struct writer *writer = &store->writer;
    mono_t due = now + IDLE_WAIT_MS;
    if (writer->unsynced_since != 0)
        due = MIN_OF(due, writer->unsynced_since + SYNC_INTERVAL_MS);
    if (is_blocked(store))
        due = MIN_OF(due, writer->next_probe);
    return due;
}

/* Waits until there is something to do, or time is up. */
static struct commit *take_group(struct store *store, bool at_once, bool *out_stopping)
{
    struct writer *writer = &store->writer;
    mono_t due = next_due(store, clock_mono_ms());
    const struct timespec until = {due / 1000, due % 1000 * 1000000};
    pthread_mutex_lock(&writer->lock);
    bool idle = writer->first == NULL && !writer->stopping &&
                (writer->doomed.len == 0 || is_blocked(store)) &&
                writer->round == writer->round_wanted;
    if (!at_once && idle)
        pthread_cond_timedwait(&writer->wake, &writer->lock, &until);
    struct commit *group = writer->first;
    writer->first = writer->last = NULL;
    *out_stopping = writer->stopping;
    pthread_mutex_unlock(&writer->lock);
    return group;
}

static void *writer_main(void *arg)
{
    struct store *store = arg;
    bool more = true, stopping = false;
    for (;;) {
        struct commit *group = take_group(store, more, &stopping);
        if (group != NULL)
            commit_group(store, group);
        else if (stopping)
            break;
        more = do_upkeep(store);
    }
    while (upkeep_delete(store)) {
    }
    disk_sync(&store->disk);
    return NULL;
}

int writer_start(struct store *store)
{
    struct writer *writer = &store->writer;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&writer->wake, &monotonic);
    pthread_cond_init(&writer->moved, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (writer->rotated_at != ROTATE_NOW)
        writer->rotated_at = clock_mono_ms();
    return -pthread_create(&writer->thread, NULL, writer_main, store);
}

void writer_stop(struct store *store)
{
    struct writer *writer = &store->writer;
    pthread_mutex_lock(&writer->lock);
    writer->stopping = true;
    pthread_cond_signal(&writer->wake);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    pthread_cond_destroy(&writer->wake);
    pthread_cond_destroy(&writer->moved);
}
