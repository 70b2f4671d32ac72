/* SPDX-License-Identifier: MIT */
#include "store/block_prefix.h"

#include <math.h>
#include <string.h>

#include "unit.h"

/* In units of 2^-8: 256 is a full code. */
static unsigned fullness(const uint8_t *lengths, size_t n)
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += lengths[i] > 0 ? 256u >> lengths[i] : 0;
    return sum;
}

/* No code begins another one; low bits come first. */
static void check_prefix_free(const struct prefix_code *codes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            if (i == j || codes[i].length == 0 || codes[j].length < codes[i].length)
                continue;
            unsigned mask = (1u << codes[i].length) - 1;
            ck_assert_uint_ne(codes[j].code & mask, codes[i].code);
        }
    }
}

static double cost(const uint32_t *counts, const uint8_t *lengths, size_t n)
{
    double bits = 0;
    for (size_t i = 0; i < n; i++)
        bits += (double)counts[i] * lengths[i];
    return bits;
}

START_TEST(lengths_are_near_the_entropy)
{
    uint32_t counts[40];
    uint8_t lengths[40];
    struct prefix_code codes[40];
    double sum = 0, entropy = 0;
    for (unsigned i = 0; i < 40; i++)
        sum += counts[i] = 1000000u / (1 + (i * 7 % 40) * (i * 7 % 40));
    for (unsigned i = 0; i < 40; i++)
        entropy -= counts[i] * log2(counts[i] / sum);
    prefix_choose_lengths(counts, 40, lengths);
    ck_assert_uint_eq(fullness(lengths, 40), 256);
    ck_assert_double_ge(cost(counts, lengths, 40), entropy);
    ck_assert_double_le(cost(counts, lengths, 40), 1.05 * entropy + sum * 0.1);
    ck_assert_double_eq_tol(prefix_entropy(counts, 40), entropy, 0.02 * entropy);
    ck_assert(prefix_assign(lengths, 40, codes));
    check_prefix_free(codes, 40);
}
END_TEST

START_TEST(lengths_stop_at_eight)
{
    uint32_t counts[30] = {1, 1};
    uint8_t lengths[30];
    struct prefix_code codes[30];
    for (unsigned i = 2; i < 30; i++)
        counts[i] = counts[i - 1] + counts[i - 2];
    prefix_choose_lengths(counts, 30, lengths);
    ck_assert_uint_eq(fullness(lengths, 30), 256);
    for (unsigned i = 0; i < 30; i++) {
        ck_assert_uint_le(lengths[i], PREFIX_BITS_MAX);
        ck_assert_uint_le(lengths[29], lengths[i]);
    }
    ck_assert(prefix_assign(lengths, 30, codes));
    check_prefix_free(codes, 30);
}
END_TEST

START_TEST(as_many_symbols_as_there_are_codes)
{
    uint32_t counts[256];
    uint8_t lengths[256];
    struct prefix_code codes[256];
    for (unsigned i = 0; i < 256; i++)
        counts[i] = 1 + i * i * i;
    prefix_choose_lengths(counts, 256, lengths);
    for (unsigned i = 0; i < 256; i++)
        ck_assert_uint_eq(lengths[i], 8);
    ck_assert(prefix_assign(lengths, 256, codes));
    check_prefix_free(codes, 256);
}
END_TEST

START_TEST(none_one_and_two_symbols)
{
    uint32_t counts[3] = {0};
    uint8_t lengths[3];
    struct prefix_code codes[3];
    prefix_choose_lengths(counts, 3, lengths);
    ck_assert_uint_eq(fullness(lengths, 3), 0);
    ck_assert(prefix_assign(lengths, 3, codes));
    ck_assert_double_eq(prefix_entropy(counts, 3), 0);

    counts[1] = 5;
    prefix_choose_lengths(counts, 3, lengths);
    ck_assert_uint_eq(lengths[1], 1);
    ck_assert(prefix_assign(lengths, 3, codes));
    ck_assert_uint_eq(codes[1].length, 0);

    counts[2] = 500;
    prefix_choose_lengths(counts, 3, lengths);
    ck_assert(prefix_assign(lengths, 3, codes));
    ck_assert_uint_eq(codes[1].length, 1);
    ck_assert_uint_eq(codes[2].length, 1);
    ck_assert_uint_ne(codes[1].code, codes[2].code);
}
END_TEST

START_TEST(lengths_that_are_no_code_are_refused)
{
    struct prefix_code codes[4];
    ck_assert(!prefix_assign((const uint8_t[]){1, 1, 1}, 3, codes));
    ck_assert(!prefix_assign((const uint8_t[]){1, 2, 3, 2}, 4, codes));
    ck_assert(!prefix_assign((const uint8_t[]){9}, 1, codes));
    ck_assert(prefix_assign((const uint8_t[]){1, 2, 8}, 3, codes)); /* not full, but a code */
}
END_TEST

UNIT_MAIN("block_prefix", lengths_are_near_the_entropy, lengths_stop_at_eight,
          as_many_symbols_as_there_are_codes, none_one_and_two_symbols,
          lengths_that_are_no_code_are_refused)
