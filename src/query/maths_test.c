/* SPDX-License-Identifier: MIT */
#include "query/maths.h"

#include <math.h>

#include "base/macros.h"
#include "unit.h"

static double sum_of(const double *values, size_t n)
{
    struct exact_sum sum = {0};
    for (size_t i = 0; i < n; i++)
        exact_sum_add(&sum, values[i]);
    return exact_sum_value(&sum);
}

static double mean_of(const double *values, size_t n)
{
    struct exact_mean mean = {0};
    for (size_t i = 0; i < n; i++)
        exact_mean_add(&mean, values[i]);
    return exact_mean_value(&mean);
}

#define SUM(...)  sum_of((double[]){__VA_ARGS__}, ARRAY_LEN(((double[]){__VA_ARGS__})))
#define MEAN(...) mean_of((double[]){__VA_ARGS__}, ARRAY_LEN(((double[]){__VA_ARGS__})))

START_TEST(sums_lose_nothing)
{
    ck_assert(SUM(1e100, 1, -1e100) == 1);
    ck_assert(SUM(1, 1e100, 1, -1e100) == 2);
    ck_assert(SUM(HUGE_VAL, 1) == HUGE_VAL);
    ck_assert(isnan(SUM(HUGE_VAL, -HUGE_VAL)));
    ck_assert(isnan(SUM(1, (double)NAN)));
    double tenths[1000];
    for (size_t i = 0; i < ARRAY_LEN(tenths); i++)
        tenths[i] = 0.1;
    ck_assert_double_eq_tol(sum_of(tenths, ARRAY_LEN(tenths)), 100, 1e-13);
}
END_TEST

START_TEST(means_survive_large_values)
{
    ck_assert(MEAN(1, 2, 3) == 2);
    ck_assert_double_eq_tol(MEAN(1e308, 1e308, 1e308) / 1e308, 1, 1e-12);
    ck_assert_double_eq_tol(MEAN(-1e308, -1e308, 1e308, 1e308) / 1e308, 0, 1e-12);
    ck_assert(MEAN(HUGE_VAL) == HUGE_VAL);
    ck_assert(MEAN(HUGE_VAL, 1, 2) == HUGE_VAL);
    ck_assert(MEAN(1, -HUGE_VAL, -HUGE_VAL) == -HUGE_VAL);
    ck_assert(isnan(MEAN(HUGE_VAL, -HUGE_VAL)));
    ck_assert(isnan(MEAN((double)NAN, 1)));
}
END_TEST

START_TEST(quantiles_lie_between_ranks)
{
    double values[] = {4, 1, 3, 2};
    ck_assert(quantile_of(0, values, 4) == 1);
    ck_assert(quantile_of(1, values, 4) == 4);
    ck_assert(quantile_of(0.5, values, 4) == 2.5);
    ck_assert_double_eq_tol(quantile_of(0.9, values, 4), 3.7, 1e-12);
    ck_assert(quantile_of(-0.1, values, 4) == -HUGE_VAL);
    ck_assert(quantile_of(1.1, values, 4) == HUGE_VAL);
    ck_assert(isnan(quantile_of((double)NAN, values, 4)));
    ck_assert(isnan(quantile_of(0.5, values, 0)));
    double single[] = {7};
    ck_assert(quantile_of(0.3, single, 1) == 7);
    double with_nan[] = {5, (double)NAN, 3};
    ck_assert(isnan(quantile_of(0, with_nan, 3)));
    ck_assert(quantile_of(0.5, with_nan, 3) == 3);
}
END_TEST

UNIT_MAIN("maths", sums_lose_nothing, means_survive_large_values, quantiles_lie_between_ranks)
