/* SPDX-License-Identifier: MIT */
/*
 * Routes are tried one after the other: a table of some dozens is matched in about a
 * microsecond, and needs no tree; a path that is a pattern to the letter, as those asked most
 * often are, is found before by comparing.  Which of several matches wins is decided by the rank of a
 * pattern, a string with one letter per segment that sorts literals before names before the
 * rest.
 */
#include "net/router.h"

#include <assert.h>

#include "base/vec.h"
#include "net/http_target.h"

#define SEGMENTS_MAX 16

enum {
    RANK_LITERAL = 'a',
    RANK_NAME = 'b',
    RANK_REST = 'c'
};

struct entry {
    const struct route *route; /* borrowed from the caller of router_add */
    void *arg;
    char rank[SEGMENTS_MAX + 1];
    bool is_literal; /* all of its segments are */
};

struct router {
    VEC(struct entry) entries;
};

struct router *router_new(void)
{
    return memory_calloc(1, sizeof(struct router));
}

void router_free(struct router *router)
{
    if (router == NULL)
        return;
    VEC_DEINIT(&router->entries);
    free(router);
}

/* Cuts "/segment" off *rest. */
static bool next_segment(const char **rest, struct slice *out_segment)
{
    if (**rest != '/')
        return false;
    const char *start = *rest + 1;
    size_t len = strcspn(start, "/");
    *out_segment = (struct slice){start, len};
    *rest = start + len;
    return true;
}

static char rank_of(struct slice segment)
{
    if (segment.len < 2 || segment.data[0] != '{')
        return RANK_LITERAL;
    assert(segment.data[segment.len - 1] == '}');
    bool is_rest = segment.len > 5 && memcmp(segment.data + segment.len - 4, "...}", 4) == 0;
    return is_rest ? RANK_REST : RANK_NAME;
}

static void add_one(struct router *router, const struct route *route, void *arg)
{
    struct entry entry = {.route = route, .arg = arg};
    const char *rest = route->pattern;
    struct slice segment;
    size_t len = 0, n_params = 0;
    while (next_segment(&rest, &segment)) {
        assert(len < SEGMENTS_MAX);
        assert(len == 0 || entry.rank[len - 1] != RANK_REST);
        entry.rank[len] = rank_of(segment);
        n_params += entry.rank[len++] != RANK_LITERAL;
    }
    assert(len > 0 && *rest == '\0' && n_params <= ROUTE_PARAMS_MAX);
    entry.is_literal = n_params == 0;
    VEC_PUSH(&router->entries, entry);
}

void router_add(struct router *router, const struct route *routes, size_t n_routes, void *arg)
{
    for (size_t i = 0; i < n_routes; i++)
        add_one(router, &routes[i], arg);
}

/* Whether the path fits; the values are slices of it. */
static bool matches(const struct entry *entry, const char *path,
                    struct slice values[ROUTE_PARAMS_MAX], size_t *out_n_values)
{
    const char *pattern = entry->route->pattern;
    struct slice want = SLICE(""), have = SLICE("");
    size_t n_values = 0;
    for (const char *rank = entry->rank; *rank != '\0'; rank++) {
        if (*path != '/')
            return false;
        if (*rank == RANK_REST) {
            values[n_values++] = slice_of(path + 1);
            *out_n_values = n_values;
            return true;
        }
        next_segment(&pattern, &want);
        next_segment(&path, &have);
        if (*rank == RANK_NAME && have.len > 0)
            values[n_values++] = have;
        else if (*rank == RANK_NAME || want.len != have.len ||
                 strncmp(want.data, have.data, want.len) != 0)
            return false;
    }
    *out_n_values = n_values;
    return *path == '\0';
}

static bool serves(const struct route *route, enum http_method method)
{
    return route->method == method || (method == HTTP_HEAD && route->method == HTTP_GET);
}

struct best {
    const struct entry *entry;
    struct slice values[ROUTE_PARAMS_MAX];
    size_t n_values;
    unsigned methods; /* bits of those that the path has */
};

/* A route for the very method wins over GET's for HEAD. */
static bool is_better(const struct entry *entry, const struct entry *best,
                      enum http_method method)
{
    if (best == NULL)
        return true;
    int order = strcmp(entry->rank, best->rank);
    if (order == 0)
        return entry->route->method == method || best->route->method != method;
    return order < 0;
}

static struct best find_best(const struct router *router, enum http_method method,
                             const char *path)
{
    struct best best = {0};
    for (size_t i = 0; i < router->entries.len; i++) {
        const struct entry *entry = &router->entries.items[i];
        struct slice values[ROUTE_PARAMS_MAX];
        size_t n_values;
        if (!matches(entry, path, values, &n_values))
            continue;
        best.methods |= 1U << entry->route->method;
        if (!serves(entry->route, method) || !is_better(entry, best.entry, method))
            continue;
        best.entry = entry;
        best.n_values = n_values;
        memcpy(best.values, values, n_values * sizeof(values[0]));
    }
    if (best.methods & (1U << HTTP_GET))
        best.methods |= 1U << HTTP_HEAD;
    return best;
}

static const char *allow_list(unsigned methods, struct arena *arena)
{
    char list[64] = "";
    size_t len = 0;
    for (int i = 0; i < HTTP_METHOD_COUNT; i++) {
        if (!(methods & (1U << i)))
            continue;
        if (len > 0)
            len += text_copy(list + len, sizeof(list) - len, ", ") ? 2 : 0;
        text_copy(list + len, sizeof(list) - len, http_method_names[i]);
        len += strlen(list + len);
    }
    return arena_strdup(arena, list);
}

/* Nothing fits: says what is wrong with the request. */
static struct router_match explain(const struct router *router, unsigned methods,
                                   const char *path, struct arena *arena)
{
    struct router_match match = {.status = 404};
    size_t len = strlen(path);
    if (methods != 0) {
        match.allow = allow_list(methods, arena);
        match.status = match.allow != NULL ? 405 : 500;
    } else if (len >= 2 && path[len - 1] == '/') {
        char *bare = arena_strndup(arena, path, len - 1);
        bool fits = bare != NULL && find_best(router, HTTP_GET, bare).methods != 0;
        match.allow = fits ? http_path_escape(bare, arena) : NULL;
        match.status = match.allow != NULL ? 307 : fits || bare == NULL ? 500 : 404;
    }
    return match;
}

/* No other pattern is better than one that is the path itself. */
static const struct entry *find_literal(const struct router *router, enum http_method method,
                                        const char *path)
{
    for (size_t i = 0; i < router->entries.len; i++) {
        const struct entry *entry = &router->entries.items[i];
        if (entry->is_literal && entry->route->method == method &&
            strcmp(entry->route->pattern, path) == 0)
            return entry;
    }
    return NULL;
}

struct router_match router_find(const struct router *router, enum http_method method,
                                const char *path, struct arena *arena)
{
    const struct entry *literal = find_literal(router, method, path);
    if (literal != NULL)
        return (struct router_match){
            .route = literal->route, .arg = literal->arg, .status = 200};
    struct best best = find_best(router, method, path);
    if (best.entry == NULL)
        return explain(router, best.methods, path, arena);
    struct router_match match = {.route = best.entry->route,
                                 .params.len = best.n_values,
                                 .arg = best.entry->arg,
                                 .status = 200};
    for (size_t i = 0; i < best.n_values; i++) {
        match.params.values[i] = arena_strndup(arena, best.values[i].data, best.values[i].len);
        if (match.params.values[i] == NULL)
            return (struct router_match){.status = 500};
    }
    return match;
}
