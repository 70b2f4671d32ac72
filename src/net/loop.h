/* SPDX-License-Identifier: MIT */
/*
 * loop - one libevent loop on one thread, and how other threads reach it.
 *
 * Everything that belongs to a loop (connections, timers) is touched on its thread only.
 * loop_post() is the one function that any thread may call.
 */
#pragma once

#include <stdbool.h>

#include "base/clock.h"

struct event_base;
struct evdns_base;
struct loop;
struct loop_timer;

typedef void loop_fn(void *arg);

/* 0, -ENOMEM.  Pair with loop_free(), after loop_run() has returned.  The first call prepares
 * the process: SIGPIPE is ignored from then on. */
int loop_new(struct loop **out_loop);
void loop_free(struct loop *loop);

/* Runs on the calling thread until loop_stop(); what was posted until then is run. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop); /* any thread, also a signal callback */

/* Whether the caller is on the loop's thread (false while the loop does not run). */
bool loop_is_current(const struct loop *loop);

/* Runs fn(arg) on the loop's thread, in the order of posting.  Any thread. */
void loop_post(struct loop *loop, loop_fn *fn, void *arg);

/* Calls fn(arg) every `every` ms, first after `every`; phase is kept (no drift). */
struct loop_timer *loop_timer_start(struct loop *loop, mspan_t every, loop_fn *fn, void *arg);
/* Calls fn(arg) once. */
struct loop_timer *loop_timer_once(struct loop *loop, mspan_t after, loop_fn *fn, void *arg);
void loop_timer_stop(struct loop_timer *timer); /* NULL is fine; also frees a fired one */

/* Calls fn(arg) on the loop's thread when the signal arrives. */
int loop_on_signal(struct loop *loop, int signal, loop_fn *fn, void *arg);

/* For the net layer itself. */
struct event_base *loop_events(struct loop *loop);
struct evdns_base *loop_dns(struct loop *loop); /* NULL when memory is out */
void loop_dns_reload(struct loop *loop);        /* reads resolv.conf and hosts again */
