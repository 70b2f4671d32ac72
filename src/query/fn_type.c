/* SPDX-License-Identifier: MIT */
/* fn_type - between scalars and vectors; what is absent; what time it is. */
#include <math.h>

#include "query/function.h"

static int call_time(struct eval *eval, const struct node *node, const struct times *times,
                     struct grid *out_grid)
{
    (void)node;
    int error = grid_init_scalar(eval, times->n, out_grid);
    for (size_t step = 0; error == 0 && step < times->n; step++)
        out_grid->rows[0].values[step] = (double)times_at(times, step) / 1000;
    return error;
}

static int call_pi(struct eval *eval, const struct node *node, const struct times *times,
                   struct grid *out_grid)
{
    (void)node;
    int error = grid_init_scalar(eval, times->n, out_grid);
    for (size_t step = 0; error == 0 && step < times->n; step++)
        out_grid->rows[0].values[step] = M_PI;
    return error;
}

/* A scalar's grid is that of a vector of one series without labels. */
static int call_vector(struct eval *eval, const struct node *node, const struct times *times,
                       struct grid *out_grid)
{
    return eval_node(eval, node->children[0], times, out_grid);
}

static int call_scalar(struct eval *eval, const struct node *node, const struct times *times,
                       struct grid *out_grid)
{
    struct grid operand;
    int error = eval_node(eval, node->children[0], times, &operand);
    if (error == 0)
        error = grid_init_scalar(eval, times->n, out_grid);
    if (error != 0)
        return error;
    double *values = out_grid->rows[0].values;
    size_t *found = arena_calloc(eval->arena, times->n, sizeof(*found));
    if (found == NULL)
        return QUERY_TOO_LARGE;
    for (size_t i = 0; i < operand.n_rows; i++) {
        for (size_t step = 0; step < times->n; step++) {
            if (value_is_absent(operand.rows[i].values[step]))
                continue;
            found[step]++;
            values[step] = operand.rows[i].values[step];
        }
        error = eval_work(eval, times->n);
        if (error != 0)
            return error;
    }
    for (size_t step = 0; step < times->n; step++) {
        if (found[step] != 1)
            values[step] = (double)NAN;
    }
    return 0;
}

/* What is missing would have had the labels that the selector asks for by "=", once each. */
static int labels_of_absent(struct eval *eval, const struct node *operand,
                            struct labels **out_labels)
{
    struct labels *labels = eval->no_labels;
    const struct selector *selector = operand->selector;
    int error = 0;
    for (size_t i = 0; selector != NULL && error == 0 && i < selector->n_matchers; i++) {
        const struct matcher *matcher = &selector->matchers[i];
        if (text_is(matcher->name, LABEL_METRIC_NAME))
            continue;
        size_t before = 0;
        for (size_t k = 0; k < i; k++)
            before += selector->matchers[k].op == MATCHER_EQUAL &&
                      text_is(selector->matchers[k].name, matcher->name);
        bool named_once = matcher->op == MATCHER_EQUAL && before == 0;
        error =
            relabel_set(eval, labels, matcher->name, named_once ? matcher->value : "", &labels);
    }
    if (error == 0)
        *out_labels = labels;
    return error;
}

/* One row with 1 wherever `present` is not set. */
static int absent_row(struct eval *eval, const struct node *operand, size_t n,
                      const bool *present, struct grid *out_grid)
{
    struct grid grid;
    int error = grid_init_scalar(eval, n, &grid);
    if (error == 0)
        error = labels_of_absent(eval, operand, &grid.rows[0].labels);
    for (size_t step = 0; error == 0 && step < n; step++) {
        if (!present[step])
            grid.rows[0].values[step] = 1;
    }
    if (error == 0)
        *out_grid = grid;
    return error;
}

static int call_absent(struct eval *eval, const struct node *node, const struct times *times,
                       struct grid *out_grid)
{
    const struct node *operand = node->children[0];
    struct grid grid;
    int error = eval_node(eval, operand, times, &grid);
    bool *present = arena_calloc(eval->arena, times->n, sizeof(*present));
    if (error != 0 || present == NULL)
        return error != 0 ? error : QUERY_TOO_LARGE;
    for (size_t i = 0; error == 0 && i < grid.n_rows; i++) {
        for (size_t step = 0; step < times->n; step++)
            present[step] |= !value_is_absent(grid.rows[i].values[step]);
        error = eval_work(eval, times->n);
    }
    return error != 0 ? error : absent_row(eval, operand, times->n, present, out_grid);
}

static int call_absent_over_time(struct eval *eval, const struct node *node,
                                 const struct times *times, struct grid *out_grid)
{
    const struct node *operand = node->children[0];
    struct range_data data;
    int error = select_range(eval, operand, times, &data);
    bool *present = arena_calloc(eval->arena, times->n, sizeof(*present));
    if (error != 0 || present == NULL)
        return error != 0 ? error : QUERY_TOO_LARGE;
    for (size_t i = 0; error == 0 && i < data.n_series; i++) {
        struct window window = {0};
        for (size_t step = 0; step < times->n; step++) {
            window.at_ms = times_at(times, step);
            select_window(eval, operand, &data.series[i], &window);
            present[step] |= window.n > 0;
        }
        error = eval_work(eval, times->n + data.series[i].n_samples);
    }
    return error != 0 ? error : absent_row(eval, operand, times->n, present, out_grid);
}

/* A selector's samples have times of their own; anything else was made at the step. */
static int call_timestamp(struct eval *eval, const struct node *node, const struct times *times,
                          struct grid *out_grid)
{
    const struct node *operand = node->children[0];
    struct grid from, grid;
    int error = operand->kind == NODE_SELECTOR
                    ? select_instant(eval, operand, times, true, &from)
                    : eval_node(eval, operand, times, &from);
    if (error == 0)
        error = grid_init(eval, from.n_rows, &grid);
    for (size_t i = 0; error == 0 && i < from.n_rows; i++) {
        struct row *row = &grid.rows[i];
        error = relabel_drop_name(eval, from.rows[i].labels, &row->labels);
        if (error == 0)
            error = values_new(eval, times->n, &row->values);
        for (size_t step = 0; error == 0 && step < times->n; step++) {
            double value = from.rows[i].values[step];
            if (!value_is_absent(value) && operand->kind != NODE_SELECTOR)
                value = (double)times_at(times, step) / 1000;
            row->values[step] = value;
        }
    }
    if (error == 0)
        error = grid_merge(eval, &grid, times->n, false, GRID_SAME_LABELS);
    if (error == 0)
        *out_grid = grid;
    return error;
}

const struct function fn_type[] = {
    {"time", "", QUERY_SCALAR, FUNCTION_READS_CLOCK, .call = call_time},
    {"pi", "", QUERY_SCALAR, .call = call_pi},
    {"vector", "s", QUERY_VECTOR, .call = call_vector},
    {"scalar", "v", QUERY_SCALAR, .call = call_scalar},
    {"absent", "v", QUERY_VECTOR, .call = call_absent},
    {"absent_over_time", "m", QUERY_VECTOR, .call = call_absent_over_time},
    {"timestamp", "v", QUERY_VECTOR, FUNCTION_READS_CLOCK, .call = call_timestamp},
    {NULL},
};
