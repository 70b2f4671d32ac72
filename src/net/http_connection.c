/* SPDX-License-Identifier: MIT */
/*
 * Reading and ending connections.  Callbacks of libevent are deferred, so nothing here is
 * entered from within itself; a connection is closed only from a callback's last statement or
 * from outside (the server's stop and free).
 *
 * Deadlines: one timer per connection, set when a state begins.  A body or an answer that is
 * not through when its time is up gets as much again if MIN_RATE_BYTES a second were moved
 * meanwhile, so that a slow line can move much but nobody holds a connection by moving a byte
 * now and then.
 */
#include "net/http_connection.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <unistd.h>

#include "base/memory.h"
#include "net/tls_session.h"

#define INPUT_MAX_BYTES ((size_t)64 * 1024) /* read ahead, not yet parsed */
#define MIN_RATE_BYTES  ((size_t)4 * 1000)  /* per second */
#define LINGER_TIMEOUT  (2 * MSEC_SECOND)

static void set_deadline(struct http_connection *connection, mspan_t span)
{
    struct timeval after = {.tv_sec = span / 1000, .tv_usec = (span % 1000) * 1000};
    event_add(connection->deadline, &after);
}

void http_connection_enter(struct http_connection *connection, enum http_connection_state state,
                           mspan_t timeout)
{
    connection->state = state;
    connection->moved = 0;
    if (timeout > 0)
        set_deadline(connection, timeout);
    else
        event_del(connection->deadline);
}

static size_t output_len(const struct http_connection *connection)
{
    return evbuffer_get_length(bufferevent_get_output(connection->stream));
}

void http_connection_close(struct http_connection *connection)
{
    struct http_exchange *exchange = connection->exchange;
    exchange->connection = NULL;
    LIST_REMOVE(connection, link);
    bufferevent_free(connection->stream);
    event_free(connection->deadline);
    atomic_fetch_sub(&connection->home->server->n_connections, 1);

    if (connection->state == HTTP_CONNECTION_STREAMING) {
        exchange->is_ended = true;
        http_stream_drop(exchange);
    } else if (connection->state != HTTP_CONNECTION_HANDLING) {
        http_exchange_free(exchange);
    }
    free(connection);
}

/* We say no more, and throw away what comes until the peer has read our last answer and ends:
 * closing with bytes unread would make the kernel take the answer back. */
static void linger(struct http_connection *connection)
{
    if (connection->has_ended) {
        http_connection_close(connection);
        return;
    }
    http_connection_enter(connection, HTTP_CONNECTION_LINGERING, LINGER_TIMEOUT);
    SSL *ssl = bufferevent_openssl_get_ssl(connection->stream);
    if (ssl != NULL) {
        SSL_shutdown(ssl);
        ERR_clear_error();
    }
    shutdown(bufferevent_getfd(connection->stream), SHUT_WR);
    struct evbuffer *input = bufferevent_get_input(connection->stream);
    evbuffer_drain(input, evbuffer_get_length(input));
}

static void read_requests(struct http_connection *connection);

static void answer_written(struct http_connection *connection)
{
    if (!connection->is_kept) {
        linger(connection);
        return;
    }
    http_exchange_reset(connection->exchange);
    http_connection_enter(connection, HTTP_CONNECTION_IDLE,
                          connection->home->server->options.idle_timeout);
    read_requests(connection);
}

void http_connection_answer(struct http_connection *connection)
{
    struct http_exchange *exchange = connection->exchange;
    connection->is_kept = exchange->is_kept;
    http_connection_enter(connection, HTTP_CONNECTION_WRITING,
                          connection->home->server->options.write_timeout);
    if (bufferevent_write_buffer(connection->stream, exchange->answer) != 0)
        connection->is_kept = false;
    connection->to_write = output_len(connection);
    if (connection->to_write == 0)
        event_active(connection->deadline, EV_TIMEOUT, 0);
}

void http_connection_stop(struct http_connection *connection)
{
    if (connection->state == HTTP_CONNECTION_IDLE) {
        http_connection_close(connection);
    } else if (connection->state == HTTP_CONNECTION_STREAMING) {
        connection->exchange->is_kept = false;
        http_stream_end(connection->exchange);
    } else {
        connection->is_kept = false;
    }
}

