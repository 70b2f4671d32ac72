/* SPDX-License-Identifier: MIT */
/*
 * Aggregations over many series: the same bits however many threads there are, and what an
 * aggregation of the operand as a whole gives.
 */
#include <math.h>
#include <stdio.h>

#include "base/random.h"
#include "query/query.h"
#include "query/table_source.h"
#include "unit.h"

#define SERIES    600
#define HOSTS     30
#define ARENA_MAX ((size_t)64 * 1024 * 1024)

static struct table_source table;
static struct arena arena;

static void fill(bool with_oddities)
{
    for (size_t i = 0; i < SERIES; i++) {
        char host[24], mode[24];
        snprintf(host, sizeof(host), "h%zu", i / (SERIES / HOSTS));
        snprintf(mode, sizeof(mode), "m%zu", i % (SERIES / HOSTS));
        const struct label pairs[] = {{"__name__", "m_total"}, {"host", host}, {"mode", mode}};
        struct table_series series = {.labels = labels_new(pairs, ARRAY_LEN(pairs))};
        double value = 0;
        msec_t at = (msec_t)(random_u64() % 100000);
        for (size_t k = 0; k < 40; k++) {
            at += 100000 + (msec_t)(random_u64() % 400000);
            value = random_u64() % 30 == 0 ? 0.1 : value + (double)(random_u64() % 1000) / 7;
            struct sample sample = {at, value};
            if (with_oddities && random_u64() % 400 == 0)
                sample.value = k % 2 == 0 ? sample_stale_value() : (double)NAN;
            VEC_PUSH(&series.samples, sample);
        }
        VEC_PUSH(&table.series, series);
    }
}

static struct query_context context_of(unsigned n_threads)
{
    return (struct query_context){.source = {&table_source_kind, &table},
                                  .lookback = QUERY_LOOKBACK_DEFAULT,
                                  .max_samples = 1000000,
                                  .n_threads = n_threads,
                                  .arena = &arena};
}

static int run_in(const struct query_context *context, const char *text,
                  struct query_result *out_result)
{
    struct expr *expr;
    struct problem problem;
    const struct query_span span = {0, 3 * MSEC_HOUR, 40000};
    ck_assert_int_eq(query_parse(text, &expr, &problem), 0);
    int error = query_range(context, expr, &span, out_result, &problem);
    expr_free(expr);
    return error;
}

/* Equal in labels, times and values; values up to a relative error. */
static void check_same(const char *text, const struct query_result *a,
                       const struct query_result *b, double tolerance)
{
    ck_assert_uint_eq(a->n_series, b->n_series);
    for (size_t i = 0; i < a->n_series; i++) {
        const struct query_series *left = &a->series[i], *right = &b->series[i];
        ck_assert(labels_equal(left->labels, right->labels));
        ck_assert_uint_eq(left->n_samples, right->n_samples);
        for (size_t k = 0; k < left->n_samples; k++) {
            double x = left->samples[k].value, y = right->samples[k].value;
            ck_assert_int_eq(left->samples[k].at_ms, right->samples[k].at_ms);
            ck_assert_msg((isnan(x) && isnan(y)) || fabs(x - y) <= tolerance * fabs(y),
                          "%s: %.17g, not %.17g", text, x, y);
        }
    }
}

static const char *const operands[] = {"rate(m_total[10m])", "m_total",
                                       "max_over_time(m_total[20m])"};
static const char *const aggregations[] = {"sum", "avg", "min", "max", "count", "group"};
static const char *const groupings[] = {"by (mode)", "without (mode)", "by (__name__, host)"};

static void compare_all(const char *format_a, unsigned threads_a, const char *format_b,
                        double tolerance)
{
    for (size_t i = 0; i < ARRAY_LEN(operands) * ARRAY_LEN(aggregations) * ARRAY_LEN(groupings);
         i++) {
        const char *operand = operands[i % ARRAY_LEN(operands)];
        const char *aggregation =
            aggregations[i / ARRAY_LEN(operands) % ARRAY_LEN(aggregations)];
        const char *grouping = groupings[i / ARRAY_LEN(operands) / ARRAY_LEN(aggregations)];
        char texts[2][256];
        struct query_result results[2];
        arena_init(&arena, ARENA_MAX);
        const struct query_context many = context_of(threads_a), one = context_of(1);
        for (size_t k = 0; k < 2; k++) {
            const char *inner = k == 0 ? format_a : format_b;
            snprintf(texts[k], sizeof(texts[k]), "%s %s (%s%s)", aggregation, grouping, inner,
                     operand);
            ck_assert_int_eq(run_in(k == 0 ? &many : &one, texts[k], &results[k]), 0);
        }
        check_same(texts[0], &results[0], &results[1], tolerance);
        query_result_release(&results[0]);
        query_result_release(&results[1]);
        arena_deinit(&arena);
    }
}

