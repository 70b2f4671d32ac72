/* SPDX-License-Identifier: MIT */
/*
 * binary - operators between two operands.
 *
 * Between vectors, rows of both sides get the number of their match group once; each step then
 * looks up the row of the "one" side that has a value in the group.  A pair of rows that meet
 * becomes a row of the result.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/buf.h"
#include "query/eval.h"

/* The result; for a comparison the left value, with *kept false when it does not hold. */
static double apply(enum binary_op op, double left, double right, bool *kept)
{
    *kept = true;
    switch (op) {
    case OP_ADD: return left + right;
    case OP_SUBTRACT: return left - right;
    case OP_MULTIPLY: return left * right;
    case OP_DIVIDE: return left / right;
    case OP_MODULO: return fmod(left, right);
    case OP_POWER: return pow(left, right);
    case OP_ATAN2: return atan2(left, right);
    case OP_EQUAL: *kept = left == right; break;
    case OP_DIFFERS: *kept = left != right; break;
    case OP_LESS: *kept = left < right; break;
    case OP_LESS_EQUAL: *kept = left <= right; break;
    case OP_GREATER: *kept = left > right; break;
    case OP_GREATER_EQUAL: *kept = left >= right; break;
    default: assert(false && "set operators combine series, not values");
    }
    return left;
}

static bool drops_name(const struct node *node)
{
    return !op_is_comparison(node->op) || node->returns_bool;
}

static int scalar_scalar(struct eval *eval, const struct node *node, const struct grid sides[2],
                         size_t n, struct grid *out_grid)
{
    int error = grid_init_scalar(eval, n, out_grid);
    if (error != 0)
        return error;
    const double *left = sides[0].rows[0].values, *right = sides[1].rows[0].values;
    for (size_t i = 0; i < n; i++) {
        bool kept;
        double value = apply(node->op, left[i], right[i], &kept);
        out_grid->rows[0].values[i] = op_is_comparison(node->op) ? kept : value;
    }
    return 0;
}

struct series_values {
    double *values;
    size_t n;
};

/* One row against the scalar, which is on the right when `scalar_side` is 1. */
static void combine_row(const struct node *node, const double *values, const double *scalars,
                        size_t scalar_side, struct series_values out)
{
    for (size_t step = 0; step < out.n; step++) {
        if (value_is_absent(values[step]))
            continue;
        bool kept;
        double left = scalar_side == 1 ? values[step] : scalars[step];
        double right = scalar_side == 1 ? scalars[step] : values[step];
        double value = apply(node->op, left, right, &kept);
        if (op_is_comparison(node->op))
            value = node->returns_bool ? kept : values[step];
        if (kept || node->returns_bool)
            out.values[step] = value;
    }
}

static int vector_scalar(struct eval *eval, const struct node *node, const struct grid sides[2],
                         size_t n, struct grid *out_grid)
{
    size_t vector = node->children[0]->type == QUERY_VECTOR ? 0 : 1;
    const struct grid *from = &sides[vector];
    const double *scalars = sides[1 - vector].rows[0].values;
    struct grid grid;
    int error = grid_init(eval, from->n_rows, &grid);
    for (size_t i = 0; error == 0 && i < from->n_rows; i++) {
        struct row *row = &grid.rows[i];
        row->labels = from->rows[i].labels;
        if (drops_name(node))
            error = relabel_drop_name(eval, row->labels, &row->labels);
        if (error == 0)
            error = values_new(eval, n, &row->values);
        if (error == 0) {
            combine_row(node, from->rows[i].values, scalars, 1 - vector,
                        (struct series_values){row->values, n});
            error = eval_work(eval, n);
        }
    }
    if (error == 0 && drops_name(node))
        error = grid_merge(eval, &grid, n, false, GRID_SAME_LABELS);
    if (error == 0)
        *out_grid = grid;
    return error;
}

/* ---- and, or, unless ---- */

/* Rows, each in a group. */
struct grouped {
    struct row *rows;
    size_t n_rows;
    const uint32_t *group_of; /* by row */
    size_t n;                 /* steps */
};

