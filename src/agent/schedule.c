/* SPDX-License-Identifier: MIT */
#include "agent/schedule.h"

#include <assert.h>

void schedule_init(struct schedule *schedule, mono_t start, mspan_t interval)
{
    assert(interval > 0);
    *schedule = (struct schedule){.interval = interval, .due = start};
}

mspan_t schedule_wait(const struct schedule *schedule, mono_t now)
{
    return schedule->due > now ? schedule->due - now : 0;
}

void schedule_advance(struct schedule *schedule, mono_t now)
{
    if (now < schedule->due) /* a timer that fires a little early still runs its tick */
        now = schedule->due;
    int64_t passed = (now - schedule->due) / schedule->interval;
    schedule->skipped += (uint64_t)passed;
    schedule->due += (passed + 1) * schedule->interval;
    assert(schedule->due > now);
}
