/* SPDX-License-Identifier: MIT */
/*
 * archive_parts - what the files of the archive share and nobody else needs.
 *
 *   archive.c         opening and transactions
 *   archive_facts.c   the state of the file, and what was found damaged
 *   archive_shard.c   the list of packs of each shard, in memory and as a row
 *   archive_names.c   the series of each shard, as a row
 *   archive_flush.c   samples to packs; how a pack gets into the file
 *   archive_source.c  heads and blocks out of the file, by any connection
 *   archive_reader.c  a series of a shard over a range
 *   archive_merge.c   many packs to one, and to rollups
 *   archive_upkeep.c  what is to be done next: merging, retention, keeping the file tight
 *   archive_check.c   inspecting and verifying a file
 */
#pragma once

#include <pthread.h>
#include <sqlite3.h>

#include "store/archive.h"
#include "store/pack.h"

#define ARCHIVE_LOSSES_MAX 256
#define DAY_NONE           INT32_MIN

enum archive_statement {
    ARCHIVE_BEGIN,
    ARCHIVE_COMMIT,
    ARCHIVE_ROLLBACK,
    ARCHIVE_SAVE,
    ARCHIVE_UNDO,
    ARCHIVE_RELEASE,
    ARCHIVE_PUT_SHARD,
    ARCHIVE_PUT_NAMES,
    ARCHIVE_GET_NAMES,
    ARCHIVE_PUT_PACK,
    ARCHIVE_GET_PACK,
    ARCHIVE_MARK_PACK,
    ARCHIVE_DELETE_PACK,
    ARCHIVE_PUT_PART,
    ARCHIVE_DELETE_PARTS,
    ARCHIVE_PUT_META,
    ARCHIVE_STATEMENT_COUNT
};

/* Reads heads and blocks over one connection. */
struct source {
    sqlite3 *db; /* borrowed */
    size_t part_bytes;
    sqlite3_stmt *shard, *head; /* owned */
    sqlite3_blob *blob;         /* owned; the part read last */
    int64_t blob_id;
    struct buf bytes; /* owned; the block fetched last */
};

struct pack_list {
    bool has_dead;           /* packs may hold series that do not exist */
    struct pack_info *items; /* owned; ascending by sequence */
    size_t len, capacity;
};

struct shard {
    struct pack_list packs;
    uint64_t alive[SHARD_SERIES / 64]; /* series that exist */

    bool is_damaged;  /* its row could not be read: never merged, nothing is deleted */
    mono_t check_due; /* when upkeep looks at it again */
    mono_t flushed_at;
    mspan_t flush_gap_ms; /* between its last two flushes */
};

struct archive {
    struct archive_options options;
    char *path;
    int lock_file;

    /* under `lock` */
    pthread_mutex_t lock;
    sqlite3 *db;
    sqlite3_stmt *statements[ARCHIVE_STATEMENT_COUNT];
    struct source source;
    size_t part_bytes, page_bytes;
    struct shard *shards; /* owned */
    size_t n_shards, shards_capacity;
    uint32_t *touched; /* owned; shards of the transaction under way */
    size_t n_touched, touched_capacity;
    bool in_transaction;
    uint32_t next_series, stored_next_series;
    int64_t next_pack;
    struct buf scratch; /* owned; heads and rows */
    struct archive_tier_stats totals[TIER_COUNT], level_totals[ARCHIVE_LEVELS];
    uint32_t upkeep_shard; /* next to be looked at */
    mono_t clock;          /* of the last upkeep: what packs are born at */
    mono_t retain_due, retry_due, limit_due;
    mono_t changed_at; /* the last flush or step of upkeep */
    bool is_hurried;   /* archive_settle(): nothing waits until it is quiet */
    bool is_at_rest;   /* nothing changed since the file was tightened */

    /* under `facts_lock`, which is taken last */
    pthread_mutex_t facts_lock;
    struct archive_stats facts;  /* as of the last commit */
    struct archive_loss *losses; /* owned */
    size_t n_losses, losses_capacity;
    struct archive_reader *idle; /* owned */
    size_t n_idle;

    /* atomic */
    size_t max_bytes;
    uint64_t flushes, merges, samples_flushed, samples_merged;
};

/* --- archive.c --- */

