/* SPDX-License-Identifier: MIT */
/*
 * Streams: their owner lives on the loop's thread, so the test posts to it.
 */
#include <errno.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "net/http_server.h"
#include "net/test_server.h"

static char answer[4096];

struct stage {
    struct test_server test;
    sem_t begun, closed;
    atomic_int n_closed;
    struct http_exchange *exchange; /* NULL once closed */
    bool ends_at_once;
};

static void stream_closed(void *arg)
{
    struct stage *stage = arg;
    stage->exchange = NULL;
    atomic_fetch_add(&stage->n_closed, 1);
    sem_post(&stage->closed);
}

static void begin(struct http_exchange *exchange, void *arg)
{
    struct stage *stage = arg;
    struct http_header type = {"Content-Type", "text/event-stream"};
    if (text_is(http_exchange_request(exchange)->path, "/plain")) {
        http_respond(exchange, &(struct http_answer){.status = 200, .body = "plain", .len = 5});
        return;
    }
    stage->exchange = exchange;
    http_stream_begin(exchange,
                      &(struct http_answer){.status = 200, .headers = &type, .n_headers = 1},
                      stream_closed, stage);
    http_stream_write(exchange, "first\n", 6);
    if (stage->ends_at_once)
        http_stream_end(exchange);
    ck_assert_int_eq(atomic_load(&stage->n_closed), 0); /* never from within */
    sem_post(&stage->begun);
}

static void stage_open(struct stage *stage)
{
    struct http_server_options options = http_server_defaults;
    options.handler = begin;
    options.handler_arg = stage;
    sem_init(&stage->begun, 0, 0);
    sem_init(&stage->closed, 0, 0);
    test_server_start(&stage->test, &options, NULL);
}

static void write_more(void *arg)
{
    struct stage *stage = arg;
    http_stream_write(stage->exchange, "more\n", 5);
    http_stream_write(stage->exchange, "", 0);
}

static void write_and_end(void *arg)
{
    struct stage *stage = arg;
    http_stream_write(stage->exchange, "last\n", 5);
    http_stream_end(stage->exchange);
    http_stream_end(stage->exchange);
    http_stream_write(stage->exchange, "ignored\n", 8);
}

/* More than the client's and the kernel's buffers take. */
static void write_too_much(void *arg)
{
    static char block[256 * 1024];
    struct stage *stage = arg;
    memset(block, 'x', sizeof(block));
    for (int i = 0; i < 128; i++)
        http_stream_write(stage->exchange, block, sizeof(block));
    ck_assert_ptr_nonnull(stage->exchange);
}

START_TEST(streams_in_chunks_and_goes_on)
{
    struct stage stage = {0};
    stage_open(&stage);
    int fd = test_connect(stage.test.port);
    test_send(fd, "GET /s HTTP/1.1\r\nHost: h\r\n\r\n");
    test_receive(fd, "first\n\r\n", answer, sizeof(answer));
    ck_assert_ptr_nonnull(strstr(answer, "Transfer-Encoding: chunked\r\n"));
    ck_assert_ptr_nonnull(strstr(answer, "\r\n\r\n6\r\nfirst\n\r\n"));
    ck_assert_ptr_null(strstr(answer, "Content-Length"));
    loop_post(stage.test.loop, write_more, &stage);
    test_receive(fd, "more\n\r\n", answer, sizeof(answer));
    ck_assert_str_eq(answer, "5\r\nmore\n\r\n");
    loop_post(stage.test.loop, write_and_end, &stage);
    test_receive(fd, "0\r\n\r\n", answer, sizeof(answer));
    ck_assert_str_eq(answer, "5\r\nlast\n\r\n0\r\n\r\n");
    sem_wait(&stage.closed);
    test_send(fd, "GET /plain HTTP/1.1\r\nHost: h\r\n\r\n");
    test_receive(fd, "plain", answer, sizeof(answer));
    close(fd);
    test_server_stop(&stage.test);
    ck_assert_int_eq(atomic_load(&stage.n_closed), 1);
}
END_TEST

START_TEST(streams_to_the_end_for_1_0)
{
    struct stage stage = {.ends_at_once = true};
    stage_open(&stage);
    test_ask(stage.test.port, "GET /s HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", answer,
             sizeof(answer));
    ck_assert_ptr_nonnull(strstr(answer, "Connection: close\r\n"));
    ck_assert_ptr_nonnull(strstr(answer, "\r\n\r\nfirst\n"));
    ck_assert_ptr_null(strstr(answer, "chunked"));
    sem_wait(&stage.closed);
    test_server_stop(&stage.test);
    ck_assert_int_eq(atomic_load(&stage.n_closed), 1);
}
END_TEST

