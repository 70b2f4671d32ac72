/* SPDX-License-Identifier: MIT */
/*
 * fn_histogram - classic histograms: one series for each upper bound, in the label `le`.
 *
 * The buckets of a histogram are brought together once; each step then sorts out which of them
 * have a value.
 */
#include <assert.h>
#include <math.h>
#include <stdio.h>
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
 * moments, are raised.  True when one fell by more than rounding explains. */
static bool make_monotonic(struct bucket *buckets, size_t n)
{
    double before = buckets[0].count;
    bool forced = false;
    for (size_t i = 1; i < n; i++) {
        if (nearly_equal(buckets[i].count, before)) {
            buckets[i].count = before;
        } else if (buckets[i].count < before) {
            buckets[i].count = before;
            forced = true;
        } else {
            before = buckets[i].count;
        }
    }
    return forced;
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

static double quantile_of_buckets(double quantile, struct bucket *buckets, size_t n,
                                  bool *out_forced)
{
    if (isnan(quantile))
        return (double)NAN;
    if (quantile < 0 || quantile > 1)
        return quantile < 0 ? -HUGE_VAL : HUGE_VAL;
    if (n < 2 || !isinf(buckets[n - 1].bound))
        return (double)NAN;
    *out_forced = make_monotonic(buckets, n);
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
    const char **names;     /* by group: the metric's, NULL without one */
    double **values;        /* by group: of the result */
    size_t n_groups, n_steps;
    struct bucket *scratch;
};

/* ` for metric name "x"`, or nothing without a name. */
static const char *name_phrase(const char *name, char out[300])
{
    out[0] = '\0';
    if (name != NULL)
        snprintf(out, 300, " for metric name \"%.250s\"", name);
    return out;
}

static int warn_bound(struct eval *eval, const struct node *where, const struct labels *labels)
{
    const char *bound = labels_value(labels, BUCKET_LABEL);
    char phrase[300];
    return eval_annotate(
        eval, ANNOTATION_WARNING, where->start,
        "bucket label \"le\" is missing or has a malformed value of \"%.60s\"%s",
        bound == NULL ? "" : bound,
        name_phrase(labels_value(labels, LABEL_METRIC_NAME), phrase));
}

static int tell_forced(struct eval *eval, const struct node *where, const char *name)
{
    char phrase[300];
    return eval_annotate(eval, ANNOTATION_INFO, where->start,
                         "input to histogram_quantile needed to be fixed for monotonicity (see "
                         "https://prometheus.io/docs/prometheus/latest/querying/functions/"
                         "#histogram_quantile)%s",
                         name_phrase(name, phrase));
}

static int collect(struct eval *eval, const struct node *where, const struct grid *operand,
                   struct histograms *out)
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
        .names = arena_calloc(eval->arena, grouping.n_groups, sizeof(*found.names)),
        .values = arena_calloc(eval->arena, grouping.n_groups, sizeof(*found.values)),
        .n_groups = grouping.n_groups,
        .n_steps = out->n_steps,
        .scratch = arena_calloc(eval->arena, n, sizeof(*found.scratch))};
    if (found.rows == NULL || found.labels == NULL || found.names == NULL ||
        found.values == NULL || found.scratch == NULL)
        return QUERY_TOO_LARGE;
    for (size_t i = 0; error == 0 && i < n; i++) {
        const struct row *row = &operand->rows[i];
        struct bucket_row bucket = {.values = row->values, .group = grouping.group_of[i]};
        if (!read_bound(row->labels, &bucket.bound)) {
            if (!row_is_empty(row, out->n_steps))
                error = warn_bound(eval, where, row->labels);
            continue;
        }
        found.rows[found.n_rows++] = bucket;
        found.names[bucket.group] = labels_value(row->labels, LABEL_METRIC_NAME);
        if (found.labels[bucket.group] == NULL)
            error =
                relabel_filter(eval, row->labels, &without_bucket, &found.labels[bucket.group]);
    }
    if (found.n_rows > 1)
        qsort(found.rows, found.n_rows, sizeof(*found.rows), by_group_and_bound);
    *out = found;
    return error;
}

/* What a call asks of every histogram. */
struct question {
    const struct node *where; /* the operand */
    const double *quantiles;  /* by step; NULL: the share between the bounds is asked for */
    const double *lower, *upper;
};

