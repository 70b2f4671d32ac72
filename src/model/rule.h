/* SPDX-License-Identifier: MIT */
/*
 * rule - when a measured value is a reason to alert, and what one host has different.
 *
 * A rule belongs to an organisation.  An override changes some of its numbers for one host;
 * rule_apply_override() makes the rule that counts for that host.
 *
 *     comparison true against `limit` for `for_ms`   → fire
 *     comparison false against `clear`               → resolve
 *
 * `clear` lies on the quiet side of `limit`, so that a value swinging around the limit alerts
 * once.  The rule "host_down" has no expression: `limit` is the number of missed intervals, and
 * a `for_ms` above 0 says the silence in time instead.
 */
#pragma once

#include <stdbool.h>

#include "model/alert.h"

enum rule_comparison {
    RULE_ABOVE,
    RULE_AT_LEAST,
    RULE_BELOW,
    RULE_AT_MOST,
    RULE_COMPARISON_COUNT
};

extern const char *const rule_comparison_names[RULE_COMPARISON_COUNT]; /* ">", ">=", ... */

#define RULE_FOR_MAX_MS (30 * MSEC_DAY)

struct rule {
    int64_t id;
    org_id org;
    char key[32];
    char title[64];
    char expr[1024]; /* PromQL of the measured value, without the comparison */
    enum rule_comparison comparison;
    double limit, clear;
    char unit[16];
    mspan_t for_ms;
    enum alert_severity severity;
    char summary[256]; /* template, see alert/summary.h */
    bool enabled;
    msec_t updated_ms;
};

struct rule_override {
    int64_t rule_id, host_id;
    bool has_limit, has_for, has_enabled; /* without: as the rule says */
    double limit;
    mspan_t for_ms;
    bool enabled;
};

bool rule_compare(enum rule_comparison comparison, double value, double against);

/* True when `limit` and `clear` are finite and `clear` is not beyond `limit`. */
bool rule_limits_are_valid(enum rule_comparison comparison, double limit, double clear);

/* The clear value that belongs to another limit: as far from it as the rule's, but at most a
 * tenth of the limit, so that it can be reached. */
double rule_clear_for(const struct rule *rule, double limit);

void rule_apply_override(struct rule *rule, const struct rule_override *override);
