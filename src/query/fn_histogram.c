/* SPDX-License-Identifier: MIT */
/*
 * fn_histogram - classic histograms: one series for each upper bound, in the label `le`.
 *
 * The buckets of a histogram are brought together once; each step then sorts out which of them
 * have a value.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "query/function.h"

#define BUCKET_LABEL    "le"
#define COUNT_TOLERANCE 1e-12 /* relative; smaller falls are rounding */

struct bucket {
    double bound, count;
};

/* A row of the operand that is a bucket. */
struct bucket_row {
    double bound;
    const double *values;
    uint32_t group;
};

static int by_group_and_bound(const void *a, const void *b)
{
    const struct bucket_row *left = a, *right = b;
    if (left->group != right->group)
        return left->group < right->group ? -1 : 1;
    return left->bound < right->bound ? -1 : left->bound > right->bound;
}

static bool read_bound(const struct labels *labels, double *out_bound)
{
    const char *text = labels_value(labels, BUCKET_LABEL);
    return text != NULL && text_to_double(text, out_bound) == 0 && !isnan(*out_bound);
}

static bool nearly_equal(double a, double b)
{
    return a == b || fabs(a - b) / (fabs(a) + fabs(b)) < COUNT_TOLERANCE;
}

/* Counts that fall from one bound to the next, as they may when buckets were read at different
 * moments, are raised. */
static void make_monotonic(struct bucket *buckets, size_t n)
{
    double before = buckets[0].count;
    for (size_t i = 1; i < n; i++) {
        if (buckets[i].count < before || nearly_equal(buckets[i].count, before))
            buckets[i].count = before;
        else
            before = buckets[i].count;
    }
}

/* The buckets with a value at the step, sorted; equal bounds are added up. */
static size_t gather(const struct bucket_row *rows, size_t n, size_t step, struct bucket *out)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        double value = rows[i].values[step];
        if (value_is_absent(value))
            continue;
        if (count > 0 && out[count - 1].bound == rows[i].bound)
            out[count - 1].count += value;
        else
            out[count++] = (struct bucket){rows[i].bound, value};
    }
    return count;
}

static double quantile_of_buckets(double quantile, struct bucket *buckets, size_t n)
{
    if (isnan(quantile))
        return (double)NAN;
    if (quantile < 0 || quantile > 1)
        return quantile < 0 ? -HUGE_VAL : HUGE_VAL;
    if (n < 2 || !isinf(buckets[n - 1].bound))
        return (double)NAN;
    make_monotonic(buckets, n);
    double total = buckets[n - 1].count;
    if (total == 0 || isnan(total))
        return (double)NAN;

    double rank = quantile * total;
    size_t at = 0;
    while (at < n - 1 && !(buckets[at].count >= rank))
        at++;
    if (at == n - 1)
        return buckets[n - 2].bound;
    if (at == 0 && buckets[0].bound <= 0)
        return buckets[0].bound;
    double start = 0, end = buckets[at].bound, count = buckets[at].count;
    if (at > 0) {
        start = buckets[at - 1].bound;
        count -= buckets[at - 1].count;
        rank -= buckets[at - 1].count;
    }
    return start + (end - start) * (rank / count);
}

/* The share of observations below `bound`, linear within a bucket. */
static double rank_of(double bound, const struct bucket *buckets, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double before = i == 0 ? 0 : buckets[i - 1].count;
        double start = i == 0 ? (buckets[0].bound > 0 ? 0 : -HUGE_VAL) : buckets[i - 1].bound;
        if (bound <= start)
            return before;
        if (bound >= buckets[i].bound)
            continue;
        if (isinf(start) || isinf(buckets[i].bound))
            return isinf(start) ? buckets[i].count : before;
        return before +
               (buckets[i].count - before) * (bound - start) / (buckets[i].bound - start);
    }
    return buckets[n - 1].count;
}

static double fraction_of_buckets(double lower, double upper, struct bucket *buckets, size_t n)
{
    if (isnan(lower) || isnan(upper) || n < 2 || !isinf(buckets[n - 1].bound))
        return (double)NAN;
    make_monotonic(buckets, n);
    double total = buckets[n - 1].count;
    if (total == 0 || isnan(total))
        return (double)NAN;
    if (lower >= upper)
        return 0;
    return (rank_of(upper, buckets, n) - rank_of(lower, buckets, n)) / total;
}

