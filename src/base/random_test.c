/* SPDX-License-Identifier: MIT */
#include "base/random.h"

#include <string.h>

#include "unit.h"

START_TEST(fills_every_byte_and_not_one_more)
{
    /* 64 draws leave a given byte 0 with a chance of 2^-512. */
    unsigned char seen[300] = {0};
    for (int round = 0; round < 64; round++) {
        unsigned char bytes[302];
        memset(bytes, 0xa5, sizeof(bytes));
        random_bytes(bytes + 1, 300); /* more than getrandom() gives at once without fail */
        ck_assert_uint_eq(bytes[0], 0xa5);
        ck_assert_uint_eq(bytes[301], 0xa5);
        for (size_t i = 0; i < sizeof(seen); i++)
            seen[i] |= bytes[i + 1];
    }
    for (size_t i = 0; i < sizeof(seen); i++)
        ck_assert_uint_ne(seen[i], 0);
    random_bytes(seen, 0);
}
END_TEST

START_TEST(never_says_the_same_twice)
{
    uint64_t drawn[256];
    for (size_t i = 0; i < 256; i++) {
        drawn[i] = random_u64();
        for (size_t k = 0; k < i; k++)
            ck_assert_uint_ne(drawn[i], drawn[k]);
    }
}
END_TEST

START_TEST(the_unit_is_even_and_half_open)
{
    unsigned tenths[10] = {0};
    for (int i = 0; i < 100000; i++) {
        double value = random_unit();
        ck_assert(value >= 0 && value < 1);
        tenths[(int)(value * 10)]++;
    }
    /* 10,000 each, give or take 95: a thousand is ten times that. */
    for (size_t i = 0; i < 10; i++)
        ck_assert(tenths[i] > 9000 && tenths[i] < 11000);
}
END_TEST

UNIT_MAIN("random", fills_every_byte_and_not_one_more, never_says_the_same_twice,
          the_unit_is_even_and_half_open)
