/* SPDX-License-Identifier: MIT */
/*
 * summary - what a condition is called: its labels as identity, and its first line in words.
 *
 * In a rule's template {host}, {value}, {limit}, {silence}, {interval}, {in_window} and
 * {service_state} stand for what their names say, every other {name} for that label; unknown
 * ones for nothing.
 */
#pragma once

#include <stddef.h>

#include "model/labels.h"
#include "model/rule.h"

/* The labels that tell a rule's conditions on one host apart, as a JSON object sorted by name.
 * Left out: the metric name, instance and job.  Too long for `size`: a hash of it instead. */
void summary_write_identity(const struct labels *labels, char *out, size_t size);

struct summary_facts {
    const struct rule *rule;
    const char *host;
    const struct labels *labels; /* NULL = none */
    double value;
    mspan_t silence, interval; /* for host_down */
    mspan_t window;            /* that the value was counted in; 0 = not known */
    const char *service_state; /* NULL or "" = not known */
};

/* Cut at `size`, never within a UTF-8 character. */
void summary_write(const struct summary_facts *facts, char *out, size_t size);
