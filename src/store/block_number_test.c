/* SPDX-License-Identifier: MIT */
#include "store/block_number.h"

#include <string.h>

#include "base/macros.h"
#include "store/codec_samples.h"
#include "unit.h"

static void check_code(const double *values, size_t n, unsigned code, size_t n_odd)
{
    struct sample samples[256];
    struct numbers numbers;
    for (size_t i = 0; i < n; i++)
        samples[i] = (struct sample){(msec_t)i, values[i]};
    numbers_init(&numbers, samples, n);
    ck_assert_uint_eq(numbers.code, code);
    ck_assert_uint_eq(numbers.n_odd, n_odd);
    for (size_t i = 0, odd = 0; i < n; i++) {
        double divisor = numbers.code == NUMBER_BITS ? 1 : scale_of(numbers.code).down;
        double value = number_value(number_form_of(numbers.code), divisor, numbers.integers[i]);
        if (odd < numbers.n_odd && numbers.odd[odd] == i)
            odd++;
        else
            ck_assert_uint_eq(sample_bits(value), sample_bits(values[i]));
    }
    numbers_deinit(&numbers);
}

START_TEST(finds_the_scale_of_decimals)
{
    check_code((const double[]){1, 2, 3, -7, 0, 0x1p53}, 6, 0, 0);
    check_code((const double[]){1, 2.5, 3, 1e9}, 4, 1, 0);
    check_code((const double[]){1.5, 2.25, 3.125, 0.001}, 4, 3, 0);
    check_code((const double[]){123456.789012}, 1, 6, 0);
    check_code((const double[]){1e-12}, 1, 12, 0);
}
END_TEST

START_TEST(sets_odd_values_apart)
{
    check_code((const double[]){1, sample_stale_value(), 2.5, -0.0, 4, (double)INFINITY}, 6, 1,
               3);
    check_code((const double[]){sample_stale_value(), 3}, 2, 0, 1);
}
END_TEST

START_TEST(takes_the_bits_when_nothing_else_fits)
{
    double values[64];
    uint64_t state = 3;
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        values[i] = sample_from_bits(random_next(&state));
    check_code(values, ARRAY_LEN(values), NUMBER_BITS, 0);
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        values[i] = 1e300 * (double)i;
    check_code(values, ARRAY_LEN(values), NUMBER_BITS, 0);
}
END_TEST

START_TEST(bent_bits_ascend_as_doubles_do)
{
    static const double ascending[] = {-1e300, -2, -1, -1e-300, 0, 1e-300, 1, 2, 1e300};
    for (size_t i = 1; i < ARRAY_LEN(ascending); i++)
        ck_assert_int_lt(number_bend((int64_t)sample_bits(ascending[i - 1])),
                         number_bend((int64_t)sample_bits(ascending[i])));
}
END_TEST

START_TEST(scales_give_back_the_very_bits_or_do_not_fit)
{
    uint64_t state = 1;
    int64_t integer;
    for (unsigned code = 0; code <= SCALE_BINARY + SCALE_BINARY_MAX; code++) {
        if (!scale_is_valid(code))
            continue;
        struct scale scale = scale_of(code);
        for (unsigned i = 0; i < 2000; i++) {
            int64_t wanted = (int64_t)(random_next(&state) >> (14 + i % 50)) * (i % 2 ? 1 : -1);
            double value = scale_value(scale, wanted);
            ck_assert(wanted == 0 || scale_fits(scale, value, &integer));
            ck_assert(wanted == 0 || integer == wanted);
            value = sample_from_bits(random_next(&state));
            if (scale_fits(scale, value, &integer))
                ck_assert_uint_eq(sample_bits(scale_value(scale, integer)), sample_bits(value));
        }
        for (size_t i = 0; i < ARRAY_LEN(odd_values); i++) {
            double value = sample_from_bits(odd_values[i]);
            bool fits = scale_fits(scale, value, &integer);
            ck_assert(!fits || (isfinite(value) && odd_values[i] != UINT64_C(1) << 63));
        }
    }
    ck_assert(!scale_is_valid(13) && !scale_is_valid(16) && !scale_is_valid(255));
}
END_TEST

UNIT_MAIN("block_number", finds_the_scale_of_decimals, sets_odd_values_apart,
          takes_the_bits_when_nothing_else_fits, bent_bits_ascend_as_doubles_do,
          scales_give_back_the_very_bits_or_do_not_fit)
