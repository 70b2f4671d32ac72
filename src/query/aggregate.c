/* SPDX-License-Identifier: MIT */
/*
 * aggregate - groups are worked out once; then one group after the other runs over all steps.
 *
 * Most aggregations fold the values of a group one by one (struct fold); quantile needs them
 * together; topk and its kin choose among the group's series and keep them as they are.
 */
#include "query/aggregate.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
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

struct choice {
    double value;
    uint32_t row;
};

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
            run->selected->rows[choices[i].row].values[step] = choices[i].value;
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
                run->selected->rows[member].values[step] = row->values[step];
        }
        int error = eval_work(eval, run->times->n);
        if (error != 0)
            return error;
    }
    return 0;
}

static const struct aggregation aggregations[] = {
    {"sum", false, QUERY_SCALAR, false, run_sum},
    {"avg", false, QUERY_SCALAR, false, run_avg},
    {"min", false, QUERY_SCALAR, false, run_min},
    {"max", false, QUERY_SCALAR, false, run_max},
    {"count", false, QUERY_SCALAR, false, run_count},
    {"group", false, QUERY_SCALAR, false, run_group},
    {"stddev", false, QUERY_SCALAR, false, run_stddev},
    {"stdvar", false, QUERY_SCALAR, false, run_stdvar},
    {"quantile", true, QUERY_SCALAR, false, run_quantile},
    {"topk", true, QUERY_SCALAR, true, run_topk},
    {"bottomk", true, QUERY_SCALAR, true, run_bottomk},
    {"limitk", true, QUERY_SCALAR, true, run_limitk},
    {"limit_ratio", true, QUERY_SCALAR, true, run_limit_ratio},
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

/* ---- count_values: the operand's rows split by value ---- */

/* One row for each value that a row has, labelled with it. */
static int split_row(struct eval *eval, const struct row *row, const char *label,
                     const struct times *times, struct row *out_rows, size_t *out_count)
{
    size_t count = 0;
    for (size_t step = 0; step < times->n; step++) {
        double value = row->values[step];
        char text[NUMBER_PLAIN_SIZE];
        if (value_is_absent(value))
            continue;
        number_format_plain(value, text);
        struct labels *labels;
        int error = relabel_set(eval, row->labels, label, text, &labels);
        size_t i = 0;
        while (error == 0 && i < count && !labels_equal(out_rows[i].labels, labels))
            i++;
        if (error == 0 && i == count) {
            out_rows[count].labels = labels;
            error = values_new(eval, times->n, &out_rows[count++].values);
        }
        if (error == 0)
            error = eval_work(eval, 16 + count);
        if (error != 0)
            return error;
        out_rows[i].values[step] = 1;
    }
    *out_count = count;
    return 0;
}

static int split_by_value(struct eval *eval, const char *label, const struct times *times,
                          struct grid *grid)
{
    struct grid split;
    int error = grid_init(eval, grid->n_rows * times->n, &split);
    if (error != 0)
        return error;
    split.n_rows = 0;
    for (size_t i = 0; error == 0 && i < grid->n_rows; i++) {
        size_t count = 0;
        error =
            split_row(eval, &grid->rows[i], label, times, split.rows + split.n_rows, &count);
        split.n_rows += count;
    }
    *grid = split;
    return error;
}

/* ---- the whole ---- */

struct members {
    uint32_t *rows; /* of all groups, one group after the other */
    size_t *starts; /* n_groups + 1 */
    size_t n_groups;
    size_t largest;
};

static int list_members(struct eval *eval, const struct grid *grid,
                        const struct label_filter *filter, struct members *out_members)
{
    struct grouping grouping;
    int error = grid_group(eval, grid, NULL, filter, &grouping);
    if (error != 0)
        return error;
    struct members members = {
        .rows = arena_alloc(eval->arena, grid->n_rows * sizeof(*members.rows)),
        .starts = arena_calloc(eval->arena, grouping.n_groups + 2, sizeof(*members.starts)),
        .n_groups = grouping.n_groups};
    if (members.rows == NULL || members.starts == NULL)
        return QUERY_TOO_LARGE;
    /* starts[g + 2] counts group g; summed up, starts[g + 1] is where it begins, and filling
     * moves that to where it ends. */
    for (size_t i = 0; i < grid->n_rows; i++)
        members.starts[grouping.group_of[i] + 2]++;
    for (size_t g = 0; g < grouping.n_groups; g++) {
        members.largest = MAX_OF(members.largest, members.starts[g + 2]);
        members.starts[g + 2] += members.starts[g + 1];
    }
    for (size_t i = 0; i < grid->n_rows; i++)
        members.rows[members.starts[grouping.group_of[i] + 1]++] = (uint32_t)i;
    *out_members = members;
    return 0;
}

/* Rows like the operand's, to be filled by the choice. */
static int init_selected(struct eval *eval, const struct grid *grid, size_t n,
                         struct grid *selected)
{
    int error = grid_init(eval, grid->n_rows, selected);
    for (size_t i = 0; error == 0 && i < grid->n_rows; i++) {
        selected->rows[i].labels = grid->rows[i].labels;
        error = values_new(eval, n, &selected->rows[i].values);
    }
    return error;
}

static int run_groups(struct eval *eval, const struct node *node, const struct members *members,
                      struct group_run *run, struct grid *grid)
{
    int error = grid_init(eval, members->n_groups, grid);
    for (size_t g = 0; error == 0 && g < members->n_groups; g++) {
        run->members = members->rows + members->starts[g];
        run->n_members = members->starts[g + 1] - members->starts[g];
        struct row *row = &grid->rows[g];
        error = relabel_filter(eval, run->grid->rows[run->members[0]].labels, &node->labels,
                               &row->labels);
        if (error == 0)
            error = values_new(eval, run->times->n, &row->values);
        run->values = row->values;
        if (error == 0)
            error = node->aggregation->run(eval, run);
    }
    return error;
}

/* topk and bottomk of one step list their series from the best on, group by group. */
static int order_selected(struct eval *eval, const struct node *node,
                          const struct members *members, const struct grid *selected,
                          struct grid *out_grid)
{
    bool least = node->aggregation->run == run_bottomk;
    bool greatest = node->aggregation->run == run_topk;
    struct choice *choices = arena_alloc(eval->arena, members->largest * sizeof(*choices));
    struct grid grid;
    if (choices == NULL || grid_init(eval, selected->n_rows, &grid) != 0)
        return QUERY_TOO_LARGE;
    size_t at = 0;
    for (size_t g = 0; g < members->n_groups; g++) {
        size_t count = 0;
        for (size_t i = members->starts[g]; i < members->starts[g + 1]; i++) {
            uint32_t row = members->rows[i];
            choices[count++] = (struct choice){selected->rows[row].values[0], row};
        }
        if (least || greatest)
            qsort(choices, count, sizeof(*choices), least ? by_least : by_greatest);
        for (size_t i = 0; i < count; i++)
            grid.rows[at++] = selected->rows[choices[i].row];
    }
    *out_grid = grid;
    return 0;
}

static int run_aggregation(struct eval *eval, const struct node *node,
                           const struct label_filter *labels, struct group_run *run,
                           struct grid *out_grid)
{
    struct members members;
    struct grid selected = {0}, groups;
    int error = list_members(eval, run->grid, labels, &members);
    if (error == 0 && node->aggregation->keeps_series)
        error = init_selected(eval, run->grid, run->times->n, &selected);
    if (error != 0)
        return error;
    run->selected = &selected;
    run->scratch = arena_alloc(eval->arena, members.largest * sizeof(*run->scratch));
    if (run->scratch == NULL)
        return QUERY_TOO_LARGE;
    struct node with_labels = *node;
    with_labels.labels = *labels;
    error = run_groups(eval, &with_labels, &members, run, &groups);
    if (error != 0)
        return error;
    if (!node->aggregation->keeps_series)
        *out_grid = groups;
    else if (run->times->n > 1)
        *out_grid = selected;
    else
        return order_selected(eval, node, &members, &selected, out_grid);
    return 0;
}

/* by (...) of count_values keeps the label with the value, too. */
static int add_value_label(struct eval *eval, const struct node *node,
                           struct label_filter *labels)
{
    const char *label = node->children[1]->text;
    if (*label == '\0')
        return eval_bad(eval, "count_values() needs the name of a label");
    if (!labels->keep || label_filter_names(labels, label))
        return 0;
    const char **names = arena_alloc(eval->arena, (labels->len + 1) * sizeof(*names));
    if (names == NULL)
        return QUERY_TOO_LARGE;
    for (size_t i = 0; i < labels->len; i++)
        names[i] = labels->names[i];
    names[labels->len] = label;
    *labels = (struct label_filter){names, labels->len + 1, true, false};
    return 0;
}

int aggregate_eval(struct eval *eval, const struct node *node, const struct times *times,
                   struct grid *out_grid)
{
    const struct aggregation *kind = node->aggregation;
    struct label_filter labels = node->labels;
    struct grid operand;
    struct group_run run = {.times = times, .grid = &operand};
    int error = eval_node(eval, node->children[0], times, &operand);
    if (error == 0 && kind->has_parameter && kind->parameter == QUERY_SCALAR)
        error = eval_scalar(eval, node->children[1], times, &run.parameter);
    if (error == 0 && kind->has_parameter && kind->parameter == QUERY_STRING) {
        error = add_value_label(eval, node, &labels);
        if (error == 0)
            error = split_by_value(eval, node->children[1]->text, times, &operand);
    }
    if (error != 0)
        return error;
    if (operand.n_rows == 0) {
        *out_grid = (struct grid){0};
        return 0;
    }
    return run_aggregation(eval, node, &labels, &run, out_grid);
}
