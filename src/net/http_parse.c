/* SPDX-License-Identifier: MIT */
#include "net/http_parse.h"

#include <assert.h>
#include <errno.h>

#include "net/http_head.h"

#define EXTENSIONS_MAX_BYTES  1024  /* of all chunks of a message */
#define CHUNK_LINE_MAX_BYTES  256   /* one size with its extensions */
#define BODY_KEEP_MAX_BYTES   16384 /* memory kept between messages */
#define CHUNK_SIZE_MAX_DIGITS 15
/* Memory for a body is taken before it comes, but only as much as a claim may cost; then
 * as much as came already. */
#define BODY_FIRST_BYTES ((size_t)256 * 1024)

void http_parser_init(struct http_parser *parser, enum http_parse_kind kind,
                      const struct http_limits *limits, struct arena *arena)
{
    *parser = (struct http_parser){.kind = kind, .limits = *limits, .arena = arena};
    parser->target = parser->path = parser->query = "";
    buf_init(&parser->line, limits->head_bytes + 2);
    buf_init(&parser->body, SIZE_MAX / 2); /* limits.body_bytes is kept by add_body() */
}

void http_parser_deinit(struct http_parser *parser)
{
    buf_deinit(&parser->line);
    buf_deinit(&parser->body);
}

void http_parser_reset(struct http_parser *parser)
{
    struct http_limits limits = parser->limits;
    struct buf body = parser->body;
    buf_deinit(&parser->line);
    http_parser_init(parser, parser->kind, &limits, parser->arena);
    if (body.capacity > BODY_KEEP_MAX_BYTES) {
        buf_deinit(&body);
    } else {
        buf_reset(&body);
        parser->body = body;
    }
}

bool http_parser_has_begun(const struct http_parser *parser)
{
    return parser->head_bytes > 0;
}

bool http_parser_awaits_body(const struct http_parser *parser)
{
    return parser->state == HTTP_PARSE_CHUNK_SIZE || parser->state == HTTP_PARSE_TO_CLOSE ||
           (parser->state == HTTP_PARSE_BODY && parser->left > 0);
}

static int refuse_long_line(struct http_parser *parser)
{
    if (parser->state == HTTP_PARSE_START)
        return http_parser_refuse(parser, 414, "The first line is too long.");
    return http_parser_refuse(parser, 431, "The head is too long.");
}

/*
 * Takes one line up to its CRLF.  1: *out_line is it, without CRLF, valid until more is fed;
 * 0: it is not complete; -1: refused.  Only a line that came in pieces is copied.
 */
static int take_line(struct http_parser *parser, struct slice *data, size_t max,
                     struct slice *out_line)
{
    const char *newline = data->len > 0 ? memchr(data->data, '\n', data->len) : NULL;
    size_t len = newline != NULL ? (size_t)(newline - data->data) + 1 : data->len;
    if (len > max - parser->line.len)
        return refuse_long_line(parser);

    struct slice line = {data->data, len};
    if (newline == NULL || parser->line.len > 0) {
        if (buf_append(&parser->line, data->data, len) != 0)
            return refuse_long_line(parser);
        line = (struct slice){parser->line.data, parser->line.len};
    }
    *data = (struct slice){data->data + len, data->len - len};
    if (newline == NULL)
        return 0;
    buf_reset(&parser->line);

    if (line.len < 2 || line.data[line.len - 2] != '\r')
        return http_parser_refuse(parser, 400, "A line does not end in CR LF.");
    line.len -= 2;
    if (memchr(line.data, '\r', line.len) != NULL || memchr(line.data, '\0', line.len) != NULL)
        return http_parser_refuse(parser, 400, "A line has a control character in it.");
    *out_line = line;
    return 1;
}

/* A line of the head or the trailers, which share one limit. */
static int take_head_line(struct http_parser *parser, struct slice *data,
                          struct slice *out_line)
{
    size_t before = data->len, pending = parser->line.len;
    size_t max = parser->limits.head_bytes - (parser->head_bytes - pending);
    int result = take_line(parser, data, max, out_line);
    if (result >= 0)
        parser->head_bytes += before - data->len;
    return result;
}

