/* SPDX-License-Identifier: MIT */
/*
 * aggregate - groups are worked out once; then one group after the other runs over all steps.
 */
#include "query/aggregate.h"

#include <stdlib.h>

#include "query/number.h"

/* ---- count_values: the operand's rows split by value ---- */

/* One row for each value that a row has, labelled with it. */
static int split_row(struct eval *eval, const struct row *row, const char *label, size_t n,
                     struct grid *out_split)
{
    struct row *out_rows = out_split->rows + out_split->n_rows;
    size_t count = 0;
    for (size_t step = 0; step < n; step++) {
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
            error = values_new(eval, n, &out_rows[count++].values);
        }
        if (error == 0)
            error = eval_work(eval, 16 + count);
        if (error != 0)
            return error;
        out_rows[i].values[step] = 1;
    }
    out_split->n_rows += count;
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
    for (size_t i = 0; error == 0 && i < grid->n_rows; i++)
        error = split_row(eval, &grid->rows[i], label, times->n, &split);
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
        if (node->aggregation->order != NULL)
            qsort(choices, count, sizeof(*choices), node->aggregation->order);
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
    struct grid groups;
    int error = list_members(eval, run->grid, labels, &members);
    if (error == 0 && node->aggregation->keeps_series)
        error = init_selected(eval, run->grid, run->times->n, &run->selected);
    if (error != 0)
        return error;
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
        *out_grid = run->selected;
    else
        return order_selected(eval, node, &members, &run->selected, out_grid);
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

static int compare_rows(const void *a, const void *b)
{
    return labels_compare(((const struct row *)a)->labels, ((const struct row *)b)->labels);
}

/* Rows in order of labels: which of several equal series is chosen then depends on neither the
 * operand nor the other steps. */
static int sort_rows(struct eval *eval, struct grid *grid)
{
    struct row *rows = arena_memdup(eval->arena, grid->rows, grid->n_rows * sizeof(*rows));
    if (rows == NULL)
        return QUERY_TOO_LARGE;
    if (grid->n_rows > 1)
        qsort(rows, grid->n_rows, sizeof(*rows), compare_rows);
    grid->rows = rows;
    return 0;
}

int aggregate_eval(struct eval *eval, const struct node *node, const struct times *times,
                   struct grid *out_grid)
{
    const struct aggregation *kind = node->aggregation;
    struct label_filter labels = node->labels;
    struct grid operand;
    struct group_run run = {.times = times, .grid = &operand};
    if (aggregate_can_stream(node, times)) {
        bool is_exact;
        int failed = aggregate_stream(eval, node, times, out_grid, &is_exact);
        if (failed != 0 || is_exact)
            return failed;
    }
    int error = eval_node(eval, node->children[0], times, &operand);
    if (error == 0 && kind->has_parameter && kind->parameter == QUERY_SCALAR)
        error = eval_scalar(eval, node->children[1], times, &run.parameter);
    if (error == 0 && kind->check != NULL)
        error = kind->check(eval, node->children[1], run.parameter, times->n);
    if (error == 0 && kind->has_parameter && kind->parameter == QUERY_STRING) {
        error = add_value_label(eval, node, &labels);
        if (error == 0)
            error = split_by_value(eval, node->children[1]->text, times, &operand);
    }
    if (error == 0 && kind->keeps_series)
        error = sort_rows(eval, &operand);
    if (error != 0)
        return error;
    if (operand.n_rows == 0) {
        *out_grid = (struct grid){0};
        return 0;
    }
    return run_aggregation(eval, node, &labels, &run, out_grid);
}
