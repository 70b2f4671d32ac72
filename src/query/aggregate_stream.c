/* SPDX-License-Identifier: MIT */
/*
 * aggregate_stream - sum by (mode) (rate(x[5m])) without a row for each series of x.
 *
 * Each series is added to its group as it comes out of the stream.  Series come in blocks, each of
 * one thread and in order (see series_source.h), so every block has sums of its own for the groups
 * that it meets; in the end these are added up in the order of blocks.
 */
#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"
#include "query/aggregate.h"
#include "query/stream.h"

#define BLOCKS_MAX       16
#define BLOCK_SERIES_MIN 64
#define FIRST_SLOTS      64

/* What one block gives to one group, by step. */
struct partial {
    struct partial *next; /* of the same group */
    size_t block;
    struct group_fold fold;
};

struct stream_group {
    uint64_t hash;
    struct labels *labels; /* of one of its series; a reference */
    size_t first_index;    /* the least of its series' */
    struct partial *partials;
};

/* Which partials a thread is adding to: those of its present block, by group. */
struct at_work {
    struct partial **partials;
    size_t capacity, block;
};

struct grouped_stream {
    struct eval *eval; /* its arena is the lock's while the stream runs */
    const struct group_fold_kind *kind;
    const struct label_filter *filter;
    size_t n_steps, block;
    pthread_mutex_t lock;
    struct stream_group *groups;
    size_t n_groups, groups_capacity;
    uint32_t *slots; /* hash table: group + 1, or 0; at most half full */
    size_t n_slots;
    struct at_work threads[STREAM_THREADS_MAX];
};

/* ---- under the lock ---- */

static int grow_groups(struct grouped_stream *stream)
{
    size_t n_slots = stream->n_slots == 0 ? FIRST_SLOTS : 2 * stream->n_slots;
    struct arena *arena = stream->eval->arena;
    struct stream_group *groups = arena_alloc(arena, n_slots / 2 * sizeof(*groups));
    uint32_t *slots = arena_calloc(arena, n_slots, sizeof(*slots));
    if (groups == NULL || slots == NULL || n_slots > UINT32_MAX)
        return QUERY_TOO_LARGE;
    for (size_t i = 0; i < stream->n_groups; i++) {
        groups[i] = stream->groups[i];
        size_t at = (size_t)groups[i].hash & (n_slots - 1);
        while (slots[at] != 0)
            at = (at + 1) & (n_slots - 1);
        slots[at] = (uint32_t)i + 1;
    }
    stream->groups = groups;
    stream->groups_capacity = n_slots / 2;
    stream->slots = slots;
    stream->n_slots = n_slots;
    return 0;
}

static int find_group(struct grouped_stream *stream, const struct stream_row *row,
                      uint64_t hash, size_t *out_group)
{
    if (stream->n_groups == stream->groups_capacity) {
        int error = grow_groups(stream);
        if (error != 0)
            return error;
    }
    size_t at = (size_t)hash & (stream->n_slots - 1);
    for (; stream->slots[at] != 0; at = (at + 1) & (stream->n_slots - 1)) {
        struct stream_group *group = &stream->groups[stream->slots[at] - 1];
        if (group->hash == hash && group_equal(group->labels, row->labels, stream->filter)) {
            group->first_index = MIN_OF(group->first_index, row->index);
            *out_group = stream->slots[at] - 1;
            return 0;
        }
    }
    size_t new = stream->n_groups++;
    stream->groups[new] =
        (struct stream_group){hash, labels_ref(row->labels), row->index, NULL};
    stream->slots[at] = (uint32_t) new + 1;
    *out_group = new;
    return 0;
}

static int find_partial(struct grouped_stream *stream, const struct stream_row *row,
                        size_t group, struct partial **out_partial)
{
    struct at_work *thread = &stream->threads[row->thread];
    struct arena *arena = stream->eval->arena;
    size_t block = row->index / stream->block;
    if (thread->block != block && thread->capacity > 0)
        memset(thread->partials, 0, thread->capacity * sizeof(struct partial *));
    thread->block = block;
    if (group >= thread->capacity) {
        size_t capacity = stream->groups_capacity;
        struct partial **partials = arena_calloc(arena, capacity, sizeof(struct partial *));
        if (partials == NULL)
            return QUERY_TOO_LARGE;
        for (size_t i = 0; i < thread->capacity; i++)
            partials[i] = thread->partials[i];
        thread->partials = partials;
        thread->capacity = capacity;
    }
    struct partial *partial = thread->partials[group];
    if (partial == NULL) {
        partial = arena_calloc(arena, 1, sizeof(*partial));
        if (partial == NULL || group_fold_init(&partial->fold, arena, stream->n_steps) != 0)
            return QUERY_TOO_LARGE;
        partial->block = block;
        partial->next = stream->groups[group].partials;
        stream->groups[group].partials = partial;
        thread->partials[group] = partial;
    }
    *out_partial = partial;
    return 0;
}

/* ---- the sink ---- */

static int begin(void *arg, size_t n_series, size_t *out_block)
{
    struct grouped_stream *stream = arg;
    *out_block = MAX_OF((n_series + BLOCKS_MAX - 1) / BLOCKS_MAX, BLOCK_SERIES_MIN);
    stream->block = *out_block;
    return 0;
}

