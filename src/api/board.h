/* SPDX-License-Identifier: MIT */
/*
 * board - the newest vitals of every host, as the overview shows them.
 *
 * Kept up to date by what arrives, so that listing a thousand hosts asks no database.
 * A vital that no report brought is NaN.  Thread safe.
 */
#pragma once

#include "base/clock.h"
#include "model/labels.h"
#include "model/sample.h"

struct vitals {
    msec_t at_ms; /* of the newest sample; 0 = nothing known */
    double cpu, memory, load1, ssh_failed, uptime_s;
    double receive, transmit; /* bytes per second over all interfaces */
    double disk;              /* the fullest one */
    char disk_mountpoint[256];
    double services_down;
};

/* The part of a series' class (see store_options) that says which vital it is; 0 = none. */
#define BOARD_TAG_MASK ((uint8_t)0x0f)
uint8_t board_tag(const struct labels *labels);
uint8_t board_tag_of(const char *metric);

/* Whether vitals_fold() wants the labels of series with this tag. */
bool board_tag_needs_labels(uint8_t tag);

struct board;

struct board *board_new(void);
void board_free(struct board *board);

/* Adds up what arrives of one host: start from nothing, fold in the newest sample of each series
 * that has a tag, then update the board.  Values older than what is known change nothing. */
void vitals_reset(struct vitals *vitals);
void vitals_fold(struct vitals *vitals, uint8_t tag, struct sample newest,
                 const struct labels *labels);
void board_update(struct board *board, int64_t host_id, const struct vitals *fresh);
void board_remove(struct board *board, int64_t host_id);

/* All NaN when the host is not known. */
void board_read(struct board *board, int64_t host_id, struct vitals *out_vitals);
