/* SPDX-License-Identifier: MIT */
/*
 * prometheus - Prometheus' HTTP API for queries, below /prometheus/api/v1.
 *
 * GET with a query string or POST with a form.  Each request is a job for the workers, with a
 * deadline, a ceiling on memory and a limit on samples.
 */
#include "api/prometheus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PROMETHEUS_MEMORY_MAX_BYTES ((size_t)512 * 1024 * 1024)
#define PROMETHEUS_TIMEOUT          (30 * MSEC_SECOND)

void prometheus_fail(struct prometheus_call *call, int status, const char *type,
                     const char *text)
{
    struct answer answer;
    answer_begin(&answer, call->exchange);
    json_object_begin(&answer.json);
    json_field_string(&answer.json, "status", "error");
    json_field_string(&answer.json, "errorType", type);
    json_field_string(&answer.json, "error", text);
    json_object_end(&answer.json);
    answer_send(&answer, status);
}

/* A parameter, copied into the work's arena; NULL when absent.  False: it was answered. */
static bool read_text(struct prometheus_call *call, const char *name, const char **out_text)
{
    char *text = arena_alloc(&call->arena, QUERY_TEXT_MAX_BYTES);
    int error =
        text == NULL ? -ENOMEM : http_form_value(call->form, name, text, QUERY_TEXT_MAX_BYTES);
    *out_text = error == 0 ? text : NULL;
    if (error == 0 || error == -ENOENT)
        return true;
    char detail[128];
    snprintf(detail, sizeof(detail), "parameter \"%s\" is not valid", name);
    prometheus_fail(call, 400, "bad_data", detail);
    return false;
}

bool prometheus_read_time(struct prometheus_call *call, const char *name, msec_t fallback,
                          msec_t *out_at)
{
    const char *text;
    if (!read_text(call, name, &text))
        return false;
    *out_at = fallback;
    if (text == NULL || query_parse_time(text, out_at) == 0)
        return true;
    char detail[128];
    snprintf(detail, sizeof(detail),
             "parameter \"%s\" must be a Unix time in seconds or RFC 3339", name);
    prometheus_fail(call, 400, "bad_data", detail);
    return false;
}

static bool read_span(struct prometheus_call *call, const char *name, mspan_t fallback,
                      mspan_t *out_span)
{
    const char *text;
    if (!read_text(call, name, &text))
        return false;
    *out_span = fallback;
    if (text == NULL || query_parse_duration(text, out_span) == 0)
        return true;
    char detail[128];
    snprintf(detail, sizeof(detail),
             "parameter \"%s\" must be a duration such as 15s or 5m, or seconds", name);
    prometheus_fail(call, 400, "bad_data", detail);
    return false;
}

static bool read_expr(struct prometheus_call *call, struct expr **out_expr)
{
    const char *text;
    if (!read_text(call, "query", &text))
        return false;
    struct problem problem = {0};
    if (text == NULL)
        problem_set(&problem, "parameter \"query\" is missing");
    else if (query_parse(text, out_expr, &problem) == 0)
        return true;
    char detail[700];
    problem_format(&problem, detail, sizeof(detail));
    prometheus_fail(call, 400, "bad_data", detail);
    return false;
}

void prometheus_fail_query(struct prometheus_call *call, int error,
                           const struct problem *problem)
{
    char detail[700];
    problem_format(problem, detail, sizeof(detail));
    switch (error) {
    case QUERY_BAD_DATA: prometheus_fail(call, 400, "bad_data", detail); break;
    case QUERY_TOO_LARGE:
        prometheus_fail(call, 422, "execution",
                        *detail != '\0' ? detail
                                        : "the query needs too many samples or memory");
        break;
    case QUERY_TIMEOUT:
        prometheus_fail(call, 503, "timeout", "the query took longer than its timeout");
        break;
    case QUERY_CANCELLED:
        prometheus_fail(call, 503, "canceled", "the query was cancelled");
        break;
    default:
        prometheus_fail(call, 500, "internal",
                        error == -E2BIG || error == -ENOMEM ? "the query needs too much memory"
                                                            : strerror(-error));
        break;
    }
}

static void answer_result(struct prometheus_call *call, struct query_result *result)
{
    struct answer answer;
    answer_begin(&answer, call->exchange);
    json_object_begin(&answer.json);
    json_field_string(&answer.json, "status", "success");
    json_key(&answer.json, "data");
    query_result_write(result, &answer.json);
    if (result->n_warnings > 0) {
        json_key(&answer.json, "warnings");
        json_array_begin(&answer.json);
        for (size_t i = 0; i < result->n_warnings; i++)
            json_text(&answer.json, result->warnings[i]);
        json_array_end(&answer.json);
    }
    json_object_end(&answer.json);
    query_result_release(result);
    answer_send(&answer, 200);
}

