/* SPDX-License-Identifier: MIT */
#include "model/series_source.h"

#include <assert.h>
#include <pthread.h>

#define SELECT_MAX_BYTES ((size_t)1 << 30)
#define THREADS_MAX      16

/* ---- blocks of series over threads ---- */

struct block_run {
    series_read_fn *read;
    void *arg;
    size_t n_series, block;
    size_t next; /* atomic: the first series of the next block */
    int error;   /* atomic: the first result other than 0 */
};

struct block_thread {
    struct block_run *run;
    unsigned number;
    pthread_t id;
};

static void *read_blocks(void *arg)
{
    const struct block_thread *thread = arg;
    struct block_run *run = thread->run;
    while (__atomic_load_n(&run->error, __ATOMIC_RELAXED) == 0) {
        size_t first = __atomic_fetch_add(&run->next, run->block, __ATOMIC_RELAXED);
        if (first >= run->n_series)
            break;
        size_t end = first + MIN_OF(run->block, run->n_series - first);
        int error = run->read(run->arg, thread->number, first, end), none = 0;
        if (error != 0)
            __atomic_compare_exchange_n(&run->error, &none, error, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED);
    }
    return NULL;
}

int series_visitor_run(const struct series_visitor *visitor, size_t n_series,
                       series_read_fn *read, void *arg)
{
    size_t block = visitor->begin == NULL ? 1 : MAX_OF(n_series, 1);
    int error = visitor->begin == NULL ? 0 : visitor->begin(visitor->arg, n_series, &block);
    if (error != 0 || n_series == 0)
        return error;
    assert(block > 0);
    struct block_run run = {.read = read, .arg = arg, .n_series = n_series, .block = block};
    struct block_thread threads[THREADS_MAX] = {{.run = &run}};
    size_t n_blocks = (n_series - 1) / block + 1;
    size_t wanted = MIN_OF(MIN_OF(MAX_OF(visitor->n_threads, 1), n_blocks), THREADS_MAX);
    unsigned started = 1; /* the caller is the first */
    for (; started < wanted; started++) {
        threads[started] = (struct block_thread){&run, started, 0};
        if (pthread_create(&threads[started].id, NULL, read_blocks, &threads[started]) != 0)
            break; /* fewer will do */
    }
    read_blocks(&threads[0]);
    for (unsigned i = 1; i < started; i++)
        pthread_join(threads[i].id, NULL);
    return run.error;
}

/* ---- a source that can only select: a table in a test ---- */

struct selected {
    const struct series_visitor *visitor;
    struct series_set set;
};

static int visit_selected(void *arg, unsigned thread, size_t first, size_t end)
{
    const struct selected *selected = arg;
    const struct series_visitor *visitor = selected->visitor;
    int error = 0;
    for (size_t i = first; error == 0 && i < end; i++)
        error = visitor->visit(visitor->arg, thread, i, &selected->set.items[i]);
    return error;
}

static int walk_selected(const struct series_source *source,
                         const struct series_request *request,
                         const struct series_visitor *visitor)
{
    struct arena arena;
    struct selected selected = {visitor, {0}};
    arena_init(&arena, SELECT_MAX_BYTES);
    int error = source->kind->select(source->source, request, &arena, &selected.set);
    if (error == 0)
        error = series_visitor_run(visitor, selected.set.len, visit_selected, &selected);
    series_set_release(&selected.set);
    arena_deinit(&arena);
    return error;
}

int series_source_walk(const struct series_source *source, const struct series_request *request,
                       const struct series_visitor *visitor)
{
    if (source->kind->walk == NULL)
        return walk_selected(source, request, visitor);
    return source->kind->walk(source->source, request, visitor);
}
