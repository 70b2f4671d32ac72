/* SPDX-License-Identifier: MIT */
/*
 * notify - tells people: a durable outbox and the thread that empties it.
 *
 *   alert engine's transaction                     notify thread
 *   notify_queue_event() ─► outbox row: queued ──► attempt ──► delivered
 *          commit, notify_wake()      ▲               ├──────► failed (for good, or 24 h old)
 *                                     └── next_ms ◄───┘ retry
 *
 * A message once queued is delivered or visibly failed, across crashes.  An attempt whose
 * outcome a crash kept from being stored is made again with the same idempotency key.
 * Messages of one alert on one channel keep their order; channels do not wait for each other,
 * nor does one alert's message for another's that is being retried.
 *
 * Thread safe.  json_t parameters are borrowed.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "model/alert.h"
#include "notify/refusal.h"
#include "state/db.h"
#include "state/outbox.h"
#include "state/secrets.h"

struct notify;

/* `db` and `secrets` are borrowed until notify_free().  0, -ENOMEM. */
int notify_new(struct db *db, const struct secrets *secrets, struct notify **out_notify);
void notify_free(struct notify *notify); /* stopped */

/* Starts the thread, which begins with what is queued.  0, -errno. */
int notify_start(struct notify *notify);

/* Ends transfers and the thread within a second; what was under way is queued still. */
void notify_stop(struct notify *notify);

/* To be called inside the transaction that stores the transition: one row for each enabled
 * channel of the organisation.  Acknowledgements are not told.  0, -EIO, -ENOSPC. */
int notify_queue_event(struct notify *notify, const struct alert_event *event);

/* To be called after that transaction's commit. */
void notify_wake(struct notify *notify);

/* -- channels -- */

/* `request` is the body of POST or PUT /channels.
 * 0; -EINVAL, -EBADMSG (a field that there is not), -EEXIST (name taken), each with the
 * refusal; -ENOENT, -EIO. */
int notify_channel_create(struct notify *notify, org_id org, const json_t *request,
                          int64_t *out_id, struct refusal *out_refusal);
int notify_channel_update(struct notify *notify, org_id org, int64_t id, const json_t *request,
                          struct refusal *out_refusal);
int notify_channel_delete(struct notify *notify, org_id org, int64_t id); /* 0, -ENOENT */

/* Writes CHANNEL of the manual, or an array of them.  0, -ENOENT, -EIO. */
int notify_channel_write(struct notify *notify, org_id org, int64_t id, struct json *json);
int notify_channels_write(struct notify *notify, org_id org, struct json *json);

/* Writes the array "messages" of GET /channels/{id}/messages.  0, -ENOENT, -EIO. */
int notify_messages_write(struct notify *notify, const struct outbox_letters *which,
                          struct json *json);

/* Queues again what failed for good, all of it or one message (id != 0).  0, -ENOENT, -EIO. */
int notify_channel_resend(struct notify *notify, org_id org, int64_t channel_id, int64_t id,
                          int64_t *out_count);

/* Writes the array "deliveries" of GET /alerts/{id}. */
int notify_deliveries_write(struct notify *notify, org_id org, int64_t alert_id,
                            struct json *json);

struct notify_test_result {
    bool delivered;
    const char *answer; /* borrowed for the callback */
    mspan_t took_ms;
};

/* Sends a test message now.  `fn` is called once, on the notify thread, within 35 s, or with
 * "the server is stopping".  0; -ENOENT, -EAGAIN (too many tests at once, or not running). */
typedef void notify_test_fn(const struct notify_test_result *result, void *arg);
int notify_test_channel(struct notify *notify, org_id org, int64_t channel_id,
                        notify_test_fn *fn, void *arg);

/* -- about ourselves, for /metrics -- */

struct notify_stats {
    int64_t queued;                                 /* rows waiting now */
    uint64_t delivered, failed, retried;            /* since start */
    uint64_t attempt_count, attempt_ms;             /* their sum: mean duration */
    uint64_t first_attempt_count, first_attempt_ms; /* from queueing to starting to send */
};

void notify_read_stats(struct notify *notify, struct notify_stats *out_stats);
