/* SPDX-License-Identifier: MIT */
/*
 * machine - the states of one condition: a rule, a host, and what is measured there.
 *
 *              begin()                 fire()
 *   quiet ────────────────► pending ────────────► firing ──► (resolve(), vanish()) ──► quiet
 *     ▲                        │  ▲ │
 *     └──────── drop() ────────┘  └─┘ begin() again after a gap
 *
 *   begin    the comparison with the limit is true
 *   fire     it has been true for the rule's `for_ms`, by the times of the samples
 *   drop     it is not true any more, or the series is gone, before it fired
 *   resolve  the comparison with the clear value is false
 *   vanish   the series has not been reported for MACHINE_GONE_AFTER_MS
 *
 * NaN says nothing: it is not true, and it clears nothing that fires.  Time is the time of the
 * samples, whatever the server's clock says; a gap between samples, or time running backwards,
 * begins the counting anew, because nobody knows what was in between.  A rule without `for_ms`
 * fires at once.
 *
 * A pure value: machine_step() reads no clock and touches nothing else.
 */
#pragma once

#include <stdbool.h>

#include "model/rule.h"

/* A firing alert about something that is not reported any more (a service or a disk that was
 * removed) resolves after this time. */
#define MACHINE_GONE_AFTER_MS (5 * MSEC_MINUTE)

enum machine_state {
    MACHINE_QUIET,
    MACHINE_PENDING,
    MACHINE_FIRING
};

struct machine {
    enum machine_state state;
    msec_t since;         /* not quiet: the condition became true */
    msec_t judged;        /* not quiet: the last step */
    msec_t missing_since; /* firing: first step without a value; 0 = there was one */
};

struct machine_input {
    msec_t at;       /* time of the sample */
    bool is_present; /* false: the evaluation gave no such series */
    double value;
    mspan_t gap_max; /* longer between two steps is a gap */
};

enum machine_output {
    MACHINE_STAYS,
    MACHINE_FIRES,
    MACHINE_RESOLVES,
    MACHINE_VANISHES,
};

enum machine_output machine_step(struct machine *machine, const struct rule *rule,
                                 const struct machine_input *input);
