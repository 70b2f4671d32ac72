/* SPDX-License-Identifier: MIT */
/*
 * query - PromQL: text → expression → result.
 *
 * The language is that of Prometheus 3.5 with default flags.  An expression is immutable once
 * parsed and may be evaluated from several threads at once; everything an evaluation makes lives
 * in the arena of the caller, whose ceiling is the query's memory limit.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/json.h"
#include "model/labels.h"
#include "model/problem.h"
#include "model/series_source.h"

struct expr;

#define QUERY_TEXT_MAX_BYTES   ((size_t)64 * 1024)
#define QUERY_LOOKBACK_DEFAULT (5 * MSEC_MINUTE)

/* 0; -EINVAL with the problem: line and column (from 1) in the expression, and what was expected.
 * The expression owns its memory; free with expr_free(). */
int query_parse(const char *text, struct expr **out_expr, struct problem *problem);
void expr_free(struct expr *expr);

/* Adds label="value" to every selector in the expression: how a rule is narrowed to the host
 * whose samples just arrived.  0, -ENOMEM. */
int expr_narrow(const struct expr *expr, const char *label, const char *value,
                struct expr **out_expr);

/* The matchers of an expression that is one plain selector, as match[] of Prometheus' API wants
 * it: no range, offset or @.  They live as long as the expression.  False when it is more. */
bool expr_is_selector(const struct expr *expr, const struct matcher **out_matchers,
                      size_t *out_count);

/* True when the result's series keep `label` from their selectors (so that evaluating per value
 * of it gives the same as evaluating at once). */
bool expr_keeps_label(const struct expr *expr, const char *label);

enum query_type {
    QUERY_SCALAR,
    QUERY_STRING,
    QUERY_VECTOR,
    QUERY_MATRIX,
    QUERY_TYPE_COUNT
};
extern const char *const query_type_names[QUERY_TYPE_COUNT]; /* "scalar", "string", ... */

struct query_series {
    struct labels *labels;        /* one reference, owned by the result */
    const struct sample *samples; /* one for a vector; ascending for a matrix */
    size_t n_samples;
};

struct query_result {
    enum query_type type;
    struct query_series *series; /* vector, matrix; sorted by labels for a matrix */
    size_t n_series;
    struct sample scalar;        /* QUERY_SCALAR */
    const char *text;            /* QUERY_STRING */
    const char *const *warnings; /* annotations, may be empty */
    size_t n_warnings;
    const char *const *infos;
    size_t n_infos;
    size_t samples_read; /* from the source */
};

void query_result_release(struct query_result *result);

struct query_context {
    struct series_source source;
    org_id org;
    mspan_t lookback;      /* QUERY_LOOKBACK_DEFAULT */
    size_t max_samples;    /* read per query, e.g. 50 M */
    mono_t deadline;       /* checked while evaluating; 0 = none */
    const bool *cancelled; /* read while evaluating; NULL = never */
    const bool *abandoned; /* likewise: the one who asked is gone */
    unsigned n_threads;    /* a query that reads much may use so many; 0 = 1 */
    struct arena *arena;   /* where results live; its ceiling limits the query's memory */
};

/* Evaluated at from_ms, from_ms + step_ms, ... up to to_ms. */
struct query_span {
    msec_t from_ms, to_ms;
    mspan_t step_ms;
};

enum query_error { /* positive: the caller must tell the user */
    QUERY_OK,
    QUERY_BAD_DATA,  /* not a query of this kind: problem says why */
    QUERY_FAILED,    /* it met data that it cannot combine: problem says which */
    QUERY_TOO_LARGE, /* samples, points or memory */
    QUERY_TIMEOUT,
    QUERY_CANCELLED,
};

#define QUERY_POINTS_MAX 11000 /* per series, as in Prometheus */

/* 0, an enum query_error, or -errno from the source. */
int query_instant(const struct query_context *context, const struct expr *expr, msec_t at_ms,
                  struct query_result *out_result, struct problem *problem);
int query_range(const struct query_context *context, const struct expr *expr,
                const struct query_span *span, struct query_result *out_result,
                struct problem *problem);

/* "resultType":"matrix","result":[...] into an object, as Prometheus writes it. */
void query_result_write_fields(const struct query_result *result, struct json *json);
/* The same with its braces. */
void query_result_write(const struct query_result *result, struct json *json);

/* Durations and times as PromQL and its HTTP API write them.  0, -EINVAL. */
int query_parse_duration(const char *text, mspan_t *out_span); /* "5m", "1h30m", "90" seconds */
int query_parse_time(const char *text,
                     msec_t *out_at); /* Unix seconds with fraction, RFC 3339 */
