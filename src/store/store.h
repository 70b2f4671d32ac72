/* SPDX-License-Identifier: MIT */
/*
 * store - the embedded time series store.
 *
 * The newest samples of every series are in memory, compressed, 256 neighbouring series under one lock.  A
 * batch is appended to a log of its own files before it is acknowledged, so that what was
 * acknowledged survives kill -9; in the background memory is flushed to the archive, an SQLite
 * file, and the log cut off behind it.  docs/formats/store.md and log.md specify the bytes,
 * docs/decisions/0008 and 0010 say why it is so.
 *
 * Thread safe.  store_append() may be called from every loop thread at once.
 */
#pragma once

#include "model/batch.h"
#include "model/problem.h"
#include "model/series_source.h"
#include "store/archive.h"

struct store;
struct log_io;

/* The class of a series, by its labels: asked once for each, then every batch carries it back in
 * batch_series.tag.  What the classes mean is the caller's business. */
typedef uint8_t store_classify_fn(const struct labels *labels);

struct store_options {
    const char *path;     /* of the SQLite file; the log is in the folder "log" beside it */
    mspan_t retention;    /* raw samples older than this are deleted */
    mspan_t retention_5m; /* what is left of them as rollups of 5 minutes, and of 1 hour */
    mspan_t retention_1h;
    mspan_t out_of_order; /* how far in the past a sample is taken */
    mspan_t future;       /* how far ahead of our clock a sample is taken */
    size_t max_series_per_org;
    size_t max_series_per_host; /* of an organisation with the same label `instance` */
    size_t max_file_bytes;   /* of history, the oldest goes first; 0 = as the disk has room */
    msec_t (*wall_ms)(void); /* what time it is; NULL = clock_wall_ms */
    store_classify_fn *classify; /* NULL = every tag is 0 */
    const struct log_io *log_io; /* how to write the log; NULL = log_io_posix */
    const char *vfs;             /* of SQLite; NULL = the default */
};

/* 15 d, 90 d, 2 y; 7 d, 10 min; 1 M series, 50,000 of a host; path NULL */
extern const struct store_options store_defaults;

/* Why samples of a batch were not taken; counts.  Duplicates of what is stored (same time, same
 * value) are taken and do nothing. */
struct store_refusals {
    size_t too_old, too_new, duplicate_other_value, bad_labels, series_limit;
    char detail[256]; /* of the first one, with the series: for the sender's log */
};

/* 0; -errno with `problem` filled (corrupt file, newer format, no space). */
int store_open(const struct store_options *options, struct store **out_store,
               struct problem *problem);
/* Flushes what is in memory, then closes. */
void store_close(struct store *store);

/* Takes a batch.  Sets `series` and `tag` of each of its series; those of which nothing was taken
 * have 0.
 * 0: its samples can be queried, and survive kill -9.  -EAGAIN, -ENOSPC, -EIO: they could not be
 * made durable now, the sender must come again; that some were taken before does no harm then. */
int store_append(struct store *store, struct batch *batch, struct store_refusals *out_refusals);

/* False while flushing is too far behind what comes in: store_append() would say -EAGAIN. */
bool store_has_room(struct store *store);

/* A reference to the labels of a series that store_append() named; NULL when it is gone. */
struct labels *store_labels(struct store *store, uint32_t series);

/* The store as PromQL reads it; lives as long as the store. */
struct series_source store_source(struct store *store);

/* True when it can accept and make durable; else false and why. */
bool store_is_healthy(struct store *store, char *out_why, size_t size);

struct store_stats {
    uint64_t series, samples_appended, samples_refused, batches;
    uint64_t log_bytes,
        log_losses;          /* losses: places in the log that could not be read at start */
    uint64_t series_corrupt; /* likewise, of the list of series */
    struct archive_stats archive;
};
void store_stats(struct store *store, struct store_stats *out_stats);

/* Removes every series of the organisation whose labels match; for deleting a host. 0, -errno. */
int store_delete_series(struct store *store, org_id org, const struct matcher *matchers,
                        size_t n_matchers);
