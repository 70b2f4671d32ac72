/* SPDX-License-Identifier: MIT */
/*
 * schedule - when to collect: at start + n * interval, whatever the work takes.
 *
 * Pure arithmetic on monotonic time.  A tick that comes so late that the next one is due too
 * stands for both: the missed ones are counted, not made up for.
 */
#pragma once

#include <stdint.h>

#include "base/clock.h"

struct schedule {
    mspan_t interval;
    mono_t due;       /* of the next tick */
    uint64_t skipped; /* ticks that never ran */
};

/* The first tick is due at `start`.  `interval` is at least 1. */
void schedule_init(struct schedule *schedule, mono_t start, mspan_t interval);

/* How long to wait from `now` for the next tick; 0 = it is due. */
mspan_t schedule_wait(const struct schedule *schedule, mono_t now);

/* The due tick runs at `now`: moves on to the first one after `now`. */
void schedule_advance(struct schedule *schedule, mono_t now);
