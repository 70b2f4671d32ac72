/* SPDX-License-Identifier: MIT */
/*
 * outbox - where packed collections wait for the sender: in memory, or in the spool.
 *
 * While the server takes what comes, parcels stay in the queue in memory and cost no disk write.
 * outbox_spill() moves them to the spool; outbox_push() does so too when the queue is full.
 * What neither disk nor memory can hold is dropped, oldest first, and counted.
 */
#pragma once

#include "agent/parcel.h"
#include "agent/spool.h"

#define OUTBOX_MEMORY_MAX_BYTES ((size_t)512 * 1024)

struct outbox {
    struct parcel_queue queue;
    struct spool *spool; /* borrowed; NULL = memory only */
    int spool_error;     /* of the last write; 0 = fine */
    uint64_t dropped;    /* samples that found no room anywhere */
};

void outbox_init(struct outbox *outbox, struct spool *spool);
void outbox_deinit(struct outbox *outbox); /* spills before */

/* Takes a copy. */
void outbox_push(struct outbox *outbox, const struct spool_record *record);

/* Puts a parcel back to the front; its room was freed by outbox_pop() just now. */
void outbox_return(struct outbox *outbox, struct parcel *take_parcel);

/* The oldest in memory, now the caller's; NULL when there is none. */
struct parcel *outbox_pop(struct outbox *outbox);

/* Moves what is in memory to disk, as far as the disk takes it. */
void outbox_spill(struct outbox *outbox);

/* True when nothing waits in memory; true when something waits on disk. */
bool outbox_is_clear(const struct outbox *outbox);
bool outbox_has_spooled(const struct outbox *outbox);
