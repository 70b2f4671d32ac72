/* SPDX-License-Identifier: MIT */
/*
 * An answer is written by the thread that has it, into the exchange's own buffer, and then
 * carried to the loop, which alone knows whether the client is still there.
 */
#include <assert.h>
#include <event2/buffer.h>

#include "base/json.h"
#include "base/memory.h"
#include "net/http_connection.h"

#define ARENA_KEEP_MAX_BYTES ((size_t)16 * 1024)
#define PROBLEM_MAX_BYTES    ((size_t)64 * 1024)

struct http_exchange *http_exchange_new(struct http_connection *connection)
{
    struct http_exchange *exchange = memory_calloc(1, sizeof(*exchange));
    const struct http_server_options *options = &connection->home->server->options;
    exchange->home = connection->home;
    exchange->connection = connection;
    exchange->answer = evbuffer_new();
    assert(exchange->answer != NULL); /* fails only when memory is out */
    text_copy(exchange->peer, sizeof(exchange->peer), connection->peer);
    arena_init(&exchange->arena, options->arena_bytes);
    http_parser_init(&exchange->parser, HTTP_PARSE_REQUEST, &options->limits, &exchange->arena);
    LIST_INSERT_HEAD(&exchange->home->exchanges, exchange, link);
    return exchange;
}

static void set_share(struct http_exchange *exchange, size_t bytes)
{
    struct http_server *server = exchange->home->server;
    if (bytes > exchange->counted)
        atomic_fetch_add(&server->body_bytes, bytes - exchange->counted);
    else
        atomic_fetch_sub(&server->body_bytes, exchange->counted - bytes);
    exchange->counted = bytes;
}

bool http_exchange_count_body(struct http_exchange *exchange)
{
    set_share(exchange, exchange->parser.body.len);
    const struct http_server *server = exchange->home->server;
    return atomic_load(&server->body_bytes) <= server->options.bodies_bytes;
}

void http_exchange_reset(struct http_exchange *exchange)
{
    set_share(exchange, 0);
    if (exchange->arena.used > ARENA_KEEP_MAX_BYTES)
        arena_deinit(&exchange->arena);
    arena_reset(&exchange->arena);
    exchange->parser.limits = exchange->home->server->options.limits;
    http_parser_reset(&exchange->parser);
    exchange->request = (struct http_request){0};
    exchange->data = NULL;
    exchange->on_close = NULL;
    exchange->is_kept = exchange->is_chunked = exchange->is_ended = exchange->is_cut = false;
    __atomic_store_n(&exchange->is_abandoned, false, __ATOMIC_RELAXED);
    atomic_store(&exchange->is_answered, false);
}

void http_exchange_free(struct http_exchange *exchange)
{
    set_share(exchange, 0);
    LIST_REMOVE(exchange, link);
    evbuffer_free(exchange->answer);
    http_parser_deinit(&exchange->parser);
    arena_deinit(&exchange->arena);
    free(exchange);
}

const struct http_request *http_exchange_request(const struct http_exchange *exchange)
{
    return &exchange->request;
}

struct arena *http_exchange_arena(struct http_exchange *exchange)
{
    return &exchange->arena;
}

struct loop *http_exchange_loop(struct http_exchange *exchange)
{
    return exchange->home->loop;
}

const bool *http_exchange_abandoned(const struct http_exchange *exchange)
{
    return &exchange->is_abandoned;
}

void http_exchange_set_data(struct http_exchange *exchange, void *data)
{
    exchange->data = data;
}

void *http_exchange_data(const struct http_exchange *exchange)
{
    return exchange->data;
}

static void deliver(void *arg)
{
    struct http_exchange *exchange = arg;
    if (exchange->connection == NULL)
        http_exchange_free(exchange);
    else
        http_connection_answer(exchange->connection);
}

void http_respond(struct http_exchange *exchange, const struct http_answer *answer)
{
    bool was_answered = atomic_exchange(&exchange->is_answered, true);
    assert(!was_answered);
    (void)was_answered;

    exchange->is_kept = exchange->parser.keep_alive &&
                        exchange->parser.state == HTTP_PARSE_COMPLETE &&
                        !atomic_load(&exchange->home->server->is_stopping);
    if (!http_answer_write(exchange, answer, exchange->answer)) {
        evbuffer_drain(exchange->answer, SIZE_MAX); /* no memory: the client sees an end */
        exchange->is_kept = false;
    }
    if (loop_is_current(exchange->home->loop))
        deliver(exchange);
    else
        loop_post(exchange->home->loop, deliver, exchange);
}

void http_respond_problem(struct http_exchange *exchange, int status, const char *detail)
{
    static const struct http_header type = {"Content-Type", "application/problem+json"};
    struct buf body CLEANUP(buf_deinit);
    buf_init(&body, PROBLEM_MAX_BYTES);
    struct json json;
    json_init(&json, &body);
    json_object_begin(&json);
    json_field_string(&json, "type", "about:blank");
    json_field_string(&json, "title", http_status_text(status));
    json_field_int(&json, "status", status);
    if (detail != NULL)
        json_field_string(&json, "detail", detail);
    json_object_end(&json);
    http_respond(exchange, &(struct http_answer){.status = status,
                                                 .headers = &type,
                                                 .n_headers = 1,
                                                 .body = body.data,
                                                 .len = body.error == 0 ? body.len : 0});
}

/* The parser has not completed the message, so http_respond() will not keep the connection. */
void http_exchange_refuse(struct http_exchange *exchange, int status, const char *why)
{
    exchange->parser.keep_alive = false;
    http_respond_problem(exchange, status, why);
}
