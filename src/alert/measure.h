/* SPDX-License-Identifier: MIT */
/*
 * measure - what a rule's expression gives for one host at one instant.
 *
 * A seam: PromQL over a series_source in the product, a table in a test.
 */
#pragma once

#include "base/arena.h"
#include "model/labels.h"
#include "model/rule.h"
#include "model/series_source.h"

struct expr;

struct measurement {
    struct labels *labels; /* one reference, owned by the list */
    double value;
};

struct measurements {
    struct measurement *items; /* in the arena */
    size_t len;
};
void measurements_release(struct measurements *measurements);

struct measure_request {
    org_id org;
    const struct rule *rule;
    const char *instance;    /* the host's label */
    const struct expr *expr; /* the rule's, narrowed to `instance`; NULL in tests */
    msec_t at_ms;
    mspan_t lookback; /* older samples do not count */
};

/* 0, a positive query error, or -errno. */
typedef int alert_measure_fn(void *arg, const struct measure_request *request,
                             struct arena *arena, struct measurements *out_measurements);

/* PromQL; `arg` is a struct series_source. */
alert_measure_fn measure_by_query;
