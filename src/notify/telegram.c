/* SPDX-License-Identifier: MIT */
/*
 * telegram - a message by a bot into a chat: a person, a group (negative id), a channel (@name),
 * or a topic of a forum.
 *
 * The text goes without parse_mode: Telegram refuses Markdown with an odd number of underscores,
 * and names of services have them.  The token stands in the address, so it is never part of an
 * answer that is kept.  While a person is asked to look, the phone rings; good news is silent.
 */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "notify/post.h"
#include "notify/render.h"

/* With subject and link below Telegram's 4,096 characters. */
#define FACTS_MAX_BYTES 3000
#define TEXT_MAX_BYTES  16384

static bool is_bot_token(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || text[digits] != ':' || text[digits + 1] == '\0')
        return false;
    for (const char *at = text + digits + 1; *at != '\0'; at++)
        if (!isalnum((unsigned char)*at) && *at != '_' && *at != '-')
            return false;
    return true;
}

static bool is_chat(const char *text)
{
    if (text[0] == '@')
        return text[1] != '\0' && text[1 + strspn(text + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                            "abcdefghijklmnopqrstuvwxyz"
                                                            "0123456789_")] == '\0';
    const char *digits = text[0] == '-' ? text + 1 : text;
    return digits[0] != '\0' && digits[strspn(digits, "0123456789")] == '\0';
}

static const struct channel_field telegram_fields[] = {
    {.key = "chat_id",
     .type = FIELD_TEXT,
     .required = true,
     .max_bytes = 64,
     .is_valid = is_chat,
     .expects = "a number like 12345 or -1001234567890, or @name of a channel"},
    {.key = "topic_id", .type = FIELD_INTEGER, .min = 1, .max = INT32_MAX},
    {.key = "api_url",
     .type = FIELD_TEXT,
     .max_bytes = 512,
     .is_valid = fields_is_url,
     .expects = "an http:// or https:// address"},
    {.key = "token",
     .type = FIELD_TEXT,
     .secret = true,
     .required = true,
     .max_bytes = 256,
     .is_valid = is_bot_token,
     .expects = "the token that @BotFather gave, like 123456:ABC-DEF"},
};

static void write_body(struct buf *out, const struct channel_request *request)
{
    const struct message *message = request->message;
    struct buf text;
    struct json json;
    buf_init(&text, TEXT_MAX_BYTES);
    json_init(&json, out);
    json_object_begin(&json);
    json_field_string(&json, "chat_id", fields_text(request->config, "chat_id", ""));
    int64_t topic = fields_integer(request->config, "topic_id", 0);
    if (topic > 0)
        json_field_int(&json, "message_thread_id", topic);
    render_subject(&text, message);
    if (message->kind != MESSAGE_TEST) {
        buf_append_text(&text, "\n\n");
        post_facts(&text, message, FACTS_MAX_BYTES);
    }
    if (message->public_url[0] != '\0') {
        buf_append_text(&text, "\n\n");
        render_link(&text, message);
    }
    json_field_string(&json, "text", buf_text(&text));
    bool silent =
        message->kind != MESSAGE_TEST && message->event.transition != TRANSITION_FIRED;
    json_field_bool(&json, "disable_notification", silent);
    json_key(&json, "link_preview_options");
    json_object_begin(&json);
    json_field_bool(&json, "is_disabled", true);
    json_object_end(&json);
    json_object_end(&json);
    buf_deinit(&text);
}

static int telegram_prepare(struct transfer *transfer, const struct channel_request *request)
{
    write_body(&transfer->body, request);
    if (transfer->body.error != 0)
        return transfer->body.error;
    struct buf url;
    buf_init(&url, 1024);
    buf_printf(&url, "%s/bot%s/sendMessage",
               fields_text(request->config, "api_url", "https://api.telegram.org"),
               fields_text(request->secrets, "token", ""));
    int error = url.error != 0 ? url.error : post_json(transfer, buf_text(&url));
    buf_deinit(&url);
    return error;
}

static void telegram_judge(const struct transfer *transfer, CURLcode code, struct verdict *out)
{
    post_judge(transfer, code, out);
    json_t *answer = post_answer(transfer);
    if (out->kind == VERDICT_DELIVERED && !json_is_true(json_object_get(answer, "ok")))
        verdict_set(out, VERDICT_RETRY,
                    "HTTP %ld, but not from Telegram: is a proxy in between?",
                    post_status(transfer, code));
    post_wait_seconds(out,
                      json_object_get(json_object_get(answer, "parameters"), "retry_after"));
    json_decref(answer);
}

const struct channel_kind telegram_channel = {
    .name = "telegram",
    .is_read = true,
    .fields = telegram_fields,
    .n_fields = ARRAY_LEN(telegram_fields),
    .prepare = telegram_prepare,
    .judge = telegram_judge,
};
