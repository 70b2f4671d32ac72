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

static uint64_t word_at(const unsigned char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    return word;
}

/* Four words of the text into both lanes. */
static void mix(struct hash128 *state, const struct hash_key *key, const uint64_t words[4])
{
    const uint64_t *k = key->words;
    uint64_t low = fold(words[0] ^ k[0] ^ state->low, words[1] ^ k[1]);
    uint64_t high = fold(words[0] ^ k[2] ^ state->high, words[1] ^ k[3]);
    state->low = low ^ fold(words[2] ^ k[4], words[3] ^ k[5] ^ state->low);
    state->high = high ^ fold(words[2] ^ k[6], words[3] ^ k[7] ^ state->high);
}

/* The rest of at most 32 bytes, as four words; those of 8 and more may overlap, which is why the
 * length is mixed in. */
static void load_rest(const unsigned char *at, size_t len, uint64_t out[4])
{
    out[0] = out[1] = out[2] = out[3] = 0;
    if (len >= 16) {
        out[0] = word_at(at);
        out[1] = word_at(at + 8);
        out[2] = word_at(at + len - 16);
        out[3] = word_at(at + len - 8);
    } else if (len >= 8) {
        out[0] = word_at(at);
        out[1] = word_at(at + len - 8);
    } else {
        for (size_t i = 0; i < len; i++)
            out[0] |= (uint64_t)at[i] << (8 * i);
    }
}

struct hash128 hash128_bytes(const struct hash_key *key, const void *data, size_t len,
                             uint64_t salt)
{
    const unsigned char *at = data;
    struct hash128 state = {salt ^ key->words[8], len ^ key->words[9]};
    uint64_t words[4];
    size_t left = len;
    for (; left > 32; at += 32, left -= 32) {
        memcpy(words, at, sizeof(words));
        mix(&state, key, words);
    }
    load_rest(at, left, words);
    mix(&state, key, words);
    return (struct hash128){fold(state.low ^ key->words[9], len ^ key->words[0]),
                            fold(state.high ^ key->words[8], salt ^ key->words[1])};
}
