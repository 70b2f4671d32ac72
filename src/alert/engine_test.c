/* SPDX-License-Identifier: MIT */
/*
 * engine_test - the engine with its thread, real PromQL and a table of samples.
 *
 * Tests wait for what the sink is told, never for time to pass.
 */
#include "alert/engine.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "base/text.h"
#include "model/vitals.h"
#include "query/table_source.h"
#include "state/alerts.h"
#include "state/outages.h"
#include "state/rules.h"
#include "state/state_test.h"

#define PATIENCE_S 30

static struct desk {
    pthread_mutex_t lock;
    pthread_cond_t told;
    struct db *db;
    struct alert_engine *engine;
    struct table_source table;
    struct alert_event events[64];
    size_t n_events, n_queued;
    struct outage outage;
    unsigned n_outages;
    enum host_state state;
    unsigned n_states;
} desk = {.lock = PTHREAD_MUTEX_INITIALIZER, .told = PTHREAD_COND_INITIALIZER};

static int locked_select(void *source, const struct series_request *request,
                         struct arena *arena, struct series_set *out_set)
{
    pthread_mutex_lock(&desk.lock);
    int error = table_source_select(source, request, arena, out_set);
    pthread_mutex_unlock(&desk.lock);
    return error;
}

static const struct series_source_kind locked_kind = {.select = locked_select};

static int queue(void *arg, struct db *db, const struct alert_event *event)
{
    (void)arg;
    ck_assert(db_in_transaction(db));
    ck_assert_int_gt(event->id, 0);
    pthread_mutex_lock(&desk.lock);
    desk.n_queued++;
    pthread_mutex_unlock(&desk.lock);
    return 0;
}

static void changed(void *arg, const struct alert_event *event)
{
    (void)arg;
    pthread_mutex_lock(&desk.lock);
    ck_assert_uint_lt(desk.n_events, 64);
    desk.events[desk.n_events++] = *event;
    pthread_cond_broadcast(&desk.told);
    pthread_mutex_unlock(&desk.lock);
}

static void outage_changed(void *arg, const struct outage *outage)
{
    (void)arg;
    pthread_mutex_lock(&desk.lock);
    desk.outage = *outage;
    desk.n_outages++;
    pthread_cond_broadcast(&desk.told);
    pthread_mutex_unlock(&desk.lock);
}

static void state_changed(void *arg, org_id org, int64_t host_id, enum host_state state)
{
    (void)arg;
    (void)org;
    (void)host_id;
    pthread_mutex_lock(&desk.lock);
    desk.state = state;
    desk.n_states++;
    pthread_cond_broadcast(&desk.told);
    pthread_mutex_unlock(&desk.lock);
}

static const struct alert_sink sink = {queue, changed, outage_changed, state_changed};

/* Until the counter is at least `count`. */
static void wait_for(const void *counter, size_t size, size_t count)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    pthread_mutex_lock(&desk.lock);
    for (;;) {
        size_t value =
            size == sizeof(unsigned) ? *(const unsigned *)counter : *(const size_t *)counter;
        if (value >= count)
            break;
        ck_assert_int_eq(pthread_cond_timedwait(&desk.told, &desk.lock, &until), 0);
    }
    pthread_mutex_unlock(&desk.lock);
}

static void wait_events(size_t count)
{
    wait_for(&desk.n_events, sizeof(desk.n_events), count);
}

static void open_desk(void)
{
    desk.n_events = desk.n_queued = 0;
    desk.n_outages = desk.n_states = 0;
    desk.db = state_test_open();
}

static void start(void)
{
    struct alert_engine_options options = {
        .db = desk.db, .source = {&locked_kind, &desk.table}, .sink = &sink};
    ck_assert_int_eq(alert_engine_new(&options, &desk.engine), 0);
    ck_assert_int_eq(alert_engine_start(desk.engine), 0);
}

static void stop(void)
{
    alert_engine_stop(desk.engine);
    alert_engine_free(desk.engine);
    table_source_clear(&desk.table);
    state_test_close(desk.db);
}

static void sample(const char *metric, const char *name, const char *value_of_label, msec_t at,
                   double value)
{
    struct label pairs[] = {{LABEL_METRIC_NAME, metric},
                            {LABEL_INSTANCE, "web-1"},
                            {LABEL_JOB, "node"},
                            {name, value_of_label}};
    pthread_mutex_lock(&desk.lock);
    table_source_add(&desk.table, labels_new(pairs, 4), at, value);
    pthread_mutex_unlock(&desk.lock);
}

static void arrive(int64_t host_id, msec_t at)
{
    struct alert_arrival arrival = {.org = ORG_FIRST,
                                    .host_id = host_id,
                                    .instance = "web-1",
                                    .newest_at = at,
                                    .received = clock_wall_ms()};
    alert_engine_samples(desk.engine, &arrival);
}