START_TEST(threads_change_nothing)
{
    fill(true);
    compare_all("", 4, "", 0);
    table_source_clear(&table);
}
END_TEST

/* "- -" makes rows of the operand, and drops its name. */
START_TEST(a_stream_gives_what_rows_give)
{
    fill(true);
    for (size_t i = 0; i < ARRAY_LEN(aggregations) * ARRAY_LEN(groupings); i++) {
        const char *aggregation = aggregations[i % ARRAY_LEN(aggregations)];
        const char *grouping = groupings[i / ARRAY_LEN(aggregations)];
        char text[256];
        struct query_result results[2];
        arena_init(&arena, ARENA_MAX);
        const struct query_context context = context_of(3);
        snprintf(text, sizeof(text), "%s %s (rate(m_total[10m]))", aggregation, grouping);
        ck_assert_int_eq(run_in(&context, text, &results[0]), 0);
        snprintf(text, sizeof(text), "%s %s (- - rate(m_total[10m]))", aggregation, grouping);
        ck_assert_int_eq(run_in(&context, text, &results[1]), 0);
        check_same(text, &results[0], &results[1], 1e-13);
        query_result_release(&results[0]);
        query_result_release(&results[1]);
        arena_deinit(&arena);
    }
    table_source_clear(&table);
}
END_TEST

START_TEST(a_mean_may_be_of_more_than_a_double_holds)
{
    for (size_t i = 0; i < SERIES; i++) {
        char mode[24];
        snprintf(mode, sizeof(mode), "m%zu", i);
        const struct label pairs[] = {{"__name__", "m_total"}, {"mode", mode}};
        table_source_add(&table, labels_new(pairs, 2), 1000, 1e308);
    }
    arena_init(&arena, ARENA_MAX);
    const struct query_context context = context_of(1);
    struct query_result result;
    ck_assert_int_eq(run_in(&context, "avg(m_total)", &result), 0);
    ck_assert_uint_eq(result.n_series, 1);
    ck_assert(fabs(result.series[0].samples[0].value / 1e308 - 1) < 1e-9);
    query_result_release(&result);
    arena_deinit(&arena);
    table_source_clear(&table);
}
END_TEST

START_TEST(limits_hold_on_threads)
{
    fill(false);
    struct query_result result;
    bool cancelled = true;
    for (unsigned n_threads = 1; n_threads <= 4; n_threads += 3) {
        arena_init(&arena, ARENA_MAX);
        struct query_context context = context_of(n_threads);
        context.max_samples = 1000;
        ck_assert_int_eq(run_in(&context, "sum(rate(m_total[5m]))", &result), QUERY_TOO_LARGE);
        context = context_of(n_threads);
        context.cancelled = &cancelled;
        ck_assert_int_eq(run_in(&context, "sum(rate(m_total[5m]))", &result), QUERY_CANCELLED);
        context = context_of(n_threads);
        context.deadline = 1;
        ck_assert_int_eq(run_in(&context, "sum(rate(m_total[5m]))", &result), QUERY_TIMEOUT);
        arena_deinit(&arena);

        arena_init(&arena, 300000);
        context = context_of(n_threads);
        ck_assert_int_eq(run_in(&context, "sum by (host, mode) (rate(m_total[5m]))", &result),
                         QUERY_TOO_LARGE);
        ck_assert_int_eq(run_in(&context, "rate(m_total[5m])", &result), QUERY_TOO_LARGE);
        arena_deinit(&arena);
    }
    table_source_clear(&table);
}
END_TEST

START_TEST(equal_labels_without_the_name_are_refused)
{
    for (size_t i = 0; i < 2; i++) {
        const struct label pairs[] = {{"__name__", i == 0 ? "a_total" : "b_total"}, {"l", "1"}};
        table_source_add(&table, labels_new(pairs, 2), 100000, 1);
        table_source_add(&table, labels_new(pairs, 2), 200000, 2);
    }
    arena_init(&arena, ARENA_MAX);
    const struct query_context context = context_of(1);
    struct query_result result;
    ck_assert_int_eq(run_in(&context, "sum(rate({l=\"1\"}[1h]))", &result), QUERY_FAILED);
    ck_assert_int_eq(run_in(&context, "sum({l=\"1\"})", &result), 0);
    query_result_release(&result);
    arena_deinit(&arena);
    table_source_clear(&table);
}
END_TEST

UNIT_MAIN("stream", threads_change_nothing, a_stream_gives_what_rows_give,
          a_mean_may_be_of_more_than_a_double_holds, limits_hold_on_threads,
          equal_labels_without_the_name_are_refused)
