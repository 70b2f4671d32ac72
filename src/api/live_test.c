/* SPDX-License-Identifier: MIT */
/* Who gets which event, and what is told to those who come back. */
#include "api/live.h"

#include <inttypes.h>
#include <stdio.h>

#include "net/test_server.h"

#define ORG   1
#define OTHER 2
#define HOST  7

struct bench {
    struct test_server test;
    struct live *live;
};

/* "/" subscribes to the organisation, "/other" to another one, "/host" to details as well. */
static void handle(struct http_exchange *exchange, void *arg)
{
    struct bench *bench = arg;
    const struct http_request *request = http_exchange_request(exchange);
    live_subscribe(bench->live, exchange, text_is(request->path, "/other") ? OTHER : ORG,
                   text_is(request->path, "/host") ? HOST : 0,
                   http_request_header(request, "Last-Event-ID"));
}

static void open_bench(struct bench *bench)
{
    struct http_server_options options = http_server_defaults;
    options.handler = handle;
    options.handler_arg = bench;
    ck_assert_int_eq(loop_new(&bench->test.loop), 0);
    bench->live = live_new(&bench->test.loop, 1);
    ck_assert_int_eq(http_server_new(&bench->test.loop, 1, &options, &bench->test.server), 0);
    ck_assert_int_eq(http_server_listen(bench->test.server, "127.0.0.1:0", NULL), 0);
    bench->test.port = http_server_port(bench->test.server, 0);
    ck_assert_int_eq(
        pthread_create(&bench->test.thread, NULL, test_server_run, bench->test.loop), 0);
}

static void close_bench(struct bench *bench)
{
    live_stop(bench->live);
    test_server_stop(&bench->test);
    live_free(bench->live);
}

static void publish(struct bench *bench, org_id org, int64_t detail_of, const char *data)
{
    live_publish(bench->live, org, detail_of, "news", slice_of(data));
}

/* Subscribes, and reads up to `until`; `out` has what came. */
static int subscribe(struct bench *bench, const char *path, const char *last_id,
                     const char *until, char out[4096])
{
    char request[256];
    snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: h\r\n%s%s%s\r\n", path,
             last_id == NULL ? "" : "Last-Event-ID: ", last_id == NULL ? "" : last_id,
             last_id == NULL ? "" : "\r\n");
    int fd = test_connect(bench->test.port);
    test_send(fd, request);
    test_receive(fd, until, out, 4096);
    return fd;
}

/* The last id in what came. */
static void last_id_of(const char *text, char out[64])
{
    const char *id = NULL;
    for (const char *at = text; (at = strstr(at, "id: ")) != NULL; at++)
        id = at + 4;
    ck_assert_ptr_nonnull(id);
    size_t len = strcspn(id, "\n");
    ck_assert_uint_lt(len, 64);
    memcpy(out, id, len);
    out[len] = '\0';
}

START_TEST(each_gets_what_is_theirs)
{
    struct bench bench;
    char all[4096], other[4096], host[4096];
    open_bench(&bench);
    int fds[] = {subscribe(&bench, "/", NULL, "hello", all),
                 subscribe(&bench, "/other", NULL, "hello", other),
                 subscribe(&bench, "/host", NULL, "hello", host)};
    ck_assert(live_has_audience(bench.live));
    ck_assert(live_is_watched(bench.live, HOST));
    ck_assert(!live_is_watched(bench.live, HOST + 1));
    ck_assert_uint_eq(live_subscribers(bench.live), 3);

    publish(&bench, ORG, 0, "{\"n\":1}");
    publish(&bench, ORG, HOST, "{\"n\":2}");
    publish(&bench, ORG, HOST + 1, "{\"n\":3}");
    publish(&bench, OTHER, 0, "{\"n\":4}");
    publish(&bench, ORG, 0, "{\"n\":5}");
    test_receive(fds[0], "{\"n\":5}", all, sizeof(all));
    test_receive(fds[1], "{\"n\":4}", other, sizeof(other));
    test_receive(fds[2], "{\"n\":5}", host, sizeof(host));
    ck_assert_ptr_nonnull(strstr(all, "event: news\ndata: {\"n\":1}\n\n"));
    ck_assert(strstr(all, "\"n\":2") == NULL && strstr(all, "\"n\":4") == NULL);
    ck_assert(strstr(other, "\"n\":1") == NULL && strstr(other, "\"n\":2") == NULL);
    ck_assert(strstr(host, "\"n\":2") != NULL && strstr(host, "\"n\":3") == NULL);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        close(fds[i]);
    close_bench(&bench);
}
END_TEST

