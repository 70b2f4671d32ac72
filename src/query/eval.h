/* SPDX-License-Identifier: MIT */
/*
 * eval - what the parts of the evaluator share.
 *
 * A node is evaluated for all steps at once and gives a grid: rows of labels, each with a value
 * for every step.  So a selector is read once, windows only move forward, and what depends on
 * labels (matching, grouping) is worked out once per row, not once per step.
 *
 * Invariants of a grid that eval_node() returns:
 *   1. every row has `times->n` values; a step without one holds VALUE_ABSENT;
 *   2. no two rows have equal labels;
 *   3. a scalar is one row without labels and without absent values.
 * Grids live in the caller's arena and are not changed once returned, so that they may share
 * values; their labels belong to the evaluation until it ends.
 *
 * Functions return 0, a positive enum query_error, or -errno of the source.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/labels.h"
#include "model/sample.h"
#include "query/ast.h"
#include "query/query.h"

struct annotations;
struct label_refs;

struct eval {
    const struct query_context *context;
    struct arena *arena;
    struct problem *problem;
    msec_t from_ms, to_ms; /* of the whole query, for @ start() and @ end() */
    size_t samples_left;   /* of context->max_samples */
    size_t work;           /* since the deadline was looked at */
    struct label_refs *refs;
    size_t label_bytes; /* held by refs; limited like the arena, which they do not live in */
    struct labels *no_labels;
    const char *text;                /* of the expression; borrowed from it */
    struct annotations *annotations; /* NULL while there are none */
};

struct times {
    msec_t from_ms;
    mspan_t step_ms;
    size_t n;
};

static inline msec_t times_at(const struct times *times, size_t step)
{
    return times->from_ms + (msec_t)step * times->step_ms;
}

/* No operation yields a stale marker, so its bits say "no value at this step". */
#define VALUE_ABSENT sample_stale_value()

static inline bool value_is_absent(double value)
{
    return sample_value_is_stale(value);
}

struct row {
    struct labels *labels; /* borrowed from the evaluation */
    double *values;
};

struct grid {
    struct row *rows;
    size_t n_rows;
};

/* -- eval.c -- */

int eval_node(struct eval *eval, const struct node *node, const struct times *times,
              struct grid *out_grid);

/* The values of a scalar, one for each step. */
int eval_scalar(struct eval *eval, const struct node *node, const struct times *times,
                const double **out_values);

/* Call about once per `amount` values touched: QUERY_TIMEOUT, QUERY_CANCELLED or 0. */
int eval_work(struct eval *eval, size_t amount);

/* Fills the problem; returns QUERY_FAILED. */
int eval_bad(struct eval *eval, const char *format, ...) PRINTF_LIKE(2, 3);

/* -- annotation.c -- */

enum annotation_kind {
    ANNOTATION_WARNING,
    ANNOTATION_INFO,
    ANNOTATION_KIND_COUNT
};

/* A remark on the expression at that offset; the same one is kept once. 0, QUERY_TOO_LARGE. */
int eval_annotate(struct eval *eval, enum annotation_kind kind, size_t at, const char *format,
                  ...) PRINTF_LIKE(4, 5);

/* Warns when it does not lie between 0 and 1; `where` is the node that gave it. */
int eval_check_quantile(struct eval *eval, double quantile, const struct node *where);

/* Hands them to the result. */
int eval_list_annotations(struct eval *eval, struct query_result *result);

/* -- grid.c -- */

/* Rows without labels and values. */
int grid_init(struct eval *eval, size_t n_rows, struct grid *out_grid);

/* `n` absent values. */
int values_new(struct eval *eval, size_t n, double **out_values);

int grid_init_scalar(struct eval *eval, size_t n, struct grid *out_grid);

bool row_is_empty(const struct row *row, size_t n);

/* Makes invariant 2 true: rows with equal labels become one.  BAD_DATA when two of them have a
 * value at the same step (or at all, if `strict`), with `complaint` as its text. */
int grid_merge(struct eval *eval, struct grid *grid, size_t n, bool strict,
               const char *complaint);
#define GRID_SAME_LABELS "the result would contain several series with the same labels"

/* Which rows belong together: equal in the labels that the filter keeps (NULL = all). */
struct grouping {
    uint32_t *group_of; /* by row; the rows of the second grid follow those of the first */
    size_t n_groups;
};
int grid_group(struct eval *eval, const struct grid *first, const struct grid *second,
               const struct label_filter *filter, struct grouping *out_grouping);

/* What grid_group() goes by. */
uint64_t group_hash(const struct labels *labels, const struct label_filter *filter);
bool group_equal(const struct labels *a, const struct labels *b,
                 const struct label_filter *filter);

/* -- relabel.c: label sets derived from others; they belong to the evaluation -- */

int relabel_drop_name(struct eval *eval, struct labels *labels, struct labels **out_labels);
int relabel_filter(struct eval *eval, const struct labels *labels,
                   const struct label_filter *filter, struct labels **out_labels);
/* Sets name to value, or removes it when the value is "". */
int relabel_set(struct eval *eval, struct labels *labels, const char *name, const char *value,
                struct labels **out_labels);
int relabel_new(struct eval *eval, const struct label *pairs, size_t count,
                struct labels **out_labels);
/* Takes over one reference. */
int relabel_take(struct eval *eval, struct labels *labels);
void relabel_release_all(struct eval *eval);

/* -- select.c -- */

/* Series with all samples that any step's window needs; stale markers are left out. */
struct range_data {
    struct series_data *series; /* sorted by labels */
    size_t n_series;
};

struct window {
    const struct sample *samples; /* at least one */
    size_t n;
    msec_t from_ms, to_ms; /* the range: (from, to] */
    msec_t at_ms;          /* the step */
    const double *parameters;
    double *scratch;
    size_t first, end; /* where the samples lie in their series; kept by select_window() */
};

msec_t shift_apply(const struct eval *eval, const struct time_shift *shift, msec_t at_ms);

/* What to ask the source for: the samples in windows of `reach_ms` that end at the steps. */
int select_request(struct eval *eval, const struct node *node, const struct times *times,
                   mspan_t reach_ms, struct series_request *out_request);

/* For a NODE_RANGE or NODE_SUBQUERY. */
int select_range(struct eval *eval, const struct node *node, const struct times *times,
                 struct range_data *out_data);

/* The samples of `series` in the window that ends at the shifted `at_ms`, which only moves forward
 * from call to call. */
void select_window(const struct eval *eval, const struct node *node,
                   const struct series_data *series, struct window *window);

/* For a NODE_SELECTOR; with `times_wanted` the values are the samples' own times in seconds. */
int select_instant(struct eval *eval, const struct node *node, const struct times *times,
                   bool times_wanted, struct grid *out_grid);

/* -- binary.c -- */

int binary_eval(struct eval *eval, const struct node *node, const struct times *times,
                struct grid *out_grid);
