/* SPDX-License-Identifier: MIT */
/* fn_rate - how fast something grows: counters with their resets, and straight lines. */
#include <math.h>

#include "query/sweep.h"

/* A window that reaches at most this part of the mean distance between samples beyond them is
 * taken as covered; beyond that the series is thought to begin or end half a distance away. */
#define EXTRAPOLATE_WITHIN 1.1

struct growth {
    bool is_counter; /* falls are resets, and it was never below zero */
    bool is_rate;    /* per second */
};

/* What a window's samples say. */
struct coverage {
    msec_t first_ms, last_ms;
    double first, total; /* total: with what resets swallowed */
    double count;
};

static double total_growth(const struct window *window, bool is_counter)
{
    const struct sample *samples = window->samples;
    double total = samples[window->n - 1].value - samples[0].value;
    for (size_t i = 1; is_counter && i < window->n; i++) {
        if (samples[i].value < samples[i - 1].value)
            total += samples[i - 1].value;
    }
    return total;
}

/* Growth over the whole range, from what the samples in it cover. */
static double extrapolate(const struct coverage *in, const struct window *window,
                          struct growth growth)
{
    if (in->count < 2)
        return VALUE_ABSENT;
    double covered = (double)(in->last_ms - in->first_ms) / 1000;
    double before = (double)(in->first_ms - window->from_ms) / 1000;
    double after = (double)(window->to_ms - in->last_ms) / 1000;
    double distance = covered / (in->count - 1);
    double threshold = distance * EXTRAPOLATE_WITHIN;

    if (before >= threshold)
        before = distance / 2;
    if (growth.is_counter && in->total > 0 && in->first >= 0) {
        double since_zero = covered * (in->first / in->total);
        if (since_zero < before)
            before = since_zero;
    }
    if (after >= threshold)
        after = distance / 2;
    double factor = (covered + before + after) / covered;
    if (growth.is_rate)
        factor /= (double)(window->to_ms - window->from_ms) / 1000;
    return in->total * factor;
}

static double window_growth(const struct window *window, struct growth growth)
{
    const struct sample *first = &window->samples[0], *last = &window->samples[window->n - 1];
    const struct coverage in = {first->at_ms, last->at_ms, first->value,
                                total_growth(window, growth.is_counter), (double)window->n};
    return extrapolate(&in, window, growth);
}

static double fold_growth(const struct fold *fold, const struct window *window,
                          struct growth growth)
{
    double total = fold->last - fold->first + (growth.is_counter ? fold->resets : 0);
    const struct coverage in = {fold->first_ms, fold->last_ms, fold->first, total, fold->count};
    if (fold->first_ms > window->from_ms || fold->count < 2)
        return extrapolate(&in, window, growth);
    /* A rollup that the window cuts was taken whole: its pace is what is known. */
    double pace = total / ((double)(fold->last_ms - fold->first_ms) / 1000);
    return growth.is_rate ? pace : pace * (double)(window->to_ms - window->from_ms) / 1000;
}

/* ---- all windows of a series at once ----
 *
 * But for a counter that began within reach of a window, extrapolation depends on times
 * alone; so its factor is worked out once for all series that share them. */

#define NEARLY 1.000001 /* room for rounding where only a suspicion is wanted */

static void stretch_growth(const struct sweep *sweep, struct growth growth,
                           struct stretch *stretches)
{
    struct window window = {.to_ms = sweep->plan->first_to_ms};
    for (size_t step = 0; step < sweep->n_steps; step++) {
        size_t first = sweep->first[step], end = sweep->end[step];
        window.from_ms = window.to_ms - sweep->plan->reach_ms;
        if (end - first >= 2) {
            struct coverage in = {sweep->samples[first].at_ms, sweep->samples[end - 1].at_ms, 0,
                                  1, (double)(end - first)};
            double covered = (double)(in.last_ms - in.first_ms);
            double before = (double)(in.first_ms - window.from_ms);
            stretches[step] = (struct stretch){
                extrapolate(&in, &window, (struct growth){.is_rate = growth.is_rate}),
                before / covered * NEARLY};
        }
        window.to_ms += sweep->plan->stride_ms;
    }
}

/* The values before the falls within a window; `*at` moves along with the windows. */
static double add_falls(const struct sweep *sweep, size_t step, size_t *at, double total)
{
    while (*at < sweep->n_falls && sweep->falls[*at] <= sweep->first[step])
        (*at)++;
    for (size_t i = *at; i < sweep->n_falls && sweep->falls[i] < sweep->end[step]; i++)
        total += sweep->samples[sweep->falls[i] - 1].value;
    return total;
}

