/* SPDX-License-Identifier: MIT */
/* prometheus_series - which series there are, and the names and values of their labels. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/prometheus.h"
#include "base/buf.h"

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
    if (problem.line > 0)
        snprintf(detail, sizeof(detail),
                 "invalid parameter \"match[]\": %d:%d: parse error: %s", problem.line,
                 problem.column, problem.text);
    else
        snprintf(detail, sizeof(detail), "%s", problem.text);
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

/* Without start and end, of all times. */
static bool read_request(struct prometheus_call *call, struct series_request *out_request,
                         size_t *out_limit)
{
    msec_t from, to;
    if (!prometheus_read_time(call, "start", 0, &from) ||
        !prometheus_read_time(call, "end", clock_wall_ms() + MSEC_DAY, &to) ||
        !prometheus_read_limit(call, "limit", out_limit))
        return false;
    if (to < from) {
        prometheus_fail(call, 400, "bad_data",
                        "invalid parameter \"end\": it must not lie before \"start\"");
        return false;
    }
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

/* The series of all selectors, once each: those that an earlier one gave are left out.  `wanted`
 * is how many more may be written. */
static void write_new_series(struct json *json, const struct series_set *set,
                             const struct selectors *selectors, size_t before, size_t *wanted)
{
    for (size_t i = 0; i<set->len && * wanted> 0; i++) {
        bool seen = false;
        for (size_t k = 0; k < before && !seen; k++)
            seen = matcher_all_match(selectors->items[k].matchers,
                                     selectors->items[k].n_matchers, set->items[i].labels);
        if (seen)
            continue;
        write_labels(json, set->items[i].labels);
        --*wanted;
    }
}

static int write_series(struct prometheus_call *call, const struct selectors *selectors,
                        struct series_request *request, size_t *wanted, struct json *json)
{
    struct series_source source = store_source(call->api->parts.store);
    for (size_t i = 0; i<selectors->len && * wanted> 0; i++) {
        struct series_set set = {0};
        request->matchers = selectors->items[i].matchers;
        request->n_matchers = selectors->items[i].n_matchers;
        int error = source.kind->series(source.source, request, &call->arena, &set);
        if (error != 0)
            return error;
        if (set.len > 1)
            qsort(set.items, set.len, sizeof(set.items[0]), compare_series);
        write_new_series(json, &set, selectors, i, wanted);
        series_set_release(&set);
    }
    return 0;
}

static void answer_series(struct prometheus_call *call, const struct selectors *selectors,
                          struct series_request *request, size_t limit)
{
    struct answer answer;
    size_t wanted = limit;
    prometheus_begin(call, &answer);
    json_array_begin(&answer.json);
    int error = write_series(call, selectors, request, &wanted, &answer.json);
    if (error != 0) {
        buf_deinit(&answer.body);
        prometheus_fail_query(call, error, &(struct problem){0});
        return;
    }
    json_array_end(&answer.json);
    if (wanted == 0)
        prometheus_write_truncated(&answer.json);
    prometheus_end(&answer);
}

void prometheus_series(struct prometheus_call *call)
{
    struct series_request request;
    struct selectors selectors;
    size_t limit;
    if (!read_request(call, &request, &limit) || !read_selectors(call, &selectors))
        return;
    if (selectors.len == 0)
        prometheus_fail(call, 400, "bad_data", "no match[] parameter provided");
    else
        answer_series(call, &selectors, &request, limit);
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

static void answer_texts(struct prometheus_call *call, struct collected *all, size_t limit)
{
    if (all->len > 0)
        qsort(all->items, all->len, sizeof(*all->items), compare_texts);
    struct answer answer;
    prometheus_begin(call, &answer);
    json_array_begin(&answer.json);
    size_t shown = 0, different = 0;
    for (size_t i = 0; i < all->len; i++) {
        if (i > 0 && text_is(all->items[i - 1], all->items[i]))
            continue;
        different++;
        if (shown < limit) {
            json_text(&answer.json, all->items[i]);
            shown++;
        }
    }
    json_array_end(&answer.json);
    if (different > shown)
        prometheus_write_truncated(&answer.json);
    prometheus_end(&answer);
}

/* The code point between underscores at *at, which moves behind them, as UTF-8. */
static bool read_code_point(const char **at, struct buf *out)
{
    char *end;
    unsigned long point = strtoul(*at, &end, 16);
    ptrdiff_t digits = end - *at;
    if (digits < 1 || digits > 6 || *end != '_' || !isxdigit((unsigned char)**at) ||
        point == 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return false;
    *at = end + 1;
    if (point < 0x80) {
        buf_append_char(out, (char)point);
        return true;
    }
    int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned leads[] = {0, 0xc0, 0xe0, 0xf0};
    buf_append_char(out, (char)(leads[more] | point >> (6 * more)));
    for (int i = more - 1; i >= 0; i--)
        buf_append_char(out, (char)(0x80 | ((point >> (6 * i)) & 0x3f)));
    return true;
}

/* A label's name as old clients escape it: U__my_2e_name is my.name, and __ is _.  One that is not
 * escaped, or not well, means itself. */
static const char *plain_name(struct prometheus_call *call)
{
    const char *at = text_after(call->label, "U__");
    if (at == NULL)
        return call->label;
    struct buf plain CLEANUP(buf_deinit);
    buf_init(&plain, strlen(at) + 8);
    while (*at != '\0') {
        if (*at != '_') {
            buf_append_char(&plain, *at++);
        } else if (at[1] == '_') {
            buf_append_char(&plain, '_');
            at += 2;
        } else {
            at++;
            if (!read_code_point(&at, &plain))
                return call->label;
        }
    }
    const char *name = plain.error != 0 ? NULL : arena_strdup(&call->arena, buf_text(&plain));
    return name == NULL ? call->label : name;
}

/* Label names, or the values of call->label. */
void prometheus_labels(struct prometheus_call *call)
{
    struct series_request request;
    struct selectors selectors;
    size_t limit;
    if (!read_request(call, &request, &limit) || !read_selectors(call, &selectors))
        return;
    struct series_source source = store_source(call->api->parts.store);
    struct collected all = {0};
    const char *label = call->label == NULL ? NULL : plain_name(call);
    int error = 0;
    for (size_t i = 0; error == 0 && i < MAX_OF(selectors.len, (size_t)1); i++) {
        request.matchers = selectors.len == 0 ? NULL : selectors.items[i].matchers;
        request.n_matchers = selectors.len == 0 ? 0 : selectors.items[i].n_matchers;
        struct text_list list = {0};
        error = source.kind->labels(source.source, &request, label, &call->arena, &list);
        if (error == 0)
            error = collect(&call->arena, &all, &list);
    }
    release_selectors(&selectors);
    if (error != 0)
        prometheus_fail_query(call, error, &(struct problem){0});
    else
        answer_texts(call, &all, limit);
}

/* ---- /status/tsdb: what there is most of ---- */

struct tally {
    const char *name;
    size_t count;
};

struct tallies {
    struct tally *items;
    size_t len;
};

static int by_count(const void *a, const void *b)
{
    const struct tally *left = a, *right = b;
    if (left->count != right->count)
        return left->count > right->count ? -1 : 1;
    return strcmp(left->name, right->name);
}

static void write_tallies(struct json *json, const char *key, struct tallies *tallies,
                          size_t limit)
{
    if (tallies->len > 1)
        qsort(tallies->items, tallies->len, sizeof(tallies->items[0]), by_count);
    json_key(json, key);
    json_array_begin(json);
    for (size_t i = 0; i < MIN_OF(limit, tallies->len); i++) {
        json_object_begin(json);
        json_field_string(json, "name", tallies->items[i].name);
        json_field_int(json, "value", (int64_t)tallies->items[i].count);
        json_object_end(json);
    }
    json_array_end(json);
}

/* How many series each metric has. */
static int count_metrics(struct arena *arena, const struct series_set *set, struct tallies *out)
{
    const char **names = arena_calloc(arena, set->len + 1, sizeof(*names));
    out->items = arena_calloc(arena, set->len + 1, sizeof(*out->items));
    if (names == NULL || out->items == NULL)
        return -E2BIG;
    for (size_t i = 0; i < set->len; i++) {
        const char *name = labels_value(set->items[i].labels, LABEL_METRIC_NAME);
        names[i] = name == NULL ? "" : name;
    }
    if (set->len > 1)
        qsort(names, set->len, sizeof(*names), compare_texts);
    for (size_t i = 0; i < set->len; i++) {
        if (i == 0 || !text_is(names[i - 1], names[i]))
            out->items[out->len++] = (struct tally){names[i], 0};
        out->items[out->len - 1].count++;
    }
    return 0;
}

static int count_values(struct prometheus_call *call, const struct series_request *request,
                        struct tallies *out, size_t *out_pairs)
{
    struct series_source source = store_source(call->api->parts.store);
    struct text_list names = {0};
    int error = source.kind->labels(source.source, request, NULL, &call->arena, &names);
    out->items = arena_calloc(&call->arena, names.len + 1, sizeof(*out->items));
    if (error != 0 || out->items == NULL)
        return error != 0 ? error : -E2BIG;
    for (size_t i = 0; error == 0 && i < names.len; i++) {
        struct text_list values = {0};
        error =
            source.kind->labels(source.source, request, names.items[i], &call->arena, &values);
        out->items[out->len++] = (struct tally){names.items[i], values.len};
        *out_pairs += values.len;
    }
    return error;
}

static void answer_cardinality(struct prometheus_call *call, const struct series_set *set,
                               const struct series_request *request, size_t limit)
{
    struct tallies metrics = {0}, values = {0};
    size_t pairs = 0;
    int error = count_metrics(&call->arena, set, &metrics);
    if (error == 0)
        error = count_values(call, request, &values, &pairs);
    if (error != 0) {
        prometheus_fail_query(call, error, &(struct problem){0});
        return;
    }
    struct store_stats stats;
    store_stats(call->api->parts.store, &stats);
    struct answer answer;
    prometheus_begin(call, &answer);
    struct json *json = &answer.json;
    json_object_begin(json);
    json_key(json, "headStats");
    json_object_begin(json);
    json_field_int(json, "numSeries", (int64_t)set->len);
    json_field_int(json, "numLabelPairs", (int64_t)pairs);
    json_field_int(json, "chunkCount", (int64_t)stats.archive.tiers[TIER_RAW].packs);
    json_field_int(json, "minTime", request->from_ms);
    json_field_int(json, "maxTime", request->to_ms);
    json_object_end(json);
    write_tallies(json, "seriesCountByMetricName", &metrics, limit);
    write_tallies(json, "labelValueCountByLabelName", &values, limit);
    write_tallies(json, "memoryInBytesByLabelName", &(struct tallies){0}, limit);
    write_tallies(json, "seriesCountByLabelValuePair", &(struct tallies){0}, limit);
    json_object_end(json);
    prometheus_end(&answer);
}

#define CARDINALITY_SHOWN_DEFAULT 10

void prometheus_cardinality(struct prometheus_call *call)
{
    char name[] = LABEL_METRIC_NAME, nothing[] = "";
    size_t limit;
    if (!prometheus_read_limit(call, "limit", &limit))
        return;
    msec_t now = clock_wall_ms();
    const struct matcher named = {.op = MATCHER_NOT_EQUAL, .name = name, .value = nothing};
    struct series_request request = {.org = call->org,
                                     .matchers = &named,
                                     .n_matchers = 1,
                                     .from_ms = now - MSEC_HOUR,
                                     .to_ms = now,
                                     .max_samples = PROMETHEUS_SAMPLES_MAX};
    struct series_source source = store_source(call->api->parts.store);
    struct series_set set = {0};
    int error = source.kind->series(source.source, &request, &call->arena, &set);
    if (error != 0) {
        prometheus_fail_query(call, error, &(struct problem){0});
        return;
    }
    answer_cardinality(call, &set, &request,
                       limit == SIZE_MAX ? CARDINALITY_SHOWN_DEFAULT : limit);
    series_set_release(&set);
}
