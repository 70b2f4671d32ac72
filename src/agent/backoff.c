/* SPDX-License-Identifier: MIT */
#include "agent/backoff.h"

#include <assert.h>

#include "base/text.h"

#define SHIFT_MAX 20

void backoff_init(struct backoff *backoff, mspan_t first, mspan_t max)
{
    assert(first > 0 && first <= max);
    *backoff = (struct backoff){.first = first, .max = max};
}

void backoff_reset(struct backoff *backoff)
{
    backoff->failures = 0;
}

mspan_t backoff_fail(struct backoff *backoff, double chance, mspan_t at_least)
{
    assert(chance >= 0 && chance < 1);
    backoff->failures++;
    mspan_t ceiling = backoff->first << MIN_OF(backoff->failures, SHIFT_MAX);
    ceiling = MIN_OF(ceiling, backoff->max);
    mspan_t wait = backoff->first + (mspan_t)(chance * (double)(ceiling - backoff->first));
    return MAX_OF(wait, at_least);
}

mspan_t backoff_retry_after(const char *value, mspan_t max)
{
    uint64_t seconds;
    if (value == NULL || text_to_u64(value, &seconds) != 0)
        return 0;
    return seconds > (uint64_t)(max / MSEC_SECOND) ? max : (mspan_t)seconds * MSEC_SECOND;
}
