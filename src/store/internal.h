/* SPDX-License-Identifier: MIT */
/*
 * internal - the parts of a store, for the files of this folder and their tests.
 *
 *   append.c   a batch to samples in memory and a record in the log     any thread
 *   define.c   a series that was not there before                       any thread
 *   select.c   series_source                                            any thread
 *   replay.c   archive and log to memory                                store_open()
 *   flush.c    memory to archive, and what the log does not need        upkeep
 *   upkeep.c   when all that is due                                     upkeep
 *
 * A sample is put into memory first and logged second.  Both happen before store_append()
 * returns, so what was acknowledged is in the log; and a record is never in a segment older than the one
 * that was current when its samples went into memory, which is what flush.c relies on.
 *
 * Order of locks: `defining`, then one shard, then a part of the table, the index or the log.
 */
#pragma once

#include "store/archive.h"
#include "store/index.h"
#include "store/log.h"
#include "store/shards.h"
#include "store/store.h"
#include "store/table.h"

/* A round: everything that is in memory goes to the archive, then the log is cut off behind it. */
struct round {
    bool active;
    uint64_t through;       /* segments to be deleted */
    uint32_t series_end;    /* ids below are to be in the archive */
    uint32_t shard, shards; /* the next one to look at, and the end */
};

struct upkeep {
    pthread_t thread;

    /* under `lock` */
    pthread_mutex_t lock;
    pthread_cond_t wake;             /* something to do */
    pthread_cond_t moved;            /* a turn is through */
    uint64_t turn_wanted, turn_done; /* see upkeep_settle() */
    bool stopping;
    VEC(uint32_t) doomed; /* ids to be deleted from the archive */
    uint64_t doomed_done; /* so many were, since start */
    uint64_t doomed_all;

    /* owned by its thread */
    uint64_t turn;
    uint32_t series_stored; /* ids below are in the archive */
    struct round round;
    mono_t round_at, sync_at, probe_at, churn_at; /* when it is due */
    uint32_t churn_shard;                         /* the next one to look at */
    size_t max_bytes;                             /* of the archive, as it was set last */
};

struct store {
    struct store_options options; /* its path is owned */
    struct hash_key name_key;
    struct table table;
    struct index index;
    struct shards shards;
    struct log log;
    struct archive *archive;
    struct upkeep upkeep;
    pthread_mutex_t defining; /* held by whoever makes a series */

    /* under `reading_lock`; see reading.h */
    pthread_mutex_t reading_lock;
    struct reading *idle_readings;
    size_t n_idle_readings;

    /* atomic */
    size_t max_file_bytes; /* 0 = none; upkeep sets it when it changes */
    int blocked;           /* 0, or the -errno of what could not be written last */
    bool crowded;          /* a shard is frozen for its late samples: flush it soon */
    mono_t appended_at;    /* when a batch came last */
    uint64_t thaws;        /* how often memory let go of what the archive has */
    uint64_t samples_appended, samples_refused, batches, log_ns, series_corrupt, log_losses;
};

static inline void store_count(uint64_t *counter, uint64_t more)
{
    __atomic_fetch_add(counter, more, __ATOMIC_RELAXED);
}

static inline uint64_t store_counter(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static inline uint64_t store_counter_acquire(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

static inline int store_blocked(const struct store *store)
{
    return __atomic_load_n(&store->blocked, __ATOMIC_ACQUIRE);
}

msec_t store_wall_ms(const struct store *store);
msec_t store_oldest_ms(const struct store *store); /* what may be kept of any tier */

/* The name under which the table knows labels in this encoding. */
struct hash128 store_name(const struct store *store, org_id org, const void *encoded,
                          size_t len);

/* --- define.c --- */

enum define_result {
    DEFINE_DONE,
    DEFINE_BAD_LABELS = 1,
    DEFINE_ORG_FULL,
    DEFINE_HOST_FULL,
};

/* The series of these labels, made when it is not there; `name` is that of `encoded`, under which the
 * table did not know it. */
enum define_result store_define(struct store *store, org_id org, struct hash128 name,
                                struct slice encoded, uint32_t *out_id);

/* Takes the series out of memory; false when it is not there, or when `only_empty` and memory
 * has samples of it. */
bool store_remove_series(struct store *store, uint32_t id, bool only_empty);

/* A series from the archive or the log, under its own id.  0, -EEXIST, -EINVAL. */
int store_restore_series(struct store *store, uint32_t id, org_id org, struct slice encoded);

/* --- replay.c --- */

int store_load(struct store *store, struct problem *problem);

/* --- upkeep.c --- */

int upkeep_start(struct store *store);
void upkeep_stop(struct store *store); /* flushes what is in memory */

/* Has it do all there is to do now, whether due or not.  Returns when it has; 0, or the
 * -errno that it is blocked by. */
int upkeep_settle(struct store *store);
void upkeep_wake(struct store *store);

/* Records that something could not be written, -errno; no batch is taken until a probe succeeds. */
void upkeep_block(struct store *store, int error);

/* Hands over series that were removed, to be deleted from the archive; their number in all. */
uint64_t upkeep_doom(struct store *store, const uint32_t *ids, size_t n);

/* --- flush.c --- */

#define FLUSH_INTERVAL_MS (2 * MSEC_HOUR)
/* So much over the limit the log may be; then nothing more is taken until it was flushed. */
#define STORE_LOG_BEHIND_MAX_BYTES ((uint64_t)64 * 1024 * 1024)

/* When the log is larger it is time for a round. */
uint64_t flush_log_limit(struct store *store);

bool flush_is_due(struct store *store, mono_t now);
void flush_begin(struct store *store, mono_t now);

/* One step of the round under way; false when it is over.  -errno in *out_error: it will be tried
 * again. */
bool flush_step(struct store *store, int *out_error);

/* Writes frozen shards out of turn.  0, -errno. */
int flush_crowded(struct store *store);
