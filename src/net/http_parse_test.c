/* SPDX-License-Identifier: MIT */
/*
 * Tables of bytes and what the parser makes of them.  Every row is fed whole, byte by byte, and
 * in pieces of seven, of which bodies are written into their place.
 */
#include "net/http_parse.h"

#include <stdio.h>

#include "unit.h"

#define REQUEST(text) text, sizeof(text) - 1
#define HOST          "Host: h\r\n"
#define GET           "GET / HTTP/1.1\r\n" HOST
#define POST          "POST / HTTP/1.1\r\n" HOST

static const struct http_limits limits = {.head_bytes = 512, .headers = 8, .body_bytes = 64};

struct outcome {
    int status; /* 0 = complete, -1 = wants more, else why it is refused */
    char body[128];
    char path[128];
    size_t body_len, used, n_headers;
    bool keep_alive, expects_continue;
    int message_status;
};

/* Feeds a piece, or writes it where a body's bytes go, as a server does that reads into there. */
static enum http_parse_verdict give(struct http_parser *parser, const char *data, size_t len,
                                    size_t *out_used)
{
    size_t room_len;
    char *room = len > 0 ? http_parser_room(parser, &room_len) : NULL;
    if (room == NULL)
        return http_parser_feed(parser, data, len, out_used);
    *out_used = MIN_OF(len, room_len);
    memcpy(room, data, *out_used);
    return http_parser_filled(parser, *out_used);
}

static struct outcome parse(enum http_parse_kind kind, bool no_body, const char *data,
                            size_t len, size_t piece)
{
    struct arena arena;
    struct http_parser parser;
    struct outcome outcome = {0};
    arena_init(&arena, 65536);
    http_parser_init(&parser, kind, &limits, &arena);
    parser.no_body = no_body;
    enum http_parse_verdict verdict = HTTP_PARSE_MORE;
    while (verdict <= HTTP_PARSE_HEAD && (outcome.used < len || verdict == HTTP_PARSE_HEAD)) {
        size_t used;
        size_t next = MIN_OF(piece, len - outcome.used);
        verdict =
            (piece == 7 ? give : http_parser_feed)(&parser, data + outcome.used, next, &used);
        outcome.used += used;
    }
    outcome.status = verdict == HTTP_PARSE_DONE      ? 0
                     : verdict == HTTP_PARSE_REFUSED ? parser.refused_status
                                                     : -1;
    if (outcome.status > 0)
        ck_assert_ptr_nonnull(parser.refused_why);
    if (outcome.status == -1 && kind == HTTP_PARSE_RESPONSE)
        outcome.status = http_parser_end(&parser) == HTTP_PARSE_DONE ? 0 : -1;
    outcome.body_len = parser.body.len;
    text_copy(outcome.body, sizeof(outcome.body), buf_text(&parser.body));
    text_copy(outcome.path, sizeof(outcome.path), parser.path);
    outcome.n_headers = parser.n_headers;
    outcome.keep_alive = parser.keep_alive;
    outcome.expects_continue = parser.expects_continue;
    outcome.message_status = parser.status;
    http_parser_deinit(&parser);
    arena_deinit(&arena);
    return outcome;
}

static struct outcome parse_all_ways(enum http_parse_kind kind, bool no_body, const char *data,
                                     size_t len)
{
    static const size_t pieces[] = {1, 7};
    struct outcome whole = parse(kind, no_body, data, len, SIZE_MAX);
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        struct outcome cut = parse(kind, no_body, data, len, pieces[i]);
        ck_assert_msg(cut.status == whole.status, "%s: %d cut, %d whole", data, cut.status,
                      whole.status);
        ck_assert_str_eq(cut.body, whole.body);
        ck_assert_str_eq(cut.path, whole.path);
        if (whole.status == 0)
            ck_assert_uint_eq(cut.used, whole.used);
    }
    return whole;
}

