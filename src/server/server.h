/* SPDX-License-Identifier: MIT */
/*
 * server - builds the parts, connects them, runs.
 *
 *     loops (2 threads)    HTTP, live streams, ingest
 *     workers              queries, password hashes
 *     store writer         commits what came in
 *     alert engine         judges samples and silence
 *     notifier             empties the outbox
 *     keeper               once a second: what must not be forgotten
 */
#pragma once

#include "model/problem.h"
#include "server/options.h"

struct server;

/* Call before any thread starts: signals are for server_run() alone. */
void server_block_signals(void);

/* Opens the data directory and builds everything; nothing runs yet.
 * 0; -errno with the problem, a sentence that says what to do. */
int server_new(const struct server_options *options, struct server **out_server,
               struct problem *problem);
void server_free(struct server *server);

/* Binds the addresses.  0; -errno with the problem. */
int server_listen(struct server *server, struct problem *problem);

/* Serves on the calling thread and those it starts, until SIGTERM or SIGINT.  0, -errno. */
int server_run(struct server *server);
