/* SPDX-License-Identifier: MIT */
/* channels - how people are told. */
#include <errno.h>
#include <stdlib.h>

#include "api/resource.h"
#include "base/memory.h"

static void get_channels(struct http_exchange *exchange, const struct route_params *params,
                         void *arg)
{
    struct api *api = arg;
    (void)params;
    struct answer answer;
    answer_begin(&answer, exchange);
    json_object_begin(&answer.json);
    json_key(&answer.json, "channels");
    int error =
        notify_channels_write(api->parts.notify, resource_who(exchange)->org, &answer.json);
    if (error != 0) {
        buf_deinit(&answer.body);
        answer_error(exchange, error);
        return;
    }
    json_object_end(&answer.json);
    answer_send(&answer, 200);
}

static void answer_channel(struct api *api, struct http_exchange *exchange, int64_t id,
                           int status)
{
    struct answer answer;
    answer_begin(&answer, exchange);
    int error =
        notify_channel_write(api->parts.notify, resource_who(exchange)->org, id, &answer.json);
    if (error != 0) {
        buf_deinit(&answer.body);
        answer_error(exchange, error);
        return;
    }
    answer_send(&answer, status);
}

static json_t *read_document(struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    json_error_t error;
    json_t *document =
        json_loadb(request->body, request->body_len, JSON_REJECT_DUPLICATES, &error);
    if (document == NULL)
        answer_problem(exchange, 400, NULL, "The body is not JSON: line %d, column %d: %s.",
                       error.line, error.column, error.text);
    return document;
}

static void answer_refusal(struct http_exchange *exchange, int error,
                           const struct refusal *refusal)
{
    int status = error == -EINVAL ? 422 : error == -EEXIST ? 409 : error == -EBADMSG ? 400 : 0;
    if (status != 0)
        answer_problem(exchange, status, refusal->field[0] == '\0' ? NULL : refusal->field,
                       "%s", refusal->problem.text);
    else
        answer_error(exchange, error);
}

static void post_channel(struct http_exchange *exchange, const struct route_params *params,
                         void *arg)
{
    struct api *api = arg;
    (void)params;
    CLEANUP(body_decrefp) json_t *document = read_document(exchange);
    if (document == NULL)
        return;
    int64_t id;
    struct refusal refusal = {0};
    int error = notify_channel_create(api->parts.notify, resource_who(exchange)->org, document,
                                      &id, &refusal);
    if (error != 0)
        answer_refusal(exchange, error, &refusal);
    else
        answer_channel(api, exchange, id, 201);
}

static void put_channel(struct http_exchange *exchange, const struct route_params *params,
                        void *arg)
{
    struct api *api = arg;
    int64_t id;
    if (!resource_id(exchange, params, &id))
        return;
    CLEANUP(body_decrefp) json_t *document = read_document(exchange);
    if (document == NULL)
        return;
    struct refusal refusal = {0};
    int error = notify_channel_update(api->parts.notify, resource_who(exchange)->org, id,
                                      document, &refusal);
    if (error != 0)
        answer_refusal(exchange, error, &refusal);
    else
        answer_channel(api, exchange, id, 200);
}

static void delete_channel(struct http_exchange *exchange, const struct route_params *params,
                           void *arg)
{
    struct api *api = arg;
    int64_t id;
    if (!resource_id(exchange, params, &id))
        return;
    int error = notify_channel_delete(api->parts.notify, resource_who(exchange)->org, id);
    answer_done(exchange, error);
}

static void tested(const struct notify_test_result *result, void *arg)
{
    struct answer answer;
    answer_begin(&answer, arg);
    json_object_begin(&answer.json);
    json_field_bool(&answer.json, "delivered", result->delivered);
    json_field_string(&answer.json, "answer", result->answer);
    json_field_int(&answer.json, "took_ms", result->took_ms);
    json_object_end(&answer.json);
    answer_send(&answer, 200);
}

static void test_channel(struct http_exchange *exchange, const struct route_params *params,
                         void *arg)
{
    struct api *api = arg;
    int64_t id;
    if (!resource_id(exchange, params, &id))
        return;
    int error = notify_test_channel(api->parts.notify, resource_who(exchange)->org, id, tested,
                                    exchange);
    if (error != 0)
        answer_error(exchange, error);
}

static void get_messages(struct http_exchange *exchange, const struct route_params *params,
                         void *arg)
{
    static const struct resource_int limit_range = {1, 500, 50};
    static const char *const states[] = {"queued", "delivered", "failed"};
    struct api *api = arg;
    struct outbox_letters which = {.org = resource_who(exchange)->org};
    if (!resource_id(exchange, params, &which.channel_id) ||
        !resource_query_int(exchange, "limit", limit_range, &which.limit))
        return;
    char state[16] = "";
    http_form_value(http_exchange_request(exchange)->query, "state", state, sizeof(state));
    for (size_t i = 0; i < ARRAY_LEN(states); i++)
        which.state = text_is(state, states[i]) ? states[i] : which.state;
    if (state[0] != '\0' && which.state == NULL) {
        answer_problem(exchange, 400, "state",
                       "\"state\" must be queued, delivered or failed.");
        return;
    }
    struct answer answer;
    answer_begin(&answer, exchange);
    json_object_begin(&answer.json);
    json_key(&answer.json, "messages");
    int error = notify_messages_write(api->parts.notify, &which, &answer.json);
    if (error != 0) {
        buf_deinit(&answer.body);
        answer_error(exchange, error);
        return;
    }
    json_object_end(&answer.json);
    answer_send(&answer, 200);
}

static void resend(struct http_exchange *exchange, const struct route_params *params, void *arg)
{
    struct api *api = arg;
    int64_t channel_id, message = 0, count = 0;
    if (!resource_id(exchange, params, &channel_id))
        return;
    CLEANUP(body_decrefp) json_t *document = read_document(exchange);
    if (document == NULL)
        return;
    json_t *given = json_object_get(document, "message");
    if (!json_is_object(document) || (given != NULL && !json_is_integer(given))) {
        answer_problem(exchange, 400, "message",
                       "\"message\" must be the number of one, or be left out.");
        return;
    }
    message = json_integer_value(given);
    int error = notify_channel_resend(api->parts.notify, resource_who(exchange)->org,
                                      channel_id, message, &count);
    if (error != 0) {
        answer_error(exchange, error);
        return;
    }
    struct answer answer;
    answer_begin(&answer, exchange);
    json_object_begin(&answer.json);
    json_field_int(&answer.json, "queued", count);
    json_object_end(&answer.json);
    answer_send(&answer, 200);
}

static const struct route routes[] = {
    /* Addresses and headers of webhooks are half a secret: not for those who may only look. */
    {HTTP_GET, "/api/v1/channels", get_channels, RIGHT_OPERATE},
    {HTTP_POST, "/api/v1/channels", post_channel, RIGHT_CONFIGURE},
    {HTTP_PUT, "/api/v1/channels/{id}", put_channel, RIGHT_CONFIGURE},
    {HTTP_DELETE, "/api/v1/channels/{id}", delete_channel, RIGHT_CONFIGURE},
    {HTTP_POST, "/api/v1/channels/{id}/test", test_channel, RIGHT_CONFIGURE},
    {HTTP_GET, "/api/v1/channels/{id}/messages", get_messages, RIGHT_OPERATE},
    {HTTP_POST, "/api/v1/channels/{id}/resend", resend, RIGHT_OPERATE},
};

const struct resource channels_resource = {routes, ARRAY_LEN(routes)};
