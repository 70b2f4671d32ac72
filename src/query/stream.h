/* SPDX-License-Identifier: MIT */
/*
 * stream - a selector, or a range function over one, series by series.
 *
 * What needs of each series nothing but its own samples is worked out while the source is walked, on
 * several threads when there is much: no more than one series per thread is in memory.
 * Results do not depend on the number of threads, down to the last bit.
 */
#pragma once

#include "query/sweep.h"

struct stream_row {
    unsigned thread; /* below STREAM_THREADS_MAX */
    size_t index;
    const struct labels *labels; /* of the series, with its name */
    const double *values;        /* by step */
    size_t n_present;
};

/* Who takes the values of each series; calls for different threads may come at the same time. */
struct stream_sink {
    /* As in series_visitor; NULL = not wanted. */
    int (*begin)(void *arg, size_t n_series, size_t *out_block);
    /* Never without a value.  `values` and `labels` are borrowed for the call. */
    int (*take)(void *arg, const struct stream_row *row);
    void *arg;
};

/* A selector, or a call of a function whose argument is a range selector. */
bool stream_can(const struct node *node);

/* The selector of a node that stream_can(). */
const struct node *stream_selector(const struct node *node);

#define STREAM_THREADS_MAX 8

/* Runs it; `plan` as stream_plan() made it.  0, an enum query_error, -errno of the source. */
int stream_run(struct eval *eval, const struct node *node, const struct sweep_plan *plan,
               const struct stream_sink *sink);

/* `parameters` has what parameters_eval() gave for a call. */
struct sweep_plan stream_plan(const struct eval *eval, const struct node *node,
                              const struct times *times, const struct parameters *parameters);

/* All values of a node that stream_can(), as a grid with the series' own labels, sorted by them. */
int stream_grid(struct eval *eval, const struct node *node, const struct sweep_plan *plan,
                struct grid *out_grid);