static void fill_request(struct http_exchange *exchange)
{
    const struct http_parser *parser = &exchange->parser;
    exchange->request = (struct http_request){
        .method = parser->method,
        .target = parser->target,
        .path = parser->path,
        .query = parser->query,
        .minor_version = parser->minor_version,
        .headers = parser->headers,
        .n_headers = parser->n_headers,
        .body = "",
        .peer = exchange->peer,
        .is_tls = exchange->connection->is_tls,
    };
}

static void begin_body(struct http_connection *connection)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct http_exchange *exchange = connection->exchange;
    struct http_parser *parser = &exchange->parser;
    const struct http_server_options *options = &connection->home->server->options;

    fill_request(exchange);
    if (options->body_limit != NULL)
        parser->limits.body_bytes =
            options->body_limit(&exchange->request, options->handler_arg);
    http_connection_enter(connection, HTTP_CONNECTION_BODY, options->body_timeout);

    struct evbuffer *input = bufferevent_get_input(connection->stream);
    if (parser->expects_continue && http_parser_awaits_body(parser) &&
        parser->content_length <= parser->limits.body_bytes && evbuffer_get_length(input) == 0)
        bufferevent_write(connection->stream, go_on, sizeof(go_on) - 1);
}

static void handle(struct http_connection *connection)
{
    struct http_exchange *exchange = connection->exchange;
    const struct http_server_options *options = &connection->home->server->options;
    exchange->request.body = buf_text(&exchange->parser.body);
    exchange->request.body_len = exchange->parser.body.len;
    http_connection_enter(connection, HTTP_CONNECTION_HANDLING, 0);
    options->handler(exchange, options->handler_arg);
}

/* Feeds the parser with one contiguous piece of input. */
static enum http_parse_verdict parse_piece(struct http_connection *connection)
{
    struct evbuffer *input = bufferevent_get_input(connection->stream);
    size_t len = evbuffer_get_contiguous_space(input), used = 0;
    const char *data = len > 0 ? (const char *)evbuffer_pullup(input, (ev_ssize_t)len) : "";
    enum http_parse_verdict verdict =
        http_parser_feed(&connection->exchange->parser, data, len, &used);
    evbuffer_drain(input, used);
    return verdict;
}

static bool is_reading(const struct http_connection *connection)
{
    return connection->state <= HTTP_CONNECTION_BODY;
}

/* Parses what is there until a request is complete or the input is used up. */
static void read_requests(struct http_connection *connection)
{
    struct http_parser *parser = &connection->exchange->parser;
    struct evbuffer *input = bufferevent_get_input(connection->stream);
    enum http_parse_verdict verdict = HTTP_PARSE_MORE;

    while (is_reading(connection) &&
           (evbuffer_get_length(input) > 0 || verdict == HTTP_PARSE_HEAD)) {
        if (connection->state == HTTP_CONNECTION_IDLE)
            http_connection_enter(connection, HTTP_CONNECTION_HEAD,
                                  connection->home->server->options.head_timeout);
        verdict = parse_piece(connection);
        if (verdict == HTTP_PARSE_REFUSED)
            http_exchange_refuse(connection->exchange, parser->refused_status,
                                 parser->refused_why);
        else if (!http_exchange_count_body(connection->exchange))
            http_exchange_refuse(connection->exchange, 503,
                                 "Too much is being sent at once. Come again shortly.");
        else if (verdict == HTTP_PARSE_HEAD)
            begin_body(connection);
        else if (verdict == HTTP_PARSE_DONE)
            handle(connection);
    }
    if (is_reading(connection) && connection->has_ended)
        http_connection_close(connection);
}

static void readable(struct bufferevent *stream, void *arg)
{
    struct http_connection *connection = arg;
    if (is_reading(connection)) {
        read_requests(connection);
    } else if (connection->state == HTTP_CONNECTION_LINGERING) {
        struct evbuffer *input = bufferevent_get_input(stream);
        evbuffer_drain(input, evbuffer_get_length(input));
    }
}

static void written(struct bufferevent *stream, void *arg)
{
    struct http_connection *connection = arg;
    (void)stream;
    if (connection->state == HTTP_CONNECTION_WRITING && output_len(connection) == 0)
        answer_written(connection);
}

/* A peer that shuts its side still wants the answer to what it asked; a stream's peer that
 * does so has left. */
static void ended(struct bufferevent *stream, short what, void *arg)
{
    struct http_connection *connection = arg;
    (void)stream;
    if (what & BEV_EVENT_CONNECTED)
        return; /* the TLS handshake is done */
    bool is_asking = connection->state == HTTP_CONNECTION_HANDLING ||
                     connection->state == HTTP_CONNECTION_WRITING;
    if (connection->state == HTTP_CONNECTION_HANDLING)
        __atomic_store_n(&connection->exchange->is_abandoned, true, __ATOMIC_RELAXED);
    if ((what & BEV_EVENT_EOF) && is_asking)
        connection->has_ended = true;
    else
        http_connection_close(connection);
}

