/* SPDX-License-Identifier: MIT */
/* fn_over_time - one value for the samples of a window. */
#include <math.h>

#include "query/sweep.h"

static double sum(const struct window *window)
{
    struct exact_sum total = {0};
    for (size_t i = 0; i < window->n; i++)
        exact_sum_add(&total, window->samples[i].value);
    return exact_sum_value(&total);
}

static double avg(const struct window *window)
{
    struct exact_mean mean = {0};
    for (size_t i = 0; i < window->n; i++)
        exact_mean_add(&mean, window->samples[i].value);
    return exact_mean_value(&mean);
}

/* The latest of the greatest, or of the least; NaN only when there is nothing else. */
static const struct sample *extreme(const struct window *window, bool greatest)
{
    const struct sample *found = &window->samples[0];
    for (size_t i = 1; i < window->n; i++) {
        const struct sample *sample = &window->samples[i];
        bool better = greatest ? sample->value >= found->value : sample->value <= found->value;
        if (better || isnan(found->value))
            found = sample;
    }
    return found;
}

static double min(const struct window *window)
{
    return extreme(window, false)->value;
}

static double max(const struct window *window)
{
    return extreme(window, true)->value;
}

static double ts_of_min(const struct window *window)
{
    return (double)extreme(window, false)->at_ms / 1000;
}

static double ts_of_max(const struct window *window)
{
    return (double)extreme(window, true)->at_ms / 1000;
}

static double ts_of_last(const struct window *window)
{
    return (double)window->samples[window->n - 1].at_ms / 1000;
}

static double first(const struct window *window)
{
    return window->samples[0].value;
}

static double ts_of_first(const struct window *window)
{
    return (double)window->samples[0].at_ms / 1000;
}

static double count(const struct window *window)
{
    return (double)window->n;
}

static double last(const struct window *window)
{
    return window->samples[window->n - 1].value;
}

static double present(const struct window *window)
{
    (void)window;
    return 1;
}

/* Welford, with what rounding loses carried along. */
static double variance(const struct window *window)
{
    struct exact_sum mean = {0}, squares = {0};
    double n = 0;
    for (size_t i = 0; i < window->n; i++) {
        double value = window->samples[i].value;
        n++;
        double delta = value - (mean.sum + mean.lost);
        exact_sum_add(&mean, delta / n);
        exact_sum_add(&squares, delta * (value - (mean.sum + mean.lost)));
    }
    return (squares.sum + squares.lost) / n;
}

static double deviation(const struct window *window)
{
    return sqrt(variance(window));
}

static double quantile_in_scratch(const struct window *window, double quantile)
{
    for (size_t i = 0; i < window->n; i++)
        window->scratch[i] = window->samples[i].value;
    return quantile_of(quantile, window->scratch, window->n);
}

static double quantile(const struct window *window)
{
    return quantile_in_scratch(window, window->parameters[0]);
}

/* The median of the distances from the median. */
static double mad(const struct window *window)
{
    double median = quantile_in_scratch(window, 0.5);
    for (size_t i = 0; i < window->n; i++)
        window->scratch[i] = fabs(window->samples[i].value - median);
    return quantile_of(0.5, window->scratch, window->n);
}

/* ---- from what a window folds to ---- */

static double fold_sum(const struct fold *fold, const struct window *window)
{
    (void)window;
    return exact_sum_value(&fold->sum);
}

static double fold_avg(const struct fold *fold, const struct window *window)
{
    (void)window;
    return isinf(fold->sum.sum) ? fold->sum.sum / fold->count
                                : fold->sum.sum / fold->count + fold->sum.lost / fold->count;
}

static double fold_min(const struct fold *fold, const struct window *window)
{
    (void)window;
    return fold->min;
}

static double fold_max(const struct fold *fold, const struct window *window)
{
    (void)window;
    return fold->max;
}

static double fold_count(const struct fold *fold, const struct window *window)
{
    (void)window;
    return fold->count;
}

static double fold_last(const struct fold *fold, const struct window *window)
{
    (void)window;
    return fold->last;
}

static double fold_first(const struct fold *fold, const struct window *window)
{
    (void)window;
    return fold->first;
}

static double fold_present(const struct fold *fold, const struct window *window)
{
    (void)fold;
    (void)window;
    return 1;
}

static double fold_ts_of_first(const struct fold *fold, const struct window *window)
{
    (void)window;
    return (double)fold->first_ms / 1000;
}

static double fold_ts_of_last(const struct fold *fold, const struct window *window)
{
    (void)window;
    return (double)fold->last_ms / 1000;
}

const struct function fn_over_time[] = {
    {"sum_over_time", "m", QUERY_VECTOR, .call = call_range, .range = sum, .fold = fold_sum},
    {"avg_over_time", "m", QUERY_VECTOR, .call = call_range, .range = avg, .fold = fold_avg},
    {"min_over_time", "m", QUERY_VECTOR, .call = call_range, .range = min, .fold = fold_min},
    {"max_over_time", "m", QUERY_VECTOR, .call = call_range, .range = max, .fold = fold_max},
    {"count_over_time", "m", QUERY_VECTOR, FUNCTION_READS_ENDS, .call = call_range,
     .range = count, .fold = fold_count},
    {"last_over_time", "m", QUERY_VECTOR, FUNCTION_KEEPS_NAME | FUNCTION_READS_ENDS,
     .call = call_range, .range = last, .fold = fold_last},
    {"first_over_time", "m", QUERY_VECTOR, FUNCTION_KEEPS_NAME | FUNCTION_READS_ENDS,
     .call = call_range, .range = first, .fold = fold_first},
    {"present_over_time", "m", QUERY_VECTOR, FUNCTION_READS_ENDS, .call = call_range,
     .range = present, .fold = fold_present},
    {"stddev_over_time", "m", QUERY_VECTOR, .call = call_range, .range = deviation},
    {"stdvar_over_time", "m", QUERY_VECTOR, .call = call_range, .range = variance},
    {"quantile_over_time", "sm", QUERY_VECTOR, FUNCTION_NEEDS_SCRATCH | FUNCTION_TAKES_QUANTILE,
     call_range, quantile},
    {"mad_over_time", "m", QUERY_VECTOR, FUNCTION_NEEDS_SCRATCH, call_range, mad},
    {"ts_of_min_over_time", "m", QUERY_VECTOR, .call = call_range, .range = ts_of_min},
    {"ts_of_max_over_time", "m", QUERY_VECTOR, .call = call_range, .range = ts_of_max},
    {"ts_of_first_over_time", "m", QUERY_VECTOR, FUNCTION_READS_ENDS, .call = call_range,
     .range = ts_of_first, .fold = fold_ts_of_first},
    {"ts_of_last_over_time", "m", QUERY_VECTOR, FUNCTION_READS_ENDS, .call = call_range,
     .range = ts_of_last, .fold = fold_ts_of_last},
    {NULL},
};
