/* SPDX-License-Identifier: MIT */
#include "store/store_test.h"

#define MAX 100000
static struct sample got[MAX];

START_TEST(what_is_appended_is_selected)
{
    test_begin();
    test_open();
    ck_assert_int_eq(test_append_one("a", NOW_MS - 2000, 1), 0);
    ck_assert_int_eq(test_append_one("a", NOW_MS - 1000, -0.0), 0);
    ck_assert_int_eq(test_append_one("b", NOW_MS, sample_stale_value()), 0);
    for (int round = 0; round < 3; round++) {
        ck_assert_uint_eq(test_select("a", 0, NOW_MS, got, MAX), 2);
        ck_assert_int_eq(got[0].at_ms, NOW_MS - 2000);
        ck_assert(test_bits(got[0].value) == test_bits(1));
        ck_assert(test_bits(got[1].value) == test_bits(-0.0));
        ck_assert_uint_eq(test_select("a", NOW_MS - 1999, NOW_MS - 1000, got, MAX), 1);
        ck_assert_uint_eq(test_select("a", NOW_MS - 999, NOW_MS, got, MAX), 0);
        ck_assert_uint_eq(test_select("b", NOW_MS, NOW_MS, got, MAX), 1);
        ck_assert(sample_value_is_stale(got[0].value));
        ck_assert_uint_eq(test_select("c", 0, NOW_MS, got, MAX), 0);
        test_reopen();
    }
    struct store_stats stats;
    store_stats(store, &stats);
    ck_assert_uint_eq(stats.series, 2);
    ck_assert_uint_gt(stats.archive.file_bytes, 0);
    test_end();
}
END_TEST

START_TEST(many_samples_are_found_again)
{
    enum {
        COUNT = 3000
    };
    test_begin();
    test_open();
    for (int start = 0; start < COUNT; start += 100) {
        struct sample samples[100];
        for (int i = 0; i < 100; i++)
            samples[i] = (struct sample){NOW_MS - (COUNT - start - i) * 10000, start + i};
        ck_assert_int_eq(test_append("a", samples, 100, NULL), 0);
    }
    for (int round = 0; round < 3; round++) {
        ck_assert_uint_eq(test_select("a", 0, NOW_MS, got, MAX), COUNT);
        for (int i = 0; i < COUNT; i++) {
            ck_assert_int_eq(got[i].at_ms, NOW_MS - (COUNT - i) * 10000);
            ck_assert(test_bits(got[i].value) == test_bits(i));
        }
        test_reopen();
    }
    struct store_stats stats;
    store_stats(store, &stats);
    ck_assert_uint_eq(stats.archive.tiers[TIER_RAW].samples, COUNT);
    ck_assert_uint_lt(stats.archive.tiers[TIER_RAW].bytes, COUNT * 4);
    test_end();
}
END_TEST

START_TEST(refusals_are_counted_and_the_rest_is_taken)
{
    test_begin();
    test_open();
    const struct sample samples[] = {{NOW_MS - 8 * MSEC_DAY, 1},
                                     {NOW_MS - 7 * MSEC_DAY, 2},
                                     {NOW_MS, 3},
                                     {NOW_MS, 4},
                                     {NOW_MS, 3},
                                     {NOW_MS + 10 * MSEC_MINUTE, 5},
                                     {NOW_MS + 10 * MSEC_MINUTE + 1, 6},
                                     {INT64_MAX, 7},
                                     {INT64_MIN, 8}};
    struct store_refusals refusals;
    ck_assert_int_eq(test_append("a", samples, ARRAY_LEN(samples), &refusals), 0);
    ck_assert_uint_eq(refusals.too_old, 2);
    ck_assert_uint_eq(refusals.too_new, 2);
    ck_assert_uint_eq(refusals.duplicate_other_value, 1);
    ck_assert_uint_eq(refusals.bad_labels + refusals.series_limit, 0);
    ck_assert_str_eq(refusals.detail, "sample is too old: up{instance=\"a\"}");
    ck_assert_uint_eq(test_select("a", 0, INT64_MAX, got, MAX), 3);
    struct store_stats stats;
    store_stats(store, &stats);
    ck_assert_uint_eq(stats.samples_refused, 5);
    ck_assert_uint_eq(stats.samples_appended, 4); /* the duplicate included */

    /* Nothing but refused samples makes no series. */
    ck_assert_int_eq(test_append("b", samples, 1, &refusals), 0);
    ck_assert_uint_eq(refusals.too_old, 1);
    store_stats(store, &stats);
    ck_assert_uint_eq(stats.series, 1);
    test_end();
}
END_TEST

