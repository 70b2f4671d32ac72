/* SPDX-License-Identifier: MIT */
/*
 * reading - the samples of some series, from memory and archive as if they were one.
 *
 * Shard by shard: first what memory has of its series, under the shard's lock; then, from a
 * snapshot of the archive that was not begun before upkeep let go of anything in memory, the rest.  So
 * what moves from one to the other meanwhile is seen in at least one; of equal times the
 * archive's sample counts, which came first.
 *
 * A reading keeps its buffers and its archive reader, and the store keeps readings that nobody
 * uses; reading one series allocates nothing in the long run.  One thread at a time.
 */
#pragma once

#include "store/internal.h"

struct reading {
    struct reading *next; /* idle */
    struct store *store;
    struct archive_reader *reader; /* NULL until needed */
    bool begun;                    /* the reader has a snapshot */
    uint64_t thaws;                /* store->thaws when it was begun, or before */
    uint32_t shard;                /* that the reader has sought */
    bool sought;

    struct archive_range range;
    struct sample_list memory; /* of the series of one shard */
    size_t ends[SHARD_SERIES]; /* of each one's samples there */
    bool archived;             /* the archive may have something of the shard */

    struct sample_list samples; /* of one series; what reading_series() gave */
    struct rollup_list rollups;
};

/* NULL never. */
struct reading *reading_take(struct store *store, const struct archive_range *range);
void reading_give(struct reading *reading);

/* Reads what memory has of some series of one shard, ascending, and makes ready to read the archive.
 * 0, -EIO. */
int reading_shard(struct reading *reading, const uint32_t *ids, size_t n);

/* The series that was number i of them: reading->samples and ->rollups.  0, -errno. */
int reading_series(struct reading *reading, uint32_t id, size_t i);

/* Whether the archive has anything of the series within the range. */
int reading_has_archived(struct reading *reading, uint32_t id, bool *out_has);

void reading_free_idle(struct store *store);

/* How many of the ids from `first` on are of one shard. */
size_t reading_same_shard(const uint32_t *ids, size_t first, size_t end);
