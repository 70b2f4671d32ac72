/* SPDX-License-Identifier: MIT */
/*
 * maths - sums, means and quantiles as PromQL defines them, for aggregations and functions.
 */
#pragma once

#include <math.h>
#include <stddef.h>

/* A sum that carries along what rounding lost (Neumaier). */
struct exact_sum {
    double sum, lost;
};

/* What a + b lost to rounding, exactly, whichever of them is greater. */
static inline double rounding_loss(double a, double b, double total)
{
    double b_taken = total - a;
    return (a - (total - b_taken)) + (b - b_taken);
}

static inline void exact_sum_add(struct exact_sum *sum, double value)
{
    double total = sum->sum + value;
    sum->lost = isinf(total) ? 0 : sum->lost + rounding_loss(sum->sum, value, total);
    sum->sum = total;
}

static inline void exact_sum_merge(struct exact_sum *sum, const struct exact_sum *other)
{
    exact_sum_add(sum, other->sum);
    sum->lost = isinf(sum->sum) ? 0 : sum->lost + other->lost;
}

static inline double exact_sum_value(const struct exact_sum *sum)
{
    return isinf(sum->sum) ? sum->sum : sum->sum + sum->lost;
}

/* A mean that survives a sum beyond the range of a double. */
struct exact_mean {
    struct exact_sum sum; /* of the values, or the mean itself once `incremental` */
    double count;
    int incremental;
};

void exact_mean_add(struct exact_mean *mean, double value);
double exact_mean_value(const struct exact_mean *mean); /* count > 0 */

/* Linear between the two nearest ranks; NaN ranks below everything.  Moves `values` about. */
double quantile_of(double quantile, double *values, size_t n);

/* Three-way comparison of doubles with NaN first. */
int compare_doubles(const void *a, const void *b);
