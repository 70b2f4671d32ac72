/* SPDX-License-Identifier: MIT */
#include "query/print.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* What becomes of `text`; owned by the caller. */
static char *printed(const char *text)
{
    struct expr *expr;
    struct problem problem;
    ck_assert_msg(query_parse(text, &expr, &problem) == 0, "%s: %s", text, problem.text);
    struct buf out;
    buf_init(&out, 1 << 20);
    ck_assert_int_eq(expr_print(expr, &out), 0);
    char *copy = strdup(buf_text(&out));
    buf_deinit(&out);
    expr_free(expr);
    return copy;
}

/* Each prints as the second, and that prints as itself. */
static const char *const pairs[][2] = {
    {"foo", "foo"},
    {"foo{}", "foo"},
    {"{foo=\"bar\"}", "{foo=\"bar\"}"},
    {"{__name__=\"foo\"}", "{__name__=\"foo\"}"},
    {"{\"foo\", b='1', a!~`x`}", "{__name__=\"foo\",a!~\"x\",b=\"1\"}"},
    {"foo{z=\"1\",a=~\"b.*\"}", "foo{a=~\"b.*\",z=\"1\"}"},
    {"{\"my.metric\", \"label.name\"=\"x\"}", "{\"label.name\"=\"x\",__name__=\"my.metric\"}"},
    {"foo{a=\"\\\"\\n\\x01\\u00e4\"}", "foo{a=\"\\\"\\n\\x01\xc3\xa4\"}"},
    {"foo[300]", "foo[5m]"},
    {"foo[90m] offset -1h30m @ 12.5", "foo[1h30m] @ 12.500 offset -1h30m"},
    {"foo offset 0", "foo"},
    {"foo @ start() offset 1w", "foo @ start() offset 1w"},
    {"foo @ end()", "foo @ end()"},
    {"foo[8d]", "foo[8d]"},
    {"foo[14d]", "foo[2w]"},
    {"foo[365d]", "foo[1y]"},
    {"rate(foo[5m])[1h:] offset 5m", "rate(foo[5m])[1h:] offset 5m"},
    {"foo[1h:30s] @ 0", "foo[1h:30s] @ 0.000"},
    {"1e3", "1000"},
    {"0x1F + 1_000", "31 + 1000"},
    {"-5", "-5"},
    {"- 5m", "-5m"},
    {"vector(1m30s)", "vector(1m30s)"},
    {"Inf - NaN", "+Inf - NaN"},
    {"0.00001", "0.00001"},
    {"\"a\\tb\"", "\"a\\tb\""},
    {"sum(foo)", "sum(foo)"},
    {"SUM(foo) BY (a,b)", "sum by (a, b) (foo)"},
    {"sum by () (foo)", "sum(foo)"},
    {"sum without () (foo)", "sum without () (foo)"},
    {"sum by (\"x.y\") (foo)", "sum by (\"x.y\") (foo)"},
    {"topk(5,foo)", "topk(5, foo)"},
    {"count_values ('v', foo) without (a)", "count_values without (a) (\"v\", foo)"},
    {"foo+bar", "foo + bar"},
    {"foo==bool 1", "foo == bool 1"},
    {"foo * on() bar", "foo * on () bar"},
    {"foo * ignoring() bar", "foo * bar"},
    {"foo * ignoring() group_left bar", "foo * ignoring () group_left () bar"},
    {"foo / on(a,b)group_right(c) bar", "foo / on (a, b) group_right (c) bar"},
    {"foo AND on(a) bar or baz unless x", "foo and on (a) bar or baz unless x"},
    {"((foo))", "((foo))"},
    {"-(1)", "-(1)"},
    {"-foo^2", "-foo ^ 2"},
    {"(a + b) * c", "(a + b) * c"},
    {"time()", "time()"},
    {"info(foo)", "info(foo)"},
    {"info(foo,{a=~\".+\"})", "info(foo, {a=~\".+\"})"},
    {"info(foo,{__name__=\"x\",a=~\".+\"})", "info(foo, {__name__=\"x\",a=~\".+\"})"},
    {"info(foo,{})", "info(foo, {})"},
    {"label_join(foo,'d',',','a','b')", "label_join(foo, \"d\", \",\", \"a\", \"b\")"},
};

START_TEST(prints_on_one_line)
{
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        char *once = printed(pairs[i][0]);
        ck_assert_str_eq(once, pairs[i][1]);
        char *twice = printed(once);
        ck_assert_str_eq(twice, once);
        free(once);
        free(twice);
    }
}
END_TEST

#define LONG "a_metric_with_a_name_that_fills_a_line_by_itself_nearly{label=\"and a value\"}"

