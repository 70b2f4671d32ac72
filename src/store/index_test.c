/* SPDX-License-Identifier: MIT */
#include "store/index.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"
#include "unit.h"

static struct index probed;

static const struct index_limits no_limits = {SIZE_MAX, SIZE_MAX};

static struct label_slices slices(const char *name, const char *instance, const char *mode)
{
    struct label_slices labels = {.items = {{slice_of(LABEL_METRIC_NAME), slice_of(name)},
                                            {slice_of(LABEL_INSTANCE), slice_of(instance)},
                                            {slice_of("mode"), slice_of(mode)}},
                                  .len = 3};
    ck_assert(labels_normalise(&labels));
    return labels;
}

static uint32_t make(org_id org, const char *name, const char *instance, const char *mode)
{
    const struct label_slices labels = slices(name, instance, mode);
    uint32_t id = 0;
    ck_assert_int_eq(index_add(&probed, org, &labels, &no_limits, &id), 0);
    return id;
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
    struct id_vec list = {0};
    index_select(&probed, org, matchers, n_queries, &list);
    for (size_t i = 0; i < list.len; i++) {
        struct labels *labels = index_labels(&probed, list.items[i]);
        ck_assert(matcher_all_match(matchers, n_queries, labels));
        labels_unref(labels);
        ck_assert(i == 0 || list.items[i - 1] < list.items[i]);
    }
    size_t len = list.len;
    VEC_DEINIT(&list);
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
    size_t removed = 0;
    for (uint32_t id = 1; id < index_next_id(&probed); id++)
        removed += id % 3 != 0 && index_remove(&probed, id);
    ck_assert_uint_eq(removed, 101);
    ck_assert(!index_remove(&probed, 1));
    ck_assert(!index_remove(&probed, 70000));
    ck_assert_uint_eq(index_count(&probed), 50);
    ck_assert_uint_eq(COUNT(EQ("__name__", "cpu")), 0);
    ck_assert_uint_eq(COUNT(EQ("__name__", "load")), 50);
    ck_assert_uint_eq(COUNT(NE("mode", "")), 0);
    ck_assert_uint_eq(count(2, NULL, 0), 0);
    ck_assert_ptr_null(index_labels(&probed, 1));
    struct labels *third = index_labels(&probed, 3);
    ck_assert_str_eq(labels_metric_name(third), "load");
    labels_unref(third);
    make(ORG_FIRST, "cpu", "web-1", "user");
    ck_assert_uint_eq(COUNT(EQ("mode", "user")), 1);
    index_deinit(&probed);
}
END_TEST

/* Pairs come and go at random, against what is known of each id. */
START_TEST(series_come_and_go)
{
    enum {
        IDS = 3000
    };
    static int host_of[IDS + 1];
    uint64_t random = 7;
    index_init(&probed);
    for (uint32_t step = 0; step < IDS; step++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        char instance[16];
        int host = (int)(random >> 40) % 40;
        snprintf(instance, sizeof(instance), "web-%d", host);
        uint32_t id = make(ORG_FIRST, "cpu", instance, (random >> 35) % 2 ? "user" : "");
        host_of[id] = host + 1;
        uint32_t victim = 1 + (uint32_t)(random >> 20) % id;
        ck_assert_int_eq(index_remove(&probed, victim), host_of[victim] != 0);
        host_of[victim] = 0;
    }
    size_t left = 0;
    for (int host = 0; host < 40; host++) {
        char instance[16];
        size_t expected = 0;
        snprintf(instance, sizeof(instance), "web-%d", host);
        for (size_t id = 1; id <= IDS; id++)
            expected += host_of[id] == host + 1;
        ck_assert_uint_eq(COUNT(EQ("instance", instance)), expected);
        ck_assert_uint_eq(COUNT(RE("instance", instance)), expected);
        left += expected;
    }
    ck_assert_uint_eq(index_count(&probed), left);
    index_deinit(&probed);
}
END_TEST

START_TEST(limits_and_ids)
{
    index_init(&probed);
    struct label_slices labels = slices("cpu", "web-1", "user");
    const struct index_limits one = {1, SIZE_MAX}, host = {SIZE_MAX, 2};
    uint32_t id = 0;
    ck_assert_int_eq(index_add(&probed, ORG_FIRST, &labels, &one, &id), 0);
    ck_assert_uint_eq(id, 1);
    labels = slices("cpu", "web-1", "system");
    ck_assert_int_eq(index_add(&probed, ORG_FIRST, &labels, &one, &id), -ENOSPC);
    ck_assert_int_eq(index_add_stored(&probed, 9000, ORG_FIRST, &labels), 0);
    ck_assert_int_eq(index_add_stored(&probed, 9000, ORG_FIRST, &labels), -EEXIST);
    ck_assert_int_eq(index_add_stored(&probed, 0, ORG_FIRST, &labels), -EINVAL);
    labels = slices("load", "web-1", "");
    ck_assert_int_eq(index_add(&probed, ORG_FIRST, &labels, &host, &id), -EDQUOT);
    ck_assert_int_eq(index_add(&probed, 2, &labels, &host, &id),
                     0); /* the host of another org */
    labels = slices("load", "web-2", "");
    ck_assert_int_eq(index_add(&probed, ORG_FIRST, &labels, &host, &id), 0);
    index_reserve(&probed, 10001);
    index_reserve(&probed, 5000);
    labels = slices("load", "web-3", "");
    ck_assert_int_eq(index_add(&probed, ORG_FIRST, &labels, &host, &id), 0);
    ck_assert_uint_eq(id, 10001);
    index_reserve(&probed, UINT32_MAX);
    labels = slices("load", "web-4", "");
    ck_assert_int_eq(index_add(&probed, ORG_FIRST, &labels, &host, &id), -ENOSPC); /* no ids */
    ck_assert_uint_eq(index_count(&probed), 5);
    index_deinit(&probed);
}
END_TEST

START_TEST(labels_come_back_as_they_were)
{
    fill();
    struct label_slices labels = slices("cpu", "web-1", "user");
    struct buf before, after;
    org_id org = 0;
    buf_init(&before, 1000);
    buf_init(&after, 1000);
    labels_encode_slices(&before, &labels);
    ck_assert(index_encode(&probed, 4, &after, &org));
    ck_assert_int_eq(org, ORG_FIRST);
    ck_assert_uint_eq(after.len, before.len);
    ck_assert_mem_eq(after.data, before.data, before.len);
    ck_assert(!index_encode(&probed, 999, &after, &org));
    buf_deinit(&before);
    buf_deinit(&after);
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
    ck_assert(index_each_text(&probed, ORG_FIRST, NULL, NULL, count_text, &seen));
    ck_assert_uint_eq(seen, 3);
    seen = 0;
    ck_assert(index_each_text(&probed, ORG_FIRST, "mode", NULL, count_text, &seen));
    ck_assert_uint_eq(seen, 2);
    seen = 0;
    ck_assert(!index_each_text(&probed, ORG_FIRST, "instance", NULL, count_text,
                               &seen)); /* stopped */
    ck_assert_uint_eq(seen, 50);
    seen = 0;
    ck_assert(index_each_text(&probed, ORG_FIRST, "nothing", NULL, count_text, &seen));
    ck_assert(index_each_text(&probed, 9, NULL, NULL, count_text, &seen));
    ck_assert_uint_eq(seen, 0);
    index_deinit(&probed);
}
END_TEST

UNIT_MAIN("index", selectors_find_their_series, removed_series_leave_nothing_behind,
          series_come_and_go, limits_and_ids, labels_come_back_as_they_were,
          names_and_values_are_listed)
