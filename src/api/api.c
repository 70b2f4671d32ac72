/* SPDX-License-Identifier: MIT */
#include "api/api.h"

#include <errno.h>
#include <string.h>

#include "api/resource.h"
#include "api/scratch.h"
#include "base/memory.h"

#define API_BODY_MAX_BYTES     ((size_t)1024 * 1024)
#define API_WRITE_MAX_BYTES    ((size_t)16 * 1024 * 1024)
#define API_COOKIE_MAX_BYTES   256
#define API_UNPACKED_MAX_BYTES ((size_t)64 * 1024 * 1024) /* of a write */

/* What is known about the one who asks; kept with the exchange. */
struct visitor {
    struct principal who;
    char cookie[API_COOKIE_MAX_BYTES];
    bool came_by_cookie;
};

static const struct resource *const resources[] = {
    &alerts_resource, &channels_resource, &enroll_resource,  &health_resource,
    &hosts_resource,  &metrics_resource,  &outages_resource, &prometheus_resource,
    &report_resource, &session_resource,  &stream_resource,  &thresholds_resource,
    &tokens_resource, &write_resource,
};

struct api *api_new(const struct api_parts *parts)
{
    struct api *api = memory_calloc(1, sizeof(*api));
    api->parts = *parts;
    api->started_ms = clock_wall_ms();
    api->board = board_new();
    api->metadata = metadata_book_new();
    api->scratch = scratch_pool_new(API_UNPACKED_MAX_BYTES);
    api->router = router_new();
    for (size_t i = 0; i < ARRAY_LEN(resources); i++)
        router_add(api->router, resources[i]->routes, resources[i]->n_routes, api);
    return api;
}

void api_free(struct api *api)
{
    if (api == NULL)
        return;
    router_free(api->router);
    board_free(api->board);
    scratch_pool_free(api->scratch);
    metadata_book_free(api->metadata);
    free(api);
}

void api_set_listeners(struct api *api, struct http_server *server, int tls_port)
{
    api->server = server;
    api->tls_port = tls_port;
}

void api_stop(struct api *api)
{
    __atomic_store_n(&api->stopping, true, __ATOMIC_RELAXED);
}

size_t api_body_limit(const struct http_request *head, void *arg)
{
    (void)arg;
    return text_is(head->path, "/api/v1/write") ? API_WRITE_MAX_BYTES : API_BODY_MAX_BYTES;
}

const struct principal *resource_who(struct http_exchange *exchange)
{
    const struct visitor *visitor = http_exchange_data(exchange);
    return &visitor->who;
}

const char *resource_cookie(struct http_exchange *exchange)
{
    const struct visitor *visitor = http_exchange_data(exchange);
    return visitor->cookie;
}

bool resource_id(struct http_exchange *exchange, const struct route_params *params,
                 int64_t *out_id)
{
    int64_t id;
    if (params->len > 0 && text_to_i64(params->values[0], &id) == 0 && id > 0) {
        *out_id = id;
        return true;
    }
    answer_error(exchange, -ENOENT);
    return false;
}

bool resource_query_int(struct http_exchange *exchange, const char *name,
                        struct resource_int expected, int64_t *out_value)
{
    char text[32];
    int64_t value;
    const struct http_request *request = http_exchange_request(exchange);
    int error = http_form_value(request->query, name, text, sizeof(text));
    if (error == -ENOENT) {
        *out_value = expected.fallback;
        return true;
    }
    if (error == 0)
        error = text_to_i64(text, &value);
    if (error != 0 || value < expected.min || value > expected.max) {
        answer_problem(exchange, 400, name, "\"%s\" must be a whole number from %lld to %lld.",
                       name, (long long)expected.min, (long long)expected.max);
        return false;
    }
    *out_value = value;
    return true;
}

void resource_run(struct api *api, struct http_exchange *exchange, worker_fn *fn, void *arg)
{
    if (arg == NULL || workers_run(api->parts.workers, fn, arg) != 0)
        answer_error(exchange, -EAGAIN);
}

