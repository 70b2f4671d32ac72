/* SPDX-License-Identifier: MIT */
/*
 * promql_test FILE... - runs tables of queries and what they must give; prints TAP.
 *
 *     clear
 *     load 30s
 *       name{label="value"} 1 2 3 _ stale 1+1x4
 *     eval instant at 2m sum(name)            also: eval_ordered, eval_fail
 *       {} 5
 *     eval range from 0 to 2m step 1m name
 *       name{label="value"} 1 3 _
 *
 *     eval instant at 2m rate(name[1m])
 *       expect info metric might not be a counter      also: expect warn, expect fail
 *       {label="value"} 0.1
 *
 * What is expected need only be a part of the text; remarks that nobody expects are ignored
 * unless one is expected.  "1+2x3" is 1 3 5 7, "_" no sample, "stale" the end of the series.  Every instant query also
 * runs as the middle of a range query, which must give the same.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>

#include "base/file.h"
#include "base/text.h"
#include "query/ast.h"
#include "query/lex.h"
#include "query/table_source.h"

#define ARENA_BYTES    ((size_t)256 * 1024 * 1024)
#define LINE_MAX_BYTES 8192

struct expected {
    struct labels *labels; /* NULL: a scalar */
    double values[512];    /* stale = none */
    size_t n;
};

enum remark {
    REMARK_WARN,
    REMARK_INFO,
    REMARK_FAIL
};

struct expected_remark {
    enum remark kind;
    char text[400]; /* a part of it */
};

struct test_case {
    char text[LINE_MAX_BYTES]; /* the expression */
    const char *file;
    int line;
    bool active, is_range, is_ordered, must_fail;
    msec_t from, to, step;
    VEC(struct expected) expected;
    VEC(struct expected_remark) remarks;
};

static struct table_source table;
static unsigned n_cases, n_failed;

static void die(const char *file, int line, const char *why)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, why);
    exit(EXIT_FAILURE);
}

/* The labels of the `name{...}` at *at, which moves behind it. */
static struct labels *read_labels(const char **at)
{
    const char *start = *at, *end = start;
    while (*end != '\0' && *end != '{' && !isspace((unsigned char)*end))
        end++;
    if (*end == '{') {
        char quote = '\0';
        for (; *end != '\0' && (quote != '\0' || *end != '}'); end++) {
            if (*end == '\\' && end[1] != '\0')
                end++;
            else if (quote == '\0' && (*end == '"' || *end == '\''))
                quote = *end;
            else if (*end == quote)
                quote = '\0';
        }
        end += *end == '}';
    }
    char text[LINE_MAX_BYTES];
    snprintf(text, sizeof(text), "%.*s", (int)(end - start), start);
    *at = end;
    if (text_is(text, "{}"))
        return labels_new(NULL, 0);
    struct expr *expr;
    struct problem problem;
    if (query_parse(text, &expr, &problem) != 0 || expr->root->kind != NODE_SELECTOR)
        return NULL;
    struct label pairs[LABELS_COUNT_MAX];
    const struct selector *selector = expr->root->selector;
    for (size_t i = 0; i < selector->n_matchers; i++)
        pairs[i] = (struct label){selector->matchers[i].name, selector->matchers[i].value};
    struct labels *labels = labels_new(pairs, selector->n_matchers);
    expr_free(expr);
    return labels;
}

static double read_number(const char **at)
{
    char *end;
    double value = strtod(*at, &end);
    *at = end;
    return value;
}

/* "1", "1x3", "1+2x3", "_", "_x3", "stale" into values; how many. */
static size_t read_value(const char *word, double *values, size_t max)
{
    if (text_is(word, "stale")) {
        values[0] = sample_stale_value();
        return 1;
    }
    bool blank = *word == '_';
    double value = 0, step = 0, times = 0;
    word += blank;
    if (!blank)
        value = read_number(&word);
    if (*word == '+' || *word == '-')
        step = read_number(&word);
    if (*word == 'x') {
        word++;
        times = read_number(&word) - blank;
    }
    size_t count = 0;
    for (; count <= (size_t)times && count < max; count++)
        values[count] = blank ? HUGE_VAL * 0 : value + (double)count * step;
    for (size_t i = 0; blank && i < count; i++) {
        uint64_t bits = SAMPLE_STALE_BITS + 1; /* "no sample", told apart by its bits */
        memcpy(&values[i], &bits, sizeof(bits));
    }
    return *word == '\0' ? count : 0;
}

