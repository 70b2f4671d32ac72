/* SPDX-License-Identifier: MIT */
/*
 * Reading and ending connections.  A handler may answer before it returns; the connection then
 * goes on when it has (is_running), so that nothing here is entered from within itself.  A
 * connection is closed only from a callback's last statement or from outside (the server's stop
 * and free); what may close it says so by its result.
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
#include <event2/event.h>
#include <unistd.h>

#include "base/memory.h"
#include "net/tls_session.h"

#define INPUT_MAX_BYTES ((size_t)64 * 1024) /* read ahead, not yet parsed */
#define MIN_RATE_BYTES  ((size_t)4 * 1000)  /* per second */
#define LINGER_TIMEOUT  (2 * MSEC_SECOND)
#define READS_AT_ONCE   16

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

void http_connection_close(struct http_connection *connection)
{
    struct http_exchange *exchange = connection->exchange;
    exchange->connection = NULL;
    LIST_REMOVE(connection, link);
    transport_free(connection->transport);
    event_free(connection->deadline);
    buf_deinit(&connection->input);
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
 * closing with bytes unread would make the kernel take the answer back.  False: the connection is
 * gone. */
static bool linger(struct http_connection *connection)
{
    if (connection->has_ended) {
        http_connection_close(connection);
        return false;
    }
    http_connection_enter(connection, HTTP_CONNECTION_LINGERING, LINGER_TIMEOUT);
    transport_shut(connection->transport);
    buf_reset(&connection->input);
    transport_resume(connection->transport);
    return true;
}

/* Whether the answer under way has gone out whole. */
static bool is_answered(const struct http_connection *connection)
{
    return connection->state == HTTP_CONNECTION_WRITING &&
           transport_waiting(connection->transport) == 0;
}

/* Ready for the next request, or the end.  False: the connection is gone. */
static bool end_exchange(struct http_connection *connection)
{
    if (!connection->is_kept)
        return linger(connection);
    http_exchange_reset(connection->exchange);
    http_connection_enter(connection, HTTP_CONNECTION_IDLE,
                          connection->home->server->options.idle_timeout);
    return true;
}

void http_connection_answer(struct http_connection *connection)
{
    struct http_exchange *exchange = connection->exchange;
    connection->is_kept = exchange->is_kept;
    http_connection_enter(connection, HTTP_CONNECTION_WRITING,
                          connection->home->server->options.write_timeout);
    if (transport_write(connection->transport, exchange->answer) != 0)
        connection->is_kept = false;
    connection->to_write = transport_waiting(connection->transport);
    if (connection->to_write == 0 && !connection->is_running)
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

static void write_continue(struct http_connection *connection)
{
    static const char line[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct evbuffer *answer = connection->exchange->answer;
    evbuffer_add(answer, line, sizeof(line) - 1);
    transport_write(connection->transport, answer);
}

static void begin_body(struct http_connection *connection, size_t n_left)
{
    struct http_exchange *exchange = connection->exchange;
    struct http_parser *parser = &exchange->parser;
    const struct http_server_options *options = &connection->home->server->options;

    fill_request(exchange);
    if (options->body_limit != NULL)
        parser->limits.body_bytes =
            options->body_limit(&exchange->request, options->handler_arg);
    http_connection_enter(connection, HTTP_CONNECTION_BODY, options->body_timeout);

    if (parser->expects_continue && http_parser_awaits_body(parser) &&
        parser->content_length <= parser->limits.body_bytes && n_left == 0)
        write_continue(connection);
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

/* The peer sends no more, or the connection broke.  A peer that shuts its side still wants the
 * answer to what it asked; a stream's peer that does so has left. */
static void ended(struct http_connection *connection, bool is_orderly)
{
    bool is_asking = connection->state == HTTP_CONNECTION_HANDLING ||
                     connection->state == HTTP_CONNECTION_WRITING;
    if (connection->state == HTTP_CONNECTION_HANDLING)
        __atomic_store_n(&connection->exchange->is_abandoned, true, __ATOMIC_RELAXED);
    if (!is_orderly || !is_asking) {
        http_connection_close(connection);
        return;
    }
    connection->has_ended = true;
    transport_pause(connection->transport);
}

/* What cannot be parsed now; true, as read_requests() says. */
static bool keep_input(struct http_connection *connection, struct slice rest)
{
    bool fits = buf_append(&connection->input, rest.data, rest.len) == 0;
    assert(fits); /* no more is asked for than has room */
    (void)fits;
    return true;
}

static bool is_reading(const struct http_connection *connection)
{
    return connection->state <= HTTP_CONNECTION_BODY;
}

static void go_on(struct http_connection *connection, enum http_parse_verdict verdict,
                  size_t n_left)
{
    const struct http_parser *parser = &connection->exchange->parser;
    if (verdict == HTTP_PARSE_REFUSED)
        http_exchange_refuse(connection->exchange, parser->refused_status, parser->refused_why);
    else if (!http_exchange_count_body(connection->exchange))
        http_exchange_refuse(connection->exchange, 503,
                             "Too much is being sent at once. Come again shortly.");
    else if (verdict == HTTP_PARSE_HEAD)
        begin_body(connection, n_left);
    else if (verdict == HTTP_PARSE_DONE)
        handle(connection);
}

/* Parses `data` and handles what is complete in it, until it is used up or an answer is waited
 * for; the rest is kept.  False: the connection is gone. */
static bool read_requests(struct http_connection *connection, struct slice data)
{
    enum http_parse_verdict verdict = HTTP_PARSE_MORE;
    connection->is_running = true;
    while (is_reading(connection) && (data.len > 0 || verdict == HTTP_PARSE_HEAD)) {
        if (connection->state == HTTP_CONNECTION_IDLE)
            http_connection_enter(connection, HTTP_CONNECTION_HEAD,
                                  connection->home->server->options.head_timeout);
        size_t used = 0;
        verdict = http_parser_feed(&connection->exchange->parser, data.data, data.len, &used);
        data = (struct slice){data.data + used, data.len - used};
        go_on(connection, verdict, data.len);
        if (is_answered(connection) && !end_exchange(connection))
            return false;
    }
    connection->is_running = false;
    if (is_reading(connection) && connection->has_ended) {
        http_connection_close(connection);
        return false;
    }
    return keep_input(connection, data);
}

/* Reads what the connection's state has a use for, and says how much. */
static ssize_t read_some(struct http_connection *connection, size_t *out_asked,
                         struct slice *out_data)
{
    struct transport *transport = connection->transport;
    char *scratch = connection->home->scratch;
    *out_asked = HTTP_SCRATCH_BYTES;
    if (!is_reading(connection) && connection->state != HTTP_CONNECTION_LINGERING) {
        *out_asked = INPUT_MAX_BYTES - connection->input.len;
        if (*out_asked == 0) {
            transport_pause(transport);
            return -EAGAIN;
        }
    }
    ssize_t n = transport_read(transport, scratch, *out_asked);
    *out_data = (struct slice){scratch, n > 0 ? (size_t)n : 0};
    return n;
}

/* A body of known length is read into its place.  False: the connection is gone, or there is
 * nothing to read any more. */
static bool read_body(struct http_connection *connection, char *room, size_t len)
{
    ssize_t n = transport_read(connection->transport, room, len);
    if (n == -EAGAIN)
        return false;
    if (n <= 0) {
        ended(connection, n == 0);
        return false;
    }
    connection->is_running = true;
    go_on(connection, http_parser_filled(&connection->exchange->parser, (size_t)n), 0);
    connection->is_running = false;
    if (is_answered(connection) && !end_exchange(connection))
        return false;
    bool is_whole = connection->state != HTTP_CONNECTION_BODY;
    return is_whole ? transport_holds_some(connection->transport) : (size_t)n == len;
}

/* The other states read ahead, to learn of the peer's end; a lingering one throws it away. */
static bool read_input(struct http_connection *connection)
{
    size_t asked;
    struct slice data;
    ssize_t n = read_some(connection, &asked, &data);
    if (n == -EAGAIN)
        return false;
    if (n <= 0) {
        ended(connection, n == 0);
        return false;
    }
    if (connection->state == HTTP_CONNECTION_LINGERING)
        return (size_t)n == asked;
    return read_requests(connection, data) && (size_t)n == asked;
}

/* What is there is read in few pieces, but others' turn comes, too. */
static void readable(void *arg)
{
    struct http_connection *connection = arg;
    for (int i = 0; i < READS_AT_ONCE; i++) {
        size_t len;
        char *room = connection->state == HTTP_CONNECTION_BODY
                         ? http_parser_room(&connection->exchange->parser, &len)
                         : NULL;
        bool goes_on = room != NULL ? read_body(connection, room, len) : read_input(connection);
        if (!goes_on)
            return;
    }
    transport_read_again(connection->transport);
}

/* What was read ahead comes first; then what the socket has. */
static void read_on(struct http_connection *connection)
{
    struct buf ahead = connection->input;
    buf_init(&connection->input, INPUT_MAX_BYTES);
    bool is_there = read_requests(connection, (struct slice){ahead.data, ahead.len});
    buf_deinit(&ahead);
    if (is_there && !connection->has_ended)
        transport_resume(connection->transport);
}

static void answer_written(struct http_connection *connection)
{
    if (end_exchange(connection))
        read_on(connection);
}

static void written(void *arg)
{
    struct http_connection *connection = arg;
    if (connection->state == HTTP_CONNECTION_WRITING)
        answer_written(connection);
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
    size_t rest = transport_waiting(connection->transport);
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

int http_connection_open(struct http_server_loop *home, int fd, const struct sockaddr *address,
                         struct tls_server *tls)
{
    struct event_base *events = loop_events(home->loop);
    SSL *ssl = tls != NULL ? tls_server_session(tls) : NULL;
    if (tls != NULL && ssl == NULL) {
        close(fd);
        return -ENOMEM;
    }

    struct http_connection *connection = memory_calloc(1, sizeof(*connection));
    connection->home = home;
    connection->is_tls = tls != NULL;
    const struct transport_owner owner = {readable, written, connection};
    int error = transport_open(events, fd, ssl, &owner, &connection->transport);
    if (error != 0) {
        free(connection);
        return error;
    }
    buf_init(&connection->input, INPUT_MAX_BYTES);
    format_peer(address, connection->peer);
    connection->deadline = evtimer_new(events, deadline_passed, connection);
    assert(connection->deadline != NULL); /* fails only when memory is out */
    connection->exchange = http_exchange_new(connection);
    LIST_INSERT_HEAD(&home->connections, connection, link);
    atomic_fetch_add(&home->server->n_connections, 1);

    http_connection_enter(connection, HTTP_CONNECTION_IDLE, home->server->options.head_timeout);
    return 0;
}
