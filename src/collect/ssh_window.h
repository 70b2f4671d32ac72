/* SPDX-License-Identifier: MIT */
/*
 * ssh_window - failed log-ins within a sliding window of time, by source address.
 *
 * Counts attempts, not lines.  The lines of one connection (one sshd process) belong together:
 * - a failure counts one;
 * - a sign ("Invalid user", "Connection closed by authenticating user ... [preauth]") counts one
 *   if nothing in its connection has counted yet, and the failure that follows it is that one;
 * - PAM's error and the keyboard-interactive failure after it are one;
 * - a doubt (a refused key) counts nothing, but makes a connection that is closed before being
 *   let in an attempt.
 *
 * All memory is bounded: over SSH_SOURCES_MAX addresses the one longest quiet makes room and
 * its attempts stay in the sum only; over SSH_MARKS_MAX marks the oldest are dropped.
 */
#pragma once

#include "base/clock.h"
#include "base/json.h"
#include "base/vec.h"
#include "collect/ssh_pattern.h"

#define SSH_SOURCES_MAX     256
#define SSH_USERS_MAX       8 /* per source; the first ones seen */
#define SSH_USER_SIZE       33
#define SSH_ADDRESS_SIZE    64
#define SSH_MARKS_MAX       4096
#define SSH_CONNECTIONS_MAX 128

struct ssh_source {
    char address[SSH_ADDRESS_SIZE];
    unsigned count; /* in the window; 0 = the place is free */
    msec_t last_ms;
    size_t n_users;
    char users[SSH_USERS_MAX][SSH_USER_SIZE];
    unsigned generation; /* rises when the place changes its owner */
};

/* Attempts of one source within one second. */
struct ssh_mark {
    msec_t at_ms;
    unsigned count;
    unsigned source, generation;
};

struct ssh_connection {
    uint64_t pid;
    msec_t last_ms;
    unsigned n_counted; /* attempts */
    bool is_foretold;   /* a sign was counted whose failure has not come */
    unsigned n_echoes;  /* PAM failures whose keyboard-interactive line has not come */
    bool is_doubted;
    char address[SSH_ADDRESS_SIZE];
    char user[SSH_USER_SIZE];
};

struct ssh_window {
    mspan_t span;
    uint64_t total; /* since the start */
    unsigned count; /* in the window */
    VEC(struct ssh_source) sources;
    VEC(struct ssh_mark) marks; /* oldest first, from first_mark on */
    size_t first_mark;
    VEC(struct ssh_connection) connections;
};

void ssh_window_init(struct ssh_window *window, mspan_t span);
void ssh_window_deinit(struct ssh_window *window);

/* Events older than the window count in nothing. */
void ssh_window_add(struct ssh_window *window, const struct ssh_event *event, uint64_t pid,
                    msec_t at_ms, msec_t now_ms);

/* Forgets what has left the window. */
void ssh_window_slide(struct ssh_window *window, msec_t now_ms);

/* {"window_s", "failed", "sources":[{"address","users","count","last_ms"}]} */
void ssh_window_write(const struct ssh_window *window, struct json *json);
