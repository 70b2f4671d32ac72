/* SPDX-License-Identifier: MIT */
/*
 * sweep_fold - windows that overlap, folded from parts that they share.
 *
 * Two parts make a window: [first, middle), whose folds from each sample to the middle were
 * worked out backwards when the middle was set, and [middle, end), which grows sample by sample.
 * When `first` reaches the middle, the middle moves to the end.  So each sample is merged twice,
 * in however many windows it lies, and nothing is ever subtracted, which would cost precision.
 */
#include <math.h>

#include "query/sweep.h"

struct fold fold_of_sample(struct sample sample)
{
    return (struct fold){.first_ms = sample.at_ms,
                         .last_ms = sample.at_ms,
                         .first = sample.value,
                         .last = sample.value,
                         .min = sample.value,
                         .max = sample.value,
                         .sum = {sample.value, 0},
                         .count = 1};
}

struct fold fold_of_rollup(const struct rollup *rollup)
{
    return (struct fold){.first_ms = rollup->first_ms,
                         .last_ms = rollup->last_ms,
                         .first = rollup->first,
                         .last = rollup->last,
                         .min = rollup->min,
                         .max = rollup->max,
                         .sum = {rollup->sum, 0},
                         .count = rollup->count,
                         .resets = rollup->resets};
}

struct fold fold_merge(const struct fold *before, const struct fold *after)
{
    struct fold both = {
        .first_ms = before->first_ms,
        .last_ms = after->last_ms,
        .first = before->first,
        .last = after->last,
        .min = after->min <= before->min || isnan(before->min) ? after->min : before->min,
        .max = after->max >= before->max || isnan(before->max) ? after->max : before->max,
        .sum = before->sum,
        .count = before->count + after->count,
        .resets = before->resets + after->resets,
    };
    exact_sum_merge(&both.sum, &after->sum);
    if (after->first < before->last)
        both.resets += before->last;
    return both;
}

/* Rollups, then samples, as one sequence. */
static struct fold fold_at(const struct series_data *data, size_t at)
{
    return at < data->n_rollups ? fold_of_rollup(&data->rollups[at])
                                : fold_of_sample(data->samples[at - data->n_rollups]);
}

struct parts {
    const struct series_data *data;
    struct fold *backwards; /* from base + i to the middle */
    size_t base, middle, end;
    struct fold tail; /* [middle, end) when it is not empty */
};

static void move_middle(struct parts *parts, size_t first, size_t end)
{
    parts->base = first;
    parts->middle = parts->end = end;
    struct fold fold = fold_at(parts->data, end - 1);
    parts->backwards[end - 1 - first] = fold;
    for (size_t i = end - 1; i-- > first;) {
        struct fold one = fold_at(parts->data, i);
        fold = fold_merge(&one, &fold);
        parts->backwards[i - first] = fold;
    }
}

static struct fold fold_window(struct parts *parts, size_t first, size_t end)
{
    if (first >= parts->middle)
        move_middle(parts, first, end);
    for (; parts->end < end; parts->end++) {
        struct fold one = fold_at(parts->data, parts->end);
        parts->tail = parts->end == parts->middle ? one : fold_merge(&parts->tail, &one);
    }
    const struct fold *head = &parts->backwards[first - parts->base];
    return parts->end == parts->middle ? *head : fold_merge(head, &parts->tail);
}

static size_t longest_window(const struct sweeper *sweeper)
{
    size_t longest = 0;
    for (size_t step = 0; step < sweeper->plan->times->n; step++)
        longest = MAX_OF(longest, sweeper->end[step] - sweeper->first[step]);
    return longest;
}

int sweep_folds(struct sweeper *sweeper, const struct series_data *data, double *values)
{
    const struct sweep_plan *plan = sweeper->plan;
    int error = sweeper_room(sweeper, (void **)&sweeper->folds, &sweeper->folds_bytes,
                             longest_window(sweeper) * sizeof(struct fold));
    if (error != 0)
        return error;
    struct parts parts = {.data = data, .backwards = sweeper->folds};
    struct window window = {.to_ms = plan->first_to_ms};
    for (size_t step = 0; step < plan->times->n; step++, window.to_ms += plan->stride_ms) {
        size_t first = sweeper->first[step], end = sweeper->end[step];
        if (first == end)
            continue;
        struct fold fold = fold_window(&parts, first, end);
        window.from_ms = window.to_ms - plan->reach_ms;
        window.n = end - first;
        window.samples = data->samples == NULL ? NULL : data->samples + first;
        /* A sum beyond the range of a double, of values within: only a mean can be saved. */
        bool overflowed = isinf(fold.sum.sum) && isfinite(fold.min) && isfinite(fold.max) != 0;
        values[step] = overflowed && data->n_rollups == 0
                           ? plan->function->range(&window)
                           : plan->function->fold(&fold, &window);
    }
    return 0;
}
