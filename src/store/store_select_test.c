/* SPDX-License-Identifier: MIT */
/*
 * The store as PromQL reads it, and how different encodings of one label set meet.
 */
#include "store/store_test.h"

static struct arena arena;
static struct series_set set;
static struct text_list list;

static void append_encoded(org_id org, const void *encoded, size_t len, msec_t at_ms)
{
    const struct sample sample = {at_ms, (double)at_ms};
    struct batch_series series = {
        .encoded = encoded, .encoded_len = (uint32_t)len, .samples = &sample, .n_samples = 1};
    struct batch batch = {org, &series, 1, 1};
    struct store_refusals refusals;
    ck_assert_int_eq(store_append(store, &batch, &refusals), 0);
    ck_assert_uint_ne(series.series, 0);
}

static void append_labels(org_id org, const struct label *pairs, size_t count, msec_t at_ms)
{
    struct buf encoded;
    buf_init(&encoded, 10000);
    for (size_t i = 0; i < count; i++)
        labels_encode_pair(&encoded, pairs[i].name, pairs[i].value);
    append_encoded(org, encoded.data, encoded.len, at_ms);
    buf_deinit(&encoded);
}

/* Two hosts with two series each, and another organisation. */
static void fill(void)
{
    static const struct label series[][3] = {
        {{"__name__", "cpu"}, {"instance", "a"}, {"mode", "user"}},
        {{"__name__", "cpu"}, {"instance", "b"}, {"mode", "user"}},
        {{"__name__", "load"}, {"instance", "a"}, {"core", ""}},
        {{"__name__", "load"}, {"instance", "b"}, {"core", ""}},
    };
    test_begin();
    test_open();
    arena_init(&arena, (size_t)1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(series); i++) {
        for (int j = 0; j < 10; j++)
            append_labels(ORG_FIRST, series[i], 3, NOW_MS - MSEC_HOUR * (msec_t)i + j);
    }
    append_labels(2, series[0], 3, NOW_MS);
}

static void finish(void)
{
    series_set_release(&set);
    arena_deinit(&arena);
    test_end();
}

static struct series_request request_of(const struct matcher *matcher)
{
    return (struct series_request){.org = ORG_FIRST,
                                   .matchers = matcher,
                                   .n_matchers = matcher == NULL ? 0 : 1,
                                   .from_ms = INT64_MIN,
                                   .to_ms = INT64_MAX,
                                   .max_samples = 1000};
}

static int do_select(const struct series_request *request)
{
    series_set_release(&set);
    struct series_source source = store_source(store);
    return source.kind->select(source.source, request, &arena, &set);
}

START_TEST(limits_of_a_query_hold)
{
    fill();
    struct matcher cpu = test_matcher(MATCHER_EQUAL, "__name__", "cpu");
    struct series_request request = request_of(&cpu);
    for (int round = 0; round < 2; round++) {
        request.max_samples = 20;
        ck_assert_int_eq(do_select(&request), 0);
        ck_assert_uint_eq(set.len, 2);
        ck_assert_uint_eq(set.items[0].n_samples, 10);
        request.max_samples = 19;
        ck_assert_int_eq(do_select(&request), -E2BIG);
        request.max_samples = 0;
        ck_assert_int_eq(do_select(&request), -E2BIG);
        ck_assert_int_eq(upkeep_settle(store), 0); /* once more from the file */
        test_reopen();
    }
    struct arena tiny;
    arena_init(&tiny, 64);
    struct series_source source = store_source(store);
    request.max_samples = 1000;
    ck_assert_int_eq(source.kind->select(source.source, &request, &tiny, &set), -E2BIG);
    arena_deinit(&tiny);
    matcher_deinit(&cpu);
    finish();
}
END_TEST

START_TEST(organisations_are_apart)
{
    fill();
    struct matcher cpu = test_matcher(MATCHER_EQUAL, "__name__", "cpu");
    struct series_request request = request_of(&cpu);
    request.org = 2;
    ck_assert_int_eq(do_select(&request), 0);
    ck_assert_uint_eq(set.len, 1);
    ck_assert_uint_eq(set.items[0].n_samples, 1);
    request.org = 3;
    ck_assert_int_eq(do_select(&request), 0);
    ck_assert_uint_eq(set.len, 0);
    matcher_deinit(&cpu);
    finish();
}
END_TEST

