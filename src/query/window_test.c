/* SPDX-License-Identifier: MIT */
/*
 * Random series and ranges against the definitions, worked out sample by sample: windows that
 * move along must see what a window of its own would.
 */
#include <math.h>
#include <stdio.h>

#include "base/random.h"
#include "query/query.h"
#include "query/table_source.h"
#include "unit.h"

#define ROUNDS  300
#define SAMPLES 60

static struct sample samples[SAMPLES];
static size_t n_samples;

static uint64_t below(uint64_t limit)
{
    return random_u64() % limit;
}

static void make_samples(struct table_source *table)
{
    struct labels *labels = labels_new((struct label[]){{"__name__", "m"}, {"l", "1"}}, 2);
    msec_t at = (msec_t)below(100000);
    n_samples = 1 + below(SAMPLES);
    for (size_t i = 0; i < n_samples; i++) {
        at += 1 + (msec_t)below(below(8) == 0 ? 600000 : 30000);
        double value = below(10) == 0 ? sample_stale_value() : (double)below(50);
        samples[i] = (struct sample){at, value};
        table_source_add(table, labels_ref(labels), at, value);
    }
    labels_unref(labels);
}

static double naive_instant(msec_t at, mspan_t reach)
{
    const struct sample *last = NULL;
    (void)reach;
    for (size_t i = 0; i < n_samples; i++) {
        if (samples[i].at_ms <= at && samples[i].at_ms > at - QUERY_LOOKBACK_DEFAULT)
            last = &samples[i];
    }
    return last == NULL ? sample_stale_value() : last->value;
}

/* The samples in (at - reach, at] without stale markers. */
static size_t naive_window(msec_t at, mspan_t reach, struct sample *out)
{
    size_t count = 0;
    for (size_t i = 0; i < n_samples; i++) {
        if (samples[i].at_ms <= at && samples[i].at_ms > at - reach &&
            !sample_value_is_stale(samples[i].value))
            out[count++] = samples[i];
    }
    return count;
}

static double naive_sum(msec_t at, mspan_t reach)
{
    struct sample window[SAMPLES];
    size_t count = naive_window(at, reach, window);
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += window[i].value;
    return count == 0 ? sample_stale_value() : sum;
}

static double naive_max(msec_t at, mspan_t reach)
{
    struct sample window[SAMPLES];
    size_t count = naive_window(at, reach, window);
    double max = -1;
    for (size_t i = 0; i < count; i++)
        max = fmax(max, window[i].value);
    return count == 0 ? sample_stale_value() : max;
}

static double naive_idelta(msec_t at, mspan_t reach)
{
    struct sample window[SAMPLES];
    size_t count = naive_window(at, reach, window);
    return count < 2 ? sample_stale_value() : window[count - 1].value - window[count - 2].value;
}

/* Growth with resets, stretched to the ends of the range by the rules for both of them. */
static double naive_increase(msec_t at, mspan_t reach)
{
    struct sample window[SAMPLES];
    size_t count = naive_window(at, reach, window);
    if (count < 2)
        return sample_stale_value();
    double grown = 0;
    for (size_t i = 1; i < count; i++) {
        double step = window[i].value - window[i - 1].value;
        grown += step < 0 ? window[i].value : step;
    }
    double covered = (double)(window[count - 1].at_ms - window[0].at_ms);
    double mean = covered / (double)(count - 1);
    double before = (double)(window[0].at_ms - (at - reach));
    double after = (double)(at - window[count - 1].at_ms);
    if (before >= 1.1 * mean)
        before = mean / 2;
    if (after >= 1.1 * mean)
        after = mean / 2;
    if (grown > 0)
        before = fmin(before, covered * window[0].value / grown);
    return grown * (covered + before + after) / covered;
}

static const struct {
    const char *name; /* "" = the selector itself */
    double (*naive)(msec_t at, mspan_t reach);
} functions[] = {
    {"", naive_instant},      {"sum_over_time", naive_sum}, {"max_over_time", naive_max},
    {"idelta", naive_idelta}, {"increase", naive_increase},
};

struct steps {
    msec_t from;
    mspan_t step;
    size_t n;
};

/* A value at just those steps that have a naive one, and the same. */
static void check_series(const struct query_result *result, const struct steps *steps,
                         double (*naive)(msec_t, mspan_t), mspan_t reach)
{
    ck_assert_uint_le(result->n_series, 1);
    size_t at = 0;
    for (size_t i = 0; i < steps->n; i++) {
        msec_t now = steps->from + (msec_t)i * steps->step;
        double wanted = naive(now, reach);
        if (sample_value_is_stale(wanted))
            continue;
        ck_assert_uint_eq(result->n_series, 1);
        ck_assert_uint_lt(at, result->series[0].n_samples);
        struct sample got = result->series[0].samples[at++];
        ck_assert_int_eq(got.at_ms, now);
        ck_assert_double_eq_tol(got.value, wanted, 1e-9 * (1 + fabs(wanted)));
    }
    ck_assert_uint_eq(at, result->n_series == 0 ? 0 : result->series[0].n_samples);
}

START_TEST(moving_windows_see_what_they_should)
{
    for (int round = 0; round < ROUNDS; round++) {
        struct table_source table = {0};
        make_samples(&table);
        struct arena arena;
        struct query_context context = {.source = {&table_source_kind, &table},
                                        .lookback = QUERY_LOOKBACK_DEFAULT,
                                        .max_samples = 100000,
                                        .arena = &arena};
        int reach = 1 + (int)below(900000);
        mspan_t step = 1 + (mspan_t)below(200000);
        msec_t from = (msec_t)below(1500000) - 200000;
        size_t n = 1 + below(40);
        const struct query_span span = {from, from + (msec_t)(n - 1) * step, step};
        char text[64];
        const char *name = functions[_i].name;
        if (*name == '\0')
            strcpy(text, "m");
        else
            snprintf(text, sizeof(text), "%s(m[%dms])", name, reach);

        struct expr *expr;
        struct query_result result;
        arena_init(&arena, 1 << 22);
        ck_assert_int_eq(query_parse(text, &expr, NULL), 0);
        ck_assert_int_eq(query_range(&context, expr, &span, &result, NULL), 0);
        check_series(&result, &(struct steps){from, step, n}, functions[_i].naive, reach);
        query_result_release(&result);
        expr_free(expr);
        arena_deinit(&arena);
        table_source_clear(&table);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("window");
    TCase *tcase = tcase_create("window");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, moving_windows_see_what_they_should, 0, ARRAY_LEN(functions));
    suite_add_tcase(suite, tcase);
    return unit_run_suite(suite);
}
