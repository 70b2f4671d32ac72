/* SPDX-License-Identifier: MIT */
/*
 * series_source - what PromQL reads from: the embedded store, or a table in a test.
 *
 * A const struct of functions and the object they work on.  Results live in the arena that the
 * caller passes, labels excepted: those are references that the caller gives back with
 * series_set_release().  Functions may be called from several threads.
 */
#pragma once

#include "base/arena.h"
#include "model/labels.h"
#include "model/matcher.h"
#include "model/org.h"
#include "model/rollup.h"
#include "model/sample.h"

struct series_request {
    org_id org;
    const struct matcher *matchers; /* at least one that does not match the empty string */
    size_t n_matchers;
    msec_t from_ms;     /* inclusive */
    msec_t to_ms;       /* inclusive */
    mspan_t step_ms;    /* how coarse an answer may be: the smaller of the query's step and the
                         * range of its windows; 0 = raw samples wanted as long as there are
                         * any.  Rollups take the place of samples where these are gone, or
                         * when step_ms is at least ROLLUP_STEP_FACTOR of them. */
    size_t max_samples; /* over all series, a rollup counts as one; more is -E2BIG */
};

struct series_data {
    struct labels *labels;        /* one reference, owned by the set */
    const struct sample *samples; /* ascending, times unique; stale markers included */
    size_t n_samples;
    const struct rollup *rollups; /* older history, see model/rollup.h: ascending, each one's
                                   * end_ms within the request and before the first sample */
    size_t n_rollups;
};

struct series_set {
    struct series_data *items; /* in no particular order */
    size_t len;
};

static inline void series_set_release(struct series_set *set)
{
    for (size_t i = 0; i < set->len; i++)
        labels_unref(set->items[i].labels);
    set->len = 0;
}

/* A list of label names or values: sorted, unique, in the arena. */
struct text_list {
    const char **items;
    size_t len;
};

/* Who is handed series one after the other, see series_source_walk().  Each series has an index;
 * neighbours in the store are neighbours here, and the same request gives the same indexes as
 * long as no series come or go.
 *
 * Indexes are cut into blocks of equal length.  The series of one block are visited by one thread in
 * ascending order, blocks by whichever thread is free: what a visitor adds up block by block,
 * and then over the blocks in their order, does not depend on how many threads there were. */
struct series_visitor {
    /* Once, before the first visit and from the calling thread; n_series is above every index
     * that will be visited.  *out_block is the length of a block: n_series unless changed, not
     * 0.  NULL = not wanted: blocks of one. */
    int (*begin)(void *arg, size_t n_series, size_t *out_block);
    /* Series without samples in the range do not come.  `data` with its samples and labels is
     * valid during the call; labels_ref() keeps the labels.  `thread` is smaller than n_threads:
     * calls with different ones run at the same time. */
    int (*visit)(void *arg, unsigned thread, size_t index, const struct series_data *data);
    void *arg;
    unsigned n_threads; /* visits at the same time at most; 0 = 1: all from the calling thread,
                         * which is always number 0 */
};

struct series_source_kind {
    /* 0, -E2BIG (over max_samples or the arena's ceiling), -EIO. */
    int (*select)(void *source, const struct series_request *request, struct arena *arena,
                  struct series_set *out_set);
    /* Like select, but the sets come without samples: which series exist in the range. */
    int (*series)(void *source, const struct series_request *request, struct arena *arena,
                  struct series_set *out_set);
    /* Names (label == NULL) or the values of `label` among the matching series; n_matchers may
     * be 0 = all of the organisation. */
    int (*labels)(void *source, const struct series_request *request, const char *label,
                  struct arena *arena, struct text_list *out_list);
    /* See series_source_walk(); NULL = there is only select. */
    int (*walk)(void *source, const struct series_request *request,
                const struct series_visitor *visitor);
};

struct series_source {
    const struct series_source_kind *kind;
    void *source;
};

/* Like select, but no more than one series per thread is in memory at a time: each is decoded into
 * scratch, visited, and forgotten.  max_samples limits what is visited, not what is held.
 * 0; -E2BIG, -EIO; or the first result other than 0 of a begin() or visit(), which ends it. */
int series_source_walk(const struct series_source *source, const struct series_request *request,
                       const struct series_visitor *visitor);

/* For a source's own walk: calls visitor->begin(), then read() for each block of [0, n_series), from
 * several threads if the visitor takes them.  read() visits the series [first, end) and returns
 * 0, an error of the source or what a visit gave; after the first of these no block is begun. */
typedef int series_read_fn(void *arg, unsigned thread, size_t first, size_t end);
int series_visitor_run(const struct series_visitor *visitor, size_t n_series,
                       series_read_fn *read, void *arg);
