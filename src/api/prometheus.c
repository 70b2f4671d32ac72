/* SPDX-License-Identifier: MIT */
/*
 * prometheus - Prometheus' HTTP API, below /prometheus/api/v1: parameters, answers, routes.
 *
 * GET with a query string or POST with a form.  Each request is a job for the workers, with a
 * deadline, a ceiling on memory and a limit on samples.  A client that closes its connection
 * cancels its query.
 */
#include "api/prometheus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PROMETHEUS_MEMORY_MAX_BYTES ((size_t)512 * 1024 * 1024)

/* ---- answers ---- */

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

void prometheus_begin(struct prometheus_call *call, struct answer *answer)
{
    answer_begin(answer, call->exchange);
    json_object_begin(&answer->json);
    json_field_string(&answer->json, "status", "success");
    json_key(&answer->json, "data");
}

void prometheus_end(struct answer *answer)
{
    json_object_end(&answer->json);
    answer_send_packed(answer, 200);
}

void prometheus_write_truncated(struct json *json)
{
    json_key(json, "warnings");
    json_array_begin(json);
    json_text(json, "results truncated due to limit");
    json_array_end(json);
}

void prometheus_fail_query(struct prometheus_call *call, int error,
                           const struct problem *problem)
{
    char detail[700];
    problem_format(problem, detail, sizeof(detail));
    switch (error) {
    case QUERY_BAD_DATA: prometheus_fail(call, 400, "bad_data", detail); break;
    case QUERY_FAILED: prometheus_fail(call, 422, "execution", detail); break;
    case QUERY_TOO_LARGE:
        prometheus_fail(call, 422, "execution",
                        *detail != '\0' ? detail
                                        : "the query needs too many samples or memory");
        break;
    case QUERY_TIMEOUT:
        prometheus_fail(call, 503, "timeout", "the query took longer than its timeout");
        break;
    case QUERY_CANCELLED:
        prometheus_fail(call, 499, "canceled", "the query was cancelled");
        break;
    case -E2BIG:
    case -ENOMEM:
        prometheus_fail(call, 422, "execution", "the query needs too much memory");
        break;
    default: prometheus_fail(call, 500, "internal", strerror(-error)); break;
    }
}

/* ---- parameters ---- */

static bool refuse_parameter(struct prometheus_call *call, const char *name, const char *why)
{
    char detail[900];
    snprintf(detail, sizeof(detail), "invalid parameter \"%s\": %s", name, why);
    prometheus_fail(call, 400, "bad_data", detail);
    return false;
}

bool prometheus_read_text(struct prometheus_call *call, const char *name, const char **out_text)
{
    char *text = arena_alloc(&call->arena, QUERY_TEXT_MAX_BYTES);
    int error =
        text == NULL ? -ENOMEM : http_form_value(call->form, name, text, QUERY_TEXT_MAX_BYTES);
    *out_text = error == 0 ? text : NULL;
    if (error == 0 || error == -ENOENT)
        return true;
    return refuse_parameter(call, name,
                            error == -ENOBUFS ? "it is too long" : "an escape is not valid");
}

bool prometheus_read_time(struct prometheus_call *call, const char *name, msec_t fallback,
                          msec_t *out_at)
{
    const char *text;
    if (!prometheus_read_text(call, name, &text))
        return false;
    *out_at = fallback;
    if (text == NULL || *text == '\0' || query_parse_time(text, out_at) == 0)
        return true;
    return refuse_parameter(call, name, "it must be a Unix time in seconds or RFC 3339");
}

bool prometheus_read_span(struct prometheus_call *call, const char *name, mspan_t fallback,
                          mspan_t *out_span)
{
    const char *text;
    if (!prometheus_read_text(call, name, &text))
        return false;
    *out_span = fallback;
    if (text == NULL || *text == '\0' || query_parse_duration(text, out_span) == 0)
        return true;
    return refuse_parameter(call, name,
                            "it must be a duration such as 15s or 5m, or a number of seconds");
}

bool prometheus_read_limit(struct prometheus_call *call, const char *name, size_t *out_limit)
{
    const char *text;
    uint64_t limit = 0;
    if (!prometheus_read_text(call, name, &text))
        return false;
    if (text != NULL && *text != '\0' && text_to_u64(text, &limit) != 0)
        return refuse_parameter(call, name, "it must be a whole number from 0 on");
    *out_limit = limit == 0 ? SIZE_MAX : (size_t)limit;
    return true;
}

bool prometheus_read_expr(struct prometheus_call *call, struct expr **out_expr)
{
    const char *text;
    if (!prometheus_read_text(call, "query", &text))
        return false;
    if (text == NULL)
        return refuse_parameter(call, "query", "it is missing");
    struct problem problem = {0};
    if (query_parse(text, out_expr, &problem) == 0)
        return true;
    char detail[700];
    snprintf(detail, sizeof(detail), "%d:%d: parse error: %s", problem.line, problem.column,
             problem.text);
    return refuse_parameter(call, "query", detail);
}

