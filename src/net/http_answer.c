/* SPDX-License-Identifier: MIT */
/*
 * The bytes of an answer.  Head and copied body are put into one contiguous piece, so that a
 * small answer is one write (and one TLS record).
 */
#include <assert.h>
#include <event2/buffer.h>
#include <stdio.h>
#include <time.h>

#include "net/http_connection.h"

#define DATE_SIZE       32
#define HEAD_ROUGH_SIZE 256

/* The Date header changes once a second; each thread keeps its own. */
static const char *date_now(void)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    static _Thread_local char text[DATE_SIZE];
    static _Thread_local msec_t second = -1;
    msec_t now = clock_wall_ms() / MSEC_SECOND;
    if (now != second) {
        time_t at = (time_t)now;
        struct tm tm;
        gmtime_r(&at, &tm);
        snprintf(text, sizeof(text), "%s, %02u %s %04u %02u:%02u:%02u GMT", days[tm.tm_wday],
                 (unsigned)tm.tm_mday % 100, months[tm.tm_mon],
                 (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)tm.tm_hour % 100,
                 (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
        second = now;
    }
    return text;
}

/* Only the connection's owner says how it goes on and how long the body is. */
static bool is_ours(const char *name)
{
    static const char *const ours[] = {"Connection", "Content-Length", "Date",
                                       "Transfer-Encoding"};
    for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
        if (text_is_nocase(name, ours[i]))
            return true;
    }
    return false;
}

static int write_header(const struct http_header *header, struct evbuffer *out)
{
    assert(!is_ours(header->name));
    int failed = evbuffer_add_printf(out, "%s: ", header->name) < 0;
    const char *value = header->value;
    while (*value != '\0') {
        size_t len = 0;
        while ((unsigned char)value[len] >= ' ' && value[len] != 0x7f)
            len++;
        failed |= evbuffer_add(out, value, len) != 0;
        value += len;
        if (*value != '\0') {
            failed |= evbuffer_add(out, " ", 1) != 0;
            value++;
        }
    }
    return failed | (evbuffer_add(out, "\r\n", 2) != 0);
}

static bool has_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

static int write_head(const struct http_exchange *exchange, const struct http_answer *answer,
                      struct evbuffer *out)
{
    int failed = evbuffer_add_printf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", answer->status,
                                     http_status_text(answer->status), date_now()) < 0;
    for (size_t i = 0; i < answer->n_headers; i++)
        failed |= write_header(&answer->headers[i], out);
    if (answer->is_stream && exchange->is_chunked)
        failed |= evbuffer_add_printf(out, "Transfer-Encoding: chunked\r\n") < 0;
    if (!answer->is_stream && has_body(answer->status))
        failed |= evbuffer_add_printf(out, "Content-Length: %zu\r\n", answer->len) < 0;
    if (!exchange->is_kept)
        failed |= evbuffer_add_printf(out, "Connection: close\r\n") < 0;
    else if (exchange->parser.minor_version == 0)
        failed |= evbuffer_add_printf(out, "Connection: keep-alive\r\n") < 0;
    return failed | (evbuffer_add(out, "\r\n", 2) != 0);
}

bool http_answer_write(const struct http_exchange *exchange, const struct http_answer *answer,
                       struct evbuffer *out)
{
    assert(answer->status >= 200 && answer->status < 600);
    bool with_body =
        answer->len > 0 && has_body(answer->status) && exchange->request.method != HTTP_HEAD;
    size_t copied = with_body && !answer->is_static ? answer->len : 0;
    size_t rough = HEAD_ROUGH_SIZE + copied;
    for (size_t i = 0; i < answer->n_headers; i++)
        rough += strlen(answer->headers[i].name) + strlen(answer->headers[i].value) + 4;

    int failed = evbuffer_expand(out, rough) != 0 || write_head(exchange, answer, out) != 0;
    if (with_body && answer->is_static)
        failed |= evbuffer_add_reference(out, answer->body, answer->len, NULL, NULL) != 0;
    else if (with_body)
        failed |= evbuffer_add(out, answer->body, answer->len) != 0;
    return !failed;
}
