/* SPDX-License-Identifier: MIT */
/*
 * table_source - a series_source in memory, for tests.
 */
#pragma once

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "model/series_source.h"

struct table_series {
    struct labels *labels; /* owned */
    VEC(struct sample) samples;
};

struct table_source {
    VEC(struct table_series) series;
    unsigned selects; /* calls so far */
};

static inline void table_source_clear(struct table_source *table)
{
    for (size_t i = 0; i < table->series.len; i++) {
        labels_unref(table->series.items[i].labels);
        VEC_DEINIT(&table->series.items[i].samples);
    }
    VEC_DEINIT(&table->series);
    table->selects = 0;
}

/* Takes the reference; times of one series come in ascending order. */
static inline void table_source_add(struct table_source *table, struct labels *labels,
                                    msec_t at_ms, double value)
{
    assert(labels != NULL);
    struct sample sample = {at_ms, value};
    for (size_t i = 0; i < table->series.len; i++) {
        struct table_series *series = &table->series.items[i];
        if (labels_equal(series->labels, labels)) {
            VEC_PUSH(&series->samples, sample);
            labels_unref(labels);
            return;
        }
    }
    struct table_series series = {.labels = labels};
    VEC_PUSH(&series.samples, sample);
    VEC_PUSH(&table->series, series);
}

static inline int table_source_select(void *source, const struct series_request *request,
                                      struct arena *arena, struct series_set *out_set)
{
    struct table_source *table = source;
    table->selects++;
    struct series_data *items = arena_calloc(arena, table->series.len + 1, sizeof(*items));
    if (items == NULL)
        return -E2BIG;
    size_t len = 0, total = 0;
    for (size_t i = 0; i < table->series.len; i++) {
        const struct table_series *series = &table->series.items[i];
        if (!matcher_all_match(request->matchers, request->n_matchers, series->labels))
            continue;
        size_t first = 0, end = series->samples.len;
        while (first < end && series->samples.items[first].at_ms < request->from_ms)
            first++;
        while (end > first && series->samples.items[end - 1].at_ms > request->to_ms)
            end--;
        total += end - first;
        if (first == end)
            continue;
        items[len++] = (struct series_data){labels_ref(series->labels),
                                            series->samples.items + first, end - first};
    }
    *out_set = (struct series_set){items, len};
    if (total > request->max_samples) {
        series_set_release(out_set);
        return -E2BIG;
    }
    return 0;
}

static const struct series_source_kind table_source_kind = {.select = table_source_select};
