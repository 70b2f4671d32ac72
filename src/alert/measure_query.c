/* SPDX-License-Identifier: MIT */
/* measure_query - rules in PromQL, over whatever fulfils series_source. */
#include <errno.h>

#include "alert/measure.h"
#include "base/clock.h"
#include "base/macros.h"
#include "query/query.h"

/* One rule on one host reads a handful of series; this is a guard, not a budget. */
#define MEASURE_SAMPLES_MAX 1000000
#define MEASURE_DEADLINE_MS 2000
#define MEASURE_SERIES_MAX  1024

static int prepare(void *arg, const struct rule *rule, const char *instance,
                   void **out_prepared, struct problem *problem)
{
    (void)arg;
    struct expr *whole;
    int error = query_parse(rule->expr, &whole, problem);
    if (error != 0)
        return error;
    struct expr *narrowed;
    error = expr_narrow(whole, LABEL_INSTANCE, instance, &narrowed);
    expr_free(whole);
    if (error == 0)
        *out_prepared = narrowed;
    return error;
}

static int copy_vector(const struct query_result *result, struct arena *arena,
                       struct measurements *out_measurements)
{
    size_t count = MIN_OF(result->n_series, (size_t)MEASURE_SERIES_MAX);
    struct measurement *items = arena_calloc(arena, count + 1, sizeof(*items));
    if (items == NULL)
        return -E2BIG;
    for (size_t i = 0; i < count; i++)
        items[i] = (struct measurement){labels_ref(result->series[i].labels),
                                        result->series[i].samples[0].value};
    *out_measurements = (struct measurements){items, count};
    return 0;
}

static int run(void *arg, const struct measure_request *request,
               struct measurements *out_measurements)
{
    const struct series_source *source = arg;
    struct query_context context = {
        .source = *source,
        .org = request->org,
        .lookback = request->lookback,
        .max_samples = MEASURE_SAMPLES_MAX,
        .deadline = clock_mono_ms() + MEASURE_DEADLINE_MS,
        .arena = request->arena,
    };
    struct query_result result;
    struct problem problem;
    int error = query_instant(&context, request->prepared, request->at_ms, &result, &problem);
    if (error != 0)
        return error;
    /* A rule measures series; anything else has no host. */
    error = result.type == QUERY_VECTOR ? copy_vector(&result, request->arena, out_measurements)
                                        : QUERY_BAD_DATA;
    query_result_release(&result);
    return error;
}

static void release(void *prepared)
{
    if (prepared != NULL)
        expr_free(prepared);
}

const struct measure_kind measure_by_query = {
    .prepare = prepare,
    .run = run,
    .release = release,
};
