/* SPDX-License-Identifier: MIT */
/*
 * backoff - how long to wait before trying again: doubling ceilings, full jitter.
 *
 * The n-th wait is chosen evenly from [first, ceiling] with ceiling = first * 2^n up to `max`, so
 * that many agents whose server comes back do not all come at once.
 */
#pragma once

#include "base/clock.h"

struct backoff {
    mspan_t first, max;
    unsigned failures; /* since the last success */
};

void backoff_init(struct backoff *backoff, mspan_t first, mspan_t max);
void backoff_reset(struct backoff *backoff);

/* After a failure: the wait.  `chance` from [0, 1), see random_unit(); `at_least` is what the
 * server asked for (Retry-After), 0 = nothing. */
mspan_t backoff_fail(struct backoff *backoff, double chance, mspan_t at_least);

/* Retry-After in its form of seconds, as a span within [0, `max`]; 0 for anything else. */
mspan_t backoff_retry_after(const char *value, mspan_t max);