static int feed_head(struct http_parser *parser, struct slice *data)
{
    struct slice line = {0};
    int result = take_head_line(parser, data, &line);
    if (result <= 0)
        return result;
    if (parser->state == HTTP_PARSE_HEADERS)
        return line.len == 0 ? http_head_finish(parser) : http_head_header(parser, line);

    /* One empty line before a request is forgiven, as old clients send it after a body. */
    if (line.len == 0 && parser->kind == HTTP_PARSE_REQUEST && !parser->saw_blank_line) {
        parser->saw_blank_line = true;
        return 0;
    }
    parser->state = HTTP_PARSE_HEADERS;
    return http_head_start_line(parser, line);
}

static int add_body(struct http_parser *parser, struct slice *data)
{
    size_t len = (size_t)MIN_OF(parser->left, (uint64_t)data->len);
    if (len > parser->limits.body_bytes - parser->body.len)
        return http_parser_refuse(parser, 413, "The body is too large.");
    if (buf_append(&parser->body, data->data, len) != 0)
        return http_parser_refuse(parser, 503, "There is no memory for the body.");
    *data = (struct slice){data->data + len, data->len - len};
    parser->left -= len;
    return 0;
}

static int feed_body(struct http_parser *parser, struct slice *data)
{
    if (parser->left > parser->limits.body_bytes - parser->body.len)
        return http_parser_refuse(parser, 413, "The body is too large.");
    if (add_body(parser, data) != 0)
        return -1;
    if (parser->left == 0)
        parser->state = HTTP_PARSE_COMPLETE;
    return 0;
}

