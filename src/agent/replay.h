/* SPDX-License-Identifier: MIT */
/*
 * replay - batches from the spool, each packed as one request.
 *
 *     replay_fill() ──► request ──► replay_confirm()   the server has it, or will never take it
 *                          ├──────► replay_abandon()   later: the same records come again
 *                          └──────► replay_shrink()    too large
 */
#pragma once

#include "agent/parcel.h"
#include "agent/spool.h"

struct replay {
    struct spool *spool; /* borrowed; NULL = there is never anything */
    struct buf body;     /* the packed request; filled by replay_fill() */
    uint32_t n_samples;  /* in it */
    size_t n_records;    /* in it */
    size_t max_records;  /* in the next one */
    uint64_t unusable;   /* samples that could not be packed for sending */
};

void replay_init(struct replay *replay, struct spool *spool);
void replay_deinit(struct replay *replay);

/* True when body holds a request; false when there is nothing to send just now. */
bool replay_fill(struct replay *replay, msec_t now);

void replay_confirm(struct replay *replay);
void replay_abandon(struct replay *replay);

enum replay_shrunk {
    REPLAY_SMALLER,  /* the next batches are smaller */
    REPLAY_HALVED,   /* it was one record: here are its halves, and the spool forgets it */
    REPLAY_HOPELESS, /* it was one series: the spool forgets it */
};

enum replay_shrunk replay_shrink(struct replay *replay, struct parcel *out_halves[2]);
