/* SPDX-License-Identifier: MIT */
/*
 * segment - one file of the spool: records behind a header (docs/formats/spool.md).
 *
 * Knows bytes and checksums; which segments there are and when they go is spool's work.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"

#define SEGMENT_HEADER_BYTES        32
#define SEGMENT_RECORD_HEADER_BYTES 24
#define SEGMENT_BODY_MAX_BYTES      ((size_t)4 * 1024 * 1024)

/* One collection, packed for the wire. */
struct spool_record {
    msec_t at_ms;
    uint32_t n_samples;
    const void *body; /* borrowed */
    size_t len;       /* 1 .. SEGMENT_BODY_MAX_BYTES */
};

struct segment {
    int file; /* -1 = not open */
    uint64_t number;
    uint64_t size; /* where the next record goes */
    uint64_t done; /* everything before it is acknowledged */
};

enum segment_result {
    SEGMENT_RECORD = 1,
    SEGMENT_END,
    SEGMENT_TORN
};

/* Both take the directory's descriptor.  0; -errno; open: -EBADMSG when it is no segment. */
int segment_create(int dir, uint64_t number, struct segment *out_segment);
int segment_open(int dir, uint64_t number, struct segment *out_segment);
void segment_close(struct segment *segment);
int segment_sync(struct segment *segment);
int segment_remove(int dir, uint64_t number);

/* 0; -errno (-ENOSPC ...) and then the file is as before, or closed when even that failed. */
int segment_append(struct segment *segment, const struct spool_record *record);

/* The record at `offset`, its body appended to `body` (out_record->body is not set), and where
 * the next one begins.  A positive segment_result, or -errno. */
int segment_read(const struct segment *segment, uint64_t offset, struct buf *body,
                 struct spool_record *out_record, uint64_t *out_next);

/* Remembers in the file that everything before `offset` is acknowledged.  0, -errno. */
int segment_mark_done(struct segment *segment, uint64_t offset);

/* Cuts everything from `offset` off.  0, -errno. */
int segment_cut(struct segment *segment, uint64_t offset);

/* Samples in valid records from `offset` on. */
uint64_t segment_count_samples(const struct segment *segment, uint64_t offset);
