/* SPDX-License-Identifier: MIT */
#include "api/scratch.h"

#include <pthread.h>

#include "base/memory.h"

#define KEEP_MAX       8                         /* as many loops as are busy at once */
#define KEEP_MAX_BYTES ((size_t)1 * 1024 * 1024) /* of a buffer, and of an arena */

struct scratch_pool {
    size_t ceiling;
    pthread_mutex_t lock;
    struct scratch *first; /* owned; the one used last comes first, it is warm */
    size_t len;
};

struct scratch_pool *scratch_pool_new(size_t ceiling)
{
    struct scratch_pool *pool = memory_calloc(1, sizeof(*pool));
    pool->ceiling = ceiling;
    pthread_mutex_init(&pool->lock, NULL);
    return pool;
}

static void scratch_free(struct scratch *scratch)
{
    buf_deinit(&scratch->bytes);
    arena_deinit(&scratch->arena);
    free(scratch);
}

void scratch_pool_free(struct scratch_pool *pool)
{
    if (pool == NULL)
        return;
    while (pool->first != NULL) {
        struct scratch *next = pool->first->next;
        scratch_free(pool->first);
        pool->first = next;
    }
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

struct scratch *scratch_take(struct scratch_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct scratch *scratch = pool->first;
    if (scratch != NULL) {
        pool->first = scratch->next;
        pool->len--;
    }
    pthread_mutex_unlock(&pool->lock);
    if (scratch == NULL) {
        scratch = memory_calloc(1, sizeof(*scratch));
        buf_init(&scratch->bytes, pool->ceiling);
        arena_init(&scratch->arena, pool->ceiling);
    }
    return scratch;
}

void scratch_give(struct scratch_pool *pool, struct scratch *scratch)
{
    buf_reset(&scratch->bytes);
    arena_reset(&scratch->arena);
    bool is_kept =
        scratch->bytes.capacity <= KEEP_MAX_BYTES && scratch->arena.used <= KEEP_MAX_BYTES;
    pthread_mutex_lock(&pool->lock);
    is_kept = is_kept && pool->len < KEEP_MAX;
    if (is_kept) {
        scratch->next = pool->first;
        pool->first = scratch;
        pool->len++;
    }
    pthread_mutex_unlock(&pool->lock);
    if (!is_kept)
        scratch_free(scratch);
}
