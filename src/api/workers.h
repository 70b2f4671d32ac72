/* SPDX-License-Identifier: MIT */
/*
 * workers - a few threads for answers that take time: queries, password hashes, test messages.
 *
 * A job runs on one of them and answers its exchange.  The queue is bounded; when it is full
 * workers_run() refuses, and its caller answers 503.  Thread safe.
 */
#pragma once

#include <stddef.h>

typedef void worker_fn(void *arg);

struct workers;

struct workers *workers_new(size_t n_threads, size_t queue_max);
/* Runs what is queued, then ends the threads. */
void workers_free(struct workers *workers);

/* 0; -EAGAIN when the queue is full. */
int workers_run(struct workers *workers, worker_fn *fn, void *arg);
