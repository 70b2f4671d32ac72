/* SPDX-License-Identifier: MIT */
/*
 * http_server - accepts connections on every loop, reads requests, lets a handler answer.
 *
 * The handler is called on a loop thread with a complete request and must answer exactly once,
 * at once or later, from any thread.  An exchange stays valid until it was answered, also when
 * its client is gone; answering is then a no-op.  Slow clients are cut: `head_timeout` for the
 * request head, `body_timeout` for the body, `idle_timeout` between requests, and a minimum
 * rate when writing.  Over `max_connections` new ones get 503 and are closed.
 */
#pragma once

#include "base/arena.h"
#include "net/http_message.h"
#include "net/loop.h"

struct http_server;
struct http_exchange;
struct tls_server; /* net/tls.h */

typedef void http_handler_fn(struct http_exchange *exchange, void *arg);

struct http_server_options {
    struct http_limits limits;
    mspan_t head_timeout, body_timeout, idle_timeout, write_timeout;
    size_t max_connections; /* over all listeners */
    size_t bodies_bytes;    /* of all requests under way together; over it 503 */
    size_t arena_bytes;     /* ceiling of an exchange's arena */
    http_handler_fn *handler;
    void *handler_arg;
    /* Asked when the head is complete, before the body is read: the body limit for this
     * request, e.g. larger for ingest.  NULL = limits.body_bytes for all. */
    size_t (*body_limit)(const struct http_request *head, void *arg);
};

extern const struct http_server_options http_server_defaults;

/* Serves on the loops given.  Each accepts for itself from one shared socket: SO_REUSEPORT
 * would give every loop its own, but then a second process could take the same port unnoticed,
 * and what waits on a busy loop's socket would wait although another loop is idle. 0, -ENOMEM. */
int http_server_new(struct loop *const *loops, size_t n_loops,
                    const struct http_server_options *options, struct http_server **out_server);

/* "ADDR:PORT", "[::1]:PORT", ":PORT".  tls NULL = plain.  Call before the loops run, or on any
 * thread while they do.  0; -EADDRINUSE, -EACCES, -EADDRNOTAVAIL, -EINVAL (not an address). */
int http_server_listen(struct http_server *server, const char *address, struct tls_server *tls);

/* The port of the nth listener, for those that asked for port 0; -ENOENT. */
int http_server_port(const struct http_server *server, size_t nth_listener);

/* Stops accepting, ends streams, closes idle connections; requests under way are answered.
 * Any thread.  http_server_free() once the loops have ended and every thread that may answer
 * has: it drops what is left. */
void http_server_stop(struct http_server *server);
void http_server_free(struct http_server *server);

/* Connections open now. */
size_t http_server_connections(const struct http_server *server);

const struct http_request *http_exchange_request(const struct http_exchange *exchange);
struct arena *http_exchange_arena(struct http_exchange *exchange);
struct loop *http_exchange_loop(struct http_exchange *exchange);

/* A place for the router and handlers to keep one pointer each (freed by nobody). */
void http_exchange_set_data(struct http_exchange *exchange, void *data);
void *http_exchange_data(const struct http_exchange *exchange);

/* Becomes true (atomic) when the client closes its side while the request is handled: nobody
 * may be waiting for the answer any more, so long work may end early.  It must be answered all the
 * same, and until then the flag stays readable. */
const bool *http_exchange_abandoned(const struct http_exchange *exchange);

struct http_answer {
    int status;
    const struct http_header *headers; /* borrowed for the call, as is the body */
    size_t n_headers;
    const void *body;
    size_t len;
    bool is_static; /* the body lives as long as the program and need not be copied */
    bool is_stream; /* without a length; for http_stream_begin(), which sets it */
};

/* Answers.  Content-Length, Date and Connection are added.  Any thread; the exchange is invalid
 * after it.  Control characters in header values become blanks. */
void http_respond(struct http_exchange *exchange, const struct http_answer *answer);

/* Answers with a problem document (RFC 9457); `detail` is a sentence, or NULL. */
void http_respond_problem(struct http_exchange *exchange, int status, const char *detail);

/* A response without an end (server-sent events): chunked for 1.1, until close for 1.0.
 * stream_write never blocks: when the client has not taken `STREAM_BUFFER_MAX_BYTES` it is cut.
 * on_close(arg) is called once on the loop thread when the client is gone or the stream was
 * ended, never from within these three functions; after it the exchange is invalid.  Writes
 * after an end or a cut are ignored.  All on the exchange's loop thread. */
#define STREAM_BUFFER_MAX_BYTES ((size_t)1024 * 1024)
void http_stream_begin(struct http_exchange *exchange, const struct http_answer *head,
                       loop_fn *on_close, void *arg);
void http_stream_write(struct http_exchange *exchange, const void *data, size_t len);
void http_stream_end(struct http_exchange *exchange);
