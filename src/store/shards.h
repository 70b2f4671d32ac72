/* SPDX-License-Identifier: MIT */
/*
 * shards - all shards of a store, by number.  They come and never go while the store is open, so they are
 * found without a lock.
 */
#pragma once

#include "store/shard.h"

#define SHARDS_PAGE  4096
#define SHARDS_PAGES ((1u << 24) / SHARDS_PAGE) /* 2^32 ids / SHARD_SERIES */

struct shards {
    struct shard **pages[SHARDS_PAGES]; /* owned; atomic, as are their items */
    uint32_t end;                       /* above all numbers; atomic */
    pthread_mutex_t lock;               /* for adding */
};

void shards_init(struct shards *shards);
void shards_deinit(struct shards *shards);

static inline struct shard *shards_find(const struct shards *shards, uint32_t number)
{
    struct shard **page =
        __atomic_load_n(&shards->pages[number / SHARDS_PAGE], __ATOMIC_ACQUIRE);
    return page == NULL ? NULL : __atomic_load_n(&page[number % SHARDS_PAGE], __ATOMIC_ACQUIRE);
}

/* The shard, made when it is not there. */
struct shard *shards_make(struct shards *shards, uint32_t number);

static inline uint32_t shards_end(const struct shards *shards)
{
    return __atomic_load_n(&shards->end, __ATOMIC_ACQUIRE);
}
