/* SPDX-License-Identifier: MIT */
/*
 * archive - the SQLite file with all history but the newest; docs/formats/store.md says what is
 * in it.
 *
 * Samples come in flushes, one pack for a shard and a day.  archive_upkeep(), called again and
 * again from a thread in the background, does the rest in small steps: it merges small packs into
 * larger ones until a day of a shard is one pack, rolls days that are over up into 5 minutes and
 * 1 hour, deletes what is past its retention, and keeps the file tight.
 *
 * One connection writes, under a lock of its own: any thread may call any function.  Readers have
 * connections of their own and see the file at one instant.  Errors: -ENOSPC when there is no
 * room, -EBADMSG when the file is damaged where it is needed, -ENOMEM, -EIO; then nothing was changed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/org.h"
#include "model/problem.h"
#include "model/rollup.h"
#include "store/sample_list.h"

#define SHARD_SERIES 256 /* ids with the same id / SHARD_SERIES are a shard */

enum archive_tier {
    TIER_RAW,
    TIER_5M,
    TIER_1H,
    TIER_COUNT
};

extern const char *const archive_tier_names[TIER_COUNT];

struct archive_options {
    const char *path;
    mspan_t retention[TIER_COUNT]; /* days that ended before are deleted; 0 = kept for ever */
    size_t max_bytes; /* of the file; the oldest raw packs go first; 0 = as the disk has room */
    const char *vfs;  /* of SQLite; NULL = the default */
};

struct archive;

/* Takes the lock PATH.lock.  0, -errno with the problem filled. */
int archive_open(const struct archive_options *options, struct archive **out_archive,
                 struct problem *problem);
void archive_close(struct archive *archive); /* NULL is fine */

void archive_set_max_bytes(struct archive *archive, size_t max_bytes);

/* --- at start --- */

struct archive_series {
    uint32_t id;
    org_id org;
    struct slice labels; /* encoded, see model/labels.h */
};

/* All series, ascending.  A result other than 0 of the callback ends the walk and is returned.
 * Shards whose list of series is damaged are left out, and recorded as a loss. */
typedef int archive_series_fn(const struct archive_series *series, void *arg);
int archive_load(struct archive *archive, archive_series_fn *each, void *arg);

/* Above every id that was ever put: ids are never given twice. */
uint32_t archive_next_series(struct archive *archive);

/* First and last time of any sample or rollup of the shard; false when there is none. */
bool archive_bounds(struct archive *archive, uint32_t shard, msec_t *out_from_ms,
                    msec_t *out_to_ms);

/* Which series of the shard have anything stored: bit id % SHARD_SERIES.  Reads the directories of all
 * packs of the shard. */
int archive_present(struct archive *archive, uint32_t shard,
                    uint64_t out_bits[SHARD_SERIES / 64]);

/* --- writing --- */

/* A transaction: begin, put and flush for any number of shards, then commit or abandon.  The
 * lock of the writing connection is held from begin to commit. */
int archive_begin(struct archive *archive);
int archive_commit(struct archive *archive); /* when it fails nothing was changed: no abandon */
void archive_abandon(struct archive *archive);

/* Ids ascending, higher than all that were put before. */
int archive_put_series(struct archive *archive, const struct archive_series *series, size_t n);

struct archive_item {
    uint32_t series;
    const struct sample *samples; /* ascending, times unique */
    size_t n;                     /* at least 1 */
};

/* Items of one shard, ascending by series, each series once. */
int archive_flush(struct archive *archive, uint32_t shard, const struct archive_item *items,
                  size_t n);

/* Brings what is committed to the medium; before the log that holds it is deleted. */
int archive_sync(struct archive *archive);

/* Deletes series for ever, in a transaction of its own; the space comes back later. Ids ascending. */
int archive_delete_series(struct archive *archive, const uint32_t *ids, size_t n);

/* --- in the background --- */

/* One step of what is to be done, true when there is more to do now.  `now_ms` is wall time,
 * `mono_ms` monotonic.  When something cannot be done, *out_error (0 otherwise); it is tried
 * again later. */
bool archive_upkeep(struct archive *archive, msec_t now_ms, mono_t mono_ms, int *out_error);

/* The same without waiting for things to become quiet or due: for the end of a bulk load, and tests. */
int archive_settle(struct archive *archive, msec_t now_ms);

/* Tries whether there is room. */
int archive_probe(struct archive *archive);

/* --- reading --- */

struct archive_reader;

/* NULL when none can be opened.  A reader belongs to one thread at a time. */
struct archive_reader *archive_reader_take(struct archive *archive);
void archive_reader_give(struct archive *archive, struct archive_reader *reader);

/* What is read between begin and end is the file at one instant.  Who has newer samples in memory
 * reads those first, then begins: what is flushed meanwhile is seen twice, never not at all. */
int archive_reader_begin(struct archive_reader *reader);
void archive_reader_end(struct archive_reader *reader);

struct archive_range {
    msec_t from_ms, to_ms; /* inclusive */
    mspan_t step_ms;       /* see series_request */
};

/* Goes to a shard: finds its packs that have something in the range, and decides from where on
 * samples are given (and before: rollups).  Then read the series of it, best in ascending order. */
int archive_reader_seek(struct archive_reader *reader, uint32_t shard,
                        const struct archive_range *range);

/* Fills the lists with what is stored of the series within the range: each ascending and unique,
 * and every rollup before the first sample.  What is damaged is left out and recorded as a loss.
 * 0, -ENOMEM, -EIO. */
int archive_reader_read(struct archive_reader *reader, uint32_t series,
                        struct sample_list *out_samples, struct rollup_list *out_rollups);

/* Whether anything of the series may be stored within the range, by the directories alone: true also
 * when its samples only lie on both sides.  0, -ENOMEM, -EIO. */
int archive_reader_has(struct archive_reader *reader, uint32_t series, bool *out_has);

/* --- what is known --- */

struct archive_tier_stats {
    uint64_t packs, samples, bytes; /* samples: or rollups */
    msec_t from_ms, to_ms;          /* from > to = nothing */
};

#define ARCHIVE_LEVELS 8

struct archive_stats {
    struct archive_tier_stats tiers[TIER_COUNT];
    struct archive_tier_stats levels[ARCHIVE_LEVELS]; /* of the raw tier */
    uint64_t series;                                  /* rows */
    uint64_t file_bytes, wal_bytes, free_bytes, page_bytes;
    uint64_t flushes, merges, losses;
    uint64_t samples_flushed, samples_merged; /* since start; merged: each time it is */
};
void archive_stats(struct archive *archive, struct archive_stats *out_stats);

/* The same of a file that nobody has open for writing here, read-only: for `sentora store inspect`. */
int archive_inspect(const char *path, struct archive_stats *out_stats, struct problem *problem);

/* Reads everything and checks every checksum, read-only; *out_losses counts what is damaged, each told
 * to the callback. */
struct archive_loss {
    uint32_t shard;
    int64_t pack; /* 0 = the list of the shard's packs, or of its series */
    enum archive_tier tier;
    uint32_t from_series, to_series; /* from > to = unknown */
    msec_t from_ms, to_ms;
    const char *what; /* which part, in words; static */
};
typedef void archive_loss_fn(const struct archive_loss *loss, void *arg);
int archive_verify(const char *path, archive_loss_fn *each, void *arg, size_t *out_losses,
                   struct problem *problem);

/* What was found damaged since the archive was opened, oldest first, at most `max`; returns how many. */
size_t archive_losses(struct archive *archive, struct archive_loss *out, size_t max);
