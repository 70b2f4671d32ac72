/* SPDX-License-Identifier: MIT */
/* prometheus_query - expressions: what they give, how they look, what they are made of. */
#include <sched.h>
#include <stdio.h>

#include "api/prometheus.h"
#include "query/print.h"

/* What a request for a query says beyond the expression. */
struct wishes {
    size_t limit; /* of series */
    mspan_t lookback;
    bool stats;
    mono_t began;
};

static bool read_wishes(struct prometheus_call *call, struct wishes *out)
{
    mspan_t timeout;
    *out = (struct wishes){.stats = prometheus_has(call, "stats", NULL) &&
                                    !prometheus_has(call, "stats", ""),
                           .began = clock_mono_ms()};
    if (!prometheus_read_span(call, "timeout", PROMETHEUS_TIMEOUT, &timeout) ||
        !prometheus_read_limit(call, "limit", &out->limit) ||
        !prometheus_read_span(call, "lookback_delta", QUERY_LOOKBACK_DEFAULT, &out->lookback))
        return false;
    if (timeout < 0 || out->lookback < 0) {
        prometheus_fail(call, 400, "bad_data",
                        "\"timeout\" and \"lookback_delta\" must not be negative");
        return false;
    }
    if (out->lookback == 0)
        out->lookback = QUERY_LOOKBACK_DEFAULT;
    call->deadline = out->began + MIN_OF(timeout, PROMETHEUS_TIMEOUT);
    return true;
}

static unsigned usable_cores(void)
{
    cpu_set_t cores;
    return sched_getaffinity(0, sizeof(cores), &cores) == 0 ? (unsigned)CPU_COUNT(&cores) : 1;
}

static struct query_context context_of(struct prometheus_call *call,
                                       const struct wishes *wishes)
{
    return (struct query_context){.source = store_source(call->api->parts.store),
                                  .org = call->org,
                                  .lookback = wishes->lookback,
                                  .max_samples = PROMETHEUS_SAMPLES_MAX,
                                  .deadline = call->deadline,
                                  .cancelled = &call->api->stopping,
                                  .abandoned = http_exchange_abandoned(call->exchange),
                                  .n_threads = usable_cores(),
                                  .arena = &call->arena};
}

/* ---- the answer ---- */

static void write_stats(struct json *json, const struct prometheus_call *call,
                        const struct wishes *wishes, size_t samples)
{
    double queued = (double)(wishes->began - call->received) / MSEC_SECOND;
    double ran = (double)(clock_mono_ms() - wishes->began) / MSEC_SECOND;
    json_key(json, "stats");
    json_object_begin(json);
    json_key(json, "timings");
    json_object_begin(json);
    json_field_double(json, "evalTotalTime", ran);
    json_field_double(json, "resultSortTime", 0);
    json_field_double(json, "queryPreparationTime", 0);
    json_field_double(json, "innerEvalTime", ran);
    json_field_double(json, "execQueueTime", queued);
    json_field_double(json, "execTotalTime", queued + ran);
    json_object_end(json);
    json_key(json, "samples");
    json_object_begin(json);
    json_field_int(json, "totalQueryableSamples", (int64_t)samples);
    json_field_int(json, "peakSamples", (int64_t)samples);
    json_object_end(json);
    json_object_end(json);
}

static void write_remarks(struct json *json, const char *key, const char *const *remarks,
                          size_t count)
{
    if (count == 0)
        return;
    json_key(json, key);
    json_array_begin(json);
    for (size_t i = 0; i < count; i++)
        json_text(json, remarks[i]);
    json_array_end(json);
}

static void write_warnings(struct json *json, const struct query_result *result,
                           bool is_truncated)
{
    const char *all[32];
    size_t count = 0;
    for (; count < result->n_warnings && count + 1 < ARRAY_LEN(all); count++)
        all[count] = result->warnings[count];
    if (is_truncated)
        all[count++] = "results truncated due to limit";
    write_remarks(json, "warnings", all, count);
}

