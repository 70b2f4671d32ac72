/* SPDX-License-Identifier: MIT */
/*
 * measure - what a rule's expression gives for one host at one instant.
 *
 * A seam: PromQL over a series_source in the product, a table in a test.  An expression is
 * prepared once per rule and host, then run at every arrival.
 */
#pragma once

#include "base/arena.h"
#include "model/labels.h"
#include "model/problem.h"
#include "model/rule.h"
#include "model/series_source.h"

struct measurement {
    struct labels *labels; /* one reference, owned by the list */
    double value;
};

struct measurements {
    struct measurement *items; /* in the arena of the request */
    size_t len;
};
void measurements_release(struct measurements *measurements);

struct measure_request {
    org_id org;
    void *prepared; /* what prepare() gave */
    msec_t at_ms;
    mspan_t lookback; /* older samples do not count */
    struct arena *arena;
};

struct measure_kind {
    /* The rule's expression, narrowed to the host whose label `instance` this is.
     * 0; -EINVAL with the problem. */
    int (*prepare)(void *arg, const struct rule *rule, const char *instance,
                   void **out_prepared, struct problem *problem);
    /* 0, a positive query error, or -errno. */
    int (*run)(void *arg, const struct measure_request *request,
               struct measurements *out_measurements);
    void (*release)(void *prepared); /* NULL is fine */
};

/* PromQL; `arg` is a struct series_source. */
extern const struct measure_kind measure_by_query;
