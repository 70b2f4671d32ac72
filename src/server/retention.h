/* SPDX-License-Identifier: MIT */
/*
 * retention - what is over is forgotten after a while, so that the database stops growing.
 *
 * Open alerts, outages that nobody has cleared, and messages still queued are never touched.
 */
#pragma once

#include <stdbool.h>

#include "base/clock.h"
#include "state/db.h"

#define RETENTION_ALERTS   (400 * MSEC_DAY) /* after they resolved, with their history */
#define RETENTION_OUTAGES  (400 * MSEC_DAY) /* after they were cleared */
#define RETENTION_MESSAGES (90 * MSEC_DAY)  /* after they were delivered or failed */
#define RETENTION_TOKENS   (90 * MSEC_DAY)  /* after they were revoked */

/* Rows of each kind per step, so that nobody waits long for the database. */
#define RETENTION_STEP_ROWS 500

/* One small step.  *out_more: another one would find something too.  0, -errno. */
int retention_step(struct db *db, msec_t now, bool *out_more);
