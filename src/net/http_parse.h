/* SPDX-License-Identifier: MIT */
/*
 * http_parse - reads one HTTP/1.x message from bytes as they come.
 *
 *     START ─line─► HEADERS ─empty line─► (HEAD reported) ─► BODY, CHUNK_… or TO_CLOSE ─► DONE
 *
 * Lines are checked as soon as they are complete, so that nonsense is refused at its first line
 * and not at a timeout.  What is not exactly right is refused with the status that a server
 * answers and a sentence; nothing is repaired, because two programs that repair differently
 * are how requests get smuggled.
 *
 * Names, values and the path live in the arena given at init; the body in `body`.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "net/http_message.h"

enum http_parse_kind {
    HTTP_PARSE_REQUEST,
    HTTP_PARSE_RESPONSE
};

enum http_parse_verdict {
    HTTP_PARSE_MORE,    /* all bytes used; give more */
    HTTP_PARSE_HEAD,    /* the head is complete: look at it, then feed on (also with 0 bytes) */
    HTTP_PARSE_DONE,    /* the message is complete */
    HTTP_PARSE_REFUSED, /* see refused_status and refused_why */
};

enum http_parse_state {
    HTTP_PARSE_START,
    HTTP_PARSE_HEADERS,
    HTTP_PARSE_BODY,
    HTTP_PARSE_TO_CLOSE,
    HTTP_PARSE_CHUNK_SIZE,
    HTTP_PARSE_CHUNK_DATA,
    HTTP_PARSE_CHUNK_END,
    HTTP_PARSE_TRAILERS,
    HTTP_PARSE_COMPLETE,
    HTTP_PARSE_FAILED,
};

struct http_parser {
    enum http_parse_kind kind;
    struct http_limits limits; /* body_bytes may be changed when HEAD is reported */
    struct arena *arena;       /* borrowed from the caller of init */
    bool no_body;              /* a response to HEAD; set by the user */

    enum http_parse_state state;
    struct buf line;   /* an incomplete line */
    size_t head_bytes; /* seen so far, trailers included */
    size_t extension_bytes;
    size_t n_trailers;
    bool has_content_length, is_chunked, saw_close, saw_keep_alive, saw_blank_line;
    uint64_t left; /* of the body or chunk */

    /* the message */
    enum http_method method;
    int status;
    int minor_version;
    const char *target, *path, *query;
    struct slice authority; /* of an absolute target */
    struct http_header *headers;
    size_t n_headers, headers_capacity;
    uint64_t content_length;
    bool keep_alive;       /* as the peer wants it */
    bool expects_continue; /* "Expect: 100-continue" from a 1.1 client */
    struct buf body;

    int refused_status;
    const char *refused_why;
};

void http_parser_init(struct http_parser *parser, enum http_parse_kind kind,
                      const struct http_limits *limits, struct arena *arena);
void http_parser_deinit(struct http_parser *parser);

/* Ready for the next message; what was read is gone.  Memory of a large body is given back. */
void http_parser_reset(struct http_parser *parser);

/* Reads from `data`; *out_used says how much.  What follows a complete message is not used. */
enum http_parse_verdict http_parser_feed(struct http_parser *parser, const char *data,
                                         size_t len, size_t *out_used);

/* Where the next bytes of a body of known length go: at most *out_len of them.  NULL when there
 * is no such body, or no memory; feed it then.  After writing `len` bytes there, say so. */
char *http_parser_room(struct http_parser *parser, size_t *out_len);
enum http_parse_verdict http_parser_filled(struct http_parser *parser, size_t len);

/* The connection has ended: DONE when that is how this message ends, else REFUSED. */
enum http_parse_verdict http_parser_end(struct http_parser *parser);

/* Whether a byte of this message was seen. */
bool http_parser_has_begun(const struct http_parser *parser);

/* Whether, with the head complete, bytes of a body are to come. */
bool http_parser_awaits_body(const struct http_parser *parser);
