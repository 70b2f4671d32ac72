/* SPDX-License-Identifier: MIT */
#include "store/index.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

static struct index probed;

static struct series *make(org_id org, const char *name, const char *instance, const char *mode)
{
    const struct label pairs[] = {
        {LABEL_METRIC_NAME, name}, {LABEL_INSTANCE, instance}, {"mode", mode}};
    struct series *series = series_new(0, org, labels_new(pairs, ARRAY_LEN(pairs)));
    ck_assert_int_eq(index_add_new(&probed, series, 100000), 0);
    series_unref(series);
    return series;
}

static void fill(void)
{
    index_init(&probed);
    for (int host = 0; host < 50; host++) {
        char instance[16];
        snprintf(instance, sizeof(instance), "web-%d", host);
        make(ORG_FIRST, "cpu", instance, "user");
        make(ORG_FIRST, "cpu", instance, "system");
        make(ORG_FIRST, "load", instance, "");
    }
    make(2, "cpu", "web-1", "user");
}

struct query {
    enum matcher_op op;
    const char *name, *value;
};

/* How many series match; each really does, belongs to the org, and comes once. */
static size_t count(org_id org, const struct query *queries, size_t n_queries)
{
    struct matcher matchers[4] = {0};
    for (size_t i = 0; i < n_queries; i++)
        ck_assert_int_eq(
            matcher_init(&matchers[i], queries[i].op, queries[i].name, queries[i].value, NULL),
            0);
    struct series_list list = {0};
    index_select(&probed, org, matchers, n_queries, &list);
    for (size_t i = 0; i < list.len; i++) {
        ck_assert(matcher_all_match(matchers, n_queries, list.items[i]->labels));
        ck_assert_int_eq(list.items[i]->org, org);
        ck_assert(i == 0 || list.items[i - 1]->id < list.items[i]->id);
    }
    size_t len = list.len;
    series_list_deinit(&list);
    for (size_t i = 0; i < n_queries; i++)
        matcher_deinit(&matchers[i]);
    return len;
}

#define COUNT(...)                                                                             \
    count(ORG_FIRST, (const struct query[]){__VA_ARGS__},                                      \
          sizeof((const struct query[]){__VA_ARGS__}) / sizeof(struct query))
#define EQ(name, value)  ((struct query){MATCHER_EQUAL, name, value})
#define NE(name, value)  ((struct query){MATCHER_NOT_EQUAL, name, value})
#define RE(name, value)  ((struct query){MATCHER_REGEX, name, value})
#define NRE(name, value) ((struct query){MATCHER_NOT_REGEX, name, value})

START_TEST(selectors_find_their_series)
{
    fill();
    ck_assert_uint_eq(count(ORG_FIRST, NULL, 0), 150);
    ck_assert_uint_eq(count(3, NULL, 0), 0);
    ck_assert_uint_eq(COUNT(EQ("__name__", "cpu")), 100);
    ck_assert_uint_eq(COUNT(EQ("__name__", "nothing")), 0);
    ck_assert_uint_eq(COUNT(EQ("nothing", "x")), 0);
    ck_assert_uint_eq(COUNT(EQ("instance", "web-7")), 3);
    ck_assert_uint_eq(COUNT(EQ("instance", "web-7"), EQ("__name__", "cpu")), 2);
    ck_assert_uint_eq(COUNT(EQ("instance", "web-7"), EQ("mode", "")), 1);
    ck_assert_uint_eq(COUNT(EQ("mode", "")), 50);
    ck_assert_uint_eq(COUNT(NE("mode", "")), 100);
    ck_assert_uint_eq(COUNT(NE("mode", "user")), 100);
    ck_assert_uint_eq(COUNT(RE("instance", "web-1.*")), 33);
    ck_assert_uint_eq(COUNT(RE("instance", "web-1.*"), EQ("__name__", "cpu")), 22);
    ck_assert_uint_eq(COUNT(EQ("__name__", "cpu"), RE("mode", "us.*|sys.*"),
                            NRE("instance", "web-[0-8]|web-[0-8].")),
                      2);
    ck_assert_uint_eq(COUNT(RE("mode", "user|")), 100);
    ck_assert_uint_eq(COUNT(NRE("mode", ".+")), 50);
    ck_assert_uint_eq(COUNT(NRE("mode", "")), 100);
    ck_assert_uint_eq(COUNT(RE("nothing", ".+")), 0);
    ck_assert_uint_eq(COUNT(RE("nothing", ".*")), 150);
    ck_assert_uint_eq(count(2, (const struct query[]){RE("instance", ".+")}, 1), 1);
    index_deinit(&probed);
}
END_TEST

