/* SPDX-License-Identifier: MIT */
/*
 * board - the newest vitals of every host, as the overview shows them.
 *
 * Kept up to date by what arrives, so that listing a thousand hosts asks no database.
 * A vital that no report brought is NaN.  Thread safe.
 */
#pragma once

#include "base/clock.h"
#include "ingest/door.h"

struct vitals {
    msec_t at_ms; /* of the newest sample; 0 = nothing known */
    double cpu, memory, load1, ssh_failed, uptime_s;
    double receive, transmit; /* bytes per second over all interfaces */
    double disk;              /* the fullest one */
    char disk_mountpoint[256];
    double services_down;
};

struct board;

struct board *board_new(void);
void board_free(struct board *board);

/* Takes the vitals out of what arrived; samples older than what is known change nothing. */
void board_update(struct board *board, const struct arrival *arrival);
void board_remove(struct board *board, int64_t host_id);

/* All NaN when the host is not known. */
void board_read(struct board *board, int64_t host_id, struct vitals *out_vitals);
