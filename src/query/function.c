/* SPDX-License-Identifier: MIT */
#include "query/function.h"

#include <assert.h>
#include <stdint.h>

#define PARAMETERS_MAX 2

static const struct function *const families[] = {fn_rate,  fn_over_time, fn_math, fn_date,
                                                  fn_label, fn_histogram, fn_type, fn_info};

const struct function *function_find(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(families); i++) {
        for (const struct function *one = families[i]; one->name != NULL; one++) {
            if (slice_is(name, one->name))
                return one;
        }
    }
    return NULL;
}

size_t function_arguments_min(const struct function *function)
{
    return strcspn(function->arguments, "?*");
}

size_t function_arguments_max(const struct function *function)
{
    if (strchr(function->arguments, '*') != NULL)
        return SIZE_MAX;
    return strlen(function->arguments) - (strchr(function->arguments, '?') != NULL);
}

enum query_type function_argument_type(const struct function *function, size_t i)
{
    char letter = '\0';
    for (const char *at = function->arguments; *at != '\0'; at++) {
        if (*at == '?' || *at == '*')
            continue;
        letter = *at;
        if (i-- == 0)
            break;
    }
    switch (letter) {
    case 'v': return QUERY_VECTOR;
    case 'm': return QUERY_MATRIX;
    case 's': return QUERY_SCALAR;
    default: assert(letter == 't'); return QUERY_STRING;
    }
}

/* The scalars among the arguments. */
struct parameters {
    const double *of[PARAMETERS_MAX]; /* by step */
    size_t count;
    double now[PARAMETERS_MAX];
};

static int eval_parameters(struct eval *eval, const struct node *node,
                           const struct times *times, struct parameters *parameters)
{
    *parameters = (struct parameters){.now = {1, 1}}; /* what round() does when none is given */
    int error = 0;
    for (size_t i = 0; error == 0 && i < node->n_children; i++) {
        if (node->children[i]->type != QUERY_SCALAR)
            continue;
        assert(parameters->count < PARAMETERS_MAX);
        error = eval_scalar(eval, node->children[i], times, &parameters->of[parameters->count]);
        parameters->count++;
    }
    return error;
}

static void parameters_at(struct parameters *parameters, size_t step)
{
    for (size_t i = 0; i < parameters->count; i++)
        parameters->now[i] = parameters->of[i][step];
}

static int labels_of_result(struct eval *eval, const struct function *function,
                            struct labels *labels, struct labels **out_labels)
{
    if ((function->traits & FUNCTION_KEEPS_NAME) == 0)
        return relabel_drop_name(eval, labels, out_labels);
    *out_labels = labels;
    return 0;
}

/* What a call does with each series. */
struct range_call {
    const struct node *matrix;
    const struct function *function;
    const struct times *times;
    struct parameters parameters;
    double *scratch;
};

/* One series through all its windows. */
static int run_windows(struct eval *eval, struct range_call *call,
                       const struct series_data *series, double *values)
{
    struct window window = {.parameters = call->parameters.now, .scratch = call->scratch};
    for (size_t step = 0; step < call->times->n; step++) {
        window.at_ms = times_at(call->times, step);
        select_window(eval, call->matrix, series, &window);
        if (window.n == 0)
            continue;
        parameters_at(&call->parameters, step);
        values[step] = call->function->range(&window);
        int error = eval_work(eval, window.n + 1);
        if (error != 0)
            return error;
    }
    return 0;
}

static const struct node *matrix_argument(const struct node *node)
{
    size_t i = 0;
    while (node->children[i]->type != QUERY_MATRIX)
        i++;
    return node->children[i];
}

/* Once a series gave a value: does its name end as that of a counter should? */
static int check_counter(struct eval *eval, const struct node *node,
                         const struct labels *labels)
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
                           const double *values, size_t n)
{
    int error = 0;
    for (size_t step = 0; error == 0 && step < n; step++) {
        if (!value_is_absent(values[step]))
            error = eval_check_quantile(eval, quantiles[step], node->children[0]);
    }
    return error;
}

int call_range(struct eval *eval, const struct node *node, const struct times *times,
               struct grid *out_grid)
{
    struct range_call call = {
        .matrix = matrix_argument(node), .function = node->function, .times = times};
    struct range_data data;
    struct grid grid;
    int error = eval_parameters(eval, node, times, &call.parameters);
    if (error == 0)
        error = select_range(eval, call.matrix, times, &data);
    if (error == 0)
        error = grid_init(eval, data.n_series, &grid);
    if (error != 0)
        return error;

    size_t longest = 0;
    for (size_t i = 0; i < data.n_series; i++)
        longest = MAX_OF(longest, data.series[i].n_samples);
    if ((node->function->traits & FUNCTION_NEEDS_SCRATCH) != 0) {
        call.scratch = arena_alloc(eval->arena, longest * sizeof(double));
        if (call.scratch == NULL)
            return QUERY_TOO_LARGE;
    }
    for (size_t i = 0; error == 0 && i < data.n_series; i++) {
        struct row *row = &grid.rows[i];
        error = labels_of_result(eval, node->function, data.series[i].labels, &row->labels);
        if (error == 0)
            error = values_new(eval, times->n, &row->values);
        if (error == 0)
            error = run_windows(eval, &call, &data.series[i], row->values);
        if (error == 0 && !row_is_empty(row, times->n))
            error = check_counter(eval, node, data.series[i].labels);
        if (error == 0 && (node->function->traits & FUNCTION_TAKES_QUANTILE) != 0)
            error = check_quantiles(eval, node, call.parameters.of[0], row->values, times->n);
        if (error == 0)
            error = eval_work(eval, times->n);
    }
    if (error == 0)
        error = grid_merge(eval, &grid, times->n, true, GRID_SAME_LABELS);
    if (error == 0)
        *out_grid = grid;
    return error;
}

int call_math(struct eval *eval, const struct node *node, const struct times *times,
              struct grid *out_grid)
{
    struct grid operand, grid;
    struct parameters parameters;
    int error = eval_node(eval, node->children[0], times, &operand);
    if (error == 0)
        error = eval_parameters(eval, node, times, &parameters);
    if (error == 0)
        error = grid_init(eval, operand.n_rows, &grid);
    for (size_t i = 0; error == 0 && i < operand.n_rows; i++) {
        const double *from = operand.rows[i].values;
        struct row *row = &grid.rows[i];
        error = labels_of_result(eval, node->function, operand.rows[i].labels, &row->labels);
        if (error == 0)
            error = values_new(eval, times->n, &row->values);
        for (size_t step = 0; error == 0 && step < times->n; step++) {
            if (value_is_absent(from[step]))
                continue;
            parameters_at(&parameters, step);
            row->values[step] = node->function->math(from[step], parameters.now);
        }
        if (error == 0)
            error = eval_work(eval, times->n);
    }
    if (error == 0)
        error = grid_merge(eval, &grid, times->n, false, GRID_SAME_LABELS);
    if (error == 0)
        *out_grid = grid;
    return error;
}
