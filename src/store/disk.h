/* SPDX-License-Identifier: MIT */
/*
 * disk - the SQLite file behind the store; docs/formats/store.md says what is in it.
 *
 * One connection writes and belongs to one thread.  Any thread reads through a disk_reader, of
 * which idle ones are kept.  Errors: -ENOSPC when there is no room, -ENOMEM, -EIO.
 */
#pragma once

#include <pthread.h>
#include <sqlite3.h>

#include "base/text.h"
#include "model/org.h"
#include "model/problem.h"
#include "store/chunk.h"

enum disk_statement {
    DISK_BEGIN,
    DISK_COMMIT,
    DISK_ROLLBACK,
    DISK_PUT_SERIES,
    DISK_PUT_STATE,
    DISK_DELETE_STATE,
    DISK_DELETE_SERIES,
    DISK_CHUNK_LENGTH,
    DISK_PUT_CHUNK,
    DISK_DELETE_CHUNKS,
    DISK_FIRST_CHUNK,
    DISK_PUT_LOG,
    DISK_DELETE_LOG,
    DISK_PUT_TOTALS,
    DISK_PUT_PROBE,
    DISK_DELETE_PROBE,
    DISK_STATEMENT_COUNT
};

struct disk_reader;

struct disk {
    /* owned by the writing thread */
    sqlite3 *db;
    sqlite3_stmt *statements[DISK_STATEMENT_COUNT];
    struct buf blob;                        /* scratch for chunks */
    int64_t chunks, chunk_bytes;            /* of the transaction under way */
    uint64_t done_chunks, done_chunk_bytes; /* committed; atomic, read by any thread */

    /* fixed */
    char *path;
    int lock_file;

    /* under `lock` */
    pthread_mutex_t lock;
    struct disk_reader *idle; /* owned */
    size_t n_idle;
};

/* 0, -errno with the problem filled. */
/* Fills the problem for -EBADMSG: what is wrong with the file, and what to do. */
void disk_damaged(const char *path, const char *what, struct problem *problem);

int disk_open(struct disk *disk, const char *path, struct problem *problem);
void disk_close(struct disk *disk);

/* What may be written, in bytes; 0 = as much as there is room. */
void disk_limit(struct disk *disk, size_t max_bytes);

uint64_t disk_file_bytes(const struct disk *disk);

/* Everything below until disk_reader is the writing thread's.  All changes are made between
 * begin and commit; when one fails, or commit does, abandon. */
int disk_begin(struct disk *disk);
int disk_commit(struct disk *disk);
void disk_abandon(struct disk *disk);

/* Brings what is committed to the medium. */
int disk_sync(struct disk *disk);

/* Tries whether there is room; outside a transaction. */
int disk_probe(struct disk *disk);

struct disk_state {
    uint32_t series;
    msec_t from_ms, to_ms; /* from > to = no chunks */
    uint64_t accepted;
};

int disk_put_series(struct disk *disk, uint32_t series, org_id org, struct slice labels);
int disk_put_state(struct disk *disk, const struct disk_state *state);
int disk_put_chunk(struct disk *disk, uint32_t series, const struct chunk *chunk);
int disk_put_log(struct disk *disk, int64_t id, const void *data, size_t len);
int disk_delete_log(struct disk *disk, int64_t up_to_id);

/* Deletes up to `max` chunks that end before the cutoff, oldest first.  *out_deleted < max:
 * there are no more. */
int disk_delete_chunks(struct disk *disk, uint32_t series, msec_t cutoff_ms, int max,
                       int *out_deleted);

/* Time of the first chunk; INT64_MAX when there is none. */
int disk_first_chunk(struct disk *disk, uint32_t series, msec_t *out_from_ms);

/* The rows of `series` and `series_state`; its chunks must have been deleted. */
int disk_delete_series(struct disk *disk, uint32_t series);

struct disk_series_row {
    struct disk_state state;
    org_id org;
    struct slice labels;
};
typedef int disk_series_fn(const struct disk_series_row *row, void *arg);
typedef int disk_log_fn(int64_t id, struct slice data, void *arg);

/* At start.  A result other than 0 of the callback ends the walk and is returned. */
int disk_last_series(struct disk *disk, uint32_t *out_id); /* that any row of chunks has */
int disk_load_series(struct disk *disk, disk_series_fn *each, void *arg);
int disk_load_log(struct disk *disk, disk_log_fn *each, void *arg);

/* A connection for reading, taken and given back by any thread; NULL when none can be opened. */
struct disk_reader *disk_reader_take(struct disk *disk);
void disk_reader_give(struct disk *disk, struct disk_reader *reader);

/* What is read between begin and end is the file at one instant.  0, -EIO. */
int disk_reader_begin(struct disk_reader *reader);
void disk_reader_end(struct disk_reader *reader);

/* Appends the stored samples within [from, to], in the order of chunks.  Invalid chunks are
 * skipped and counted.  0, -E2BIG when the list would have more than `max_samples`, -EIO. */
struct disk_range {
    uint32_t series;
    msec_t from_ms, to_ms;
    size_t max_samples;
};
int disk_reader_read(struct disk_reader *reader, const struct disk_range *range,
                     struct sample_list *out, uint64_t *corrupt_count);
