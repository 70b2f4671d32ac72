/* SPDX-License-Identifier: MIT */
/*
 * resource - what every resource of the API shares.  Private to api/.
 */
#pragma once

#include "api/answer.h"
#include "api/api.h"
#include "api/board.h"
#include "api/body.h"
#include "ingest/metadata_book.h"
#include "model/principal.h"
#include "net/router.h"

struct api {
    struct api_parts parts;
    struct router *router;
    struct board *board; /* vitals of every host */
    struct metadata_book *metadata;
    struct scratch_pool *scratch; /* of writes */
    msec_t started_ms;
    struct http_server *server; /* borrowed; NULL until api_set_listeners() */
    int tls_port;               /* 0 without TLS */
    bool stopping;              /* atomic */
};

/* What a route asks for when the rights alone do not say it. */
#define API_PUBLIC    0u
#define API_SIGNED_IN (1u << 31) /* anybody known; the resource looks closer */

/* Who asks; lives as long as the exchange. */
const struct principal *resource_who(struct http_exchange *exchange);

/* The session cookie of the request, "" without. */
const char *resource_cookie(struct http_exchange *exchange);

/* A path parameter that is an id; answers 404 and returns false when it is none. */
bool resource_id(struct http_exchange *exchange, const struct route_params *params,
                 int64_t *out_id);

struct resource_int {
    int64_t min, max;
    int64_t fallback; /* when absent */
};

/* A whole number from the query string; answers 400 and returns false when it is not as
 * expected. */
bool resource_query_int(struct http_exchange *exchange, const char *name,
                        struct resource_int expected, int64_t *out_value);

/* Gives the job to the workers, or answers 503. `arg` is in the exchange's arena. */
void resource_run(struct api *api, struct http_exchange *exchange, worker_fn *fn, void *arg);

/* Each resource's routes. */
struct resource {
    const struct route *routes;
    size_t n_routes;
};

extern const struct resource alerts_resource;
extern const struct resource channels_resource;
extern const struct resource enroll_resource;
extern const struct resource health_resource;
extern const struct resource hosts_resource;
extern const struct resource metrics_resource;
extern const struct resource outages_resource;
extern const struct resource prometheus_resource;
extern const struct resource report_resource;
extern const struct resource session_resource;
extern const struct resource stream_resource;
extern const struct resource thresholds_resource;
extern const struct resource tokens_resource;
extern const struct resource write_resource;

/* The dashboard's file for this path, or its page for any other address that a browser asks for.
 * False when there is none. */
bool assets_answer(struct http_exchange *exchange);

/* HOST, ALERT, outage and threshold as the manual has them. */
void host_view_write(struct api *api, struct json *json, const struct host *host, bool whole);
void alert_view_write(struct json *json, const struct alert *alert);
void outage_view_write(struct json *json, const struct outage *outage);

/* Instants: null when 0.  Numbers: null when NaN (json_double does). */
void view_time(struct json *json, const char *key, msec_t at);
