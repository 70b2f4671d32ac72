/* SPDX-License-Identifier: MIT */
/* call_range - functions of a range: each series of the argument gives one of the result. */
#include <assert.h>

#include "query/stream.h"

/* Once a series gave a value: does its name end as that of a counter should? */
int call_check_counter(struct eval *eval, const struct node *node, const struct labels *labels)
{
    static const char *const endings[] = {"_total", "_sum", "_count", "_bucket"};
    if ((node->function->traits & FUNCTION_WANTS_COUNTER) == 0)
        return 0;
    const char *name = labels_value(labels, LABEL_METRIC_NAME);
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        if (name == NULL || text_has_suffix(name, endings[i]))
            return 0;
    }
    return eval_annotate(eval, ANNOTATION_INFO, node->children[0]->start,
                         "metric might not be a counter, name does not end in "
                         "_total/_sum/_count/_bucket: \"%s\"",
                         name);
}

/* Where a series gave a value: was the quantile one? */
static int check_quantiles(struct eval *eval, const struct node *node, const double *quantiles,
                           const struct row *row, size_t n)
{
    int error = 0;
    if ((node->function->traits & FUNCTION_TAKES_QUANTILE) == 0)
        return 0;
    for (size_t step = 0; error == 0 && step < n; step++) {
        if (!value_is_absent(row->values[step]))
            error = eval_check_quantile(eval, quantiles[step], node->children[0]);
    }
    return error;
}

static int sweep_subquery(struct eval *eval, struct sweeper *sweeper,
                          const struct range_data *data, struct grid *out_grid)
{
    struct grid grid;
    size_t n_steps = sweeper->plan->times->n, present;
    int error = grid_init(eval, data->n_series, &grid);
    grid.n_rows = 0;
    for (size_t i = 0; error == 0 && i < data->n_series; i++) {
        error = sweeper_run(sweeper, &data->series[i], &present);
        if (error != 0 || present == 0)
            continue;
        double *values = arena_memdup(eval->arena, sweeper->row, n_steps * sizeof(*values));
        grid.rows[grid.n_rows++] = (struct row){data->series[i].labels, values};
        error = values == NULL ? QUERY_TOO_LARGE : 0;
    }
    if (error == 0)
        *out_grid = grid;
    return error;
}

static int eval_subquery(struct eval *eval, const struct node *matrix,
                         const struct sweep_plan *plan, struct grid *out_grid)
{
    struct range_data data;
    int error = select_range(eval, matrix, plan->times, &data);
    if (error != 0)
        return error;
    size_t memory_left = eval->arena->ceiling - eval->arena->used;
    struct sweeper sweeper;
    sweeper_init(&sweeper, plan, eval, &memory_left);
    error = sweep_subquery(eval, &sweeper, &data, out_grid);
    sweeper_deinit(&sweeper);
    return error;
}

static const struct node *matrix_argument(const struct node *node)
{
    size_t i = 0;
    while (node->children[i]->type != QUERY_MATRIX)
        i++;
    return node->children[i];
}

int call_range(struct eval *eval, const struct node *node, const struct times *times,
               struct grid *out_grid)
{
    struct parameters parameters;
    struct grid grid;
    int error = parameters_eval(eval, node, times, &parameters);
    if (error != 0)
        return error;
    struct sweep_plan plan = stream_plan(eval, node, times, &parameters);
    error = stream_can(node) ? stream_grid(eval, node, &plan, &grid)
                             : eval_subquery(eval, matrix_argument(node), &plan, &grid);
    for (size_t i = 0; error == 0 && i < grid.n_rows; i++) {
        struct row *row = &grid.rows[i];
        error = call_check_counter(eval, node, row->labels);
        if (error == 0)
            error = check_quantiles(eval, node, parameters.of[0], row, times->n);
        if (error == 0 && (node->function->traits & FUNCTION_KEEPS_NAME) == 0)
            error = relabel_drop_name(eval, row->labels, &row->labels);
    }
    if (error == 0)
        error = grid_merge(eval, &grid, times->n, true, GRID_SAME_LABELS);
    if (error == 0)
        *out_grid = grid;
    return error;
}
