/* SPDX-License-Identifier: MIT */
#include "api/answer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/gzip.h"
#include "base/text.h"

#define PACK_MIN_BYTES 1400 /* what fits into one packet anyway is sent as it is */

static const struct http_header json_headers[] = {{"Content-Type", "application/json"},
                                                  {"Cache-Control", "no-store"}};

void answer_begin(struct answer *answer, struct http_exchange *exchange)
{
    answer->exchange = exchange;
    buf_init(&answer->body, ANSWER_BODY_MAX_BYTES);
    json_init(&answer->json, &answer->body);
}

void answer_send(struct answer *answer, int status)
{
    if (answer->body.error == 0)
        http_respond(answer->exchange,
                     &(struct http_answer){.status = status,
                                           .headers = json_headers,
                                           .n_headers = ARRAY_LEN(json_headers),
                                           .body = answer->body.data,
                                           .len = answer->body.len});
    else
        answer_problem(answer->exchange, 500, NULL, "The answer is too large.");
    buf_deinit(&answer->body);
}

static void send_packed(struct answer *answer, int status, const struct buf *packed)
{
    const struct http_header headers[] = {{"Content-Type", "application/json"},
                                          {"Cache-Control", "no-store"},
                                          {"Content-Encoding", "gzip"},
                                          {"Vary", "Accept-Encoding"}};
    http_respond(answer->exchange, &(struct http_answer){.status = status,
                                                         .headers = headers,
                                                         .n_headers = ARRAY_LEN(headers),
                                                         .body = packed->data,
                                                         .len = packed->len});
    buf_deinit(&answer->body);
}

void answer_send_packed(struct answer *answer, int status)
{
    const struct http_request *request = http_exchange_request(answer->exchange);
    struct buf packed CLEANUP(buf_deinit);
    buf_init(&packed, ANSWER_BODY_MAX_BYTES);
    if (answer->body.error == 0 && answer->body.len >= PACK_MIN_BYTES &&
        gzip_is_accepted(http_request_header(request, "Accept-Encoding")) &&
        gzip_pack(answer->body.data, answer->body.len, &packed) == 0)
        send_packed(answer, status, &packed);
    else
        answer_send(answer, status);
}

void answer_begin_list(struct answer *answer, struct http_exchange *exchange, const char *name)
{
    answer_begin(answer, exchange);
    json_object_begin(&answer->json);
    json_key(&answer->json, name);
    json_array_begin(&answer->json);
}

void answer_send_list(struct answer *answer)
{
    json_array_end(&answer->json);
    json_object_end(&answer->json);
    answer_send(answer, 200);
}

void answer_empty(struct http_exchange *exchange, int status)
{
    http_respond(exchange, &(struct http_answer){.status = status});
}

static void send_problem(struct http_exchange *exchange, int status, const char *field,
                         const char *detail, const struct http_header *extra)
{
    struct buf body;
    struct json json;
    buf_init(&body, 8192);
    json_init(&json, &body);
    json_object_begin(&json);
    json_field_string(&json, "type", "about:blank");
    json_field_string(&json, "title", http_status_text(status));
    json_field_int(&json, "status", status);
    json_field_string(&json, "detail", detail);
    if (field != NULL)
        json_field_string(&json, "field", field);
    json_object_end(&json);

    struct http_header headers[3] = {{"Content-Type", "application/problem+json"},
                                     {"Cache-Control", "no-store"}};
    size_t n_headers = 2;
    if (extra != NULL)
        headers[n_headers++] = *extra;
    http_respond(exchange, &(struct http_answer){.status = status,
                                                 .headers = headers,
                                                 .n_headers = n_headers,
                                                 .body = body.data,
                                                 .len = body.len});
    buf_deinit(&body);
}

void answer_problem(struct http_exchange *exchange, int status, const char *field,
                    const char *format, ...)
{
    char detail[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof(detail), format, args);
    va_end(args);
    send_problem(exchange, status, field, detail, NULL);
}

void answer_retry(struct http_exchange *exchange, int status, mspan_t after, const char *detail)
{
    char seconds[24];
    snprintf(seconds, sizeof(seconds), "%lld",
             (long long)((after + MSEC_SECOND - 1) / MSEC_SECOND));
    const struct http_header header = {"Retry-After", seconds};
    send_problem(exchange, status, NULL, detail, &header);
}

/* "There is no host 7.", after what the path names. */
static void answer_missing(struct http_exchange *exchange)
{
    static const struct {
        const char *prefix, *noun;
    } nouns[] = {
        {"/api/v1/hosts/", "host"},       {"/api/v1/alerts/", "alert"},
        {"/api/v1/outages/", "outage"},   {"/api/v1/thresholds/", "threshold"},
        {"/api/v1/channels/", "channel"}, {"/api/v1/tokens/", "token"},
    };
    const char *path = http_exchange_request(exchange)->path;
    for (size_t i = 0; i < ARRAY_LEN(nouns); i++) {
        const char *name = text_after(path, nouns[i].prefix);
        if (name != NULL) {
            answer_problem(exchange, 404, NULL, "There is no %s %.*s.", nouns[i].noun,
                           (int)strcspn(name, "/"), name);
            return;
        }
    }
    answer_problem(exchange, 404, NULL, "There is nothing like that.");
}

void answer_error(struct http_exchange *exchange, int error)
{
    switch (-error) {
    case ENOENT: answer_missing(exchange); break;
    case EEXIST:
        answer_problem(exchange, 409, NULL, "Something with this name exists already.");
        break;
    case EACCES: answer_problem(exchange, 403, NULL, "You may not do this."); break;
    case EINVAL: answer_problem(exchange, 422, NULL, "A value is not valid."); break;
    case EAGAIN:
        answer_retry(exchange, 503, 2 * MSEC_SECOND, "The server is busy. Try again shortly.");
        break;
    case ENOSPC:
        answer_retry(exchange, 503, 10 * MSEC_SECOND,
                     "The server's disk is full; nothing can be stored until there is room.");
        break;
    default:
        answer_problem(exchange, 500, NULL, "The server could not do this: %s.",
                       strerror(-error));
        break;
    }
}

void answer_done(struct http_exchange *exchange, int error)
{
    if (error != 0)
        answer_error(exchange, error);
    else
        answer_empty(exchange, 204);
}
