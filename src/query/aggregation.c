/* SPDX-License-Identifier: MIT */
/*
 * aggregation - what each aggregation does to one group, and the table of them all.
 *
 * Most fold the values of a group one by one (struct fold); quantile needs them together; topk
 * and its kin choose among the group's series and keep them as they are.
 */
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "query/aggregate.h"
#include "query/maths.h"
#include "query/number.h"

/* ---- folding value by value ---- */

struct fold {
    double count, value, mean;
    struct exact_mean exact;
};

typedef void fold_add_fn(struct fold *fold, double value);
typedef double fold_end_fn(const struct fold *fold);

static int run_fold(struct eval *eval, struct group_run *run, fold_add_fn *add,
                    fold_end_fn *end)
{
    struct fold *folds = arena_calloc(eval->arena, run->times->n, sizeof(*folds));
    if (folds == NULL)
        return QUERY_TOO_LARGE;
    for (size_t i = 0; i < run->n_members; i++) {
        const double *values = run->grid->rows[run->members[i]].values;
        for (size_t step = 0; step < run->times->n; step++) {
            if (value_is_absent(values[step]))
                continue;
            folds[step].count++;
            add(&folds[step], values[step]);
        }
        int error = eval_work(eval, run->times->n);
        if (error != 0)
            return error;
    }
    for (size_t step = 0; step < run->times->n; step++) {
        if (folds[step].count > 0)
            run->values[step] = end(&folds[step]);
    }
    return 0;
}

static void add_nothing(struct fold *fold, double value)
{
    (void)fold;
    (void)value;
}

static void add_sum(struct fold *fold, double value)
{
    exact_sum_add(&fold->exact.sum, value);
}

static void add_mean(struct fold *fold, double value)
{
    exact_mean_add(&fold->exact, value);
}

static void add_min(struct fold *fold, double value)
{
    if (fold->count == 1 || value < fold->value || isnan(fold->value))
        fold->value = value;
}

static void add_max(struct fold *fold, double value)
{
    if (fold->count == 1 || value > fold->value || isnan(fold->value))
        fold->value = value;
}

/* Welford: value is the sum of squared distances from the mean. */
static void add_variance(struct fold *fold, double value)
{
    double delta = value - fold->mean;
    fold->mean += delta / fold->count;
    fold->value += delta * (value - fold->mean);
}

static double end_value(const struct fold *fold)
{
    return fold->value;
}

static double end_count(const struct fold *fold)
{
    return fold->count;
}

static double end_one(const struct fold *fold)
{
    (void)fold;
    return 1;
}

static double end_sum(const struct fold *fold)
{
    return exact_sum_value(&fold->exact.sum);
}

static double end_mean(const struct fold *fold)
{
    return exact_mean_value(&fold->exact);
}

static double end_variance(const struct fold *fold)
{
    return fold->value / fold->count;
}

static double end_deviation(const struct fold *fold)
{
    return sqrt(fold->value / fold->count);
}

static int run_sum(struct eval *eval, struct group_run *run)
{
    return run_fold(eval, run, add_sum, end_sum);
}

static int run_avg(struct eval *eval, struct group_run *run)
{
    return run_fold(eval, run, add_mean, end_mean);
}

static int run_min(struct eval *eval, struct group_run *run)
{
    return run_fold(eval, run, add_min, end_value);
}

static int run_max(struct eval *eval, struct group_run *run)
{
    return run_fold(eval, run, add_max, end_value);
}

static int run_count(struct eval *eval, struct group_run *run)
{
    return run_fold(eval, run, add_nothing, end_count);
}

static int run_group(struct eval *eval, struct group_run *run)
{
    return run_fold(eval, run, add_nothing, end_one);
}

static int run_stdvar(struct eval *eval, struct group_run *run)
{
    return run_fold(eval, run, add_variance, end_variance);
}

static int run_stddev(struct eval *eval, struct group_run *run)
{
    return run_fold(eval, run, add_variance, end_deviation);
}