/* Whether enough was moved since the last look, `timeout` ago, to be given as long again. */
static bool keeps_pace(struct http_connection *connection, mspan_t timeout, size_t moved)
{
    size_t since = moved - connection->moved;
    connection->moved = moved;
    return since / (size_t)timeout >= MIN_RATE_BYTES / (size_t)MSEC_SECOND;
}

static void check_body_deadline(struct http_connection *connection)
{
    struct http_exchange *exchange = connection->exchange;
    mspan_t timeout = connection->home->server->options.body_timeout;
    if (keeps_pace(connection, timeout, exchange->parser.body.len))
        set_deadline(connection, timeout);
    else
        http_exchange_refuse(exchange, 408, "The body took too long.");
}

static void check_write_deadline(struct http_connection *connection)
{
    mspan_t timeout = connection->home->server->options.write_timeout;
    size_t rest = output_len(connection);
    if (rest == 0)
        answer_written(connection);
    else if (keeps_pace(connection, timeout, connection->to_write - rest))
        set_deadline(connection, timeout);
    else
        http_connection_close(connection);
}

static void deadline_passed(evutil_socket_t fd, short what, void *arg)
{
    struct http_connection *connection = arg;
    (void)fd;
    (void)what;
    switch (connection->state) {
    case HTTP_CONNECTION_HEAD:
        http_exchange_refuse(connection->exchange, 408, "The head took too long.");
        break;
    case HTTP_CONNECTION_BODY: check_body_deadline(connection); break;
    case HTTP_CONNECTION_WRITING: check_write_deadline(connection); break;
    case HTTP_CONNECTION_STREAMING: http_stream_finish(connection); break;
    case HTTP_CONNECTION_HANDLING: break;
    case HTTP_CONNECTION_IDLE:
    case HTTP_CONNECTION_LINGERING: http_connection_close(connection); break;
    }
}

static void format_peer(const struct sockaddr *address, char out[INET6_ADDRSTRLEN])
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)address;
    const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)address;
    const void *bytes = address->sa_family == AF_INET6 ? (const void *)&six->sin6_addr
                                                       : (const void *)&four->sin_addr;
    int family = address->sa_family;
    if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
        family = AF_INET;
        bytes = &six->sin6_addr.s6_addr[12];
    }
    if (inet_ntop(family, bytes, out, INET6_ADDRSTRLEN) == NULL)
        out[0] = '\0';
}

static struct bufferevent *open_stream(struct event_base *events, int fd,
                                       struct tls_server *tls)
{
    const int options = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS;
    if (tls == NULL)
        return bufferevent_socket_new(events, fd, options);
    SSL *ssl = tls_server_session(tls);
    if (ssl == NULL)
        return NULL;
    struct bufferevent *stream =
        bufferevent_openssl_socket_new(events, fd, ssl, BUFFEREVENT_SSL_ACCEPTING, options);
    if (stream == NULL)
        SSL_free(ssl);
    return stream;
}

int http_connection_open(struct http_server_loop *home, int fd, const struct sockaddr *address,
                         struct tls_server *tls)
{
    struct event_base *events = loop_events(home->loop);
    struct bufferevent *stream = open_stream(events, fd, tls);
    if (stream == NULL) {
        close(fd);
        return -ENOMEM;
    }

    struct http_connection *connection = memory_calloc(1, sizeof(*connection));
    connection->home = home;
    connection->stream = stream;
    connection->is_tls = tls != NULL;
    format_peer(address, connection->peer);
    connection->deadline = evtimer_new(events, deadline_passed, connection);
    assert(connection->deadline != NULL); /* fails only when memory is out */
    connection->exchange = http_exchange_new(connection);
    LIST_INSERT_HEAD(&home->connections, connection, link);
    atomic_fetch_add(&home->server->n_connections, 1);

    bufferevent_setcb(stream, readable, written, ended, connection);
    bufferevent_setwatermark(stream, EV_READ, 0, INPUT_MAX_BYTES);
    bufferevent_enable(stream, EV_READ | EV_WRITE);
    http_connection_enter(connection, HTTP_CONNECTION_IDLE, home->server->options.head_timeout);
    return 0;
}