START_TEST(from_a_sample_to_recovery)
{
    open_desk();
    struct host host = state_test_host(desk.db, ORG_FIRST, "web-1");
    start();
    msec_t at = clock_wall_ms();
    sample(VITAL_SSH_FAILED, "x", "", at, 12);
    arrive(host.id, at);
    wait_events(1);
    ck_assert_int_eq(desk.events[0].transition, TRANSITION_FIRED);
    ck_assert_str_eq(desk.events[0].alert.rule_key, "ssh");
    struct alert_host_status status;
    ck_assert(alert_engine_host_status(desk.engine, host.id, &status));
    ck_assert_int_eq(status.state, HOST_UP);
    ck_assert_uint_eq(status.open[SEVERITY_WARNING], 1);

    struct alert_acknowledgement ack = {.org = ORG_FIRST,
                                        .alert_id = desk.events[0].alert.id,
                                        .who = "ann@example.org",
                                        .comment = "it is me"};
    struct alert alert;
    ck_assert_int_eq(alert_engine_acknowledge(desk.engine, &ack, &alert), 0);
    ck_assert_str_eq(alert.acked_by, "ann@example.org");
    ck_assert_int_eq(desk.events[1].transition, TRANSITION_ACKNOWLEDGED);
    ack.who = "bob@example.org";
    ck_assert_int_eq(alert_engine_acknowledge(desk.engine, &ack, &alert), 0);
    ck_assert_str_eq(alert.acked_by, "ann@example.org");
    ck_assert_str_eq(alert.ack_comment, "it is me");
    ack.org = STATE_TEST_OTHER_ORG;
    ck_assert_int_eq(alert_engine_acknowledge(desk.engine, &ack, &alert), -ENOENT);

    sample(VITAL_SSH_FAILED, "x", "", at + 10000, 0);
    arrive(host.id, at + 10000);
    wait_events(3);
    ck_assert_int_eq(desk.events[2].transition, TRANSITION_RESOLVED);
    ck_assert_str_eq(desk.events[2].alert.acked_by, "ann@example.org");
    ck_assert_uint_eq(desk.n_queued, 3);
    ck_assert_uint_eq(alert_engine_stats(desk.engine).transitions, 2);
    stop();
}
END_TEST

START_TEST(a_service_that_fails_and_comes_back)
{
    open_desk();
    struct host host = state_test_host(desk.db, ORG_FIRST, "web-1");
    ck_assert_int_eq(hosts_set_interval(desk.db, ORG_FIRST, host.id, 10000), 0);
    start();
    msec_t at = clock_wall_ms() - 100000;
    unsigned states = 0;
    sample(VITAL_SERVICE_UP, "service", "nginx", at, 1);
    arrive(host.id, at);
    wait_for(&desk.n_states, sizeof(desk.n_states), ++states);
    sample(VITAL_SERVICE_UP, "service", "nginx", at + 10000, 0);
    arrive(host.id, at + 10000);
    while (alert_engine_stats(desk.engine).evaluations < 10)
        sched_yield();
    sample(VITAL_SERVICE_UP, "service", "nginx", at + 20000, 0);
    arrive(host.id, at + 20000);
    wait_events(1);
    ck_assert_str_eq(desk.events[0].alert.summary, "web-1: service nginx is not active");
    sample(VITAL_SERVICE_UP, "service", "nginx", at + 30000, 1);
    arrive(host.id, at + 30000);
    wait_events(2);
    ck_assert_int_eq(desk.events[1].transition, TRANSITION_RESOLVED);
    ck_assert_uint_eq(alert_engine_stats(desk.engine).errors, 0);
    stop();
}
END_TEST

START_TEST(clearing_is_refused_while_it_lasts)
{
    open_desk();
    struct host host = state_test_host(desk.db, ORG_FIRST, "web-1");
    ck_assert_int_eq(hosts_set_last_seen(desk.db, ORG_FIRST, host.id, 1000), 0);
    struct outage outage = {.org = ORG_FIRST,
                            .host_id = host.id,
                            .host_name = "web-1",
                            .last_seen_ms = 1000,
                            .detected_ms = 2000};
    ck_assert_int_eq(outages_begin(desk.db, &outage), 0);
    start();
    struct alert_host_status status;
    ck_assert(alert_engine_host_status(desk.engine, host.id, &status));
    ck_assert_int_eq(status.state, HOST_DOWN);
    ck_assert_int_eq(status.down_since_ms, 1000);
    struct outage cleared;
    ck_assert_int_eq(
        alert_engine_clear_outage(desk.engine, ORG_FIRST, outage.id, "ann", &cleared), -EBUSY);

    /* A report without samples is a sign of life, too. */
    arrive(host.id, 0);
    wait_for(&desk.n_outages, sizeof(desk.n_outages), 1);
    ck_assert_int_gt(desk.outage.ended_ms, 0);
    ck_assert_int_eq(
        alert_engine_clear_outage(desk.engine, ORG_FIRST, outage.id, "ann", &cleared), 0);
    ck_assert_str_eq(cleared.cleared_by, "ann");
    ck_assert_uint_eq(desk.n_outages, 2);
    ck_assert_int_eq(alert_engine_clear_outage(desk.engine, ORG_FIRST, 99, "ann", &cleared),
                     -ENOENT);
    stop();
}
END_TEST