static int run_quantile(struct eval *eval, struct group_run *run)
{
    for (size_t step = 0; step < run->times->n; step++) {
        size_t count = 0;
        for (size_t i = 0; i < run->n_members; i++) {
            double value = run->grid->rows[run->members[i]].values[step];
            if (!value_is_absent(value))
                run->scratch[count++] = value;
        }
        if (count > 0)
            run->values[step] = quantile_of(run->parameter[step], run->scratch, count);
        int error = eval_work(eval, run->n_members);
        if (error != 0)
            return error;
    }
    return 0;
}

/* ---- choosing series ---- */

/* NaN is the worst choice at either end; among equals the earlier row is better. */
static int by_greatest(const void *a, const void *b)
{
    const struct choice *left = a, *right = b;
    int order = compare_doubles(&right->value, &left->value);
    return order != 0 ? order : left->row < right->row ? -1 : left->row > right->row;
}

static int by_least(const void *a, const void *b)
{
    const struct choice *left = a, *right = b;
    int order = compare_doubles(&left->value, &right->value);
    if (isnan(left->value) != isnan(right->value))
        order = isnan(left->value) ? 1 : -1;
    return order != 0 ? order : left->row < right->row ? -1 : left->row > right->row;
}

/* How many to choose at this step: 0 for none. */
static int choice_count(struct eval *eval, double parameter, size_t *out_count)
{
    if (isnan(parameter))
        return eval_bad(eval, "the parameter of the aggregation is NaN");
    if (parameter >= 9.2233720368547758e18 || parameter <= -9.2233720368547758e18)
        return eval_bad(eval, "the parameter of the aggregation is out of range");
    *out_count = parameter < 1 ? 0 : (size_t)parameter;
    return 0;
}

static size_t gather(const struct group_run *run, size_t step, struct choice *choices)
{
    size_t count = 0;
    for (size_t i = 0; i < run->n_members; i++) {
        double value = run->grid->rows[run->members[i]].values[step];
        if (!value_is_absent(value))
            choices[count++] = (struct choice){value, run->members[i]};
    }
    return count;
}

/* Without `compare` the first ones are chosen. */
static int run_choice(struct eval *eval, struct group_run *run,
                      int (*compare)(const void *, const void *))
{
    struct choice *choices = arena_alloc(eval->arena, run->n_members * sizeof(*choices));
    if (choices == NULL)
        return QUERY_TOO_LARGE;
    for (size_t step = 0; step < run->times->n; step++) {
        size_t wanted = 0, count = gather(run, step, choices);
        int error = choice_count(eval, run->parameter[step], &wanted);
        if (error == 0)
            error = eval_work(eval, 4 * run->n_members);
        if (error != 0)
            return error;
        if (compare != NULL && wanted > 0)
            qsort(choices, count, sizeof(*choices), compare);
        for (size_t i = 0; i < MIN_OF(wanted, count); i++)
            run->selected.rows[choices[i].row].values[step] = choices[i].value;
    }
    return 0;
}

static int run_topk(struct eval *eval, struct group_run *run)
{
    return run_choice(eval, run, by_greatest);
}

static int run_bottomk(struct eval *eval, struct group_run *run)
{
    return run_choice(eval, run, by_least);
}

static int run_limitk(struct eval *eval, struct group_run *run)
{
    return run_choice(eval, run, NULL);
}

/* Where in [0, 1) a series lies by its labels: the same in every process. */
static double sample_position(const struct labels *labels)
{
    uint64_t hash = 0;
    for (uint32_t i = 0; i < labels->count; i++) {
        hash = hash_bytes(labels->pairs[i].name, strlen(labels->pairs[i].name), hash);
        hash = hash_bytes(labels->pairs[i].value, strlen(labels->pairs[i].value), hash);
    }
    return (double)(hash >> 11) * 0x1p-53;
}

/* A positive ratio takes series from the one end, a negative one from the other, so that
 * limit_ratio(r, x) and limit_ratio(r - 1, x) make up the whole. */
