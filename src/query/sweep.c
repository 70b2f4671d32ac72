/* SPDX-License-Identifier: MIT */
#include "query/sweep.h"

#include <stdlib.h>
#include <string.h>

/* Windows overlap so much that samples are better folded once than visited by each of them. */
#define OVERLAP_FACTOR 8

void sweeper_init(struct sweeper *sweeper, const struct sweep_plan *plan,
                  const struct eval *eval, size_t *memory_left)
{
    *sweeper = (struct sweeper){.plan = plan, .eval = *eval, .memory_left = memory_left};
}

void sweeper_deinit(struct sweeper *sweeper)
{
    free(sweeper->times);
    free(sweeper->first);
    free(sweeper->end);
    free(sweeper->stretches);
    free(sweeper->kept);
    free(sweeper->falls);
    free(sweeper->folds);
    free(sweeper->scratch);
    free(sweeper->row);
}

static bool take_memory(size_t *left, size_t bytes)
{
    size_t before = __atomic_load_n(left, __ATOMIC_RELAXED);
    do {
        if (before < bytes)
            return false;
    } while (!__atomic_compare_exchange_n(left, &before, before - bytes, true, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    return true;
}

int sweeper_room(struct sweeper *sweeper, void **memory, size_t *bytes, size_t need)
{
    if (need <= *bytes)
        return 0;
    size_t wanted = need + need / 4;
    if (!take_memory(sweeper->memory_left, wanted - *bytes))
        return QUERY_TOO_LARGE;
    free(*memory);
    *bytes = 0;
    *memory = malloc(wanted);
    if (*memory == NULL)
        return QUERY_TOO_LARGE;
    *bytes = wanted;
    return 0;
}

#define ROOM(sweeper, name, count)                                                             \
    sweeper_room(sweeper, (void **)&(sweeper)->name, &(sweeper)->name##_bytes,                 \
                 (count) * sizeof(*(sweeper)->name))

/* ---- samples ---- */

static size_t count_stale(const struct sample *samples, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += sample_value_is_stale(samples[i].value);
    return count;
}

struct findings {
    size_t n_stale;
    bool same_times; /* as the series before */
};

/* One pass: all samples go through here. */
static struct findings inspect(const struct sweeper *sweeper, const struct sample *samples,
                               size_t n)
{
    if (!sweeper->has_bounds || n != sweeper->n_times)
        return (struct findings){count_stale(samples, n), false};
    const msec_t *times = sweeper->times;
    uint64_t differs = 0;
    size_t n_stale = 0;
    for (size_t i = 0; i < n; i++) {
        differs |= (uint64_t)(samples[i].at_ms ^ times[i]);
        n_stale += sample_value_is_stale(samples[i].value);
    }
    return (struct findings){n_stale, differs == 0};
}

/* The samples that windows are over: without stale markers, and behind those that stand for
 * rollups.  Mostly those of the source as they are. */
static int choose_samples(struct sweeper *sweeper, const struct series_data *data,
                          struct sweep *sweep, bool *out_same_times)
{
    bool keeps_stale = sweeper->plan->function == NULL;
    struct findings found = inspect(sweeper, data->samples, data->n_samples);
    sweep->samples = data->samples;
    sweep->n = data->n_samples;
    *out_same_times = found.same_times;
    if (data->n_rollups == 0 && (keeps_stale || found.n_stale == 0))
        return 0;
    int error = ROOM(sweeper, kept, data->n_rollups + data->n_samples);
    if (error != 0)
        return error;
    size_t n = 0;
    for (size_t i = 0; i < data->n_rollups; i++)
        sweeper->kept[n++] = (struct sample){data->rollups[i].last_ms, data->rollups[i].last};
    for (size_t i = 0; i < data->n_samples; i++) {
        if (keeps_stale || !sample_value_is_stale(data->samples[i].value))
            sweeper->kept[n++] = data->samples[i];
    }
    sweep->samples = sweeper->kept;
    sweep->n = n;
    *out_same_times = inspect(sweeper, sweep->samples, n).same_times;
    return 0;
}

static int find_falls(struct sweeper *sweeper, struct sweep *sweep)
{
    size_t count = 0;
    for (size_t i = 1; i < sweep->n; i++)
        count += sweep->samples[i].value < sweep->samples[i - 1].value;
    sweep->n_falls = count;
    if (count == 0)
        return 0;
    int error = ROOM(sweeper, falls, count);
    if (error != 0)
        return error;
    sweep->falls = sweeper->falls;
    for (size_t i = 1, at = 0; at < count; i++) {
        if (sweep->samples[i].value < sweep->samples[i - 1].value)
            sweeper->falls[at++] = (uint32_t)i;
    }
    return 0;
}

/* ---- windows ---- */

/* Where each window begins and ends, from sweeper->times. */
static int find_bounds(struct sweeper *sweeper)
{
    const struct sweep_plan *plan = sweeper->plan;
    size_t n_steps = plan->times->n;
    int error = ROOM(sweeper, first, n_steps);
    if (error == 0)
        error = ROOM(sweeper, end, n_steps);
    if (error != 0)
        return error;
    const msec_t *times = sweeper->times;
    size_t n = sweeper->n_times, first = 0, end = 0;
    msec_t to = plan->first_to_ms;
    sweeper->n_in_windows = 0;
    for (size_t step = 0; step < n_steps; step++, to += plan->stride_ms) {
        while (end < n && times[end] <= to)
            end++;
        while (first < end && times[first] <= to - plan->reach_ms)
            first++;
        sweeper->first[step] = (uint32_t)first;
        sweeper->end[step] = (uint32_t)end;
        sweeper->n_in_windows += end - first;
    }
    sweeper->has_bounds = true;
    sweeper->has_stretches = false;
    return 0;
}

static int place_windows(struct sweeper *sweeper, struct sweep *sweep, bool same_times)
{
    if (!same_times) {
        sweeper->has_bounds = false;
        int error = ROOM(sweeper, times, sweep->n);
        if (error != 0)
            return error;
        for (size_t i = 0; i < sweep->n; i++)
            sweeper->times[i] = sweep->samples[i].at_ms;
        sweeper->n_times = sweep->n;
        error = find_bounds(sweeper);
        if (error != 0)
            return error;
    }
    sweep->n_steps = sweeper->plan->times->n;
    sweep->first = sweeper->first;
    sweep->end = sweeper->end;
    sweep->n_in_windows = sweeper->n_in_windows;
    return 0;
}

static int place_stretches(struct sweeper *sweeper, struct sweep *sweep)
{
    int error = 0;
    if (!sweeper->has_stretches) {
        error = ROOM(sweeper, stretches, sweep->n_steps);
        if (error != 0)
            return error;
        sweeper->plan->function->stretch(sweep, sweeper->stretches);
        sweeper->has_stretches = true;
    }
    sweep->stretches = sweeper->stretches;
    return error;
}

/* ---- values ---- */

/* The latest sample not older than the look-back.  A rollup's holds until the next one would be known. */
static void sweep_instants(const struct sweep *sweep, const struct series_data *data,
                           double *values)
{
    const struct sweep_plan *plan = sweep->plan;
    msec_t to = plan->first_to_ms;
    for (size_t step = 0; step < sweep->n_steps; step++, to += plan->stride_ms) {
        size_t end = sweep->end[step];
        if (end == 0)
            continue;
        struct sample sample = sweep->samples[end - 1];
        bool covered = sweep->first[step] < end ||
                       (end <= data->n_rollups &&
                        data->rollups[end - 1].end_ms + data->rollups[end - 1].span_ms >= to);
        if (covered && !sample_value_is_stale(sample.value))
            values[step] = plan->times_wanted ? (double)sample.at_ms / 1000 : sample.value;
    }
}

static int sweep_windows(struct sweeper *sweeper, const struct sweep *sweep, double *values)
{
    const struct sweep_plan *plan = sweep->plan;
    struct parameters parameters = *plan->parameters;
    struct window window = {.parameters = parameters.now, .to_ms = plan->first_to_ms};
    if ((plan->function->traits & FUNCTION_NEEDS_SCRATCH) != 0) {
        int error = ROOM(sweeper, scratch, sweep->n);
        if (error != 0)
            return error;
        window.scratch = sweeper->scratch;
    }
    for (size_t step = 0; step < sweep->n_steps; step++, window.to_ms += plan->stride_ms) {
        window.n = sweep->end[step] - sweep->first[step];
        if (window.n == 0)
            continue;
        window.at_ms = times_at(plan->times, step);
        window.from_ms = window.to_ms - plan->reach_ms;
        window.samples = sweep->samples + sweep->first[step];
        parameters_at(&parameters, step);
        values[step] = plan->function->range(&window);
        int error = eval_work(&sweeper->eval, window.n + 1);
        if (error != 0)
            return error;
    }
    return 0;
}

static int sweep_function(struct sweeper *sweeper, struct sweep *sweep, double *values)
{
    const struct function *function = sweep->plan->function;
    int error = 0;
    if ((function->traits & FUNCTION_WANTS_COUNTER) != 0)
        error = find_falls(sweeper, sweep);
    if (error == 0 && function->stretch != NULL)
        error = place_stretches(sweeper, sweep);
    if (error != 0)
        return error;
    uint64_t linear = OVERLAP_FACTOR * (sweep->n + sweep->n_steps);
    /* Resets are gone through by each window that they lie in. */
    bool often_falls =
        sweep->n_falls > 0 && sweep->n_in_windows / sweep->n * sweep->n_falls > linear;
    if (function->sweep != NULL && !often_falls) {
        function->sweep(sweep, values);
        return 0;
    }
    bool may_fold = function->fold != NULL && (function->traits & FUNCTION_READS_ENDS) == 0;
    if (may_fold && sweep->n_in_windows > linear) {
        const struct series_data kept = {.samples = sweep->samples, .n_samples = sweep->n};
        return sweep_folds(sweeper, &kept, values);
    }
    return sweep_windows(sweeper, sweep, values);
}

/* A window shorter than a rollup may lie between the ends of two: it is given the one before, so
 * that a chart of rate(x[5m]) has no gaps where only hours are left. */
static void fill_short_windows(struct sweeper *sweeper, const struct series_data *data)
{
    msec_t to = sweeper->plan->first_to_ms;
    for (size_t step = 0; step < sweeper->plan->times->n; step++) {
        uint32_t end = sweeper->end[step];
        if (sweeper->first[step] == end && end > 0 && end <= data->n_rollups &&
            data->rollups[end - 1].end_ms + data->rollups[end - 1].span_ms > to)
            sweeper->first[step] = end - 1;
        to += sweeper->plan->stride_ms;
    }
}

/* Rollups as they are: a window has those that end in it. */
static int run_rollups(struct sweeper *sweeper, const struct series_data *data)
{
    struct series_data kept = *data;
    size_t n_stale = count_stale(data->samples, data->n_samples);
    int error = ROOM(sweeper, times, data->n_rollups + data->n_samples);
    if (error == 0 && n_stale > 0)
        error = ROOM(sweeper, kept, data->n_samples);
    if (error != 0)
        return error;
    if (n_stale > 0) {
        kept.samples = sweeper->kept;
        kept.n_samples = 0;
        for (size_t i = 0; i < data->n_samples; i++) {
            if (!sample_value_is_stale(data->samples[i].value))
                sweeper->kept[kept.n_samples++] = data->samples[i];
        }
    }
    size_t n = 0;
    for (size_t i = 0; i < kept.n_rollups; i++)
        sweeper->times[n++] = kept.rollups[i].end_ms;
    for (size_t i = 0; i < kept.n_samples; i++)
        sweeper->times[n++] = kept.samples[i].at_ms;
    sweeper->n_times = n;
    error = find_bounds(sweeper);
    sweeper->has_bounds = false; /* not those of samples with these times */
    if (error != 0)
        return error;
    fill_short_windows(sweeper, &kept);
    return sweep_folds(sweeper, &kept, sweeper->row);
}

static size_t count_present(const double *values, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += !value_is_absent(values[i]);
    return count;
}

int sweeper_run(struct sweeper *sweeper, const struct series_data *data, size_t *out_present)
{
    const struct sweep_plan *plan = sweeper->plan;
    struct sweep sweep = {.plan = plan};
    size_t n_steps = plan->times->n;
    int error = ROOM(sweeper, row, n_steps);
    if (error == 0 && data->n_samples >= UINT32_MAX / 2)
        error = QUERY_TOO_LARGE;
    if (error == 0)
        error = eval_work(&sweeper->eval, 64 + data->n_samples + n_steps);
    if (error != 0)
        return error;
    for (size_t step = 0; step < n_steps; step++)
        sweeper->row[step] = VALUE_ABSENT;
    if (data->n_rollups > 0 && plan->function != NULL && plan->function->fold != NULL) {
        error = run_rollups(sweeper, data);
    } else {
        bool same_times;
        error = choose_samples(sweeper, data, &sweep, &same_times);
        if (error == 0)
            error = place_windows(sweeper, &sweep, same_times);
        if (error == 0 && plan->function == NULL)
            sweep_instants(&sweep, data, sweeper->row);
        else if (error == 0)
            error = sweep_function(sweeper, &sweep, sweeper->row);
    }
    if (error == 0)
        *out_present = count_present(sweeper->row, n_steps);
    return error;
}
