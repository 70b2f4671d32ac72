/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/macros.h"
#include "store/archive_parts.h"

#define BLOCK_MAX_BYTES ((size_t)64 << 20)

int source_init(struct source *source, sqlite3 *db, size_t part_bytes)
{
    *source = (struct source){.db = db, .part_bytes = part_bytes};
    buf_init(&source->bytes, BLOCK_MAX_BYTES);
    if (sqlite3_prepare_v3(db, "SELECT packs FROM shards WHERE id = ?1", -1,
                           SQLITE_PREPARE_PERSISTENT, &source->shard, NULL) != SQLITE_OK ||
        sqlite3_prepare_v3(db, "SELECT head FROM packs WHERE id = ?1", -1,
                           SQLITE_PREPARE_PERSISTENT, &source->head, NULL) != SQLITE_OK)
        return archive_sqlite_error(db);
    return 0;
}

void source_deinit(struct source *source)
{
    source_rest(source);
    sqlite3_finalize(source->shard);
    sqlite3_finalize(source->head);
    if (source->bytes.ceiling > 0)
        buf_deinit(&source->bytes);
    *source = (struct source){0};
}

void source_rest(struct source *source)
{
    sqlite3_blob_close(source->blob);
    source->blob = NULL;
    source->blob_id = 0;
}

static int failure(sqlite3 *db)
{
    int error = archive_sqlite_error(db);
    return error == 0 ? -EIO : error;
}

int source_shard(struct source *source, uint32_t shard, struct pack_list *out_list)
{
    sqlite3_bind_int64(source->shard, 1, shard);
    int code = sqlite3_step(source->shard);
    int error = code == SQLITE_ROW ? 0 : code == SQLITE_DONE ? -ENOENT : failure(source->db);
    if (error == 0)
        error = pack_list_decode(shard, sqlite3_column_blob(source->shard, 0),
                                 (size_t)sqlite3_column_bytes(source->shard, 0), out_list);
    sqlite3_reset(source->shard);
    return error;
}

int source_head(struct source *source, int64_t pack, struct pack_head *out_head)
{
    sqlite3_bind_int64(source->head, 1, pack);
    int code = sqlite3_step(source->head);
    int error = code == SQLITE_ROW ? 0 : code == SQLITE_DONE ? -EBADMSG : failure(source->db);
    if (error == 0)
        error = pack_head_open(pack, sqlite3_column_blob(source->head, 0),
                               (size_t)sqlite3_column_bytes(source->head, 0), out_head);
    sqlite3_reset(source->head);
    return error;
}

static int open_part(struct source *source, int64_t id)
{
    if (source->blob != NULL && source->blob_id == id)
        return 0;
    int code = source->blob != NULL ? sqlite3_blob_reopen(source->blob, id)
                                    : sqlite3_blob_open(source->db, "main", "parts", "data", id,
                                                        0, &source->blob);
    if (code == SQLITE_OK) {
        source->blob_id = id;
        return 0;
    }
    int error =
        code == SQLITE_ERROR ? -EBADMSG : failure(source->db); /* there is no such row */
    source_rest(source); /* one that failed cannot be used again */
    return error;
}

static int read_part(struct source *source, int64_t id, size_t at, size_t len)
{
    int error = open_part(source, id);
    if (error != 0)
        return error;
    if (at + len > (size_t)sqlite3_blob_bytes(source->blob))
        return -EBADMSG;
    int code = sqlite3_blob_read(source->blob, source->bytes.data + source->bytes.len, (int)len,
                                 (int)at);
    if (code != SQLITE_OK) {
        error = failure(source->db);
        source_rest(source);
        return error;
    }
    source->bytes.len += len;
    return 0;
}

int source_block(struct source *source, const struct pack_head *head,
                 const struct pack_block *block, const uint8_t **out_bytes)
{
    buf_reset(&source->bytes);
    if (block->len > BLOCK_MAX_BYTES)
        return -EBADMSG;
    if (buf_reserve(&source->bytes, MAX_OF(block->len, 1u)) != 0)
        return -ENOMEM;
    uint64_t at = block->offset, end = block->offset + block->len;
    while (at < end) {
        uint64_t part = at / source->part_bytes, from = at % source->part_bytes;
        uint64_t len = MIN_OF(end - at, source->part_bytes - from);
        if (part > UINT16_MAX)
            return -EBADMSG;
        int error = read_part(source, head->info.id << 16 | (int64_t)part, from, len);
        if (error != 0)
            return error;
        at += len;
    }
    *out_bytes = (const uint8_t *)source->bytes.data;
    return 0;
}

struct archive_loss pack_loss(const struct pack_info *info, const char *what)
{
    uint32_t first = info->shard * SHARD_SERIES;
    return (struct archive_loss){.shard = info->shard,
                                 .pack = info->id,
                                 .tier = info->tier,
                                 .from_series = first,
                                 .to_series = first + SHARD_SERIES - 1,
                                 .from_ms = info->from_ms,
                                 .to_ms = info->to_ms,
                                 .what = what};
}

struct archive_loss block_loss(const struct pack_info *info, const struct pack_block *block,
                               const char *what)
{
    struct archive_loss loss = pack_loss(info, what);
    loss.from_series += block->slot;
    loss.to_series = loss.from_series;
    return loss;
}
