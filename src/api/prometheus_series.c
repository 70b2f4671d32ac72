/* SPDX-License-Identifier: MIT */
/* prometheus_series - which series there are, and the names and values of their labels. */
#include <errno.h>
#include <string.h>

#include "api/prometheus.h"

#define PROMETHEUS_MATCHERS_MAX 16 /* match[] parameters in one request */

/* The selectors of match[], parsed. */
struct selectors {
    struct {
        struct expr *expr; /* owned */
        const struct matcher *matchers;
        size_t n_matchers;
    } items[PROMETHEUS_MATCHERS_MAX];
    size_t len;
};

static void release_selectors(struct selectors *selectors)
{
    for (size_t i = 0; i < selectors->len; i++)
        expr_free(selectors->items[i].expr);
    selectors->len = 0;
}

static int parse_selector(struct prometheus_call *call, struct slice escaped,
                          struct selectors *selectors, struct problem *problem)
{
    char *text = arena_alloc(&call->arena, escaped.len + 1);
    if (selectors->len == PROMETHEUS_MATCHERS_MAX)
        return problem_set(problem, "at most %d match[] in one request",
                           PROMETHEUS_MATCHERS_MAX);
    if (text == NULL || http_form_decode(escaped, text, escaped.len + 1) != 0)
        return problem_set(problem, "parameter \"match[]\" is not valid");
    struct expr *expr;
    int error = query_parse(text, &expr, problem);
    if (error != 0)
        return error;
    if (!expr_is_selector(expr, &selectors->items[selectors->len].matchers,
                          &selectors->items[selectors->len].n_matchers)) {
        expr_free(expr);
        return problem_set(problem, "parameter \"match[]\" must be a series selector");
    }
    selectors->items[selectors->len++].expr = expr;
    return 0;
}

static bool add_selector(struct prometheus_call *call, struct slice escaped,
                         struct selectors *selectors)
{
    struct problem problem = {0};
    if (parse_selector(call, escaped, selectors, &problem) == 0)
        return true;
    char detail[700];
    problem_format(&problem, detail, sizeof(detail));
    prometheus_fail(call, 400, "bad_data", detail);
    return false;
}

/* False: it was answered, and nothing is left to release. */
static bool read_selectors(struct prometheus_call *call, struct selectors *selectors)
{
    struct slice rest = slice_of(call->form), name, value;
    selectors->len = 0;
    while (http_form_next(&rest, &name, &value)) {
        char plain[16];
        if (http_form_decode(name, plain, sizeof(plain)) != 0 || !text_is(plain, "match[]"))
            continue;
        if (!add_selector(call, value, selectors)) {
            release_selectors(selectors);
            return false;
        }
    }
    return true;
}

static bool read_request(struct prometheus_call *call, struct series_request *out_request)
{
    msec_t now = clock_wall_ms(), from, to;
    if (!prometheus_read_time(call, "start", now - MSEC_DAY, &from) ||
        !prometheus_read_time(call, "end", now, &to))
        return false;
    *out_request = (struct series_request){
        .org = call->org, .from_ms = from, .to_ms = to, .max_samples = PROMETHEUS_SAMPLES_MAX};
    return true;
}

static void write_labels(struct json *json, const struct labels *labels)
{
    json_object_begin(json);
    for (uint32_t i = 0; i < labels->count; i++)
        json_field_string(json, labels->pairs[i].name, labels->pairs[i].value);
    json_object_end(json);
}

static int compare_series(const void *a, const void *b)
{
    return labels_compare(((const struct series_data *)a)->labels,
                          ((const struct series_data *)b)->labels);
}

/* Writes those of the set that no earlier selector gave. */
static void write_new_series(struct json *json, const struct series_set *set,
                             const struct selectors *selectors, size_t before)
{
    for (size_t i = 0; i < set->len; i++) {
        bool seen = false;
        for (size_t k = 0; k < before && !seen; k++)
            seen = matcher_all_match(selectors->items[k].matchers,
                                     selectors->items[k].n_matchers, set->items[i].labels);
        if (!seen)
            write_labels(json, set->items[i].labels);
    }
}

