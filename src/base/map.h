/* SPDX-License-Identifier: MIT */
/*
 * map - bytes to pointer, open addressing with linear probing.
 *
 * Keys are copied and owned by the map; values are borrowed (map_deinit() does not free them).
 * The hash is seeded at random, so outsiders cannot choose colliding keys.
 * One thread at a time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct map_slot {
    char *key; /* owned; NULL = free */
    size_t key_len;
    uint64_t hash;
    void *value;
};

struct map {
    struct map_slot *slots; /* owned */
    size_t capacity;        /* a power of two, or 0 */
    size_t len;
    uint64_t seed;
};

void map_init(struct map *map);
void map_deinit(struct map *map);

/* The value, or NULL when absent. */
void *map_find(const struct map *map, const void *key, size_t key_len);
void *map_find_text(const struct map *map, const char *key);

/* Adds or replaces; returns the value replaced, or NULL.  `value` is not NULL. */
void *map_put(struct map *map, const void *key, size_t key_len, void *value);
void *map_put_text(struct map *map, const char *key, void *value);

/* Returns the value removed, or NULL. */
void *map_remove(struct map *map, const void *key, size_t key_len);
void *map_remove_text(struct map *map, const char *key);

/* for (struct map_slot *slot = NULL; (slot = map_next(&map, slot)) != NULL;)  The map may not
 * change meanwhile. */
struct map_slot *map_next(const struct map *map, struct map_slot *after);
