/* SPDX-License-Identifier: MIT */
/*
 * test_server - for tests: an HTTP server on a loop of its own thread, and raw sockets to it.
 */
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/http_server.h"
#include "unit.h"

#define TEST_PATIENCE_MS 20000 /* before a test gives up */

struct test_server {
    struct loop *loop;
    struct http_server *server;
    pthread_t thread;
    int port;
};

static inline void *test_server_run(void *arg)
{
    loop_run(arg);
    return NULL;
}

static inline void test_server_start(struct test_server *test,
                                     const struct http_server_options *options,
                                     struct tls_server *tls)
{
    ck_assert_int_eq(loop_new(&test->loop), 0);
    ck_assert_int_eq(http_server_new(&test->loop, 1, options, &test->server), 0);
    ck_assert_int_eq(http_server_listen(test->server, "127.0.0.1:0", tls), 0);
    test->port = http_server_port(test->server, 0);
    ck_assert_int_gt(test->port, 0);
    ck_assert_int_eq(pthread_create(&test->thread, NULL, test_server_run, test->loop), 0);
}

static inline void test_server_stop(struct test_server *test)
{
    http_server_stop(test->server);
    loop_stop(test->loop);
    pthread_join(test->thread, NULL);
    http_server_free(test->server);
    loop_free(test->loop);
}

static inline int test_connect(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(
        connect(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)), 0);
    return fd;
}

static inline void test_send_bytes(int fd, const char *data, size_t len)
{
    ck_assert_int_eq(send(fd, data, len, MSG_NOSIGNAL), (ssize_t)len);
}

static inline void test_send(int fd, const char *text)
{
    test_send_bytes(fd, text, strlen(text));
}

/* Reads until `until` was seen (NULL = until the server ends); NUL-terminates. The length. */
static inline size_t test_receive(int fd, const char *until, char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    while (until == NULL || strstr(out, until) == NULL) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        ck_assert_int_eq(poll(&ready, 1, TEST_PATIENCE_MS), 1);
        ck_assert_uint_lt(len + 1, size);
        ssize_t got = recv(fd, out + len, size - len - 1, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
        out[len] = '\0';
    }
    return len;
}

/* Sends `request`, reads to the end of the connection, and closes. */
static inline void test_ask(int port, const char *request, char *out, size_t size)
{
    int fd = test_connect(port);
    test_send(fd, request);
    test_receive(fd, NULL, out, size);
    close(fd);
}
