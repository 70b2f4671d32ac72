/* SPDX-License-Identifier: MIT */
#include "query/maths.h"

#include <math.h>
#include <stdbool.h>
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

static bool ranks_below(double a, double b)
{
    return a < b || (isnan(a) && !isnan(b));
}

static void swap(double *a, double *b)
{
    double kept = *a;
    *a = *b;
    *b = kept;
}

/* Moves the value of that rank to its place: none before it ranks above it, none behind it below.
 * Hoare's selection; after so many bad cuts that it would not be linear, the rest is sorted. */
static void select_rank(double *values, size_t n, size_t rank)
{
    size_t first = 0, last = n - 1;
    for (int cuts = 0; last - first > 8 && cuts < 64; cuts++) {
        size_t middle = first + (last - first) / 2;
        if (ranks_below(values[middle], values[first]))
            swap(&values[middle], &values[first]);
        if (ranks_below(values[last], values[first]))
            swap(&values[last], &values[first]);
        if (ranks_below(values[last], values[middle]))
            swap(&values[last], &values[middle]);
        double pivot = values[middle];
        size_t low = first, high = last;
        while (low <= high) {
            while (ranks_below(values[low], pivot))
                low++;
            while (ranks_below(pivot, values[high]))
                high--;
            if (low > high)
                break;
            swap(&values[low++], &values[high]);
            if (high == 0)
                break;
            high--;
        }
        if (rank <= high)
            last = high;
        else if (rank >= low)
            first = low;
        else
            return;
    }
    qsort(values + first, last - first + 1, sizeof(*values), compare_doubles);
}

double quantile_of(double quantile, double *values, size_t n)
{
    if (n == 0 || isnan(quantile))
        return (double)NAN;
    if (quantile < 0 || quantile > 1)
        return quantile < 0 ? -HUGE_VAL : HUGE_VAL;
    double rank = quantile * (double)(n - 1);
    size_t lower = (size_t)floor(rank), upper = lower + 1 < n ? lower + 1 : lower;
    select_rank(values, n, lower);
    double after = values[upper];
    for (size_t i = upper; i < n; i++)
        after = ranks_below(values[i], after) ? values[i] : after;
    double weight = rank - floor(rank);
    return values[lower] * (1 - weight) + after * weight;
}
