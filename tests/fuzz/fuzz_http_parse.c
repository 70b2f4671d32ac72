/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the HTTP parser: no input may crash it, and where the bytes are cut must not matter.
 * The first byte chooses request or response and how long the pieces are.
 *
 *   clang -g -O1 -std=gnu17 -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined \
 *       -fno-sanitize-recover=all -Isrc tests/fuzz/fuzz_http_parse.c \
 *       src/net/http_parse.c src/net/http_head.c src/net/http_target.c src/net/http_message.c \
 *       src/base/arena.c src/base/buf.c src/base/text.c -lm -o fuzz_http_parse
 *   ./fuzz_http_parse -max_len=4096 -max_total_time=120 -dict=tests/fuzz/http_parse.dict
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "net/http_parse.h"

static const struct http_limits limits = {.head_bytes = 1024, .headers = 12, .body_bytes = 600};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Feeds all of it in pieces and returns the last verdict; *out_used is what was taken. */
static enum http_parse_verdict feed(struct http_parser *parser, const char *data, size_t len,
                                    size_t piece, size_t *out_used)
{
    enum http_parse_verdict verdict = HTTP_PARSE_MORE;
    size_t at = 0;
    while (verdict <= HTTP_PARSE_HEAD && (at < len || verdict == HTTP_PARSE_HEAD)) {
        size_t step = MIN_OF(piece, len - at), used;
        verdict = http_parser_feed(parser, data + at, step, &used);
        assert(used <= step);
        assert(verdict != HTTP_PARSE_MORE || used == step);
        at += used;
    }
    if (verdict == HTTP_PARSE_MORE)
        verdict = http_parser_end(parser);
    *out_used = at;
    return verdict;
}

static void check_path(const char *path)
{
    if (strcmp(path, "*") == 0)
        return;
    assert(path[0] == '/');
    assert(strstr(path, "//") == NULL && strstr(path, "/../") == NULL);
    assert(strstr(path, "/./") == NULL);
}

static void check_same(const struct http_parser *a, const struct http_parser *b)
{
    assert(a->n_headers == b->n_headers && a->body.len == b->body.len);
    assert(a->body.len <= limits.body_bytes && a->n_headers <= limits.headers);
    assert(a->body.len == 0 || memcmp(a->body.data, b->body.data, a->body.len) == 0);
    assert(strcmp(a->path, b->path) == 0 && a->keep_alive == b->keep_alive);
    for (size_t i = 0; i < a->n_headers; i++) {
        assert(strcmp(a->headers[i].name, b->headers[i].name) == 0);
        assert(strcmp(a->headers[i].value, b->headers[i].value) == 0);
    }
}

static void try_helpers(const struct http_parser *parser)
{
    char value[32];
    struct http_request request = {.headers = parser->headers, .n_headers = parser->n_headers};
    http_form_value(parser->query, "a", value, sizeof(value));
    http_request_cookie(&request, "a", value, sizeof(value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    enum http_parse_kind kind = data[0] & 1 ? HTTP_PARSE_RESPONSE : HTTP_PARSE_REQUEST;
    size_t piece = (size_t)(data[0] >> 1) + 1, whole_used, pieces_used;
    const char *text = (const char *)data + 1;
    struct arena arenas[2];
    struct http_parser parsers[2];
    for (int i = 0; i < 2; i++) {
        arena_init(&arenas[i], 65536);
        http_parser_init(&parsers[i], kind, &limits, &arenas[i]);
    }
    enum http_parse_verdict whole = feed(&parsers[0], text, size - 1, SIZE_MAX, &whole_used);
    enum http_parse_verdict pieces = feed(&parsers[1], text, size - 1, piece, &pieces_used);
    assert(whole == pieces);
    if (whole == HTTP_PARSE_DONE) {
        assert(whole_used == pieces_used);
        check_same(&parsers[0], &parsers[1]);
        if (kind == HTTP_PARSE_REQUEST)
            check_path(parsers[0].path);
        try_helpers(&parsers[0]);
    } else {
        assert(parsers[0].refused_why != NULL && parsers[0].refused_status >= 400);
    }
    for (int i = 0; i < 2; i++) {
        http_parser_deinit(&parsers[i]);
        arena_deinit(&arenas[i]);
    }
    return 0;
}
