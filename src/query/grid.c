/* SPDX-License-Identifier: MIT */
/* grid - making grids, and finding the rows that belong together. */
#include <assert.h>
#include <errno.h>

#include "base/hash.h"
#include "query/eval.h"

int grid_init(struct eval *eval, size_t n_rows, struct grid *out_grid)
{
    struct row *rows = arena_calloc(eval->arena, n_rows, sizeof(*rows));
    if (rows == NULL)
        return QUERY_TOO_LARGE;
    *out_grid = (struct grid){rows, n_rows};
    return 0;
}

int values_new(struct eval *eval, size_t n, double **out_values)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, sizeof(double), &bytes))
        return QUERY_TOO_LARGE;
    double *values = arena_alloc(eval->arena, bytes);
    if (values == NULL)
        return QUERY_TOO_LARGE;
    for (size_t i = 0; i < n; i++)
        values[i] = VALUE_ABSENT;
    *out_values = values;
    return 0;
}

int grid_init_scalar(struct eval *eval, size_t n, struct grid *out_grid)
{
    struct grid grid;
    int error = grid_init(eval, 1, &grid);
    if (error == 0)
        error = values_new(eval, n, &grid.rows[0].values);
    if (error != 0)
        return error;
    grid.rows[0].labels = eval->no_labels;
    *out_grid = grid;
    return 0;
}

bool row_is_empty(const struct row *row, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!value_is_absent(row->values[i]))
            return false;
    }
    return true;
}

static bool keeps(const struct label_filter *filter, const char *name)
{
    return filter == NULL || label_filter_keeps(filter, name);
}

uint64_t group_hash(const struct labels *labels, const struct label_filter *filter)
{
    uint64_t hash = 1;
    for (uint32_t i = 0; i < labels->count; i++) {
        const struct label *pair = &labels->pairs[i];
        if (!keeps(filter, pair->name))
            continue;
        hash = hash_bytes(pair->name, strlen(pair->name), hash);
        hash = hash_bytes(pair->value, strlen(pair->value), hash);
    }
    return hash;
}

/* The first pair from i on that the filter keeps; NULL at the end. */
static const struct label *next_kept(const struct labels *labels,
                                     const struct label_filter *filter, uint32_t *i)
{
    for (; *i < labels->count; (*i)++) {
        if (keeps(filter, labels->pairs[*i].name))
            return &labels->pairs[(*i)++];
    }
    return NULL;
}

bool group_equal(const struct labels *a, const struct labels *b,
                 const struct label_filter *filter)
{
    uint32_t i = 0, k = 0;
    for (;;) {
        const struct label *in_a = next_kept(a, filter, &i), *in_b = next_kept(b, filter, &k);
        if (in_a == NULL || in_b == NULL)
            return in_a == in_b;
        if (!text_is(in_a->name, in_b->name) || !text_is(in_a->value, in_b->value))
            return false;
    }
}

static const struct labels *labels_of(const struct grid *first, const struct grid *second,
                                      size_t i)
{
    assert(i < first->n_rows || second != NULL);
    return i < first->n_rows ? first->rows[i].labels : second->rows[i - first->n_rows].labels;
}

/* What an open-addressed table of groups is built from. */
struct group_slot {
    uint64_t hash;
    uint32_t row; /* its first row, plus one; 0 = free */
};

int grid_group(struct eval *eval, const struct grid *first, const struct grid *second,
               const struct label_filter *filter, struct grouping *out_grouping)
{
    size_t n = first->n_rows + (second == NULL ? 0 : second->n_rows);
    size_t capacity = 8;
    while (capacity < 2 * n)
        capacity *= 2;
    struct grouping grouping = {arena_alloc(eval->arena, n * sizeof(uint32_t)), 0};
    struct group_slot *slots = arena_calloc(eval->arena, capacity, sizeof(*slots));
    if (grouping.group_of == NULL || slots == NULL || n > UINT32_MAX - 1)
        return QUERY_TOO_LARGE;

    uint64_t seed = eval->no_labels->hash; /* random for this process */
    for (size_t i = 0; i < n; i++) {
        const struct labels *labels = labels_of(first, second, i);
        uint64_t hash = hash_u64(group_hash(labels, filter), seed);
        size_t at = (size_t)hash & (capacity - 1);
        while (slots[at].row != 0 &&
               (slots[at].hash != hash ||
                !group_equal(labels, labels_of(first, second, slots[at].row - 1), filter)))
            at = (at + 1) & (capacity - 1);
        if (slots[at].row == 0) {
            slots[at] = (struct group_slot){hash, (uint32_t)i + 1};
            grouping.group_of[i] = (uint32_t)grouping.n_groups++;
        } else {
            grouping.group_of[i] = grouping.group_of[slots[at].row - 1];
        }
    }
    *out_grouping = grouping;
    return 0;
}

/* Moves the values of `from` into `to`; false when both have one at the same step. */
static bool merge_values(double *to, const double *from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (value_is_absent(from[i]))
            continue;
        if (!value_is_absent(to[i]))
            return false;
        to[i] = from[i];
    }
    return true;
}

static int merge_row(struct eval *eval, struct row *to, const struct row *from, size_t n)
{
    double *values = arena_memdup(eval->arena, to->values, n * sizeof(*values));
    if (values == NULL)
        return QUERY_TOO_LARGE;
    to->values = values;
    return merge_values(values, from->values, n) ? 0 : QUERY_BAD_DATA;
}

int grid_merge(struct eval *eval, struct grid *grid, size_t n, bool strict,
               const char *complaint)
{
    if (grid->n_rows < 2)
        return 0;
    struct grouping grouping;
    int error = grid_group(eval, grid, NULL, NULL, &grouping);
    if (error != 0)
        return error;
    if (grouping.n_groups == grid->n_rows)
        return 0;

    struct grid merged;
    error = grid_init(eval, grouping.n_groups, &merged);
    for (size_t i = 0; error == 0 && i < grid->n_rows; i++) {
        struct row *to = &merged.rows[grouping.group_of[i]], *from = &grid->rows[i];
        if (to->labels == NULL || row_is_empty(to, n))
            *to = *from;
        else if (strict && !row_is_empty(from, n))
            error = QUERY_BAD_DATA;
        else
            error = merge_row(eval, to, from, n);
    }
    if (error == QUERY_BAD_DATA)
        return eval_bad(eval, "%s", complaint);
    *grid = merged;
    return error;
}
