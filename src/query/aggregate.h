/* SPDX-License-Identifier: MIT */
/*
 * aggregate - sum by (job) (...) and its kin: many series into one per group.
 */
#pragma once

#include "query/eval.h"

/* One group at work. */
struct group_run {
    const struct times *times;
    const struct grid *grid; /* the operand */
    const uint32_t *members; /* rows of the group, in order */
    size_t n_members;
    const double *parameter; /* by step; NULL when it takes none */
    double *values;          /* out: the group's own row, absent so far */
    double *scratch;         /* room for a value of each member */
    struct grid selected;    /* out: rows like the operand's, absent so far (keeps_series) */
};

/* A series that may be chosen, by its value at the step. */
struct choice {
    double value;
    uint32_t row;
};

/* ---- aggregate_stream.c: aggregations whose operand need not be there as a whole ---- */

/* A group's state at each step; what is in it depends on the kind. */
struct group_fold {
    double *values, *lost;
    uint32_t *counts; /* values added */
    size_t n;         /* steps */
};

/* In the arena.  0, QUERY_TOO_LARGE. */
int group_fold_init(struct group_fold *fold, struct arena *arena, size_t n);

struct group_fold_kind {
    /* A row with `n_present` values. */
    void (*add)(struct group_fold *fold, const double *values, size_t n_present);
    void (*merge)(struct group_fold *fold, const struct group_fold *other);
    /* Into values that are absent so far.  False: what was added does not tell. */
    bool (*end)(const struct group_fold *fold, double *out_values);
};

extern const struct group_fold_kind group_fold_sum, group_fold_avg, group_fold_min,
    group_fold_max, group_fold_count, group_fold_group;

bool aggregate_can_stream(const struct node *node, const struct times *times);

/* *out_is_exact false: the result is not to be used, the operand must be aggregated as a whole. */
int aggregate_stream(struct eval *eval, const struct node *node, const struct times *times,
                     struct grid *out_grid, bool *out_is_exact);

/* ---- all aggregations ---- */

struct aggregation {
    const char *name;
    bool has_parameter;
    enum query_type parameter; /* QUERY_SCALAR or QUERY_STRING */
    bool keeps_series;         /* selects among the series instead of making a new one */
    /* What one group gives at each step; see aggregation.c. */
    int (*run)(struct eval *eval, struct group_run *run);
    /* Remarks on the parameter, which has a value for each of `n` steps; NULL = none. */
    int (*check)(struct eval *eval, const struct node *parameter, const double *values,
                 size_t n);
    /* How an instant query lists what was chosen (of struct choice); NULL = as it comes. */
    int (*order)(const void *a, const void *b);
    /* How it is added up from parts; NULL = it cannot be. */
    const struct group_fold_kind *fold;
};

/* NULL when there is none of that name (in any case). */
const struct aggregation *aggregation_find(struct slice name);

int aggregate_eval(struct eval *eval, const struct node *node, const struct times *times,
                   struct grid *out_grid);
