/* SPDX-License-Identifier: MIT */
/*
 * hash - a fast 64-bit hash of bytes, for tables in memory.
 *
 * Multiply-and-fold over 16 bytes at a time.  Not for files (it may change between versions)
 * and not for secrets; tables that outsiders can fill seed it with random_u64().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *data, size_t len, uint64_t seed);
uint64_t hash_u64(uint64_t value, uint64_t seed);

/* A name for bytes that is as good as the bytes: 128 bits, keyed.  Two lanes with keys of their own
 * go over the same words, so that for two texts to get one name both lanes have to collide, and
 * nobody who does not know the key can look for such texts. */
struct hash128 {
    uint64_t low, high;
};

#define HASH_KEY_WORDS 10

struct hash_key {
    uint64_t words[HASH_KEY_WORDS]; /* random_bytes() */
};

struct hash128 hash128_bytes(const struct hash_key *key, const void *data, size_t len,
                             uint64_t salt);

static inline bool hash128_equal(struct hash128 a, struct hash128 b)
{
    return ((a.low ^ b.low) | (a.high ^ b.high)) == 0;
}
