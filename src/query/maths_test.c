/* SPDX-License-Identifier: MIT */
#include "query/maths.h"

#include <math.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/random.h"
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

static double by_sorting(double quantile, double *values, size_t n)
{
    qsort(values, n, sizeof(*values), compare_doubles);
    double rank = quantile * (double)(n - 1);
    size_t lower = (size_t)floor(rank), upper = lower + 1 < n ? lower + 1 : lower;
    double weight = rank - floor(rank);
    return values[lower] * (1 - weight) + values[upper] * weight;
}

START_TEST(quantiles_are_those_of_sorted_values)
{
    for (int i = 0; i < 5000; i++) {
        double values[300], sorted[300];
        size_t n = 1 + random_u64() % ARRAY_LEN(values);
        uint64_t range = 1 + random_u64() % (i % 2 == 0 ? 5 : 1000);
        for (size_t k = 0; k < n; k++) {
            uint64_t kind = i % 3 == 0 ? random_u64() % 20 : 2;
            values[k] = kind == 0    ? (double)NAN
                        : kind == 1  ? HUGE_VAL
                        : i % 7 == 0 ? (double)(k < n / 2 ? k : n - k) /* up and down */
                                     : (double)(random_u64() % range);
            sorted[k] = values[k];
        }
        double quantile = (double)(random_u64() % 101) / 100;
        double found = quantile_of(quantile, values, n),
               wanted = by_sorting(quantile, sorted, n);
        ck_assert_msg(found == wanted || (isnan(found) && isnan(wanted)), "%g, not %g of %zu",
                      found, wanted, n);
    }
}
END_TEST

UNIT_MAIN("maths", sums_lose_nothing, means_survive_large_values, quantiles_lie_between_ranks,
          quantiles_are_those_of_sorted_values)
