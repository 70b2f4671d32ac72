/* SPDX-License-Identifier: MIT */
/*
 * query_bench [ROUNDS [CASE]] - what PromQL itself costs, without a store, HTTP or a network.
 *
 * The source makes its samples up while it is walked (counters at 10 s, each CPU of a host with
 * eight modes); what that alone costs is measured and printed beside each query, so that
 * the difference is the evaluator's.  Prints one JSON object per line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "query/query.h"

#define STEP_MS   10000
#define ARENA_MAX ((size_t)512 * 1024 * 1024)
#define END_MS    INT64_C(1700000000000)

struct made_series {
    struct labels *labels;
    double start, growth;
};

struct made_source {
    struct made_series *series;
    size_t len;
};

static struct made_source make_source(size_t n_hosts, size_t n_cpus, bool idle_only)
{
    static const char *const modes[] = {"idle",    "iowait", "irq",    "nice",
                                        "softirq", "steal",  "system", "user"};
    struct made_source source = {0};
    source.series = calloc(n_hosts * n_cpus * 8, sizeof(*source.series));
    for (size_t i = 0; i < n_hosts * n_cpus * 8; i++) {
        if (idle_only && i % 8 != 0)
            continue;
        char instance[48], cpu[24];
        snprintf(instance, sizeof(instance), "host-%05zu:9100", i / 8 / n_cpus);
        snprintf(cpu, sizeof(cpu), "%zu", i / 8 % n_cpus);
        const struct label pairs[] = {{"__name__", "node_cpu_seconds_total"},
                                      {"cpu", cpu},
                                      {"instance", instance},
                                      {"job", "node"},
                                      {"mode", modes[i % 8]}};
        source.series[source.len++] = (struct made_series){
            labels_new(pairs, 5), (double)(i * 7919 % 100000), 0.01 * (double)(1 + i % 97)};
    }
    return source;
}

struct making {
    const struct made_source *source;
    const struct series_visitor *visitor;
    msec_t from_ms;
    size_t n_samples;
};

static int make_block(void *arg, unsigned thread, size_t first, size_t end)
{
    const struct making *making = arg;
    struct sample *samples = malloc((making->n_samples + 1) * sizeof(*samples));
    int error = 0;
    for (size_t i = first; error == 0 && i < end; i++) {
        const struct made_series *series = &making->source->series[i];
        double value = series->start;
        for (size_t k = 0; k < making->n_samples; k++) {
            samples[k] = (struct sample){making->from_ms + (msec_t)k * STEP_MS, value};
            value += series->growth + (double)(k % 13) * 0.01;
        }
        struct series_data data = {
            .labels = series->labels, .samples = samples, .n_samples = making->n_samples};
        error = making->visitor->visit(making->visitor->arg, thread, i, &data);
    }
    free(samples);
    return error;
}

static int walk(void *source, const struct series_request *request,
                const struct series_visitor *visitor)
{
    msec_t from = (request->from_ms + STEP_MS - 1) / STEP_MS * STEP_MS;
    struct made_source *made = source;
    struct making making = {made, visitor, from,
                            (size_t)((request->to_ms - from) / STEP_MS) + 1};
    return series_visitor_run(visitor, made->len, make_block, &making);
}

static int select_all(void *source, const struct series_request *request, struct arena *arena,
                      struct series_set *out_set)
{
    struct made_source *made = source;
    msec_t from = (request->from_ms + STEP_MS - 1) / STEP_MS * STEP_MS;
    size_t n = (size_t)((request->to_ms - from) / STEP_MS) + 1;
    out_set->items = arena_calloc(arena, made->len, sizeof(*out_set->items));
    out_set->len = made->len;
    for (size_t i = 0; i < made->len; i++) {
        const struct made_series *series = &made->series[i];
        struct sample *samples = arena_alloc(arena, n * sizeof(*samples));
        double value = series->start;
        for (size_t k = 0; k < n; k++) {
            samples[k] = (struct sample){from + (msec_t)k * STEP_MS, value};
            value += series->growth + (double)(k % 13) * 0.01;
        }
        out_set->items[i] = (struct series_data){
            .labels = labels_ref(series->labels), .samples = samples, .n_samples = n};
    }
    return 0;
}

static int visit_nothing(void *arg, unsigned thread, size_t index,
                         const struct series_data *data)
{
    (void)thread;
    (void)index;
    size_t *total = arg;
    *total += data->n_samples;
    return 0;
}

static double cpu_ms(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static double wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

struct bench_case {
    const char *name, *text;
    size_t n_hosts, n_cpus;
    bool idle_only;
    mspan_t length, step; /* step 0: instant */
    mspan_t range;        /* of its selector, for the walk on its own */
};