/* The caller's memory; pair with archive_close_readonly(). */
int archive_open_readonly(struct archive *archive, const char *path, struct problem *problem);
void archive_close_readonly(struct archive *archive);

int archive_sqlite_error(sqlite3 *db);
int archive_connect(const char *path, int flags, const char *vfs, sqlite3 **out_db);
int archive_run(struct archive *archive, sqlite3_stmt *statement);
int archive_pragma(sqlite3 *db, const char *sql, int64_t *out_value);

/* The same as without _locked, when the lock is held already. */
int archive_begin_locked(struct archive *archive);
int archive_commit_locked(struct archive *archive);
void archive_abandon_locked(struct archive *archive);

void archive_note_loss(struct archive *archive, const struct archive_loss *loss);
void archive_publish(struct archive *archive);
void archive_close_readers(struct archive *archive);

/* --- archive_shard.c --- */

/* The shard, made when it is new. */
struct shard *archive_shard(struct archive *archive, uint32_t number);

/* Marks it changed in this transaction: its row is written at commit, read again when that
 * fails. */
void archive_touch(struct archive *archive, uint32_t number);
void archive_add_pack(struct archive *archive, const struct pack_info *info);
int archive_remove_pack(struct archive *archive, const struct pack_info *info);
int archive_mark_rolled(struct archive *archive, const struct pack_info *info);
int archive_put_shards(struct archive *archive);
uint32_t archive_shards_below(uint32_t next_series);
void archive_reload_shards(struct archive *archive);
int archive_load_shards(struct archive *archive);
void archive_free_shards(struct archive *archive);

/* The row's bytes.  0, -EBADMSG. */
void pack_list_encode(const struct pack_list *list, uint32_t shard, struct buf *out);
int pack_list_decode(uint32_t shard, const void *bytes, size_t len, struct pack_list *out_list);

/* Days since 1970, left-open as rollups are. */
int32_t archive_day(msec_t at_ms);
static inline msec_t archive_day_start(int32_t day)
{
    return day * MSEC_DAY;
}

/* Days of a pack of the tier: 1, 8, 64. */
int32_t archive_tier_days(enum archive_tier tier);

/* --- archive_names.c --- */

typedef int names_fn(const struct archive_series *series, void *arg);
int names_decode(uint32_t shard, const void *bytes, size_t len, names_fn *each, void *arg);
int archive_load_alive(struct archive *archive);

/* Rows for shards that there are since next_series was raised. */
int archive_put_new_shards(struct archive *archive);

/* --- archive_source.c --- */

int source_init(struct source *source, sqlite3 *db, size_t part_bytes);
void source_deinit(struct source *source);

/* Lets go of what keeps a snapshot open. */
void source_rest(struct source *source);

/* 0; -ENOENT: it has no row; -EBADMSG: it is damaged; -EIO: it cannot be read now; -ENOMEM. */
int source_shard(struct source *source, uint32_t shard, struct pack_list *out_list);
int source_head(struct source *source, int64_t pack, struct pack_head *out_head);

/* The block's bytes, until the next call.  0, -EBADMSG, -EIO, -ENOMEM. */
int source_block(struct source *source, const struct pack_head *head,
                 const struct pack_block *block, const uint8_t **out_bytes);

/* What a damaged block or pack is called. */
struct archive_loss pack_loss(const struct pack_info *info, const char *what);
struct archive_loss block_loss(const struct pack_info *info, const struct pack_block *block,
                               const char *what);

/* --- archive_flush.c --- */

/* A pack on its way into the file, in a transaction. */
struct pack_output {
    struct archive *archive;
    struct pack_writer writer;
    int64_t id;
};
void pack_output_begin(struct archive *archive, const struct pack_info *info,
                       struct pack_output *output);
/* Puts it on the shard's list; an empty one is forgotten.  0, -errno. */
int pack_output_end(struct pack_output *output);
void pack_output_abandon(struct pack_output *output);

/* --- archive_merge.c --- */

struct merge_plan {
    uint32_t shard;
    enum archive_tier tier;
    const struct pack_info *inputs; /* neighbours by sequence among those of their tier and
                                     * days; all of them when rollups are made or merged */
    size_t n;
    uint8_t level;
    bool is_rolling; /* raw: all of the day, and make its rollups; a single input stays */
};

/* In a transaction. 0, -errno. */
int archive_merge(struct archive *archive, const struct merge_plan *plan);