/* ---- histograms among series ---- */

struct histograms {
    struct bucket_row *rows; /* by histogram, then bound */
    size_t n_rows;
    struct labels **labels; /* by group: of the result */
    size_t n_groups;
    struct bucket *scratch;
};

static int collect(struct eval *eval, const struct grid *operand, struct histograms *out)
{
    static const char *bucket_label[] = {BUCKET_LABEL};
    const struct label_filter same_histogram = {bucket_label, 1, false, true};
    const struct label_filter without_bucket = {bucket_label, 1, false, false};
    struct grouping grouping;
    int error = grid_group(eval, operand, NULL, &same_histogram, &grouping);
    if (error != 0)
        return error;
    size_t n = operand->n_rows;
    struct histograms found = {
        .rows = arena_calloc(eval->arena, n, sizeof(*found.rows)),
        .labels = arena_calloc(eval->arena, grouping.n_groups, sizeof(*found.labels)),
        .n_groups = grouping.n_groups,
        .scratch = arena_calloc(eval->arena, n, sizeof(*found.scratch))};
    if (found.rows == NULL || found.labels == NULL || found.scratch == NULL)
        return QUERY_TOO_LARGE;
    for (size_t i = 0; error == 0 && i < n; i++) {
        const struct row *row = &operand->rows[i];
        struct bucket_row bucket = {.values = row->values, .group = grouping.group_of[i]};
        if (!read_bound(row->labels, &bucket.bound))
            continue;
        found.rows[found.n_rows++] = bucket;
        if (found.labels[bucket.group] == NULL)
            error =
                relabel_filter(eval, row->labels, &without_bucket, &found.labels[bucket.group]);
    }
    if (found.n_rows > 1)
        qsort(found.rows, found.n_rows, sizeof(*found.rows), by_group_and_bound);
    *out = found;
    return error;
}

static int run_histograms(struct eval *eval, const struct histograms *histograms,
                          const struct times *times, const double *parameters[2],
                          struct grid *grid)
{
    assert(parameters[0] != NULL);
    size_t start = 0;
    while (start < histograms->n_rows) {
        const struct bucket_row *rows = &histograms->rows[start];
        size_t end = start;
        while (end < histograms->n_rows && histograms->rows[end].group == rows->group)
            end++;
        struct row *row = &grid->rows[grid->n_rows++];
        row->labels = histograms->labels[rows->group];
        int error = values_new(eval, times->n, &row->values);
        for (size_t step = 0; error == 0 && step < times->n; step++) {
            struct bucket *buckets = histograms->scratch;
            size_t n = gather(rows, end - start, step, buckets);
            if (n > 0 && parameters[1] == NULL)
                row->values[step] = quantile_of_buckets(parameters[0][step], buckets, n);
            else if (n > 0)
                row->values[step] =
                    fraction_of_buckets(parameters[0][step], parameters[1][step], buckets, n);
            error = eval_work(eval, end - start);
        }
        if (error != 0)
            return error;
        start = end;
    }
    return 0;
}

/* histogram_quantile(q, b) and histogram_fraction(lower, upper, b) */
static int call_histogram(struct eval *eval, const struct node *node, const struct times *times,
                          struct grid *out_grid)
{
    const double *parameters[2] = {NULL, NULL};
    size_t last = node->n_children - 1;
    struct grid operand, grid;
    struct histograms histograms;
    int error = 0;
    for (size_t i = 0; error == 0 && i < last; i++)
        error = eval_scalar(eval, node->children[i], times, &parameters[i]);
    if (error == 0)
        error = eval_node(eval, node->children[last], times, &operand);
    if (error == 0)
        error = collect(eval, &operand, &histograms);
    if (error == 0)
        error = grid_init(eval, histograms.n_groups, &grid);
    if (error != 0)
        return error;
    grid.n_rows = 0;
    error = run_histograms(eval, &histograms, times, parameters, &grid);
    if (error == 0)
        error = grid_merge(eval, &grid, times->n, false, GRID_SAME_LABELS);
    if (error == 0)
        *out_grid = grid;
    return error;
}

const struct function fn_histogram[] = {
    {"histogram_quantile", "sv", QUERY_VECTOR, .call = call_histogram},
    {"histogram_fraction", "ssv", QUERY_VECTOR, .call = call_histogram},
    {NULL},
};
