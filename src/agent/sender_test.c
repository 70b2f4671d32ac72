/* SPDX-License-Identifier: MIT */
#include "agent/sender.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/sampler.h"
#include "base/file.h"
#include "base/log.h"
#include "net/test_server.h"
#include "wire/remote_write.h"
#include "wire/snappy.h"

#define TIMES_MAX 1000

/* What the server does, and what it has seen.  Both threads under the lock. */
static struct {
    pthread_mutex_t lock;
    int enrol_status;
    int write_status[8]; /* of the first writes; 0 = 204 */
    size_t max_series;   /* more in one request are 413; 0 = any number */
    const char *good_token;
    int report_status; /* 0 = 204 */
    size_t n_enrols, n_writes, n_reports;
    msec_t times[TIMES_MAX]; /* of every sample taken, in order */
    size_t n_times;
    bool headers_were_right;
} fake = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct test_server server;
static struct loop *loop;
static struct sender *sender;
static struct spool *spool;
static struct identity identity;
static char folder[64], spool_path[96], identity_path[96], url[64];

static bool is_header(const struct http_request *request, const char *name, const char *value)
{
    const char *found = http_request_header(request, name);
    return found != NULL && text_is(found, value);
}

/* Takes the samples of a request; the status to answer. */
static int take_write(const struct http_request *request)
{
    struct arena arena;
    struct buf body;
    struct batch batch = {0};
    char bearer[64];
    (void)snprintf(bearer, sizeof(bearer), "Bearer %s", fake.good_token);
    if (!is_header(request, "Authorization", bearer))
        return 401;
    fake.headers_were_right = is_header(request, "Content-Encoding", "snappy") &&
                              is_header(request, "Content-Type", "application/x-protobuf") &&
                              is_header(request, "X-Prometheus-Remote-Write-Version", "0.1.0");
    size_t nth = fake.n_writes++;
    if (nth < ARRAY_LEN(fake.write_status) && fake.write_status[nth] != 0)
        return fake.write_status[nth];

    arena_init(&arena, 1 << 24);
    buf_init(&body, 1 << 24);
    int status = 204;
    if (snappy_unpack(request->body, request->body_len, &body) != 0 ||
        remote_write_decode(body.data, body.len, &arena, &batch, NULL) != 0)
        status = 400;
    else if (fake.max_series > 0 && batch.n_series > fake.max_series)
        status = 413;
    for (size_t i = 0; i < batch.n_series && status == 204; i++) {
        for (size_t j = 0; j < batch.series[i].n_samples && fake.n_times < TIMES_MAX; j++)
            fake.times[fake.n_times++] = batch.series[i].samples[j].at_ms;
    }
    buf_deinit(&body);
    arena_deinit(&arena);
    return status;
}

static void handle(struct http_exchange *exchange, void *arg)
{
    static const char enrolled[] = "{\"host_id\":1,\"name\":\"h\",\"token\":\"host-token\"}";
    const struct http_request *request = http_exchange_request(exchange);
    int status = 404;
    (void)arg;
    pthread_mutex_lock(&fake.lock);
    if (text_is(request->path, "/api/v1/enroll")) {
        fake.n_enrols++;
        status = is_header(request, "Authorization", "Bearer given") ? fake.enrol_status : 401;
    } else if (text_is(request->path, "/api/v1/write")) {
        status = take_write(request);
    } else if (text_is(request->path, "/api/v1/report")) {
        fake.n_reports++;
        status = fake.report_status != 0 ? fake.report_status : 204;
    }
    pthread_mutex_unlock(&fake.lock);
    bool gives_token = status == 200;
    http_respond(exchange,
                 &(struct http_answer){.status = status,
                                       .body = gives_token ? enrolled : "",
                                       .len = gives_token ? sizeof(enrolled) - 1 : 0});
}

static void begin_sender(const char *base)
{
    struct spool_limits limits = {(uint64_t)4 << 20, 7 * MSEC_DAY};
    struct problem problem = {0};
    ck_assert_int_eq(loop_new(&loop), 0);
    ck_assert_int_eq(spool_open(spool_path, &limits, &spool), 0);
    struct sender_options options = {.loop = loop,
                                     .url = base,
                                     .name = "h",
                                     .token = "given",
                                     .state = folder,
                                     .identity = &identity,
                                     .spool = spool};
    ck_assert_int_eq(sender_new(&options, &sender, &problem), 0);
}

static void begin(void)
{
    struct http_server_options options = http_server_defaults;
    options.handler = handle;
    log_set_level(LOG_LEVEL_ERROR);
    unit_make_folder(folder, sizeof(folder));
    file_join(spool_path, sizeof(spool_path), folder, "spool");
    file_join(identity_path, sizeof(identity_path), folder, "identity");
    fake.enrol_status = 200;
    fake.good_token = "host-token";
    test_server_start(&server, &options, NULL);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", server.port);
    ck_assert_int_eq(identity_load(folder, &identity), 0);
    begin_sender(url);
}

static void end_sender(void)
{
    sender_free(sender);
    spool_close(spool);
    loop_free(loop);
}

