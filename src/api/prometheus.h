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
    const char *form;  /* the query string, and the form that was posted */
    org_id org;
    mono_t received;
    mono_t deadline;
    struct arena arena; /* of the work */
};

/* {"status":"error", ...} */
void prometheus_fail(struct prometheus_call *call, int status, const char *type,
                     const char *text);

/* `error` as query_instant() returns it. */
void prometheus_fail_query(struct prometheus_call *call, int error,
                           const struct problem *problem);

/* {"status":"success","data": - then one value is to be written - and the end, which sends. */
void prometheus_begin(struct prometheus_call *call, struct answer *answer);
void prometheus_end(struct answer *answer);

/* "warnings" with the remark that there was more than the caller wanted. */
void prometheus_write_truncated(struct json *json);

/* A parameter, copied into the work's arena; NULL when absent. */
bool prometheus_read_text(struct prometheus_call *call, const char *name,
                          const char **out_text);

/* A time in seconds or RFC 3339; `fallback` when absent. */
bool prometheus_read_time(struct prometheus_call *call, const char *name, msec_t fallback,
                          msec_t *out_at);
bool prometheus_read_span(struct prometheus_call *call, const char *name, mspan_t fallback,
                          mspan_t *out_span);

/* How many of something are wanted at most; absent or 0 = SIZE_MAX. */
bool prometheus_read_limit(struct prometheus_call *call, const char *name, size_t *out_limit);

/* The parameter "query"; free with expr_free(). */
bool prometheus_read_expr(struct prometheus_call *call, struct expr **out_expr);

/* True when the parameter comes with this value, or at all when `value` is NULL. */
bool prometheus_has(const struct prometheus_call *call, const char *name, const char *value);

#define PROMETHEUS_SAMPLES_MAX ((size_t)50 * 1000 * 1000)
#define PROMETHEUS_TIMEOUT     (30 * MSEC_SECOND)

/* Queries (prometheus_query.c). */
prometheus_fn prometheus_instant;
prometheus_fn prometheus_range;
prometheus_fn prometheus_exemplars;
prometheus_fn prometheus_format;
prometheus_fn prometheus_parse;

/* Series, and the names and values of labels (prometheus_series.c). */
prometheus_fn prometheus_series;
prometheus_fn prometheus_labels;
prometheus_fn prometheus_cardinality;

/* What the server knows of itself and of metrics (prometheus_status.c). */
prometheus_fn prometheus_buildinfo;
prometheus_fn prometheus_runtimeinfo;
prometheus_fn prometheus_config;
prometheus_fn prometheus_flags;
prometheus_fn prometheus_walreplay;
prometheus_fn prometheus_targets;
prometheus_fn prometheus_target_metadata;
prometheus_fn prometheus_scrape_pools;
prometheus_fn prometheus_alertmanagers;
prometheus_fn prometheus_metadata;

/* Thresholds and open alerts (prometheus_rules.c). */
prometheus_fn prometheus_rules;
prometheus_fn prometheus_alerts;