static const struct refusal {
    int status;
    const char *data;
    size_t len;
} refusals[] = {
    /* the first line */
    {400, REQUEST("GET /\r\n")},
    {400, REQUEST("GET\r\n")},
    {400, REQUEST("\r\n\r\n")},
    {400, REQUEST("GET  / HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("GET /  HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("GET / HTTP/1.1 \r\n" HOST "\r\n")},
    {400, REQUEST(" GET / HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("G@T / HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("GET / http/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("GET / HTTP/11\r\n" HOST "\r\n")},
    {400, REQUEST("GET / HTTP/1.1x\r\n" HOST "\r\n")},
    {400, REQUEST("GET / HTTP/1.1\n" HOST "\r\n")},
    {400, REQUEST("GET /\r HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("GET /\0 HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("GET /\t HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("\x16\x03\x01\x02\r\n")},
    {501, REQUEST("BREW / HTTP/1.1\r\n" HOST "\r\n")},
    {501, REQUEST("get / HTTP/1.1\r\n" HOST "\r\n")},
    {501, REQUEST("CONNECT h:1 HTTP/1.1\r\n" HOST "\r\n")},
    {505, REQUEST("GET / HTTP/2.0\r\n" HOST "\r\n")},
    {505, REQUEST("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")},
    {505, REQUEST("GET / HTTP/0.9\r\n\r\n")},
    /* targets */
    {400, REQUEST("GET x HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("GET * HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("GET /%zz HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("GET /%4 HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("GET /% HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("GET /%00 HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("GET /%0d%0aX HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("GET /.. HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("GET /a/../../b HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("GET /%2e%2e/etc HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("GET /a%2f..%2f..%2fb HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("GET /#x HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("GET /\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("GET http:///x HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("GET ftp://h/x HTTP/1.1\r\n" HOST "\r\n")},
    {400, REQUEST("GET http://other/x HTTP/1.1\r\n" HOST "\r\n")},
    /* headers */
    {400, REQUEST("GET / HTTP/1.1\r\n\r\n")},
    {400, REQUEST(GET HOST "\r\n")},
    {400, REQUEST("GET / HTTP/1.1\r\nHost:\r\n\r\n")},
    {400, REQUEST("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n")},
    {400, REQUEST("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n")},
    {400, REQUEST("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n")},
    {400, REQUEST("GET / HTTP/1.1\r\nHost : h\r\n\r\n")},
    {400, REQUEST("GET / HTTP/1.1\r\n Host: h\r\n\r\n")},
    {400, REQUEST(GET "X: a\r\n b\r\n\r\n")},
    {400, REQUEST(GET "X: a\r\n\tb\r\n\r\n")},
    {400, REQUEST(GET "X: a\nY: b\r\n\r\n")},
    {400, REQUEST(GET "X: a\rY: b\r\n\r\n")},
    {400, REQUEST(GET "X: a\r\r\n\r\n")},
    {400, REQUEST(GET "X: a\0b\r\n\r\n")},
    {400, REQUEST(GET "X: a\x01\r\n\r\n")},
    {400, REQUEST(GET "X: a\x7f\r\n\r\n")},
    {400, REQUEST(GET "X\r\n\r\n")},
    {400, REQUEST(GET ": a\r\n\r\n")},
    {400, REQUEST(GET "X Y: a\r\n\r\n")},
    {400, REQUEST(GET "X(: a\r\n\r\n")},
    {400, REQUEST(GET "\n")},
    {417, REQUEST(POST "Expect: 200-ok\r\nContent-Length: 1\r\n\r\n")},
    {431, REQUEST(GET "a:\r\nb:\r\nc:\r\nd:\r\ne:\r\nf:\r\ng:\r\nh:\r\n\r\n")},
    /* lengths: the ways of smuggling */
    {400, REQUEST(POST "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab")},
    {400, REQUEST(POST "Content-Length: 1\r\nContent-Length: 1\r\n\r\na")},
    {400, REQUEST(POST "Content-Length: 1, 1\r\n\r\na")},
    {400, REQUEST(POST "Content-Length: +1\r\n\r\na")},
    {400, REQUEST(POST "Content-Length: -1\r\n\r\na")},
    {400, REQUEST(POST "Content-Length: 0x1\r\n\r\na")},
    {400, REQUEST(POST "Content-Length: 1 1\r\n\r\na")},
    {400, REQUEST(POST "Content-Length:\r\n\r\n")},
    {400, REQUEST(POST "Content-Length: 99999999999999999999\r\n\r\n")},
    {400, REQUEST(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")},
    {400, REQUEST(POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n")},
    {400, REQUEST(POST "Transfer-Encoding: gzip\r\n\r\n")},
    {400, REQUEST(POST "Transfer-Encoding: gzip, chunked\r\n\r\n")},
    {400, REQUEST(POST "Transfer-Encoding: chunked, chunked\r\n\r\n")},
    {400, REQUEST(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n")},
    {400, REQUEST(POST "Transfer-Encoding: identity\r\n\r\n")},
    {400, REQUEST(POST "Transfer-Encoding: \x0b"
                       "chunked\r\n\r\n")},
    {400, REQUEST(POST "Transfer-Encoding: chunked;q=1\r\n\r\n")},
    {400, REQUEST(POST "Transfer-Encoding:\r\n\r\n")},
    {400, REQUEST("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")},
    {413, REQUEST(POST "Content-Length: 65\r\n\r\n")},
    {413, REQUEST(POST "Content-Length: 999999999999999999\r\n\r\n")},
/* chunks */
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
    {400, REQUEST(CHUNKED "x\r\n")},
    {400, REQUEST(CHUNKED "\r\n")},
    {400, REQUEST(CHUNKED "0x1\r\na\r\n")},
    {400, REQUEST(CHUNKED "-1\r\n")},
    {400, REQUEST(CHUNKED " 1\r\na\r\n")},
    {400, REQUEST(CHUNKED "1 \r\na\r\n")},
    {400, REQUEST(CHUNKED "1\na\r\n")},
    {400, REQUEST(CHUNKED "1\r\nab\r\n")},
    {400, REQUEST(CHUNKED "2\r\na\r\n0\r\n\r\n")},
    {400, REQUEST(CHUNKED "1\r\na\n0\r\n\r\n")},
    {400, REQUEST(CHUNKED "1;\x01\r\na\r\n")},
    {400, REQUEST(CHUNKED "1;a\nb\r\na\r\n")},
    {400, REQUEST(CHUNKED "0000000000000000001\r\na\r\n")},
    {400, REQUEST(CHUNKED "0\r\nX\r\n\r\n")},
    {400, REQUEST(CHUNKED "0\r\nX: a\r\n b\r\n\r\n")},
    {400, REQUEST(CHUNKED "0\r\nX: a\nb\r\n\r\n")},
    {413, REQUEST(CHUNKED "41\r\n")},
    {413, REQUEST(CHUNKED "fffffffffffffff\r\n")},
    {413, REQUEST(CHUNKED "1\r\na\r\n40\r\n")},
};

START_TEST(refuses)
{
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        const struct refusal *row = &refusals[i];
        struct outcome outcome = parse_all_ways(HTTP_PARSE_REQUEST, false, row->data, row->len);
        ck_assert_msg(outcome.status == row->status, "row %zu \"%s\": %d, not %d", i, row->data,
                      outcome.status, row->status);
    }
}
END_TEST

static const struct acceptance {
    const char *path;
    const char *body;
    bool keep_alive;
    const char *data;
    size_t len;
} acceptances[] = {
    {"/", "", true, REQUEST(GET "\r\n")},
    {"/", "", true, REQUEST("\r\n" GET "\r\n")},
    {"/", "", true, REQUEST("GET / HTTP/1.2\r\n" HOST "\r\n")},
    {"/", "", false, REQUEST("GET / HTTP/1.0\r\n\r\n")},
    {"/", "", true, REQUEST("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")},
    {"/", "", false, REQUEST(GET "Connection: x, Close\r\n\r\n")},
    {"/", "", false, REQUEST(GET "Connection: close, keep-alive\r\n\r\n")},
    {"/a b", "", true, REQUEST("GET /a%20b HTTP/1.1\r\n" HOST "\r\n")},
    {"/a/b/", "", true, REQUEST("GET //a///b// HTTP/1.1\r\n" HOST "\r\n")},
    {"/b", "", true, REQUEST("GET /a/../b HTTP/1.1\r\n" HOST "\r\n")},
    {"/a/", "", true, REQUEST("GET /a/b/.. HTTP/1.1\r\n" HOST "\r\n")},
    {"/a/", "", true, REQUEST("GET /a/%2e HTTP/1.1\r\n" HOST "\r\n")},
    {"/", "", true, REQUEST("GET /a/.. HTTP/1.1\r\n" HOST "\r\n")},
    {"/...", "", true, REQUEST("GET /... HTTP/1.1\r\n" HOST "\r\n")},
    {"/a/b", "", true, REQUEST("GET /a%2fb HTTP/1.1\r\n" HOST "\r\n")},
    {"/", "", true, REQUEST("GET /?x=%zz HTTP/1.1\r\n" HOST "\r\n")},
    {"*", "", true, REQUEST("OPTIONS * HTTP/1.1\r\n" HOST "\r\n")},
    {"/x", "", true, REQUEST("GET http://H/x HTTP/1.1\r\n" HOST "\r\n")},
    {"/", "", true, REQUEST("GET http://h?q HTTP/1.1\r\n" HOST "\r\n")},
    {"/", "", true, REQUEST("GET / HTTP/1.1\r\nhOST:\t [::1]:80 \t\r\n\r\n")},
    {"/", "", true, REQUEST(GET "X:\r\nY: \xff a\tb\r\n\r\n")},
    {"/", "abc", true, REQUEST(POST "Content-Length: 3\r\n\r\nabc")},
    {"/", "abc", true, REQUEST(POST "Content-Length: 003\r\n\r\nabc")},
    {"/", "", true, REQUEST(POST "Content-Length: 0\r\n\r\n")},
    {"/", "", true, REQUEST(POST "\r\n")},
    {"/", "", true, REQUEST(CHUNKED "0\r\n\r\n")},
    {"/", "abcde", true, REQUEST(CHUNKED "3\r\nabc\r\n2;x=\"y\"\r\nde\r\n000\r\n\r\n")},
    {"/", "0123456789", true, REQUEST(CHUNKED "A\r\n0123456789\r\n0\r\nX: y\r\n\r\n")},
    {"/", "a", true, REQUEST(POST "Transfer-Encoding: CHUNKED\r\n\r\n1\r\na\r\n0\r\n\r\n")},
};

START_TEST(accepts)
{
    for (size_t i = 0; i < ARRAY_LEN(acceptances); i++) {
        const struct acceptance *row = &acceptances[i];
        struct outcome outcome = parse_all_ways(HTTP_PARSE_REQUEST, false, row->data, row->len);
        ck_assert_msg(outcome.status == 0, "row %zu \"%s\": %d", i, row->data, outcome.status);
        ck_assert_str_eq(outcome.path, row->path);
        ck_assert_str_eq(outcome.body, row->body);
        ck_assert_msg(outcome.keep_alive == row->keep_alive, "%s", row->data);
        ck_assert_uint_eq(outcome.used, row->len);
    }
}
END_TEST

START_TEST(leaves_what_follows)
{
    static const char two[] = POST "Content-Length: 1\r\n\r\naGET / HTTP/1.1\r\n";
    struct outcome outcome = parse(HTTP_PARSE_REQUEST, false, two, sizeof(two) - 1, SIZE_MAX);
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_uint_eq(outcome.used, strlen(two) - strlen("GET / HTTP/1.1\r\n"));
}
END_TEST

START_TEST(waits_for_the_rest)
{
    static const char *const parts[] = {"",
                                        "G",
                                        "GET / HTTP/1.1\r",
                                        GET,
                                        GET "\r",
                                        POST "Content-Length: 2\r\n\r\na",
                                        CHUNKED "2\r\na",
                                        CHUNKED "0\r\n",
                                        CHUNKED "0\r\n\r"};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        ck_assert_int_eq(
            parse_all_ways(HTTP_PARSE_REQUEST, false, parts[i], strlen(parts[i])).status, -1);
}
END_TEST

/* Lines of `len` bytes in all, without an end. */
START_TEST(bounds_every_line)
{
    char text[2048];
    struct buf long_line CLEANUP(buf_deinit);
    memset(text, 'a', sizeof(text));
    memcpy(text, "GET /", 5);
    ck_assert_int_eq(parse_all_ways(HTTP_PARSE_REQUEST, false, text, 513).status, 414);
    ck_assert_int_eq(parse_all_ways(HTTP_PARSE_REQUEST, false, text, 512).status, -1);

    memset(text, 'a', sizeof(text));
    memcpy(text, GET, strlen(GET));
    ck_assert_int_eq(parse_all_ways(HTTP_PARSE_REQUEST, false, text, 513).status, 431);
    ck_assert_int_eq(parse_all_ways(HTTP_PARSE_REQUEST, false, text, 512).status, -1);

    buf_init(&long_line, 4096);
    buf_append_text(&long_line, CHUNKED "1;");
    for (int i = 0; i < 300; i++)
        buf_append_char(&long_line, 'x');
    ck_assert_int_eq(
        parse_all_ways(HTTP_PARSE_REQUEST, false, long_line.data, long_line.len).status, 400);

    buf_reset(&long_line);
    buf_append_text(&long_line, CHUNKED);
    for (int i = 0; i < 10; i++)
        buf_printf(&long_line, "1;%0200d\r\na\r\n", 0);
    ck_assert_int_eq(
        parse_all_ways(HTTP_PARSE_REQUEST, false, long_line.data, long_line.len).status, 400);

    buf_reset(&long_line);
    buf_append_text(&long_line, CHUNKED "0\r\n");
    for (int i = 0; i < 9; i++)
        buf_append_text(&long_line, "T: x\r\n");
    ck_assert_int_eq(
        parse_all_ways(HTTP_PARSE_REQUEST, false, long_line.data, long_line.len).status, 431);
}
END_TEST

START_TEST(keeps_nuls_in_bodies)
{
    static const char request[] = POST "Content-Length: 3\r\n\r\na\0b";
    struct outcome outcome =
        parse_all_ways(HTTP_PARSE_REQUEST, false, request, sizeof(request) - 1);
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_uint_eq(outcome.body_len, 3);
}
END_TEST

START_TEST(sees_an_expectation)
{
    static const char request[] = POST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\na";
    ck_assert(parse_all_ways(HTTP_PARSE_REQUEST, false, REQUEST(request)).expects_continue);
    static const char old[] = "POST / HTTP/1.0\r\nExpect: x\r\nContent-Length: 1\r\n\r\na";
    struct outcome outcome = parse_all_ways(HTTP_PARSE_REQUEST, false, REQUEST(old));
    ck_assert_int_eq(outcome.status, 0);
    ck_assert(!outcome.expects_continue);
}
END_TEST

static const struct answer {
    int status; /* of the message; 0 = refused or incomplete */
    const char *body;
    bool keep_alive, no_body;
    const char *data;
    size_t len;
} answers[] = {
    {200, "ab", true, false, REQUEST("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab")},
    {200, "ab", false, false, REQUEST("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab")},
    {200, "abc", false, false, REQUEST("HTTP/1.1 200 OK\r\n\r\nabc")},
    {200, "abc", true, false,
     REQUEST("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")},
    {204, "", true, false, REQUEST("HTTP/1.1 204 No Content\r\n\r\n")},
    {304, "", true, false, REQUEST("HTTP/1.1 304 \r\nContent-Length: 9\r\n\r\n")},
    {100, "", true, false, REQUEST("HTTP/1.1 100 Continue\r\n\r\n")},
    {200, "", true, true, REQUEST("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")},
    {200, "", true, true, REQUEST("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")},
    {0, NULL, false, false, REQUEST("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab")},
    {0, NULL, false, false, REQUEST("HTTP/1.1 20 OK\r\n\r\n")},
    {0, NULL, false, false, REQUEST("HTTP/1.1 2000 OK\r\n\r\n")},
    {0, NULL, false, false, REQUEST("HTTP/1.1 600 OK\r\n\r\n")},
    {0, NULL, false, false, REQUEST("HTTP/1.1  200 OK\r\n\r\n")},
    {0, NULL, false, false, REQUEST("HTTP/2 200 OK\r\n\r\n")},
    {0, NULL, false, false, REQUEST("ICY 200 OK\r\n\r\n")},
    {0, NULL, false, false, REQUEST("\r\nHTTP/1.1 200 OK\r\n\r\n")},
    {0, NULL, false, false, REQUEST("SSH-2.0-OpenSSH_9.2\r\n")},
    {0, NULL, false, false, REQUEST("HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n")},
};

START_TEST(reads_answers)
{
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        const struct answer *row = &answers[i];
        struct outcome outcome =
            parse_all_ways(HTTP_PARSE_RESPONSE, row->no_body, row->data, row->len);
        ck_assert_msg((outcome.status == 0) == (row->status != 0), "row %zu \"%s\": %d", i,
                      row->data, outcome.status);
        if (row->status == 0)
            continue;
        ck_assert_int_eq(outcome.message_status, row->status);
        ck_assert_str_eq(outcome.body, row->body);
        ck_assert_msg(outcome.keep_alive == row->keep_alive, "row %zu \"%s\"", i, row->data);
    }
}
END_TEST

START_TEST(starts_again_after_reset)
{
    static const char one[] = POST "Content-Length: 1\r\n\r\na";
    struct arena arena;
    struct http_parser parser;
    size_t used;
    arena_init(&arena, 65536);
    http_parser_init(&parser, HTTP_PARSE_REQUEST, &limits, &arena);
    for (int i = 0; i < 3; i++) {
        ck_assert(!http_parser_has_begun(&parser));
        ck_assert_int_eq(http_parser_feed(&parser, one, sizeof(one) - 1, &used),
                         HTTP_PARSE_HEAD);
        ck_assert(http_parser_awaits_body(&parser));
        ck_assert_int_eq(http_parser_feed(&parser, "a", 1, &used), HTTP_PARSE_DONE);
        ck_assert_uint_eq(parser.n_headers, 2);
        ck_assert_uint_eq(parser.body.len, 1);
        http_parser_reset(&parser);
        arena_reset(&arena);
    }
    http_parser_deinit(&parser);
    arena_deinit(&arena);
}
END_TEST

/* The memory of a large body is given back; the next body must find room all the same. */
START_TEST(takes_a_large_body_after_a_large_body)
{
    static char request[40000];
    struct http_limits large = {.head_bytes = 512, .headers = 8, .body_bytes = 39000};
    struct arena arena;
    struct http_parser parser;
    size_t used;
    int head = snprintf(request, sizeof(request), POST "Content-Length: 39000\r\n\r\n");
    memset(request + head, 'x', 39000);
    arena_init(&arena, 65536);
    http_parser_init(&parser, HTTP_PARSE_REQUEST, &large, &arena);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(http_parser_feed(&parser, request, (size_t)head, &used),
                         HTTP_PARSE_HEAD);
        ck_assert_int_eq(http_parser_feed(&parser, request + head, 39000, &used),
                         HTTP_PARSE_DONE);
        ck_assert_uint_eq(parser.body.len, 39000);
        http_parser_reset(&parser);
        ck_assert_uint_eq(parser.body.capacity, 0);
    }
    http_parser_deinit(&parser);
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN("http_parse", refuses, accepts, leaves_what_follows, waits_for_the_rest,
          bounds_every_line, keeps_nuls_in_bodies, sees_an_expectation, reads_answers,
          starts_again_after_reset, takes_a_large_body_after_a_large_body)