START_TEST(bad_labels_are_refused)
{
    static const char *const bad[] = {
        "",                                 /* no label at all */
        "\x0a\x05",                         /* cut off */
        "\x0a\x04\x0a\x02zz\x12",           /* likewise */
        "\x0a\x06\x0a\x01\x61\x12\x01\xff", /* not UTF-8 */
    };
    test_begin();
    test_open();
    const struct sample sample = {NOW_MS, 1};
    struct batch_series series[ARRAY_LEN(bad) + 1] = {0};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        series[i] = (struct batch_series){.encoded = (const uint8_t *)bad[i],
                                          .encoded_len = (uint32_t)strlen(bad[i]),
                                          .samples = &sample,
                                          .n_samples = 1};
    struct buf encoded;
    buf_init(&encoded, 1000);
    test_encode(&encoded, "up", "good");
    series[ARRAY_LEN(bad)] = series[0];
    series[ARRAY_LEN(bad)].encoded = (const uint8_t *)encoded.data;
    series[ARRAY_LEN(bad)].encoded_len = (uint32_t)encoded.len;
    struct batch batch = {ORG_FIRST, series, ARRAY_LEN(series), ARRAY_LEN(series)};
    struct store_refusals refusals;
    ck_assert_int_eq(store_append(store, &batch, &refusals), 0);
    ck_assert_uint_eq(refusals.bad_labels, ARRAY_LEN(bad));
    ck_assert_str_eq(refusals.detail, "labels are not valid, or no __name__ is among them: {}");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_uint_eq(series[i].series, 0);
    struct labels *labels = store_labels(store, series[ARRAY_LEN(bad)].series);
    ck_assert_ptr_nonnull(labels);
    ck_assert_str_eq(labels_value(labels, "instance"), "good");
    labels_unref(labels);
    ck_assert_ptr_null(store_labels(store, 0));
    ck_assert_ptr_null(store_labels(store, 4711));
    buf_deinit(&encoded);
    test_end();
}
END_TEST

static uint8_t classify_up(const struct labels *labels)
{
    return text_is(labels_metric_name(labels), "up") ? 7 : 1;
}

START_TEST(a_batch_learns_the_class_of_its_series)
{
    test_begin();
    test_options.classify = classify_up;
    for (int round = 0; round < 3; round++) { /* new, known, loaded */
        if (round != 1)
            test_open();
        const struct sample samples[] = {{NOW_MS + round, 1}, {INT64_MIN, 1}};
        struct buf up, down;
        buf_init(&up, 1000);
        buf_init(&down, 1000);
        test_encode(&up, "up", "a");
        test_encode(&down, "down", "a");
        struct batch_series series[] = {
            {.encoded = (uint8_t *)down.data, .encoded_len = (uint32_t)down.len},
            {.encoded = (uint8_t *)up.data, .encoded_len = (uint32_t)up.len},
            {.encoded = (uint8_t *)up.data, .encoded_len = (uint32_t)up.len}};
        for (size_t i = 0; i < ARRAY_LEN(series); i++) {
            series[i].samples = &samples[i == 2];
            series[i].n_samples = 1;
        }
        struct batch batch = {ORG_FIRST, series, ARRAY_LEN(series), ARRAY_LEN(series)};
        struct store_refusals refusals;
        ck_assert_int_eq(store_append(store, &batch, &refusals), 0);
        ck_assert_uint_eq(series[0].tag, 1);
        ck_assert_uint_eq(series[1].tag, 7);
        ck_assert_uint_eq(series[2].tag, 0); /* refused: too old */
        ck_assert_uint_eq(series[2].series, 0);
        ck_assert_uint_ne(series[0].series, series[1].series);
        buf_deinit(&up);
        buf_deinit(&down);
        if (round == 1)
            store_close(store);
    }
    test_end();
}
END_TEST

UNIT_MAIN("store", what_is_appended_is_selected, many_samples_are_found_again,
          refusals_are_counted_and_the_rest_is_taken, bad_labels_are_refused,
          a_batch_learns_the_class_of_its_series)