/* has[group * n + step]: the grid has a value in the group at that step. */
static int mark_presence(struct eval *eval, const struct grouped *side, bool *has)
{
    size_t n = side->n;
    for (size_t i = 0; i < side->n_rows; i++) {
        for (size_t step = 0; step < n; step++) {
            if (!value_is_absent(side->rows[i].values[step]))
                has[side->group_of[i] * n + step] = true;
        }
        int error = eval_work(eval, n);
        if (error != 0)
            return error;
    }
    return 0;
}

/* The rows with only those values whose group is (or is not) marked at the step. */
static int filter_rows(struct eval *eval, const struct grouped *side, const bool *has,
                       bool wanted)
{
    size_t n = side->n;
    for (size_t i = 0; i < side->n_rows; i++) {
        double *values;
        int error = values_new(eval, n, &values);
        if (error == 0)
            error = eval_work(eval, n);
        if (error != 0)
            return error;
        for (size_t step = 0; step < n; step++) {
            if (has[side->group_of[i] * n + step] == wanted)
                values[step] = side->rows[i].values[step];
        }
        side->rows[i].values = values;
    }
    return 0;
}

static int set_operation(struct eval *eval, const struct node *node, const struct grid sides[2],
                         size_t n, struct grid *out_grid)
{
    struct grouping grouping;
    int error = grid_group(eval, &sides[0], &sides[1], &node->labels, &grouping);
    if (error != 0)
        return error;
    bool is_or = node->op == OP_OR;
    bool *has = arena_calloc(eval->arena, grouping.n_groups, n);
    struct grid grid;
    error = has == NULL
                ? QUERY_TOO_LARGE
                : grid_init(eval, sides[0].n_rows + (is_or ? sides[1].n_rows : 0), &grid);
    if (error != 0)
        return error;
    for (size_t i = 0; i < grid.n_rows; i++)
        grid.rows[i] =
            i < sides[0].n_rows ? sides[0].rows[i] : sides[1].rows[i - sides[0].n_rows];
    struct grouped left = {grid.rows, sides[0].n_rows, grouping.group_of, n};
    struct grouped right = {sides[1].rows, sides[1].n_rows, grouping.group_of + sides[0].n_rows,
                            n};
    if (is_or) {
        right.rows = grid.rows + sides[0].n_rows;
        error = mark_presence(eval, &left, has);
        if (error == 0)
            error = filter_rows(eval, &right, has, false);
    } else {
        error = mark_presence(eval, &right, has);
        if (error == 0)
            error = filter_rows(eval, &left, has, node->op == OP_AND);
    }
    if (error == 0)
        error = grid_merge(eval, &grid, n, false, GRID_SAME_LABELS);
    if (error == 0)
        *out_grid = grid;
    return error;
}

/* ---- matching ---- */

#define NO_ROW UINT32_MAX

/* A pair of rows that have met: its row of the result. */
struct pair {
    uint32_t one;  /* row of the "one" side */
    uint32_t row;  /* of the result */
    uint32_t next; /* pair of the same row of the "many" side; NO_ROW ends */
};

struct match {
    struct eval *eval;
    const struct node *node;
    size_t n; /* steps */
    const struct grid *many, *one;
    const uint32_t *many_groups, *one_groups;
    size_t n_groups;
    uint32_t *one_of;     /* by group, at this step: its row of the "one" side */
    uint32_t *many_of;    /* by group, at this step: one-to-one only */
    uint32_t *first_pair; /* by row of the "many" side */
    struct pair *pairs;
    size_t n_pairs, pairs_capacity;
    struct row *rows; /* of the result; as many as pairs */
};

static int complain(const struct match *match, const char *what, const struct labels *a,
                    const struct labels *b)
{
    struct buf text;
    buf_init(&text, (size_t)16 * 1024);
    labels_format(&text, a);
    buf_append_text(&text, " and ");
    labels_format(&text, b);
    int error = eval_bad(match->eval, "%s: %.300s", what, buf_text(&text));
    buf_deinit(&text);
    return error;
}

