/* SPDX-License-Identifier: MIT */
/*
 * delivery - one attempt to deliver one message, from reading the row to storing the outcome.
 *
 * A delivery that cannot even begin (its channel's configuration cannot be read) is born ended,
 * with a verdict like any other.
 */
#pragma once

#include <jansson.h>

#include "notify/channel.h"
#include "notify/notify.h"
#include "state/channels.h"
#include "state/outbox.h"

#define DELIVERY_AGE_MAX MSEC_DAY /* older messages are not tried again */

struct delivery {
    struct delivery *next;
    struct outbox_item item; /* id 0 = a test message */
    struct channel channel;
    const struct channel_kind *kind;
    json_t *config, *secrets; /* owned */
    struct message message;
    struct transfer transfer;
    mono_t started;

    bool ended;
    struct verdict verdict;
    mspan_t took_ms, retry_in;
    int store_error; /* of the last try to store the outcome */

    notify_test_fn *fn; /* of a test */
    void *arg;
};

/* 0; -ENOENT when row or channel are gone; what the database says. */
int delivery_new_queued(struct db *db, const struct secrets *secrets, int64_t item_id,
                        struct delivery **out_delivery);
int delivery_new_test(struct db *db, const struct secrets *secrets, org_id org,
                      int64_t channel_id, struct delivery **out_delivery);
void delivery_free(struct delivery *delivery);

/* Fills the transfer, as late as possible, since the message says when it was sent. */
void delivery_prepare(struct delivery *delivery, msec_t now);

/* The transfer has ended: takes the verdict. */
void delivery_end(struct delivery *delivery, CURLcode code);

/* Stores the outcome; a retry becomes a failure when the message is too old.  What the database
 * says. */
int delivery_store(struct delivery *delivery, struct db *db, msec_t now, double jitter);

/* Opens a channel's sealed secrets: an object.  0, -EBADMSG. */
int delivery_unseal(const struct secrets *secrets, const struct channel *channel,
                    json_t **out_object);
