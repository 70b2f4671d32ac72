/* SPDX-License-Identifier: MIT */
/*
 * http_listener - one listening socket that all loops of a server accept from.
 *
 * Every loop watches the same socket; whichever is idle takes the connection.  A few loops that
 * wake in vain cost less than connections that wait behind a busy loop.
 */
#pragma once

#include <sys/socket.h>

#include "net/http_connection.h"

struct http_listener;

/* Reads "ADDR:PORT", "[::1]:PORT" or ":PORT" (all addresses).  0, -EINVAL. */
int http_listener_parse(const char *address, struct sockaddr_storage *out_address,
                        socklen_t *out_len);

/* 0, -EADDRINUSE, -EACCES, -EADDRNOTAVAIL, -EINVAL. */
int http_listener_open(struct http_server *server, const char *address, struct tls_server *tls,
                       struct http_listener **out_listener);
void http_listener_close(struct http_listener *listener); /* the loops have ended */

/* The nth loop, on its thread, accepts no more; the last one to say so closes the socket. */
void http_listener_leave(struct http_listener *listener, size_t nth_loop);

int http_listener_port(const struct http_listener *listener);