/* Which row of the "one" side each group has at this step. */
static int index_one_side(struct match *match, size_t step)
{
    for (size_t g = 0; g < match->n_groups; g++)
        match->one_of[g] = match->many_of[g] = NO_ROW;
    for (size_t i = 0; i < match->one->n_rows; i++) {
        if (value_is_absent(match->one->rows[i].values[step]))
            continue;
        uint32_t *found = &match->one_of[match->one_groups[i]];
        if (*found != NO_ROW)
            return complain(match,
                            "several series on the side that may have only one for each set of "
                            "matching labels",
                            match->one->rows[*found].labels, match->one->rows[i].labels);
        *found = (uint32_t)i;
    }
    return eval_work(match->eval, match->n_groups + match->one->n_rows);
}

static int result_labels(const struct match *match, struct labels *many,
                         const struct labels *one, struct labels **out_labels)
{
    struct eval *eval = match->eval;
    const struct node *node = match->node;
    struct labels *labels = many;
    int error = 0;
    if (drops_name(node))
        error = relabel_drop_name(eval, labels, &labels);
    if (error == 0 && node->cardinality == MATCH_ONE_TO_ONE &&
        (node->labels.keep || node->labels.len > 0)) {
        struct label_filter filter = node->labels;
        filter.with_name = true; /* its fate was decided above */
        error = relabel_filter(eval, labels, &filter, &labels);
    }
    for (size_t i = 0; error == 0 && i < node->include.len; i++) {
        const char *value = labels_value(one, node->include.names[i]);
        error = relabel_set(eval, labels, node->include.names[i], value == NULL ? "" : value,
                            &labels);
    }
    if (error == 0)
        *out_labels = labels;
    return error;
}

static int grow_pairs(struct match *match)
{
    if (match->n_pairs < match->pairs_capacity)
        return 0;
    size_t capacity =
        match->pairs_capacity == 0 ? 16 + match->many->n_rows : 2 * match->pairs_capacity;
    struct pair *pairs = arena_alloc(match->eval->arena, capacity * sizeof(*pairs));
    struct row *rows = arena_alloc(match->eval->arena, capacity * sizeof(*rows));
    if (pairs == NULL || rows == NULL || capacity >= NO_ROW)
        return QUERY_TOO_LARGE;
    if (match->n_pairs > 0) {
        memcpy(pairs, match->pairs, match->n_pairs * sizeof(*pairs));
        memcpy(rows, match->rows, match->n_pairs * sizeof(*rows));
    }
    match->pairs = pairs;
    match->rows = rows;
    match->pairs_capacity = capacity;
    return 0;
}

/* The row of the result for a row of each side.  Without group_left(labels) all partners of a
 * row give the same labels, so they share it. */
static int row_of_pair(struct match *match, uint32_t many, uint32_t one, struct row **out_row)
{
    bool shared = match->node->include.len == 0;
    uint32_t at = match->first_pair[many];
    while (at != NO_ROW && !shared && match->pairs[at].one != one)
        at = match->pairs[at].next;
    if (at == NO_ROW) {
        struct row row;
        int error = grow_pairs(match);
        if (error == 0)
            error = result_labels(match, match->many->rows[many].labels,
                                  match->one->rows[one].labels, &row.labels);
        if (error == 0)
            error = values_new(match->eval, match->n, &row.values);
        if (error != 0)
            return error;
        at = (uint32_t)match->n_pairs++;
        match->pairs[at] = (struct pair){one, at, match->first_pair[many]};
        match->rows[at] = row;
        match->first_pair[many] = at;
    }
    *out_row = &match->rows[match->pairs[at].row];
    return 0;
}

