/* SPDX-License-Identifier: MIT */
#include "query/maths.h"

#include <math.h>
#include <stdlib.h>

void exact_mean_add(struct exact_mean *mean, double value)
{
    mean->count++;
    if (!mean->incremental) {
        struct exact_sum sum = mean->sum;
        exact_sum_add(&sum, value);
        if (mean->count == 1 || !isinf(sum.sum)) {
            mean->sum = sum;
            return;
        }
        mean->incremental = 1;
        mean->sum.sum /= mean->count - 1;
        mean->sum.lost /= mean->count - 1;
    }
    /* An infinite mean stays unless infinities of both signs meet. */
    if (isinf(mean->sum.sum) && (isfinite(value) || value == mean->sum.sum))
        return;
    double before = (mean->count - 1) / mean->count;
    mean->sum.sum *= before;
    mean->sum.lost *= before;
    exact_sum_add(&mean->sum, value / mean->count);
}

double exact_mean_value(const struct exact_mean *mean)
{
    if (mean->incremental)
        return mean->sum.sum + mean->sum.lost;
    return isinf(mean->sum.sum) ? mean->sum.sum / mean->count
                                : mean->sum.sum / mean->count + mean->sum.lost / mean->count;
}

int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    if (isnan(left) || isnan(right))
        return isnan(right) - isnan(left);
    return left < right ? -1 : left > right;
}

double quantile_of(double quantile, double *values, size_t n)
{
    if (n == 0 || isnan(quantile))
        return (double)NAN;
    if (quantile < 0 || quantile > 1)
        return quantile < 0 ? -HUGE_VAL : HUGE_VAL;
    qsort(values, n, sizeof(*values), compare_doubles);
    double rank = quantile * (double)(n - 1);
    size_t lower = (size_t)floor(rank), upper = lower + 1 < n ? lower + 1 : lower;
    double weight = rank - floor(rank);
    return values[lower] * (1 - weight) + values[upper] * weight;
}
