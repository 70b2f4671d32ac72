/* SPDX-License-Identifier: MIT */
/* fn_rate - how fast something grows: counters with their resets, and straight lines. */
#include <math.h>

#include "query/function.h"
#include "query/maths.h"

/* A window that reaches at most this part of the mean distance between samples beyond them is
 * taken as covered; beyond that the series is thought to begin or end half a distance away. */
#define EXTRAPOLATE_WITHIN 1.1

struct growth {
    bool is_counter; /* falls are resets, and it was never below zero */
    bool is_rate;    /* per second */
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
static double extrapolate(const struct window *window, struct growth growth)
{
    if (window->n < 2)
        return VALUE_ABSENT;
    const struct sample *first = &window->samples[0], *last = &window->samples[window->n - 1];
    double total = total_growth(window, growth.is_counter);
    double covered = (double)(last->at_ms - first->at_ms) / 1000;
    double before = (double)(first->at_ms - window->from_ms) / 1000;
    double after = (double)(window->to_ms - last->at_ms) / 1000;
    double distance = covered / (double)(window->n - 1);
    double threshold = distance * EXTRAPOLATE_WITHIN;

    if (before >= threshold)
        before = distance / 2;
    if (growth.is_counter && total > 0 && first->value >= 0) {
        double since_zero = covered * (first->value / total);
        if (since_zero < before)
            before = since_zero;
    }
    if (after >= threshold)
        after = distance / 2;
    double factor = (covered + before + after) / covered;
    if (growth.is_rate)
        factor /= (double)(window->to_ms - window->from_ms) / 1000;
    return total * factor;
}

static double rate(const struct window *window)
{
    return extrapolate(window, (struct growth){.is_counter = true, .is_rate = true});
}

static double increase(const struct window *window)
{
    return extrapolate(window, (struct growth){.is_counter = true});
}

static double delta(const struct window *window)
{
    return extrapolate(window, (struct growth){0});
}

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

static double resets(const struct window *window)
{
    double count = 0;
    for (size_t i = 1; i < window->n; i++)
        count += window->samples[i].value < window->samples[i - 1].value;
    return count;
}

static double changes(const struct window *window)
{
    double count = 0;
    for (size_t i = 1; i < window->n; i++) {
        double before = window->samples[i - 1].value, now = window->samples[i].value;
        count += now != before && !(isnan(now) && isnan(before));
    }
    return count;
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
    {"rate", "m", QUERY_VECTOR, FUNCTION_WANTS_COUNTER, call_range, rate},
    {"increase", "m", QUERY_VECTOR, FUNCTION_WANTS_COUNTER, call_range, increase},
    {"delta", "m", QUERY_VECTOR, .call = call_range, .range = delta},
    {"irate", "m", QUERY_VECTOR, .call = call_range, .range = irate},
    {"idelta", "m", QUERY_VECTOR, .call = call_range, .range = idelta},
    {"resets", "m", QUERY_VECTOR, .call = call_range, .range = resets},
    {"changes", "m", QUERY_VECTOR, .call = call_range, .range = changes},
    {"deriv", "m", QUERY_VECTOR, .call = call_range, .range = deriv},
    {"predict_linear", "ms", QUERY_VECTOR, FUNCTION_READS_CLOCK, call_range, predict_linear},
    {"double_exponential_smoothing", "mss", QUERY_VECTOR, .call = call_smooth, .range = smooth},
    {"holt_winters", "mss", QUERY_VECTOR, .call = call_smooth,
     .range = smooth}, /* before 3.0 */
    {NULL},
};
