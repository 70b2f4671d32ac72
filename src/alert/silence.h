/* SPDX-License-Identifier: MIT */
/*
 * silence - how long a host may say nothing, and how often it speaks.
 *
 *   waiting ──first report──► up ◄──report── late
 *                             │  2 intervals  ▲
 *                             └───────────────┘──3.5 intervals──► down ──report──► up
 *
 * Counted by the monotonic clock from the last receipt, or from the start of the server plus one
 * interval of grace when that is later: a restart declares nobody down.  The limit is that of the
 * rule host_down: a number of intervals, or a time when the rule has one.
 *
 * Pure values.
 */
#pragma once

#include <stdbool.h>

#include "model/host.h"
#include "model/rule.h"

#define SILENCE_INTERVAL_DEFAULT_MS (60 * MSEC_SECOND) /* until it is known */
#define SILENCE_LIMIT_MIN_MS        (5 * MSEC_SECOND)
#define SILENCE_LATE_MIN_MS         (3 * MSEC_SECOND)

struct silence {
    mspan_t interval;
    mspan_t late_after, down_after;
};

/* `down_rule` NULL: as in the default rules. */
struct silence silence_of(mspan_t interval, const struct rule *down_rule);

/* State of a host that has reported before: silent since `from`. */
enum host_state silence_state(const struct silence *silence, mono_t from, mono_t now);

/* Learns the interval from the times of the samples: the median of the recent gaps, so that a
 * pause, a backlog sent at once or a clock that was set does not count. */
#define SILENCE_GAPS 9

struct silence_learner {
    msec_t newest;
    mspan_t gaps[SILENCE_GAPS]; /* ring */
    unsigned n_gaps;            /* seen so far */
};

void silence_learn(struct silence_learner *learner, msec_t newest_at);
mspan_t silence_learned(const struct silence_learner *learner); /* 0 = not yet */
