/* SPDX-License-Identifier: MIT */
/*
 * transport - the bytes of one connection, plain or through TLS.
 *
 * What comes is read by its owner into memory of his choice, so that a body goes from the socket
 * to where it stays.  What goes out is given to the socket at once; what that does not take
 * waits here and follows by itself.  A write that fails shows at the next read.
 *
 * Callbacks come from the loop only, never from within a call, and may free the transport.
 * One thread.
 */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct event_base;
struct evbuffer;
struct transport;

struct transport_owner {
    void (*readable)(void *arg); /* transport_read() has something to say */
    void (*written)(void *arg);  /* what had to wait is gone */
    void *arg;
};

/* Takes the socket and the session (NULL = plain), in any case.  0, -ENOMEM. */
int transport_open(struct event_base *events, int fd, SSL *ssl,
                   const struct transport_owner *owner, struct transport **out_transport);
void transport_free(struct transport *transport); /* NULL is fine */

/* How many bytes were read; 0: the peer sends no more; -EAGAIN: nothing there yet; -errno: the
 * connection is broken, -EPROTO when by what was sent through TLS. */
ssize_t transport_read(struct transport *transport, void *to, size_t size);

/* Whether bytes are here already that make no socket readable. */
bool transport_holds_some(const struct transport *transport);

/* No readable() until it is resumed; then at once, as something may wait. */
void transport_pause(struct transport *transport);
void transport_resume(struct transport *transport);
void transport_read_again(struct transport *transport); /* readable() comes in the next round */

/* Moves all of `from` out, or to those that wait.  0, -ENOMEM. */
int transport_write(struct transport *transport, struct evbuffer *from);
size_t transport_waiting(const struct transport *transport); /* bytes */

/* We say no more; what waited is forgotten.  The other direction stays. */
void transport_shut(struct transport *transport);
