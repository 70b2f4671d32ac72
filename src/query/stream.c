/* SPDX-License-Identifier: MIT */
#include "query/stream.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

/* Fewer values than this are not worth a second thread. */
#define THREAD_WORK_MIN      400000
#define LIKELY_DISTANCE      (15 * MSEC_SECOND)
#define BLOCKS_PER_STREAM    64
#define BLOCK_SERIES_DEFAULT 8

const struct node *stream_selector(const struct node *node)
{
    if (node->kind == NODE_SELECTOR)
        return node;
    size_t i = 0;
    while (node->children[i]->type != QUERY_MATRIX)
        i++;
    return node->children[i];
}

bool stream_can(const struct node *node)
{
    if (node->kind == NODE_SELECTOR)
        return true;
    return node->kind == NODE_CALL && node->function->range != NULL &&
           stream_selector(node)->kind == NODE_RANGE;
}

struct sweep_plan stream_plan(const struct eval *eval, const struct node *node,
                              const struct times *times, const struct parameters *parameters)
{
    const struct node *selector = stream_selector(node);
    bool is_instant = node->kind == NODE_SELECTOR;
    return (struct sweep_plan){
        .function = is_instant ? NULL : node->function,
        .parameters = parameters,
        .times = times,
        .first_to_ms = shift_apply(eval, &selector->shift, times->from_ms),
        .stride_ms = selector->shift.at == AT_NONE ? times->step_ms : 0,
        .reach_ms = is_instant ? eval->context->lookback : selector->range_ms,
    };
}

/* ---- the walk ---- */

struct stream {
    const struct sweep_plan *plan;
    const struct stream_sink *sink;
    mspan_t length_ms;           /* of what is read */
    size_t memory_left, samples; /* atomic */
    struct sweeper sweepers[STREAM_THREADS_MAX];
};

static int begin(void *arg, size_t n_series, size_t *out_block)
{
    struct stream *stream = arg;
    size_t block = MAX_OF(n_series / BLOCKS_PER_STREAM, BLOCK_SERIES_DEFAULT);
    int error = 0;
    if (stream->sink->begin != NULL)
        error = stream->sink->begin(stream->sink->arg, n_series, &block);
    double values =
        (double)(stream->length_ms / LIKELY_DISTANCE) + (double)stream->plan->times->n;
    if (values * (double)n_series >= THREAD_WORK_MIN || block >= n_series)
        *out_block = block;
    return error;
}

static int visit(void *arg, unsigned thread, size_t index, const struct series_data *data)
{
    struct stream *stream = arg;
    struct sweeper *sweeper = &stream->sweepers[thread];
    struct stream_row row = {.thread = thread, .index = index, .labels = data->labels};
    __atomic_fetch_add(&stream->samples, data->n_samples + data->n_rollups, __ATOMIC_RELAXED);
    int error = sweeper_run(sweeper, data, &row.n_present);
    if (error != 0 || row.n_present == 0)
        return error;
    row.values = sweeper->row;
    return stream->sink->take(stream->sink->arg, &row);
}

int stream_run(struct eval *eval, const struct node *node, const struct sweep_plan *plan,
               const struct stream_sink *sink)
{
    const struct node *selector = stream_selector(node);
    struct series_request request;
    int error = select_request(eval, selector, plan->times, plan->reach_ms, &request);
    struct stream *stream = error == 0 ? arena_alloc(eval->arena, sizeof(*stream)) : NULL;
    if (stream == NULL)
        return error != 0 ? error : QUERY_TOO_LARGE;
    *stream = (struct stream){.plan = plan,
                              .sink = sink,
                              .length_ms = request.to_ms - request.from_ms,
                              .memory_left = eval->arena->ceiling - eval->arena->used};
    unsigned n_threads = MIN_OF(MAX_OF(eval->context->n_threads, 1), STREAM_THREADS_MAX);
    for (unsigned i = 0; i < n_threads; i++)
        sweeper_init(&stream->sweepers[i], plan, eval, &stream->memory_left);
    const struct series_visitor visitor = {begin, visit, stream, n_threads};
    error = series_source_walk(&eval->context->source, &request, &visitor);
    for (unsigned i = 0; i < n_threads; i++)
        sweeper_deinit(&stream->sweepers[i]);
    eval->samples_left -= MIN_OF(eval->samples_left, stream->samples);
    return error == -E2BIG ? QUERY_TOO_LARGE : error;
}

/* ---- into a grid ---- */

struct collection {
    struct eval *eval; /* its arena is the lock's while the stream runs */
    size_t n_steps;
    pthread_mutex_t lock;
    struct row *rows; /* by index; without values where nothing came */
    size_t n_rows;
};

static int collection_begin(void *arg, size_t n_series, size_t *out_block)
{
    struct collection *collection = arg;
    (void)out_block;
    collection->rows =
        arena_calloc(collection->eval->arena, n_series, sizeof(*collection->rows));
    collection->n_rows = collection->rows == NULL ? 0 : n_series;
    return collection->rows == NULL ? QUERY_TOO_LARGE : 0;
}

static int collection_take(void *arg, const struct stream_row *row)
{
    struct collection *collection = arg;
    size_t bytes = collection->n_steps * sizeof(*row->values);
    pthread_mutex_lock(&collection->lock);
    double *values = arena_alloc(collection->eval->arena, bytes);
    pthread_mutex_unlock(&collection->lock);
    if (values == NULL)
        return QUERY_TOO_LARGE;
    memcpy(values, row->values, bytes);
    collection->rows[row->index] = (struct row){labels_ref(row->labels), values};
    return 0;
}

static int compare_rows(const void *a, const void *b)
{
    return labels_compare(((const struct row *)a)->labels, ((const struct row *)b)->labels);
}

/* Closes the gaps; labels become the evaluation's, or are given back. */
static int adopt_rows(struct collection *collection, int error)
{
    size_t n = 0;
    for (size_t i = 0; i < collection->n_rows; i++) {
        struct row row = collection->rows[i];
        if (row.values == NULL)
            continue;
        if (error == 0)
            error = relabel_take(collection->eval, row.labels);
        else
            labels_unref(row.labels);
        collection->rows[n++] = row;
    }
    collection->n_rows = n;
    return error;
}

int stream_grid(struct eval *eval, const struct node *node, const struct sweep_plan *plan,
                struct grid *out_grid)
{
    struct collection collection = {
        .eval = eval, .n_steps = plan->times->n, .lock = PTHREAD_MUTEX_INITIALIZER};
    const struct stream_sink sink = {collection_begin, collection_take, &collection};
    int error = stream_run(eval, node, plan, &sink);
    error = adopt_rows(&collection, error);
    pthread_mutex_destroy(&collection.lock);
    if (error != 0)
        return error;
    if (collection.n_rows > 1)
        qsort(collection.rows, collection.n_rows, sizeof(*collection.rows), compare_rows);
    *out_grid = (struct grid){collection.rows, collection.n_rows};
    return 0;
}
