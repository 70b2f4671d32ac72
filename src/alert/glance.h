/* SPDX-License-Identifier: MIT */
/*
 * glance - the extremes of what arrived of a host, by metric.
 *
 * Most rules are one metric over a limit, and most samples are under it.  Whoever brings samples
 * has them at hand; a rule that not even the extreme one makes true, and that has no condition
 * under way, need not be asked of the store.  A glance only ever says "perhaps" too often: it
 * gathers until the host was judged, and what nobody looked at makes it blind.
 *
 * Pure values.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/rule.h"

#define GLANCE_METRICS 16 /* numbered by whoever fills it; 0 stands for all others */

struct glance {
    bool is_blind;
    uint16_t seen; /* a bit for each metric */
    struct {
        double min, max;
    } range[GLANCE_METRICS]; /* of those seen */
};

void glance_add(struct glance *glance, unsigned metric, double value);
void glance_merge(struct glance *glance, const struct glance *other);

/* Whether a sample may have come that makes the rule true, whose expression is just `metric`. */
bool glance_allows(const struct glance *glance, unsigned metric, const struct rule *rule);
