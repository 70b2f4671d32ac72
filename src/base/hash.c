/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include <string.h>

#define HASH_K0 0x9e3779b97f4a7c15ull
#define HASH_K1 0xd1b54a32d192ed03ull

__extension__ typedef unsigned __int128 wide_word;

static uint64_t fold(uint64_t a, uint64_t b)
{
    wide_word product = (wide_word)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load(const unsigned char *at, size_t len)
{
    uint64_t word = 0;
    memcpy(&word, at, len);
    return word;
}

uint64_t hash_bytes(const void *data, size_t len, uint64_t seed)
{
    const unsigned char *at = data;
    uint64_t state = fold(seed ^ HASH_K0, len ^ HASH_K1);

    size_t left = len;
    for (; left >= 16; at += 16, left -= 16)
        state = fold(load(at, 8) ^ state ^ HASH_K0, load(at + 8, 8) ^ HASH_K1);
    if (left > 0) {
        uint64_t low = load(at, left < 8 ? left : 8);
        uint64_t high = left > 8 ? load(at + 8, left - 8) : 0;
        state = fold(low ^ state ^ HASH_K0, high ^ HASH_K1);
    }
    return fold(state ^ HASH_K1, HASH_K0);
}

uint64_t hash_u64(uint64_t value, uint64_t seed)
{
    return fold(value ^ HASH_K0, seed ^ HASH_K1);
}