static bool is_blank(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits == SAMPLE_STALE_BITS + 1;
}

static size_t read_values(const char *at, double *values, size_t max)
{
    struct slice word;
    size_t count = 0;
    while (text_next_word(&at, &word)) {
        char text[64];
        text_copy_slice(text, sizeof(text), word);
        size_t more = read_value(text, values + count, max - count);
        if (more == 0)
            return 0;
        count += more;
    }
    return count;
}

static void load_line(const char *file, int line, const char *text, mspan_t step)
{
    static double values[100000];
    struct labels *labels = read_labels(&text);
    size_t count = read_values(text, values, ARRAY_LEN(values));
    if (labels == NULL || count == 0)
        die(file, line, "not a series with values");
    for (size_t i = 0; i < count; i++) {
        if (!is_blank(values[i]))
            table_source_add(&table, labels_ref(labels), (msec_t)i * step, values[i]);
    }
    labels_unref(labels);
}

/* ---- comparing ---- */

static bool nearly_equal(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) && isnan(b);
    return a == b || fabs(a - b) <= 1e-8 * (fabs(a) + fabs(b));
}

static bool series_is(const struct query_series *series, const struct expected *expected,
                      const struct test_case *test)
{
    size_t at = 0;
    for (size_t i = 0; i < expected->n; i++) {
        if (is_blank(expected->values[i]))
            continue;
        if (at == series->n_samples ||
            !nearly_equal(series->samples[at].value, expected->values[i]))
            return false;
        if (series->samples[at].at_ms != test->from + (msec_t)i * test->step)
            return false;
        at++;
    }
    return at == series->n_samples;
}

static void describe(const struct query_result *result)
{
    struct buf text;
    buf_init(&text, 64 * 1024);
    struct json json;
    json_init(&json, &text);
    query_result_write(result, &json);
    printf("#   got %s\n", buf_text(&text));
    buf_deinit(&text);
}

static bool result_is(const struct query_result *result, const struct test_case *test)
{
    if (result->type == QUERY_SCALAR)
        return test->expected.len == 1 &&
               nearly_equal(result->scalar.value, test->expected.items[0].values[0]);
    if (result->n_series != test->expected.len)
        return false;
    for (size_t i = 0; i < test->expected.len; i++) {
        const struct expected *expected = &test->expected.items[i];
        size_t at = test->is_ordered ? i : 0;
        size_t end = test->is_ordered ? i + 1 : result->n_series;
        while (at < end && !(expected->labels == NULL
                                 ? result->series[at].labels->count == 0
                                 : labels_equal(result->series[at].labels, expected->labels)))
            at++;
        if (at == end || !series_is(&result->series[at], expected, test))
            return false;
    }
    return true;
}

/* The value at the middle step must be that of the instant query. */
static bool middle_agrees(const struct query_result *range, const struct query_result *instant,
                          msec_t at)
{
    size_t seen = 0;
    for (size_t i = 0; i < range->n_series; i++) {
        for (size_t k = 0; k < range->series[i].n_samples; k++) {
            struct sample sample = range->series[i].samples[k];
            if (sample.at_ms != at)
                continue;
            seen++;
            bool found = instant->type == QUERY_SCALAR &&
                         nearly_equal(instant->scalar.value, sample.value);
            for (size_t m = 0; m < instant->n_series; m++)
                found |= labels_equal(instant->series[m].labels, range->series[i].labels) &&
                         nearly_equal(instant->series[m].samples[0].value, sample.value);
            if (!found)
                return false;
        }
    }
    return seen == (instant->type == QUERY_SCALAR ? 1 : instant->n_series);
}

