/* SPDX-License-Identifier: MIT */
/*
 * http_dial - from a host name to a connected socket, trying each of its addresses in turn.
 *
 * On the loop's thread.  The dial frees itself when it has called back or was stopped.
 */
#pragma once

#include "net/http_client.h"

struct http_dial;

/* error OK: `fd` is connected and the callee's; else `why` is a clause. */
typedef void http_dial_fn(int fd, enum http_client_error error, const char *why, void *arg);

struct http_dial_target {
    const char *host; /* name or address */
    uint16_t port;
    mspan_t patience; /* what an address but the last may take */
};

/* Never calls back from within. */
struct http_dial *http_dial_start(struct loop *loop, const struct http_dial_target *target,
                                  http_dial_fn *done, void *arg);

/* Without calling back. */
void http_dial_stop(struct http_dial *dial);

/* Whether the name has addresses already, so that what takes long is connecting. */
bool http_dial_is_connecting(const struct http_dial *dial);
