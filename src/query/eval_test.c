/* SPDX-License-Identifier: MIT */
/* Limits, cancelling, errors of the source: what no table of results can say. */
#include "query/eval.h"

#include <stdio.h>

#include "query/table_source.h"
#include "unit.h"

static struct table_source table;
static struct query_context context;
static struct arena arena;
static struct problem problem;

static void fill(size_t n_series, size_t n_samples)
{
    for (size_t i = 0; i < n_series; i++) {
        char instance[32], bucket[32];
        snprintf(instance, sizeof(instance), "host-%zu", i / 4);
        snprintf(bucket, sizeof(bucket), "%zu", i % 4 + 1);
        struct label pairs[] = {{"__name__", "m"}, {"instance", instance}, {"le", bucket}};
        struct labels *labels = labels_new(pairs, 3);
        for (size_t k = 0; k < n_samples; k++)
            table_source_add(&table, labels_ref(labels), (msec_t)k * MSEC_MINUTE,
                             (double)(k + i));
        labels_unref(labels);
    }
}

static void setup(void)
{
    context = (struct query_context){.source = {&table_source_kind, &table},
                                     .lookback = QUERY_LOOKBACK_DEFAULT,
                                     .max_samples = 1000000,
                                     .arena = &arena};
    arena_init(&arena, 64 << 20);
    fill(12, 20);
}

static void teardown(void)
{
    arena_deinit(&arena);
    table_source_clear(&table);
}

/* The range query's code; its result is thrown away. */
static int range(const char *text, msec_t from, msec_t to, mspan_t step)
{
    struct expr *expr = NULL;
    struct query_result result = {0};
    problem = (struct problem){0};
    ck_assert_msg(query_parse(text, &expr, &problem) == 0, "%s: %s", text, problem.text);
    int error =
        query_range(&context, expr, &(struct query_span){from, to, step}, &result, &problem);
    query_result_release(&result);
    expr_free(expr);
    return error;
}

START_TEST(refuses_senseless_ranges)
{
    ck_assert_int_eq(range("m", 0, MSEC_MINUTE, 0), QUERY_BAD_DATA);
    ck_assert_int_eq(range("m", 0, MSEC_MINUTE, -1), QUERY_BAD_DATA);
    ck_assert_int_eq(range("m", MSEC_MINUTE, 0, 1000), QUERY_BAD_DATA);
    ck_assert_int_eq(range("m[5m]", 0, MSEC_MINUTE, 1000), QUERY_BAD_DATA);
    ck_assert_int_eq(range("'x'", 0, MSEC_MINUTE, 1000), QUERY_BAD_DATA);
    ck_assert_int_eq(range("1", INT64_MIN, INT64_MAX, 1000), QUERY_BAD_DATA);
    ck_assert_int_eq(range("1", 0, (QUERY_POINTS_MAX + 1) * 1000, 1000), QUERY_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(problem.text, "11,000"));
    ck_assert_int_eq(range("1", 0, QUERY_POINTS_MAX * 1000, 1000), 0);
}
END_TEST

START_TEST(counts_samples_over_all_selectors)
{
    context.max_samples = 12 * 20;
    ck_assert_int_eq(range("sum(m)", 0, 19 * MSEC_MINUTE, MSEC_MINUTE), 0);
    context.max_samples = 12 * 20 - 1;
    ck_assert_int_eq(range("sum(m)", 0, 19 * MSEC_MINUTE, MSEC_MINUTE), QUERY_TOO_LARGE);
    context.max_samples = 12 * 20 + 10;
    ck_assert_int_eq(range("sum(m) + sum(m)", 0, 19 * MSEC_MINUTE, MSEC_MINUTE),
                     QUERY_TOO_LARGE);
    ck_assert_int_eq(range("sum_over_time(vector(1)[10y:1ms])", 0, 0, 1), QUERY_TOO_LARGE);
}
END_TEST

START_TEST(reads_each_selector_once)
{
    ck_assert_int_eq(range("rate(m[5m]) + m offset 1m", 0, 19 * MSEC_MINUTE, MSEC_MINUTE), 0);
    ck_assert_uint_eq(table.selects, 2);
    ck_assert_int_eq(range("max_over_time(rate(m[5m])[10m:30s])", 0, 19 * MSEC_MINUTE, 1000),
                     0);
    ck_assert_uint_eq(table.selects, 3);
}
END_TEST