static bool run_as_range(const struct query_context *context, const struct expr *expr,
                         const struct test_case *test, const struct query_result *instant)
{
    if (strstr(test->text, "start()") != NULL || strstr(test->text, "end()") != NULL ||
        expr->root->type == QUERY_STRING || expr->root->type == QUERY_MATRIX)
        return true;
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    struct query_result result = {0};
    struct problem problem = {0};
    struct query_context other = *context;
    other.arena = &arena;
    const struct query_span span = {test->from - MSEC_MINUTE, test->from + MSEC_MINUTE,
                                    MSEC_MINUTE};
    int error = query_range(&other, expr, &span, &result, &problem);
    bool good = error == 0 && middle_agrees(&result, instant, test->from);
    if (!good) {
        printf("#   as a range query: error %d %s\n", error, problem.text);
        describe(&result);
    }
    query_result_release(&result);
    arena_deinit(&arena);
    return good;
}

static bool has_text(const char *const *texts, size_t count, const char *part)
{
    for (size_t i = 0; i < count; i++) {
        if (strstr(texts[i], part) != NULL)
            return true;
    }
    return false;
}

static bool remarks_are(const struct test_case *test, const struct query_result *result,
                        const struct problem *problem)
{
    bool good = true;
    for (size_t i = 0; i < test->remarks.len; i++) {
        const struct expected_remark *remark = &test->remarks.items[i];
        if (remark->kind == REMARK_FAIL)
            good = good && strstr(problem->text, remark->text) != NULL;
        else if (remark->kind == REMARK_WARN)
            good = good && has_text(result->warnings, result->n_warnings, remark->text);
        else
            good = good && has_text(result->infos, result->n_infos, remark->text);
    }
    if (test->remarks.len > 0 && !test->must_fail)
        good = good && result->n_warnings + result->n_infos == test->remarks.len;
    for (size_t i = 0; !good && i < result->n_warnings; i++)
        printf("#   %s\n", result->warnings[i]);
    for (size_t i = 0; !good && i < result->n_infos; i++)
        printf("#   %s\n", result->infos[i]);
    return good;
}

static bool run(const struct test_case *test)
{
    struct arena arena;
    struct query_context context = {.source = {&table_source_kind, &table},
                                    .lookback = QUERY_LOOKBACK_DEFAULT,
                                    .max_samples = 10000000,
                                    .arena = &arena};
    const struct query_span span = {test->from, test->to, test->step};
    struct expr *expr = NULL;
    struct problem problem = {0};
    struct query_result result = {0};
    arena_init(&arena, ARENA_BYTES);
    int error = query_parse(test->text, &expr, &problem);
    if (error == 0 && test->is_range)
        error = query_range(&context, expr, &span, &result, &problem);
    else if (error == 0)
        error = query_instant(&context, expr, test->from, &result, &problem);

    bool good = test->must_fail ? error != 0 : error == 0 && result_is(&result, test);
    good = good && remarks_are(test, &result, &problem);
    if (!good) {
        printf("#   error %d, %s (column %d)\n", error, problem.text, problem.column);
        describe(&result);
    } else if (error == 0 && !test->is_range) {
        good = run_as_range(&context, expr, test, &result);
    }
    query_result_release(&result);
    expr_free(expr);
    arena_deinit(&arena);
    return good;
}

static void finish(struct test_case *test)
{
    if (!test->active)
        return;
    bool good = run(test);
    n_failed += !good;
    printf("%s %u - %s:%d %s\n", good ? "ok" : "not ok", ++n_cases, test->file, test->line,
           test->text);
    for (size_t i = 0; i < test->expected.len; i++)
        labels_unref(test->expected.items[i].labels);
    VEC_DEINIT(&test->expected);
    VEC_DEINIT(&test->remarks);
    test->active = false;
}

/* ---- reading ---- */

static mspan_t take_span(const char **at)
{
    struct slice word;
    char text[64];
    mspan_t span = -1;
    if (text_next_word(at, &word) && text_copy_slice(text, sizeof(text), word) &&
        query_parse_duration(text, &span) != 0)
        span = -1;
    return span;
}

static const char *behind(const char *at, const char *word)
{
    while (*at == ' ')
        at++;
    return text_after(at, word);
}

