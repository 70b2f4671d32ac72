/* SPDX-License-Identifier: MIT */
/*
 * rollup - what is left of a stretch of samples when they are too many or too old to be kept.
 *
 * A rollup stands for all samples of a series within (end_ms - span_ms, end_ms], stale markers
 * excepted.  It is left-open like PromQL's windows, so that a window (t - range, t] whose ends
 * are multiples of span_ms is exactly the rollups with end_ms in it, and these are exact:
 *
 *     count, sum, min, max, last over time    Σ count, Σ sum, min of min, max of max, last
 *     increase, rate (counters)               last of the last one - first of the first
 *                                             + Σ resets
 *                                             + for each whose first is below the last of
 *                                               the one before it: that last
 *     extrapolation                           first_ms of the first, last_ms of the last, Σ count
 *     value at an instant                     last, whose time is last_ms
 *
 * A window that cuts a rollup takes it whole or not at all, by its end_ms.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

#define ROLLUP_STEP_FACTOR 4 /* see series_request.step_ms */

struct rollup {
    msec_t end_ms;            /* a multiple of span_ms */
    uint32_t span_ms;         /* 5 min or 1 h */
    uint32_t count;           /* of samples, at least 1 */
    msec_t first_ms, last_ms; /* times of the first and the last sample */
    double first, last;       /* their values */
    double min, max;          /* NaN only when all samples are */
    double sum;
    double resets; /* Σ of the value before, over the samples below the one before, within it */
};

/* Ascending by end_ms, which are unique; growing. */
struct rollup_list {
    struct rollup *items; /* owned */
    size_t len, capacity;
};
