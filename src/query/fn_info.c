/* SPDX-License-Identifier: MIT */
/*
 * fn_info - labels of one metric added to the series of another.
 *
 * info(x, {k8s_cluster=~".+"}) looks for info metrics (target_info unless the matchers name
 * others) with the same `instance` and `job` as a series of x, and gives that series the labels
 * that the matchers name, or all of them.  Which info series is meant may change from step to
 * step, so a series of x becomes as many rows as it meets combinations of them.
 */
#include <stdio.h>

#include "model/matcher.h"
#include "query/function.h"

#define INFO_METRICS_MAX 32 /* that may describe the same instance and job */

static const char *value_or_empty(const struct labels *labels, const char *name)
{
    const char *value = labels_value(labels, name);
    return value == NULL ? "" : value;
}

static bool same_value(const struct labels *a, const struct labels *b, const char *name)
{
    return text_is(value_or_empty(a, name), value_or_empty(b, name));
}

/* The info series that describe one series of the operand. */
struct described {
    const struct row *base;
    const struct row **candidates;
    size_t n_candidates;
};

struct info_join {
    struct eval *eval;
    const struct selector *selector;
    const struct times *times;
    const struct grid *info; /* values are the samples' times */
    struct row *rows;        /* of the result */
    size_t n_rows, capacity;
    size_t first_row; /* of the series at work */
};

/* The one info series that each info metric has at a step, none twice. */
struct choice {
    const struct row *of[INFO_METRICS_MAX];
    size_t len;
};

/* With no matcher of a label, every label of an info metric is wanted. */
static bool wants_label(const struct selector *selector, const char *name)
{
    bool names_some = false;
    if (text_is(name, LABEL_METRIC_NAME))
        return false;
    for (size_t i = 0; i < selector->n_matchers; i++) {
        const char *matched = selector->matchers[i].name;
        if (text_is(matched, LABEL_METRIC_NAME))
            continue;
        if (text_is(matched, name))
            return true;
        names_some = true;
    }
    return !names_some;
}

/* Series that no info metric describes stay only when the matchers allow for the absence. */
static bool may_be_undescribed(const struct selector *selector)
{
    for (size_t i = 0; i < selector->n_matchers; i++) {
        const struct matcher *matcher = &selector->matchers[i];
        if (!text_is(matcher->name, LABEL_METRIC_NAME) && !matcher_matches_value(matcher, ""))
            return false;
    }
    return true;
}

/* An info metric itself is passed on as it is. */
static bool is_info_metric(const struct selector *selector, const struct labels *labels)
{
    const char *name = value_or_empty(labels, LABEL_METRIC_NAME);
    for (size_t i = 0; i < selector->n_matchers; i++) {
        const struct matcher *matcher = &selector->matchers[i];
        if (text_is(matcher->name, LABEL_METRIC_NAME) && !matcher_matches_value(matcher, name))
            return false;
    }
    return true;
}

static int choose(const struct info_join *join, const struct described *series, size_t step,
                  struct choice *out)
{
    out->len = 0;
    for (size_t i = 0; i < series->n_candidates; i++) {
        const struct row *row = series->candidates[i];
        if (value_is_absent(row->values[step]))
            continue;
        size_t at = 0;
        while (at < out->len &&
               !same_value(out->of[at]->labels, row->labels, LABEL_METRIC_NAME))
            at++;
        if (at == INFO_METRICS_MAX)
            return eval_bad(join->eval, "more than %d info metrics for one series",
                            INFO_METRICS_MAX);
        if (at == out->len)
            out->of[out->len++] = row;
        else if (out->of[at]->values[step] == row->values[step])
            return eval_bad(join->eval, "found duplicate series for info metric \"%.200s\"",
                            value_or_empty(row->labels, LABEL_METRIC_NAME));
        else if (out->of[at]->values[step] < row->values[step])
            out->of[at] = row;
    }
    return 0;
}

static int add_info_labels(const struct info_join *join, const struct labels *base,
                           const struct labels *info, struct labels **labels)
{
    for (uint32_t i = 0; i < info->count; i++) {
        const struct label *pair = &info->pairs[i];
        if (!wants_label(join->selector, pair->name) || labels_value(base, pair->name) != NULL)
            continue;
        const char *before = labels_value(*labels, pair->name);
        if (before != NULL && !text_is(before, pair->value))
            return eval_bad(join->eval, "conflicting label: %.200s", pair->name);
        int error = relabel_set(join->eval, *labels, pair->name, pair->value, labels);
        if (error != 0)
            return error;
    }
    return 0;
}

static int push_row(struct info_join *join, struct row row)
{
    if (join->n_rows == join->capacity) {
        size_t capacity = 2 * join->capacity + 16;
        struct row *rows = arena_alloc(join->eval->arena, capacity * sizeof(*rows));
        if (rows == NULL)
            return QUERY_TOO_LARGE;
        if (join->n_rows > 0)
            memcpy(rows, join->rows, join->n_rows * sizeof(*rows));
        join->rows = rows;
        join->capacity = capacity;
    }
    join->rows[join->n_rows++] = row;
    return 0;
}