static int run_limit_ratio(struct eval *eval, struct group_run *run)
{
    for (size_t i = 0; i < run->n_members; i++) {
        uint32_t member = run->members[i];
        const struct row *row = &run->grid->rows[member];
        double position = sample_position(row->labels);
        for (size_t step = 0; step < run->times->n; step++) {
            double ratio = run->parameter[step];
            if (isnan(ratio))
                return eval_bad(eval, "the parameter of the aggregation is NaN");
            if (ratio >= 0 ? position < ratio : position >= 1 + ratio)
                run->selected.rows[member].values[step] = row->values[step];
        }
        int error = eval_work(eval, run->times->n);
        if (error != 0)
            return error;
    }
    return 0;
}

/* The least and the greatest value of the parameter. */
struct extremes {
    double least, greatest;
    bool has_nan;
};

static struct extremes extremes_of(const double *values, size_t n)
{
    struct extremes found = {HUGE_VAL, -HUGE_VAL, false};
    for (size_t i = 0; i < n; i++) {
        found.has_nan |= isnan(values[i]) != 0;
        found.least = values[i] < found.least ? values[i] : found.least;
        found.greatest = values[i] > found.greatest ? values[i] : found.greatest;
    }
    return found;
}

static int check_quantile(struct eval *eval, const struct node *parameter, const double *values,
                          size_t n)
{
    struct extremes found = extremes_of(values, n);
    int error = found.has_nan ? eval_check_quantile(eval, (double)NAN, parameter) : 0;
    if (error == 0 && found.greatest > 1)
        error = eval_check_quantile(eval, found.greatest, parameter);
    if (error == 0 && found.least < 0)
        error = eval_check_quantile(eval, found.least, parameter);
    return error;
}

static int warn_ratio(struct eval *eval, double ratio, const struct node *parameter)
{
    char text[NUMBER_PLAIN_SIZE];
    number_format_sample(ratio, text);
    return eval_annotate(eval, ANNOTATION_WARNING, parameter->start,
                         "ratio value should be between -1 and 1, got %s, capping to %d", text,
                         ratio > 0 ? 1 : -1);
}

static int check_ratio(struct eval *eval, const struct node *parameter, const double *values,
                       size_t n)
{
    struct extremes found = extremes_of(values, n);
    int error = found.greatest > 1 ? warn_ratio(eval, found.greatest, parameter) : 0;
    if (error == 0 && found.least < -1)
        error = warn_ratio(eval, found.least, parameter);
    return error;
}

static const struct aggregation aggregations[] = {
    {"sum", false, QUERY_SCALAR, false, run_sum, .fold = &group_fold_sum},
    {"avg", false, QUERY_SCALAR, false, run_avg, .fold = &group_fold_avg},
    {"min", false, QUERY_SCALAR, false, run_min, .fold = &group_fold_min},
    {"max", false, QUERY_SCALAR, false, run_max, .fold = &group_fold_max},
    {"count", false, QUERY_SCALAR, false, run_count, .fold = &group_fold_count},
    {"group", false, QUERY_SCALAR, false, run_group, .fold = &group_fold_group},
    {"stddev", false, QUERY_SCALAR, false, run_stddev},
    {"stdvar", false, QUERY_SCALAR, false, run_stdvar},
    {"quantile", true, QUERY_SCALAR, false, run_quantile, check_quantile},
    {"topk", true, QUERY_SCALAR, true, run_topk, .order = by_greatest},
    {"bottomk", true, QUERY_SCALAR, true, run_bottomk, .order = by_least},
    {"limitk", true, QUERY_SCALAR, true, run_limitk},
    {"limit_ratio", true, QUERY_SCALAR, true, run_limit_ratio, check_ratio},
    {"count_values", true, QUERY_STRING, false, run_count},
};

const struct aggregation *aggregation_find(struct slice name)
{
    char word[16];
    if (!text_copy_slice(word, sizeof(word), name))
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(aggregations); i++) {
        if (text_is_nocase(word, aggregations[i].name))
            return &aggregations[i];
    }
    return NULL;
}
