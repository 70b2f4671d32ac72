/* SPDX-License-Identifier: MIT */
/*
 * alert_test - a watch on a real database, with a table instead of PromQL, a sink that writes
 * down what it is told, and a clock that stands still until told otherwise.
 */
#pragma once

#include <errno.h>
#include <math.h>

#include "alert/watch.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/vec.h"
#include "model/vitals.h"
#include "state/alerts.h"
#include "state/outages.h"
#include "state/state_test.h"

#define TEST_START ((msec_t)1790000000000)

struct test_value {
    char metric[64], instance[64], label[32], label_value[64];
    double value;
};

struct test_prepared {
    char metric[64], instance[64];
};

struct bench {
    struct db *db;
    struct watch watch;
    bool is_watching;
    struct watch_now now;
    struct {
        struct test_value *items;
        size_t len, capacity;
    } values;
    int measure_error;   /* what evaluations return */
    unsigned n_measured; /* evaluations so far */
    msec_t measured_at;  /* the table holds for this instant */
    msec_t history_from; /* and for all since this one; 0 = no others */
    /* what the sink was told */
    struct {
        struct alert_event *items;
        size_t len, capacity;
    } queued, changed;
    struct {
        struct outage *items;
        size_t len, capacity;
    } outages;
    int queue_error;          /* what queue returns */
    int64_t queue_error_host; /* only for this host; 0 = for all */
    unsigned refusals;
    enum host_state last_state;
    unsigned n_states;
};

static inline int test_prepare(void *arg, const struct rule *rule, const char *instance,
                               void **out_prepared, struct problem *problem)
{
    (void)arg;
    if (*rule->expr == '\0')
        return problem_set(problem, "empty");
    struct test_prepared *prepared = memory_calloc(1, sizeof(*prepared));
    text_copy(prepared->metric, sizeof(prepared->metric), rule->expr);
    text_copy(prepared->instance, sizeof(prepared->instance), instance);
    *out_prepared = prepared;
    return 0;
}

static inline int test_run(void *arg, const struct measure_request *request,
                           struct measurements *out_measurements)
{
    struct bench *bench = arg;
    const struct test_prepared *prepared = request->prepared;
    bench->n_measured++;
    if (bench->measure_error != 0)
        return bench->measure_error;
    struct measurement *items =
        arena_calloc(request->arena, bench->values.len + 1, sizeof(*items));
    size_t len = 0;
    bool is_known = request->at_ms == bench->measured_at ||
                    (bench->history_from != 0 && request->at_ms >= bench->history_from);
    for (size_t i = 0; is_known && i < bench->values.len; i++) {
        const struct test_value *value = &bench->values.items[i];
        if (!text_is(value->metric, prepared->metric) ||
            !text_is(value->instance, prepared->instance))
            continue;
        struct label pairs[] = {
            {LABEL_METRIC_NAME, value->metric},
            {LABEL_INSTANCE, value->instance},
            {*value->label != '\0' ? value->label : "none", value->label_value}};
        items[len++] = (struct measurement){labels_new(pairs, 3), value->value};
    }
    *out_measurements = (struct measurements){items, len};
    return 0;
}

static inline void test_release(void *prepared)
{
    free(prepared);
}

static const struct measure_kind test_measure = {test_prepare, test_run, test_release};

static inline int test_queue(void *arg, struct db *db, const struct alert_event *event)
{
    struct bench *bench = arg;
    ck_assert(db_in_transaction(db));
    if (bench->queue_error != 0 &&
        (bench->queue_error_host == 0 || bench->queue_error_host == event->alert.host_id)) {
        bench->refusals++;
        return bench->queue_error;
    }
    VEC_PUSH(&bench->queued, *event);
    return 0;
}

static inline void test_changed(void *arg, const struct alert_event *event)
{
    struct bench *bench = arg;
    ck_assert(!db_in_transaction(bench->db));
    VEC_PUSH(&bench->changed, *event);
}

static inline void test_outage_changed(void *arg, const struct outage *outage)
{
    struct bench *bench = arg;
    VEC_PUSH(&bench->outages, *outage);
}

static inline void test_state_changed(void *arg, org_id org, int64_t host_id,
                                      enum host_state state)
{
    struct bench *bench = arg;
    (void)org;
    (void)host_id;
    bench->last_state = state;
    bench->n_states++;
}

static const struct alert_sink test_sink = {
    .queue = test_queue,
    .changed = test_changed,
    .outage_changed = test_outage_changed,
    .host_state_changed = test_state_changed,
};

/* The metrics that a server knows at a glance. */
static inline uint8_t test_number(const char *metric)
{
    static const char *const metrics[] = {VITAL_CPU, VITAL_MEMORY, VITAL_DISK,
                                          VITAL_SERVICE_UP};
    for (size_t i = 0; i < ARRAY_LEN(metrics); i++) {
        if (text_is(metrics[i], metric))
            return (uint8_t)(i + 1);
    }
    return 0;
}

static inline void bench_watch(struct bench *bench)
{
    struct alert_engine_options options = {.db = bench->db,
                                           .sink = &test_sink,
                                           .sink_arg = bench,
                                           .measure = &test_measure,
                                           .measure_arg = bench,
                                           .metric_number = test_number};
    ck_assert_int_eq(watch_init(&bench->watch, &options, bench->now), 0);
    bench->is_watching = true;
}