START_TEST(removed_series_leave_nothing_behind)
{
    fill();
    uint32_t cursor = 0;
    size_t seen = 0;
    for (struct series *series; (series = index_next(&probed, &cursor)) != NULL; seen++) {
        if (seen % 3 != 2)
            index_remove(&probed, series);
        series_unref(series);
    }
    ck_assert_uint_eq(seen, 151);
    ck_assert_uint_eq(index_count(&probed), 50);
    ck_assert_uint_eq(COUNT(EQ("__name__", "cpu")), 0);
    ck_assert_uint_eq(COUNT(EQ("__name__", "load")), 50);
    ck_assert_uint_eq(COUNT(NE("mode", "")), 0);
    ck_assert_ptr_null(index_find(&probed, 1));
    struct series *third = index_find(&probed, 3);
    ck_assert_ptr_nonnull(third);
    series_unref(third);
    make(ORG_FIRST, "cpu", "web-1", "user");
    ck_assert_uint_eq(COUNT(EQ("mode", "user")), 1);
    index_deinit(&probed);
}
END_TEST

START_TEST(limits_and_ids)
{
    index_init(&probed);
    const struct label pair = {"a", "b"};
    struct series *series[4];
    for (size_t i = 0; i < 4; i++)
        series[i] = series_new(i == 2 ? 9000 : 0, ORG_FIRST, labels_new(&pair, 1));
    ck_assert_int_eq(index_add_new(&probed, series[0], 1), 0);
    ck_assert_uint_eq(series[0]->id, 1);
    ck_assert_int_eq(index_add_new(&probed, series[1], 1), -ENOSPC);
    ck_assert_int_eq(index_add_stored(&probed, series[2]), 0);
    ck_assert_int_eq(index_add_stored(&probed, series[2]), -EEXIST);
    index_reserve_id(&probed, 10000);
    index_reserve_id(&probed, 5000);
    ck_assert_int_eq(index_add_new(&probed, series[3], 3), 0);
    ck_assert_uint_eq(series[3]->id, 10001);
    index_reserve_id(&probed, UINT32_MAX);
    ck_assert_int_eq(index_add_new(&probed, series[1], 100), -ENOSPC); /* ids have run out */
    ck_assert_uint_eq(index_count(&probed), 3);
    for (size_t i = 0; i < 4; i++)
        series_unref(series[i]);
    index_deinit(&probed);
}
END_TEST

static bool count_text(const char *text, size_t len, void *arg)
{
    (void)text;
    ck_assert_uint_gt(len, 0);
    return ++*(size_t *)arg < 50;
}

START_TEST(names_and_values_are_listed)
{
    fill();
    size_t seen = 0;
    ck_assert(index_labels(&probed, ORG_FIRST, NULL, count_text, &seen));
    ck_assert_uint_eq(seen, 3);
    seen = 0;
    ck_assert(index_labels(&probed, ORG_FIRST, "mode", count_text, &seen));
    ck_assert_uint_eq(seen, 2);
    seen = 0;
    ck_assert(!index_labels(&probed, ORG_FIRST, "instance", count_text, &seen)); /* stopped */
    ck_assert_uint_eq(seen, 50);
    seen = 0;
    ck_assert(index_labels(&probed, ORG_FIRST, "nothing", count_text, &seen));
    ck_assert(index_labels(&probed, 9, NULL, count_text, &seen));
    ck_assert_uint_eq(seen, 0);
    index_deinit(&probed);
}
END_TEST

UNIT_MAIN("index", selectors_find_their_series, removed_series_leave_nothing_behind,
          limits_and_ids, names_and_values_are_listed)
