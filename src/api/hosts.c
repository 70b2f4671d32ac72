/* SPDX-License-Identifier: MIT */
/* hosts - the watched machines. */
#include "state/hosts.h"

#include "api/resource.h"

static void get_hosts(struct http_exchange *exchange, const struct route_params *params,
                      void *arg)
{
    struct api *api = arg;
    (void)params;
    struct host_list hosts = {0};
    int error = hosts_list(api->parts.db, resource_who(exchange)->org, &hosts);
    if (error != 0) {
        host_list_deinit(&hosts);
        answer_error(exchange, error);
        return;
    }
    struct answer answer;
    answer_begin(&answer, exchange);
    json_object_begin(&answer.json);
    json_key(&answer.json, "hosts");
    json_array_begin(&answer.json);
    for (size_t i = 0; i < hosts.len; i++)
        host_view_write(api, &answer.json, &hosts.items[i], false);
    json_array_end(&answer.json);
    json_field_int(&answer.json, "now_ms", clock_wall_ms());
    json_object_end(&answer.json);
    host_list_deinit(&hosts);
    answer_send(&answer, 200);
}

/* Finds the host of the path; false: it was answered. */
static bool find_host(struct api *api, struct http_exchange *exchange,
                      const struct route_params *params, struct host *out_host)
{
    int64_t id;
    if (!resource_id(exchange, params, &id))
        return false;
    int error = hosts_find(api->parts.db, resource_who(exchange)->org, id, out_host);
    if (error == 0)
        return true;
    answer_error(exchange, error);
    return false;
}

static void get_host(struct http_exchange *exchange, const struct route_params *params,
                     void *arg)
{
    struct host host;
    if (!find_host(arg, exchange, params, &host))
        return;
    struct answer answer;
    answer_begin(&answer, exchange);
    host_view_write(arg, &answer.json, &host, true);
    answer_send(&answer, 200);
}

/* A deletion under way; in the exchange's arena. */
struct deletion {
    struct api *api;
    struct http_exchange *exchange;
    struct host host;
};

/* The database first: when it refuses, nothing has happened.  Waits for the store's writer. */
static void run_deletion(void *arg)
{
    struct deletion *job = arg;
    struct api *api = job->api;
    const struct host *host = &job->host;
    int error = hosts_delete(api->parts.db, host->org, host->id, clock_wall_ms());
    if (error != 0) {
        answer_error(job->exchange, error);
        return;
    }
    directory_remove(api->parts.directory, host->id);
    account_forget_host(api->parts.account, host->id);
    alert_engine_host_changed(api->parts.alerts, host->org, host->id);
    board_remove(api->board, host->id);
    struct matcher matcher;
    error = matcher_init(&matcher, MATCHER_EQUAL, LABEL_INSTANCE, host->name, NULL);
    if (error == 0) {
        error = store_delete_series(api->parts.store, host->org, &matcher, 1);
        matcher_deinit(&matcher);
    }
    api_host_changed(api, host->org, host->id);
    if (error == 0)
        answer_empty(job->exchange, 204);
    else
        answer_problem(job->exchange, 503, NULL,
                       "The host is gone, but its history could not be deleted now.");
}

static void delete_host(struct http_exchange *exchange, const struct route_params *params,
                        void *arg)
{
    struct host host;
    if (!find_host(arg, exchange, params, &host))
        return;
    struct deletion *job = arena_alloc(http_exchange_arena(exchange), sizeof(*job));
    if (job != NULL)
        *job = (struct deletion){arg, exchange, host};
    resource_run(arg, exchange, run_deletion, job);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/v1/hosts", get_hosts, RIGHT_READ},
    {HTTP_GET, "/api/v1/hosts/{id}", get_host, RIGHT_READ},
    {HTTP_DELETE, "/api/v1/hosts/{id}", delete_host, RIGHT_CONFIGURE},
};

const struct resource hosts_resource = {routes, ARRAY_LEN(routes)};
