/* SPDX-License-Identifier: MIT */
#include "query/eval.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "query/aggregate.h"
#include "query/function.h"

#define WORK_BETWEEN_LOOKS 16384

int eval_bad(struct eval *eval, const char *format, ...)
{
    if (eval->problem != NULL) {
        eval->problem->line = eval->problem->column = 0;
        va_list args;
        va_start(args, format);
        vsnprintf(eval->problem->text, sizeof(eval->problem->text), format, args);
        va_end(args);
    }
    return QUERY_FAILED;
}

static bool is_set(const bool *flag)
{
    return flag != NULL && __atomic_load_n(flag, __ATOMIC_RELAXED);
}

int eval_work(struct eval *eval, size_t amount)
{
    const struct query_context *context = eval->context;
    eval->work += amount;
    if (eval->work < WORK_BETWEEN_LOOKS)
        return 0;
    eval->work = 0;
    if (is_set(context->cancelled) || is_set(context->abandoned))
        return QUERY_CANCELLED;
    return context->deadline != 0 && clock_mono_ms() >= context->deadline ? QUERY_TIMEOUT : 0;
}

static int eval_number(struct eval *eval, double number, size_t n, struct grid *out_grid)
{
    int error = grid_init_scalar(eval, n, out_grid);
    for (size_t i = 0; error == 0 && i < n; i++)
        out_grid->rows[0].values[i] = number;
    return error;
}

static int eval_negate(struct eval *eval, const struct node *node, const struct times *times,
                       struct grid *out_grid)
{
    struct grid operand, grid;
    int error = eval_node(eval, node->children[0], times, &operand);
    if (error == 0)
        error = grid_init(eval, operand.n_rows, &grid);
    for (size_t i = 0; error == 0 && i < operand.n_rows; i++) {
        const double *from = operand.rows[i].values;
        double *to;
        error = values_new(eval, times->n, &to);
        for (size_t step = 0; error == 0 && step < times->n; step++) {
            if (!value_is_absent(from[step]))
                to[step] = -from[step];
        }
        grid.rows[i].values = to;
        if (error == 0)
            error = relabel_drop_name(eval, operand.rows[i].labels, &grid.rows[i].labels);
    }
    if (error == 0)
        error = grid_merge(eval, &grid, times->n, true, GRID_SAME_LABELS);
    if (error == 0)
        *out_grid = grid;
    return error;
}

static int eval_kind(struct eval *eval, const struct node *node, const struct times *times,
                     struct grid *out_grid)
{
    int error = eval_work(eval, 64 + times->n / 16);
    if (error != 0)
        return error;
    switch (node->kind) {
    case NODE_NUMBER: return eval_number(eval, node->number, times->n, out_grid);
    case NODE_SELECTOR: return select_instant(eval, node, times, false, out_grid);
    case NODE_CALL: return node->function->call(eval, node, times, out_grid);
    case NODE_AGGREGATE: return aggregate_eval(eval, node, times, out_grid);
    case NODE_BINARY: return binary_eval(eval, node, times, out_grid);
    case NODE_NEGATE: return eval_negate(eval, node, times, out_grid);
    default: assert(false && "a node of this kind has no value at a step"); return -EINVAL;
    }
}

/* What is the same at every step is worked out at the first one. */
static int eval_once(struct eval *eval, const struct node *node, const struct times *times,
                     struct grid *out_grid)
{
    struct times first = {times->from_ms, times->step_ms, 1};
    struct grid once, grid;
    int error = eval_kind(eval, node, &first, &once);
    if (error == 0)
        error = grid_init(eval, once.n_rows, &grid);
    for (size_t i = 0; error == 0 && i < once.n_rows; i++) {
        grid.rows[i].labels = once.rows[i].labels;
        error = values_new(eval, times->n, &grid.rows[i].values);
        for (size_t step = 0; error == 0 && step < times->n; step++)
            grid.rows[i].values[step] = once.rows[i].values[0];
    }
    if (error == 0)
        *out_grid = grid;
    return error;
}

int eval_node(struct eval *eval, const struct node *node, const struct times *times,
              struct grid *out_grid)
{
    assert(times->n > 0);
    if (node->is_invariant && times->n > 1 && node->kind != NODE_NUMBER)
        return eval_once(eval, node, times, out_grid);
    return eval_kind(eval, node, times, out_grid);
}

int eval_scalar(struct eval *eval, const struct node *node, const struct times *times,
                const double **out_values)
{
    assert(node->type == QUERY_SCALAR);
    struct grid grid;
    int error = eval_node(eval, node, times, &grid);
    if (error == 0)
        *out_values = grid.rows[0].values;
    return error;
}

/* ---- from grids to results ---- */

static int compare_result(const void *a, const void *b)
{
    return labels_compare(((const struct query_series *)a)->labels,
                          ((const struct query_series *)b)->labels);
}

/* Takes the rows that have a value; the result gets references of its own. */
static int result_of_grid(struct eval *eval, const struct grid *grid, const struct times *times,
                          struct query_result *result)
{
    result->series = arena_calloc(eval->arena, grid->n_rows, sizeof(*result->series));
    if (result->series == NULL)
        return QUERY_TOO_LARGE;
    for (size_t i = 0; i < grid->n_rows; i++) {
        const struct row *row = &grid->rows[i];
        size_t count = 0;
        for (size_t step = 0; step < times->n; step++)
            count += !value_is_absent(row->values[step]);
        if (count == 0)
            continue;
        struct sample *samples = arena_alloc(eval->arena, count * sizeof(*samples));
        if (samples == NULL)
            return QUERY_TOO_LARGE;
        result->series[result->n_series++] =
            (struct query_series){labels_ref(row->labels), samples, count};
        for (size_t step = 0; step < times->n; step++) {
            if (!value_is_absent(row->values[step]))
                *samples++ = (struct sample){times_at(times, step), row->values[step]};
        }
    }
    return 0;
}

