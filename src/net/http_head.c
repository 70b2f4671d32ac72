/* SPDX-License-Identifier: MIT */
#include "net/http_head.h"

#include <errno.h>
#include <strings.h>

#include "net/http_target.h"

#define HEADERS_FIRST_CAPACITY 16

int http_parser_refuse(struct http_parser *parser, int status, const char *why)
{
    parser->state = HTTP_PARSE_FAILED;
    parser->refused_status = status;
    parser->refused_why = why;
    return -1;
}

static int refuse(struct http_parser *parser, const char *why)
{
    return http_parser_refuse(parser, 400, why);
}

static int refuse_for_memory(struct http_parser *parser)
{
    return http_parser_refuse(parser, 431, "The head needs too much memory.");
}

static bool is_token(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool is_digit = c >= '0' && c <= '9';
        if (!is_letter && !is_digit && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL))
            return false;
    }
    return text.len > 0;
}

static bool is_nocase(struct slice a, const char *b)
{
    return strlen(b) == a.len && strncasecmp(a.data, b, a.len) == 0;
}

static int read_version(struct http_parser *parser, struct slice version)
{
    const char *text = version.data;
    bool is_version = version.len == 8 && memcmp(text, "HTTP/", 5) == 0 && text[5] >= '0' &&
                      text[5] <= '9' && text[6] == '.' && text[7] >= '0' && text[7] <= '9';
    if (!is_version)
        return refuse(parser, "The first line does not name a version of HTTP.");
    if (text[5] != '1')
        return http_parser_refuse(parser, 505, "Only HTTP/1.0 and HTTP/1.1 are spoken here.");
    parser->minor_version = text[7] == '0' ? 0 : 1;
    return 0;
}

static int read_method(struct http_parser *parser, struct slice name)
{
    if (!is_token(name))
        return refuse(parser, "The method is not a word.");
    for (int i = 0; i < HTTP_METHOD_COUNT; i++) {
        if (slice_is(name, http_method_names[i])) {
            parser->method = (enum http_method)i;
            return 0;
        }
    }
    return http_parser_refuse(parser, 501, "This method is not known here.");
}

static int read_target(struct http_parser *parser, struct slice text)
{
    struct http_target target;
    int error = http_target_parse(text, parser->arena, &target);
    if (error == 0 && target.path[0] == '*' && parser->method != HTTP_OPTIONS)
        error = -EINVAL;
    if (error == -EINVAL)
        return refuse(parser, "The request target is malformed.");
    parser->target = arena_strndup(parser->arena, text.data, text.len);
    if (error != 0 || parser->target == NULL)
        return refuse_for_memory(parser);
    parser->path = target.path;
    parser->query = target.query;
    if (target.authority.len > 0) {
        const char *copy =
            arena_strndup(parser->arena, target.authority.data, target.authority.len);
        if (copy == NULL)
            return refuse_for_memory(parser);
        parser->authority = (struct slice){copy, target.authority.len};
    }
    return 0;
}

static int read_request_line(struct http_parser *parser, struct slice line)
{
    struct slice method, target;
    if (!text_next_piece(&line, ' ', &method) || !text_next_piece(&line, ' ', &target) ||
        line.len == 0)
        return refuse(parser, "The first line is not \"METHOD TARGET HTTP/1.1\".");
    if (!is_token(method))
        return refuse(parser, "The method is not a word.");
    if (read_version(parser, line) != 0 || read_method(parser, method) != 0)
        return -1;
    return read_target(parser, target);
}

static int read_status_line(struct http_parser *parser, struct slice line)
{
    struct slice version;
    if (!text_next_piece(&line, ' ', &version) || read_version(parser, version) != 0)
        return refuse(parser, "The answer does not begin with HTTP/1.");
    int status = 0;
    bool is_good = line.len == 3 || (line.len > 3 && line.data[3] == ' ');
    for (size_t i = 0; i < 3 && is_good; i++) {
        is_good = line.data[i] >= '0' && line.data[i] <= '9';
        status = status * 10 + (line.data[i] - '0');
    }
    if (!is_good || status < 100 || status > 599)
        return refuse(parser, "The answer has no status.");
    parser->status = status;
    return 0;
}

int http_head_start_line(struct http_parser *parser, struct slice line)
{
    return parser->kind == HTTP_PARSE_REQUEST ? read_request_line(parser, line)
                                              : read_status_line(parser, line);
}

static int cut_header(struct http_parser *parser, struct slice line, struct slice *out_name,
                      struct slice *out_value)
{
    if (line.data[0] == ' ' || line.data[0] == '\t')
        return refuse(parser, "A header is folded over two lines.");
    const char *colon = memchr(line.data, ':', line.len);
    if (colon == NULL)
        return refuse(parser, "A header has no colon.");
    struct slice name = {line.data, (size_t)(colon - line.data)};
    if (!is_token(name))
        return refuse(parser, "A header's name is malformed.");
    struct slice value = {colon + 1, line.len - name.len - 1};
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return refuse(parser, "A header's value has a control character.");
    }
    *out_name = name;
    *out_value = text_trim(value);
    return 0;
}

static int read_content_length(struct http_parser *parser, const char *value)
{
    size_t len = strlen(value);
    uint64_t number = 0;
    bool is_number = len > 0 && len <= 18;
    for (size_t i = 0; i < len && is_number; i++) {
        is_number = value[i] >= '0' && value[i] <= '9';
        number = number * 10 + (uint64_t)(value[i] - '0');
    }
    if (!is_number)
        return refuse(parser, "Content-Length is not a number.");
    if (parser->has_content_length)
        return refuse(parser, "There are two Content-Length headers.");
    parser->has_content_length = true;
    parser->content_length = number;
    return 0;
}

