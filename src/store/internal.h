/* SPDX-License-Identifier: MIT */
/*
 * internal - the parts of a store, for the files of this folder and their tests.
 *
 *   append.c   a batch to samples in memory and a log record      any thread
 *   writer.c   the queue, group commit, and when upkeep is due    the writer thread
 *   persist.c  sealed chunks to the file                          the writer thread
 *   upkeep.c   log rotation, retention, deletion                  the writer thread
 *   replay.c   the file to memory                                 store_open()
 *   select.c   series_source                                      any thread
 *
 * Order of locks: a shard of the table, then the index or the writer's queue.
 */
#pragma once

#include "store/disk.h"
#include "store/index.h"
#include "store/log_record.h"
#include "store/store.h"
#include "store/table.h"

#define STORE_EPOCH_FIRST 1
#define ROTATE_NOW        (INT64_MIN / 2) /* rotated_at: due at once */

/* What became of a commit; under the writer's lock. */
struct commit_result {
    bool done;
    int error;
};

/* A batch on its way to the file. */
struct commit {
    struct commit *next;
    struct buf record;          /* owned; the log record */
    bool has_entries;           /* else there is nothing to log */
    struct series_list defined; /* owned; series whose row may not be in the file yet */
    size_t reserved;            /* bytes of the queue's ceiling */
    size_t n_samples;
    struct commit_result *result; /* of its sender, who waits */
};

/* The log between two rotations; see upkeep.c. */
struct rotation {
    bool active;
    int64_t up_to_id;      /* log records to be deleted */
    int64_t deleted_to_id; /* already */
    uint32_t epoch;        /* samples of this epoch and before are to be persisted */
    uint32_t cursor;       /* next series to look at */
    uint64_t bytes;        /* of the records */
};

struct writer {
    pthread_t thread;

    /* under `lock` */
    pthread_mutex_t lock;
    pthread_cond_t wake; /* something to do */
    pthread_cond_t
        moved; /* a commit is through, a doomed series is gone, a round is through, or
                           * nothing can be written */
    struct commit *first, *last;
    size_t reserved;                   /* bytes in the queue, in work, or promised */
    struct series_list full;           /* have sealed chunks; owned references */
    struct series_list doomed;         /* dead, rows to be deleted; owned references */
    uint64_t round_wanted, round_done; /* see writer_settle() */
    bool stopping;

    /* owned by the writer thread */
    uint64_t round;
    size_t file_limit; /* as it was set last */
    int64_t last_log_id;
    uint64_t fresh_log_bytes; /* logged since the last rotation began */
    mono_t rotated_at, unsynced_since, next_retention, next_probe; /* 0 = not due */
    struct rotation rotation;
    bool retaining;
    uint32_t retention_cursor;
    msec_t retention_cutoff;
};

struct store {
    struct store_options options;
    struct table table;
    struct index index;
    struct disk disk;
    struct writer writer;

    /* atomic */
    size_t max_file_bytes; /* 0 = none; the writer sets it when it changes */
    uint32_t epoch;
    int blocked; /* 0, or the -errno of the commit that failed last */
    uint64_t samples_appended, samples_refused, batches_committed, commits, log_bytes,
        commit_ns, series_corrupt, chunks_corrupt, log_records_corrupt;
};

static inline void store_count(uint64_t *counter, uint64_t more)
{
    __atomic_fetch_add(counter, more, __ATOMIC_RELAXED);
}

static inline uint64_t store_counter(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

msec_t store_wall_ms(const struct store *store);
uint8_t store_classify(const struct store *store, const struct labels *labels);

/* --- writer.c --- */

int writer_start(struct store *store);
void writer_stop(struct store *store); /* commits what is queued */

/* Has the writer do all its upkeep now, whether due or not: probe, persist, rotate, retain.  Returns
 * when it has; 0, or the -errno that it is blocked by. */
int writer_settle(struct store *store);

/* Room in the queue for that many bytes.  0, -EAGAIN. */
int writer_reserve(struct store *store, size_t bytes);
void writer_release(struct store *store, size_t bytes);

/* Queues a commit whose bytes are reserved, and waits until it is durable.  0, -errno. */
int writer_push(struct store *store, struct commit *take_commit);

/* Tells that the series has sealed chunks; under its lock. */
void writer_note_full(struct store *store, struct series *series);

/* Hands over a dead series, to have its rows deleted. */
void writer_note_doomed(struct store *store, struct series *series);

/* Records what a transaction came to; with an error the store is blocked until a probe
 * succeeds. */
void writer_set_result(struct store *store, int error);

/* --- persist.c --- */

/* What is to be written of one series. */
struct persist_item {
    struct series *series; /* owned reference */
    struct sealed_chunk *first;
    size_t n_sealed;
    struct chunk open; /* owned copy of the open chunk; count 0 = not wanted */
    struct disk_state state;
    uint32_t dirty; /* as it was, for when it fails */
};

struct persist_list {
    struct persist_item *items; /* owned */
    size_t len, capacity;
};

/* Adds the series when it has sealed chunks, or samples of `epoch` or before in its open chunk.
 * With PERSIST_SEALED_ONLY the open chunk is left alone, and the series must have been taken
 * off the writer's list of full ones. */
#define PERSIST_SEALED_ONLY 0
void persist_collect(struct store *store, struct series *series, uint32_t epoch,
                     struct persist_list *out);

/* Writes all in one transaction and empties the list.  0, -errno: nothing was changed. */
int persist_commit(struct store *store, struct persist_list *list);

/* --- upkeep.c --- */

/* Each does one small step and says whether there is more to do now. */
bool upkeep_persist(struct store *store);
bool upkeep_rotate(struct store *store, mono_t now);
bool upkeep_retain(struct store *store, mono_t now);
bool upkeep_delete(struct store *store);

/* Takes the series out of table and index; false when it was already, or when `only_empty` and
 * it is not. */
bool store_kill_series(struct store *store, struct series *series, bool only_empty);

/* --- append.c --- */

/* Samples of one series in the file, read when first asked for. */
struct stored_window {
    msec_t from_ms, to_ms;
    bool loaded;
    struct sample_list samples; /* owned */
};

/* series_add() with a look into the file where needed; the series is locked. */
enum series_add_result store_add_sample(struct store *store, struct series *series,
                                        struct sample sample, struct stored_window *window);

/* --- replay.c --- */

int store_load(struct store *store, struct problem *problem);
