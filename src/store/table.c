/* SPDX-License-Identifier: MIT */
#include "store/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"

#define SHARD_FIRST_SLOTS 8

void table_init(struct table *table)
{
    *table = (struct table){.seed = random_u64()};
    for (size_t i = 0; i < TABLE_SHARDS; i++)
        pthread_mutex_init(&table->shards[i].lock, NULL);
}

void table_deinit(struct table *table)
{
    for (size_t i = 0; i < TABLE_SHARDS; i++) {
        struct table_shard *shard = &table->shards[i];
        for (size_t j = 0; j < shard->capacity; j++) {
            series_unref(shard->slots[j].series);
            free(shard->slots[j].encoded);
        }
        free(shard->slots);
        pthread_mutex_destroy(&shard->lock);
    }
}

struct table_key table_key(const struct table *table, org_id org, const void *encoded,
                           uint32_t encoded_len)
{
    uint64_t seed = table->seed ^ (uint64_t)org;
    return (struct table_key){org, encoded, encoded_len,
                              hash_bytes(encoded, encoded_len, seed)};
}

/* The high bits choose the shard, the low ones the slot. */
uint32_t table_shard_of(uint64_t hash)
{
    return (uint32_t)(hash >> 58) % TABLE_SHARDS;
}

void table_lock(struct table *table, uint32_t shard)
{
    pthread_mutex_lock(&table->shards[shard].lock);
}

void table_unlock(struct table *table, uint32_t shard)
{
    pthread_mutex_unlock(&table->shards[shard].lock);
}

struct series *table_find(struct table *table, const struct table_key *key)
{
    struct table_shard *shard = &table->shards[table_shard_of(key->hash)];
    if (shard->capacity == 0)
        return NULL;
    for (size_t i = key->hash;; i++) {
        struct table_slot *slot = &shard->slots[i & (shard->capacity - 1)];
        if (slot->series == NULL)
            return NULL;
        if (slot->hash == key->hash && slot->encoded_len == key->encoded_len &&
            slot->series->org == key->org &&
            memcmp(slot->encoded, key->encoded, key->encoded_len) == 0)
            return slot->series;
    }
}

static void place(struct table_shard *shard, struct table_slot slot)
{
    size_t i = slot.hash;
    while (shard->slots[i & (shard->capacity - 1)].series != NULL)
        i++;
    shard->slots[i & (shard->capacity - 1)] = slot;
}

static void grow(struct table_shard *shard)
{
    struct table_slot *old = shard->slots;
    size_t old_capacity = shard->capacity;
    shard->capacity = old_capacity == 0 ? SHARD_FIRST_SLOTS : old_capacity * 2;
    shard->slots = memory_calloc(shard->capacity, sizeof(*shard->slots));
    for (size_t i = 0; i < old_capacity; i++) {
        if (old[i].series != NULL)
            place(shard, old[i]);
    }
    free(old);
}

void table_add(struct table *table, const struct table_key *key, struct series *series)
{
    struct table_shard *shard = &table->shards[table_shard_of(key->hash)];
    assert(series->org == key->org);
    if ((shard->len + 1) * 4 > shard->capacity * 3)
        grow(shard);
    uint8_t *encoded = memory_alloc(MAX_OF(key->encoded_len, 1));
    if (key->encoded_len > 0)
        memcpy(encoded, key->encoded, key->encoded_len);
    place(shard, (struct table_slot){key->hash, series_ref(series), encoded, key->encoded_len});
    shard->len++;
}

/* Closes the gap at `at`: moves back what would not be found behind it any more. */
static void close_gap(struct table_shard *shard, size_t at)
{
    size_t mask = shard->capacity - 1, gap = at;
    for (size_t i = (at + 1) & mask; shard->slots[i].series != NULL; i = (i + 1) & mask) {
        size_t home = shard->slots[i].hash & mask;
        if (((i - home) & mask) >= ((i - gap) & mask)) {
            shard->slots[gap] = shard->slots[i];
            gap = i;
        }
    }
    shard->slots[gap] = (struct table_slot){0};
}

void table_remove(struct table *table, uint64_t hash, const struct series *series)
{
    struct table_shard *shard = &table->shards[table_shard_of(hash)];
    if (shard->capacity == 0)
        return;
    for (size_t i = hash;; i++) {
        size_t at = i & (shard->capacity - 1);
        struct table_slot slot = shard->slots[at];
        if (slot.series == NULL)
            return;
        if (slot.hash != hash || slot.series != series)
            continue;
        close_gap(shard, at);
        shard->len--;
        free(slot.encoded);
        series_unref(slot.series);
        return;
    }
}
