/* SPDX-License-Identifier: MIT */
/*
 * live - the stream of server-sent events to open dashboards.
 *
 * Events are written once, into a ring that all subscribers read, each with its own cursor; so a
 * client that comes back with Last-Event-ID goes on where it was, or is told to reload (event
 * `reset`) when the ring has moved on.  A subscriber sees its organisation's events, and the
 * details of one host when it asked for them.
 *
 * live_publish() may be called from any thread and never waits for a client; everything else runs
 * on loop threads.
 */
#pragma once

#include "base/buf.h"
#include "model/org.h"
#include "net/http_server.h"

struct live;

struct live *live_new(struct loop *const *loops, size_t n_loops);
/* After the loops have ended. */
void live_free(struct live *live);

/* Sends pings on each loop; before the loops run. */
void live_start(struct live *live);
/* Ends every stream; the loops still run. */
void live_stop(struct live *live);

/* `detail_of` is 0, or the host whose watchers alone get the event.  `data` is one line of JSON.
 * Watch first: details nobody reads need not be written. */
void live_publish(struct live *live, org_id org, int64_t detail_of, const char *event,
                  struct slice data);

/* True when somebody listens, or did within the last minute and may come back.  When it is false
 * events need not be written: whoever comes back later is told to reload. */
bool live_has_audience(struct live *live);

/* The same for the details of one host. */
bool live_is_watched(struct live *live, int64_t host_id);

/* Turns the exchange into a stream.  `host_id` 0 = no details; `last_id` may be NULL. */
void live_subscribe(struct live *live, struct http_exchange *exchange, org_id org,
                    int64_t host_id, const char *last_id);

size_t live_subscribers(struct live *live);