/* Behind "eval": [_ordered|_fail] instant at T EXPR, range from T to T step T EXPR */
static bool read_eval(struct test_case *test, const char *at)
{
    const char *kind = at + strcspn(at, " ");
    test->is_ordered = strncmp(at, "_ordered", 8) == 0;
    test->must_fail = strncmp(at, "_fail", 5) == 0;
    if ((at = behind(kind, "instant at ")) != NULL) {
        test->from = test->to = take_span(&at);
    } else if ((at = behind(kind, "range from ")) != NULL) {
        test->is_range = true;
        test->from = take_span(&at);
        if ((at = behind(at, "to ")) == NULL)
            return false;
        test->to = take_span(&at);
        if ((at = behind(at, "step ")) == NULL)
            return false;
        test->step = take_span(&at);
    } else {
        return false;
    }
    at += strspn(at, " \t");
    return test->from >= 0 && test->step >= 0 && text_copy(test->text, sizeof(test->text), at);
}

static void read_expected(struct test_case *test, int line, const char *text)
{
    struct expected expected = {0};
    char *end;
    double number = strtod(text, &end);
    if (end != text && text[strspn(text, "+-.0123456789")] != '{' && *end == '\0') {
        expected.values[0] = number;
        expected.n = 1;
    } else {
        expected.labels = read_labels(&text);
        expected.n = read_values(text, expected.values, ARRAY_LEN(expected.values));
        if (expected.labels == NULL || expected.n == 0)
            die(test->file, line, "not an expected series");
    }
    VEC_PUSH(&test->expected, expected);
}

/* Behind "expect": fail|warn|info TEXT */
static bool read_remark(struct test_case *test, const char *at)
{
    static const char *const kinds[] = {"warn ", "info ", "fail "};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const char *text = text_after(at, kinds[i]);
        struct expected_remark remark = {.kind = (enum remark)i};
        if (text == NULL || !text_copy(remark.text, sizeof(remark.text), text))
            continue;
        test->must_fail |= remark.kind == REMARK_FAIL;
        VEC_PUSH(&test->remarks, remark);
        return true;
    }
    return false;
}

static void run_line(struct test_case *test, const char *file, int line, const char *text,
                     mspan_t *load_step)
{
    bool indented = isspace((unsigned char)*text);
    const char *rest;
    text += strspn(text, " \t");
    if (*text == '\0' || *text == '#')
        return;
    if (indented && *load_step > 0) {
        load_line(file, line, text, *load_step);
    } else if (indented && test->active && (rest = text_after(text, "expect ")) != NULL) {
        if (!read_remark(test, rest))
            die(file, line, "not a remark");
    } else if (indented && test->active) {
        read_expected(test, line, text);
    } else if (text_is(text, "clear")) {
        finish(test);
        table_source_clear(&table);
        *load_step = 0;
    } else if ((rest = text_after(text, "load ")) != NULL) {
        finish(test);
        *load_step = take_span(&rest);
    } else if ((rest = text_after(text, "eval")) != NULL) {
        finish(test);
        *load_step = 0;
        *test = (struct test_case){.file = file, .line = line, .active = true};
        if (!read_eval(test, rest))
            die(file, line, "not a query");
    } else {
        die(file, line, "not understood");
    }
}

static void run_file(const char *path)
{
    struct buf content;
    buf_init(&content, 16 * 1024 * 1024);
    if (file_read(path, &content) != 0)
        die(path, 0, "cannot be read");
    struct slice rest = {buf_text(&content), content.len}, line;
    const char *name = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;
    struct test_case test = {0};
    mspan_t load_step = 0;
    for (int number = 1; text_next_piece(&rest, '\n', &line); number++) {
        char text[LINE_MAX_BYTES];
        while (line.len > 0 && isspace((unsigned char)line.data[line.len - 1]))
            line.len--;
        text_copy_slice(text, sizeof(text), line);
        run_line(&test, name, number, text, &load_step);
    }
    finish(&test);
    table_source_clear(&table);
    buf_deinit(&content);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        run_file(argv[i]);
    printf("1..%u\n", n_cases);
    return n_failed == 0 && n_cases > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
