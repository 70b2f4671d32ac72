/* SPDX-License-Identifier: MIT */
/* group_fold - rows added to a group one by one, for aggregations that can be added up in parts. */
#include <math.h>

#include "query/aggregate.h"
#include "query/maths.h"

int group_fold_init(struct group_fold *fold, struct arena *arena, size_t n)
{
    fold->values = arena_calloc(arena, n, sizeof(*fold->values));
    fold->lost = arena_calloc(arena, n, sizeof(*fold->lost));
    fold->counts = arena_calloc(arena, n, sizeof(*fold->counts));
    fold->n = n;
    return fold->values == NULL || fold->lost == NULL || fold->counts == NULL ? QUERY_TOO_LARGE
                                                                              : 0;
}

/* ---- sums ---- */

static inline void add_value(struct group_fold *fold, size_t step, double value)
{
    struct exact_sum sum = {fold->values[step], fold->lost[step]};
    exact_sum_add(&sum, value);
    fold->values[step] = sum.sum;
    fold->lost[step] = sum.lost;
    fold->counts[step]++;
}

static void add_sum(struct group_fold *fold, const double *values, size_t n_present)
{
    if (n_present == fold->n) {
        for (size_t step = 0; step < fold->n; step++)
            add_value(fold, step, values[step]);
        return;
    }
    for (size_t step = 0; step < fold->n; step++) {
        if (!value_is_absent(values[step]))
            add_value(fold, step, values[step]);
    }
}

static void merge_sum(struct group_fold *fold, const struct group_fold *other)
{
    for (size_t step = 0; step < fold->n; step++) {
        struct exact_sum sum = {fold->values[step], fold->lost[step]};
        const struct exact_sum more = {other->values[step], other->lost[step]};
        exact_sum_merge(&sum, &more);
        fold->values[step] = sum.sum;
        fold->lost[step] = sum.lost;
        fold->counts[step] += other->counts[step];
    }
}

static bool end_sum(const struct group_fold *fold, double *values)
{
    for (size_t step = 0; step < fold->n; step++) {
        const struct exact_sum sum = {fold->values[step], fold->lost[step]};
        if (fold->counts[step] > 0)
            values[step] = exact_sum_value(&sum);
    }
    return true;
}

/* A mean of more than a double holds is not for sums. */
static bool end_avg(const struct group_fold *fold, double *values)
{
    for (size_t step = 0; step < fold->n; step++) {
        double count = fold->counts[step];
        if (count > 0)
            values[step] = fold->values[step] / count + fold->lost[step] / count;
        if (isinf(fold->values[step]))
            return false;
    }
    return true;
}

/* ---- extremes: NaN only when there is nothing else ---- */

static void add_extreme(struct group_fold *fold, const double *values, bool greatest)
{
    for (size_t step = 0; step < fold->n; step++) {
        double value = values[step], before = fold->values[step];
        if (value_is_absent(value))
            continue;
        bool better = greatest ? value > before : value < before;
        if (better || fold->counts[step] == 0 || isnan(before))
            fold->values[step] = value;
        fold->counts[step]++;
    }
}

static void merge_extreme(struct group_fold *fold, const struct group_fold *other,
                          bool greatest)
{
    for (size_t step = 0; step < fold->n; step++) {
        double value = other->values[step], before = fold->values[step];
        if (other->counts[step] == 0)
            continue;
        bool better = greatest ? value > before : value < before;
        if (better || fold->counts[step] == 0 || isnan(before))
            fold->values[step] = value;
        fold->counts[step] += other->counts[step];
    }
}

static void add_min(struct group_fold *fold, const double *values, size_t n_present)
{
    (void)n_present;
    add_extreme(fold, values, false);
}

static void merge_min(struct group_fold *fold, const struct group_fold *other)
{
    merge_extreme(fold, other, false);
}

static void add_max(struct group_fold *fold, const double *values, size_t n_present)
{
    (void)n_present;
    add_extreme(fold, values, true);
}

static void merge_max(struct group_fold *fold, const struct group_fold *other)
{
    merge_extreme(fold, other, true);
}

static bool end_extreme(const struct group_fold *fold, double *values)
{
    for (size_t step = 0; step < fold->n; step++) {
        if (fold->counts[step] > 0)
            values[step] = fold->values[step];
    }
    return true;
}

/* ---- counts ---- */

static void add_count(struct group_fold *fold, const double *values, size_t n_present)
{
    (void)n_present;
    for (size_t step = 0; step < fold->n; step++)
        fold->counts[step] += !value_is_absent(values[step]);
}

static void merge_count(struct group_fold *fold, const struct group_fold *other)
{
    for (size_t step = 0; step < fold->n; step++)
        fold->counts[step] += other->counts[step];
}

static bool end_count(const struct group_fold *fold, double *values)
{
    for (size_t step = 0; step < fold->n; step++) {
        if (fold->counts[step] > 0)
            values[step] = fold->counts[step];
    }
    return true;
}

static bool end_group(const struct group_fold *fold, double *values)
{
    for (size_t step = 0; step < fold->n; step++) {
        if (fold->counts[step] > 0)
            values[step] = 1;
    }
    return true;
}

const struct group_fold_kind group_fold_sum = {add_sum, merge_sum, end_sum};
const struct group_fold_kind group_fold_avg = {add_sum, merge_sum, end_avg};
const struct group_fold_kind group_fold_min = {add_min, merge_min, end_extreme};
const struct group_fold_kind group_fold_max = {add_max, merge_max, end_extreme};
const struct group_fold_kind group_fold_count = {add_count, merge_count, end_count};
const struct group_fold_kind group_fold_group = {add_count, merge_count, end_group};
