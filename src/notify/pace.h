/* SPDX-License-Identifier: MIT */
/*
 * pace - how many messages people can take: a few at once, then one now and then.
 *
 * A bucket of tokens per channel, in memory only: after a restart it is full.  Owned by one
 * thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

#define PACE_BURST     5
#define PACE_REFILL_MS (10 * MSEC_SECOND) /* per token */

struct pace_bucket {
    int64_t channel_id;
    mspan_t missing; /* time until it is full again, at `at` */
    mono_t at;
};

struct pace {
    struct pace_bucket *items; /* owned; channels whose bucket is not full */
    size_t len, capacity;
};

void pace_deinit(struct pace *pace);

/* Whole tokens that the channel has now. */
int pace_tokens(struct pace *pace, int64_t channel_id, mono_t now);

/* Takes one of them. */
void pace_take(struct pace *pace, int64_t channel_id, mono_t now);

/* How long until there is one; 0 = now. */
mspan_t pace_wait(struct pace *pace, int64_t channel_id, mono_t now);
