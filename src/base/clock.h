/* SPDX-License-Identifier: MIT */
/*
 * clock - instants and spans, each with its unit in its type.
 *
 * Wall time (msec_t) is what people and samples use; it may jump.  Monotonic time (mono_t)
 * is what every timer, deadline and timeout uses; it never does.  Code that decides by time
 * takes `now` as a parameter, so that tests need no waiting.
 *
 * Thread safe.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef int64_t msec_t;  /* instant: milliseconds since 1970-01-01 UTC */
typedef int64_t mspan_t; /* span: milliseconds */
typedef int64_t mono_t;  /* instant: milliseconds on CLOCK_MONOTONIC */

#define MSEC_SECOND ((mspan_t)1000)
#define MSEC_MINUTE (60 * MSEC_SECOND)
#define MSEC_HOUR   (60 * MSEC_MINUTE)
#define MSEC_DAY    (24 * MSEC_HOUR)

msec_t clock_wall_ms(void);
mono_t clock_mono_ms(void);
int64_t clock_mono_ns(void);

/* CPU time of this process so far, in nanoseconds. */
int64_t clock_cpu_ns(void);

/* "2026-11-20T09:17:28.124Z"; 25 bytes with the NUL.  Returns `out`. */
#define CLOCK_RFC3339_SIZE 25
char *clock_format_rfc3339(msec_t at, char out[CLOCK_RFC3339_SIZE]);

/* A span as people say it: "850 ms", "12 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". */
char *clock_format_span(mspan_t span, char *out, size_t size);
