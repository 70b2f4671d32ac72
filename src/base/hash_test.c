/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include <stdbool.h>
#include <string.h>

#include "base/random.h"
#include "unit.h"

static int bits_of(uint64_t value)
{
    return __builtin_popcountll(value);
}

START_TEST(the_same_bytes_give_the_same_wherever_they_lie)
{
    char room[160], text[128];
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * 7);
    for (size_t len = 0; len <= sizeof(text); len++) {
        uint64_t hash = hash_bytes(text, len, 1);
        for (size_t shift = 0; shift < 16; shift++) {
            memset(room, 0xee, sizeof(room)); /* neighbours do not count */
            memcpy(room + shift, text, len);
            ck_assert_uint_eq(hash_bytes(room + shift, len, 1), hash);
        }
    }
}
END_TEST

/* Every bit of the text, its length and the seed turn about half the bits of the hash. */
START_TEST(everything_counts)
{
    for (size_t len = 1; len <= 64; len++) {
        unsigned char text[65] = {0};
        uint64_t hash = hash_bytes(text, len, 5);
        ck_assert_uint_ne(hash_bytes(text, len + 1, 5), hash);
        ck_assert_uint_ne(hash_bytes(text, len, 6), hash);
        for (size_t bit = 0; bit < len * 8; bit++) {
            text[bit / 8] ^= (unsigned char)(1u << bit % 8);
            int turned = bits_of(hash_bytes(text, len, 5) ^ hash);
            ck_assert_msg(turned >= 8 && turned <= 56, "bit %zu of %zu: %d", bit, len, turned);
            text[bit / 8] ^= (unsigned char)(1u << bit % 8);
        }
    }
}
END_TEST

/* Ids in a row must not fill a few slots of a table. */
START_TEST(numbers_in_a_row_spread)
{
    unsigned slots[1024] = {0};
    for (uint64_t i = 0; i < 16 * 1024; i++)
        slots[hash_u64(i, 3) % 1024]++;
    for (size_t i = 0; i < 1024; i++)
        ck_assert_msg(slots[i] > 0 && slots[i] < 48, "slot %zu: %u", i, slots[i]);
    ck_assert_uint_ne(hash_u64(0, 3), hash_u64(0, 4));
}
END_TEST

START_TEST(names_of_128_bits)
{
    struct hash_key key, other;
    random_bytes(&key, sizeof(key));
    random_bytes(&other, sizeof(other));
    unsigned char room[220], text[200];
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (unsigned char)(i * 11);
    for (size_t len = 0; len < sizeof(text); len++) {
        const struct hash128 hash = hash128_bytes(&key, text, len, 7);
        memset(room, 0xee, sizeof(room)); /* neighbours do not count, nor does the place */
        memcpy(room + len % 16, text, len);
        ck_assert(hash128_equal(hash128_bytes(&key, room + len % 16, len, 7), hash));
        ck_assert(!hash128_equal(hash128_bytes(&key, text, len + 1, 7), hash));
        ck_assert(!hash128_equal(hash128_bytes(&key, text, len, 8), hash));
        ck_assert(!hash128_equal(hash128_bytes(&other, text, len, 7), hash));
        size_t weak = 0;
        for (size_t bit = 0; bit < len * 8; bit++) {
            text[bit / 8] ^= (unsigned char)(1u << bit % 8);
            const struct hash128 turned = hash128_bytes(&key, text, len, 7);
            weak += bits_of(turned.low ^ hash.low) < 8;
            weak += bits_of(turned.high ^ hash.high) < 8;
            text[bit / 8] ^= (unsigned char)(1u << bit % 8);
        }
        ck_assert_uint_eq(weak, 0);
    }
}
END_TEST

UNIT_MAIN("hash", the_same_bytes_give_the_same_wherever_they_lie, everything_counts,
          names_of_128_bits, numbers_in_a_row_spread)
