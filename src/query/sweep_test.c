/* SPDX-License-Identifier: MIT */
/*
 * Random series through random windows: the quick ways of a function must give what going through
 * each window gives, and rollups what their samples give.
 */
#include "query/sweep.h"

#include <float.h>
#include <math.h>

#include "base/random.h"
#include "query/lex.h"
#include "unit.h"

#define ROUNDS      150
#define SAMPLES_MAX 400
#define STEPS_MAX   200

static struct sample samples[SAMPLES_MAX];
static struct arena arena;
static struct query_context context;
static struct eval eval;
static struct times times;
static size_t memory_left;

static uint64_t below(uint64_t limit)
{
    return random_u64() % limit;
}

static double random_value(unsigned kind, double before)
{
    switch (kind) {
    case 0: return before + (double)below(10);                                   /* counter */
    case 1: return below(8) == 0 ? (double)below(3) : before + (double)below(9); /* resets */
    case 2: return (double)below(100) - 50;                                      /* gauge */
    case 3: return below(4) == 0 ? 1e15 : 0.1; /* costs precision */
    default: {
        static const double odd[] = {HUGE_VAL, -HUGE_VAL, (double)NAN, 1, 2, 3, 0, -0.0};
        return odd[below(ARRAY_LEN(odd))];
    }
    }
}

static size_t make_samples(unsigned kind, bool is_regular)
{
    size_t n = 1 + below(SAMPLES_MAX);
    msec_t at = 1000000;
    double value = 0;
    for (size_t i = 0; i < n; i++) {
        at += is_regular ? 10000 : 1 + (msec_t)below(below(10) == 0 ? 200000 : 20000);
        value = random_value(kind, value);
        samples[i] = (struct sample){at, below(20) == 0 ? sample_stale_value() : value};
    }
    return n;
}

static struct sweep_plan make_plan(const struct function *function,
                                   const struct parameters *parameters)
{
    times = (struct times){900000 + (msec_t)below(200000), 1 + (msec_t)below(40000),
                           1 + below(STEPS_MAX)};
    return (struct sweep_plan){.function = function,
                               .parameters = parameters,
                               .times = &times,
                               .first_to_ms = times.from_ms,
                               .stride_ms = times.step_ms,
                               .reach_ms = 1 + (mspan_t)below(below(2) == 0 ? 60000 : 3000000)};
}

static void begin(void)
{
    arena_init(&arena, (size_t)1 << 24);
    context = (struct query_context){.lookback = QUERY_LOOKBACK_DEFAULT, .arena = &arena};
    eval = (struct eval){.context = &context, .arena = &arena};
    memory_left = (size_t)1 << 24;
}

static void check_equal(const char *name, double quick, double slow, double tolerance)
{
    if (value_is_absent(quick) || value_is_absent(slow) || isnan(slow) || isinf(slow)) {
        ck_assert_msg(value_is_absent(quick) == value_is_absent(slow), "%s: %g, not %g", name,
                      quick, slow);
        ck_assert_msg(quick == slow || (isnan(quick) && isnan(slow)), "%s: %g, not %g", name,
                      quick, slow);
        return;
    }
    ck_assert_msg(fabs(quick - slow) <= tolerance * fabs(slow), "%s: %.17g, not %.17g", name,
                  quick, slow);
}

/* The function as it is, and without one or all of its quick ways. */
static void compare(const struct function *function, const struct function *slow_function,
                    const struct series_data *data, double tolerance)
{
    double many[STEPS_MAX];
    for (size_t i = 0; i < STEPS_MAX; i++)
        many[i] = 0.5;
    memory_left = (size_t)1 << 24;
    const struct parameters parameters = {.of = {many, many}, .count = 2};
    struct sweep_plan plan = make_plan(function, &parameters), slow_plan = plan;
    slow_plan.function = slow_function;
    struct sweeper quick, slow;
    sweeper_init(&quick, &plan, &eval, &memory_left);
    sweeper_init(&slow, &slow_plan, &eval, &memory_left);
    size_t n_quick, n_slow;
    /* Twice: the second series has the times of the first. */
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(sweeper_run(&quick, data, &n_quick), 0);
        ck_assert_int_eq(sweeper_run(&slow, data, &n_slow), 0);
        ck_assert_uint_eq(n_quick, n_slow);
        for (size_t step = 0; step < times.n; step++)
            check_equal(function->name, quick.row[step], slow.row[step], tolerance);
    }
    sweeper_deinit(&quick);
    sweeper_deinit(&slow);
}

static void check_family(const struct function *family, const struct series_data *data,
                         double tolerance)
{
    for (const struct function *function = family; function->name != NULL; function++) {
        if (function->range == NULL)
            continue;
        struct function slow = *function, folding = *function;
        slow.sweep = NULL;
        slow.fold = NULL;
        slow.stretch = NULL;
        compare(function, &slow, data, tolerance);
        folding.sweep = NULL;
        folding.traits &= ~(unsigned)FUNCTION_READS_ENDS;
        compare(&folding, &slow, data, tolerance);
    }
}

