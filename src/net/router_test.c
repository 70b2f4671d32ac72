/* SPDX-License-Identifier: MIT */
#include "net/router.h"

#include <stdio.h>

#include "unit.h"

static void handle(struct http_exchange *exchange, const struct route_params *params, void *arg)
{
    (void)exchange;
    (void)params;
    (void)arg;
}

static const struct route routes[] = {
    {HTTP_GET, "/", handle, 0},
    {HTTP_GET, "/hosts", handle, 0},
    {HTTP_POST, "/hosts", handle, 0},
    {HTTP_GET, "/hosts/{id}", handle, 1},
    {HTTP_DELETE, "/hosts/{id}", handle, 2},
    {HTTP_GET, "/hosts/all", handle, 0},
    {HTTP_POST, "/hosts/search", handle, 0},
    {HTTP_PUT, "/hosts/{id}/thresholds/{key}", handle, 0},
    {HTTP_GET, "/{section}/all", handle, 0},
    {HTTP_GET, "/files/{rest...}", handle, 0},
    {HTTP_GET, "/files/index", handle, 0},
    {HTTP_GET, "/probe", handle, 7},
    {HTTP_HEAD, "/probe", handle, 8},
    {HTTP_GET, "/four/{a}/{b}/{c}/{d}", handle, 0},
};

static const struct question {
    enum http_method method;
    const char *path;
    const char *pattern; /* NULL = none */
    int status;
    const char *more; /* parameters joined by '|', or what Allow says */
} questions[] = {
    {HTTP_GET, "/", "/", 200, ""},
    {HTTP_GET, "/hosts", "/hosts", 200, ""},
    {HTTP_HEAD, "/hosts", "/hosts", 200, ""},
    {HTTP_POST, "/hosts", "/hosts", 200, ""},
    {HTTP_DELETE, "/hosts", NULL, 405, "GET, HEAD, POST"},
    {HTTP_OPTIONS, "/hosts", NULL, 405, "GET, HEAD, POST"},
    {HTTP_GET, "/hosts/7", "/hosts/{id}", 200, "7"},
    {HTTP_DELETE, "/hosts/a b", "/hosts/{id}", 200, "a b"},
    {HTTP_GET, "/hosts/all", "/hosts/all", 200, ""},
    {HTTP_DELETE, "/hosts/all", "/hosts/{id}", 200, "all"},
    {HTTP_GET, "/hosts/search", "/hosts/{id}", 200, "search"},
    {HTTP_PUT, "/hosts/7", NULL, 405, "GET, HEAD, DELETE"},
    {HTTP_PUT, "/hosts/7/thresholds/cpu", "/hosts/{id}/thresholds/{key}", 200, "7|cpu"},
    {HTTP_PUT, "/hosts//thresholds/cpu", NULL, 404, ""},
    {HTTP_GET, "/alerts/all", "/{section}/all", 200, "alerts"},
    {HTTP_GET, "/alerts/some", NULL, 404, ""},
    {HTTP_GET, "/files/a/b/c.js", "/files/{rest...}", 200, "a/b/c.js"},
    {HTTP_GET, "/files/a/", "/files/{rest...}", 200, "a/"},
    {HTTP_GET, "/files/", "/files/{rest...}", 200, ""},
    {HTTP_GET, "/files", NULL, 404, ""},
    {HTTP_GET, "/files/index", "/files/index", 200, ""},
    {HTTP_GET, "/host", NULL, 404, ""},
    {HTTP_GET, "/hostsx", NULL, 404, ""},
    {HTTP_GET, "/hosts/", NULL, 307, "/hosts"},
    {HTTP_DELETE, "/hosts/a b?/", NULL, 307, "/hosts/a%20b%3F"},
    {HTTP_GET, "/nothing/", NULL, 404, ""},
    {HTTP_OPTIONS, "*", NULL, 404, ""},
    {HTTP_GET, "/four/1/2/3/4", "/four/{a}/{b}/{c}/{d}", 200, "1|2|3|4"},
};

static void ask(const struct router *router, const struct question *question, void *mark)
{
    struct arena arena;
    arena_init(&arena, 65536);
    const struct router_match match =
        router_find(router, question->method, question->path, &arena);
    ck_assert_msg(match.status == question->status, "%s: %d", question->path, match.status);
    char more[256] = "";
    if (match.route == NULL) {
        ck_assert_msg(question->pattern == NULL, "%s", question->path);
        text_copy(more, sizeof(more), match.allow != NULL ? match.allow : "");
    } else {
        ck_assert_ptr_nonnull(question->pattern);
        ck_assert_str_eq(match.route->pattern, question->pattern);
        ck_assert_ptr_eq(match.arg, mark);
        for (size_t i = 0; i < match.params.len; i++)
            snprintf(more + strlen(more), sizeof(more) - strlen(more), "%s%s", i > 0 ? "|" : "",
                     match.params.values[i]);
    }
    ck_assert_str_eq(more, question->more);
    arena_deinit(&arena);
}

START_TEST(finds_what_the_table_says)
{
    int mark;
    struct router *router = router_new();
    router_add(router, routes, ARRAY_LEN(routes), &mark);
    for (size_t i = 0; i < ARRAY_LEN(questions); i++)
        ask(router, &questions[i], &mark);
    router_free(router);
}
END_TEST

START_TEST(prefers_the_very_method)
{
    struct arena arena;
    arena_init(&arena, 4096);
    struct router *router = router_new();
    router_add(router, routes, ARRAY_LEN(routes), NULL);
    ck_assert_uint_eq(router_find(router, HTTP_HEAD, "/probe", &arena).route->rights, 8);
    ck_assert_uint_eq(router_find(router, HTTP_GET, "/probe", &arena).route->rights, 7);
    router_free(router);
    arena_deinit(&arena);
}
END_TEST

START_TEST(says_500_when_the_arena_is_full)
{
    struct arena arena;
    arena_init(&arena, 1);
    struct router *router = router_new();
    router_add(router, routes, ARRAY_LEN(routes), NULL);
    const struct router_match match = router_find(router, HTTP_GET, "/hosts/7", &arena);
    ck_assert_ptr_null(match.route);
    ck_assert_int_eq(match.status, 500);
    router_free(router);
    arena_deinit(&arena);
}
END_TEST

START_TEST(an_empty_router_knows_nothing)
{
    struct arena arena;
    arena_init(&arena, 4096);
    struct router *router = router_new();
    const struct router_match match = router_find(router, HTTP_GET, "/", &arena);
    ck_assert_ptr_null(match.route);
    ck_assert_int_eq(match.status, 404);
    router_free(router);
    router_free(NULL);
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN("router", finds_what_the_table_says, prefers_the_very_method,
          says_500_when_the_arena_is_full, an_empty_router_knows_nothing)
