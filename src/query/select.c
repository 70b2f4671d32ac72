/* SPDX-License-Identifier: MIT */
/*
 * select - from the source to steps.
 *
 * A selector is read once for everything that the steps need; each step then only moves the ends
 * of its window forward.  Ranges and look-back are open on the left: (t - range, t].
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "query/stream.h"

#define SUBQUERY_STEP_DEFAULT MSEC_MINUTE

msec_t shift_apply(const struct eval *eval, const struct time_shift *shift, msec_t at_ms)
{
    switch (shift->at) {
    case AT_FIXED: at_ms = shift->at_ms; break;
    case AT_START: at_ms = eval->from_ms; break;
    case AT_END: at_ms = eval->to_ms; break;
    case AT_NONE: break;
    }
    return at_ms - shift->offset_ms;
}

static int compare_series(const void *a, const void *b)
{
    return labels_compare(((const struct series_data *)a)->labels,
                          ((const struct series_data *)b)->labels);
}

/* Its labels become the evaluation's, its samples are counted. */
static int adopt_set(struct eval *eval, struct series_set *set)
{
    int error = 0;
    for (size_t i = 0; i < set->len; i++) {
        struct labels *labels = set->items[i].labels;
        if (error == 0)
            error = relabel_take(eval, labels);
        else
            labels_unref(labels);
        eval->samples_left -= MIN_OF(eval->samples_left, set->items[i].n_samples);
    }
    return error;
}

int select_request(struct eval *eval, const struct node *node, const struct times *times,
                   mspan_t reach_ms, struct series_request *out_request)
{
    msec_t first = shift_apply(eval, &node->shift, times->from_ms);
    msec_t last = shift_apply(eval, &node->shift, times_at(times, times->n - 1));
    mspan_t step = node->kind == NODE_RANGE ? MIN_OF(times->step_ms, reach_ms) : times->step_ms;
    *out_request = (struct series_request){.org = eval->context->org,
                                           .matchers = node->selector->matchers,
                                           .n_matchers = node->selector->n_matchers,
                                           .from_ms = first - reach_ms + 1,
                                           .to_ms = last,
                                           .step_ms = times->n > 1 ? step : 0,
                                           .max_samples = eval->samples_left};
    return eval_work(eval, 1);
}

/* Older history that is left as rollups only: the last value of each. */
static int flatten_rollups(struct eval *eval, struct series_data *series)
{
    if (series->n_rollups == 0)
        return 0;
    size_t n = series->n_rollups + series->n_samples;
    struct sample *samples = arena_alloc(eval->arena, n * sizeof(*samples));
    if (samples == NULL)
        return QUERY_TOO_LARGE;
    for (size_t i = 0; i < series->n_rollups; i++)
        samples[i] = (struct sample){series->rollups[i].last_ms, series->rollups[i].last};
    for (size_t i = 0; i < series->n_samples; i++)
        samples[series->n_rollups + i] = series->samples[i];
    *series =
        (struct series_data){.labels = series->labels, .samples = samples, .n_samples = n};
    return 0;
}

/* All samples of the selector in (from, to], sorted by labels. */
static int read_series(struct eval *eval, const struct node *node, const struct times *times,
                       mspan_t reach_ms, struct range_data *out_data)
{
    const struct series_source *source = &eval->context->source;
    struct series_request request;
    struct series_set set = {0};
    int error = select_request(eval, node, times, reach_ms, &request);
    if (error == 0)
        error = source->kind->select(source->source, &request, eval->arena, &set);
    if (error == 0)
        error = adopt_set(eval, &set);
    for (size_t i = 0; error == 0 && i < set.len; i++)
        error = flatten_rollups(eval, &set.items[i]);
    if (error != 0)
        return error == -E2BIG ? QUERY_TOO_LARGE : error;
    if (set.len > 1)
        qsort(set.items, set.len, sizeof(*set.items), compare_series);
    *out_data = (struct range_data){set.items, set.len};
    return 0;
}

