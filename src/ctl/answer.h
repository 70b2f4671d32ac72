/* SPDX-License-Identifier: MIT */
/*
 * answer - reading the server's JSON as people want to see it.
 */
#pragma once

#include <jansson.h>

#include "base/clock.h"
#include "ctl/table.h"

/* "" when it is not a text. */
const char *answer_text(const json_t *object, const char *key);

/* 0 when it is not a number. */
int64_t answer_int(const json_t *object, const char *key);

/* The next cell: a number with `digits` behind the point and its unit, "-" when there is none. */
void answer_add_number(struct table *table, const json_t *number, int digits, const char *unit);

/* "3 min 20 s" from `then` to `now`; "-" when `then` is 0. */
void answer_add_span(struct table *table, msec_t then, msec_t now);

/* "2026-11-20 14:03:05" in local time; "-" when it is 0. */
void answer_add_time(struct table *table, msec_t at);