/* Reads the credentials and learns who that is. 0, -EACCES, -EIO. */
static int recognise(struct api *api, struct http_exchange *exchange, struct visitor *visitor)
{
    const struct http_request *request = http_exchange_request(exchange);
    const char *authorization = http_request_header(request, "Authorization");
    struct account_credentials given = {.api_key = http_request_header(request, "X-API-Key")};
    if (authorization != NULL && strncasecmp(authorization, "Bearer ", 7) == 0)
        given.bearer = authorization + 7;
    if (http_request_cookie(request, ACCOUNT_COOKIE_NAME, visitor->cookie,
                            sizeof(visitor->cookie)) == 0)
        given.cookie = visitor->cookie;
    visitor->came_by_cookie =
        given.bearer == NULL && given.api_key == NULL && given.cookie != NULL;
    return account_authenticate(api->parts.account, &given, clock_wall_ms(), &visitor->who);
}

static bool is_change(enum http_method method)
{
    return method != HTTP_GET && method != HTTP_HEAD && method != HTTP_OPTIONS;
}

/* False: it was answered. */
static bool may_pass(struct api *api, struct http_exchange *exchange, const struct route *route,
                     struct visitor *visitor)
{
    int error = recognise(api, exchange, visitor);
    if (route->rights == API_PUBLIC) {
        if (error != 0)
            visitor->who = (struct principal){0};
        return true;
    }
    if (error == -EACCES) {
        answer_problem(exchange, 401, NULL,
                       visitor->came_by_cookie
                           ? "Your session has ended. Please sign in again."
                           : "This token or key is not valid, or was revoked.");
        return false;
    }
    if (error != 0) {
        answer_error(exchange, error);
        return false;
    }
    if (visitor->who.kind == PRINCIPAL_NOBODY) {
        answer_problem(exchange, 401, NULL, "Please sign in, or send a token.");
        return false;
    }
    if (!principal_may(&visitor->who, route->rights & ~API_SIGNED_IN)) {
        answer_problem(exchange, 403, NULL, "You may not do this.");
        return false;
    }
    const struct http_request *request = http_exchange_request(exchange);
    if (visitor->came_by_cookie && is_change(request->method) &&
        http_request_header(request, "X-Sentora-Request") == NULL) {
        answer_problem(exchange, 403, NULL, "The header X-Sentora-Request is missing.");
        return false;
    }
    return true;
}

/* No route: a page of the dashboard, or a problem. */
static void answer_unknown(struct http_exchange *exchange, int status, const char *allow)
{
    if (status == 307) {
        const char *query = http_exchange_request(exchange)->query;
        const char *target = arena_printf(http_exchange_arena(exchange), "%s%s%s", allow,
                                          *query == '\0' ? "" : "?", query);
        const struct http_header header = {"Location", target == NULL ? allow : target};
        http_respond(exchange,
                     &(struct http_answer){.status = 307, .headers = &header, .n_headers = 1});
        return;
    }
    if (status == 405) {
        const struct http_header headers[] = {{"Allow", allow},
                                              {"Content-Type", "application/problem+json"}};
        static const char body[] =
            "{\"type\":\"about:blank\",\"title\":\"Method Not Allowed\","
            "\"status\":405,\"detail\":\"This address does not take this "
            "method.\"}";
        http_respond(exchange, &(struct http_answer){.status = 405,
                                                     .headers = headers,
                                                     .n_headers = ARRAY_LEN(headers),
                                                     .body = body,
                                                     .len = sizeof(body) - 1});
        return;
    }
    if (!assets_answer(exchange))
        answer_problem(exchange, 404, NULL, "There is nothing at this address.");
}

void api_handle(struct http_exchange *exchange, void *arg)
{
    struct api *api = arg;
    const struct http_request *request = http_exchange_request(exchange);
    const struct router_match match =
        router_find(api->router, request->method, request->path, http_exchange_arena(exchange));
    if (match.route == NULL) {
        answer_unknown(exchange, match.status, match.allow);
        return;
    }
    struct visitor *visitor = arena_calloc(http_exchange_arena(exchange), 1, sizeof(*visitor));
    if (visitor == NULL) {
        answer_problem(exchange, 503, NULL, "The server is short of memory.");
        return;
    }
    http_exchange_set_data(exchange, visitor);
    if (may_pass(api, exchange, match.route, visitor))
        match.route->handle(exchange, &match.params, match.arg);
}
