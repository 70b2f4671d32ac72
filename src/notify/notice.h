/* SPDX-License-Identifier: MIT */
/*
 * notice - a channel that fails is told of through the others.
 */
#pragma once

#include "state/channels.h"

#define NOTICE_FAILURES 3 /* attempts in a row that failed */

/* An attempt on `channel`, as it was before, ended: queues notices when that changes whether it
 * counts as failing.  In the transaction that stores the outcome.  What the database says. */
int notice_attempt(struct db *db, const struct channel *channel, bool delivered,
                   const char *answer, msec_t now);