START_TEST(who_comes_back_goes_on)
{
    struct bench bench;
    char text[4096], id[64];
    open_bench(&bench);
    int fd = subscribe(&bench, "/", NULL, "hello", text);
    publish(&bench, ORG, 0, "{\"n\":1}");
    test_receive(fd, "{\"n\":1}", text, sizeof(text));
    last_id_of(text, id);
    close(fd);

    publish(&bench, ORG, 0, "{\"n\":2}");
    publish(&bench, ORG, 0, "{\"n\":3}");
    fd = subscribe(&bench, "/", id, "{\"n\":3}", text);
    ck_assert_ptr_nonnull(strstr(text, "\"n\":2"));
    ck_assert(strstr(text, "\"n\":1") == NULL && strstr(text, "reset") == NULL &&
              strstr(text, "hello") == NULL);
    close(fd);
    close_bench(&bench);
}
END_TEST

START_TEST(ids_of_no_use_mean_a_reload)
{
    static const char *const ids[] = {
        "",      "x",    "1", "1-", "-1", "0-0", "1-1", "1--1", "9999999999999999999999-1",
        "1-0 x", "\"1-2"};
    struct bench bench;
    char text[4096], id[64], ahead[96];
    open_bench(&bench);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        int fd = subscribe(&bench, "/", ids[i], "event: reset", text);
        ck_assert_msg(strstr(text, "event: hello") != NULL, "%s", ids[i]);
        close(fd);
    }
    int fd = subscribe(&bench, "/", NULL, "hello", text);
    last_id_of(text, id);
    uint64_t epoch = 0, number = 0;
    ck_assert_int_eq(sscanf(id, "%" SCNu64 "-%" SCNu64, &epoch, &number), 2);
    close(fd);
    snprintf(ahead, sizeof(ahead), "%" PRIu64 "-%" PRIu64, epoch, number + 1);
    close(subscribe(&bench, "/", ahead, "event: reset", text));
    snprintf(ahead, sizeof(ahead), "%" PRIu64 "-%" PRIu64, epoch ^ 1, number);
    close(subscribe(&bench, "/", ahead, "event: reset", text));
    close_bench(&bench);
}
END_TEST

/* The ring holds 4,096 events and 8 MiB; what fell out cannot be gone on from. */
START_TEST(a_long_absence_means_a_reload)
{
    struct bench bench;
    char text[4096], id[64];
    open_bench(&bench);
    int fd = subscribe(&bench, "/other", NULL, "hello", text);
    int gone = subscribe(&bench, "/", NULL, "hello", text);
    last_id_of(text, id);
    close(gone);
    for (int i = 0; i < 4097; i++)
        publish(&bench, ORG, 0, "{}");
    close(subscribe(&bench, "/", id, "event: reset", text));
    close(fd);

    static char large[1 << 20];
    memset(large, 'x', sizeof(large) - 1);
    fd = subscribe(&bench, "/", NULL, "hello", text);
    last_id_of(text, id);
    close(fd);
    for (int i = 0; i < 9; i++)
        publish(&bench, ORG, HOST, large);
    close(subscribe(&bench, "/", id, "event: reset", text));
    close_bench(&bench);
}
END_TEST

/* Nobody was watching the host, so its details of the meantime were not written. */
START_TEST(details_are_not_gone_on_from_unwatched)
{
    struct bench bench;
    char text[4096], id[64];
    open_bench(&bench);
    int fd = subscribe(&bench, "/", NULL, "hello", text);
    last_id_of(text, id);
    close(subscribe(&bench, "/host", id, "event: reset", text));
    ck_assert(live_is_watched(bench.live, HOST)); /* lingers */
    close(fd);
    close_bench(&bench);
}
END_TEST

UNIT_MAIN("live", each_gets_what_is_theirs, who_comes_back_goes_on, ids_of_no_use_mean_a_reload,
          a_long_absence_means_a_reload, details_are_not_gone_on_from_unwatched)