START_TEST(quick_ways_give_what_windows_give)
{
    begin();
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned kind = i % 5;
        size_t n = make_samples(kind, i % 2 == 0);
        const struct series_data data = {.samples = samples, .n_samples = n};
        /* Growth is what is left of numbers that nearly cancel out, in one order or another. */
        if (kind != 3)
            check_family(fn_rate, &data, 1e-13);
        check_family(fn_over_time, &data, 1e-12);
    }
    arena_deinit(&arena);
}
END_TEST

START_TEST(sums_survive_what_they_lose)
{
    begin();
    const struct function *sum = function_find(SLICE("sum_over_time"));
    const struct function *avg = function_find(SLICE("avg_over_time"));
    size_t n = SAMPLES_MAX;
    for (size_t i = 0; i < n; i++)
        samples[i] = (struct sample){(msec_t)(i * 1000), i % 2 == 0 ? 1e300 : -1e300};
    samples[n / 2].value = 1;
    times = (struct times){0, 1000, STEPS_MAX};
    struct sweep_plan plan = {.function = sum,
                              .times = &times,
                              .first_to_ms = 200000,
                              .stride_ms = 1000,
                              .reach_ms = 200000};
    struct sweeper sweeper;
    size_t present;
    const struct series_data data = {.samples = samples, .n_samples = n};
    sweeper_init(&sweeper, &plan, &eval, &memory_left);
    ck_assert_int_eq(sweeper_run(&sweeper, &data, &present), 0);
    ck_assert(sweeper.row[50] == 1 - 1e300 || sweeper.row[50] == 1e300 + 1);
    sweeper_deinit(&sweeper);

    /* A mean of what adds up to more than a double holds. */
    for (size_t i = 0; i < n; i++)
        samples[i].value = DBL_MAX / 2;
    plan.function = avg;
    sweeper_init(&sweeper, &plan, &eval, &memory_left);
    ck_assert_int_eq(sweeper_run(&sweeper, &data, &present), 0);
    ck_assert(fabs(sweeper.row[50] / (DBL_MAX / 2) - 1) < 1e-12);
    sweeper_deinit(&sweeper);
    arena_deinit(&arena);
}
END_TEST

#define SPAN 300000

static size_t make_rollups(size_t n, struct rollup *out_rollups)
{
    size_t count = 0;
    struct rollup *at = NULL;
    for (size_t i = 0; i < n; i++) {
        struct sample sample = samples[i];
        msec_t end = (sample.at_ms + SPAN - 1) / SPAN * SPAN;
        if (at == NULL || at->end_ms != end) {
            at = &out_rollups[count++];
            *at = (struct rollup){.end_ms = end,
                                  .span_ms = SPAN,
                                  .first_ms = sample.at_ms,
                                  .first = sample.value,
                                  .min = sample.value,
                                  .max = sample.value};
        } else if (sample.value < at->last) {
            at->resets += at->last;
        }
        at->count++;
        at->sum += sample.value;
        at->min = fmin(at->min, sample.value);
        at->max = fmax(at->max, sample.value);
        at->last = sample.value;
        at->last_ms = sample.at_ms;
    }
    return count;
}

/* Windows that begin and end where rollups do; the newer half is there as samples. */
START_TEST(rollups_give_what_their_samples_give)
{
    static const char *const names[] = {
        "sum_over_time",   "avg_over_time",       "min_over_time",
        "max_over_time",   "count_over_time",     "last_over_time",
        "first_over_time", "present_over_time",   "rate",
        "increase",        "ts_of_last_over_time"};
    begin();
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct rollup rollups[SAMPLES_MAX];
        size_t n = make_samples(i % 2, false);
        for (size_t k = 0; k < n; k++)
            samples[k].value = value_is_absent(samples[k].value) ? 1 : samples[k].value;
        size_t n_rollups = make_rollups(n, rollups) / 2, cut = 0;
        while (n_rollups > 0 && cut < n && samples[cut].at_ms <= rollups[n_rollups - 1].end_ms)
            cut++;
        const struct series_data raw = {.samples = samples, .n_samples = n};
        const struct series_data rolled = {.samples = samples + cut,
                                           .n_samples = n - cut,
                                           .rollups = rollups,
                                           .n_rollups = n_rollups};
        const struct function *function = function_find(slice_of(names[i % ARRAY_LEN(names)]));
        times = (struct times){900000, SPAN * (1 + (msec_t)below(4)), 1 + below(40)};
        struct sweep_plan plan = {.function = function,
                                  .times = &times,
                                  .first_to_ms = 900000,
                                  .stride_ms = times.step_ms,
                                  .reach_ms = SPAN * (1 + (mspan_t)below(12))};
        const struct parameters parameters = {0};
        plan.parameters = &parameters;
        struct sweeper sweepers[2];
        size_t present[2];
        sweeper_init(&sweepers[0], &plan, &eval, &memory_left);
        sweeper_init(&sweepers[1], &plan, &eval, &memory_left);
        ck_assert_int_eq(sweeper_run(&sweepers[0], &rolled, &present[0]), 0);
        ck_assert_int_eq(sweeper_run(&sweepers[1], &raw, &present[1]), 0);
        ck_assert_uint_eq(present[0], present[1]);
        for (size_t step = 0; step < times.n; step++)
            check_equal(function->name, sweepers[0].row[step], sweepers[1].row[step], 1e-12);
        sweeper_deinit(&sweepers[0]);
        sweeper_deinit(&sweepers[1]);
    }
    arena_deinit(&arena);
}
END_TEST

