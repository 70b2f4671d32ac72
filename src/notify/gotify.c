/* SPDX-License-Identifier: MIT */
/*
 * gotify - a push message by a Gotify server, as one of its applications.
 *
 * Priorities from 8 on ring on a phone, from 4 on they only make a sound, 0 is silent.
 */
#include <string.h>

#include "base/text.h"
#include "notify/post.h"
#include "notify/render.h"

static const struct channel_field gotify_fields[] = {
    {.key = "url",
     .type = FIELD_TEXT,
     .required = true,
     .max_bytes = 1024,
     .is_valid = fields_is_url,
     .expects = "the http:// or https:// address of your Gotify server"},
    {.key = "token", .type = FIELD_TEXT, .secret = true, .required = true, .max_bytes = 256},
};

static int priority_of(const struct message *message)
{
    static const int priorities[] = {4, 6, 9};
    _Static_assert(ARRAY_LEN(priorities) == SEVERITY_COUNT, "a priority for each severity");
    if (message->kind == MESSAGE_TEST)
        return 4;
    return message->event.transition == TRANSITION_FIRED
               ? priorities[message->event.alert.severity]
               : 0;
}

static void write_click(struct json *json, const char *link)
{
    json_key(json, "extras");
    json_object_begin(json);
    json_key(json, "client::notification");
    json_object_begin(json);
    json_key(json, "click");
    json_object_begin(json);
    json_field_string(json, "url", link);
    json_object_end(json);
    json_object_end(json);
    json_object_end(json);
}

static void write_body(struct buf *out, const struct message *message)
{
    struct buf part;
    struct json json;
    buf_init(&part, 32768);
    json_init(&json, out);
    json_object_begin(&json);
    render_subject(&part, message);
    json_field_string(&json, "title", buf_text(&part));
    buf_reset(&part);
    post_facts(&part, message, 8192);
    json_field_string(&json, "message", buf_text(&part));
    json_field_int(&json, "priority", priority_of(message));
    buf_reset(&part);
    render_link(&part, message);
    if (part.len > 0)
        write_click(&json, buf_text(&part));
    json_object_end(&json);
    buf_deinit(&part);
}

static int gotify_prepare(struct transfer *transfer, const struct channel_request *request)
{
    write_body(&transfer->body, request->message);
    int error = transfer->body.error;
    struct buf url;
    buf_init(&url, 2048);
    const char *base = fields_text(request->config, "url", "");
    size_t len = strlen(base);
    while (len > 0 && base[len - 1] == '/')
        len--;
    buf_printf(&url, "%.*s/message", (int)len, base);
    if (error == 0)
        error = url.error;
    if (error == 0)
        error = transfer_add_header(transfer, "X-Gotify-Key: %s",
                                    fields_text(request->secrets, "token", ""));
    if (error == 0)
        error = post_json(transfer, buf_text(&url));
    buf_deinit(&url);
    return error;
}

const struct channel_kind gotify_channel = {
    .name = "gotify",
    .is_read = true,
    .fields = gotify_fields,
    .n_fields = ARRAY_LEN(gotify_fields),
    .prepare = gotify_prepare,
    .judge = post_judge,
};
