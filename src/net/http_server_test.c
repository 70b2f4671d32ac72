/* SPDX-License-Identifier: MIT */
/*
 * The server from outside: raw bytes to a listening socket, and what comes back.
 */
#include "net/http_server.h"

#include <errno.h>

#include "base/memory.h"
#include "net/test_server.h"

static char answer[1 << 20];

/* "METHOD PATH?QUERY BODY", or what the path asks for. */
static void echo(struct http_exchange *exchange, void *arg)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct http_header header = {"Content-Type", "text/plain"};
    (void)arg;
    char *text = arena_printf(http_exchange_arena(exchange), "%s %s?%s [%s] from %s",
                              http_method_names[request->method], request->path, request->query,
                              request->body, request->peer);
    http_respond(exchange, 200, &header, 1, text, strlen(text));
}

static struct http_server_options options_for(http_handler_fn *handler, void *arg)
{
    struct http_server_options options = http_server_defaults;
    options.handler = handler;
    options.handler_arg = arg;
    return options;
}

static void start_echo(struct test_server *test)
{
    struct http_server_options options = options_for(echo, NULL);
    test_server_start(test, &options, NULL);
}

static void expect(const char *part)
{
    ck_assert_msg(strstr(answer, part) != NULL, "no \"%s\" in:\n%s", part, answer);
}

static void expect_not(const char *part)
{
    ck_assert_msg(strstr(answer, part) == NULL, "\"%s\" in:\n%s", part, answer);
}

static size_t count_of(const char *part)
{
    size_t count = 0;
    for (const char *at = answer; (at = strstr(at, part)) != NULL; at += strlen(part))
        count++;
    return count;
}

START_TEST(answers_and_keeps_the_connection)
{
    struct test_server test;
    start_echo(&test);
    int fd = test_connect(test.port);
    for (int i = 0; i < 3; i++) {
        test_send(fd, "GET /a//b/../c%20d?x=1 HTTP/1.1\r\nHost: here\r\n\r\n");
        test_receive(fd, "127.0.0.1", answer, sizeof(answer));
        expect("HTTP/1.1 200 OK\r\n");
        expect("Date: ");
        expect(" GMT\r\n");
        expect("Content-Type: text/plain\r\n");
        expect("Content-Length: 32\r\n");
        expect("GET /a/c d?x=1 [] from 127.0.0.1");
        expect_not("Connection:");
    }
    ck_assert_uint_eq(http_server_connections(test.server), 1);
    test_send(fd, "POST /p HTTP/1.1\r\nHost: here\r\nConnection: close\r\n"
                  "Content-Length: 5\r\n\r\nhello");
    test_receive(fd, NULL, answer, sizeof(answer));
    expect("Connection: close\r\n");
    expect("POST /p? [hello]");
    close(fd);
    test_server_stop(&test);
}
END_TEST

START_TEST(answers_pipelined_requests_in_order)
{
    struct test_server test;
    start_echo(&test);
    test_ask(test.port,
             "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nA"
             "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n"
             "POST /3 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
             "1\r\nB\r\n0\r\n\r\n"
             "GET /4 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
             answer, sizeof(answer));
    const char *one = strstr(answer, "POST /1? [A]"), *two = strstr(answer, "GET /2? []");
    const char *three = strstr(answer, "POST /3? [B]"), *four = strstr(answer, "GET /4? []");
    ck_assert(one != NULL && two > one && three > two && four > three);
    ck_assert_uint_eq(count_of("HTTP/1.1 200 OK"), 4);
    test_server_stop(&test);
}
END_TEST

START_TEST(speaks_http_1_0)
{
    struct test_server test;
    start_echo(&test);
    test_ask(test.port, "GET /old HTTP/1.0\r\n\r\n", answer, sizeof(answer));
    expect("HTTP/1.1 200 OK");
    expect("Connection: close\r\n");

    int fd = test_connect(test.port);
    test_send(fd, "GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    test_receive(fd, "GET /old", answer, sizeof(answer));
    expect("Connection: keep-alive\r\n");
    test_send(fd, "GET /again HTTP/1.0\r\n\r\n");
    test_receive(fd, NULL, answer, sizeof(answer));
    expect("GET /again");
    close(fd);
    test_server_stop(&test);
}
END_TEST

START_TEST(leaves_out_the_body_for_head)
{
    struct test_server test;
    start_echo(&test);
    test_ask(test.port, "HEAD /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", answer,
             sizeof(answer));
    expect("Content-Length: 26\r\n");
    ck_assert_str_eq(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
    test_server_stop(&test);
}
END_TEST

START_TEST(answers_a_half_closed_client)
{
    struct test_server test;
    start_echo(&test);
    int fd = test_connect(test.port);
    test_send(fd, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    shutdown(fd, SHUT_WR);
    test_receive(fd, NULL, answer, sizeof(answer));
    expect("GET /1");
    expect("GET /2");
    close(fd);
    test_server_stop(&test);
}
END_TEST

UNIT_MAIN("http_server", answers_and_keeps_the_connection, answers_pipelined_requests_in_order,
          speaks_http_1_0, leaves_out_the_body_for_head, answers_a_half_closed_client)
