/* SPDX-License-Identifier: MIT */
/*
 * answer - how every resource replies: JSON, problems (RFC 9457), and nothing.
 *
 * Each function answers the exchange, once.  Any thread.
 */
#pragma once

#include "base/json.h"
#include "model/problem.h"
#include "net/http_server.h"

#define ANSWER_BODY_MAX_BYTES ((size_t)64 * 1024 * 1024)

/* An answer being written: begin, use `json`, send. */
struct answer {
    struct http_exchange *exchange;
    struct buf body;
    struct json json;
};

void answer_begin(struct answer *answer, struct http_exchange *exchange);
/* Sends with the status and frees; 500 when the body grew over its ceiling. */
void answer_send(struct answer *answer, int status);

/* The same for an answer that may be long: as gzip when the client takes that.  Not for what holds
 * both secrets and the caller's own words. */
void answer_send_packed(struct answer *answer, int status);

/* The same around {"name": [ ... ]}. */
void answer_begin_list(struct answer *answer, struct http_exchange *exchange, const char *name);
void answer_send_list(struct answer *answer);

void answer_empty(struct http_exchange *exchange, int status); /* 204 and the like */
/* 204, or what fits the error. */
void answer_done(struct http_exchange *exchange, int error);

/* {"type":"about:blank","title",...,"detail":...}.  `field` may be NULL. */
void answer_problem(struct http_exchange *exchange, int status, const char *field,
                    const char *format, ...) PRINTF_LIKE(4, 5);

/* With Retry-After, for 429 and 503. */
void answer_retry(struct http_exchange *exchange, int status, mspan_t after,
                  const char *detail);

/* What fits a negative errno from state/ or store/: 404, 409, 503 ... */
void answer_error(struct http_exchange *exchange, int error);