static void run_case(const struct bench_case *one, int rounds)
{
    struct made_source made = make_source(one->n_hosts, one->n_cpus, one->idle_only);
    const struct series_source_kind kind = {.select = select_all, .walk = walk};
    struct expr *expr;
    struct problem problem;
    if (query_parse(one->text, &expr, &problem) != 0)
        abort();
    double cpu = 0, wall = 0, writing = 0, best = 1e9;
    size_t bytes = 0, points = 0;
    for (int i = 0; i < rounds; i++) {
        struct arena arena;
        arena_init(&arena, ARENA_MAX);
        struct query_context context = {.source = {&kind, &made},
                                        .lookback = QUERY_LOOKBACK_DEFAULT,
                                        .max_samples = 50000000,
                                        .arena = &arena};
        struct query_span span = {END_MS - one->length, END_MS, one->step};
        struct query_result result;
        double cpu_before = cpu_ms(), wall_before = wall_ms();
        int error = one->step == 0 ? query_instant(&context, expr, END_MS, &result, &problem)
                                   : query_range(&context, expr, &span, &result, &problem);
        double cpu_now = cpu_ms(), wall_now = wall_ms();
        if (error != 0)
            abort();
        cpu += cpu_now - cpu_before;
        wall += wall_now - wall_before;
        best = wall_now - wall_before < best ? wall_now - wall_before : best;
        struct buf out;
        struct json json;
        buf_init(&out, ARENA_MAX);
        json_init(&json, &out);
        query_result_write(&result, &json);
        writing += wall_ms() - wall_now;
        bytes = out.len;
        points = 0;
        for (size_t k = 0; k < result.n_series; k++)
            points += result.series[k].n_samples;
        buf_deinit(&out);
        query_result_release(&result);
        arena_deinit(&arena);
    }
    size_t samples = 0;
    double before = cpu_ms();
    struct series_request request = {.from_ms = END_MS - one->length - one->range + 1,
                                     .to_ms = END_MS};
    struct series_visitor visitor = {.visit = visit_nothing, .arg = &samples};
    for (int i = 0; i < rounds; i++)
        walk(&made, &request, &visitor);
    double walking = cpu_ms() - before;
    printf("{\"query\":\"%s\",\"series\":%zu,\"samples\":%zu,\"points\":%zu,\"cpu_ms\":%.3f,"
           "\"source_cpu_ms\":%.3f,\"wall_ms\":%.3f,\"best_wall_ms\":%.3f,\"json_ms\":%.3f,"
           "\"json_bytes\":%zu}\n",
           one->name, made.len, samples / (size_t)rounds, points, cpu / rounds,
           walking / rounds, wall / rounds, best, writing / rounds, bytes);
    fflush(stdout);
    expr_free(expr);
    for (size_t i = 0; i < made.len; i++)
        labels_unref(made.series[i].labels);
    free(made.series);
}

int main(int argc, char **argv)
{
    static const struct bench_case cases[] = {
        {"one host's CPU, 24 h at 60 s",
         "100 - avg by (instance) (rate(node_cpu_seconds_total{mode='idle'}[1m])) * 100", 1, 4,
         true, MSEC_DAY, MSEC_MINUTE, MSEC_MINUTE},
        {"sum by (mode) of rate, 3,200 series, 6 h at 30 s",
         "sum by (mode) (rate(node_cpu_seconds_total[5m]))", 100, 4, false, 6 * MSEC_HOUR,
         30000, 5 * MSEC_MINUTE},
        {"topk of 400 series, instant",
         "topk(5, 100 - avg by (instance) (rate(node_cpu_seconds_total[1m])) * 100)", 100, 4,
         true, 0, 0, MSEC_MINUTE},
        {"the series themselves, 1 h at 10 s", "node_cpu_seconds_total", 1, 4, false, MSEC_HOUR,
         10000, QUERY_LOOKBACK_DEFAULT},
        {"max over a day, 24 h at 60 s", "max_over_time(node_cpu_seconds_total[1d])", 1, 4,
         true, MSEC_DAY, MSEC_MINUTE, MSEC_DAY},
        {"sum over a day, 24 h at 60 s", "sum_over_time(node_cpu_seconds_total[1d])", 1, 4,
         true, MSEC_DAY, MSEC_MINUTE, MSEC_DAY},
        {"quantile over an hour, 24 h at 60 s",
         "quantile_over_time(0.9, node_cpu_seconds_total[1h])", 1, 4, true, MSEC_DAY,
         MSEC_MINUTE, MSEC_HOUR},
        {"slope over an hour, 24 h at 60 s", "deriv(node_cpu_seconds_total[1h])", 1, 4, true,
         MSEC_DAY, MSEC_MINUTE, MSEC_HOUR},
    };
    int rounds = argc > 1 ? atoi(argv[1]) : 10;
    size_t only = argc > 2 ? (size_t)atoi(argv[2]) : 0; /* 0 = all */
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (only == 0 || only == i + 1)
            run_case(&cases[i], rounds);
    }
    return 0;
}
