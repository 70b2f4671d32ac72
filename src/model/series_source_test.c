/* SPDX-License-Identifier: MIT */
/* A walk over a source that can only select. */
#include "model/series_source.h"

#include <errno.h>

#include "unit.h"

static const struct sample samples[] = {{1000, 1}, {2000, 2}};
static int select_error;

static int fake_select(void *source, const struct series_request *request, struct arena *arena,
                       struct series_set *out_set)
{
    (void)source;
    (void)request;
    if (select_error != 0)
        return select_error;
    struct series_data *items = arena_calloc(arena, 2, sizeof(*items));
    for (size_t i = 0; i < 2; i++) {
        const struct label pair = {LABEL_INSTANCE, i == 0 ? "a" : "b"};
        items[i] = (struct series_data){labels_new(&pair, 1), samples, i + 1};
    }
    *out_set = (struct series_set){items, 2};
    return 0;
}

struct visited {
    size_t n_series, visits, n_samples;
    int stop_at; /* the visit that returns 7; -1 = none */
};

static int begin(void *arg, size_t n_series, size_t *out_block)
{
    struct visited *visited = arg;
    ck_assert_uint_eq(*out_block, n_series);
    *out_block = 1;
    visited->n_series = n_series;
    return 0;
}

static int visit(void *arg, unsigned thread, size_t index, const struct series_data *data)
{
    struct visited *visited = arg;
    ck_assert_uint_eq(thread, 0);
    ck_assert_uint_lt(index, visited->n_series);
    ck_assert_uint_eq(index, visited->visits); /* ascending */
    visited->n_samples += data->n_samples;
    return (int)visited->visits++ == visited->stop_at ? 7 : 0;
}

START_TEST(each_series_is_visited_once)
{
    const struct series_source_kind kind = {.select = fake_select};
    const struct series_source source = {&kind, NULL};
    const struct series_request request = {.max_samples = 10};
    struct visited visited = {.stop_at = -1};
    const struct series_visitor visitor = {begin, visit, &visited, 1};
    ck_assert_int_eq(series_source_walk(&source, &request, &visitor), 0);
    ck_assert_uint_eq(visited.n_series, 2);
    ck_assert_uint_eq(visited.visits, 2);
    ck_assert_uint_eq(visited.n_samples, 3);

    visited = (struct visited){.stop_at = 0};
    ck_assert_int_eq(series_source_walk(&source, &request, &visitor), 7);
    ck_assert_uint_eq(visited.visits, 1);

    select_error = -EIO;
    ck_assert_int_eq(series_source_walk(&source, &request, &visitor), -EIO);
    ck_assert_uint_eq(visited.visits, 1);
    select_error = 0;
}
END_TEST

#define MANY  1000
#define BLOCK 7

/* What the visits of each block saw; blocks of one thread each need no lock. */
struct block_visits {
    size_t next[MANY / BLOCK + 1]; /* the index that comes next in the block */
    unsigned thread[MANY / BLOCK + 1];
    size_t fail_at;
};

static int begin_blocks(void *arg, size_t n_series, size_t *out_block)
{
    struct block_visits *visits = arg;
    ck_assert_uint_eq(n_series, MANY);
    for (size_t i = 0; i <= MANY / BLOCK; i++)
        visits->next[i] = i * BLOCK;
    *out_block = BLOCK;
    return 0;
}

static int visit_in_block(void *arg, unsigned thread, size_t index,
                          const struct series_data *data)
{
    struct block_visits *visits = arg;
    size_t block = index / BLOCK;
    (void)data;
    if (index != visits->next[block]++ ||
        (index % BLOCK != 0 && visits->thread[block] != thread))
        return -EINVAL;
    visits->thread[block] = thread;
    return index == visits->fail_at ? 7 : 0;
}

static int read_nothing(void *arg, unsigned thread, size_t first, size_t end)
{
    const struct series_visitor *visitor = arg;
    int error = 0;
    for (size_t i = first; error == 0 && i < end; i++)
        error = visitor->visit(visitor->arg, thread, i, NULL);
    return error;
}

START_TEST(a_block_is_one_thread_s)
{
    for (unsigned n_threads = 0; n_threads <= 8; n_threads++) {
        struct block_visits visits = {.fail_at = MANY};
        struct series_visitor visitor = {begin_blocks, visit_in_block, &visits, n_threads};
        ck_assert_int_eq(series_visitor_run(&visitor, MANY, read_nothing, &visitor), 0);
        for (size_t i = 0; i <= MANY / BLOCK; i++) {
            ck_assert_uint_eq(visits.next[i], MIN_OF((i + 1) * BLOCK, MANY));
            ck_assert_uint_lt(visits.thread[i], MAX_OF(n_threads, 1));
        }
        visits = (struct block_visits){.fail_at = 500};
        ck_assert_int_eq(series_visitor_run(&visitor, MANY, read_nothing, &visitor), 7);
    }
}
END_TEST

UNIT_MAIN("series_source", each_series_is_visited_once, a_block_is_one_thread_s)
