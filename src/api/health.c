/* SPDX-License-Identifier: MIT */
/* health - 200 when the server can accept and store, else 503 and why. */
#include "api/resource.h"

static void get_health(struct http_exchange *exchange, const struct route_params *params,
                       void *arg)
{
    struct api *api = arg;
    (void)params;
    char why[256] = "";
    bool healthy = store_is_healthy(api->parts.store, why, sizeof(why));
    struct answer answer;
    answer_begin(&answer, exchange);
    json_object_begin(&answer.json);
    json_field_bool(&answer.json, "ok", healthy);
    json_field_string(&answer.json, "version", SENTORA_VERSION);
    if (!healthy)
        json_field_string(&answer.json, "detail", why);
    json_object_end(&answer.json);
    answer_send(&answer, healthy ? 200 : 503);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/v1/health", get_health, API_PUBLIC},
};

const struct resource health_resource = {routes, ARRAY_LEN(routes)};
