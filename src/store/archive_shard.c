/* SPDX-License-Identifier: MIT */
/*
 * The list of packs of a shard is the truth about what there is: a row that a page with errors
 * swallowed is missed, because it is on the list.  The list itself can be made again from the
 * heads of the packs.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/macros.h"
#include "base/memory.h"
#include "store/archive_parts.h"
#include "store/bytes.h"

#define LIST_ENTRY_MAX  (10 * BYTES_VARINT_MAX)
#define REBUILD_GAP_MAX 1000000 /* ids looked up one by one behind a page that is unreadable */

int32_t archive_day(msec_t at_ms)
{
    msec_t before = at_ms - 1;
    msec_t day = before / MSEC_DAY - (before % MSEC_DAY < 0);
    return (int32_t)MAX_OF(MIN_OF(day, (msec_t)INT32_MAX), (msec_t)INT32_MIN + 1);
}

int32_t archive_tier_days(enum archive_tier tier)
{
    static const int32_t days[TIER_COUNT] = {1, 8, 64};
    return days[tier];
}

struct shard *archive_shard(struct archive *archive, uint32_t number)
{
    if (number >= archive->shards_capacity) {
        size_t capacity = MAX_OF((size_t)number + 1, 2 * archive->shards_capacity);
        archive->shards = memory_realloc(archive->shards, capacity * sizeof(struct shard));
        memset(archive->shards + archive->shards_capacity, 0,
               (capacity - archive->shards_capacity) * sizeof(struct shard));
        archive->shards_capacity = capacity;
    }
    archive->n_shards = MAX_OF(archive->n_shards, (size_t)number + 1);
    return &archive->shards[number];
}

void archive_touch(struct archive *archive, uint32_t number)
{
    assert(archive->in_transaction);
    for (size_t i = archive->n_touched; i > 0; i--) {
        if (archive->touched[i - 1] == number)
            return;
    }
    archive->touched = vec_with_room(archive->touched, archive->n_touched,
                                     &archive->touched_capacity, sizeof(*archive->touched));
    archive->touched[archive->n_touched++] = number;
}

static void count_pack(struct archive_tier_stats *total, const struct pack_info *info)
{
    total->packs++;
    total->samples += info->n_samples;
    total->bytes += info->bytes;
    total->from_ms = MIN_OF(total->from_ms, info->from_ms);
    total->to_ms = MAX_OF(total->to_ms, info->to_ms);
}

static void uncount_pack(struct archive_tier_stats *total, const struct pack_info *info)
{
    total->packs--;
    total->samples -= info->n_samples;
    total->bytes -= info->bytes;
}

static struct archive_tier_stats *level_total(struct archive *archive,
                                              const struct pack_info *info)
{
    return &archive->level_totals[MIN_OF(info->level, ARCHIVE_LEVELS - 1)];
}

static void list_pack(struct archive *archive, const struct pack_info *info)
{
    struct pack_list *list = &archive_shard(archive, info->shard)->packs;
    size_t at = list->len;
    VEC_PUSH(list, *info);
    for (; at > 0 && list->items[at - 1].sequence > info->sequence; at--)
        list->items[at] = list->items[at - 1];
    list->items[at] = *info;
    count_pack(&archive->totals[info->tier], info);
    if (info->tier == TIER_RAW)
        count_pack(level_total(archive, info), info);
}

void archive_add_pack(struct archive *archive, const struct pack_info *info)
{
    archive_touch(archive, info->shard);
    list_pack(archive, info);
}

static void unlist(struct archive *archive, const struct pack_info *info)
{
    uncount_pack(&archive->totals[info->tier], info);
    if (info->tier == TIER_RAW)
        uncount_pack(level_total(archive, info), info);
}

