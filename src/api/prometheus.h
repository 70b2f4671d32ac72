/* SPDX-License-Identifier: MIT */
/*
 * prometheus - a request to Prometheus' HTTP API under way.  Private to api/.
 *
 * The functions that read a parameter answer the call and return false when it is not valid.
 */
#pragma once

#include "api/resource.h"
#include "query/query.h"

struct prometheus_call;
typedef void prometheus_fn(struct prometheus_call *call);

/* One request; a worker's, while it runs. */
struct prometheus_call {
    struct api *api;
    struct http_exchange *exchange;
    prometheus_fn *run;
    const char *label; /* of label/{name}/values */
    const char *form;  /* the query string, or the form that was posted */
    org_id org;
    mono_t deadline;
    struct arena arena; /* of the work */
};

void prometheus_fail(struct prometheus_call *call, int status, const char *type,
                     const char *text);

/* `error` as query_instant() returns it. */
void prometheus_fail_query(struct prometheus_call *call, int error,
                           const struct problem *problem);

/* A time in seconds or RFC 3339; `fallback` when absent. */
bool prometheus_read_time(struct prometheus_call *call, const char *name, msec_t fallback,
                          msec_t *out_at);

#define PROMETHEUS_SAMPLES_MAX ((size_t)50 * 1000 * 1000)

/* Series, and the names and values of labels (prometheus_series.c). */
prometheus_fn prometheus_series;
prometheus_fn prometheus_labels;
