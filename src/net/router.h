/* SPDX-License-Identifier: MIT */
/*
 * router - which handler answers which method and path.
 *
 * A table of routes; "{name}" matches one whole segment, "{rest...}" at the end matches what is
 * left.  Literal segments win over names.  Unknown path: 404; known path with another method: 405
 * with Allow; HEAD is served by GET's handler without its body; a trailing slash on a known path
 * is 307 to the path without it.
 */
#pragma once

#include "net/http_server.h"

#define ROUTE_PARAMS_MAX 4

struct route_params {
    const char *values[ROUTE_PARAMS_MAX]; /* in the order of the pattern; percent-decoded,
                                            * since the path that is matched is */
    size_t len;
};

typedef void route_fn(struct http_exchange *exchange, const struct route_params *params,
                      void *arg);

struct route {
    enum http_method method;
    const char *pattern; /* "/api/v1/hosts/{id}" */
    route_fn *handle;
    unsigned rights; /* of enum principal_right: all are needed; for the caller's use */
};

struct router;

struct router *router_new(void);
void router_free(struct router *router);

/* The routes are borrowed and live as long as the router.  Later ones win over equal ones. */
void router_add(struct router *router, const struct route *routes, size_t n_routes, void *arg);

/* What router_find() found. */
struct router_match {
    const struct route *route; /* NULL = none, the status says why */
    struct route_params params;
    void *arg;  /* as given with the routes */
    int status; /* 200 with a route; 404, 405, 307; 500 when the arena was full */
    const char
        *allow; /* 405: a list for the Allow header; 307: the target, escaped, without the
                        * query; else NULL */
};

/* What answers this method and path; its texts live in `arena`. */
struct router_match router_find(const struct router *router, enum http_method method,
                                const char *path, struct arena *arena);
