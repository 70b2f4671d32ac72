/* SPDX-License-Identifier: MIT */
/* alerts - what is wrong and what was. */
#include "state/alerts.h"

#include "api/resource.h"

/* Reads ?state=open|all; false: it was answered. */
#define HOURS_MAX 8784 /* a leap year */

static bool read_state(struct http_exchange *exchange, bool *out_open_only)
{
    char state[16] = "open";
    http_form_value(http_exchange_request(exchange)->query, "state", state, sizeof(state));
    *out_open_only = text_is(state, "open");
    if (*out_open_only || text_is(state, "all"))
        return true;
    answer_problem(exchange, 400, "state", "\"state\" must be open or all.");
    return false;
}

static bool read_filter(struct http_exchange *exchange, struct alert_filter *out_filter)
{
    static const struct resource_int host_range = {1, INT64_MAX, 0};
    static const struct resource_int hours_range = {1, HOURS_MAX, 0};
    static const struct resource_int limit_range = {1, ALERTS_LIST_MAX, 200};
    int64_t host_id, hours, limit;
    bool open_only;
    if (!read_state(exchange, &open_only) ||
        !resource_query_int(exchange, "host", host_range, &host_id) ||
        !resource_query_int(exchange, "hours", hours_range, &hours) ||
        !resource_query_int(exchange, "limit", limit_range, &limit))
        return false;
    *out_filter = (struct alert_filter){
        .open_only = open_only,
        .host_id = host_id,
        .since_ms = hours == 0 ? 0 : clock_wall_ms() - hours * MSEC_HOUR,
        .limit = (size_t)limit,
    };
    return true;
}

static void get_alerts(struct http_exchange *exchange, const struct route_params *params,
                       void *arg)
{
    struct api *api = arg;
    (void)params;
    struct alert_filter filter;
    if (!read_filter(exchange, &filter))
        return;
    struct alert_list alerts = {0};
    int error = alerts_list(api->parts.db, resource_who(exchange)->org, &filter, &alerts);
    if (error != 0) {
        answer_error(exchange, error);
    } else {
        struct answer answer;
        answer_begin_list(&answer, exchange, "alerts");
        for (size_t i = 0; i < alerts.len; i++) {
            json_object_begin(&answer.json);
            alert_view_write(&answer.json, &alerts.items[i]);
            json_object_end(&answer.json);
        }
        answer_send_list(&answer);
    }
    alert_list_deinit(&alerts);
}

static void write_history(struct json *json, const struct alert_history *history)
{
    json_key(json, "events");
    json_array_begin(json);
    for (size_t i = 0; i < history->len; i++) {
        const struct alert_history_item *item = &history->items[i];
        json_object_begin(json);
        json_field_int(json, "at_ms", item->at_ms);
        json_field_string(json, "transition", alert_transition_names[item->transition]);
        json_field_double(json, "value", item->value);
        json_field_string(json, "actor", item->actor);
        json_field_string(json, "detail", item->detail);
        json_object_end(json);
    }
    json_array_end(json);
}

static void answer_alert(struct api *api, struct http_exchange *exchange,
                         const struct alert *alert)
{
    struct alert_history history = {0};
    int error = alerts_list_history(api->parts.db, alert->org, alert->id, &history);
    if (error != 0) {
        answer_error(exchange, error);
    } else {
        struct answer answer;
        answer_begin(&answer, exchange);
        json_object_begin(&answer.json);
        alert_view_write(&answer.json, alert);
        write_history(&answer.json, &history);
        json_key(&answer.json, "deliveries");
        notify_deliveries_write(api->parts.notify, alert->org, alert->id, &answer.json);
        json_object_end(&answer.json);
        answer_send(&answer, 200);
    }
    alert_history_deinit(&history);
}

static void get_alert(struct http_exchange *exchange, const struct route_params *params,
                      void *arg)
{
    struct api *api = arg;
    int64_t id;
    if (!resource_id(exchange, params, &id))
        return;
    struct alert alert;
    int error = alerts_find(api->parts.db, resource_who(exchange)->org, id, &alert);
    if (error != 0)
        answer_error(exchange, error);
    else
        answer_alert(api, exchange, &alert);
}

struct acknowledge_form {
    const char *comment;
};

static void acknowledge(struct http_exchange *exchange, const struct route_params *params,
                        void *arg)
{
    static const struct body_field fields[] = {
        BODY_TEXT_OPTIONAL(struct acknowledge_form, comment, "comment", 500)};
    struct api *api = arg;
    int64_t id;
    if (!resource_id(exchange, params, &id))
        return;
    struct acknowledge_form form = {0};
    CLEANUP(body_decrefp) json_t *document = NULL;
    if (http_exchange_request(exchange)->body_len > 0 &&
        !body_read(exchange, BODY_FORM(fields, struct acknowledge_form), &form, &document))
        return;

    const struct principal *who = resource_who(exchange);
    const struct alert_acknowledgement acknowledgement = {
        who->org, id, who->name, form.comment == NULL ? "" : form.comment};
    struct alert alert;
    int error = alert_engine_acknowledge(api->parts.alerts, &acknowledgement, &alert);
    if (error != 0)
        answer_error(exchange, error);
    else
        answer_alert(api, exchange, &alert);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/v1/alerts", get_alerts, RIGHT_READ},
    {HTTP_GET, "/api/v1/alerts/{id}", get_alert, RIGHT_READ},
    {HTTP_POST, "/api/v1/alerts/{id}/acknowledge", acknowledge, RIGHT_OPERATE},
};

const struct resource alerts_resource = {routes, ARRAY_LEN(routes)};