/* The row of the series at work with the labels of this choice. */
static int row_of_choice(struct info_join *join, const struct row *base,
                         const struct choice *choice, struct row **out_row)
{
    struct row row = {.labels = base->labels};
    for (size_t i = 0; i < choice->len; i++) {
        int error = add_info_labels(join, base->labels, choice->of[i]->labels, &row.labels);
        if (error != 0)
            return error;
    }
    for (size_t i = join->first_row; i < join->n_rows; i++) {
        if (labels_equal(join->rows[i].labels, row.labels)) {
            *out_row = &join->rows[i];
            return 0;
        }
    }
    int error = values_new(join->eval, join->times->n, &row.values);
    if (error == 0)
        error = push_row(join, row);
    if (error == 0)
        *out_row = &join->rows[join->n_rows - 1];
    return error;
}

static bool same_choice(const struct choice *a, const struct choice *b)
{
    return a->len == b->len && memcmp(a->of, b->of, a->len * sizeof(a->of[0])) == 0;
}

static int describe_series(struct info_join *join, const struct described *series)
{
    const struct row *base = series->base;
    struct choice last = {.len = SIZE_MAX};
    struct row *row = NULL;
    bool undescribed = may_be_undescribed(join->selector);
    join->first_row = join->n_rows;
    for (size_t step = 0; step < join->times->n; step++) {
        if (value_is_absent(base->values[step]))
            continue;
        struct choice choice;
        int error = choose(join, series, step, &choice);
        if (error == 0 && choice.len == 0 && !undescribed)
            continue;
        if (error == 0 && !same_choice(&choice, &last))
            error = row_of_choice(join, base, &choice, &row);
        if (error == 0)
            error = eval_work(join->eval, series->n_candidates + 1);
        if (error != 0)
            return error;
        last = choice;
        row->values[step] = base->values[step];
    }
    return 0;
}

/* Info series by identity: a chain of rows for each group of series with equal `instance` and
 * `job`, of the operand and of the info metrics together. */
struct identities {
    struct grouping grouping;
    uint32_t *first; /* by group: a row of the info grid, NO_ROW without one */
    uint32_t *next;  /* by row of the info grid */
};

#define NO_ROW UINT32_MAX

static int group_by_identity(struct info_join *join, const struct grid *operand,
                             struct identities *out)
{
    static const char *names[] = {"instance", "job"};
    const struct label_filter identity = {names, ARRAY_LEN(names), .keep = true};
    struct eval *eval = join->eval;
    int error = grid_group(eval, operand, join->info, &identity, &out->grouping);
    if (error != 0)
        return error;
    out->first = arena_alloc(eval->arena, out->grouping.n_groups * sizeof(uint32_t));
    out->next = arena_alloc(eval->arena, join->info->n_rows * sizeof(uint32_t));
    if (out->first == NULL || out->next == NULL)
        return QUERY_TOO_LARGE;
    for (size_t i = 0; i < out->grouping.n_groups; i++)
        out->first[i] = NO_ROW;
    for (size_t i = join->info->n_rows; i > 0; i--) {
        uint32_t group = out->grouping.group_of[operand->n_rows + i - 1];
        out->next[i - 1] = out->first[group];
        out->first[group] = (uint32_t)(i - 1);
    }
    return eval_work(eval, join->info->n_rows);
}

static void find_candidates(const struct info_join *join, const struct identities *identities,
                            size_t row, struct described *series)
{
    uint32_t at = identities->first[identities->grouping.group_of[row]];
    series->n_candidates = 0;
    for (; at != NO_ROW; at = identities->next[at])
        series->candidates[series->n_candidates++] = &join->info->rows[at];
}

static int join_rows(struct info_join *join, const struct grid *operand)
{
    struct identities identities;
    struct described series = {.candidates = arena_calloc(join->eval->arena, join->info->n_rows,
                                                          sizeof(*series.candidates))};
    int error = series.candidates == NULL ? QUERY_TOO_LARGE
                                          : group_by_identity(join, operand, &identities);
    for (size_t i = 0; error == 0 && i < operand->n_rows; i++) {
        series.base = &operand->rows[i];
        if (is_info_metric(join->selector, series.base->labels)) {
            error = push_row(join, *series.base);
            continue;
        }
        find_candidates(join, &identities, i, &series);
        error = describe_series(join, &series);
    }
    return error;
}

static int call_info(struct eval *eval, const struct node *node, const struct times *times,
                     struct grid *out_grid)
{
    struct grid operand, info;
    struct info_join join = {
        .eval = eval, .selector = node->children[1]->selector, .times = times, .info = &info};
    int error = eval_node(eval, node->children[0], times, &operand);
    if (error == 0)
        error = select_instant(eval, node->children[1], times, true, &info);
    if (error == 0)
        error = join_rows(&join, &operand);
    if (error != 0)
        return error;
    struct grid grid = {join.rows, join.n_rows};
    error = grid_merge(eval, &grid, times->n, false, GRID_SAME_LABELS);
    if (error == 0)
        *out_grid = grid;
    return error;
}

const struct function fn_info[] = {
    {"info", "v?v", QUERY_VECTOR, FUNCTION_TAKES_INFO, .call = call_info},
    {NULL},
};
