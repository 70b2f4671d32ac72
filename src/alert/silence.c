/* SPDX-License-Identifier: MIT */
#include "alert/silence.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

#define INTERVAL_MIN_MS (1 * MSEC_SECOND)
#define INTERVAL_MAX_MS MSEC_DAY
#define LATE_INTERVALS  2
#define DOWN_INTERVALS  3.5
#define GAP_MIN_MS      500 /* closer samples belong to one report */
#define GAPS_NEEDED     3
#define INTERVALS_MAX   10000.0

struct silence silence_of(mspan_t interval, const struct rule *down_rule)
{
    struct silence silence = {
        .interval = interval == 0 ? SILENCE_INTERVAL_DEFAULT_MS
                                  : MIN_OF(MAX_OF(interval, INTERVAL_MIN_MS), INTERVAL_MAX_MS),
    };
    double intervals = DOWN_INTERVALS;
    if (down_rule != NULL && down_rule->limit > 0)
        intervals = MIN_OF(down_rule->limit, INTERVALS_MAX);
    mspan_t limit = (mspan_t)(intervals * (double)silence.interval);
    if (down_rule != NULL && down_rule->for_ms > 0)
        limit = down_rule->for_ms;
    silence.down_after = MAX_OF(limit, SILENCE_LIMIT_MIN_MS);
    mspan_t late = MAX_OF(LATE_INTERVALS * silence.interval, SILENCE_LATE_MIN_MS);
    silence.late_after = MIN_OF(late, silence.down_after);
    return silence;
}

enum host_state silence_state(const struct silence *silence, mono_t from, mono_t now)
{
    mspan_t silent = now - from;
    if (silent > silence->down_after)
        return HOST_DOWN;
    return silent > silence->late_after ? HOST_LATE : HOST_UP;
}

void silence_learn(struct silence_learner *learner, msec_t newest_at)
{
    mspan_t gap = newest_at - learner->newest;
    if (learner->newest != 0 && gap >= 0 && gap < GAP_MIN_MS)
        return;
    if (learner->newest != 0 && gap >= GAP_MIN_MS && gap <= INTERVAL_MAX_MS)
        learner->gaps[learner->n_gaps++ % SILENCE_GAPS] = gap;
    /* A ring index that wraps must stay "full". */
    if (learner->n_gaps == 2 * SILENCE_GAPS)
        learner->n_gaps = SILENCE_GAPS;
    learner->newest = newest_at;
}

static int compare_gaps(const void *a, const void *b)
{
    const mspan_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

mspan_t silence_learned(const struct silence_learner *learner)
{
    if (learner->n_gaps < GAPS_NEEDED)
        return 0;
    size_t count = MIN_OF(learner->n_gaps, (unsigned)SILENCE_GAPS);
    mspan_t sorted[SILENCE_GAPS];
    memcpy(sorted, learner->gaps, count * sizeof(sorted[0]));
    qsort(sorted, count, sizeof(sorted[0]), compare_gaps);
    /* Whole half seconds: what was meant, without the jitter. */
    mspan_t median = sorted[count / 2];
    return MAX_OF((median + 250) / 500 * 500, INTERVAL_MIN_MS);
}
