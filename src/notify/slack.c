/* SPDX-License-Identifier: MIT */
/*
 * slack - a message in blocks, through an incoming webhook or as a bot (chat.postMessage).
 *
 * A webhook has its channel in its address; a bot needs the channel's or the user's id.  `text`
 * is what notifications show.  Slack answers 200 also when it refuses a bot: then "ok" is false.
 */
#include <string.h>

#include "base/text.h"
#include "notify/post.h"
#include "notify/render.h"

#define HEADER_MAX_CHARS 148
#define SECTION_FIELDS   10 /* of one section, says Slack */

static const struct channel_field slack_fields[] = {
    {.key = "channel", .type = FIELD_TEXT, .max_bytes = 128},
    {.key = "api_url",
     .type = FIELD_TEXT,
     .max_bytes = 512,
     .is_valid = fields_is_url,
     .expects = "an http:// or https:// address"},
    {.key = "webhook_url",
     .type = FIELD_TEXT,
     .secret = true,
     .max_bytes = 1024,
     .is_valid = fields_is_url,
     .expects = "the address of an incoming webhook"},
    {.key = "token", .type = FIELD_TEXT, .secret = true, .max_bytes = 512},
};

static int slack_check(const json_t *config, const json_t *secrets, struct refusal *out_refusal)
{
    bool webhook = fields_text(secrets, "webhook_url", NULL) != NULL;
    bool token = fields_text(secrets, "token", NULL) != NULL;
    if (webhook == token)
        return refusal_set(out_refusal, "secrets.webhook_url",
                           "Slack needs either the address of an incoming webhook, or a bot's "
                           "token and a channel.");
    if (token && fields_text(config, "channel", NULL) == NULL)
        return refusal_set(out_refusal, "config.channel",
                           "A bot needs the id of a channel or of a person to write to.");
    return 0;
}

static void append_escaped(struct buf *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        switch (*at) {
        case '&': buf_append_text(out, "&amp;"); break;
        case '<': buf_append_text(out, "&lt;"); break;
        case '>': buf_append_text(out, "&gt;"); break;
        default: buf_append_char(out, *at); break;
        }
    }
}

static void write_text(struct json *json, const char *type, const char *text)
{
    json_object_begin(json);
    json_field_string(json, "type", type);
    json_field_string(json, "text", text);
    json_object_end(json);
}

static void begin_block(struct json *json, const char *type)
{
    json_object_begin(json);
    json_field_string(json, "type", type);
}

/* The name bold above the text; its marks mean nothing inside the text. */
static void write_field(struct json *json, const struct render_fact *fact)
{
    struct buf text;
    buf_init(&text, 4096);
    buf_append_char(&text, '*');
    append_escaped(&text, fact->name);
    buf_append_text(&text, "*\n");
    append_escaped(&text, fact->text);
    write_text(json, "mrkdwn", buf_text(&text));
    buf_deinit(&text);
}

static void write_facts(struct json *json, const struct render_facts *facts)
{
    for (size_t i = 0; i < facts->len; i += SECTION_FIELDS) {
        begin_block(json, "section");
        json_key(json, "fields");
        json_array_begin(json);
        for (size_t k = i; k < facts->len && k < i + SECTION_FIELDS; k++)
            write_field(json, &facts->items[k]);
        json_array_end(json);
        json_object_end(json);
    }
}

static void write_button(struct json *json, const char *link)
{
    begin_block(json, "actions");
    json_key(json, "elements");
    json_array_begin(json);
    json_object_begin(json);
    json_field_string(json, "type", "button");
    json_key(json, "text");
    write_text(json, "plain_text", "Open in Sentora");
    json_field_string(json, "url", link);
    json_object_end(json);
    json_array_end(json);
    json_object_end(json);
}

static void write_blocks(struct json *json, const struct message *message, const char *subject)
{
    struct render_facts facts;
    struct buf part;
    buf_init(&part, 8192);
    render_facts(&facts, message);
    json_array_begin(json);
    begin_block(json, "header");
    json_key(json, "text");
    render_line(&part, subject, HEADER_MAX_CHARS);
    write_text(json, "plain_text", buf_text(&part));
    json_object_end(json);
    write_facts(json, &facts);
    buf_reset(&part);
    render_link(&part, message);
    if (part.len > 0)
        write_button(json, buf_text(&part));
    json_array_end(json);
    buf_deinit(&part);
}

static int add_bot(struct transfer *transfer, const struct channel_request *request)
{
    struct buf url;
    buf_init(&url, 1024);
    buf_printf(&url, "%s/chat.postMessage",
               fields_text(request->config, "api_url", "https://slack.com/api"));
    int error = url.error;
    if (error == 0)
        error = transfer_add_header(transfer, "Authorization: Bearer %s",
                                    fields_text(request->secrets, "token", ""));
    if (error == 0)
        error = post_json(transfer, buf_text(&url));
    buf_deinit(&url);
    return error;
}

static int slack_prepare(struct transfer *transfer, const struct channel_request *request)
{
    const char *webhook = fields_text(request->secrets, "webhook_url", NULL);
    struct buf subject, text;
    struct json json;
    buf_init(&subject, 8192);
    buf_init(&text, 16384);
    render_subject(&subject, request->message);
    append_escaped(&text, buf_text(&subject));
    json_init(&json, &transfer->body);
    json_object_begin(&json);
    if (webhook == NULL)
        json_field_string(&json, "channel", fields_text(request->config, "channel", ""));
    json_field_string(&json, "text", buf_text(&text));
    json_key(&json, "blocks");
    write_blocks(&json, request->message, buf_text(&subject));
    json_object_end(&json);
    buf_deinit(&text);
    buf_deinit(&subject);
    if (transfer->body.error != 0)
        return transfer->body.error;
    return webhook != NULL ? post_json(transfer, webhook) : add_bot(transfer, request);
}

/* What a bot is refused for and may be granted later. */
static bool is_passing(const char *error)
{
    static const char *const passing[] = {"ratelimited",     "rate_limited",
                                          "internal_error",  "fatal_error",
                                          "request_timeout", "service_unavailable"};
    for (size_t i = 0; i < ARRAY_LEN(passing); i++)
        if (text_is(passing[i], error))
            return true;
    return false;
}

static void slack_judge(const struct transfer *transfer, CURLcode code, struct verdict *out)
{
    post_judge(transfer, code, out);
    json_t *answer = post_answer(transfer);
    if (out->kind == VERDICT_DELIVERED && answer != NULL &&
        !json_is_true(json_object_get(answer, "ok"))) {
        const char *error = fields_text(answer, "error", "no reason given");
        verdict_set(out, is_passing(error) ? VERDICT_RETRY : VERDICT_FAILED,
                    "Slack refused it: %.100s", error);
    }
    json_decref(answer);
}

const struct channel_kind slack_channel = {
    .name = "slack",
    .is_read = true,
    .fields = slack_fields,
    .n_fields = ARRAY_LEN(slack_fields),
    .check = slack_check,
    .prepare = slack_prepare,
    .judge = slack_judge,
};