static void answer_series(struct prometheus_call *call, const struct selectors *selectors,
                          struct series_request *request)
{
    struct series_source source = store_source(call->api->parts.store);
    struct answer answer;
    answer_begin(&answer, call->exchange);
    json_object_begin(&answer.json);
    json_field_string(&answer.json, "status", "success");
    json_key(&answer.json, "data");
    json_array_begin(&answer.json);
    int error = 0;
    for (size_t i = 0; i < selectors->len && error == 0; i++) {
        struct series_set set = {0};
        request->matchers = selectors->items[i].matchers;
        request->n_matchers = selectors->items[i].n_matchers;
        error = source.kind->series(source.source, request, &call->arena, &set);
        if (error != 0)
            break;
        qsort(set.items, set.len, sizeof(set.items[0]), compare_series);
        write_new_series(&answer.json, &set, selectors, i);
        series_set_release(&set);
    }
    if (error != 0) {
        buf_deinit(&answer.body);
        prometheus_fail_query(call, error, &(struct problem){0});
        return;
    }
    json_array_end(&answer.json);
    json_object_end(&answer.json);
    answer_send(&answer, 200);
}

void prometheus_series(struct prometheus_call *call)
{
    struct series_request request;
    struct selectors selectors;
    if (!read_request(call, &request) || !read_selectors(call, &selectors))
        return;
    if (selectors.len == 0)
        prometheus_fail(call, 400, "bad_data", "at least one match[] is needed");
    else
        answer_series(call, &selectors, &request);
    release_selectors(&selectors);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Appends to a list that has room in the arena; sorts and drops repeats at the end. */
struct collected {
    const char **items;
    size_t len, capacity;
};

static int collect(struct arena *arena, struct collected *all, const struct text_list *some)
{
    if (all->len + some->len > all->capacity) {
        size_t capacity = (all->len + some->len) * 2;
        const char **items = arena_alloc(arena, capacity * sizeof(*items));
        if (items == NULL)
            return -E2BIG;
        if (all->len > 0)
            memcpy(items, all->items, all->len * sizeof(*items));
        all->items = items;
        all->capacity = capacity;
    }
    if (some->len > 0)
        memcpy(all->items + all->len, some->items, some->len * sizeof(*some->items));
    all->len += some->len;
    return 0;
}

static void answer_texts(struct prometheus_call *call, struct collected *all)
{
    if (all->len > 0)
        qsort(all->items, all->len, sizeof(*all->items), compare_texts);
    struct answer answer;
    answer_begin(&answer, call->exchange);
    json_object_begin(&answer.json);
    json_field_string(&answer.json, "status", "success");
    json_key(&answer.json, "data");
    json_array_begin(&answer.json);
    for (size_t i = 0; i < all->len; i++) {
        if (i == 0 || !text_is(all->items[i - 1], all->items[i]))
            json_text(&answer.json, all->items[i]);
    }
    json_array_end(&answer.json);
    json_object_end(&answer.json);
    answer_send(&answer, 200);
}

/* Label names, or the values of call->label. */
void prometheus_labels(struct prometheus_call *call)
{
    struct series_request request;
    struct selectors selectors;
    if (!read_request(call, &request) || !read_selectors(call, &selectors))
        return;
    struct series_source source = store_source(call->api->parts.store);
    struct collected all = {0};
    int error = 0;
    for (size_t i = 0; error == 0 && i < MAX_OF(selectors.len, (size_t)1); i++) {
        request.matchers = selectors.len == 0 ? NULL : selectors.items[i].matchers;
        request.n_matchers = selectors.len == 0 ? 0 : selectors.items[i].n_matchers;
        struct text_list list = {0};
        error = source.kind->labels(source.source, &request, call->label, &call->arena, &list);
        if (error == 0)
            error = collect(&call->arena, &all, &list);
    }
    release_selectors(&selectors);
    if (error != 0)
        prometheus_fail_query(call, error, &(struct problem){0});
    else
        answer_texts(call, &all);
}