static void end(void)
{
    char command[200];
    test_server_stop(&server);
    (void)snprintf(command, sizeof(command), "rm -r '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

/* One collection of `n_series` samples of `at_ms`. */
static void push(msec_t at_ms, int n_series)
{
    static const struct metric metric = {"m", "M.", METRIC_GAUGE};
    struct sampler sampler;
    size_t n_samples;
    sampler_init(&sampler, "h", "node");
    sampler_begin(&sampler, at_ms);
    for (int i = 0; i < n_series; i++) {
        char value[16];
        (void)snprintf(value, sizeof(value), "%d", i);
        sampler_emit(&sampler, &metric, (struct label[]){{"n", value}}, 1, i);
    }
    ck_assert_int_eq(sampler_pack(&sampler, &n_samples), 0);
    struct spool_record record = {at_ms, (uint32_t)n_samples, sampler_packed(&sampler)->data,
                                  sampler_packed(&sampler)->len};
    sender_push(sender, &record);
    sampler_deinit(&sampler);
}

typedef bool condition_fn(void);

static condition_fn *awaited;

static void stop_when_met(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&fake.lock);
    bool is_met = awaited();
    pthread_mutex_unlock(&fake.lock);
    if (is_met)
        loop_stop(loop);
}

static void give_up(void *arg)
{
    (void)arg;
    ck_abort_msg("what was awaited did not come");
}

/* Runs the loop until the condition holds.  Once per loop, which ends by it. */
static void run_until(condition_fn *condition)
{
    awaited = condition;
    struct loop_timer *look = loop_timer_start(loop, 5, stop_when_met, NULL);
    struct loop_timer *patience = loop_timer_once(loop, TEST_PATIENCE_MS, give_up, NULL);
    loop_run(loop);
    loop_timer_stop(look);
    loop_timer_stop(patience);
}

static msec_t now_s(int seconds)
{
    static msec_t start;
    if (start == 0)
        start = clock_wall_ms() - MSEC_MINUTE;
    return start + seconds * MSEC_SECOND;
}

static bool has_two_and_a_report(void)
{
    return fake.n_times >= 2 && fake.n_reports >= 1 && sender_is_drained(sender);
}

START_TEST(enrols_then_sends_then_reports)
{
    begin();
    push(now_s(0), 1);
    push(now_s(1), 1);
    sender_set_report(sender, "{}", 2);
    run_until(has_two_and_a_report);
    ck_assert_uint_eq(fake.n_enrols, 1);
    ck_assert(fake.headers_were_right);
    ck_assert_int_eq(fake.times[0], now_s(0));
    ck_assert_int_eq(fake.times[1], now_s(1));
    ck_assert_str_eq(identity.token, "host-token");
    ck_assert(file_exists(identity_path));
    struct sender_stats stats = sender_stats(sender);
    ck_assert_uint_eq(stats.samples_sent, 2);
    ck_assert(!stats.is_away);
    ck_assert(spool_is_empty(spool));
    end_sender();

    begin_sender(url); /* knows its token now */
    push(now_s(2), 1);
    run_until(has_two_and_a_report);
    ck_assert_uint_eq(fake.n_enrols, 1);
    end_sender();
    end();
}
END_TEST

static bool has_all_ten(void)
{
    return fake.n_times >= 10 && spool_is_empty(spool);
}

START_TEST(keeps_everything_over_failures_and_delivers_in_order)
{
    begin();
    fake.write_status[0] = 503;
    fake.write_status[1] = 500;
    for (int i = 0; i < 10; i++)
        push(now_s(i), 1);
    run_until(has_all_ten);
    ck_assert_uint_eq(fake.n_times, 10);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(fake.times[i], now_s(i));
    ck_assert_uint_eq(sender_stats(sender).requests_failed, 2);
    ck_assert_uint_eq(sender_stats(sender).samples_sent, 10);
    end_sender();
    end();
}
END_TEST

static bool has_one(void)
{
    return fake.n_times >= 1 && sender_is_drained(sender);
}

START_TEST(drops_what_is_refused_for_good)
{
    begin();
    fake.write_status[0] = 400;
    push(now_s(0), 3);
    push(now_s(1), 1);
    run_until(has_one);
    ck_assert_int_eq(fake.times[0], now_s(1));
    ck_assert_uint_eq(fake.n_times, 1);
    ck_assert_uint_eq(sender_stats(sender).samples_refused, 3);
    ck_assert_uint_eq(sender_stats(sender).requests_failed, 0);
    end_sender();
    end();
}
END_TEST

static bool has_hundred(void)
{
    return fake.n_times >= 100 && sender_is_drained(sender);
}

START_TEST(sends_in_parts_what_is_too_large)
{
    begin();
    fake.max_series = 9;
    push(now_s(0), 100);
    run_until(has_hundred);
    ck_assert_uint_eq(fake.n_times, 100);
    ck_assert_uint_eq(sender_stats(sender).samples_sent, 100);
    ck_assert_uint_eq(sender_stats(sender).samples_refused, 0);
    end_sender();
    end();
}
END_TEST

START_TEST(shrinks_a_replay_that_is_too_large)
{
    begin();
    fake.write_status[0] = 503;
    fake.max_series = 3; /* ten collections of one series wait by then */
    for (int i = 0; i < 10; i++)
        push(now_s(i), 1);
    run_until(has_all_ten);
    ck_assert_uint_eq(fake.n_times, 10);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(fake.times[i], now_s(i));
    end_sender();
    end();
}
END_TEST

START_TEST(enrols_again_when_its_token_has_ended)
{
    begin();
    end_sender();
    text_copy(identity.token, sizeof(identity.token), "ended");
    text_copy(identity.server, sizeof(identity.server), url);
    text_copy(identity.name, sizeof(identity.name), "h");
    begin_sender(url);
    fake.n_enrols = 0;
    push(now_s(0), 1);
    run_until(has_one);
    ck_assert_uint_eq(fake.n_enrols, 1);
    ck_assert_str_eq(identity.token, "host-token");
    ck_assert_int_eq(fake.times[0], now_s(0));
    end_sender();
    end();
}
END_TEST

static bool has_one_and_a_report(void)
{
    return fake.n_times >= 1 && fake.n_reports >= 1 && sender_is_drained(sender);
}

START_TEST(samples_do_not_wait_for_a_report_that_is_not_taken)
{
    begin();
    fake.report_status = 500;
    sender_set_report(sender, "{}", 2);
    push(now_s(0), 1);
    run_until(has_one_and_a_report);
    ck_assert(!sender_stats(sender).is_away);
    ck_assert_uint_eq(sender_stats(sender).requests_refused, 1);
    ck_assert_uint_eq(sender_stats(sender).samples_sent, 1);
    end_sender();
    end();
}
END_TEST

static bool was_refused(void)
{
    return sender_stats(sender).requests_refused >= 1;
}

START_TEST(keeps_collecting_when_its_name_is_taken)
{
    begin();
    log_set_level(LOG_LEVEL_ERROR);
    fake.enrol_status = 409;
    push(now_s(0), 1);
    run_until(was_refused);
    push(now_s(1), 1);
    ck_assert(sender_stats(sender).is_away);
    ck_assert(sender_is_drained(sender)); /* nothing in memory: all of it is on disk */
    ck_assert(!spool_is_empty(spool));
    ck_assert_uint_eq(fake.n_enrols, 1);
    ck_assert_uint_eq(fake.n_times, 0);
    end_sender();
    end();
}
END_TEST

static bool is_away(void)
{
    return sender_stats(sender).is_away;
}

START_TEST(spools_without_a_server_and_delivers_after_a_restart)
{
    begin();
    end_sender();
    begin_sender("http://127.0.0.1:1");
    for (int i = 0; i < 5; i++)
        push(now_s(i), 1);
    run_until(is_away);
    for (int i = 5; i < 10; i++)
        push(now_s(i), 1);
    end_sender();
    ck_assert_uint_eq(fake.n_times, 0);

    begin_sender(url);
    run_until(has_all_ten);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(fake.times[i], now_s(i));
    end_sender();
    end();
}
END_TEST

static bool was_drained;

static void note_drained(void *arg)
{
    (void)arg;
    was_drained = true;
}

static bool drain_ended(void)
{
    return was_drained;
}

START_TEST(drains_what_is_queued_or_gives_up_at_once)
{
    begin();
    push(now_s(0), 1);
    sender_drain(sender, note_drained, NULL);
    run_until(drain_ended);
    ck_assert(sender_is_drained(sender));
    ck_assert_uint_eq(fake.n_times, 1);
    end_sender();

    begin_sender("http://127.0.0.1:1");
    was_drained = false;
    push(now_s(1), 1);
    sender_drain(sender, note_drained, NULL);
    run_until(drain_ended);
    ck_assert(sender_stats(sender).is_away);
    end_sender();
    end();
}
END_TEST

START_TEST(says_what_is_wrong_with_its_options)
{
    struct problem problem = {0};
    struct sender *none = NULL;
    ck_assert_int_eq(loop_new(&loop), 0);
    struct sender_options options = {.loop = loop,
                                     .url = "https://127.0.0.1:1",
                                     .name = "h",
                                     .verify = "/nonexistent/ca.pem",
                                     .state = "/tmp",
                                     .identity = &identity};
    ck_assert_int_eq(sender_new(&options, &none, &problem), -EINVAL);
    ck_assert_str_ne(problem.text, "");
    ck_assert_ptr_null(none);
    loop_free(loop);
}
END_TEST

UNIT_MAIN("sender", enrols_then_sends_then_reports,
          keeps_everything_over_failures_and_delivers_in_order, drops_what_is_refused_for_good,
          sends_in_parts_what_is_too_large, shrinks_a_replay_that_is_too_large,
          enrols_again_when_its_token_has_ended,
          samples_do_not_wait_for_a_report_that_is_not_taken,
          keeps_collecting_when_its_name_is_taken,
          spools_without_a_server_and_delivers_after_a_restart,
          drains_what_is_queued_or_gives_up_at_once, says_what_is_wrong_with_its_options)