START_TEST(new_hosts_are_known_when_they_speak)
{
    open_desk();
    start();
    struct host host = state_test_host(desk.db, ORG_FIRST, "web-1");
    struct alert_host_status status;
    ck_assert(!alert_engine_host_status(desk.engine, host.id, &status));
    arrive(4711, 1000); /* of a host that is not there */
    alert_engine_host_changed(desk.engine, ORG_FIRST, 4712);
    alert_engine_host_changed(desk.engine, 99, 0);
    arrive(host.id, 0);
    wait_for(&desk.n_states, sizeof(desk.n_states), 1);
    ck_assert(alert_engine_host_status(desk.engine, host.id, &status));
    ck_assert_int_eq(status.state, HOST_UP);

    /* What is in memory when it stops is in the database after. */
    alert_engine_stop(desk.engine);
    ck_assert_int_eq(hosts_find(desk.db, ORG_FIRST, host.id, &host), 0);
    ck_assert_int_eq(host.last_seen_ms, status.last_seen_ms);
    arrive(host.id, 1000); /* too late, and harmless */
    ck_assert_uint_eq(alert_engine_stats(desk.engine).refused, 1);
    stop();
}
END_TEST

START_TEST(a_changed_threshold_counts_for_the_next_sample)
{
    open_desk();
    struct host host = state_test_host(desk.db, ORG_FIRST, "web-1");
    start();
    struct rule rule;
    ck_assert_int_eq(rules_find(desk.db, ORG_FIRST, "ssh", &rule), 0);
    rule.limit = rule.clear = 100;
    ck_assert_int_eq(rules_update(desk.db, &rule, 1), 0);
    alert_engine_host_changed(desk.engine, ORG_FIRST, 0);
    msec_t at = clock_wall_ms() - 60000;
    sample(VITAL_SSH_FAILED, "x", "", at, 50);
    arrive(host.id, at);
    while (alert_engine_stats(desk.engine).evaluations < 5)
        sched_yield();
    ck_assert_uint_eq(desk.n_events, 0);
    rule.limit = rule.clear = 10;
    ck_assert_int_eq(rules_update(desk.db, &rule, 2), 0);
    alert_engine_host_changed(desk.engine, ORG_FIRST, 0);
    sample(VITAL_SSH_FAILED, "x", "", at + 10000, 50);
    arrive(host.id, at + 10000);
    wait_events(1);
    ck_assert_double_eq(desk.events[0].alert.limit, 10);
    stop();
}
END_TEST

static void *post_many(void *arg)
{
    const struct host *hosts = arg;
    for (int i = 0; i < 4000; i++)
        arrive(hosts[i % 8].id, 1000000 + i);
    return NULL;
}

START_TEST(many_threads_post_and_none_waits)
{
    open_desk();
    struct host hosts[8];
    char name[16];
    for (int i = 0; i < 8; i++) {
        snprintf(name, sizeof(name), "web-%d", i);
        hosts[i] = state_test_host(desk.db, ORG_FIRST, name);
    }
    start();
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, post_many, hosts), 0);
    struct alert_host_status status;
    for (int i = 0; i < 1000; i++)
        alert_engine_host_status(desk.engine, hosts[i % 8].id, &status);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    wait_for(&desk.n_states, sizeof(desk.n_states), 8);
    alert_engine_stop(desk.engine);
    for (int i = 0; i < 8; i++) {
        ck_assert(alert_engine_host_status(desk.engine, hosts[i].id, &status));
        ck_assert_int_eq(status.state, HOST_UP);
    }
    ck_assert_uint_eq(alert_engine_stats(desk.engine).refused, 0);
    stop();
}
END_TEST

UNIT_MAIN("engine", from_a_sample_to_recovery, a_service_that_fails_and_comes_back,
          clearing_is_refused_while_it_lasts, new_hosts_are_known_when_they_speak,
          a_changed_threshold_counts_for_the_next_sample, many_threads_post_and_none_waits)
