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
};

/* NULL when there is none of that name (in any case). */
const struct aggregation *aggregation_find(struct slice name);

int aggregate_eval(struct eval *eval, const struct node *node, const struct times *times,
                   struct grid *out_grid);
