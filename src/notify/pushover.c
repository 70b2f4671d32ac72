/* SPDX-License-Identifier: MIT */
/*
 * pushover - a push message by Pushover.
 *
 * What is critical goes with high priority (1), which breaks through quiet hours of the phone;
 * what is over goes with low priority (-1), without a sound.  Emergency priority is not used:
 * repeating is Sentora's own work.
 */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "notify/post.h"
#include "notify/render.h"

#define MESSAGE_MAX_BYTES 1024
#define TITLE_MAX_CHARS   200

static bool is_key(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if (!isalnum((unsigned char)*at))
            return false;
    return strlen(text) == 30;
}

static const struct channel_field pushover_fields[] = {
    {.key = "device", .type = FIELD_TEXT, .max_bytes = 64},
    {.key = "api_url",
     .type = FIELD_TEXT,
     .max_bytes = 512,
     .is_valid = fields_is_url,
     .expects = "an http:// or https:// address"},
    {.key = "token",
     .type = FIELD_TEXT,
     .secret = true,
     .required = true,
     .max_bytes = 64,
     .is_valid = is_key,
     .expects = "the 30 letters and digits of the application's token"},
    {.key = "user",
     .type = FIELD_TEXT,
     .secret = true,
     .required = true,
     .max_bytes = 64,
     .is_valid = is_key,
     .expects = "the 30 letters and digits of a user's or a group's key"},
};

static int priority_of(const struct message *message)
{
    if (message->kind == MESSAGE_TEST)
        return 0;
    if (message->event.transition != TRANSITION_FIRED)
        return -1;
    return message->event.alert.severity == SEVERITY_CRITICAL ? 1 : 0;
}

static void write_body(struct buf *out, const struct channel_request *request)
{
    const struct message *message = request->message;
    struct buf part, title;
    struct json json;
    buf_init(&part, 32768);
    buf_init(&title, 8192);
    json_init(&json, out);
    json_object_begin(&json);
    json_field_string(&json, "token", fields_text(request->secrets, "token", ""));
    json_field_string(&json, "user", fields_text(request->secrets, "user", ""));
    const char *device = fields_text(request->config, "device", NULL);
    if (device != NULL)
        json_field_string(&json, "device", device);
    render_subject(&part, message);
    render_line(&title, buf_text(&part), TITLE_MAX_CHARS);
    json_field_string(&json, "title", buf_text(&title));
    buf_reset(&part);
    post_facts(&part, message, MESSAGE_MAX_BYTES);
    json_field_string(&json, "message", buf_text(&part));
    json_field_int(&json, "priority", priority_of(message));
    buf_reset(&part);
    render_link(&part, message);
    if (part.len > 0) {
        json_field_string(&json, "url", buf_text(&part));
        json_field_string(&json, "url_title", "Open in Sentora");
    }
    json_object_end(&json);
    buf_deinit(&title);
    buf_deinit(&part);
}

static int pushover_prepare(struct transfer *transfer, const struct channel_request *request)
{
    write_body(&transfer->body, request);
    if (transfer->body.error != 0)
        return transfer->body.error;
    struct buf url;
    buf_init(&url, 1024);
    buf_printf(&url, "%s/1/messages.json",
               fields_text(request->config, "api_url", "https://api.pushover.net"));
    int error = url.error != 0 ? url.error : post_json(transfer, buf_text(&url));
    buf_deinit(&url);
    return error;
}

const struct channel_kind pushover_channel = {
    .name = "pushover",
    .is_read = true,
    .fields = pushover_fields,
    .n_fields = ARRAY_LEN(pushover_fields),
    .prepare = pushover_prepare,
    .judge = post_judge,
};
