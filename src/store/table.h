/* SPDX-License-Identifier: MIT */
/*
 * table - the names of series, 128 bits each, to their ids.
 *
 * Eight bytes a series: 32 bits of the name and the id.  A look-up gives candidates; whether one
 * is the series is for the caller to check against the name that the series itself keeps.
 * Names of unusual forms of the same labels (other order, longer varints) are *aliases*, in a
 * table of their own with the whole name.
 *
 * Thread safe: cut by the name into parts with a lock each, which is held for the look-up alone.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/map.h"

#define TABLE_PARTS 64

struct table_slot {
    uint32_t name; /* 32 bits of it */
    uint32_t id;   /* 0 = free */
};

struct table_part {
    _Alignas(64) pthread_mutex_t lock;
    struct table_slot *slots; /* owned */
    uint32_t capacity, len;   /* a power of two, or 0 */
};

struct table {
    struct table_part parts[TABLE_PARTS];
    pthread_mutex_t alias_lock;
    struct map aliases; /* struct hash128 → id */
    size_t n_aliases;   /* atomic */
};

void table_init(struct table *table);
void table_deinit(struct table *table);

/* Where a look-up goes on; zeros at the beginning. */
struct table_cursor {
    uint32_t at;
    bool begun;
};

/* The next candidate, or 0. */
uint32_t table_find(struct table *table, struct hash128 name, struct table_cursor *cursor);

void table_add(struct table *table, struct hash128 name, uint32_t id);
void table_remove(struct table *table, struct hash128 name, uint32_t id);

/* 0 when there is none. */
uint32_t table_find_alias(struct table *table, struct hash128 name);
void table_add_alias(struct table *table, struct hash128 name, uint32_t id);
void table_remove_alias(struct table *table, struct hash128 name);
