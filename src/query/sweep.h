/* SPDX-License-Identifier: MIT */
/*
 * sweep - one series through all windows of a selector.
 *
 * Windows only move forward, so where each one begins and ends is found in one pass over the times;
 * and series of one host mostly have the same times, so that the pass, and what follows from
 * times alone, is often that of the series before.  A function then gives its values in
 * one of three ways, whichever it has and is the cheapest:
 *
 *     sweep   all windows at once, from where they begin and end: rate(), changes(), ...
 *     fold    what a window's samples add up to, merged from parts that neighbouring windows share:
 *             linear in samples and steps however much windows overlap; takes rollups as they are
 *     range   one window after the other
 *
 * A sweeper is one thread's; its memory is counted against what the query may use.
 */
#pragma once

#include "model/series_source.h"
#include "query/function.h"
#include "query/maths.h"

/* The same for all series of a selector; only read while series are swept. */
struct sweep_plan {
    const struct function *function; /* of a range; NULL: the value at an instant */
    const struct parameters *parameters;
    const struct times *times;
    msec_t first_to_ms; /* the end of the first window */
    mspan_t stride_ms;  /* from one end to the next; 0 when @ holds them */
    mspan_t reach_ms;   /* from a window's end back to its begin: (to - reach, to] */
    bool times_wanted;  /* instants: the samples' own times in seconds instead of values */
};

/* What extrapolation to the whole window makes of growth within it; from times alone. */
struct stretch {
    double factor;
    double
        near_zero; /* a counter that began below so many times its growth began in the window */
};

/* One series, stale markers left out, as function->sweep() sees it. */
struct sweep {
    const struct sample *samples;
    size_t n;
    size_t n_steps;
    const uint32_t *first, *end; /* by step: its window is samples [first, end) */
    uint64_t n_in_windows;       /* over all steps */
    const uint32_t *falls;       /* samples below the one before; only with n_falls > 0 */
    size_t n_falls;
    const struct stretch *stretches; /* by step; as function->stretch() made them */
    const struct sweep_plan *plan;
};

/* Over one window, or a part of it. */
struct fold {
    msec_t first_ms, last_ms;
    double first, last, min, max;
    struct exact_sum sum;
    double count;
    double resets; /* Σ of the value before, over samples below the one before */
};

struct fold fold_of_sample(struct sample sample);
struct fold fold_of_rollup(const struct rollup *rollup);
/* `after` follows on `before`. */
struct fold fold_merge(const struct fold *before, const struct fold *after);

struct sweeper {
    const struct sweep_plan *plan;
    struct eval eval;    /* a copy, for eval_work() only */
    size_t *memory_left; /* atomic, shared by the threads */

    msec_t *times; /* of the series before, and what follows from them */
    size_t n_times, times_bytes;
    uint32_t *first, *end;
    size_t first_bytes, end_bytes;
    uint64_t n_in_windows;
    bool has_bounds, has_stretches;
    struct stretch *stretches;
    size_t stretches_bytes;

    struct sample *kept; /* samples without stale markers */
    size_t kept_bytes;
    uint32_t *falls;
    size_t falls_bytes;
    struct fold *folds; /* of the parts that windows share, see sweep_fold.c */
    size_t folds_bytes;
    double *scratch; /* a value of each sample */
    size_t scratch_bytes;
    double *row; /* values by step, for the caller */
    size_t row_bytes;
};

void sweeper_init(struct sweeper *sweeper, const struct sweep_plan *plan,
                  const struct eval *eval, size_t *memory_left);
void sweeper_deinit(struct sweeper *sweeper);

/* Puts the values of all steps into sweeper->row; *out_present says how many there are.  0, or an enum
 * query_error. */
int sweeper_run(struct sweeper *sweeper, const struct series_data *data, size_t *out_present);

/* Makes *memory at least `bytes` long, without keeping what is in it. */
int sweeper_room(struct sweeper *sweeper, void **memory, size_t *bytes, size_t need);

/* -- sweep_fold.c: windows over rollups and samples, whose times are sweeper->times -- */

int sweep_folds(struct sweeper *sweeper, const struct series_data *data, double *values);
