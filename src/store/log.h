/* SPDX-License-Identifier: MIT */
/*
 * log - what was accepted and is not in the archive yet, in files that are only ever appended to.
 *
 * Segments are log/00000001.log, 00000002.log, … beside the archive.  Appending is one write() by
 * whoever appends, under a lock; when it returns 0 the record survives kill -9, and after the
 * next log_sync() a power cut as well.  A write that fails or is cut short is taken back, or when even
 * that fails the segment is given up; the reader finds its way over what is left there.
 *
 * Whoever deletes segments (flush.c) has seen to it that nothing in them is needed.
 * Thread safe.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "base/vec.h"
#include "store/log_io.h"
#include "store/log_record.h"

#define LOG_SEGMENT_MAX_BYTES ((uint64_t)16 * 1024 * 1024)
#define LOG_HEAD_BYTES        16

struct log_segment {
    uint64_t number, bytes;
};

struct log {
    const struct log_io *io;
    char *folder; /* owned */

    pthread_mutex_t lock;
    /* under `lock` */
    VEC(struct log_segment) segments; /* ascending; the last one is the current one */
    int file;                         /* of the current one; -1 = to be made */
    VEC(int) retired; /* of earlier ones, to be synced and closed by log_sync() */
    bool unsynced;    /* something was written since the last sync */

    /* atomic */
    uint64_t
        current;    /* number of the segment that the next record goes to, or an earlier one */
    uint64_t bytes; /* of all segments */
};

/* Makes the folder, and lists what is in it; records go to a new segment.  0, -errno. */
int log_open(struct log *log, const char *folder, const struct log_io *io);
void log_close(struct log *log);

/* Appends records.  0; -ENOSPC, -EIO: none of them will be read again. */
int log_append(struct log *log, const struct log_writer *records);

static inline uint64_t log_current(const struct log *log)
{
    return __atomic_load_n(&log->current, __ATOMIC_ACQUIRE);
}

static inline uint64_t log_bytes(const struct log *log)
{
    return __atomic_load_n(&log->bytes, __ATOMIC_RELAXED);
}

/* From now on records go to a new segment.  The number of the last one before it, 0 = there is none. */
uint64_t log_roll(struct log *log);

/* Brings what was written to the medium; nobody waits for it to append.  One thread only. */
int log_sync(struct log *log);

/* Deletes segments up to that number. */
int log_remove(struct log *log, uint64_t through);

/* Tries whether there is room. */
int log_probe(struct log *log);

/* Reads all records of all segments but the current one, in their order.  What is damaged is left
 * out and counted; a record cut short at the very end of a segment is none. */
struct log_losses {
    uint64_t places; /* where something could not be read, or a segment is missing */
    uint64_t bytes;
};
int log_read(struct log *log, struct log_reader *reader, struct log_losses *out_losses);

/* The same for one segment's bytes. */
void log_read_bytes(const uint8_t *data, size_t len, struct log_reader *reader,
                    struct log_losses *losses);
