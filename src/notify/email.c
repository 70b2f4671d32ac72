/* SPDX-License-Identifier: MIT */
/*
 * email - a message by SMTP: text and HTML, threaded by alert.
 *
 * The Message-ID comes from the idempotency key, so an attempt that is made again after a crash
 * carries the same, and mailboxes that look for duplicates see one.  Every message of an alert
 * refers to the same id, which is nobody's own, and so shows as one thread.
 *
 * Where several people are told and the server refuses some, the others get it; the answer says
 * how many were refused.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "notify/channel.h"
#include "notify/mime.h"
#include "notify/render.h"

static const char *const securities[] = {"starttls", "tls", "none", NULL};

static const struct channel_field email_fields[] = {
    {.key = "server",
     .type = FIELD_TEXT,
     .required = true,
     .max_bytes = 253,
     .is_valid = fields_is_server,
     .expects = "a host name or an address"},
    {.key = "port", .type = FIELD_INTEGER, .min = 1, .max = 65535},
    {.key = "security",
     .type = FIELD_TEXT,
     .max_bytes = 16,
     .choices = securities,
     .expects = "\"starttls\", \"tls\" or \"none\""},
    {.key = "username", .type = FIELD_TEXT, .max_bytes = 256},
    {.key = "from",
     .type = FIELD_TEXT,
     .required = true,
     .max_bytes = 254,
     .is_valid = fields_is_address,
     .expects = "an e-mail address in ASCII"},
    {.key = "to",
     .type = FIELD_TEXT_LIST,
     .required = true,
     .max_bytes = 254,
     .is_valid = fields_is_address,
     .expects = "e-mail addresses in ASCII"},
    {.key = "ca_file", .type = FIELD_TEXT, .max_bytes = 1024},
    {.key = "password", .type = FIELD_TEXT, .secret = true, .max_bytes = 1024},
};

static void write_headers(struct buf *out, const struct channel_request *request,
                          const char *boundary)
{
    const struct message *message = request->message;
    const char *from = fields_text(request->config, "from", "");
    const char *domain = strchr(from, '@') + 1;
    const json_t *to = json_object_get(request->config, "to");
    char date[MIME_DATE_SIZE];
    mime_date(request->now, date);

    buf_printf(out, "Date: %s\r\nFrom: Sentora <%s>\r\nTo: ", date, from);
    for (size_t i = 0; i < json_array_size(to); i++)
        buf_printf(out, "%s<%s>", i == 0 ? "" : ",\r\n ",
                   json_string_value(json_array_get(to, i)));
    buf_append_text(out, "\r\n");

    struct buf subject;
    buf_init(&subject, 4096);
    render_subject(&subject, message);
    mime_header(out, "Subject", buf_text(&subject));
    buf_deinit(&subject);

    buf_printf(out, "Message-ID: <%s@%s>\r\n", message->idempotency_key, domain);
    if (message->kind == MESSAGE_ALERT) {
        const struct alert *alert = &message->event.alert;
        char thread[400];
        snprintf(thread, sizeof(thread), "<alert-%lld-%lld@%s>", (long long)alert->id,
                 (long long)alert->since_ms, domain);
        buf_printf(out, "In-Reply-To: %s\r\nReferences: %s\r\n", thread, thread);
    }
    buf_printf(out,
               "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
               "Content-Type: multipart/alternative; boundary=\"%s\"\r\n\r\n",
               boundary);
}

typedef void render_fn(struct buf *out, const struct message *message);

static void write_part(struct buf *out, const char *boundary, const char *type,
                       render_fn *render, const struct message *message)
{
    struct buf text;
    buf_init(&text, TRANSFER_BODY_MAX_BYTES / 8);
    render(&text, message);
    buf_printf(out,
               "--%s\r\nContent-Type: %s; charset=utf-8\r\n"
               "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
               boundary, type);
    mime_quoted_printable(out, text.data, text.len);
    buf_append_text(out, "\r\n");
    buf_deinit(&text);
}

static void write_mail(struct buf *out, const struct channel_request *request)
{
    /* Quoted-printable never has "=_", so no line of a part can be the boundary. */
    char boundary[48];
    snprintf(boundary, sizeof(boundary), "=_sentora_%016llx", (unsigned long long)random_u64());
    write_headers(out, request, boundary);
    write_part(out, boundary, "text/plain", render_text, request->message);
    write_part(out, boundary, "text/html", render_html, request->message);
    buf_printf(out, "--%s--\r\n", boundary);
}

static void set_security(struct transfer *transfer, const struct channel_request *request,
                         const char *security)
{
    CURL *easy = transfer->easy;
    const char *ca_file = fields_text(request->config, "ca_file", NULL);
    const char *username = fields_text(request->config, "username", NULL);
    if (text_is(security, "starttls"))
        curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
    if (ca_file != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
    if (username != NULL) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, username);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, fields_text(request->secrets, "password", ""));
    }
}

static int email_prepare(struct transfer *transfer, const struct channel_request *request)
{
    const char *server = fields_text(request->config, "server", "");
    const char *security = fields_text(request->config, "security", "starttls");
    bool tls = text_is(security, "tls"), none = text_is(security, "none");
    int64_t port = fields_integer(request->config, "port", tls ? 465 : none ? 25 : 587);
    bool six = strchr(server, ':') != NULL;
    char url[320];
    snprintf(url, sizeof(url), "%s://%s%s%s:%lld", tls ? "smtps" : "smtp", six ? "[" : "",
             server, six ? "]" : "", (long long)port);

    const json_t *to = json_object_get(request->config, "to");
    for (size_t i = 0; i < json_array_size(to); i++) {
        int error = transfer_add_recipient(transfer, json_string_value(json_array_get(to, i)));
        if (error != 0)
            return error;
    }
    write_mail(&transfer->body, request);
    if (transfer->body.error != 0)
        return transfer->body.error;
    set_security(transfer, request, security);
    transfer_use_smtp(transfer, url, fields_text(request->config, "from", ""));
    return 0;
}

static void email_judge(const struct transfer *transfer, CURLcode code, struct verdict *out)
{
    if (code == CURLE_OK && transfer->refused == 0)
        verdict_set(out, VERDICT_DELIVERED, "%s", transfer->reply);
    else if (code == CURLE_OK)
        verdict_set(out, VERDICT_DELIVERED, "%s; %d recipients refused: %s", transfer->reply,
                    transfer->refused, transfer->refused_reply);
    else if (code == CURLE_USE_SSL_FAILED)
        verdict_set(out, VERDICT_RETRY, "the server does not offer STARTTLS");
    else if (transfer->mail_begun && transfer->reply[0] == '5' && !transfer->refused_for_now)
        verdict_set(out, VERDICT_FAILED, "%s", transfer->reply);
    else if (transfer->reply[0] >= '4')
        verdict_set(out, VERDICT_RETRY, "%s", transfer->reply);
    else
        verdict_set(out, VERDICT_RETRY, "%s", transfer->error);
}

const struct channel_kind email_channel = {
    .name = "email",
    .is_read = true,
    .fields = email_fields,
    .n_fields = ARRAY_LEN(email_fields),
    .prepare = email_prepare,
    .judge = email_judge,
};