START_TEST(series_are_listed_by_range)
{
    fill();
    struct series_source source = store_source(store);
    struct series_request request = request_of(NULL);
    ck_assert_int_eq(source.kind->series(source.source, &request, &arena, &set), 0);
    ck_assert_uint_eq(set.len, 4);
    ck_assert_uint_eq(set.items[0].n_samples, 0);
    series_set_release(&set);
    request.from_ms = NOW_MS - MSEC_HOUR;
    ck_assert_int_eq(source.kind->series(source.source, &request, &arena, &set), 0);
    ck_assert_uint_eq(set.len, 2);
    series_set_release(&set);
    request.from_ms = NOW_MS + MSEC_HOUR;
    ck_assert_int_eq(source.kind->series(source.source, &request, &arena, &set), 0);
    ck_assert_uint_eq(set.len, 0);
    finish();
}
END_TEST

static void check_list(const char *const *expected, size_t count)
{
    ck_assert_uint_eq(list.len, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_str_eq(list.items[i], expected[i]);
}

START_TEST(names_and_values_are_sorted_and_unique)
{
    static const char *const names[] = {"__name__", "instance", "mode"};
    static const char *const load_names[] = {"__name__", "instance"};
    static const char *const hosts[] = {"a", "b"};
    fill();
    struct series_source source = store_source(store);
    struct matcher load = test_matcher(MATCHER_REGEX, "__name__", "lo.+");
    struct series_request all = request_of(NULL), some = request_of(&load);
    ck_assert_int_eq(source.kind->labels(source.source, &all, NULL, &arena, &list), 0);
    check_list(names, 3);
    ck_assert_int_eq(source.kind->labels(source.source, &some, NULL, &arena, &list), 0);
    check_list(load_names, 2);
    ck_assert_int_eq(source.kind->labels(source.source, &all, "instance", &arena, &list), 0);
    check_list(hosts, 2);
    ck_assert_int_eq(source.kind->labels(source.source, &some, "instance", &arena, &list), 0);
    check_list(hosts, 2);
    ck_assert_int_eq(source.kind->labels(source.source, &some, "mode", &arena, &list), 0);
    ck_assert_uint_eq(list.len, 0);
    struct arena tiny;
    arena_init(&tiny, 16);
    ck_assert_int_eq(source.kind->labels(source.source, &all, NULL, &tiny, &list), -E2BIG);
    arena_deinit(&tiny);
    matcher_deinit(&load);
    finish();
}
END_TEST

START_TEST(encodings_of_one_set_meet)
{
    enum {
        LABELS = 6,
        ORDERS = 30
    };
    struct label pairs[LABELS] = {{"__name__", "up"}, {"a", "1"}, {"b", "2"},
                                  {"c", "3"},         {"d", "4"}, {"empty", ""}};
    test_begin();
    test_open();
    arena_init(&arena, (size_t)1 << 20);
    /* More orders than a series has aliases. */
    for (int order = 0; order < ORDERS; order++) {
        append_labels(ORG_FIRST, pairs, LABELS, NOW_MS + order);
        append_labels(ORG_FIRST, pairs, LABELS, NOW_MS + order); /* the same again */
        struct label moved = pairs[order % LABELS];
        pairs[order % LABELS] = pairs[(order * 3 + 1) % LABELS];
        pairs[(order * 3 + 1) % LABELS] = moved;
    }
    struct matcher up = test_matcher(MATCHER_EQUAL, "__name__", "up");
    struct series_request request = request_of(&up);
    for (int round = 0; round < 2; round++) {
        ck_assert_int_eq(do_select(&request), 0);
        ck_assert_uint_eq(set.len, 1);
        ck_assert_uint_eq(set.items[0].n_samples, ORDERS);
        ck_assert_uint_eq(set.items[0].labels->count, LABELS - 1);
        test_reopen();
    }
    /* Once deleted, aliases do not lead to the dead series. */
    append_labels(ORG_FIRST, pairs, LABELS, NOW_MS + ORDERS);
    ck_assert_int_eq(store_delete_series(store, ORG_FIRST, &up, 1), 0);
    append_labels(ORG_FIRST, pairs, LABELS, NOW_MS);
    ck_assert_int_eq(do_select(&request), 0);
    ck_assert_uint_eq(set.len, 1);
    ck_assert_uint_eq(set.items[0].n_samples, 1);
    matcher_deinit(&up);
    finish();
}
END_TEST

UNIT_MAIN("store_select", limits_of_a_query_hold, organisations_are_apart,
          series_are_listed_by_range, names_and_values_are_sorted_and_unique,
          encodings_of_one_set_meet)
