/* SPDX-License-Identifier: MIT */
/*
 * post - what the channels that speak JSON over HTTP share: the request, and how far an answer
 * can be judged by its status alone.
 */
#pragma once

#include "notify/channel.h"

/* POST of `body`, which is JSON by now.  0, -ENOMEM. */
int post_json(struct transfer *transfer, const char *url);

/* 2xx is delivered; 408, 429 and 5xx are tried again, not before what Retry-After says;
 * everything else is a mistake that repeating would not mend.  No answer is tried again. */
void post_judge(const struct transfer *transfer, CURLcode code, struct verdict *out_verdict);

/* Status of an answer that came whole; 0 = none came. */
long post_status(const struct transfer *transfer, CURLcode code);

/* The answer as a JSON object; NULL when it is none.  The caller has a reference. */
json_t *post_answer(const struct transfer *transfer);

/* Where a receiver says in its JSON how long to wait: seconds, whole or not; others are left. */
void post_wait_seconds(struct verdict *verdict, const json_t *seconds);

/* The text below a push message's title: facts, a line each, whole lines up to `max_bytes`. */
void post_facts(struct buf *out, const struct message *message, size_t max_bytes);
