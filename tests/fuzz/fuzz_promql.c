/* SPDX-License-Identifier: MIT */
/*
 * fuzz_promql - any text as an expression: parsed, and when it is one, evaluated.
 *
 * Beyond not crashing, three things must hold: an instant query gives what the range query gives at
 * that step; an expression that claims to keep `instance` gives the same host by host as at once;
 * and what is printed parses again, to what prints the same.
 *
 *     script/unicode_table.py /tmp/unicode_table.inc
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -std=gnu17 -Isrc -I/tmp \
 *         -o /tmp/fuzz_promql tests/fuzz/fuzz_promql.c $(ls src/{base,model,query}/[a-z]*.c | \
 *         grep -v _test.c) -lm -lpthread
 *     mkdir -p /tmp/corpus && sed -nE 's/^eval.* (at|step) [0-9]+[a-z]* //p' \
 *         tests/promql/[a-z]*.test | split -l 1 -a 4 - /tmp/corpus/
 *     /tmp/fuzz_promql -max_len=300 -timeout=10 -max_total_time=120 /tmp/corpus
 */
#include <math.h>
#include <stdio.h>

#include "query/print.h"
#include "query/query.h"
#include "query/table_source.h"

#define ARENA_BYTES ((size_t)8 * 1024 * 1024)
#define AT          (10 * MSEC_MINUTE)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const instances[] = {"a", "b", "c"};
static struct table_source table;

static void fill_table(void)
{
    static const char *const names[] = {"m", "n", "h_bucket", "up"};
    static const char *const bounds[] = {"", "1", "2", "+Inf"};
    for (size_t i = 0; i < ARRAY_LEN(names) * ARRAY_LEN(bounds) * ARRAY_LEN(instances); i++) {
        struct label pairs[] = {{"__name__", names[i % 4]},
                                {"le", bounds[i / 4 % 4]},
                                {"instance", instances[i / 16]},
                                {"job", i % 3 == 0 ? "x" : "y"}};
        struct labels *labels = labels_new(pairs, 4);
        for (int k = 0; k < 20; k++) {
            double value = k % 7 == 3    ? (double)NAN
                           : k % 11 == 5 ? sample_stale_value()
                           : k == 9      ? HUGE_VAL
                                         : (double)(i * (size_t)k % 13);
            table_source_add(&table, labels_ref(labels), k * MSEC_MINUTE + (msec_t)i, value);
        }
        labels_unref(labels);
    }
}

static int run(const struct query_context *context, const struct expr *expr, bool is_range,
               struct arena *arena, struct query_result *result)
{
    const struct query_span span = {AT - 3 * MSEC_MINUTE, AT + 3 * MSEC_MINUTE, MSEC_MINUTE};
    struct problem problem;
    arena_init(arena, ARENA_BYTES);
    struct query_context own = *context;
    own.arena = arena;
    *result = (struct query_result){0};
    return is_range ? query_range(&own, expr, &span, result, &problem)
                    : query_instant(&own, expr, AT, result, &problem);
}

static bool same_value(double a, double b)
{
    return a == b || (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-6 * (fabs(a) + fabs(b));
}

/* How many of the samples at AT are also in `wanted`; every one must be. */
static size_t check_part(const struct query_result *part, const struct query_result *wanted)
{
    size_t seen = 0;
    for (size_t i = 0; i < part->n_series; i++) {
        for (size_t k = 0; k < part->series[i].n_samples; k++) {
            struct sample sample = part->series[i].samples[k];
            if (sample.at_ms != AT)
                continue;
            bool found = false;
            for (size_t m = 0; m < wanted->n_series; m++)
                found |= labels_equal(wanted->series[m].labels, part->series[i].labels) &&
                         same_value(wanted->series[m].samples[0].value, sample.value);
            if (!found)
                __builtin_trap();
            seen++;
        }
    }
    return seen;
}

static void check_range(const struct query_context *context, const struct expr *expr,
                        const struct query_result *instant)
{
    struct arena arena;
    struct query_result range;
    if (run(context, expr, true, &arena, &range) == 0 &&
        check_part(&range, instant) != instant->n_series)
        __builtin_trap();
    query_result_release(&range);
    arena_deinit(&arena);
}

static void check_host_by_host(const struct query_context *context, const struct expr *expr,
                               const struct query_result *instant)
{
    size_t seen = 0;
    for (size_t i = 0; i < ARRAY_LEN(instances); i++) {
        struct expr *narrowed;
        struct arena arena;
        struct query_result part;
        if (expr_narrow(expr, "instance", instances[i], &narrowed) != 0)
            __builtin_trap();
        if (run(context, narrowed, false, &arena, &part) != 0)
            __builtin_trap();
        seen += check_part(&part, instant);
        query_result_release(&part);
        arena_deinit(&arena);
        expr_free(narrowed);
    }
    if (seen != instant->n_series)
        __builtin_trap();
}

/* The expression as text and as a tree; both end in `out`. */
static void print_both(const struct expr *expr, struct buf *out, struct buf *tree)
{
    struct json json;
    buf_init(out, (size_t)1024 * 1024);
    buf_init(tree, (size_t)16 * 1024 * 1024);
    json_init(&json, tree);
    expr_write_tree(expr, &json);
    if (expr_print(expr, out) != 0 || tree->error != 0)
        __builtin_trap();
}

static void check_print(const struct expr *expr)
{
    struct buf once, twice, tree, other_tree;
    struct expr *again;
    struct problem problem;
    print_both(expr, &once, &tree);
    if (query_parse(buf_text(&once), &again, &problem) != 0)
        __builtin_trap();
    print_both(again, &twice, &other_tree);
    if (strcmp(buf_text(&once), buf_text(&twice)) != 0)
        __builtin_trap();
    expr_free(again);
    buf_deinit(&once);
    buf_deinit(&twice);
    buf_deinit(&tree);
    buf_deinit(&other_tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (table.series.len == 0)
        fill_table();
    char *text = strndup((const char *)data, size);
    struct expr *expr;
    struct problem problem = {0};
    if (query_parse(text, &expr, &problem) != 0) {
        if (problem.line < 1 || problem.column < 1 || problem.text[0] == '\0')
            __builtin_trap();
        free(text);
        return 0;
    }
    check_print(expr);
    struct query_context context = {.source = {&table_source_kind, &table},
                                    .lookback = QUERY_LOOKBACK_DEFAULT,
                                    .max_samples = 20000};
    struct arena arena;
    struct query_result instant;
    int error = run(&context, expr, false, &arena, &instant);
    if (error == 0 && instant.type == QUERY_VECTOR) {
        if (strstr(text, "()") == NULL) /* @ start() differs between the two */
            check_range(&context, expr, &instant);
        if (expr_keeps_label(expr, "instance"))
            check_host_by_host(&context, expr, &instant);
    }
    query_result_release(&instant);
    arena_deinit(&arena);
    expr_free(expr);
    free(text);
    return 0;
}