static struct query_context context_of(struct prometheus_call *call)
{
    return (struct query_context){.source = store_source(call->api->parts.store),
                                  .org = call->org,
                                  .lookback = QUERY_LOOKBACK_DEFAULT,
                                  .max_samples = PROMETHEUS_SAMPLES_MAX,
                                  .deadline = call->deadline,
                                  .cancelled = &call->api->stopping,
                                  .arena = &call->arena};
}

/* Reads `timeout`, which may only shorten ours. */
static bool read_timeout(struct prometheus_call *call)
{
    mspan_t timeout;
    if (!read_span(call, "timeout", PROMETHEUS_TIMEOUT, &timeout))
        return false;
    call->deadline = clock_mono_ms() + MIN_OF(timeout, PROMETHEUS_TIMEOUT);
    return true;
}

static void run_instant(struct prometheus_call *call)
{
    msec_t at;
    struct expr *expr;
    if (!prometheus_read_time(call, "time", clock_wall_ms(), &at) || !read_timeout(call) ||
        !read_expr(call, &expr))
        return;
    struct query_context context = context_of(call);
    struct query_result result;
    struct problem problem = {0};
    int error = query_instant(&context, expr, at, &result, &problem);
    if (error == 0)
        answer_result(call, &result);
    else
        prometheus_fail_query(call, error, &problem);
    expr_free(expr);
}

static void run_range(struct prometheus_call *call)
{
    msec_t now = clock_wall_ms();
    struct query_span span;
    struct expr *expr;
    if (!prometheus_read_time(call, "start", now - MSEC_HOUR, &span.from_ms) ||
        !prometheus_read_time(call, "end", now, &span.to_ms) ||
        !read_span(call, "step", 0, &span.step_ms) || !read_timeout(call))
        return;
    if (span.step_ms <= 0 || span.to_ms < span.from_ms) {
        prometheus_fail(call, 400, "bad_data",
                        span.step_ms <= 0 ? "parameter \"step\" is missing or not above zero"
                                          : "parameter \"end\" lies before \"start\"");
        return;
    }
    if (!read_expr(call, &expr))
        return;
    struct query_context context = context_of(call);
    struct query_result result;
    struct problem problem = {0};
    int error = query_range(&context, expr, &span, &result, &problem);
    if (error == 0)
        answer_result(call, &result);
    else
        prometheus_fail_query(call, error, &problem);
    expr_free(expr);
}

static void run_call(void *arg)
{
    struct prometheus_call *call = arg;
    arena_init(&call->arena, PROMETHEUS_MEMORY_MAX_BYTES);
    /* The answer may free the exchange, and `call` with it: the arena is taken out first. */
    struct prometheus_call own = *call;
    own.run(&own);
    arena_deinit(&own.arena);
}

static void start_call(struct api *api, struct http_exchange *exchange, prometheus_fn *run,
                       const char *label)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct prometheus_call *call =
        arena_calloc(http_exchange_arena(exchange), 1, sizeof(*call));
    if (call != NULL) {
        call->api = api;
        call->exchange = exchange;
        call->run = run;
        call->label = label;
        call->form = request->method == HTTP_POST ? request->body : request->query;
        call->org = resource_who(exchange)->org;
    }
    resource_run(api, exchange, run_call, call);
}

#define ROUTE_FN(name, run)                                                                    \
    static void name(struct http_exchange *exchange, const struct route_params *params,        \
                     void *arg)                                                                \
    {                                                                                          \
        (void)params;                                                                          \
        start_call(arg, exchange, run, NULL);                                                  \
    }

ROUTE_FN(serve_query, run_instant)
ROUTE_FN(serve_range, run_range)
ROUTE_FN(serve_series, prometheus_series)
ROUTE_FN(serve_labels, prometheus_labels)

static void serve_values(struct http_exchange *exchange, const struct route_params *params,
                         void *arg)
{
    start_call(arg, exchange, prometheus_labels, params->values[0]);
}

#define PROMETHEUS_BASE "/prometheus/api/v1"

static const struct route routes[] = {
    {HTTP_GET, PROMETHEUS_BASE "/query", serve_query, RIGHT_READ},
    {HTTP_POST, PROMETHEUS_BASE "/query", serve_query, RIGHT_READ},
    {HTTP_GET, PROMETHEUS_BASE "/query_range", serve_range, RIGHT_READ},
    {HTTP_POST, PROMETHEUS_BASE "/query_range", serve_range, RIGHT_READ},
    {HTTP_GET, PROMETHEUS_BASE "/series", serve_series, RIGHT_READ},
    {HTTP_POST, PROMETHEUS_BASE "/series", serve_series, RIGHT_READ},
    {HTTP_GET, PROMETHEUS_BASE "/labels", serve_labels, RIGHT_READ},
    {HTTP_POST, PROMETHEUS_BASE "/labels", serve_labels, RIGHT_READ},
    {HTTP_GET, PROMETHEUS_BASE "/label/{name}/values", serve_values, RIGHT_READ},
};

const struct resource prometheus_resource = {routes, ARRAY_LEN(routes)};