START_TEST(stops_when_told)
{
    bool cancelled = true;
    context.cancelled = &cancelled;
    ck_assert_int_eq(range("m", 0, MSEC_MINUTE, 1000), QUERY_CANCELLED);
    cancelled = false;
    ck_assert_int_eq(range("m", 0, MSEC_MINUTE, 1000), 0);
    context.deadline = 1; /* long past */
    ck_assert_int_eq(range("m", 0, MSEC_MINUTE, 1000), QUERY_TIMEOUT);
    context.deadline = clock_mono_ms() + 3600 * 1000;
    ck_assert_int_eq(range("m", 0, MSEC_MINUTE, 1000), 0);
}
END_TEST

static int failing_select(void *source, const struct series_request *request,
                          struct arena *memory, struct series_set *out_set)
{
    (void)source;
    (void)request;
    (void)memory;
    (void)out_set;
    return -EIO;
}

START_TEST(errors_of_the_source_pass_through)
{
    static const struct series_source_kind failing = {.select = failing_select};
    context.source.kind = &failing;
    ck_assert_int_eq(range("1 + sum(rate(m[5m]))", 0, MSEC_MINUTE, 1000), -EIO);
    ck_assert_int_eq(range("absent(m)", 0, MSEC_MINUTE, 1000), -EIO);
}
END_TEST

static const char *const everything[] = {
    "m",
    "m > 3 or -m",
    "sum by (instance) (rate(m[5m])) / on (instance) group_left count by (instance) (m)",
    "m * ignoring (x) m",
    "topk(2, m) unless m{instance=\"host-1\"}",
    "quantile by (le) (0.5, m)",
    "count_values(\"v\", m)",
    "histogram_quantile(0.9, m)",
    "quantile_over_time(0.5, m[5m])",
    "max_over_time(sum(m)[5m:1m])",
    "label_replace(m, \"x\", \"$1\", \"instance\", \"host-(.*)\")",
    "label_join(m, \"x\", \"-\", \"instance\", \"le\")",
    "absent_over_time(m{le=\"9\"}[5m]) + scalar(sum(m)) + time()",
    "sort(m @ 60)",
    "timestamp(m) + hour() * 0",
};

/* Whatever the ceiling, the query gives its result or says that it does not fit. */
START_TEST(small_memory_is_an_error)
{
    bool fitted = false;
    for (size_t ceiling = 1; ceiling < 4 << 20; ceiling += ceiling / 8 + 64) {
        struct arena small;
        arena_init(&small, ceiling);
        struct expr *expr = NULL;
        struct query_result result = {0};
        ck_assert_int_eq(query_parse(everything[_i], &expr, NULL), 0);
        const struct query_span span = {0, 19 * MSEC_MINUTE, MSEC_MINUTE};
        context.arena = &small;
        int error = query_range(&context, expr, &span, &result, &problem);
        ck_assert_msg(error == 0 || error == QUERY_TOO_LARGE, "%s: %d %s", everything[_i],
                      error, problem.text);
        ck_assert(error == 0 || !fitted);
        fitted = error == 0;
        query_result_release(&result);
        expr_free(expr);
        arena_deinit(&small);
    }
    ck_assert(fitted);
}
END_TEST

START_TEST(expensive_patterns_are_answered)
{
    struct label pairs[] = {{"__name__", "m"},
                            {"a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabca"}};
    table_source_add(&table, labels_new(pairs, 2), 0, 1);
    ck_assert_int_eq(range("m{a=~\"(a|a)*(a|a)*(a|a)*b\"}", 0, 0, 1000), 0);
    ck_assert_int_eq(
        range("label_replace(m, \"b\", \"$1\", \"a\", \"((a|a)*)*b\")", 0, 0, 1000), 0);
}
END_TEST

START_TEST(times_far_away_are_fine)
{
    static const msec_t far[] = {-9000000000000000, 9000000000000000, -1};
    for (size_t i = 0; i < ARRAY_LEN(far); i++) {
        ck_assert_int_eq(range("sum(rate(m[5m])) + year()", far[i], far[i] + 1000, 1000), 0);
        ck_assert_int_eq(range("max_over_time(m[1h:7m])", far[i], far[i] + 1000, 1000), 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("eval");
    TCase *tcase = tcase_create("eval");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, refuses_senseless_ranges);
    tcase_add_test(tcase, counts_samples_over_all_selectors);
    tcase_add_test(tcase, reads_each_selector_once);
    tcase_add_test(tcase, stops_when_told);
    tcase_add_test(tcase, errors_of_the_source_pass_through);
    tcase_add_loop_test(tcase, small_memory_is_an_error, 0, ARRAY_LEN(everything));
    tcase_add_test(tcase, expensive_patterns_are_answered);
    tcase_add_test(tcase, times_far_away_are_fine);
    suite_add_tcase(suite, tcase);
    return unit_run_suite(suite);
}
