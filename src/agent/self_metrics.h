/* SPDX-License-Identifier: MIT */
/*
 * self_metrics - what the agent says about itself, as samples among the others.
 */
#pragma once

#include "agent/sender.h"
#include "agent/spool.h"
#include "collect/collect.h"

struct self_state {
    mspan_t interval;
    uint64_t collections;        /* ended before this one */
    uint64_t ticks_skipped;      /* see schedule.h */
    int64_t collect_cpu_ns;      /* of all of them */
    uint64_t samples_unsendable; /* see sampler.refused */
    struct sender_stats sender;
    struct spool_stats spool;
};

void self_metrics_emit(const struct self_state *state, const struct emitter *out);
