/* SPDX-License-Identifier: MIT */
/*
 * discord - a message as an embed through a webhook of a Discord channel.
 *
 * The line that phones show is `content`; the embed below has colour and facts.  Nobody is
 * mentioned, whatever the text says.  204 is delivered, and 200 where the address asks to wait.
 */
#include <string.h>

#include "base/text.h"
#include "notify/post.h"
#include "notify/render.h"

#define CONTENT_MAX_CHARS 2000
#define FIELDS_MAX        25 /* of an embed */

static const struct channel_field discord_fields[] = {
    {.key = "url",
     .type = FIELD_TEXT,
     .secret = true,
     .required = true,
     .max_bytes = 1024,
     .is_valid = fields_is_url,
     .expects = "the address that Discord shows under \"Copy Webhook URL\""},
};

/* Marks of Discord's Markdown lose their meaning. */
static void append_escaped(struct buf *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (strchr("\\*_~`|>#[]()<:@", *at) != NULL)
            buf_append_char(out, '\\');
        buf_append_char(out, *at);
    }
}

static void write_field(struct json *json, const struct render_fact *fact)
{
    struct buf text;
    buf_init(&text, 1024);
    append_escaped(&text, fact->text);
    json_object_begin(json);
    json_field_string(json, "name", fact->name);
    json_field_string(json, "value", text.len == 0 ? "-" : buf_text(&text));
    json_field_bool(json, "inline", true);
    json_object_end(json);
    buf_deinit(&text);
}

static void write_embed(struct json *json, const struct message *message)
{
    struct render_facts facts;
    struct buf link;
    buf_init(&link, 2048);
    render_facts(&facts, message);
    render_link(&link, message);
    json_object_begin(json);
    json_field_int(json, "color", render_colour(message));
    if (link.len > 0) {
        json_field_string(json, "title", "Open in Sentora");
        json_field_string(json, "url", buf_text(&link));
    }
    json_key(json, "fields");
    json_array_begin(json);
    for (size_t i = 0; i < facts.len && i < FIELDS_MAX; i++)
        write_field(json, &facts.items[i]);
    json_array_end(json);
    json_object_end(json);
    buf_deinit(&link);
}

static int discord_prepare(struct transfer *transfer, const struct channel_request *request)
{
    const struct message *message = request->message;
    struct buf subject, text;
    struct json json;
    buf_init(&subject, 8192);
    buf_init(&text, (size_t)4 * CONTENT_MAX_CHARS);
    json_init(&json, &transfer->body);
    render_subject(&subject, message); /* 200 characters and the badge at most */
    append_escaped(&text, buf_text(&subject));
    json_object_begin(&json);
    json_field_string(&json, "content", buf_text(&text));
    if (message->kind != MESSAGE_TEST) {
        json_key(&json, "embeds");
        json_array_begin(&json);
        write_embed(&json, message);
        json_array_end(&json);
    }
    json_key(&json, "allowed_mentions");
    json_object_begin(&json);
    json_key(&json, "parse");
    json_array_begin(&json);
    json_array_end(&json);
    json_object_end(&json);
    json_object_end(&json);
    buf_deinit(&text);
    buf_deinit(&subject);
    if (transfer->body.error != 0)
        return transfer->body.error;
    return post_json(transfer, fields_text(request->secrets, "url", ""));
}

static void discord_judge(const struct transfer *transfer, CURLcode code, struct verdict *out)
{
    post_judge(transfer, code, out);
    if (post_status(transfer, code) == 404)
        verdict_set(out, VERDICT_FAILED,
                    "HTTP 404: Discord does not know this webhook; it was deleted there");
    json_t *answer = post_answer(transfer);
    post_wait_seconds(out, json_object_get(answer, "retry_after"));
    json_decref(answer);
}

const struct channel_kind discord_channel = {
    .name = "discord",
    .is_read = true,
    .fields = discord_fields,
    .n_fields = ARRAY_LEN(discord_fields),
    .prepare = discord_prepare,
    .judge = discord_judge,
};
