/* SPDX-License-Identifier: MIT */
#include "net/http_server.h"

#include <assert.h>
#include <errno.h>

#include "base/memory.h"
#include "net/http_connection.h"
#include "net/http_listener.h"

const struct http_server_options http_server_defaults = {
    .limits = {.head_bytes = (size_t)16 * 1024,
               .headers = 100,
               .body_bytes = (size_t)1024 * 1024},
    .head_timeout = 10 * MSEC_SECOND,
    .body_timeout = 30 * MSEC_SECOND,
    .idle_timeout = 75 * MSEC_SECOND,
    .write_timeout = 30 * MSEC_SECOND,
    .max_connections = 10000,
    .bodies_bytes = (size_t)512 * 1024 * 1024,
    .arena_bytes = (size_t)64 * 1024 * 1024,
};

int http_server_new(struct loop *const *loops, size_t n_loops,
                    const struct http_server_options *options, struct http_server **out_server)
{
    assert(n_loops > 0 && options->handler != NULL);
    struct http_server *server = memory_calloc(1, sizeof(*server));
    server->options = *options;
    server->n_loops = n_loops;
    server->loops = memory_calloc(n_loops, sizeof(*server->loops));
    for (size_t i = 0; i < n_loops; i++) {
        server->loops[i] = (struct http_server_loop){.server = server, .loop = loops[i]};
        server->loops[i].scratch = memory_alloc(HTTP_SCRATCH_BYTES);
        LIST_INIT(&server->loops[i].connections);
        LIST_INIT(&server->loops[i].exchanges);
    }
    server->lock = memory_alloc(sizeof(*server->lock));
    pthread_mutex_init(server->lock, NULL);
    *out_server = server;
    return 0;
}

int http_server_listen(struct http_server *server, const char *address, struct tls_server *tls)
{
    struct http_listener *listener;
    int error = http_listener_open(server, address, tls, &listener);
    if (error != 0)
        return error;
    pthread_mutex_lock(server->lock);
    VEC_PUSH(&server->listeners, listener);
    pthread_mutex_unlock(server->lock);
    return 0;
}

int http_server_port(const struct http_server *server, size_t nth_listener)
{
    pthread_mutex_lock(server->lock);
    int port = nth_listener < server->listeners.len
                   ? http_listener_port(server->listeners.items[nth_listener])
                   : -ENOENT;
    pthread_mutex_unlock(server->lock);
    return port;
}

size_t http_server_connections(const struct http_server *server)
{
    return atomic_load(&server->n_connections);
}

static void stop_loop(void *arg)
{
    struct http_server_loop *home = arg;
    struct http_server *server = home->server;
    pthread_mutex_lock(server->lock);
    for (size_t i = 0; i < server->listeners.len; i++)
        http_listener_leave(server->listeners.items[i], (size_t)(home - server->loops));
    pthread_mutex_unlock(server->lock);

    struct http_connection *connection = LIST_FIRST(&home->connections);
    while (connection != NULL) {
        struct http_connection *next = LIST_NEXT(connection, link);
        http_connection_stop(connection);
        connection = next;
    }
}

void http_server_stop(struct http_server *server)
{
    if (atomic_exchange(&server->is_stopping, true))
        return;
    for (size_t i = 0; i < server->n_loops; i++)
        loop_post(server->loops[i].loop, stop_loop, &server->loops[i]);
}

void http_server_free(struct http_server *server)
{
    if (server == NULL)
        return;
    for (size_t i = 0; i < server->listeners.len; i++)
        http_listener_close(server->listeners.items[i]);
    VEC_DEINIT(&server->listeners);
    for (size_t i = 0; i < server->n_loops; i++) {
        while (!LIST_EMPTY(&server->loops[i].connections))
            http_connection_close(LIST_FIRST(&server->loops[i].connections));
        while (!LIST_EMPTY(&server->loops[i].exchanges)) {
            struct http_exchange *exchange = LIST_FIRST(&server->loops[i].exchanges);
            if (exchange->on_close != NULL)
                http_stream_drop(exchange);
            else
                http_exchange_free(exchange);
        }
        free(server->loops[i].scratch);
    }
    pthread_mutex_destroy(server->lock);
    free(server->lock);
    free(server->loops);
    free(server);
}