static int delete_rows(struct archive *archive, int64_t pack)
{
    sqlite3_stmt *delete_pack = archive->statements[ARCHIVE_DELETE_PACK];
    sqlite3_stmt *delete_parts = archive->statements[ARCHIVE_DELETE_PARTS];
    sqlite3_bind_int64(delete_pack, 1, pack);
    sqlite3_bind_int64(delete_parts, 1, pack << 16);
    sqlite3_bind_int64(delete_parts, 2, pack << 16 | UINT16_MAX);
    int error = archive_run(archive, archive->statements[ARCHIVE_SAVE]);
    if (error != 0)
        return error;
    error = archive_run(archive, delete_pack);
    if (error == 0)
        error = archive_run(archive, delete_parts);
    if ((error == -EBADMSG || error == -EIO) && sqlite3_get_autocommit(archive->db) == 0) {
        /* Pages of it cannot be read, so it cannot be freed: its room is lost. */
        error = archive_run(archive, archive->statements[ARCHIVE_UNDO]);
    }
    return error != 0 ? error : archive_run(archive, archive->statements[ARCHIVE_RELEASE]);
}

int archive_remove_pack(struct archive *archive, const struct pack_info *info)
{
    struct pack_list *list = &archive_shard(archive, info->shard)->packs;
    size_t at = 0;
    while (at < list->len && list->items[at].id != info->id)
        at++;
    assert(at < list->len);
    int error = delete_rows(archive, info->id);
    if (error != 0)
        return error;
    archive_touch(archive, info->shard);
    unlist(archive, &list->items[at]);
    memmove(list->items + at, list->items + at + 1,
            (list->len - at - 1) * sizeof(*list->items));
    list->len--;
    return 0;
}

int archive_mark_rolled(struct archive *archive, const struct pack_info *info)
{
    sqlite3_stmt *get = archive->statements[ARCHIVE_GET_PACK];
    sqlite3_bind_int64(get, 1, info->id);
    int error = sqlite3_step(get) == SQLITE_ROW ? 0 : -EBADMSG;
    buf_reset(&archive->scratch);
    if (error == 0)
        error = buf_append(&archive->scratch, sqlite3_column_blob(get, 0),
                           (size_t)sqlite3_column_bytes(get, 0));
    sqlite3_reset(get);
    if (error != 0)
        return error;
    pack_head_mark_rolled(info->id, archive->scratch.data, archive->scratch.len);
    sqlite3_stmt *mark = archive->statements[ARCHIVE_MARK_PACK];
    sqlite3_bind_int64(mark, 1, info->id);
    sqlite3_bind_blob64(mark, 2, archive->scratch.data, archive->scratch.len, SQLITE_STATIC);
    error = archive_run(archive, mark);
    if (error != 0)
        return error;
    archive_touch(archive, info->shard);
    struct pack_list *list = &archive->shards[info->shard].packs;
    for (size_t i = 0; i < list->len; i++) {
        if (list->items[i].id == info->id)
            list->items[i].is_rolled = true;
    }
    return 0;
}

/* --- the row --- */

static uint32_t list_checksum(uint32_t shard, const uint8_t *bytes, size_t len)
{
    return checksum_fold32(shard, bytes, len);
}

void pack_list_encode(const struct pack_list *list, uint32_t shard, struct buf *out)
{
    buf_reset(out);
    uint8_t entry[LIST_ENTRY_MAX] = {0};
    uint8_t *at = bytes_put_varint(entry + 4, (uint64_t)list->len << 1 | list->has_dead);
    buf_append(out, entry, (size_t)(at - entry));
    int64_t last_sequence = 0;
    msec_t last_from = 0;
    for (size_t i = 0; i < list->len; i++) {
        const struct pack_info *info = &list->items[i];
        unsigned flags = info->tier | (info->is_rolled ? 4u : 0) |
                         (info->is_addition ? 8u : 0) | (unsigned)info->level << 4;
        at = bytes_put_varint(entry, (uint64_t)(info->sequence - last_sequence));
        at = bytes_put_varint(at, (uint64_t)(info->id - info->sequence));
        at = bytes_put_varint(at, flags);
        at = bytes_put_varint(at, bytes_zigzag(info->from_ms - last_from));
        at = bytes_put_varint(at, (uint64_t)(info->to_ms - info->from_ms));
        at = bytes_put_varint(at, bytes_zigzag(info->day - archive_day(info->from_ms)));
        at = bytes_put_varint(at, info->n_blocks);
        at = bytes_put_varint(at, info->n_samples);
        at = bytes_put_varint(at, info->bytes);
        buf_append(out, entry, (size_t)(at - entry));
        last_sequence = info->sequence;
        last_from = info->from_ms;
    }
    if (out->error == 0)
        bytes_put_le((uint8_t *)out->data,
                     list_checksum(shard, (uint8_t *)out->data + 4, out->len - 4), 4);
}