static inline void bench_open(struct bench *bench)
{
    *bench = (struct bench){.db = state_test_open(), .now = {TEST_START, 5000000}};
    bench_watch(bench);
}

static inline void bench_close(struct bench *bench)
{
    watch_deinit(&bench->watch);
    VEC_DEINIT(&bench->values);
    VEC_DEINIT(&bench->queued);
    VEC_DEINIT(&bench->changed);
    VEC_DEINIT(&bench->outages);
    state_test_close(bench->db);
}

/* kill -9 of the server, which is away for a while, and its next start: what was only in memory
 * is gone. */
static inline void bench_restart(struct bench *bench, mspan_t away)
{
    watch_deinit(&bench->watch);
    db_close(bench->db);
    bench->db = state_test_reopen();
    bench->now.wall += away;
    bench->now.mono += away;
    bench_watch(bench);
}

static inline struct watched_host *bench_host(struct bench *bench, const char *name,
                                              mspan_t interval)
{
    struct host host = state_test_host(bench->db, ORG_FIRST, name);
    ck_assert_int_eq(hosts_set_interval(bench->db, ORG_FIRST, host.id, interval), 0);
    ck_assert_int_eq(watch_reload_host(&bench->watch, ORG_FIRST, host.id, bench->now), 0);
    struct watched_host *watched = watch_find(&bench->watch, ORG_FIRST, host.id);
    ck_assert_ptr_nonnull(watched);
    return watched;
}

static inline struct watched_host *bench_find(struct bench *bench, const char *name)
{
    struct host host;
    ck_assert_int_eq(hosts_find_by_name(bench->db, ORG_FIRST, name, &host), 0);
    return watch_find(&bench->watch, ORG_FIRST, host.id);
}

/* What the next samples of the host say. */
static inline void bench_set(struct bench *bench, const char *name, const char *metric,
                             const char *label_value, double value)
{
    for (size_t i = 0; i < bench->values.len; i++) {
        struct test_value *old = &bench->values.items[i];
        if (text_is(old->instance, name) && text_is(old->metric, metric) &&
            text_is(old->label_value, label_value)) {
            old->value = value;
            return;
        }
    }
    struct test_value fresh = {.value = value};
    text_copy(fresh.metric, sizeof(fresh.metric), metric);
    text_copy(fresh.instance, sizeof(fresh.instance), name);
    text_copy(fresh.label_value, sizeof(fresh.label_value), label_value);
    const char *label = text_is(metric, VITAL_DISK)         ? "mountpoint"
                        : text_is(metric, VITAL_SERVICE_UP) ? "service"
                                                            : "";
    text_copy(fresh.label, sizeof(fresh.label), label);
    VEC_PUSH(&bench->values, fresh);
}

static inline void bench_unset(struct bench *bench, const char *name, const char *metric)
{
    for (size_t i = bench->values.len; i-- > 0;) {
        if (text_is(bench->values.items[i].instance, name) &&
            text_is(bench->values.items[i].metric, metric))
            VEC_REMOVE_SWAP(&bench->values, i);
    }
}

static inline void bench_pass(struct bench *bench, mspan_t span)
{
    bench->now.wall += span;
    bench->now.mono += span;
}

/* Samples of the host, taken at `at`, arrive now. */
static inline void bench_report_at(struct bench *bench, const char *name, msec_t at)
{
    struct watched_host *host = bench_find(bench, name);
    ck_assert_ptr_nonnull(host);
    bench->measured_at = at;
    absence_end(&bench->watch, host, at, bench->now);
    for (size_t i = 0; i < bench->values.len; i++) {
        const struct test_value *value = &bench->values.items[i];
        uint8_t number = test_number(value->metric);
        if (number != 0 && text_is(value->instance, name))
            glance_add(&host->glance, number, value->value);
    }
    judge_samples(&bench->watch, host, name, at, bench->now);
}

static inline void bench_report(struct bench *bench, const char *name)
{
    bench_report_at(bench, name, bench->now.wall);
    watch_tick(&bench->watch, bench->now);
}

/* Time goes by in steps of a second, and the host says nothing. */
static inline void bench_silence(struct bench *bench, mspan_t span)
{
    for (mspan_t passed = 0; passed < span; passed += MSEC_SECOND) {
        bench_pass(bench, MSEC_SECOND);
        watch_tick(&bench->watch, bench->now);
    }
}

/* The host reports every `interval` for a while. */
static inline void bench_live(struct bench *bench, const char *name, mspan_t interval,
                              mspan_t span)
{
    for (mspan_t passed = 0; passed < span; passed += interval) {
        bench_silence(bench, interval);
        bench_report(bench, name);
    }
}

static inline size_t bench_count(const struct bench *bench, enum alert_transition transition)
{
    size_t count = 0;
    for (size_t i = 0; i < bench->queued.len; i++)
        count += bench->queued.items[i].transition == transition;
    return count;
}

static inline const struct alert_event *bench_last(const struct bench *bench)
{
    ck_assert_uint_gt(bench->queued.len, 0);
    return &bench->queued.items[bench->queued.len - 1];
}

static inline int64_t bench_firing(struct bench *bench)
{
    return state_test_count(bench->db, "SELECT count(*) FROM alerts WHERE state = 'firing'");
}