static int match_row(struct match *match, uint32_t many, size_t step)
{
    const struct node *node = match->node;
    double value = match->many->rows[many].values[step];
    uint32_t group = match->many_groups[many], one = match->one_of[group];
    if (value_is_absent(value) || one == NO_ROW)
        return 0;
    double other = match->one->rows[one].values[step];
    bool swapped = node->cardinality == MATCH_ONE_TO_MANY, kept;
    double result = apply(node->op, swapped ? other : value, swapped ? value : other, &kept);
    if (op_is_comparison(node->op) && node->returns_bool)
        result = kept;
    else if (!kept)
        return 0;

    if (node->cardinality == MATCH_ONE_TO_ONE) {
        uint32_t before = match->many_of[group];
        if (before != NO_ROW)
            return complain(match,
                            "several series match one on the other side: say group_left or "
                            "group_right",
                            match->many->rows[before].labels, match->many->rows[many].labels);
        match->many_of[group] = many;
    }
    struct row *row;
    int error = row_of_pair(match, many, one, &row);
    if (error == 0)
        row->values[step] = result;
    return error;
}

/* Whether the side has a value at the step: without one nothing matches, so that nothing can be
 * wrong with the other side. */
static bool has_values(const struct grid *side, size_t step)
{
    for (size_t i = 0; i < side->n_rows; i++) {
        if (!value_is_absent(side->rows[i].values[step]))
            return true;
    }
    return false;
}

static int run_match(struct match *match, struct grid *out_grid)
{
    int error = 0;
    for (size_t step = 0; error == 0 && step < match->n; step++) {
        if (!has_values(match->many, step))
            continue;
        error = index_one_side(match, step);
        for (uint32_t i = 0; error == 0 && i < match->many->n_rows; i++)
            error = match_row(match, i, step);
        if (error == 0)
            error = eval_work(match->eval, match->many->n_rows);
    }
    if (error != 0)
        return error;
    *out_grid = (struct grid){match->rows, match->n_pairs};
    return grid_merge(match->eval, out_grid, match->n, false,
                      match->node->cardinality == MATCH_ONE_TO_ONE
                          ? GRID_SAME_LABELS
                          : "several matches give the same labels: the grouping labels must "
                            "tell them apart");
}

static int vector_vector(struct eval *eval, const struct node *node, const struct grid sides[2],
                         size_t n, struct grid *out_grid)
{
    bool swapped = node->cardinality == MATCH_ONE_TO_MANY;
    const struct grid *many = &sides[swapped ? 1 : 0], *one = &sides[swapped ? 0 : 1];
    *out_grid = (struct grid){0};
    if (many->n_rows == 0 || one->n_rows == 0)
        return 0;
    struct grouping grouping;
    int error = grid_group(eval, many, one, &node->labels, &grouping);
    if (error != 0)
        return error;
    size_t bytes = grouping.n_groups * sizeof(uint32_t);
    struct match match = {
        .eval = eval,
        .node = node,
        .n = n,
        .many = many,
        .one = one,
        .many_groups = grouping.group_of,
        .one_groups = grouping.group_of + many->n_rows,
        .n_groups = grouping.n_groups,
        .one_of = arena_alloc(eval->arena, bytes),
        .many_of = arena_alloc(eval->arena, bytes),
        .first_pair = arena_alloc(eval->arena, many->n_rows * sizeof(uint32_t)),
    };
    if (match.one_of == NULL || match.many_of == NULL || match.first_pair == NULL)
        return QUERY_TOO_LARGE;
    for (size_t i = 0; i < many->n_rows; i++)
        match.first_pair[i] = NO_ROW;
    return run_match(&match, out_grid);
}

int binary_eval(struct eval *eval, const struct node *node, const struct times *times,
                struct grid *out_grid)
{
    struct grid sides[2];
    int error = 0;
    for (size_t i = 0; error == 0 && i < 2; i++)
        error = eval_node(eval, node->children[i], times, &sides[i]);
    if (error != 0)
        return error;
    bool left_scalar = node->children[0]->type == QUERY_SCALAR;
    bool right_scalar = node->children[1]->type == QUERY_SCALAR;
    if (left_scalar && right_scalar)
        return scalar_scalar(eval, node, sides, times->n, out_grid);
    if (left_scalar || right_scalar)
        return vector_scalar(eval, node, sides, times->n, out_grid);
    if (op_is_set(node->op))
        return set_operation(eval, node, sides, times->n, out_grid);
    return vector_vector(eval, node, sides, times->n, out_grid);
}
