/* SPDX-License-Identifier: MIT */
#include "base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"

#define MAP_FIRST_SLOTS 16

void map_init(struct map *map)
{
    *map = (struct map){.seed = random_u64()};
}

void map_deinit(struct map *map)
{
    for (size_t i = 0; i < map->capacity; i++)
        free(map->slots[i].key);
    free(map->slots);
    *map = (struct map){0};
}

/* The slot that holds the key, or the free one where it belongs.  capacity > len. */
static struct map_slot *probe(const struct map *map, uint64_t hash, const void *key, size_t len)
{
    size_t mask = map->capacity - 1;
    for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
        struct map_slot *slot = &map->slots[i];
        if (slot->key == NULL)
            return slot;
        if (slot->hash == hash && slot->key_len == len && memcmp(slot->key, key, len) == 0)
            return slot;
    }
}

static void grow(struct map *map)
{
    struct map old = *map;
    map->capacity = old.capacity == 0 ? MAP_FIRST_SLOTS : old.capacity * 2;
    map->slots = memory_calloc(map->capacity, sizeof(*map->slots));
    for (size_t i = 0; i < old.capacity; i++) {
        const struct map_slot *from = &old.slots[i];
        if (from->key != NULL)
            *probe(map, from->hash, from->key, from->key_len) = *from;
    }
    free(old.slots);
}

void *map_find(const struct map *map, const void *key, size_t key_len)
{
    if (map->len == 0)
        return NULL;
    return probe(map, hash_bytes(key, key_len, map->seed), key, key_len)->value;
}

void *map_find_text(const struct map *map, const char *key)
{
    return map_find(map, key, strlen(key));
}

void *map_put(struct map *map, const void *key, size_t key_len, void *value)
{
    assert(value != NULL);
    if (map->capacity == 0 || (map->len + 1) * 4 > map->capacity * 3)
        grow(map);

    uint64_t hash = hash_bytes(key, key_len, map->seed);
    struct map_slot *slot = probe(map, hash, key, key_len);
    if (slot->key != NULL) {
        void *replaced = slot->value;
        slot->value = value;
        return replaced;
    }
    char *copy = memory_alloc(key_len + 1);
    memcpy(copy, key, key_len);
    copy[key_len] = '\0';
    *slot = (struct map_slot){.key = copy, .key_len = key_len, .hash = hash, .value = value};
    map->len++;
    return NULL;
}

void *map_put_text(struct map *map, const char *key, void *value)
{
    return map_put(map, key, strlen(key), value);
}

/* Linear probing leaves no holes: what follows the removed slot moves up where it may. */
static void close_gap(struct map *map, size_t gap)
{
    size_t mask = map->capacity - 1;
    for (size_t i = (gap + 1) & mask; map->slots[i].key != NULL; i = (i + 1) & mask) {
        size_t home = (size_t)map->slots[i].hash & mask;
        if (((i - home) & mask) < ((i - gap) & mask))
            continue;
        map->slots[gap] = map->slots[i];
        map->slots[i] = (struct map_slot){0};
        gap = i;
    }
}

void *map_remove(struct map *map, const void *key, size_t key_len)
{
    if (map->len == 0)
        return NULL;
    struct map_slot *slot = probe(map, hash_bytes(key, key_len, map->seed), key, key_len);
    if (slot->key == NULL)
        return NULL;

    void *value = slot->value;
    free(slot->key);
    *slot = (struct map_slot){0};
    map->len--;
    close_gap(map, (size_t)(slot - map->slots));
    return value;
}

void *map_remove_text(struct map *map, const char *key)
{
    return map_remove(map, key, strlen(key));
}

struct map_slot *map_next(const struct map *map, struct map_slot *after)
{
    size_t i = after == NULL ? 0 : (size_t)(after - map->slots) + 1;
    for (; i < map->capacity; i++) {
        if (map->slots[i].key != NULL)
            return &map->slots[i];
    }
    return NULL;
}