START_TEST(sends_only_the_head_for_head)
{
    struct stage stage = {0};
    stage_open(&stage);
    test_ask(stage.test.port, "HEAD /s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
             answer, sizeof(answer));
    ck_assert_str_eq(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
    sem_wait(&stage.closed);
    test_server_stop(&stage.test);
}
END_TEST

START_TEST(notices_that_the_client_left)
{
    struct stage stage = {0};
    stage_open(&stage);
    int fd = test_connect(stage.test.port);
    test_send(fd, "GET /s HTTP/1.1\r\nHost: h\r\n\r\n");
    sem_wait(&stage.begun);
    close(fd);
    sem_wait(&stage.closed);
    test_server_stop(&stage.test);
    ck_assert_int_eq(atomic_load(&stage.n_closed), 1);
}
END_TEST

START_TEST(cuts_a_client_that_does_not_read)
{
    struct stage stage = {0};
    stage_open(&stage);
    int fd = test_connect(stage.test.port);
    test_send(fd, "GET /s HTTP/1.1\r\nHost: h\r\n\r\n");
    sem_wait(&stage.begun);
    loop_post(stage.test.loop, write_too_much, &stage);
    sem_wait(&stage.closed);
    mono_t until = clock_mono_ms() + TEST_PATIENCE_MS;
    while (http_server_connections(stage.test.server) > 0) {
        ck_assert_int_lt(clock_mono_ms(), until);
        sched_yield();
    }
    close(fd);
    test_server_stop(&stage.test);
    ck_assert_int_eq(atomic_load(&stage.n_closed), 1);
}
END_TEST

START_TEST(ends_when_the_server_stops)
{
    struct stage stage = {0};
    stage_open(&stage);
    int fd = test_connect(stage.test.port);
    test_send(fd, "GET /s HTTP/1.1\r\nHost: h\r\n\r\n");
    sem_wait(&stage.begun);
    http_server_stop(stage.test.server);
    sem_wait(&stage.closed);
    test_receive(fd, NULL, answer, sizeof(answer));
    ck_assert_ptr_nonnull(strstr(answer, "0\r\n\r\n"));
    close(fd);
    test_server_stop(&stage.test);
    ck_assert_int_eq(atomic_load(&stage.n_closed), 1);
}
END_TEST

START_TEST(ends_when_the_server_is_freed)
{
    struct stage stage = {0};
    stage_open(&stage);
    int fd = test_connect(stage.test.port);
    test_send(fd, "GET /s HTTP/1.1\r\nHost: h\r\n\r\n");
    sem_wait(&stage.begun);
    loop_stop(stage.test.loop);
    pthread_join(stage.test.thread, NULL);
    http_server_free(stage.test.server);
    ck_assert_int_eq(atomic_load(&stage.n_closed), 1);
    loop_free(stage.test.loop);
    close(fd);
}
END_TEST

/* A stream that begins when its client has left already. */
static void begin_late(void *arg)
{
    struct stage *stage = arg;
    http_stream_begin(stage->exchange, &(struct http_answer){.status = 200}, stream_closed,
                      stage);
    http_stream_write(stage->exchange, "x", 1);
    http_stream_end(stage->exchange);
}

static void keep_for_later(struct http_exchange *exchange, void *arg)
{
    struct stage *stage = arg;
    stage->exchange = exchange;
    sem_post(&stage->begun);
}

START_TEST(begins_after_the_client_left)
{
    struct stage stage = {0};
    struct http_server_options options = http_server_defaults;
    options.handler = keep_for_later;
    options.handler_arg = &stage;
    sem_init(&stage.begun, 0, 0);
    sem_init(&stage.closed, 0, 0);
    test_server_start(&stage.test, &options, NULL);
    struct linger hard = {.l_onoff = 1};
    int fd = test_connect(stage.test.port);
    test_send(fd, "GET /s HTTP/1.1\r\nHost: h\r\n\r\n");
    sem_wait(&stage.begun);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(fd);
    loop_post(stage.test.loop, begin_late, &stage);
    sem_wait(&stage.closed);
    test_server_stop(&stage.test);
    ck_assert_int_eq(atomic_load(&stage.n_closed), 1);
}
END_TEST

UNIT_MAIN("http_stream", streams_in_chunks_and_goes_on, streams_to_the_end_for_1_0,
          sends_only_the_head_for_head, notices_that_the_client_left,
          cuts_a_client_that_does_not_read, ends_when_the_server_stops,
          ends_when_the_server_is_freed, begins_after_the_client_left)
