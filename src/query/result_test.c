/* SPDX-License-Identifier: MIT */
#include "query/query.h"
#include "query/table_source.h"
#include "unit.h"

static struct table_source table;

/* The JSON of a query at 1.5 s, or over 0..2 s in steps of 1 s. */
static void check_json(const char *text, bool is_range, const char *wanted)
{
    static const struct query_span span = {0, 2000, 1000};
    struct arena arena;
    struct query_context context = {.source = {&table_source_kind, &table},
                                    .lookback = QUERY_LOOKBACK_DEFAULT,
                                    .max_samples = 1000,
                                    .arena = &arena};
    struct expr *expr = NULL;
    struct problem problem = {0};
    struct query_result result;
    arena_init(&arena, 1 << 20);
    ck_assert_int_eq(query_parse(text, &expr, &problem), 0);
    int error = is_range ? query_range(&context, expr, &span, &result, &problem)
                         : query_instant(&context, expr, 1500, &result, &problem);
    ck_assert_int_eq(error, 0);
    struct buf out;
    struct json json;
    buf_init(&out, 1 << 16);
    json_init(&json, &out);
    query_result_write(&result, &json);
    ck_assert_str_eq(buf_text(&out), wanted);
    buf_deinit(&out);
    query_result_release(&result);
    expr_free(expr);
    arena_deinit(&arena);
}

static void setup(void)
{
    struct labels *b = labels_new((struct label[]){{"__name__", "m"}, {"l", "b\"\n"}}, 2);
    struct labels *a = labels_new((struct label[]){{"__name__", "m"}, {"l", "a"}}, 2);
    table_source_add(&table, b, 1000, 0.1);
    table_source_add(&table, labels_ref(a), 5, 1e21);
    table_source_add(&table, a, 1000, __builtin_inf());
}

static void teardown(void)
{
    table_source_clear(&table);
}

START_TEST(vectors)
{
    check_json(
        "m", false,
        "{\"resultType\":\"vector\",\"result\":["
        "{\"metric\":{\"__name__\":\"m\",\"l\":\"a\"},\"value\":[1.500,\"+Inf\"]},"
        "{\"metric\":{\"__name__\":\"m\",\"l\":\"b\\\"\\n\"},\"value\":[1.500,\"0.1\"]}]}");
    check_json("nothing", false, "{\"resultType\":\"vector\",\"result\":[]}");
}
END_TEST

START_TEST(scalars_and_strings)
{
    check_json("1 / 3", false,
               "{\"resultType\":\"scalar\",\"result\":[1.500,\"0.3333333333333333\"]}");
    check_json("'a\"b'", false, "{\"resultType\":\"string\",\"result\":[1.500,\"a\\\"b\"]}");
}
END_TEST

START_TEST(matrices)
{
    check_json(
        "m{l=\"a\"}[1m]", false,
        "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"__name__\":\"m\",\"l\":\"a\"},"
        "\"values\":[[0.005,\"1e+21\"],[1,\"+Inf\"]]}]}");
    check_json("m{l!=\"a\"} * 2", true,
               "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"l\":\"b\\\"\\n\"},"
               "\"values\":[[1,\"0.2\"],[2,\"0.2\"]]}]}");
    check_json("time()", true,
               "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},"
               "\"values\":[[0,\"0\"],[1,\"1\"],[2,\"2\"]]}]}");
    check_json("vector(1)[2s:1s]", false,
               "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},"
               "\"values\":[[0,\"1\"],[1,\"1\"]]}]}");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("result");
    TCase *tcase = tcase_create("result");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, vectors);
    tcase_add_test(tcase, scalars_and_strings);
    tcase_add_test(tcase, matrices);
    suite_add_tcase(suite, tcase);
    return unit_run_suite(suite);
}