static int read_transfer_encoding(struct http_parser *parser, const char *value)
{
    if (parser->is_chunked || !text_is_nocase(value, "chunked"))
        return refuse(parser, "Only the transfer coding \"chunked\", once, is understood.");
    parser->is_chunked = true;
    return 0;
}

static int read_connection(struct http_parser *parser, const char *value)
{
    struct slice rest = slice_of(value), option;
    while (text_next_piece(&rest, ',', &option)) {
        option = text_trim(option);
        if (is_nocase(option, "close"))
            parser->saw_close = true;
        else if (is_nocase(option, "keep-alive"))
            parser->saw_keep_alive = true;
    }
    return 0;
}

static int read_expect(struct http_parser *parser, const char *value)
{
    if (parser->kind != HTTP_PARSE_REQUEST || parser->minor_version == 0)
        return 0;
    if (!text_is_nocase(value, "100-continue"))
        return http_parser_refuse(parser, 417, "Only \"Expect: 100-continue\" can be met.");
    parser->expects_continue = true;
    return 0;
}

/* The headers that frame the message and steer the connection. */
static const struct framing {
    const char *name;
    int (*read)(struct http_parser *parser, const char *value);
} framings[] = {
    {"Content-Length", read_content_length},
    {"Transfer-Encoding", read_transfer_encoding},
    {"Connection", read_connection},
    {"Expect", read_expect},
};

static int grow_headers(struct http_parser *parser)
{
    size_t capacity =
        parser->headers_capacity == 0 ? HEADERS_FIRST_CAPACITY : parser->headers_capacity * 2;
    struct http_header *headers = arena_calloc(parser->arena, capacity, sizeof(*headers));
    if (headers == NULL)
        return refuse_for_memory(parser);
    if (parser->n_headers > 0)
        memcpy(headers, parser->headers, parser->n_headers * sizeof(*headers));
    parser->headers = headers;
    parser->headers_capacity = capacity;
    return 0;
}

int http_head_header(struct http_parser *parser, struct slice line)
{
    struct slice name, value;
    if (cut_header(parser, line, &name, &value) != 0)
        return -1;
    if (parser->n_headers >= parser->limits.headers)
        return http_parser_refuse(parser, 431, "There are too many headers.");
    if (parser->n_headers == parser->headers_capacity && grow_headers(parser) != 0)
        return -1;

    char *copy = arena_alloc(parser->arena, name.len + value.len + 2);
    if (copy == NULL)
        return refuse_for_memory(parser);
    text_copy_slice(copy, name.len + 1, name);
    text_copy_slice(copy + name.len + 1, value.len + 1, value);
    struct http_header header = {.name = copy, .value = copy + name.len + 1};
    parser->headers[parser->n_headers++] = header;

    for (size_t i = 0; i < ARRAY_LEN(framings); i++) {
        if (text_is_nocase(header.name, framings[i].name))
            return framings[i].read(parser, header.value);
    }
    return 0;
}

int http_head_trailer(struct http_parser *parser, struct slice line)
{
    struct slice name, value;
    if (++parser->n_trailers > parser->limits.headers)
        return http_parser_refuse(parser, 431, "There are too many trailers.");
    return cut_header(parser, line, &name, &value);
}

static bool is_host(const char *host)
{
    for (const char *at = host; *at != '\0'; at++) {
        char c = *at;
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool is_digit = c >= '0' && c <= '9';
        if (!is_letter && !is_digit && strchr("-._~:[]%!$&'()*+;=", c) == NULL)
            return false;
    }
    return host[0] != '\0';
}

static int check_host(struct http_parser *parser)
{
    const char *host = NULL;
    for (size_t i = 0; i < parser->n_headers; i++) {
        if (!text_is_nocase(parser->headers[i].name, "Host"))
            continue;
        if (host != NULL)
            return refuse(parser, "There are two Host headers.");
        host = parser->headers[i].value;
        if (!is_host(host))
            return refuse(parser, "The Host header is malformed.");
    }
    if (host == NULL && parser->minor_version > 0)
        return refuse(parser, "The Host header is missing.");
    if (host != NULL && parser->authority.len > 0 && !is_nocase(parser->authority, host))
        return refuse(parser, "The target and the Host header name different hosts.");
    return 0;
}

/* A response ends with the connection when nothing else says where. */
static int frame_response(struct http_parser *parser)
{
    bool is_bodyless = parser->no_body || parser->status < 200 || parser->status == 204 ||
                       parser->status == 304;
    if (is_bodyless) {
        parser->left = 0;
        parser->state = HTTP_PARSE_BODY;
    } else if (!parser->is_chunked && !parser->has_content_length) {
        parser->keep_alive = false;
        parser->state = HTTP_PARSE_TO_CLOSE;
    }
    return 0;
}

int http_head_finish(struct http_parser *parser)
{
    if (parser->kind == HTTP_PARSE_REQUEST && check_host(parser) != 0)
        return -1;
    if (parser->is_chunked && parser->has_content_length)
        return refuse(parser, "Both Content-Length and Transfer-Encoding are given.");
    if (parser->is_chunked && parser->minor_version == 0)
        return refuse(parser, "HTTP/1.0 has no Transfer-Encoding.");

    parser->keep_alive =
        !parser->saw_close && (parser->minor_version > 0 || parser->saw_keep_alive);
    parser->state = parser->is_chunked ? HTTP_PARSE_CHUNK_SIZE : HTTP_PARSE_BODY;
    parser->left = parser->content_length;
    return parser->kind == HTTP_PARSE_RESPONSE ? frame_response(parser) : 0;
}
