/* SPDX-License-Identifier: MIT */
/*
 * fake_server - a receiver on 127.0.0.1 for tests: HTTP or SMTP, as wrong as the test wants.
 *
 * Each connection has a thread.  What was received is kept in the order it was complete, and a
 * test waits for the n-th with a deadline; nothing sleeps.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct fake_server;

#define FAKE_WAIT_MS 20000

/* Answers of an HTTP server, whole responses; the last goes on being given. */
struct fake_http {
    const char *const *answers;
    size_t n_answers;
};

/* Replies of an SMTP server with CRLF; NULL = the friendly one. */
struct fake_smtp {
    const char *ehlo, *mail, *rcpt, *end_of_data;
    const char *refuse; /* recipients that hold this text get `refusal` */
    const char *refusal;
    bool ignores_quit; /* says nothing and keeps the connection */
};

struct fake_server *fake_http_start(const struct fake_http *script);
struct fake_server *fake_smtp_start(const struct fake_smtp *script);

/* Accepts connections and says nothing. */
struct fake_server *fake_silent_start(void);

void fake_server_stop(struct fake_server *server);
int fake_server_port(const struct fake_server *server);

/* The n-th thing received (from 0): head and body of a request; or the envelope's lines, an
 * empty line and the mail.  Borrowed until stop.  NULL when it did not come in time. */
const char *fake_server_wait(struct fake_server *server, size_t n);
size_t fake_server_count(struct fake_server *server);
