/* SPDX-License-Identifier: MIT */
#include "query/function.h"

#include <assert.h>
#include <stdint.h>

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

int parameters_eval(struct eval *eval, const struct node *node, const struct times *times,
                    struct parameters *parameters)
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

static int labels_of_result(struct eval *eval, const struct function *function,
                            struct labels *labels, struct labels **out_labels)
{
    if ((function->traits & FUNCTION_KEEPS_NAME) == 0)
        return relabel_drop_name(eval, labels, out_labels);
    *out_labels = labels;
    return 0;
}

int call_math(struct eval *eval, const struct node *node, const struct times *times,
              struct grid *out_grid)
{
    struct grid operand, grid;
    struct parameters parameters;
    int error = eval_node(eval, node->children[0], times, &operand);
    if (error == 0)
        error = parameters_eval(eval, node, times, &parameters);
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