START_TEST(breaks_what_is_too_long)
{
    static const char *const rows[][2] = {
        {"sum by (a) (rate(" LONG "[5m])) / on (a) group_left () count by (a) (" LONG ")",
         "  sum by (a) (rate(" LONG "[5m]))\n"
         "/ on (a) group_left ()\n"
         "  count by (a) (" LONG ")"},
        {"topk(3, (" LONG " + " LONG "))", "topk(\n"
                                           "  3,\n"
                                           "  (\n"
                                           "      " LONG "\n"
                                           "    +\n"
                                           "      " LONG "\n"
                                           "  )\n"
                                           ")"},
        {"-(" LONG " + 1 + " LONG ")", "-(\n"
                                       "      " LONG " + 1\n"
                                       "  +\n"
                                       "    " LONG "\n"
                                       ")"},
        {"clamp(" LONG ", 1, scalar(" LONG "))", "clamp(\n"
                                                 "  " LONG ",\n"
                                                 "  1,\n"
                                                 "  scalar(" LONG ")\n"
                                                 ")"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *once = printed(rows[i][0]), *twice = printed(once);
        if (i != 2)
            ck_assert_str_eq(once, rows[i][1]);
        ck_assert_str_eq(twice, once);
        free(once);
        free(twice);
    }
}
END_TEST

/* The tree of `text`, read back; free with json_decref(). */
static json_t *tree_of(const char *text)
{
    struct expr *expr;
    struct problem problem;
    ck_assert_msg(query_parse(text, &expr, &problem) == 0, "%s: %s", text, problem.text);
    struct buf out;
    struct json json;
    buf_init(&out, 1 << 20);
    json_init(&json, &out);
    expr_write_tree(expr, &json);
    json_t *tree = json_loads(buf_text(&out), 0, NULL);
    ck_assert_msg(tree != NULL, "%s: %s", text, buf_text(&out));
    buf_deinit(&out);
    expr_free(expr);
    return tree;
}

START_TEST(writes_trees)
{
    static const char *const rows[][2] = {
        {"1", "{\"type\":\"numberLiteral\",\"val\":\"1\"}"},
        {"'x'", "{\"type\":\"stringLiteral\",\"val\":\"x\"}"},
        {"((2))", "{\"type\":\"parenExpr\",\"expr\":{\"type\":\"parenExpr\",\"expr\":{\"type\":"
                  "\"numberLiteral\",\"val\":\"2\"}}}"},
        {"-(2)",
         "{\"type\":\"unaryExpr\",\"op\":\"-\",\"expr\":{\"type\":\"parenExpr\",\"expr\":{"
         "\"type\":\"numberLiteral\",\"val\":\"2\"}}}"},
        {"m{a!=\"b\"} @ 1.5 offset 1m",
         "{\"type\":\"vectorSelector\",\"name\":\"m\",\"offset\":60000,\"timestamp\":1500,"
         "\"startOrEnd\":null,\"matchers\":[{\"name\":\"a\",\"value\":\"b\",\"type\":\"!=\"},"
         "{\"name\":\"__name__\",\"value\":\"m\",\"type\":\"=\"}]}"},
        {"m[5m] @ end()",
         "{\"type\":\"matrixSelector\",\"name\":\"m\",\"range\":300000,\"offset\":0,"
         "\"timestamp\":null,\"startOrEnd\":\"end\",\"matchers\":[{\"name\":\"__name__\","
         "\"value\":\"m\",\"type\":\"=\"}]}"},
        {"1 == bool 2",
         "{\"type\":\"binaryExpr\",\"op\":\"==\",\"bool\":true,\"matching\":null,"
         "\"lhs\":{\"type\":\"numberLiteral\",\"val\":\"1\"},"
         "\"rhs\":{\"type\":\"numberLiteral\",\"val\":\"2\"}}"},
        {"time()", "{\"type\":\"call\",\"args\":[],\"func\":{\"name\":\"time\",\"argTypes\":[],"
                   "\"variadic\":0,\"returnType\":\"scalar\"}}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *tree = tree_of(rows[i][0]), *wanted = json_loads(rows[i][1], 0, NULL);
        ck_assert_ptr_nonnull(wanted);
        ck_assert_msg(json_equal(tree, wanted), "%s", rows[i][0]);
        json_decref(tree);
        json_decref(wanted);
    }
}
END_TEST

static const char *text_at(const json_t *tree, const char *a, const char *b)
{
    const json_t *found = json_object_get(json_object_get(tree, a), b);
    return json_string_value(found);
}

START_TEST(trees_tell_matching_and_arguments)
{
    json_t *tree = tree_of("a * on (x) group_left (y) b");
    ck_assert_str_eq(text_at(tree, "matching", "card"), "many-to-one");
    json_decref(tree);
    tree = tree_of("a unless b");
    ck_assert_str_eq(text_at(tree, "matching", "card"), "many-to-many");
    json_decref(tree);
    tree = tree_of("label_join(a, 'd', ',', 'x')");
    const json_t *function = json_object_get(tree, "func");
    ck_assert_int_eq(json_integer_value(json_object_get(function, "variadic")), -1);
    ck_assert_uint_eq(json_array_size(json_object_get(function, "argTypes")), 4);
    json_decref(tree);
    tree = tree_of("quantile without (a) (0.5, m)");
    ck_assert(json_is_true(json_object_get(tree, "without")));
    ck_assert_str_eq(text_at(tree, "param", "val"), "0.5");
    ck_assert_str_eq(text_at(tree, "expr", "name"), "m");
    json_decref(tree);
    tree = tree_of("info(m)");
    ck_assert_uint_eq(json_array_size(json_object_get(tree, "args")), 1);
    json_decref(tree);
    tree = tree_of("m[1h:5m] offset -1m");
    ck_assert_int_eq(json_integer_value(json_object_get(tree, "step")), 300000);
    ck_assert_int_eq(json_integer_value(json_object_get(tree, "offset")), -60000);
    json_decref(tree);
}
END_TEST

START_TEST(stands_the_deepest_expression)
{
    char text[4096] = "";
    for (int i = 0; i < 190; i++)
        strcat(text, "abs(");
    strcat(text, "m");
    for (int i = 0; i < 190; i++)
        strcat(text, ")");
    char *once = printed(text), *twice = printed(once);
    ck_assert_str_eq(once, twice);
    free(once);
    free(twice);
    json_decref(tree_of(text));
}
END_TEST

UNIT_MAIN("print", prints_on_one_line, breaks_what_is_too_long, writes_trees,
          trees_tell_matching_and_arguments, stands_the_deepest_expression)
