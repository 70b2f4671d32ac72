/* SPDX-License-Identifier: MIT */
#include "query/parse.h"

#include <errno.h>
#include <stdio.h>

#include "unit.h"

static const struct {
    const char *text;
    int column;
    const char *says;
} bad[] = {
    {"", 1, "empty"},
    {"   # nothing", 13, "empty"},
    {"foo bar", 5, "behind the expression"},
    {"sum(rate(foo[5m])", 18, "expected \")\""},
    {"foo{", 5, "label's name"},
    {"foo{a}", 6, "expected ="},
    {"foo{a=}", 7, "in quotes"},
    {"foo{a=\"b\" c=\"d\"}", 11, "\",\" or \"}\""},
    {"foo{a=~\"(\"}", 8, "regular expression"},
    {"foo{a=~\"(?=b)\"}", 8, "not supported"},
    {"{}", 1, "at least one matcher"},
    {"{a=\"\",b=~\".*\"}", 1, "at least one matcher"},
    {"foo{__name__=\"bar\"}", 5, "given twice"},
    {"foo{\"bar\"}", 5, "given twice"},
    {"foo[5m", 7, "expected \"]\""},
    {"foo[]", 5, "expected a duration"},
    {"foo[0s]", 5, "greater than 0"},
    {"foo[-5m]", 5, "expected a duration"},
    {"foo[5m][5m]", 8, "only possible of a selector"},
    {"(foo)[5m]", 6, "only possible of a selector"},
    {"foo offset 1m [5m]", 15, "belong behind"},
    {"1[5m:1m]", 2, "instant vector"},
    {"foo + (on)", 8, "cannot stand here"},
    {"a ^ + ignoring b", 7, "cannot stand here"},
    {"foo offset", 11, "expected a duration"},
    {"foo offset 1m offset 2m", 15, "only once"},
    {"foo @ 1 @ 2", 9, "only once"},
    {"foo @ bar", 7, "start() or end()"},
    {"(foo + bar) offset 5m", 13, "offset is only possible"},
    {"1 @ 5", 3, "@ is only possible"},
    {"nosuch(foo)", 1, "unknown function nosuch()"},
    {"histogram_quantiles(foo)", 1, "unknown function"},
    {"rate(foo)", 6, "expected a matrix"},
    {"abs(foo[5m])", 5, "expected a vector"},
    {"abs()", 1, "takes 1 argument, 0 given"},
    {"abs(a, b)", 1, "takes 1 argument, 2 given"},
    {"clamp(a, 1)", 1, "takes 3 arguments"},
    {"round(a, 1, 2)", 1, "at most 2 arguments"},
    {"label_join(a, 'b')", 1, "at least 3 arguments"},
    {"label_replace(a, b, c, d, e)", 18, "expected a string"},
    {"sum(1)", 5, "expected a vector"},
    {"topk(foo)", 1, "takes 2 arguments"},
    {"topk(foo, bar)", 6, "expected a scalar"},
    {"count_values(1, foo)", 14, "expected a string"},
    {"sum by (a) (b) by (c)", 16, "behind the expression"},
    {"sum by (1) (b)", 9, "label's name"},
    {"sum by (a b) (c)", 11, "\",\" or \")\""},
    {"1 == 2", 3, "needs the word bool"},
    {"a + bool b", 5, "behind a comparison"},
    {"1 and 2", 3, "between instant vectors"},
    {"a + on(b) 1", 3, "between instant vectors"},
    {"a and on(b) group_left c", 13, "many to many"},
    {"a * on(b) group_left(b) c", 11, "in on() and in group_left()"},
    {"a + b[5m]", 5, "not a matrix"},
    {"'a' + 1", 1, "not a string"},
    {"-'a'", 1, "not a string"},
    {"-a[5m]", 1, "not a matrix"},
    {"a +", 4, "expected an expression"},
    {"(a", 3, "expected \")\""},
    {"a)", 2, "behind the expression"},
    {"sum(", 5, "expected an expression"},
    {"a == = b", 6, "expected an expression"},
    {"'unterminated", 1, "no end"},
    {"a + 'x\\y'", 7, "escape"},
    {"\xc3\xa4", 1, "unexpected character"},
};

START_TEST(says_where_and_what)
{
    struct expr *expr = NULL;
    struct problem problem = {0};
    ck_assert_msg(query_parse(bad[_i].text, &expr, &problem) == -EINVAL, "%s was taken",
                  bad[_i].text);
    ck_assert_msg(problem.line == 1 && problem.column == bad[_i].column, "%s: column %d: %s",
                  bad[_i].text, problem.column, problem.text);
    ck_assert_msg(strstr(problem.text, bad[_i].says) != NULL, "%s: %s", bad[_i].text,
                  problem.text);
    ck_assert_ptr_null(expr);
}
END_TEST

