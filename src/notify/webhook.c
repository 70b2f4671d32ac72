/* SPDX-License-Identifier: MIT */
/*
 * webhook - a message as JSON by HTTP POST, signed when a key is set.
 *
 * Redirects are not followed: they could lead a request inside our network where its sender never
 * could.
 */
#include "notify/webhook.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>

#include "base/text.h"
#include "notify/post.h"
#include "notify/render.h"

static bool header_is_free(const char *name)
{
    static const char *const ours[] = {"Host",       "Content-Length", "Transfer-Encoding",
                                       "Connection", "Content-Type",   "Idempotency-Key",
                                       "Expect",     "User-Agent",     "Upgrade",
                                       "TE",         "Trailer",        "Keep-Alive"};
    for (size_t i = 0; i < ARRAY_LEN(ours); i++)
        if (text_is_nocase(name, ours[i]))
            return false;
    return fields_is_token(name) && strncasecmp(name, "X-Sentora-", 10) != 0;
}

static const struct channel_field webhook_fields[] = {
    {.key = "url",
     .type = FIELD_TEXT,
     .required = true,
     .max_bytes = 2048,
     .is_valid = fields_is_url,
     .expects = "an http:// or https:// address"},
    {.key = "headers",
     .type = FIELD_TEXT_MAP,
     .max_bytes = 2048,
     .is_valid = header_is_free,
     .expects = "names of headers that Sentora does not set itself"},
    {.key = "ca_file", .type = FIELD_TEXT, .max_bytes = 1024},
    {.key = "signing_key", .type = FIELD_TEXT, .secret = true, .max_bytes = 1024},
};

void webhook_sign(const char *key, int64_t timestamp_s, const void *body, size_t len,
                  char out_hex[WEBHOOK_SIGNATURE_SIZE])
{
    char stamp[32];
    int stamp_len = snprintf(stamp, sizeof(stamp), "%lld.", (long long)timestamp_s);
    unsigned char code[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key, strlen(key));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)stamp,
                                  (unsigned long long)stamp_len);
    crypto_auth_hmacsha256_update(&state, body, len);
    crypto_auth_hmacsha256_final(&state, code);
    text_to_hex(code, sizeof(code), out_hex);
}

static void write_body(struct buf *out, const struct channel_request *request)
{
    const struct message *message = request->message;
    const struct alert *alert = &message->event.alert;
    struct buf text;
    struct json json;
    buf_init(&text, 16384);
    json_init(&json, out);

    json_object_begin(&json);
    json_field_string(&json, "event", message_event_name(message));
    render_subject(&text, message);
    json_field_string(&json, "title", buf_text(&text));
    if (message->kind == MESSAGE_ALERT) {
        json_field_int(&json, "at_ms", message->event.at_ms);
        json_key(&json, "alert");
        message_write_alert(alert, &json);
        json_key(&json, "host");
        json_object_begin(&json);
        json_field_int(&json, "id", alert->host_id);
        json_field_string(&json, "name", alert->host_name);
        json_object_end(&json);
    }
    buf_reset(&text);
    render_link(&text, message);
    json_field_string(&json, "link", text.len > 0 ? buf_text(&text) : NULL);
    json_field_int(&json, "sent_ms", request->now);
    json_object_end(&json);
    buf_deinit(&text);
}

static int add_own_headers(struct transfer *transfer, const json_t *config)
{
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(config, "headers"), name, value)
    {
        const char *text = json_string_value(value);
        /* libcurl's way of saying that a header is empty is a semicolon. */
        int error = text[0] == '\0' ? transfer_add_header(transfer, "%s;", name)
                                    : transfer_add_header(transfer, "%s: %s", name, text);
        if (error != 0)
            return error;
    }
    return 0;
}

static int add_signature(struct transfer *transfer, const struct channel_request *request)
{
    int64_t timestamp_s = request->now / MSEC_SECOND;
    const char *key = fields_text(request->secrets, "signing_key", NULL);
    int error =
        transfer_add_header(transfer, "X-Sentora-Timestamp: %lld", (long long)timestamp_s);
    if (error != 0 || key == NULL)
        return error;
    char hex[WEBHOOK_SIGNATURE_SIZE];
    webhook_sign(key, timestamp_s, transfer->body.data, transfer->body.len, hex);
    return transfer_add_header(transfer, "X-Sentora-Signature: sha256=%s", hex);
}

static int webhook_prepare(struct transfer *transfer, const struct channel_request *request)
{
    write_body(&transfer->body, request);
    int error = transfer->body.error;
    if (error == 0)
        error = transfer_add_header(transfer, "Idempotency-Key: %s",
                                    request->message->idempotency_key);
    if (error == 0)
        error = add_signature(transfer, request);
    if (error == 0)
        error = add_own_headers(transfer, request->config);
    if (error != 0)
        return error;

    const char *ca_file = fields_text(request->config, "ca_file", NULL);
    if (ca_file != NULL)
        curl_easy_setopt(transfer->easy, CURLOPT_CAINFO, ca_file);
    return post_json(transfer, fields_text(request->config, "url", ""));
}

const struct channel_kind webhook_channel = {
    .name = "webhook",
    .fields = webhook_fields,
    .n_fields = ARRAY_LEN(webhook_fields),
    .prepare = webhook_prepare,
    .judge = post_judge,
};
