/* SPDX-License-Identifier: MIT */
/* Every double must read back, and be as short and as near as one that printf finds by trying. */
#include "base/decimal.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/random.h"
#include "unit.h"

#define ROUNDS 30000

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* The first precision of printf that reads back. */
static struct decimal by_trying(double magnitude)
{
    char text[40];
    int precision = 1;
    for (; precision <= 17; precision++) {
        snprintf(text, sizeof(text), "%.*e", precision - 1, magnitude);
        if (strtod(text, NULL) == magnitude)
            break;
    }
    struct decimal decimal = {0, 0};
    const char *at = text;
    for (; *at != 'e'; at++) {
        if (*at != '.')
            decimal.digits = decimal.digits * 10 + (uint64_t)(*at - '0');
    }
    decimal.exponent = (int)strtol(at + 1, NULL, 10) - (precision - 1);
    return decimal;
}

static void check(double magnitude)
{
    char text[DECIMAL_PLAIN_SIZE + 1];
    struct decimal decimal = decimal_of(magnitude), tried = by_trying(magnitude);
    text[decimal_write_exponent(&decimal, text)] = '\0';
    ck_assert_msg(strtod(text, NULL) == magnitude, "%s is not %.17g", text, magnitude);
    ck_assert_uint_ne(decimal.digits % 10, 0);
    int places = decimal_places(&decimal);
    ck_assert_msg(places <= decimal_places(&tried), "%s is longer than %.17g", text, magnitude);
    /* With as many digits printf's is the nearest there is. */
    if (places == decimal_places(&tried))
        ck_assert_msg(decimal.digits == tried.digits && decimal.exponent == tried.exponent,
                      "%s is not the nearest to %.17g", text, magnitude);
    size_t len = decimal_write_plain(&decimal, text);
    ck_assert_uint_lt(len, sizeof(text));
    text[len] = '\0';
    ck_assert(strtod(text, NULL) == magnitude);
}

START_TEST(random_bits_read_back)
{
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t bits = random_u64() & INT64_MAX;
        if (bits != 0 && isfinite(double_of(bits)))
            check(double_of(bits));
    }
}
END_TEST

START_TEST(ends_of_every_binade_read_back)
{
    for (uint64_t field = 0; field < 2047; field++) {
        uint64_t bits = field << 52;
        if (bits != 0)
            check(double_of(bits));
        check(double_of(bits + 1));
        check(double_of(bits + (UINT64_C(1) << 52) - 1));
        check(double_of(bits + (UINT64_C(1) << 52) - 2));
    }
}
END_TEST

START_TEST(decimals_are_given_back)
{
    for (int i = 0; i < ROUNDS; i++) {
        char text[40];
        uint64_t digits = 1 + random_u64() % 999999999999999;
        int exponent = (int)(random_u64() % 560) - 290;
        snprintf(text, sizeof(text), "%llue%d", (unsigned long long)digits, exponent);
        struct decimal decimal = decimal_of(strtod(text, NULL));
        while (digits % 10 == 0) {
            digits /= 10;
            exponent++;
        }
        ck_assert_uint_eq(decimal.digits, digits);
        ck_assert_int_eq(decimal.exponent, exponent);
    }
}
END_TEST

START_TEST(powers_and_extremes)
{
    for (int i = -307; i <= 308; i++) {
        char text[16];
        snprintf(text, sizeof(text), "1e%d", i);
        struct decimal decimal = decimal_of(strtod(text, NULL));
        ck_assert_uint_eq(decimal.digits, 1);
        ck_assert_int_eq(decimal.exponent, i);
    }
    static const double values[] = {DBL_MAX, DBL_MIN, DBL_TRUE_MIN, 9007199254740993.0,
                                    5e-324,  9e15,    2e23,         9.5e-323};
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        check(values[i]);
}
END_TEST

START_TEST(writes_what_people_expect)
{
    static const struct {
        double value;
        const char *plain, *exponent;
    } rows[] = {
        {1, "1", "1e+00"},
        {0.1, "0.1", "1e-01"},
        {1234.5, "1234.5", "1.2345e+03"},
        {0.00012, "0.00012", "1.2e-04"},
        {1e21, "1000000000000000000000", "1e+21"},
        {1.5e-7, "0.00000015", "1.5e-07"},
        {0.1 + 0.2, "0.30000000000000004", "3.0000000000000004e-01"},
        {1.25e300, NULL, "1.25e+300"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[DECIMAL_PLAIN_SIZE];
        struct decimal decimal = decimal_of(rows[i].value);
        text[decimal_write_exponent(&decimal, text)] = '\0';
        ck_assert_str_eq(text, rows[i].exponent);
        text[decimal_write_plain(&decimal, text)] = '\0';
        if (rows[i].plain != NULL)
            ck_assert_str_eq(text, rows[i].plain);
    }
}
END_TEST

START_TEST(whole_numbers)
{
    static const uint64_t values[] = {0,   9,    10,         99,        100,
                                      101, 9999, 4294967296, INT64_MAX, UINT64_MAX};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        char text[DECIMAL_U64_SIZE + 1], expected[32];
        text[decimal_write_u64(values[i], text)] = '\0';
        snprintf(expected, sizeof(expected), "%llu", (unsigned long long)values[i]);
        ck_assert_str_eq(text, expected);
    }
}
END_TEST

START_TEST(whole_numbers_around_powers_of_ten)
{
    uint64_t power = 1;
    for (int places = 0; places < 19; places++, power *= 10) {
        for (int off = -1; off <= 1; off++) {
            char text[DECIMAL_U64_SIZE + 1], expected[32];
            text[decimal_write_u64(power + (uint64_t)off, text)] = '\0';
            snprintf(expected, sizeof(expected), "%llu",
                     (unsigned long long)(power + (uint64_t)off));
            ck_assert_str_eq(text, expected);
        }
    }
}
END_TEST

UNIT_MAIN("decimal", whole_numbers_around_powers_of_ten, random_bits_read_back,
          ends_of_every_binade_read_back, decimals_are_given_back, powers_and_extremes,
          writes_what_people_expect, whole_numbers)
