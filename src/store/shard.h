/* SPDX-License-Identifier: MIT */
/*
 * shard - the newest samples of 256 neighbouring series, and the lock over them.
 *
 *     sample ──► in order: the series' open run ──freeze──► frozen ──committed: thaw──► (archive)
 *           └──► late: sorted with those of its neighbours ──┘
 *
 * Series are known by number: id / SHARD_SERIES is the shard, the rest the slot in it.  A sample
 * that is later than all in the run goes to its end, any other into the shard's list of late ones.
 * What is to be written is *frozen*: taken out of the way of new samples, and kept for readers
 * until the archive has it.  Frozen samples do not change, so the one who writes them
 * may read them without the lock; everything else here expects it to be held.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "base/hash.h"
#include "base/vec.h"
#include "store/archive.h"
#include "store/run.h"

enum series_state {
    SERIES_NONE,
    SERIES_ALIVE,
    SERIES_DEAD, /* was deleted; its id is not given again */
};

struct series {
    struct run run;
    struct hash128 name; /* of organisation and sorted labels */
    uint32_t next;       /* the id that came after this one in a batch the last time; a guess */
    uint8_t state;       /* enum series_state */
    uint8_t tag;         /* what store_options.classify said */
    uint8_t n_aliases;
    bool is_defined; /* a record with its labels is in the log, or the archive has them */
};

struct late_sample {
    uint32_t slot;
    struct sample sample;
};

struct late_list {
    struct late_sample *items; /* owned; by slot, then time */
    size_t len, capacity;
};

/* Samples on their way to the archive. */
struct frozen {
    struct frozen *next; /* younger */
    uint64_t dirty;      /* the oldest log segment that may hold any of these samples */
    struct run *runs;    /* owned; count 0 where a series has none */
    struct late_list late;
};

struct shard {
    pthread_mutex_t lock;
    uint32_t number;
    uint32_t n_alive;
    struct series series[SHARD_SERIES];
    struct late_list late;
    struct frozen *frozen_first, *frozen_last; /* owned */
    uint64_t dirty; /* as in struct frozen, of what is not frozen; 0 = nothing */
};

enum shard_add_result {
    SHARD_TAKEN = 1,
    SHARD_DUPLICATE, /* memory has it */
    SHARD_CONFLICT,  /* memory has another value at that time */
};

struct shard *shard_new(uint32_t number);
void shard_free(struct shard *shard);

/* `segment` is the log's current one, read under this lock or later than it was taken. */
enum shard_add_result shard_add(struct shard *shard, uint32_t slot, struct sample sample,
                                uint64_t segment);

/* Appends what memory has of a series within [from, to]: older frozen ones first, in no order
 * beyond that; times may repeat, then the first one counts. */
void shard_read(const struct shard *shard, uint32_t slot, msec_t from_ms, msec_t to_ms,
                struct sample_list *out);

/* Whether memory has anything of the series, at all or within the range. */
bool shard_has(const struct shard *shard, uint32_t slot);
bool shard_has_within(const struct shard *shard, uint32_t slot, msec_t from_ms, msec_t to_ms);

/* Freezes all that is not yet, when there is anything. */
void shard_freeze(struct shard *shard);

/* The oldest log segment that is needed for the shard; 0 = none. */
uint64_t shard_oldest_dirty(const struct shard *shard);

/* Drops the oldest `count` frozen ones. */
void shard_thaw(struct shard *shard, size_t count);

/* Forgets what memory has of a series, frozen samples excepted (shard_thaw() does those). */
void shard_forget(struct shard *shard, uint32_t slot);

/* The samples of one slot in a late list: its first index, and how many. */
size_t late_list_slot(const struct late_list *late, uint32_t slot, size_t *out_first);

#define SHARD_LATE_MAX 4096 /* then the shard is to be frozen */