static void sweep_growth(const struct sweep *sweep, struct growth growth, double *values)
{
    const struct sweep_plan *plan = sweep->plan;
    size_t fall = 0;
    for (size_t step = 0; step < sweep->n_steps; step++) {
        size_t first = sweep->first[step], end = sweep->end[step];
        if (end - first < 2)
            continue;
        double start = sweep->samples[first].value;
        double total = sweep->samples[end - 1].value - start;
        if (growth.is_counter && sweep->n_falls > 0)
            total = add_falls(sweep, step, &fall, total);
        const struct stretch *stretch = &sweep->stretches[step];
        values[step] = total * stretch->factor;
        if (growth.is_counter && total > 0 && start >= 0 &&
            start < total * stretch->near_zero) {
            msec_t to = plan->first_to_ms + (msec_t)step * plan->stride_ms;
            const struct window window = {.from_ms = to - plan->reach_ms, .to_ms = to};
            const struct coverage in = {sweep->samples[first].at_ms,
                                        sweep->samples[end - 1].at_ms, start, total,
                                        (double)(end - first)};
            values[step] = extrapolate(&in, &window, growth);
        }
    }
}

#define GROWTH_FUNCTIONS(name, ...)                                                            \
    static const struct growth name##_growth = {__VA_ARGS__};                                  \
    static double name(const struct window *window)                                            \
    {                                                                                          \
        return window_growth(window, name##_growth);                                           \
    }                                                                                          \
    static double fold_##name(const struct fold *fold, const struct window *window)            \
    {                                                                                          \
        return fold_growth(fold, window, name##_growth);                                       \
    }                                                                                          \
    static void stretch_##name(const struct sweep *sweep, struct stretch *stretches)           \
    {                                                                                          \
        stretch_growth(sweep, name##_growth, stretches);                                       \
    }                                                                                          \
    static void sweep_##name(const struct sweep *sweep, double *values)                        \
    {                                                                                          \
        sweep_growth(sweep, name##_growth, values);                                            \
    }

GROWTH_FUNCTIONS(rate, .is_counter = true, .is_rate = true)
GROWTH_FUNCTIONS(increase, .is_counter = true)
GROWTH_FUNCTIONS(delta, .is_counter = false)

static double irate(const struct window *window)
{
    if (window->n < 2)
        return VALUE_ABSENT;
    const struct sample *last = &window->samples[window->n - 1], *before = last - 1;
    double grown = last->value < before->value ? last->value : last->value - before->value;
    return grown / ((double)(last->at_ms - before->at_ms) / 1000);
}

static double idelta(const struct window *window)
{
    if (window->n < 2)
        return VALUE_ABSENT;
    const struct sample *last = &window->samples[window->n - 1];
    return last->value - last[-1].value;
}

typedef bool event_fn(double before, double now);

static bool is_reset(double before, double now)
{
    return now < before;
}

static bool is_change(double before, double now)
{
    return now != before && !(isnan(now) && isnan(before));
}

static double count_events(const struct window *window, event_fn *happened)
{
    double count = 0;
    for (size_t i = 1; i < window->n; i++)
        count += happened(window->samples[i - 1].value, window->samples[i].value);
    return count;
}

static double resets(const struct window *window)
{
    return count_events(window, is_reset);
}

static double changes(const struct window *window)
{
    return count_events(window, is_change);
}

/* Events counted from the series' begin: up to the window's end, less up to its first sample. */
static void sweep_events(const struct sweep *sweep, event_fn *happened, double *values)
{
    size_t until_end = 0, until_first = 0, end = 1, first = 1;
    const struct sample *samples = sweep->samples;
    for (size_t step = 0; step < sweep->n_steps; step++) {
        if (sweep->first[step] == sweep->end[step])
            continue;
        for (; end < sweep->end[step]; end++)
            until_end += happened(samples[end - 1].value, samples[end].value);
        for (; first <= sweep->first[step]; first++)
            until_first += happened(samples[first - 1].value, samples[first].value);
        values[step] = (double)(until_end - until_first);
    }
}

static void sweep_resets(const struct sweep *sweep, double *values)
{
    sweep_events(sweep, is_reset, values);
}

static void sweep_changes(const struct sweep *sweep, double *values)
{
    sweep_events(sweep, is_change, values);
}

struct line {
    double slope, at_origin;
};

static bool is_constant(const struct window *window)
{
    for (size_t i = 1; i < window->n; i++) {
        if (window->samples[i].value != window->samples[0].value)
            return false;
    }
    return true;
}

/* Least squares; x in seconds after `origin`. */
static struct line fit_line(const struct window *window, msec_t origin)
{
    if (is_constant(window)) {
        double value = window->samples[0].value;
        return isinf(value) ? (struct line){(double)NAN, (double)NAN} : (struct line){0, value};
    }
    struct exact_sum x_sum = {0}, y_sum = {0}, xy_sum = {0}, xx_sum = {0};
    for (size_t i = 0; i < window->n; i++) {
        double x = (double)(window->samples[i].at_ms - origin) / 1000;
        double y = window->samples[i].value;
        exact_sum_add(&x_sum, x);
        exact_sum_add(&y_sum, y);
        exact_sum_add(&xy_sum, x * y);
        exact_sum_add(&xx_sum, x * x);
    }
    double n = (double)window->n;
    double sx = exact_sum_value(&x_sum), sy = exact_sum_value(&y_sum);
    double covariance = exact_sum_value(&xy_sum) - sx * sy / n;
    double variance = exact_sum_value(&xx_sum) - sx * sx / n;
    double slope = covariance / variance;
    return (struct line){slope, sy / n - slope * sx / n};
}

static double deriv(const struct window *window)
{
    return window->n < 2 ? VALUE_ABSENT : fit_line(window, window->samples[0].at_ms).slope;
}

static double predict_linear(const struct window *window)
{
    if (window->n < 2)
        return VALUE_ABSENT;
    struct line line = fit_line(window, window->at_ms);
    return line.slope * window->parameters[0] + line.at_origin;
}

/* Holt's smoothing with a trend. */
static double smooth(const struct window *window)
{
    double level_weight = window->parameters[0], trend_weight = window->parameters[1];
    if (window->n < 2)
        return VALUE_ABSENT;
    double before = 0, level = window->samples[0].value;
    double trend = window->samples[1].value - level;
    for (size_t i = 1; i < window->n; i++) {
        if (i > 1)
            trend = trend_weight * (level - before) + (1 - trend_weight) * trend;
        double next =
            level_weight * window->samples[i].value + (1 - level_weight) * (level + trend);
        before = level;
        level = next;
    }
    return level;
}

static int call_smooth(struct eval *eval, const struct node *node, const struct times *times,
                       struct grid *out_grid)
{
    for (size_t i = 1; i < 3; i++) {
        const double *factor;
        int error = eval_scalar(eval, node->children[i], times, &factor);
        if (error != 0)
            return error;
        for (size_t step = 0; step < times->n; step++) {
            if (!(factor[step] > 0 && factor[step] < 1))
                return eval_bad(eval, "the %s factor must lie between 0 and 1, it is %g",
                                i == 1 ? "smoothing" : "trend", factor[step]);
        }
    }
    return call_range(eval, node, times, out_grid);
}

const struct function fn_rate[] = {
    {"rate", "m", QUERY_VECTOR, FUNCTION_WANTS_COUNTER, .call = call_range, .range = rate,
     .sweep = sweep_rate, .fold = fold_rate, .stretch = stretch_rate},
    {"increase", "m", QUERY_VECTOR, FUNCTION_WANTS_COUNTER, .call = call_range,
     .range = increase, .sweep = sweep_increase, .fold = fold_increase,
     .stretch = stretch_increase},
    {"delta", "m", QUERY_VECTOR, .call = call_range, .range = delta, .sweep = sweep_delta,
     .fold = fold_delta, .stretch = stretch_delta},
    {"irate", "m", QUERY_VECTOR, .call = call_range, .range = irate},
    {"idelta", "m", QUERY_VECTOR, .call = call_range, .range = idelta},
    {"resets", "m", QUERY_VECTOR, .call = call_range, .range = resets, .sweep = sweep_resets},
    {"changes", "m", QUERY_VECTOR, .call = call_range, .range = changes,
     .sweep = sweep_changes},
    {"deriv", "m", QUERY_VECTOR, .call = call_range, .range = deriv},
    {"predict_linear", "ms", QUERY_VECTOR, FUNCTION_READS_CLOCK, call_range, predict_linear},
    {"double_exponential_smoothing", "mss", QUERY_VECTOR, .call = call_smooth, .range = smooth},
    {"holt_winters", "mss", QUERY_VECTOR, .call = call_smooth,
     .range = smooth}, /* before 3.0 */
    {NULL},
};
