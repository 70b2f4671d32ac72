/* SPDX-License-Identifier: MIT */
/*
 * digest - one message instead of many, when there are more than people can take.
 *
 * What it tells of is fixed when it is made, in the transaction that queues it, so that every
 * attempt says the same under the same key.
 */
#pragma once

#include "state/channels.h"
#include "state/outbox.h"

#define DIGEST_MESSAGES_MAX 2000 /* in one; the others make the next */

/* Makes a digest of what is due on the channel and was never tried, two messages at least;
 * fewer are left as they are.  What the database says. */
int digest_make(struct db *db, const struct channel *channel, msec_t now);