bool prometheus_has(const struct prometheus_call *call, const char *name, const char *value)
{
    struct slice rest = slice_of(call->form), key, given;
    while (http_form_next(&rest, &key, &given)) {
        char text[128];
        if (http_form_decode(key, text, sizeof(text)) != 0 || !text_is(text, name))
            continue;
        if (value == NULL ||
            (http_form_decode(given, text, sizeof(text)) == 0 && text_is(text, value)))
            return true;
    }
    return false;
}

/* ---- running ---- */

static void run_call(void *arg)
{
    struct prometheus_call *call = arg;
    if (__atomic_load_n(http_exchange_abandoned(call->exchange), __ATOMIC_RELAXED)) {
        prometheus_fail_query(call, QUERY_CANCELLED, &(struct problem){0});
        return;
    }
    arena_init(&call->arena, PROMETHEUS_MEMORY_MAX_BYTES);
    /* The answer may free the exchange, and `call` with it: the arena is taken out first. */
    struct prometheus_call own = *call;
    own.run(&own);
    arena_deinit(&own.arena);
}

/* A form that was posted, and the query string behind it: what is in both counts once. */
static const char *form_of(struct http_exchange *exchange)
{
    const struct http_request *request = http_exchange_request(exchange);
    if (request->method != HTTP_POST)
        return request->query;
    if (*request->query == '\0')
        return request->body;
    return arena_printf(http_exchange_arena(exchange), "%s&%s", request->body, request->query);
}

static void start_call(struct api *api, struct http_exchange *exchange, prometheus_fn *run,
                       const char *label)
{
    struct prometheus_call *call =
        arena_calloc(http_exchange_arena(exchange), 1, sizeof(*call));
    if (call != NULL) {
        call->api = api;
        call->exchange = exchange;
        call->run = run;
        call->label = label;
        call->form = form_of(exchange);
        call->org = resource_who(exchange)->org;
        call->received = clock_mono_ms();
    }
    resource_run(api, exchange, run_call, call == NULL || call->form == NULL ? NULL : call);
}

static void serve_values(struct http_exchange *exchange, const struct route_params *params,
                         void *arg)
{
    start_call(arg, exchange, prometheus_labels, params->values[0]);
}

/* ---- routes ---- */

#define SERVE(run)                                                                             \
    static void serve_##run(struct http_exchange *exchange, const struct route_params *params, \
                            void *arg)                                                         \
    {                                                                                          \
        (void)params;                                                                          \
        start_call(arg, exchange, prometheus_##run, NULL);                                     \
    }

SERVE(instant)
SERVE(range)
SERVE(exemplars)
SERVE(format)
SERVE(parse)
SERVE(series)
SERVE(labels)
SERVE(cardinality)
SERVE(buildinfo)
SERVE(runtimeinfo)
SERVE(config)
SERVE(flags)
SERVE(walreplay)
SERVE(targets)
SERVE(target_metadata)
SERVE(scrape_pools)
SERVE(alertmanagers)
SERVE(metadata)
SERVE(rules)
SERVE(alerts)

#define PROMETHEUS_BASE "/prometheus/api/v1"
#define READ(path, run)                                                                        \
    {                                                                                          \
        HTTP_GET, PROMETHEUS_BASE path, run, RIGHT_READ                                        \
    }
#define READ_FORM(path, run)                                                                   \
    READ(path, run),                                                                           \
    {                                                                                          \
        HTTP_POST, PROMETHEUS_BASE path, run, RIGHT_READ                                       \
    }

static const struct route routes[] = {
    READ_FORM("/query", serve_instant),
    READ_FORM("/query_range", serve_range),
    READ_FORM("/query_exemplars", serve_exemplars),
    READ_FORM("/format_query", serve_format),
    READ_FORM("/parse_query", serve_parse),
    READ_FORM("/series", serve_series),
    READ_FORM("/labels", serve_labels),
    READ("/label/{name}/values", serve_values),
    READ("/metadata", serve_metadata),
    READ("/rules", serve_rules),
    READ("/alerts", serve_alerts),
    READ("/alertmanagers", serve_alertmanagers),
    READ("/targets", serve_targets),
    READ("/targets/metadata", serve_target_metadata),
    READ("/scrape_pools", serve_scrape_pools),
    READ("/status/buildinfo", serve_buildinfo),
    READ("/status/runtimeinfo", serve_runtimeinfo),
    READ("/status/config", serve_config),
    READ("/status/flags", serve_flags),
    READ("/status/tsdb", serve_cardinality),
    READ("/status/walreplay", serve_walreplay),
};

const struct resource prometheus_resource = {routes, ARRAY_LEN(routes)};
