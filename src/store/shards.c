/* SPDX-License-Identifier: MIT */
#include "store/shards.h"

#include <stdlib.h>

#include "base/memory.h"

void shards_init(struct shards *shards)
{
    *shards = (struct shards){0};
    pthread_mutex_init(&shards->lock, NULL);
}

void shards_deinit(struct shards *shards)
{
    for (uint32_t number = 0; number < shards->end; number++)
        shard_free(shards_find(shards, number));
    for (size_t i = 0; i < SHARDS_PAGES; i++)
        free(shards->pages[i]);
    pthread_mutex_destroy(&shards->lock);
}

struct shard *shards_make(struct shards *shards, uint32_t number)
{
    struct shard *shard = shards_find(shards, number);
    if (shard != NULL)
        return shard;
    pthread_mutex_lock(&shards->lock);
    struct shard ***page = &shards->pages[number / SHARDS_PAGE];
    if (*page == NULL)
        __atomic_store_n(page, memory_calloc(SHARDS_PAGE, sizeof(**page)), __ATOMIC_RELEASE);
    shard = (*page)[number % SHARDS_PAGE];
    if (shard == NULL) {
        shard = shard_new(number);
        __atomic_store_n(&(*page)[number % SHARDS_PAGE], shard, __ATOMIC_RELEASE);
    }
    if (number >= shards->end)
        __atomic_store_n(&shards->end, number + 1, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&shards->lock);
    return shard;
}