static double answer_at(const struct question *question, size_t step, struct bucket *buckets,
                        size_t n, bool *out_forced)
{
    *out_forced = false;
    if (question->quantiles != NULL)
        return quantile_of_buckets(question->quantiles[step], buckets, n, out_forced);
    return fraction_of_buckets(question->lower[step], question->upper[step], buckets, n);
}

/* The histogram whose buckets are rows [start, end). */
static int run_histogram(struct eval *eval, const struct histograms *histograms, size_t start,
                         size_t end, const struct question *question)
{
    const struct bucket_row *rows = &histograms->rows[start];
    double *values = histograms->values[rows->group];
    bool was_forced = false;
    int error = 0;
    for (size_t step = 0; error == 0 && step < histograms->n_steps; step++) {
        bool forced;
        size_t n = gather(rows, end - start, step, histograms->scratch);
        if (n == 0)
            continue;
        values[step] = answer_at(question, step, histograms->scratch, n, &forced);
        was_forced |= forced;
        error = eval_work(eval, end - start);
    }
    if (error == 0 && was_forced)
        error = tell_forced(eval, question->where, histograms->names[rows->group]);
    return error;
}

static int run_histograms(struct eval *eval, struct histograms *histograms,
                          const struct question *question, struct grid *grid)
{
    size_t start = 0;
    while (start < histograms->n_rows) {
        uint32_t group = histograms->rows[start].group;
        size_t end = start;
        while (end < histograms->n_rows && histograms->rows[end].group == group)
            end++;
        struct row *row = &grid->rows[grid->n_rows++];
        row->labels = histograms->labels[group];
        int error = values_new(eval, histograms->n_steps, &row->values);
        histograms->values[group] = row->values;
        if (error == 0)
            error = run_histogram(eval, histograms, start, end, question);
        if (error != 0)
            return error;
        start = end;
    }
    return 0;
}

static int read_question(struct eval *eval, const struct node *node, const struct times *times,
                         struct question *out)
{
    *out = (struct question){.where = node->children[node->n_children - 1]};
    if (node->n_children == 3) {
        int error = eval_scalar(eval, node->children[0], times, &out->lower);
        return error != 0 ? error : eval_scalar(eval, node->children[1], times, &out->upper);
    }
    int error = eval_scalar(eval, node->children[0], times, &out->quantiles);
    for (size_t step = 0; error == 0 && step < times->n; step++)
        error = eval_check_quantile(eval, out->quantiles[step], node->children[0]);
    return error;
}

/* histogram_quantile(q, b) and histogram_fraction(lower, upper, b) */
static int call_histogram(struct eval *eval, const struct node *node, const struct times *times,
                          struct grid *out_grid)
{
    struct question question;
    struct grid operand, grid;
    struct histograms histograms = {.n_steps = times->n};
    int error = read_question(eval, node, times, &question);
    if (error == 0)
        error = eval_node(eval, question.where, times, &operand);
    if (error == 0)
        error = collect(eval, question.where, &operand, &histograms);
    if (error == 0)
        error = grid_init(eval, histograms.n_groups, &grid);
    if (error != 0)
        return error;
    grid.n_rows = 0;
    error = run_histograms(eval, &histograms, &question, &grid);
    if (error == 0)
        error = grid_merge(eval, &grid, times->n, false, GRID_SAME_LABELS);
    if (error == 0)
        *out_grid = grid;
    return error;
}

/* What only native histograms have: a plain value gives nothing. */
static int call_native(struct eval *eval, const struct node *node, const struct times *times,
                       struct grid *out_grid)
{
    struct grid operand;
    int error = eval_node(eval, node->children[0], times, &operand);
    if (error == 0)
        *out_grid = (struct grid){0};
    return error;
}

const struct function fn_histogram[] = {
    {"histogram_quantile", "sv", QUERY_VECTOR, .call = call_histogram},
    {"histogram_fraction", "ssv", QUERY_VECTOR, .call = call_histogram},
    {"histogram_avg", "v", QUERY_VECTOR, .call = call_native},
    {"histogram_count", "v", QUERY_VECTOR, .call = call_native},
    {"histogram_sum", "v", QUERY_VECTOR, .call = call_native},
    {"histogram_stddev", "v", QUERY_VECTOR, .call = call_native},
    {"histogram_stdvar", "v", QUERY_VECTOR, .call = call_native},
    {NULL},
};