START_TEST(an_instant_sees_a_rollup_until_the_next_one)
{
    begin();
    const struct rollup rollups[] = {
        {.end_ms = 300000, .span_ms = SPAN, .count = 3, .last_ms = 290000, .last = 7},
        {.end_ms = 600000, .span_ms = SPAN, .count = 3, .last_ms = 590000, .last = 8}};
    const struct sample later = {1000000, 9};
    const struct series_data data = {
        .samples = &later, .n_samples = 1, .rollups = rollups, .n_rollups = 2};
    times = (struct times){0, 100000, 20};
    const struct sweep_plan plan = {
        .times = &times, .first_to_ms = 0, .stride_ms = 100000, .reach_ms = 60000};
    struct sweeper sweeper;
    size_t present;
    sweeper_init(&sweeper, &plan, &eval, &memory_left);
    ck_assert_int_eq(sweeper_run(&sweeper, &data, &present), 0);
    for (size_t step = 0; step < times.n; step++) {
        double expected = step < 3 ? VALUE_ABSENT : step < 6 ? 7 : step < 10 ? 8 : 9;
        check_equal("instant", sweeper.row[step], step > 10 ? VALUE_ABSENT : expected, 0);
    }
    sweeper_deinit(&sweeper);
    arena_deinit(&arena);
}
END_TEST

START_TEST(a_window_shorter_than_a_rollup_has_the_one_before)
{
    begin();
    struct rollup rollups[3];
    for (int i = 0; i < 3; i++) /* 2 a second; the next begins a second after the last */
        rollups[i] = (struct rollup){.end_ms = (i + 1) * MSEC_HOUR,
                                     .span_ms = MSEC_HOUR,
                                     .count = 3600,
                                     .first_ms = i * MSEC_HOUR + 1000,
                                     .last_ms = (i + 1) * MSEC_HOUR,
                                     .first = 1000000 + i * 7200.0,
                                     .last = 1000000 + i * 7200.0 + 7198,
                                     .max = i};
    const struct series_data data = {.rollups = rollups, .n_rollups = 3};
    times = (struct times){7 * MSEC_MINUTE, 17 * MSEC_MINUTE, 20};
    const struct parameters parameters = {0};
    struct sweep_plan plan = {.function = function_find(SLICE("rate")),
                              .parameters = &parameters,
                              .times = &times,
                              .first_to_ms = times.from_ms,
                              .stride_ms = times.step_ms,
                              .reach_ms = 5 * MSEC_MINUTE};
    for (int i = 0; i < 2; i++) {
        struct sweeper sweeper;
        size_t present;
        sweeper_init(&sweeper, &plan, &eval, &memory_left);
        ck_assert_int_eq(sweeper_run(&sweeper, &data, &present), 0);
        for (size_t step = 0; step < times.n; step++) {
            msec_t hour = times_at(&times, step) / MSEC_HOUR;
            double expected = hour < 1 || hour > 3 ? VALUE_ABSENT
                              : i == 0             ? 2
                                                   : (double)hour - 1;
            check_equal(plan.function->name, sweeper.row[step], expected, 1e-3);
        }
        sweeper_deinit(&sweeper);
        plan.function = function_find(SLICE("max_over_time"));
    }
    arena_deinit(&arena);
}
END_TEST

START_TEST(memory_and_cancelling_end_it)
{
    begin();
    bool cancelled = true;
    const struct function *max = function_find(SLICE("max_over_time"));
    size_t n = make_samples(0, true), present;
    const struct series_data data = {.samples = samples, .n_samples = n};
    const struct parameters parameters = {0};
    const struct sweep_plan plan = make_plan(max, &parameters);
    size_t left = 100;
    struct sweeper sweeper;
    sweeper_init(&sweeper, &plan, &eval, &left);
    ck_assert_int_eq(sweeper_run(&sweeper, &data, &present),
                     times.n < 10 ? 0 : QUERY_TOO_LARGE);
    sweeper_deinit(&sweeper);

    context.cancelled = &cancelled;
    sweeper_init(&sweeper, &plan, &eval, &memory_left);
    int error = 0;
    for (int i = 0; error == 0 && i < 16384; i++)
        error = sweeper_run(&sweeper, &data, &present);
    ck_assert_int_eq(error, QUERY_CANCELLED);
    sweeper_deinit(&sweeper);
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN("sweep", quick_ways_give_what_windows_give, sums_survive_what_they_lose,
          rollups_give_what_their_samples_give, an_instant_sees_a_rollup_until_the_next_one,
          a_window_shorter_than_a_rollup_has_the_one_before, memory_and_cancelling_end_it)
