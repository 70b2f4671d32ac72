/* SPDX-License-Identifier: MIT */
/*
 * The server from outside: raw bytes to a listening socket, and what comes back.
 */
#include "net/http_server.h"

#include <errno.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>

#include "base/clock.h"
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
    http_respond(exchange, &(struct http_answer){.status = 200,
                                                 .headers = &header,
                                                 .n_headers = 1,
                                                 .body = text,
                                                 .len = strlen(text)});
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

/* More than the server reads ahead: what waits is read when its turn comes. */
START_TEST(answers_a_flood_of_requests)
{
    static const char request[] = "GET /flood HTTP/1.1\r\nHost: h\r\n\r\n";
    struct test_server test;
    start_echo(&test);
    int fd = test_connect(test.port);
    for (int i = 0; i < 4000; i++)
        test_send(fd, request);
    shutdown(fd, SHUT_WR);
    test_receive(fd, NULL, answer, sizeof(answer));
    ck_assert_uint_eq(count_of("GET /flood? []"), 4000);
    close(fd);
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

static const struct {
    int status;
    const char *request;
} refusals[] = {
    {400, "GET /\r\n"},
    {400, "GET / HTTP/1.1\r\n\r\n"},
    {400, "GET / HTTP/1.1\nHost: h\n\n"},
    {400, "GET /../x HTTP/1.1\r\nHost: h\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd"},
    {400,
     "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n"
     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"},
    {413, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n"},
    {413, "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
          "Content-Length: 1048577\r\n\r\n"},
    {417, "POST / HTTP/1.1\r\nHost: h\r\nExpect: magic\r\nContent-Length: 1\r\n\r\n"},
    {501, "BREW / HTTP/1.1\r\nHost: h\r\n\r\n"},
    {505, "GET / HTTP/2.0\r\nHost: h\r\n\r\n"},
};

START_TEST(refuses_and_closes)
{
    struct test_server test;
    start_echo(&test);
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        char line[32], member[32];
        test_ask(test.port, refusals[i].request, answer, sizeof(answer));
        snprintf(line, sizeof(line), "HTTP/1.1 %d ", refusals[i].status);
        snprintf(member, sizeof(member), "\"status\":%d", refusals[i].status);
        ck_assert_msg(strncmp(answer, line, strlen(line)) == 0, "%s\n%s", refusals[i].request,
                      answer);
        expect("Content-Type: application/problem+json\r\n");
        expect("Connection: close\r\n");
        expect(member);
        expect("\"detail\":\"");
        ck_assert_uint_eq(count_of("\r\nDate: "), 1);
    }
    test_server_stop(&test);
}
END_TEST

START_TEST(refuses_long_heads)
{
    struct test_server test;
    start_echo(&test);
    static char request[40000];
    memset(request, 'a', sizeof(request) - 1);
    memcpy(request, "GET /", 5);
    test_ask(test.port, request, answer, sizeof(answer));
    expect("HTTP/1.1 414 ");
    memcpy(request, "GET / HTTP/1.1\r\nHost: h\r\nX: ", 28);
    test_ask(test.port, request, answer, sizeof(answer));
    expect("HTTP/1.1 431 ");
    strcpy(request, "GET / HTTP/1.1\r\nHost: h\r\n");
    for (int i = 0; i < 100; i++)
        strcat(request, "X: y\r\n");
    test_ask(test.port, request, answer, sizeof(answer));
    expect("HTTP/1.1 431 ");
    test_server_stop(&test);
}
END_TEST

static size_t limit_by_path(const struct http_request *head, void *arg)
{
    (void)arg;
    return text_is(head->path, "/big") ? 100000 : 10;
}

START_TEST(limits_bodies_by_request)
{
    struct test_server test;
    struct http_server_options options = options_for(echo, NULL);
    options.body_limit = limit_by_path;
    test_server_start(&test, &options, NULL);
    static char body[100001];
    memset(body, 'b', 100000);
    int fd = test_connect(test.port);
    test_send(fd, "POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
    test_send(fd, body);
    test_receive(fd, "] from", answer, sizeof(answer));
    expect("HTTP/1.1 200 OK");
    expect(body);
    /* the larger limit does not stay for the next request */
    test_send(fd, "POST /small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n");
    test_receive(fd, NULL, answer, sizeof(answer));
    expect("HTTP/1.1 413 ");
    close(fd);
    test_server_stop(&test);
}
END_TEST

START_TEST(lets_careful_clients_go_on)
{
    struct test_server test;
    start_echo(&test);
    int fd = test_connect(test.port);
    test_send(fd, "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                  "Content-Length: 3\r\n\r\n");
    test_receive(fd, "\r\n\r\n", answer, sizeof(answer));
    ck_assert_str_eq(answer, "HTTP/1.1 100 Continue\r\n\r\n");
    test_send(fd, "abc");
    test_receive(fd, "[abc]", answer, sizeof(answer));
    expect("HTTP/1.1 200 OK");
    close(fd);
    test_server_stop(&test);
}
END_TEST

/* With times this short a client that does nothing is one that is slow. */
static void start_hasty(struct test_server *test, http_handler_fn *handler)
{
    struct http_server_options options = options_for(handler, NULL);
    options.head_timeout = options.body_timeout = options.idle_timeout = 40;
    options.write_timeout = 40;
    test_server_start(test, &options, NULL);
}

START_TEST(cuts_slow_senders)
{
    struct test_server test;
    start_hasty(&test, echo);
    test_ask(test.port, "GET / HT", answer, sizeof(answer));
    expect("HTTP/1.1 408 ");
    test_ask(test.port, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab", answer,
             sizeof(answer));
    expect("HTTP/1.1 408 ");
    test_ask(test.port, "", answer, sizeof(answer)); /* never said anything */
    ck_assert_str_eq(answer, "");
    test_ask(test.port, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", answer, sizeof(answer)); /* idle */
    ck_assert_uint_eq(count_of("HTTP/1.1 "), 1);
    expect("HTTP/1.1 200 OK");
    test_server_stop(&test);
}
END_TEST

#define HUGE_BYTES ((size_t)32 * 1024 * 1024)

static void answer_huge(struct http_exchange *exchange, void *arg)
{
    static char huge[HUGE_BYTES];
    (void)arg;
    http_respond(exchange,
                 &(struct http_answer){
                     .status = 200, .body = huge, .len = sizeof(huge), .is_static = true});
}

static void wait_for_connections(const struct test_server *test, size_t count)
{
    mono_t until = clock_mono_ms() + TEST_PATIENCE_MS;
    while (http_server_connections(test->server) != count) {
        ck_assert_int_lt(clock_mono_ms(), until);
        sched_yield();
    }
}

START_TEST(cuts_slow_readers)
{
    struct test_server test;
    start_hasty(&test, answer_huge);
    int fd = test_connect(test.port);
    test_send(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    test_receive(fd, "\r\n\r\n", answer, sizeof(answer)); /* and then no more */
    wait_for_connections(&test, 0);
    close(fd);
    test_server_stop(&test);
}
END_TEST

START_TEST(sends_large_static_answers)
{
    struct test_server test;
    struct http_server_options options = options_for(answer_huge, NULL);
    test_server_start(&test, &options, NULL);
    int fd = test_connect(test.port);
    test_send(fd, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    size_t total = 0;
    ssize_t part;
    while ((part = recv(fd, answer, sizeof(answer), 0)) > 0)
        total += (size_t)part;
    ck_assert_uint_gt(total, HUGE_BYTES);
    ck_assert_uint_lt(total, HUGE_BYTES + 512);
    close(fd);
    test_server_stop(&test);
}
END_TEST

START_TEST(turns_away_what_is_too_much)
{
    struct test_server test;
    struct http_server_options options = options_for(echo, NULL);
    options.max_connections = 1;
    test_server_start(&test, &options, NULL);
    int fd = test_connect(test.port);
    test_send(fd, "GET /first HTTP/1.1\r\nHost: h\r\n\r\n");
    test_receive(fd, "/first", answer, sizeof(answer));
    int second = test_connect(test.port);
    test_receive(second, NULL, answer, sizeof(answer));
    expect("HTTP/1.1 503 ");
    expect("too many connections.\"}");
    close(second);
    close(fd);
    wait_for_connections(&test, 0);
    test_ask(test.port, "GET /third HTTP/1.0\r\n\r\n", answer, sizeof(answer));
    expect("GET /third");
    test_server_stop(&test);
}
END_TEST

START_TEST(bodies_share_a_budget)
{
    struct test_server test;
    struct http_server_options options = options_for(echo, NULL);
    options.bodies_bytes = 1000;
    test_server_start(&test, &options, NULL);
    char body[801];
    memset(body, 'x', 800);
    body[800] = '\0';

    /* The interim answer tells that the first one's body is being read. */
    int first = test_connect(test.port);
    test_send(first, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 900\r\n"
                     "Expect: 100-continue\r\n\r\n");
    test_receive(first, "100 Continue", answer, sizeof(answer));
    test_send(first, body);
    char request[1000];
    snprintf(
        request, sizeof(request),
        "POST /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 800\r\n\r\n%s",
        body);
    do { /* until the first one's bytes have arrived */
        test_ask(test.port, request, answer, sizeof(answer));
    } while (strstr(answer, "HTTP/1.1 503 ") == NULL);
    expect("Too much is being sent at once.");

    close(first);
    wait_for_connections(&test, 0);
    test_ask(test.port, request, answer, sizeof(answer));
    expect("HTTP/1.1 200 ");
    test_server_stop(&test);
}
END_TEST

/* A handler that leaves the answer to the test's thread. */
struct later {
    sem_t arrived;
    struct http_exchange *exchange;
};

static void keep_for_later(struct http_exchange *exchange, void *arg)
{
    struct later *later = arg;
    later->exchange = exchange;
    sem_post(&later->arrived);
}

static void start_later(struct test_server *test, struct later *later)
{
    struct http_server_options options = options_for(keep_for_later, later);
    sem_init(&later->arrived, 0, 0);
    test_server_start(test, &options, NULL);
}

START_TEST(answers_from_another_thread)
{
    struct test_server test;
    struct later later;
    start_later(&test, &later);
    int fd = test_connect(test.port);
    for (int i = 0; i < 20; i++) {
        char body[16];
        test_send(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        sem_wait(&later.arrived);
        snprintf(body, sizeof(body), "<%d>", i);
        http_respond(later.exchange,
                     &(struct http_answer){.status = 200, .body = body, .len = strlen(body)});
        test_receive(fd, body, answer, sizeof(answer));
    }
    close(fd);
    test_server_stop(&test);
}
END_TEST

static void wait_until_abandoned(const struct http_exchange *exchange)
{
    mono_t deadline = clock_mono_ms() + TEST_PATIENCE_MS;
    while (!__atomic_load_n(http_exchange_abandoned(exchange), __ATOMIC_RELAXED)) {
        ck_assert(clock_mono_ms() < deadline);
        sched_yield();
    }
}

/* Whether it closed at once or only its side: long work may end, and an answer still goes out. */
START_TEST(tells_that_a_client_left)
{
    struct test_server test;
    struct later later;
    start_later(&test, &later);
    int fd = test_connect(test.port);
    test_send(fd, "GET /gone HTTP/1.1\r\nHost: h\r\n\r\n");
    sem_wait(&later.arrived);
    ck_assert(!__atomic_load_n(http_exchange_abandoned(later.exchange), __ATOMIC_RELAXED));
    close(fd);
    wait_until_abandoned(later.exchange);
    http_respond_problem(later.exchange, 404, NULL);

    fd = test_connect(test.port);
    test_send(fd, "GET /half HTTP/1.1\r\nHost: h\r\n\r\n");
    sem_wait(&later.arrived);
    shutdown(fd, SHUT_WR);
    wait_until_abandoned(later.exchange);
    http_respond_problem(later.exchange, 404, NULL);
    test_receive(fd, NULL, answer, sizeof(answer));
    expect("HTTP/1.1 404");
    close(fd);
    test_server_stop(&test);
}
END_TEST

START_TEST(outlives_a_client_that_left)
{
    struct test_server test;
    struct later later;
    start_later(&test, &later);
    for (int i = 0; i < 2; i++) {
        struct linger hard = {.l_onoff = 1};
        int fd = test_connect(test.port);
        test_send(fd, "GET /gone HTTP/1.1\r\nHost: h\r\n\r\n");
        sem_wait(&later.arrived);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
        close(fd);
        wait_for_connections(&test, 0);
        ck_assert_str_eq(http_exchange_request(later.exchange)->path, "/gone");
        ck_assert_ptr_nonnull(arena_alloc(http_exchange_arena(later.exchange), 100));
        if (i == 0)
            http_respond_problem(later.exchange, 404, NULL);
        /* the second one is never answered: http_server_free() drops it */
    }
    test_server_stop(&test);
}
END_TEST

START_TEST(stops_without_losing_what_is_under_way)
{
    struct test_server test;
    struct later later;
    start_later(&test, &later);
    int idle = test_connect(test.port), busy = test_connect(test.port);
    test_send(busy, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    sem_wait(&later.arrived);
    wait_for_connections(&test, 2);
    http_server_stop(test.server);
    test_receive(idle, NULL, answer, sizeof(answer));
    ck_assert_str_eq(answer, "");
    wait_for_connections(&test, 1);

    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((in_port_t)test.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(
        connect(late, (const struct sockaddr *)(const void *)&address, sizeof(address)), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);

    http_respond(later.exchange,
                 &(struct http_answer){.status = 200, .body = "done", .len = 4});
    test_receive(busy, NULL, answer, sizeof(answer));
    expect("Connection: close\r\n");
    expect("done");
    close(late);
    close(idle);
    close(busy);
    test_server_stop(&test);
}
END_TEST

START_TEST(cleans_header_values)
{
    struct test_server test;
    struct later later;
    start_later(&test, &later);
    int fd = test_connect(test.port);
    test_send(fd, "GET / HTTP/1.0\r\n\r\n");
    sem_wait(&later.arrived);
    struct http_header header = {"Location", "/x\r\nSet-Cookie: a=b\x7f"};
    http_respond(later.exchange,
                 &(struct http_answer){.status = 307, .headers = &header, .n_headers = 1});
    test_receive(fd, NULL, answer, sizeof(answer));
    expect("HTTP/1.1 307 Temporary Redirect\r\n");
    expect("Location: /x  Set-Cookie: a=b \r\n");
    close(fd);
    test_server_stop(&test);
}
END_TEST

START_TEST(says_why_it_cannot_listen)
{
    struct http_server_options options = options_for(echo, NULL);
    struct http_server *server, *other;
    struct loop *loop;
    char taken[32];
    ck_assert_int_eq(loop_new(&loop), 0);
    ck_assert_int_eq(http_server_new(&loop, 1, &options, &server), 0);
    ck_assert_int_eq(http_server_new(&loop, 1, &options, &other), 0);
    ck_assert_int_eq(http_server_listen(server, "127.0.0.1:0", NULL), 0);
    snprintf(taken, sizeof(taken), "127.0.0.1:%d", http_server_port(server, 0));
    ck_assert_int_eq(http_server_listen(other, taken, NULL), -EADDRINUSE);
    ck_assert_int_eq(http_server_listen(other, "192.0.2.1:0", NULL), -EADDRNOTAVAIL);
    ck_assert_int_eq(http_server_listen(other, ":0", NULL), 0);
    ck_assert_int_gt(http_server_port(other, 0), 0);
    ck_assert_int_eq(http_server_port(other, 1), -ENOENT);
    static const char *const bad[] = {
        "",        "x",      "localhost:80", "127.0.0.1",   "1.2:80",
        "[::1:80", "::1:80", "127.0.0.1:",   ":65536",      ":-1",
        ":8x",     ": 80",   "[]:80",        "[1.2.3.4]:80"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(http_server_listen(other, bad[i], NULL) == -EINVAL, "%s", bad[i]);
    http_server_free(server);
    http_server_free(other);
    loop_free(loop);
}
END_TEST

START_TEST(serves_on_several_loops)
{
    struct loop *loops[3];
    pthread_t threads[3];
    struct http_server *server;
    struct http_server_options options = options_for(echo, NULL);
    int fds[30];
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(loop_new(&loops[i]), 0);
    ck_assert_int_eq(http_server_new(loops, 3, &options, &server), 0);
    ck_assert_int_eq(http_server_listen(server, "127.0.0.1:0", NULL), 0);
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, test_server_run, loops[i]);
    for (int i = 0; i < 30; i++)
        fds[i] = test_connect(http_server_port(server, 0));
    for (int i = 0; i < 30; i++)
        test_send(fds[i], "GET /many HTTP/1.0\r\n\r\n");
    for (int i = 0; i < 30; i++) {
        test_receive(fds[i], NULL, answer, sizeof(answer));
        expect("GET /many");
        close(fds[i]);
    }
    http_server_stop(server);
    for (int i = 0; i < 3; i++) {
        loop_stop(loops[i]);
        pthread_join(threads[i], NULL);
    }
    http_server_free(server);
    for (int i = 0; i < 3; i++)
        loop_free(loops[i]);
}
END_TEST

UNIT_MAIN("http_server", answers_and_keeps_the_connection, answers_pipelined_requests_in_order,
          answers_a_flood_of_requests, speaks_http_1_0, leaves_out_the_body_for_head,
          answers_a_half_closed_client, refuses_and_closes, refuses_long_heads,
          limits_bodies_by_request, lets_careful_clients_go_on, cuts_slow_senders,
          cuts_slow_readers, sends_large_static_answers, turns_away_what_is_too_much,
          bodies_share_a_budget, answers_from_another_thread, tells_that_a_client_left,
          outlives_a_client_that_left, stops_without_losing_what_is_under_way,
          cleans_header_values, says_why_it_cannot_listen, serves_on_several_loops)