static bool read_entry(const uint8_t **at, const uint8_t *end, struct pack_info *info)
{
    uint64_t sequence, id, flags, from, span, day, blocks;
    if (!bytes_get_varint(at, end, &sequence) || !bytes_get_varint(at, end, &id) ||
        !bytes_get_varint(at, end, &flags) || !bytes_get_varint(at, end, &from) ||
        !bytes_get_varint(at, end, &span) || !bytes_get_varint(at, end, &day) ||
        !bytes_get_varint(at, end, &blocks) || !bytes_get_varint(at, end, &info->n_samples) ||
        !bytes_get_varint(at, end, &info->bytes))
        return false;
    info->sequence += (int64_t)sequence;
    info->id = info->sequence + (int64_t)id;
    info->tier = flags & 3;
    info->is_rolled = (flags & 4) != 0;
    info->is_addition = (flags & 8) != 0;
    info->level = (uint8_t)(flags >> 4);
    info->from_ms += bytes_unzigzag(from);
    info->to_ms = info->from_ms + (msec_t)span;
    info->day = archive_day(info->from_ms) + (int32_t)bytes_unzigzag(day);
    info->n_blocks = (uint32_t)blocks;
    return sequence > 0 && info->tier < TIER_COUNT;
}

int pack_list_decode(uint32_t shard, const void *bytes, size_t len, struct pack_list *out_list)
{
    const uint8_t *at = bytes, *end = at + len;
    uint64_t n;
    if (len < 5 || bytes_get_le(at, 4) != list_checksum(shard, at + 4, len - 4))
        return -EBADMSG;
    at += 4;
    if (!bytes_get_varint(&at, end, &n) || n >> 1 > len)
        return -EBADMSG;
    out_list->has_dead = (n & 1) != 0;
    struct pack_info info = {.shard = shard};
    out_list->len = 0;
    for (uint64_t i = 0; i < n >> 1; i++) {
        if (!read_entry(&at, end, &info))
            return -EBADMSG;
        VEC_PUSH(out_list, info);
    }
    return at == end ? 0 : -EBADMSG;
}

int archive_put_shards(struct archive *archive)
{
    for (size_t i = 0; i < archive->n_touched; i++) {
        uint32_t number = archive->touched[i];
        pack_list_encode(&archive->shards[number].packs, number, &archive->scratch);
        if (archive->scratch.error != 0)
            return archive->scratch.error;
        sqlite3_stmt *put = archive->statements[ARCHIVE_PUT_SHARD];
        sqlite3_bind_int64(put, 1, number);
        sqlite3_bind_blob64(put, 2, archive->scratch.data, archive->scratch.len, SQLITE_STATIC);
        int error = archive_run(archive, put);
        if (error != 0)
            return error;
    }
    return 0;
}

/* --- reading --- */

static void set_list(struct archive *archive, uint32_t number, const struct pack_list *list)
{
    struct pack_list *own = &archive_shard(archive, number)->packs;
    for (size_t i = 0; i < own->len; i++)
        unlist(archive, &own->items[i]);
    own->len = 0;
    own->has_dead = list->has_dead;
    for (size_t i = 0; i < list->len; i++)
        list_pack(archive, &list->items[i]);
}

/* What was born in this run stays so. */
static void keep_births(const struct pack_list *from, struct pack_list *to)
{
    for (size_t i = 0; i < to->len; i++) {
        for (size_t k = 0; k < from->len; k++) {
            if (from->items[k].id == to->items[i].id)
                to->items[i].born = from->items[k].born;
        }
    }
}

