/* SPDX-License-Identifier: MIT */
/*
 * pack - the series of a shard over a stretch of time, as bytes.
 *
 * A pack is a *stream* of blocks, one or more for each series that has something, and a *head*
 * that says where they are and carries their checksums and the columns of times that they share.
 * The stream is stored in parts of equal size.  docs/formats/store.md specifies both.
 *
 * A pack_writer turns samples or rollups into a pack, series by series, and hands out each part
 * of the stream as soon as it is full; a pack_head finds and reads blocks.  Neither knows where
 * the bytes are stored.  One thread at a time.
 */
#pragma once

#include "base/buf.h"
#include "model/rollup.h"
#include "store/block.h"

#define PACK_HEAD_MAX_BYTES ((size_t)256 << 20)
#define PACK_BLOCKS_MAX     65535
#define PACK_LEVEL_QUICK    1 /* raw packs up to this level have quick blocks */

/* What is known of a pack without looking into it. */
struct pack_info {
    int64_t id;
    int64_t sequence; /* place in the order of writing: its id, or that of its oldest input */
    uint32_t shard;   /* which series: id / SHARD_SERIES */
    int32_t day;      /* first day it may hold, in days since 1970; a raw pack has one day */
    uint8_t tier;     /* enum archive_tier */
    uint8_t level;    /* how often its samples were merged */
    bool is_rolled;   /* raw: its samples are in the rollups */
    bool is_addition; /* rollups: to be joined with older ones of the same time, which otherwise
                       * they replace */
    uint32_t n_blocks;
    uint64_t n_samples; /* or rollups */
    uint64_t bytes;     /* of the stream */
    msec_t from_ms, to_ms;
    mono_t born; /* when it was flushed, on this run's clock; 0 = before; not stored */
};

struct pack_block {
    uint8_t slot;   /* series % SHARD_SERIES */
    uint16_t times; /* number of its column of times */
    uint32_t len;
    uint32_t checksum;
    uint64_t offset; /* in the stream */
};

/* --- writing --- */

typedef int pack_sink_fn(uint32_t part, const void *data, size_t len, void *arg);

struct pack_writer {
    struct pack_info info; /* shard, day, tier, level and flags are the caller's */
    size_t part_bytes;
    uint32_t n_parts; /* handed out */
    pack_sink_fn *sink;
    void *arg;
    struct buf part;   /* owned; the one being filled */
    struct buf times;  /* owned; columns: varint length, bytes */
    struct buf blocks; /* owned; entries of the head */
    struct buf block;  /* owned; scratch */
    struct column {
        uint64_t hash;
        size_t at, len; /* in `times` */
    } * columns;        /* owned */
    size_t n_columns, columns_capacity;
    msec_t *last_times; /* owned; of the block before */
    size_t n_last, last_capacity;
    uint16_t last_column;
    uint8_t last_slot;
};

void pack_writer_init(struct pack_writer *writer, const struct pack_info *info,
                      size_t part_bytes, pack_sink_fn *sink, void *arg);
void pack_writer_deinit(struct pack_writer *writer);

/* Slots ascending; of one slot, ascending in time.  0; -errno of the sink; -ENOBUFS or -ENOMEM. */
int pack_writer_add(struct pack_writer *writer, uint8_t slot, const struct sample *samples,
                    size_t n);
int pack_writer_add_rollups(struct pack_writer *writer, uint8_t slot,
                            const struct rollup *rollups, size_t n);

/* Hands out the last part, appends the head to `out`; writer->info is complete then. */
int pack_writer_finish(struct pack_writer *writer, int64_t id, struct buf *out);

/* --- reading --- */

struct pack_head {
    struct pack_info info;
    struct pack_block *blocks; /* owned; ascending by slot */
    struct block_bytes *times; /* owned; the columns, borrowed from `bytes` */
    uint16_t n_times;
    uint8_t *bytes;  /* owned copy */
    int open_column; /* the one that `column` is; -1 = none */
    struct block_times column;
    uint16_t first[257];        /* blocks of slot s: first[s] … first[s + 1] - 1 */
    struct sample_list scratch; /* owned */
};

/* 0; -EBADMSG when the checksum or anything else is wrong. */
int pack_head_open(int64_t id, const void *bytes, size_t len, struct pack_head *out_head);
void pack_head_close(struct pack_head *head); /* also of zeros */

/* Sets the flag in a valid head's bytes. */
void pack_head_mark_rolled(int64_t id, void *bytes, size_t len);

struct pack_range {
    msec_t from_ms, to_ms; /* inclusive */
};

/* First and last time of a block.  0, -EBADMSG. */
int pack_bounds(struct pack_head *head, const struct pack_block *block,
                struct pack_range *out_range);

/* What lies within the range, of a block whose bytes have been fetched.  0, -EBADMSG. */
int pack_read(struct pack_head *head, const struct pack_block *block, const uint8_t *bytes,
              struct pack_range range, struct sample_list *out);
int pack_read_rollups(struct pack_head *head, const struct pack_block *block,
                      const uint8_t *bytes, struct pack_range range, struct rollup_list *out);
