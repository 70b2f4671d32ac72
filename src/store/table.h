/* SPDX-License-Identifier: MIT */
/*
 * table - encoded label bytes to series, in shards that have a lock each.
 *
 * A series is found by its organisation and the bytes that a sender writes for its labels.  The
 * sorted form is always in the table; of other forms (other order, longer varints) a few per
 * series are remembered as aliases, the rest takes the slow path of decoding each time.
 *
 * The lock of shard s guards the part of the table whose hashes fall on s, and the samples of
 * the series with series->shard == s (the shard of their sorted form).  No thread holds two of
 * these locks.
 */
#pragma once

#include <pthread.h>

#include "store/series.h"

#define TABLE_SHARDS 64

struct table_slot {
    uint64_t hash;
    struct series *series; /* owned reference; NULL = free */
    uint8_t *encoded;      /* owned */
    uint32_t encoded_len;
};

struct table_shard {
    _Alignas(64) pthread_mutex_t lock;
    struct table_slot *slots; /* owned */
    size_t capacity, len;     /* a power of two, or 0 */
};

struct table {
    uint64_t seed;
    struct table_shard shards[TABLE_SHARDS];
};

/* What is looked up, with its hash. */
struct table_key {
    org_id org;
    const uint8_t *encoded;
    uint32_t encoded_len;
    uint64_t hash;
};

void table_init(struct table *table);
void table_deinit(struct table *table);

struct table_key table_key(const struct table *table, org_id org, const void *encoded,
                           uint32_t encoded_len);
uint32_t table_shard_of(uint64_t hash);

void table_lock(struct table *table, uint32_t shard);
void table_unlock(struct table *table, uint32_t shard);

/* These expect the lock of the key's shard. */
struct series *table_find(struct table *table, const struct table_key *key); /* borrowed */
void table_add(struct table *table, const struct table_key *key, struct series *series);
void table_remove(struct table *table, uint64_t hash, const struct series *series);