static int result_of_range(struct eval *eval, const struct node *node,
                           const struct times *times, struct query_result *result)
{
    struct range_data data;
    int error = select_range(eval, node, times, &data);
    if (error != 0)
        return error;
    result->series = arena_calloc(eval->arena, data.n_series, sizeof(*result->series));
    if (result->series == NULL)
        return QUERY_TOO_LARGE;
    for (size_t i = 0; i < data.n_series; i++) {
        struct window window = {.at_ms = times->from_ms};
        select_window(eval, node, &data.series[i], &window);
        if (window.n == 0)
            continue;
        result->series[result->n_series++] =
            (struct query_series){labels_ref(data.series[i].labels), window.samples, window.n};
    }
    return 0;
}

static int run_root(struct eval *eval, const struct node *root, const struct times *times,
                    struct query_result *result)
{
    struct grid grid;
    if (root->type == QUERY_STRING) {
        result->scalar.at_ms = times->from_ms;
        result->text = arena_strdup(eval->arena, root->text);
        return result->text == NULL ? QUERY_TOO_LARGE : 0;
    }
    if (root->type == QUERY_MATRIX)
        return result_of_range(eval, root, times, result);
    int error = eval_node(eval, root, times, &grid);
    if (error != 0)
        return error;
    if (root->type == QUERY_SCALAR)
        result->scalar = (struct sample){times->from_ms, grid.rows[0].values[0]};
    if (root->type == QUERY_SCALAR && times->n == 1)
        return 0;
    return result_of_grid(eval, &grid, times, result);
}

/* Runs the expression and gives back everything but the result. */
static int run(struct eval *eval, const struct expr *expr, const struct times *times,
               struct query_result *out_result)
{
    eval->samples_left = eval->context->max_samples;
    eval->work = WORK_BETWEEN_LOOKS; /* look at once */
    eval->no_labels = labels_new(NULL, 0);
    eval->text = expr->text;
    struct query_result result = {.type = expr->root->type};
    /* The first allocation gives empty ones an address, so that NULL always means "no room". */
    int error = arena_alloc(eval->arena, 1) == NULL
                    ? QUERY_TOO_LARGE
                    : run_root(eval, expr->root, times, &result);
    if (error == 0)
        error = eval_list_annotations(eval, &result);
    result.samples_read = eval->context->max_samples - eval->samples_left;
    relabel_release_all(eval);
    labels_unref(eval->no_labels);
    if (error != 0)
        query_result_release(&result);
    else
        *out_result = result;
    return error;
}

int query_instant(const struct query_context *context, const struct expr *expr, msec_t at_ms,
                  struct query_result *out_result, struct problem *problem)
{
    struct times times = {at_ms, 0, 1};
    struct eval eval = {.context = context,
                        .arena = context->arena,
                        .problem = problem,
                        .from_ms = at_ms,
                        .to_ms = at_ms};
    struct query_result result;
    int error = run(&eval, expr, &times, &result);
    if (error != 0)
        return error;
    if (result.type == QUERY_MATRIX && result.n_series > 1)
        qsort(result.series, result.n_series, sizeof(*result.series), compare_result);
    *out_result = result;
    return 0;
}

static int bad_range(struct problem *problem, const char *text)
{
    problem_set(problem, "%s", text);
    return QUERY_BAD_DATA;
}

int query_range(const struct query_context *context, const struct expr *expr,
                const struct query_span *span, struct query_result *out_result,
                struct problem *problem)
{
    if (span->step_ms <= 0)
        return bad_range(problem, "the step must be greater than 0");
    if (span->to_ms < span->from_ms)
        return bad_range(problem, "the end lies before the start");
    mspan_t length;
    if (__builtin_sub_overflow(span->to_ms, span->from_ms, &length) ||
        length / span->step_ms > QUERY_POINTS_MAX)
        return bad_range(problem,
                         "more than 11,000 points per series: choose a greater step or "
                         "a shorter range");
    if (expr->root->type != QUERY_SCALAR && expr->root->type != QUERY_VECTOR) {
        problem_set(problem, "a range query needs a scalar or an instant vector, this is a %s",
                    query_type_names[expr->root->type]);
        return QUERY_BAD_DATA;
    }

    struct times times = {span->from_ms, span->step_ms, (size_t)(length / span->step_ms) + 1};
    struct eval eval = {.context = context,
                        .arena = context->arena,
                        .problem = problem,
                        .from_ms = span->from_ms,
                        .to_ms = span->to_ms};
    struct query_result result;
    int error = run(&eval, expr, &times, &result);
    if (error != 0)
        return error;
    if (result.type == QUERY_SCALAR && times.n == 1) {
        struct query_series *series = arena_calloc(context->arena, 1, sizeof(*series));
        struct sample *sample =
            arena_memdup(context->arena, &result.scalar, sizeof(result.scalar));
        if (series == NULL || sample == NULL)
            return QUERY_TOO_LARGE;
        *series = (struct query_series){labels_new(NULL, 0), sample, 1};
        result.series = series;
        result.n_series = 1;
    }
    result.type = QUERY_MATRIX;
    if (result.n_series > 1)
        qsort(result.series, result.n_series, sizeof(*result.series), compare_result);
    *out_result = result;
    return 0;
}
