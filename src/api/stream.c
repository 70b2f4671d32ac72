/* SPDX-License-Identifier: MIT */
/* stream - GET /api/v1/live, see live.h. */
#include <errno.h>

#include "api/resource.h"
#include "state/hosts.h"

static void get_live(struct http_exchange *exchange, const struct route_params *params,
                     void *arg)
{
    struct api *api = arg;
    (void)params;
    int64_t host_id;
    if (!resource_query_int(exchange, "host", (struct resource_int){1, INT64_MAX, 0}, &host_id))
        return;
    org_id org = resource_who(exchange)->org;
    struct host host;
    int error = host_id == 0 ? 0 : hosts_find(api->parts.db, org, host_id, &host);
    if (error == -ENOENT) {
        answer_problem(exchange, 404, "host", "There is no host %lld.", (long long)host_id);
        return;
    }
    if (error != 0) {
        answer_error(exchange, error);
        return;
    }
    live_subscribe(api->parts.live, exchange, org, host_id,
                   http_request_header(http_exchange_request(exchange), "Last-Event-ID"));
}

static const struct route routes[] = {
    {HTTP_GET, "/api/v1/live", get_live, RIGHT_READ},
};

const struct resource stream_resource = {routes, ARRAY_LEN(routes)};
