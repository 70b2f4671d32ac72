/* SPDX-License-Identifier: MIT */
/* outages - silences of hosts, kept until a person clears them. */
#include "state/outages.h"

#include <errno.h>

#include "api/resource.h"

static bool read_cleared(struct http_exchange *exchange, bool *out_cleared)
{
    char text[8] = "false";
    http_form_value(http_exchange_request(exchange)->query, "cleared", text, sizeof(text));
    *out_cleared = text_is(text, "true");
    if (*out_cleared || text_is(text, "false"))
        return true;
    answer_problem(exchange, 400, "cleared", "\"cleared\" must be true or false.");
    return false;
}

static void get_outages(struct http_exchange *exchange, const struct route_params *params,
                        void *arg)
{
    struct api *api = arg;
    (void)params;
    int64_t limit, host_id;
    bool cleared;
    if (!read_cleared(exchange, &cleared) ||
        !resource_query_int(exchange, "host", (struct resource_int){1, INT64_MAX, 0},
                            &host_id) ||
        !resource_query_int(exchange, "limit", (struct resource_int){1, OUTAGES_LIST_MAX, 200},
                            &limit))
        return;
    const struct outage_filter filter = {cleared, host_id, (size_t)limit};
    struct outage_list outages = {0};
    int error = outages_list(api->parts.db, resource_who(exchange)->org, &filter, &outages);
    if (error != 0) {
        answer_error(exchange, error);
    } else {
        struct answer answer;
        answer_begin_list(&answer, exchange, "outages");
        for (size_t i = 0; i < outages.len; i++)
            outage_view_write(&answer.json, &outages.items[i]);
        answer_send_list(&answer);
    }
    outage_list_deinit(&outages);
}

static void clear(struct http_exchange *exchange, const struct route_params *params, void *arg)
{
    struct api *api = arg;
    int64_t id;
    if (!resource_id(exchange, params, &id))
        return;
    const struct principal *who = resource_who(exchange);
    struct outage outage;
    int error = alert_engine_clear_outage(api->parts.alerts, who->org, id, who->name, &outage);
    if (error == -EBUSY) {
        answer_problem(exchange, 409, NULL, "Cannot clear report about an ongoing outage!");
        return;
    }
    if (error != 0) {
        answer_error(exchange, error);
        return;
    }
    struct answer answer;
    answer_begin(&answer, exchange);
    outage_view_write(&answer.json, &outage);
    answer_send(&answer, 200);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/v1/outages", get_outages, RIGHT_READ},
    {HTTP_POST, "/api/v1/outages/{id}/clear", clear, RIGHT_OPERATE},
};

const struct resource outages_resource = {routes, ARRAY_LEN(routes)};
