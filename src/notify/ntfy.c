/* SPDX-License-Identifier: MIT */
/*
 * ntfy - a push message by ntfy.sh or a server of one's own, published as JSON.
 *
 * How bad it is becomes ntfy's priority: critical 5, warning 4, information 3; what is over 2,
 * so that a phone that may only ring for 4 and above stays silent for good news.
 */
#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "notify/post.h"
#include "notify/render.h"

#define MESSAGE_MAX_BYTES 4096 /* above it ntfy makes an attachment of it */

static bool is_topic(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if (!isalnum((unsigned char)*at) && *at != '_' && *at != '-')
            return false;
    return text[0] != '\0' && strlen(text) <= 64;
}

static const struct channel_field ntfy_fields[] = {
    {.key = "server",
     .type = FIELD_TEXT,
     .max_bytes = 512,
     .is_valid = fields_is_url,
     .expects = "an http:// or https:// address"},
    {.key = "topic",
     .type = FIELD_TEXT,
     .required = true,
     .max_bytes = 64,
     .is_valid = is_topic,
     .expects = "letters, digits, _ and -"},
    {.key = "username", .type = FIELD_TEXT, .max_bytes = 256},
    {.key = "token", .type = FIELD_TEXT, .secret = true, .max_bytes = 256},
    {.key = "password", .type = FIELD_TEXT, .secret = true, .max_bytes = 256},
};

static int priority_of(const struct message *message)
{
    static const int priorities[] = {3, 4, 5};
    _Static_assert(ARRAY_LEN(priorities) == SEVERITY_COUNT, "a priority for each severity");
    if (message->kind == MESSAGE_TEST)
        return 3;
    if (message->event.transition != TRANSITION_FIRED)
        return 2;
    return priorities[message->event.alert.severity];
}

static void write_body(struct buf *out, const struct channel_request *request)
{
    const struct message *message = request->message;
    struct buf part;
    struct json json;
    buf_init(&part, 32768);
    json_init(&json, out);
    json_object_begin(&json);
    json_field_string(&json, "topic", fields_text(request->config, "topic", ""));
    render_subject(&part, message);
    json_field_string(&json, "title", buf_text(&part));
    buf_reset(&part);
    post_facts(&part, message, MESSAGE_MAX_BYTES - 1);
    json_field_string(&json, "message", buf_text(&part));
    json_field_int(&json, "priority", priority_of(message));
    buf_reset(&part);
    render_link(&part, message);
    if (part.len > 0)
        json_field_string(&json, "click", buf_text(&part));
    json_object_end(&json);
    buf_deinit(&part);
}

static int add_login(struct transfer *transfer, const struct channel_request *request)
{
    const char *token = fields_text(request->secrets, "token", NULL);
    const char *password = fields_text(request->secrets, "password", NULL);
    const char *username = fields_text(request->config, "username", NULL);
    if (token != NULL)
        return transfer_add_header(transfer, "Authorization: Bearer %s", token);
    if (username == NULL || password == NULL)
        return 0;
    char login[520],
        encoded[sodium_base64_ENCODED_LEN(sizeof(login), sodium_base64_VARIANT_ORIGINAL)];
    int len = snprintf(login, sizeof(login), "%s:%s", username, password);
    sodium_bin2base64(encoded, sizeof(encoded), (const unsigned char *)login, (size_t)len,
                      sodium_base64_VARIANT_ORIGINAL);
    return transfer_add_header(transfer, "Authorization: Basic %s", encoded);
}

static int ntfy_prepare(struct transfer *transfer, const struct channel_request *request)
{
    write_body(&transfer->body, request);
    int error = transfer->body.error;
    if (error == 0)
        error = add_login(transfer, request);
    if (error != 0)
        return error;
    return post_json(transfer, fields_text(request->config, "server", "https://ntfy.sh"));
}

const struct channel_kind ntfy_channel = {
    .name = "ntfy",
    .is_read = true,
    .fields = ntfy_fields,
    .n_fields = ARRAY_LEN(ntfy_fields),
    .prepare = ntfy_prepare,
    .judge = post_judge,
};