static int drop_stale(struct eval *eval, struct series_data *series)
{
    size_t stale = 0;
    for (size_t i = 0; i < series->n_samples; i++)
        stale += sample_value_is_stale(series->samples[i].value);
    if (stale == 0)
        return 0;
    struct sample *kept = arena_alloc(eval->arena, (series->n_samples - stale) * sizeof(*kept));
    if (kept == NULL)
        return QUERY_TOO_LARGE;
    size_t count = 0;
    for (size_t i = 0; i < series->n_samples; i++) {
        if (!sample_value_is_stale(series->samples[i].value))
            kept[count++] = series->samples[i];
    }
    series->samples = kept;
    series->n_samples = count;
    return 0;
}

/* The steps of a subquery lie on multiples of its step, whatever the query's own are. */
static int subquery_times(struct eval *eval, const struct node *node, const struct times *times,
                          struct times *out_times)
{
    msec_t first = shift_apply(eval, &node->shift, times->from_ms) - node->range_ms;
    msec_t last = shift_apply(eval, &node->shift, times_at(times, times->n - 1));
    mspan_t step = node->step_ms > 0 ? node->step_ms : SUBQUERY_STEP_DEFAULT;
    msec_t from = step * (first / step);
    if (from <= first)
        from += step;
    size_t n = last < from ? 0 : (size_t)((last - from) / step) + 1;
    if (n > eval->context->max_samples)
        return QUERY_TOO_LARGE;
    *out_times = (struct times){from, step, n};
    return 0;
}

static int samples_of_row(struct eval *eval, const struct row *row, const struct times *times,
                          struct series_data *out_series)
{
    size_t count = 0;
    for (size_t i = 0; i < times->n; i++)
        count += !value_is_absent(row->values[i]);
    struct sample *samples = arena_alloc(eval->arena, count * sizeof(*samples));
    if (samples == NULL)
        return QUERY_TOO_LARGE;
    *out_series = (struct series_data){row->labels, samples, count};
    for (size_t i = 0; i < times->n; i++) {
        if (!value_is_absent(row->values[i]))
            *samples++ = (struct sample){times_at(times, i), row->values[i]};
    }
    return eval_work(eval, times->n);
}

static int run_subquery(struct eval *eval, const struct node *node, const struct times *times,
                        struct range_data *out_data)
{
    struct times inner;
    int error = subquery_times(eval, node, times, &inner);
    *out_data = (struct range_data){0};
    if (error != 0 || inner.n == 0)
        return error;
    struct grid grid = {0};
    error = eval_node(eval, node->children[0], &inner, &grid);
    if (error != 0)
        return error;
    struct series_data *series = arena_calloc(eval->arena, grid.n_rows, sizeof(*series));
    if (series == NULL)
        return QUERY_TOO_LARGE;
    for (size_t i = 0; error == 0 && i < grid.n_rows; i++)
        error = samples_of_row(eval, &grid.rows[i], &inner, &series[i]);
    if (grid.n_rows > 1)
        qsort(series, grid.n_rows, sizeof(*series), compare_series);
    *out_data = (struct range_data){series, grid.n_rows};
    return error;
}

int select_range(struct eval *eval, const struct node *node, const struct times *times,
                 struct range_data *out_data)
{
    if (node->kind == NODE_SUBQUERY)
        return run_subquery(eval, node, times, out_data);
    assert(node->kind == NODE_RANGE);
    struct range_data data;
    int error = read_series(eval, node, times, node->range_ms, &data);
    for (size_t i = 0; error == 0 && i < data.n_series; i++) {
        error = drop_stale(eval, &data.series[i]);
        if (error == 0)
            error = eval_work(eval, data.series[i].n_samples);
    }
    if (error == 0)
        *out_data = data;
    return error;
}

void select_window(const struct eval *eval, const struct node *node,
                   const struct series_data *series, struct window *window)
{
    window->to_ms = shift_apply(eval, &node->shift, window->at_ms);
    window->from_ms = window->to_ms - node->range_ms;
    while (window->end < series->n_samples &&
           series->samples[window->end].at_ms <= window->to_ms)
        window->end++;
    while (window->first < window->end &&
           series->samples[window->first].at_ms <= window->from_ms)
        window->first++;
    window->samples = series->samples + window->first;
    window->n = window->end - window->first;
}

int select_instant(struct eval *eval, const struct node *node, const struct times *times,
                   bool times_wanted, struct grid *out_grid)
{
    struct sweep_plan plan = stream_plan(eval, node, times, NULL);
    plan.times_wanted = times_wanted;
    return stream_grid(eval, node, &plan, out_grid);
}
