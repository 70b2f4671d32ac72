/* SPDX-License-Identifier: MIT */
/*
 * http_connection - one client of the server, and the exchange it is in.
 *
 *   accept ─► IDLE ─first byte─► HEAD ─► BODY ─complete─► HANDLING ─http_respond─► WRITING ─┐
 *              ▲                   └ refused ─────────────────────────────────────────┤     │
 *              └──────── kept ◄────────────────────────────────── written ◄───────────┴─────┤
 *   LINGERING ◄── not kept: our side is shut, what still comes is thrown away ◄─────────────┘
 *   HANDLING ─http_stream_begin─► STREAMING ─end─► WRITING
 *
 * One exchange at a time: a pipelined request waits in the input buffer until the one before
 * it was answered, so answers are in order.  A body of known length is read from the socket into
 * the request itself.  A connection belongs to its loop; an exchange that
 * is being handled outlives its connection (invariant: a HANDLING exchange is freed by its
 * answer, every other one by its connection).
 */
#pragma once

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "base/vec.h"
#include "net/http_parse.h"
#include "net/http_server.h"
#include "net/transport.h"

struct evbuffer;
struct event;
struct http_connection;

LIST_HEAD(http_connection_list, http_connection);
LIST_HEAD(http_exchange_list, http_exchange);

#define HTTP_SCRATCH_BYTES ((size_t)64 * 1024)

/* The server's part on one loop.  Owned by that loop's thread. */
struct http_server_loop {
    struct http_server *server; /* borrowed: contains this */
    struct loop *loop;          /* borrowed from the caller of http_server_new */
    struct http_connection_list connections;
    struct http_exchange_list exchanges; /* all, also those without a connection */
    char *scratch;                       /* owned; HTTP_SCRATCH_BYTES that were read last */
};

struct http_server {
    struct http_server_options options;
    struct http_server_loop *loops; /* owned */
    size_t n_loops;

    /* any thread */
    atomic_size_t n_connections;
    atomic_size_t body_bytes; /* of all requests that are being read or handled */
    atomic_bool is_stopping;
    pthread_mutex_t *lock; /* owned; guards listeners */
    VEC(struct http_listener *) listeners;
};

enum http_connection_state {
    HTTP_CONNECTION_IDLE,
    HTTP_CONNECTION_HEAD,
    HTTP_CONNECTION_BODY,
    HTTP_CONNECTION_HANDLING,
    HTTP_CONNECTION_WRITING,
    HTTP_CONNECTION_STREAMING,
    HTTP_CONNECTION_LINGERING,
};

struct http_connection {
    LIST_ENTRY(http_connection) link;
    struct http_server_loop *home;
    struct transport *transport;    /* owned */
    struct buf input;               /* read ahead, not yet parsed */
    struct event *deadline;         /* owned */
    struct http_exchange *exchange; /* the current one */
    enum http_connection_state state;
    size_t to_write; /* bytes that waited when WRITING began */
    size_t moved;    /* bytes of a body or answer when the deadline was last looked at */
    bool is_kept;    /* after the answer under way */
    bool has_ended;  /* the peer sends no more */
    bool is_tls;
    bool is_running; /* its requests are being read and handled right now */
    char peer[INET6_ADDRSTRLEN];
};

struct http_exchange {
    LIST_ENTRY(http_exchange) link;
    struct http_server_loop *home;
    struct http_connection *connection; /* NULL once the client is gone */
    struct arena arena;
    struct http_parser parser;
    struct http_request request;
    size_t counted; /* its share of the server's body_bytes */
    char peer[INET6_ADDRSTRLEN];
    void *data;

    /* the answer */
    atomic_bool is_answered;
    struct evbuffer *answer; /* owned */
    bool is_kept;
    bool is_abandoned; /* atomic: while it was handled its client left */

    /* the stream */
    loop_fn *on_close;
    void *on_close_arg;
    bool is_chunked;
    bool is_ended; /* no more writes; on_close is on its way */
    bool is_cut;   /* ended because the client did not read */
};

/* Takes the accepted socket. 0, -ENOMEM (the socket is closed). */
int http_connection_open(struct http_server_loop *home, int fd, const struct sockaddr *address,
                         struct tls_server *tls);

/* At once, without a word. */
void http_connection_close(struct http_connection *connection);

/* Sends what is in exchange->answer and goes on to the next request or ends. */
void http_connection_answer(struct http_connection *connection);

/* The server stops: idle ones close, streams end. */
void http_connection_stop(struct http_connection *connection);

/* Goes into a state that may last `timeout`; 0 = no limit. */
void http_connection_enter(struct http_connection *connection, enum http_connection_state state,
                           mspan_t timeout);

/* Brings the exchange's share of body_bytes up to what it holds.  False when all together hold
 * more than the server's limit. */
bool http_exchange_count_body(struct http_exchange *exchange);

struct http_exchange *http_exchange_new(struct http_connection *connection);
void http_exchange_reset(
    struct http_exchange *exchange); /* for the connection's next request */
void http_exchange_free(struct http_exchange *exchange);

/* Appends a whole answer: head, and the body unless it was a HEAD request.  False when memory
 * is out. */
bool http_answer_write(const struct http_exchange *exchange, const struct http_answer *answer,
                       struct evbuffer *out);

/* Refuses what the client sent, and the connection with it. */
void http_exchange_refuse(struct http_exchange *exchange, int status, const char *why);

/* A STREAMING connection: tells the owner, then finishes or cuts. */
void http_stream_finish(struct http_connection *connection);
void http_stream_drop(struct http_exchange *exchange); /* the client is gone */
