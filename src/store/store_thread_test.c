/* SPDX-License-Identifier: MIT */
/*
 * Appenders, a reader, upkeep and deletion at once.  Meant to be run under the thread sanitizer,
 * too.
 */
#include "store/store_test.h"

enum {
    APPENDERS = 2,
    BATCHES = 600,
    PER_BATCH = 12,
    HOSTS = 8
};

static bool stop;
static struct sample got[BATCHES * PER_BATCH];

static msec_t time_of(int batch, int i)
{
    return NOW_MS - MSEC_DAY + (batch * PER_BATCH + i) * MSEC_SECOND;
}

/* Both appenders write the same series, one the even samples of a batch, the other the odd, and
 * each its own order of labels. */
static int append_batch(size_t appender, int number)
{
    struct buf encoded[HOSTS];
    struct batch_series series[HOSTS];
    struct sample samples[PER_BATCH / APPENDERS];
    for (int i = 0; i < PER_BATCH / APPENDERS; i++) {
        msec_t at_ms = time_of(number, i * APPENDERS + (int)appender);
        samples[i] = (struct sample){at_ms, (double)at_ms};
    }
    for (size_t i = 0; i < HOSTS; i++) {
        char instance[8];
        snprintf(instance, sizeof(instance), "h%zu", i);
        buf_init(&encoded[i], 1000);
        if (appender == 0)
            labels_encode_pair(&encoded[i], LABEL_METRIC_NAME, "up");
        labels_encode_pair(&encoded[i], LABEL_INSTANCE, instance);
        if (appender == 1)
            labels_encode_pair(&encoded[i], LABEL_METRIC_NAME, "up");
        series[i] = (struct batch_series){.encoded = (const uint8_t *)encoded[i].data,
                                          .encoded_len = (uint32_t)encoded[i].len,
                                          .samples = samples,
                                          .n_samples = PER_BATCH / APPENDERS};
    }
    struct batch batch = {ORG_FIRST, series, HOSTS, (size_t)HOSTS * PER_BATCH / APPENDERS};
    struct store_refusals refusals;
    int error = store_append(store, &batch, &refusals);
    for (size_t i = 0; i < HOSTS; i++)
        buf_deinit(&encoded[i]);
    return error;
}

static void *appender_main(void *arg)
{
    size_t failed = 0;
    for (int number = 0; number < BATCHES; number++)
        failed += append_batch((size_t)(uintptr_t)arg, number) != 0;
    return (void *)(uintptr_t)failed; /* assertions belong to the main thread */
}

/* What is read is in order and never becomes less. */
static void *reader_main(void *arg)
{
    (void)arg;
    struct matcher matcher = test_matcher(MATCHER_EQUAL, LABEL_INSTANCE, "h3");
    const struct series_request request = {.org = ORG_FIRST,
                                           .matchers = &matcher,
                                           .n_matchers = 1,
                                           .to_ms = INT64_MAX,
                                           .max_samples = SIZE_MAX};
    struct series_source source = store_source(store);
    size_t before = 0, wrong = 0;
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        struct arena arena;
        struct series_set set = {0};
        arena_init(&arena, (size_t)16 << 20);
        wrong += source.kind->select(source.source, &request, &arena, &set) != 0;
        size_t count = set.len == 0 ? 0 : set.items[0].n_samples;
        for (size_t i = 1; i < count; i++)
            wrong += set.items[0].samples[i - 1].at_ms >= set.items[0].samples[i].at_ms;
        wrong += count < before;
        before = count;
        series_set_release(&set);
        arena_deinit(&arena);
    }
    matcher_deinit(&matcher);
    return (void *)(uintptr_t)wrong;
}

static void *upkeep_main(void *arg)
{
    (void)arg;
    struct matcher matcher = test_matcher(MATCHER_EQUAL, LABEL_INSTANCE, "h7");
    size_t failed = 0;
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        struct store_stats stats;
        failed += upkeep_settle(store) != 0;
        failed += store_delete_series(store, ORG_FIRST, &matcher, 1) != 0;
        store_stats(store, &stats);
    }
    matcher_deinit(&matcher);
    return (void *)(uintptr_t)failed;
}

static size_t join(pthread_t thread)
{
    void *result;
    ck_assert_int_eq(pthread_join(thread, &result), 0);
    return (size_t)(uintptr_t)result;
}

START_TEST(everything_at_once)
{
    test_begin();
    test_open();
    pthread_t appenders[APPENDERS], reader, upkeep;
    for (size_t i = 0; i < APPENDERS; i++)
        ck_assert_int_eq(
            pthread_create(&appenders[i], NULL, appender_main, (void *)(uintptr_t)i), 0);
    ck_assert_int_eq(pthread_create(&reader, NULL, reader_main, NULL), 0);
    ck_assert_int_eq(pthread_create(&upkeep, NULL, upkeep_main, NULL), 0);
    for (size_t i = 0; i < APPENDERS; i++)
        ck_assert_uint_eq(join(appenders[i]), 0);
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    ck_assert_uint_eq(join(reader), 0);
    ck_assert_uint_eq(join(upkeep), 0);

    for (int round = 0; round < 2; round++) {
        for (size_t host = 0; host < HOSTS - 1; host++) {
            char instance[8];
            snprintf(instance, sizeof(instance), "h%zu", host);
            size_t count = test_select(instance, 0, NOW_MS, got, ARRAY_LEN(got));
            ck_assert_uint_eq(count, BATCHES * PER_BATCH);
            size_t wrong = 0;
            for (size_t i = 0; i < count; i++)
                wrong += got[i].at_ms != time_of(0, (int)i) ||
                         test_bits(got[i].value) != test_bits((double)got[i].at_ms);
            ck_assert_uint_eq(wrong, 0);
        }
        test_reopen();
    }
    test_end();
}
END_TEST

UNIT_MAIN("store_thread", everything_at_once)
