/* SPDX-License-Identifier: MIT */
/*
 * Streams.  Their owner is never called back from within his own calls: an end or a cut only
 * marks the exchange and wakes the connection's deadline, which finishes on the loop's next
 * round.
 */
#include <assert.h>
#include <event2/buffer.h>
#include <event2/event.h>

#include "net/http_connection.h"

static void call_on_close(struct http_exchange *exchange)
{
    loop_fn *on_close = exchange->on_close;
    assert(on_close != NULL);
    exchange->on_close = NULL;
    on_close(exchange->on_close_arg);
}

void http_stream_drop(struct http_exchange *exchange)
{
    call_on_close(exchange);
    http_exchange_free(exchange);
}

static void drop_posted(void *arg)
{
    http_stream_drop(arg);
}

void http_stream_begin(struct http_exchange *exchange, const struct http_answer *head,
                       loop_fn *on_close, void *arg)
{
    assert(loop_is_current(exchange->home->loop) && on_close != NULL);
    bool was_answered = atomic_exchange(&exchange->is_answered, true);
    assert(!was_answered);
    (void)was_answered;
    exchange->on_close = on_close;
    exchange->on_close_arg = arg;
    if (exchange->connection == NULL) {
        exchange->is_ended = true;
        loop_post(exchange->home->loop, drop_posted, exchange);
        return;
    }

    exchange->is_chunked = exchange->parser.minor_version > 0;
    exchange->is_kept = exchange->is_chunked && exchange->parser.keep_alive &&
                        !atomic_load(&exchange->home->server->is_stopping);
    struct http_answer answer = *head;
    answer.is_stream = true;
    struct http_connection *connection = exchange->connection;
    http_connection_enter(connection, HTTP_CONNECTION_STREAMING, 0);
    if (!http_answer_write(exchange, &answer, exchange->answer) ||
        transport_write(connection->transport, exchange->answer) != 0)
        exchange->is_cut = true;
    if (exchange->is_cut || connection->has_ended || exchange->request.method == HTTP_HEAD ||
        atomic_load(&exchange->home->server->is_stopping))
        http_stream_end(exchange);
}

/* False when memory is out. */
static bool write_chunk(struct http_exchange *exchange, const void *data, size_t len,
                        struct evbuffer *out)
{
    int failed = 0;
    if (exchange->is_chunked)
        failed |= evbuffer_add_printf(out, "%zx\r\n", len) < 0;
    failed |= evbuffer_add(out, data, len) != 0;
    if (exchange->is_chunked)
        failed |= evbuffer_add(out, "\r\n", 2) != 0;
    return !failed;
}

void http_stream_write(struct http_exchange *exchange, const void *data, size_t len)
{
    assert(loop_is_current(exchange->home->loop) && exchange->on_close != NULL);
    if (exchange->is_ended || len == 0)
        return;
    struct transport *transport = exchange->connection->transport;
    size_t waiting = transport_waiting(transport);
    bool fits = len <= STREAM_BUFFER_MAX_BYTES && waiting <= STREAM_BUFFER_MAX_BYTES - len;
    if (!fits || !write_chunk(exchange, data, len, exchange->answer) ||
        transport_write(transport, exchange->answer) != 0) {
        exchange->is_cut = true;
        http_stream_end(exchange);
    }
}

void http_stream_end(struct http_exchange *exchange)
{
    assert(exchange->on_close != NULL);
    if (exchange->is_ended)
        return;
    exchange->is_ended = true;
    event_active(exchange->connection->deadline, EV_TIMEOUT, 0);
}

void http_stream_finish(struct http_connection *connection)
{
    struct http_exchange *exchange = connection->exchange;
    assert(exchange->is_ended);
    if (exchange->is_cut) {
        http_connection_close(connection);
        return;
    }
    call_on_close(exchange);
    if (exchange->is_chunked && exchange->request.method != HTTP_HEAD)
        evbuffer_add(exchange->answer, "0\r\n\r\n", 5);
    http_connection_answer(connection);
}
