/* SPDX-License-Identifier: MIT */
#include "query/ast.h"

#include "query/table_source.h"
#include "unit.h"

static struct expr *parsed(const char *text)
{
    struct expr *expr = NULL;
    struct problem problem = {0};
    ck_assert_msg(query_parse(text, &expr, &problem) == 0, "%s: %s", text, problem.text);
    return expr;
}

static const struct {
    const char *text;
    bool keeps; /* the label "instance" */
} rows[] = {
    {"cpu", true},
    {"cpu > 80", true},
    {"80 < bool cpu", true},
    {"-rate(cpu[5m])", true},
    {"max_over_time(rate(cpu[5m])[1h:1m])", true},
    {"avg by (instance) (rate(cpu[5m]))", true},
    {"avg by (job) (cpu)", false},
    {"sum(cpu)", false},
    {"sum without (cpu) (x)", true},
    {"sum without (instance) (x)", false},
    {"topk(1, cpu)", false},
    {"topk by (instance) (1, cpu)", true},
    {"topk by (instance) (scalar(n), cpu)", false},
    {"count_values by (instance) (\"v\", cpu)", true},
    {"count_values without (x) (\"instance\", cpu)", false},
    {"cpu / memory", true},
    {"cpu / on (instance) group_left (os) memory", true},
    {"cpu / on (job) memory", false},
    {"cpu / ignoring (core) memory", true},
    {"cpu / ignoring (instance) memory", false},
    {"cpu and on (instance) up == 1", true},
    {"cpu unless on () maintenance", false},
    {"cpu or memory", true},
    {"cpu or vector(0)", false},
    {"cpu > scalar(limit)", false},
    {"cpu > 10 + 2 * time()", true},
    {"absent(cpu)", false},
    {"absent_over_time(cpu[5m])", false},
    {"vector(1)", false},
    {"1", false},
    {"label_replace(cpu, \"x\", \"$1\", \"instance\", \"(.*)\")", true},
    {"label_replace(cpu, \"instance\", \"$1\", \"x\", \"(.*)\")", false},
    {"label_join(cpu, \"instance\", \"-\", \"a\")", false},
    {"histogram_quantile(0.9, b)", true},
    {"clamp_max(cpu, 3)", true},
    {"cpu + sum(cpu)", false},
};

START_TEST(knows_whether_a_label_is_kept)
{
    struct expr *expr = parsed(rows[_i].text);
    ck_assert_msg(expr_keeps_label(expr, "instance") == rows[_i].keeps, "%s", rows[_i].text);
    ck_assert(!expr_keeps_label(expr, "__name__"));
    expr_free(expr);
}
END_TEST

static struct labels *labels_of(const char *name, const char *instance)
{
    return labels_new((struct label[]){{"__name__", name}, {"instance", instance}}, 2);
}

START_TEST(narrowing_reaches_every_selector)
{
    struct table_source table = {0};
    table_source_add(&table, labels_of("cpu", "a"), 0, 90);
    table_source_add(&table, labels_of("cpu", "b"), 0, 95);
    table_source_add(&table, labels_of("up", "a"), 0, 1);
    table_source_add(&table, labels_of("up", "b"), 0, 1);
    struct arena arena;
    struct query_context context = {.source = {&table_source_kind, &table},
                                    .lookback = QUERY_LOOKBACK_DEFAULT,
                                    .max_samples = 1000,
                                    .arena = &arena};
    struct expr *expr = parsed("cpu{instance=~\"[a-z]\"} > 80 and on (instance) "
                               "sum by (instance) (last_over_time(up[5m])) == 1");
    struct expr *narrowed = NULL, *twice = NULL;
    ck_assert_int_eq(expr_narrow(expr, "instance", "b", &narrowed), 0);
    ck_assert_int_eq(expr_narrow(narrowed, "instance", "a", &twice), 0);

    /* The narrowed ones live on without what they were made from. */
    arena_init(&arena, 1 << 20);
    struct query_result result;
    ck_assert_int_eq(query_instant(&context, expr, 0, &result, NULL), 0);
    ck_assert_uint_eq(result.n_series, 2);
    query_result_release(&result);
    expr_free(expr);
    ck_assert_int_eq(query_instant(&context, narrowed, 0, &result, NULL), 0);
    ck_assert_uint_eq(result.n_series, 1);
    ck_assert_str_eq(labels_value(result.series[0].labels, "instance"), "b");
    query_result_release(&result);
    expr_free(narrowed);
    ck_assert_int_eq(query_instant(&context, twice, 0, &result, NULL), 0);
    ck_assert_uint_eq(result.n_series, 0);
    query_result_release(&result);
    expr_free(twice);
    expr_free(NULL);
    arena_deinit(&arena);
    table_source_clear(&table);
}
END_TEST

/* A chain of operators takes time in proportion to its length. */
START_TEST(long_chains_are_looked_at_once)
{
    char text[2048] = "cpu";
    for (int i = 0; i < 300; i++)
        strcat(text, "+cpu");
    struct expr *expr = parsed(text);
    ck_assert(expr_keeps_label(expr, "instance"));
    expr_free(expr);
}
END_TEST

START_TEST(filters_know_the_metric_name)
{
    const char *names[] = {"a", "b"};
    struct label_filter by = {names, 2, true, false}, without = {names, 2, false, false};
    ck_assert(label_filter_keeps(&by, "a") && !label_filter_keeps(&by, "c"));
    ck_assert(!label_filter_keeps(&by, "__name__"));
    ck_assert(!label_filter_keeps(&without, "b") && label_filter_keeps(&without, "c"));
    ck_assert(!label_filter_keeps(&without, "__name__"));
    without.with_name = true;
    ck_assert(label_filter_keeps(&without, "__name__"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ast");
    TCase *tcase = tcase_create("ast");
    tcase_add_loop_test(tcase, knows_whether_a_label_is_kept, 0, ARRAY_LEN(rows));
    tcase_add_test(tcase, narrowing_reaches_every_selector);
    tcase_add_test(tcase, long_chains_are_looked_at_once);
    tcase_add_test(tcase, filters_know_the_metric_name);
    suite_add_tcase(suite, tcase);
    return unit_run_suite(suite);
}