static int take(void *arg, const struct stream_row *row)
{
    struct grouped_stream *stream = arg;
    uint64_t seed = stream->eval->no_labels->hash; /* random for this process */
    uint64_t hash = hash_u64(group_hash(row->labels, stream->filter), seed);
    size_t group;
    struct partial *partial;
    pthread_mutex_lock(&stream->lock);
    int error = find_group(stream, row, hash, &group);
    if (error == 0)
        error = find_partial(stream, row, group, &partial);
    pthread_mutex_unlock(&stream->lock);
    if (error == 0)
        stream->kind->add(&partial->fold, row->values, row->n_present);
    return error;
}

/* ---- adding up ---- */

static int compare_groups(const void *a, const void *b)
{
    const struct stream_group *left = a, *right = b;
    return left->first_index < right->first_index ? -1 : left->first_index > right->first_index;
}

/* The list in the order of blocks; each is on it once. */
static struct partial *sort_partials(struct partial *list)
{
    struct partial *sorted = NULL;
    while (list != NULL) {
        struct partial *one = list, **at = &sorted;
        list = list->next;
        while (*at != NULL && (*at)->block < one->block)
            at = &(*at)->next;
        one->next = *at;
        *at = one;
    }
    return sorted;
}

static int finish_group(struct grouped_stream *stream, struct stream_group *group,
                        struct row *out_row, bool *out_is_exact)
{
    struct eval *eval = stream->eval;
    struct partial *first = sort_partials(group->partials);
    for (struct partial *one = first->next; one != NULL; one = one->next)
        stream->kind->merge(&first->fold, &one->fold);
    int error = relabel_filter(eval, group->labels, stream->filter, &out_row->labels);
    if (error == 0)
        error = values_new(eval, stream->n_steps, &out_row->values);
    if (error == 0 && !stream->kind->end(&first->fold, out_row->values))
        *out_is_exact = false;
    return error != 0 ? error : eval_work(eval, stream->n_steps);
}

static int finish(struct grouped_stream *stream, struct grid *out_grid, bool *out_is_exact)
{
    struct grid grid;
    int error = grid_init(stream->eval, stream->n_groups, &grid);
    if (stream->n_groups > 1)
        qsort(stream->groups, stream->n_groups, sizeof(*stream->groups), compare_groups);
    for (size_t i = 0; error == 0 && i < stream->n_groups; i++)
        error = finish_group(stream, &stream->groups[i], &grid.rows[i], out_is_exact);
    if (error == 0)
        *out_grid = grid;
    return error;
}

/* ---- when it is possible ---- */

static bool drops_name(const struct node *operand)
{
    return operand->kind == NODE_CALL && (operand->function->traits & FUNCTION_KEEPS_NAME) == 0;
}

static bool has_one_name(const struct selector *selector)
{
    for (size_t i = 0; i < selector->n_matchers; i++) {
        const struct matcher *matcher = &selector->matchers[i];
        if (matcher->op == MATCHER_EQUAL && text_is(matcher->name, LABEL_METRIC_NAME))
            return true;
    }
    return false;
}

bool aggregate_can_stream(const struct node *node, const struct times *times)
{
    const struct node *operand = node->children[0];
    if (node->aggregation->fold == NULL || !stream_can(operand) ||
        (operand->is_invariant && times->n > 1))
        return false;
    if (operand->kind == NODE_SELECTOR)
        return true;
    /* Without the name, series of different ones could have the same labels, which is an error. */
    return operand->function->call == call_range &&
           (operand->function->traits & FUNCTION_TAKES_QUANTILE) == 0 &&
           (!drops_name(operand) || has_one_name(stream_selector(operand)->selector));
}

/* The filter for labels that still have the name that the operand drops. */
static int filter_for(struct eval *eval, const struct node *node, struct label_filter *out)
{
    *out = node->labels;
    if (!node->labels.keep || !drops_name(node->children[0]) ||
        !label_filter_names(&node->labels, LABEL_METRIC_NAME))
        return 0;
    out->names = arena_alloc(eval->arena, node->labels.len * sizeof(*out->names));
    if (out->names == NULL)
        return QUERY_TOO_LARGE;
    out->len = 0;
    for (size_t i = 0; i < node->labels.len; i++) {
        if (!text_is(node->labels.names[i], LABEL_METRIC_NAME))
            out->names[out->len++] = node->labels.names[i];
    }
    return 0;
}

int aggregate_stream(struct eval *eval, const struct node *node, const struct times *times,
                     struct grid *out_grid, bool *out_is_exact)
{
    const struct node *operand = node->children[0];
    struct parameters parameters = {0};
    struct label_filter filter;
    int error = filter_for(eval, node, &filter);
    if (error == 0 && operand->kind == NODE_CALL)
        error = parameters_eval(eval, operand, times, &parameters);
    struct grouped_stream *stream =
        error == 0 ? arena_calloc(eval->arena, 1, sizeof(*stream)) : NULL;
    if (stream == NULL)
        return error != 0 ? error : QUERY_TOO_LARGE;
    stream->eval = eval;
    stream->kind = node->aggregation->fold;
    stream->filter = &filter;
    stream->n_steps = times->n;
    pthread_mutex_init(&stream->lock, NULL);
    const struct stream_sink sink = {begin, take, stream};
    struct sweep_plan plan = stream_plan(eval, operand, times, &parameters);
    error = stream_run(eval, operand, &plan, &sink);
    pthread_mutex_destroy(&stream->lock);
    if (error == 0 && operand->kind == NODE_CALL && stream->n_groups > 0)
        error = call_check_counter(eval, operand, stream->groups[0].labels);
    *out_is_exact = true;
    if (error == 0)
        error = finish(stream, out_grid, out_is_exact);
    for (size_t i = 0; i < stream->n_groups; i++)
        labels_unref(stream->groups[i].labels);
    return error;
}