static const struct {
    const char *text;
    enum query_type type;
} good[] = {
    {"1", QUERY_SCALAR},
    {"'text'", QUERY_STRING},
    {"foo", QUERY_VECTOR},
    {"foo[5m]", QUERY_MATRIX},
    {"foo[300]", QUERY_MATRIX},
    {"foo[1h:5m] offset -1d @ end()", QUERY_MATRIX},
    {"foo[1h:]", QUERY_MATRIX},
    {"a:b:c", QUERY_VECTOR},
    {":x", QUERY_VECTOR},
    {"{\"metric name\", \"label name\"=\"x\", b!~\"y\",}", QUERY_VECTOR},
    {"{__name__=~\"a|b\"}", QUERY_VECTOR},
    {"sum", QUERY_VECTOR},
    {"sum{by=\"x\"}", QUERY_VECTOR},
    {"by + offset", QUERY_VECTOR},
    {"and and and", QUERY_VECTOR},
    {"rate + sum(rate)", QUERY_VECTOR},
    {"Sum By (on, by,) (a)", QUERY_VECTOR},
    {"sum by (\"a b\") (a)", QUERY_VECTOR},
    {"sum() by (a) + 1", QUERY_TYPE_COUNT},
    {"a AND ON (b) c Unless Ignoring() d", QUERY_VECTOR},
    {"a * ON() GROUP_LEFT() b", QUERY_VECTOR},
    {"a >= BOOL b", QUERY_VECTOR},
    {"1 > bool 2", QUERY_SCALAR},
    {"1 + time() * scalar(a)", QUERY_SCALAR},
    {"+-+-1", QUERY_SCALAR},
    {"Inf + NaN + iNF", QUERY_SCALAR},
    {"-a ^ 2", QUERY_VECTOR},
    {"hour()", QUERY_VECTOR},
    {"(((a)))[5m:]", QUERY_MATRIX},
    {"max_over_time(rate(a[5m])[1h:1m])", QUERY_VECTOR},
    {"a # remark\n + b", QUERY_VECTOR},
};

START_TEST(knows_types)
{
    struct expr *expr = NULL;
    struct problem problem = {0};
    int error = query_parse(good[_i].text, &expr, &problem);
    if (good[_i].type == QUERY_TYPE_COUNT) {
        ck_assert_int_eq(error, -EINVAL);
        return;
    }
    ck_assert_msg(error == 0, "%s: %d: %s", good[_i].text, problem.column, problem.text);
    ck_assert_int_eq(expr->root->type, good[_i].type);
    expr_free(expr);
}
END_TEST

START_TEST(later_lines_are_counted)
{
    struct expr *expr = NULL;
    struct problem problem = {0};
    ck_assert_int_eq(query_parse("sum(a)\n  +\n   !", &expr, &problem), -EINVAL);
    ck_assert_int_eq(problem.line, 3);
    ck_assert_int_eq(problem.column, 4);
}
END_TEST

/* `count` times `part`, then `end`. */
static char *repeated(const char *part, size_t count, const char *end)
{
    size_t len = strlen(part);
    char *text = malloc(len * count + strlen(end) + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * len, part, len);
    strcpy(text + len * count, end);
    return text;
}

static const struct {
    const char *part;
    size_t count;
    const char *end;
    bool taken;
} large[] = {
    {"(", 30000, "", false},         {"-", 60000, "1", false},
    {"abs(", 15000, "a", false},     {"sum(", 15000, "a", false},
    {"a[5m:", 13000, "", false},     {"1^", 30000, "1", false},
    {"a+", 30000, "a", false},       {"a[5m:1m]", 8000, "", false},
    {"+", 150, "1", true},           {"a or ", 300, "a", true},
    {"(", 100, "a", false},          {" ", 65000, "a", true},
    {" ", 65536, "a", false},        {"a", 65000, "", false},
    {"{a=\"b\",", 9000, "}", false}, {"x", 2000, "{a=\"b\"}", true},
    {"\"", 65001, "", false},        {"[", 65000, "", false},
    {"9", 65000, "", false},         {"_", 65000, "", false},
};

START_TEST(large_texts_end_well)
{
    char *text = repeated(large[_i].part, large[_i].count, large[_i].end);
    struct expr *expr = NULL;
    struct problem problem = {0};
    int error = query_parse(text, &expr, &problem);
    ck_assert_msg((error == 0) == large[_i].taken, "%s...: %d, column %d: %s", large[_i].part,
                  error, problem.column, problem.text);
    expr_free(expr);
    free(text);
}
END_TEST

START_TEST(every_beginning_ends_well)
{
    const char *text =
        "sum by (a, \"b\") (rate(foo{a=~\"b.*\",c!='d'}[5m:1m] offset -5m @ start()))"
        " > bool on(a) group_left(x) -1.5e3 ^ 0x1f or vector(1h30m) # end";
    for (size_t len = 0; len <= strlen(text); len++) {
        char *part = strndup(text, len);
        struct expr *expr = NULL;
        struct problem problem = {0};
        if (query_parse(part, &expr, &problem) != 0)
            ck_assert_int_gt(problem.column, 0);
        expr_free(expr);
        free(part);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("parse");
    TCase *tcase = tcase_create("parse");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, says_where_and_what, 0, ARRAY_LEN(bad));
    tcase_add_loop_test(tcase, knows_types, 0, ARRAY_LEN(good));
    tcase_add_test(tcase, later_lines_are_counted);
    tcase_add_loop_test(tcase, large_texts_end_well, 0, ARRAY_LEN(large));
    tcase_add_test(tcase, every_beginning_ends_well);
    suite_add_tcase(suite, tcase);
    return unit_run_suite(suite);
}