static void answer_result(struct prometheus_call *call, const struct wishes *wishes,
                          struct query_result *result)
{
    struct answer answer;
    struct query_result shown = *result;
    shown.n_series = MIN_OF(result->n_series, wishes->limit);
    prometheus_begin(call, &answer);
    json_object_begin(&answer.json);
    query_result_write_fields(&shown, &answer.json);
    if (wishes->stats)
        write_stats(&answer.json, call, wishes, result->samples_read);
    json_object_end(&answer.json);
    write_warnings(&answer.json, result, shown.n_series < result->n_series);
    write_remarks(&answer.json, "infos", result->infos, result->n_infos);
    query_result_release(result);
    prometheus_end(&answer);
}

static void finish(struct prometheus_call *call, const struct wishes *wishes, int error,
                   struct query_result *result, const struct problem *problem)
{
    if (error == 0)
        answer_result(call, wishes, result);
    else
        prometheus_fail_query(call, error, problem);
}

/* ---- /query, /query_range ---- */

void prometheus_instant(struct prometheus_call *call)
{
    msec_t at;
    struct wishes wishes;
    struct expr *expr;
    if (!prometheus_read_time(call, "time", clock_wall_ms(), &at) ||
        !read_wishes(call, &wishes) || !prometheus_read_expr(call, &expr))
        return;
    struct query_context context = context_of(call, &wishes);
    struct query_result result = {0};
    struct problem problem = {0};
    int error = query_instant(&context, expr, at, &result, &problem);
    finish(call, &wishes, error, &result, &problem);
    expr_free(expr);
}

static bool read_range(struct prometheus_call *call, struct query_span *out)
{
    static const char *const needed[] = {"start", "end", "step"};
    for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
        if (prometheus_has(call, needed[i], NULL))
            continue;
        char detail[64];
        snprintf(detail, sizeof(detail), "invalid parameter \"%s\": it is missing", needed[i]);
        prometheus_fail(call, 400, "bad_data", detail);
        return false;
    }
    if (!prometheus_read_time(call, "start", 0, &out->from_ms) ||
        !prometheus_read_time(call, "end", 0, &out->to_ms) ||
        !prometheus_read_span(call, "step", 0, &out->step_ms))
        return false;
    if (out->step_ms > 0 && out->to_ms >= out->from_ms)
        return true;
    prometheus_fail(call, 400, "bad_data",
                    out->step_ms <= 0
                        ? "invalid parameter \"step\": it must be greater than 0"
                        : "invalid parameter \"end\": it must not lie before \"start\"");
    return false;
}

void prometheus_range(struct prometheus_call *call)
{
    struct query_span span;
    struct wishes wishes;
    struct expr *expr;
    if (!read_range(call, &span) || !read_wishes(call, &wishes) ||
        !prometheus_read_expr(call, &expr))
        return;
    struct query_context context = context_of(call, &wishes);
    struct query_result result = {0};
    struct problem problem = {0};
    int error = query_range(&context, expr, &span, &result, &problem);
    finish(call, &wishes, error, &result, &problem);
    expr_free(expr);
}

/* ---- without evaluation ---- */

/* We keep no exemplars. */
void prometheus_exemplars(struct prometheus_call *call)
{
    struct expr *expr;
    msec_t unused;
    if (!prometheus_read_time(call, "start", 0, &unused) ||
        !prometheus_read_time(call, "end", 0, &unused) || !prometheus_read_expr(call, &expr))
        return;
    expr_free(expr);
    struct answer answer;
    prometheus_begin(call, &answer);
    json_array_begin(&answer.json);
    json_array_end(&answer.json);
    prometheus_end(&answer);
}

void prometheus_format(struct prometheus_call *call)
{
    struct expr *expr;
    if (!prometheus_read_expr(call, &expr))
        return;
    struct buf text;
    buf_init(&text, ANSWER_BODY_MAX_BYTES);
    if (expr_print(expr, &text) == 0) {
        struct answer answer;
        prometheus_begin(call, &answer);
        json_text_n(&answer.json, buf_text(&text), text.len);
        prometheus_end(&answer);
    } else {
        prometheus_fail(call, 422, "execution", "the expression is too large to be laid out");
    }
    buf_deinit(&text);
    expr_free(expr);
}

void prometheus_parse(struct prometheus_call *call)
{
    struct expr *expr;
    if (!prometheus_read_expr(call, &expr))
        return;
    struct answer answer;
    prometheus_begin(call, &answer);
    expr_write_tree(expr, &answer.json);
    prometheus_end(&answer);
    expr_free(expr);
}
