/* SPDX-License-Identifier: MIT */
/*
 * spool - collections that wait on disk for a server that does not take them.
 *
 * A queue of records in segment files (docs/formats/spool.md), bounded in bytes and age, that
 * survives the end of the process at any point.  Over the limit the oldest segment is dropped
 * and its samples are counted.
 *
 *     while (spool_next(spool, now, &body, &record) == 0)   one batch, never across segments
 *         ...;
 *     spool_ack(spool);      the server has it; or spool_rewind(): read it again
 *
 * Invariants (checked by check()):
 *   1. `segments` are in ascending order of number; only the last may be written to.
 *   2. The reader is closed, or stands in the first segment, and done <= cursor <= size.
 *   3. `bytes` is the sum of the sizes of all segments.
 *
 * One thread at a time; one process per directory (the agent locks its state directory).
 */
#pragma once

#include "agent/segment.h"
#include "base/vec.h"

struct spool_limits {
    uint64_t max_bytes; /* at least SPOOL_MIN_BYTES */
    mspan_t max_age;
};

#define SPOOL_MIN_BYTES ((uint64_t)64 * 1024)

struct spool_stats {
    uint64_t bytes;        /* on disk now */
    uint64_t dropped_full; /* samples dropped over max_bytes */
    uint64_t dropped_age;  /* samples passed over for their age */
    uint64_t torn;         /* segments whose tail was cut */
};

struct spool;

/* Makes the directory when it is missing.  0, -errno. */
int spool_open(const char *path, const struct spool_limits *limits, struct spool **out_spool);
void spool_close(struct spool *spool); /* syncs; NULL is fine */

/* 0; -errno (-ENOSPC, -EIO, ...): the record was not kept; -EMSGSIZE: it can never be. */
int spool_append(struct spool *spool, const struct spool_record *record);

bool spool_is_empty(const struct spool *spool);

/* The next record, its body appended to `body` (out_record->body is not set).  0; -ENODATA when
 * the batch ends (no more, or the end of a segment); -ENOBUFS when `body` cannot hold it: it
 * comes first in the next batch; -errno. */
int spool_next(struct spool *spool, msec_t now, struct buf *body,
               struct spool_record *out_record);

/* Forgets, or takes back, what spool_next() gave since the last of these. */
void spool_ack(struct spool *spool);
void spool_rewind(struct spool *spool);

/* fdatasync when something was written since the last call. */
void spool_sync(struct spool *spool);

struct spool_stats spool_stats(const struct spool *spool);
