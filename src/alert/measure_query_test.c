/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "alert/measure.h"
#include "base/text.h"
#include "query/table_source.h"
#include "unit.h"

static struct table_source table;
static struct series_source source = {&table_source_kind, &table};
static struct arena arena;

static void sample(const char *instance, const char *mount, msec_t at, double value)
{
    struct label pairs[] = {
        {LABEL_METRIC_NAME, "disk"}, {LABEL_INSTANCE, instance}, {"mountpoint", mount}};
    table_source_add(&table, labels_new(pairs, 3), at, value);
}

static void *prepare(const char *expr, const char *instance)
{
    struct rule rule = {0};
    struct problem problem;
    void *prepared;
    text_copy(rule.expr, sizeof(rule.expr), expr);
    ck_assert_int_eq(measure_by_query.prepare(&source, &rule, instance, &prepared, &problem),
                     0);
    return prepared;
}

static int run(void *prepared, msec_t at, mspan_t lookback, struct measurements *out)
{
    struct measure_request request = {.org = ORG_FIRST,
                                      .prepared = prepared,
                                      .at_ms = at,
                                      .lookback = lookback,
                                      .arena = &arena};
    return measure_by_query.run(&source, &request, out);
}

START_TEST(measures_one_host_at_one_instant)
{
    arena_init(&arena, 1024 * 1024);
    sample("web-1", "/", 100000, 50);
    sample("web-1", "/home", 100000, 93);
    sample("web-2", "/", 100000, 10);
    void *prepared = prepare("disk", "web-1");
    struct measurements found;
    ck_assert_int_eq(run(prepared, 100000, 7500, &found), 0);
    ck_assert_uint_eq(found.len, 2);
    for (size_t i = 0; i < found.len; i++)
        ck_assert_str_eq(labels_value(found.items[i].labels, LABEL_INSTANCE), "web-1");
    measurements_release(&found);

    /* What is older than the look back is not of this report. */
    ck_assert_int_eq(run(prepared, 110000, 7500, &found), 0);
    ck_assert_uint_eq(found.len, 0);
    measurements_release(&found);
    measure_by_query.release(prepared);
    measure_by_query.release(NULL);

    prepared = prepare("max by (instance) (disk) + 1", "web-1");
    ck_assert_int_eq(run(prepared, 100000, 7500, &found), 0);
    ck_assert_uint_eq(found.len, 1);
    ck_assert_double_eq(found.items[0].value, 94);
    measurements_release(&found);
    measure_by_query.release(prepared);
    table_source_clear(&table);
    arena_deinit(&arena);
}
END_TEST

START_TEST(refuses_what_is_no_measure)
{
    struct rule rule = {.expr = "disk{"};
    struct problem problem = {0};
    void *prepared;
    ck_assert_int_eq(measure_by_query.prepare(&source, &rule, "web-1", &prepared, &problem),
                     -EINVAL);
    ck_assert_str_ne(problem.text, "");

    arena_init(&arena, 1024 * 1024);
    struct measurements found;
    prepared = prepare("1 + 1", "web-1");
    ck_assert_int_gt(run(prepared, 100000, 7500, &found), 0);
    measure_by_query.release(prepared);
    arena_deinit(&arena);
}
END_TEST

START_TEST(a_name_cannot_break_out_of_its_matcher)
{
    arena_init(&arena, 1024 * 1024);
    sample("web-1", "/", 100000, 50);
    void *prepared = prepare("disk", "x\"} or disk{instance=~\".*");
    struct measurements found;
    ck_assert_int_eq(run(prepared, 100000, 7500, &found), 0);
    ck_assert_uint_eq(found.len, 0);
    measure_by_query.release(prepared);
    table_source_clear(&table);
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN("measure_query", measures_one_host_at_one_instant, refuses_what_is_no_measure,
          a_name_cannot_break_out_of_its_matcher)