static int feed_to_close(struct http_parser *parser, struct slice *data)
{
    parser->left = data->len;
    return add_body(parser, data);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static int read_chunk_size(struct http_parser *parser, struct slice line)
{
    uint64_t size = 0;
    size_t digits = 0;
    while (digits < line.len && hex_value(line.data[digits]) >= 0) {
        if (digits == CHUNK_SIZE_MAX_DIGITS)
            return http_parser_refuse(parser, 400, "A chunk's size has too many digits.");
        size = size * 16 + (uint64_t)hex_value(line.data[digits++]);
    }
    if (digits == 0 || (digits < line.len && line.data[digits] != ';'))
        return http_parser_refuse(parser, 400, "A chunk's size is malformed.");
    for (size_t i = digits; i < line.len; i++) {
        unsigned char c = (unsigned char)line.data[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return http_parser_refuse(parser, 400, "A chunk extension is malformed.");
    }
    parser->extension_bytes += line.len - digits;
    if (parser->extension_bytes > EXTENSIONS_MAX_BYTES)
        return http_parser_refuse(parser, 400, "The chunk extensions are too long.");
    if (size > parser->limits.body_bytes - parser->body.len)
        return http_parser_refuse(parser, 413, "The body is too large.");
    parser->left = size;
    parser->state = size > 0 ? HTTP_PARSE_CHUNK_DATA : HTTP_PARSE_TRAILERS;
    return 0;
}

static int feed_chunk_size(struct http_parser *parser, struct slice *data)
{
    struct slice line = {0};
    if (parser->line.len + data->len > CHUNK_LINE_MAX_BYTES) {
        size_t room = CHUNK_LINE_MAX_BYTES - parser->line.len;
        if (memchr(data->data, '\n', room) == NULL)
            return http_parser_refuse(parser, 400, "A chunk's size line is too long.");
    }
    int result = take_line(parser, data, CHUNK_LINE_MAX_BYTES, &line);
    return result > 0 ? read_chunk_size(parser, line) : result;
}

static int feed_chunk_data(struct http_parser *parser, struct slice *data)
{
    if (add_body(parser, data) != 0)
        return -1;
    if (parser->left == 0)
        parser->state = HTTP_PARSE_CHUNK_END;
    return 0;
}

static int feed_chunk_end(struct http_parser *parser, struct slice *data)
{
    static const char crlf[] = "\r\n";
    while (data->len > 0 && parser->left < 2) {
        if (data->data[0] != crlf[parser->left])
            return http_parser_refuse(parser, 400, "A chunk is not as long as it says.");
        parser->left++;
        *data = (struct slice){data->data + 1, data->len - 1};
    }
    if (parser->left == 2)
        parser->state = HTTP_PARSE_CHUNK_SIZE;
    return 0;
}

static int feed_trailers(struct http_parser *parser, struct slice *data)
{
    struct slice line = {0};
    int result = take_head_line(parser, data, &line);
    if (result <= 0)
        return result;
    if (line.len > 0)
        return http_head_trailer(parser, line);
    parser->state = HTTP_PARSE_COMPLETE;
    return 0;
}

static int step(struct http_parser *parser, struct slice *data)
{
    switch (parser->state) {
    case HTTP_PARSE_START:
    case HTTP_PARSE_HEADERS: return feed_head(parser, data);
    case HTTP_PARSE_BODY: return feed_body(parser, data);
    case HTTP_PARSE_TO_CLOSE: return feed_to_close(parser, data);
    case HTTP_PARSE_CHUNK_SIZE: return feed_chunk_size(parser, data);
    case HTTP_PARSE_CHUNK_DATA: return feed_chunk_data(parser, data);
    case HTTP_PARSE_CHUNK_END: return feed_chunk_end(parser, data);
    case HTTP_PARSE_TRAILERS: return feed_trailers(parser, data);
    case HTTP_PARSE_COMPLETE:
    case HTTP_PARSE_FAILED: break;
    }
    return 0;
}

enum http_parse_verdict http_parser_feed(struct http_parser *parser, const char *data,
                                         size_t len, size_t *out_used)
{
    struct slice rest = {data, len};
    enum http_parse_verdict verdict = HTTP_PARSE_MORE;
    while (verdict == HTTP_PARSE_MORE) {
        bool was_head = parser->state <= HTTP_PARSE_HEADERS;
        if (parser->state == HTTP_PARSE_FAILED || step(parser, &rest) != 0)
            verdict = HTTP_PARSE_REFUSED;
        else if (was_head && parser->state > HTTP_PARSE_HEADERS)
            verdict = HTTP_PARSE_HEAD;
        else if (parser->state == HTTP_PARSE_COMPLETE)
            verdict = HTTP_PARSE_DONE;
        else if (rest.len == 0)
            break;
    }
    *out_used = len - rest.len;
    return verdict;
}

char *http_parser_room(struct http_parser *parser, size_t *out_len)
{
    struct buf *body = &parser->body;
    bool has_room = parser->state == HTTP_PARSE_BODY && parser->left > 0 &&
                    parser->left <= parser->limits.body_bytes - body->len;
    if (!has_room)
        return NULL;
    size_t len = (size_t)MIN_OF(parser->left, (uint64_t)MAX_OF(body->len, BODY_FIRST_BYTES));
    if (buf_reserve(body, len + 1) != 0) /* one for the NUL that buf_text() adds */
        return NULL;
    *out_len = len;
    return body->data + body->len;
}

enum http_parse_verdict http_parser_filled(struct http_parser *parser, size_t len)
{
    assert(parser->state == HTTP_PARSE_BODY && len <= parser->left);
    size_t used;
    parser->body.len += len;
    parser->left -= len;
    return http_parser_feed(parser, "", 0, &used);
}

enum http_parse_verdict http_parser_end(struct http_parser *parser)
{
    if (parser->state == HTTP_PARSE_COMPLETE)
        return HTTP_PARSE_DONE;
    if (parser->state == HTTP_PARSE_TO_CLOSE) {
        parser->state = HTTP_PARSE_COMPLETE;
        return HTTP_PARSE_DONE;
    }
    if (parser->state != HTTP_PARSE_FAILED)
        http_parser_refuse(parser, 400, "The connection ended within the message.");
    return HTTP_PARSE_REFUSED;
}