void archive_reload_shards(struct archive *archive)
{
    for (size_t i = 0; i < archive->n_touched; i++) {
        uint32_t number = archive->touched[i];
        struct pack_list list = {0};
        int error = source_shard(&archive->source, number, &list);
        if (error == -ENOENT)
            list.len = 0;
        else if (error != 0)
            archive->shards[number].is_damaged = true;
        if (error == 0)
            keep_births(&archive->shards[number].packs, &list);
        set_list(archive, number, &list);
        VEC_DEINIT(&list);
    }
    archive->n_touched = 0;
}

/* Adds the pack to the shard's list if it is one that we miss. */
static void rebuild_one(struct archive *archive, int64_t id, const uint64_t *is_lost)
{
    struct pack_head head;
    if (source_head(&archive->source, id, &head) != 0)
        return;
    uint32_t shard = head.info.shard;
    if (shard < archive->n_shards && (is_lost[shard / 64] >> (shard % 64) & 1) != 0)
        list_pack(archive, &head.info);
    pack_head_close(&head);
}

/* The ids of all packs, ascending; behind an unreadable page they are tried one by one. */
static int each_pack_id(struct archive *archive, const uint64_t *is_lost)
{
    sqlite3_stmt *next = NULL, *last = NULL;
    int64_t id = 0, end = 0;
    if (sqlite3_prepare_v2(archive->db, "SELECT min(id) FROM packs WHERE id > ?1", -1, &next,
                           NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(archive->db, "SELECT max(id) FROM packs", -1, &last, NULL) !=
            SQLITE_OK) {
        sqlite3_finalize(next);
        return archive_sqlite_error(archive->db);
    }
    end = sqlite3_step(last) == SQLITE_ROW ? sqlite3_column_int64(last, 0)
                                           : archive->next_pack + REBUILD_GAP_MAX;
    for (size_t tries = 0; id < end && tries < REBUILD_GAP_MAX;) {
        sqlite3_bind_int64(next, 1, id);
        bool found = sqlite3_step(next) == SQLITE_ROW;
        int64_t found_id = sqlite3_column_int64(next, 0);
        sqlite3_reset(next);
        tries += !found;
        id = found && found_id > id ? found_id : id + 1;
        rebuild_one(archive, id, is_lost);
    }
    sqlite3_finalize(next);
    sqlite3_finalize(last);
    return 0;
}

static void note_lost_list(struct archive *archive, uint32_t shard)
{
    archive_note_loss(
        archive, &(struct archive_loss){.shard = shard,
                                        .tier = TIER_COUNT,
                                        .from_series = shard * SHARD_SERIES,
                                        .to_series = shard * SHARD_SERIES + SHARD_SERIES - 1,
                                        .from_ms = INT64_MIN,
                                        .to_ms = INT64_MAX,
                                        .what = "list of packs, made anew"});
}

uint32_t archive_shards_below(uint32_t next_series)
{
    return next_series / SHARD_SERIES + (next_series % SHARD_SERIES > 0);
}

int archive_load_shards(struct archive *archive)
{
    uint32_t count = archive_shards_below(archive->next_series);
    if (archive->next_series <= 1)
        return 0; /* ids begin at 1: there was never one */
    archive_shard(archive, count - 1);
    uint64_t *is_lost = memory_calloc(count / 64 + 1, sizeof(*is_lost));
    struct pack_list list = {0};
    int error = 0;
    bool any_lost = false;
    for (uint32_t number = 0; error == 0 && number < count; number++) {
        error = source_shard(&archive->source, number, &list);
        if (error == 0)
            set_list(archive, number, &list);
        if (error != -EBADMSG && error != -ENOENT)
            continue;
        is_lost[number / 64] |= (uint64_t)1 << (number % 64);
        any_lost = true;
        archive->shards[number].is_damaged = true;
        note_lost_list(archive, number);
        error = 0;
    }
    if (error == 0 && any_lost)
        error = each_pack_id(archive, is_lost);
    VEC_DEINIT(&list);
    free(is_lost);
    return error;
}

void archive_free_shards(struct archive *archive)
{
    for (size_t i = 0; i < archive->n_shards; i++)
        VEC_DEINIT(&archive->shards[i].packs);
    free(archive->shards);
    free(archive->touched);
}
