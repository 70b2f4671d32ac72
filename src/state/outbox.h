/* SPDX-License-Identifier: MIT */
/*
 * outbox - messages that wait to be delivered, and what became of them, as rows.
 *
 *   queued ──► delivered
 *     │ └────► failed
 *     └─ retry: still queued, next_ms moves on
 *
 * Among the messages of one alert on one channel only the oldest that is queued may go: a
 * recovery is never told before what it ends.
 */
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "model/org.h"
#include "state/db.h"

#define OUTBOX_KEY_SIZE    128
#define OUTBOX_ANSWER_SIZE ((size_t)512)

struct outbox_item {
    int64_t id;
    org_id org;
    int64_t channel_id;
    int64_t alert_id, event_id;
    char idempotency_key[OUTBOX_KEY_SIZE];
    char *message; /* JSON; owned by an item from outbox_find(), else borrowed for the call */
    int64_t attempts;
    msec_t next_ms, created_ms;
};

void outbox_item_deinit(struct outbox_item *item);

/* A key that is there already is left as it is. */
int outbox_add(struct db *db, const struct outbox_item *item);

/* Ids of enabled channels that have something due.  `fn` is called per id. */
typedef int outbox_id_fn(int64_t id, void *arg);
int outbox_due_channels(struct db *db, msec_t now, outbox_id_fn *fn, void *arg);

struct outbox_question {
    int64_t channel_id;
    msec_t now;
    int limit;
};

/* Ids of what may go on this channel now, oldest first, at most `limit`. */
int outbox_due(struct db *db, const struct outbox_question *question, outbox_id_fn *fn,
               void *arg);

/* One that is queued; the caller has outbox_item_deinit() to call.  0, -ENOENT. */
int outbox_find(struct db *db, int64_t id, struct outbox_item *out_item);

/* When something is due next after `now`; 0 = nothing is queued. */
int outbox_next_due(struct db *db, msec_t now, msec_t *out_next);

/* What became of an attempt, by which `attempts` grows. */
int outbox_mark_delivered(struct db *db, int64_t id, const char *answer, msec_t now);
int outbox_mark_failed(struct db *db, int64_t id, const char *answer, msec_t now);
int outbox_mark_retry(struct db *db, int64_t id, const char *answer, msec_t next);

/* -- what lies in the outbox, for people -- */

struct outbox_letter {
    int64_t id;
    const char *state, *message, *answer; /* borrowed for the call */
    int64_t alert_id, digest_id;          /* 0 = none */
    int64_t attempts;
    msec_t next_ms, created_ms, finished_ms; /* finished: 0 = not yet */
};

struct outbox_letters {
    org_id org;
    int64_t channel_id;
    const char *state; /* NULL = any */
    int64_t limit;
};

/* Newest first. */
typedef int outbox_letter_fn(const struct outbox_letter *letter, void *arg);
int outbox_each_letter(struct db *db, const struct outbox_letters *which, outbox_letter_fn *fn,
                       void *arg);

/* What failed for good on the channel, or only the message `id` when that is not 0, is queued as
 * if it were new. */
int outbox_requeue(struct db *db, int64_t channel_id, int64_t id, msec_t now,
                   int64_t *out_count);

/* -- digests: one message that tells of many -- */

/* How many of this channel are due and were never tried, counted up to the limit. */
int outbox_count_fresh(struct db *db, const struct outbox_question *question,
                       int64_t *out_count);

/* Those, oldest first. */
typedef int outbox_message_fn(int64_t id, const char *message, void *arg);
int outbox_each_fresh(struct db *db, const struct outbox_question *question,
                      outbox_message_fn *fn, void *arg);

/* Those up to `last_id` are told by the queued message with that key: what becomes of it
 * becomes of them, and until then they are not due. */
int outbox_fold(struct db *db, const struct outbox_question *question, int64_t last_id,
                const char *digest_key);

/* Nothing of this channel before `until`: its receiver asked for that. */
int outbox_hold_channel(struct db *db, int64_t channel_id, msec_t until);

/* What waits for another try on this channel may go now. */
int outbox_release_channel(struct db *db, int64_t channel_id, msec_t now);

/* All that is queued for this channel fails, without an attempt. */
int outbox_fail_channel(struct db *db, int64_t channel_id, const char *answer, msec_t now);

/* Removes up to `limit` that were delivered or failed before `before`, oldest first. */
int outbox_prune(struct db *db, msec_t before, int64_t limit, int64_t *out_removed);

int outbox_count_queued(struct db *db, int64_t *out_count);
int outbox_count_channel(struct db *db, int64_t channel_id, int64_t *out_queued,
                         int64_t *out_failed);

struct outbox_delivery {
    const char *channel, *state, *answer; /* borrowed for the callback */
    int64_t attempts;
    msec_t next_ms, finished_ms;
};

typedef int outbox_delivery_fn(const struct outbox_delivery *delivery, void *arg);
int outbox_each_of_alert(struct db *db, org_id org, int64_t alert_id, outbox_delivery_fn *fn,
                         void *arg);
