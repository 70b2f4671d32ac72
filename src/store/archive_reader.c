/* SPDX-License-Identifier: MIT */
/*
 * A series over a range: rollups of an hour, then of five minutes, then samples.  Where one
 * takes over from the other is decided once for a shard, when the reader goes there, so that
 * all its series are cut at the same times:
 *
 *     ──── 1 h ────┤hours_to├──── 5 min ────┤minutes_to├──── samples ────►
 *
 * Samples before minutes_to that have not been rolled up (they came late, or the raw packs of
 * their day are gone) are rolled up as they are read.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "store/archive_parts.h"
#include "store/rollup.h"

#define IDLE_READERS_MAX 8
#define SPAN_5M          ((uint32_t)(5 * MSEC_MINUTE))
#define SPAN_1H          ((uint32_t)MSEC_HOUR)

struct open_pack {
    struct pack_info info;
    struct pack_head head;
    bool is_open, is_lost;
};

struct archive_reader {
    struct archive_reader *next; /* idle */
    struct archive *archive;
    sqlite3 *db; /* owned */
    struct source source;
    struct pack_list list;   /* owned; of the shard */
    struct open_pack *packs; /* owned; those that may have something, ascending by sequence */
    size_t n_packs, packs_capacity;
    uint32_t shard;
    msec_t from_ms, to_ms;
    msec_t hours_to, minutes_to;
    struct sample_list samples; /* owned; scratch */
    bool is_mixed;              /* they are not ascending */
    struct rollup_list rollups; /* owned; scratch */
};

/* --- connections --- */

static void close_packs(struct archive_reader *reader)
{
    for (size_t i = 0; i < reader->n_packs; i++) {
        if (reader->packs[i].is_open)
            pack_head_close(&reader->packs[i].head);
    }
    reader->n_packs = 0;
}

static void close_reader(struct archive_reader *reader)
{
    close_packs(reader);
    source_deinit(&reader->source);
    sqlite3_close(reader->db);
    free(reader->packs);
    free(reader->list.items);
    sample_list_deinit(&reader->samples);
    rollup_list_deinit(&reader->rollups);
    free(reader);
}

static struct archive_reader *open_reader(struct archive *archive)
{
    struct archive_reader *reader = memory_calloc(1, sizeof(*reader));
    reader->archive = archive;
    if (archive_connect(archive->path, SQLITE_OPEN_READWRITE, archive->options.vfs,
                        &reader->db) != 0 ||
        sqlite3_exec(reader->db, "PRAGMA query_only = 1; PRAGMA cache_size = -1000;", NULL,
                     NULL, NULL) != SQLITE_OK ||
        source_init(&reader->source, reader->db, archive->part_bytes) != 0) {
        close_reader(reader);
        return NULL;
    }
    return reader;
}

struct archive_reader *archive_reader_take(struct archive *archive)
{
    pthread_mutex_lock(&archive->facts_lock);
    struct archive_reader *reader = archive->idle;
    if (reader != NULL) {
        archive->idle = reader->next;
        archive->n_idle--;
    }
    pthread_mutex_unlock(&archive->facts_lock);
    return reader != NULL ? reader : open_reader(archive);
}

void archive_reader_give(struct archive *archive, struct archive_reader *reader)
{
    if (reader == NULL)
        return;
    archive_reader_end(reader);
    pthread_mutex_lock(&archive->facts_lock);
    bool keep = archive->n_idle < IDLE_READERS_MAX;
    if (keep) {
        reader->next = archive->idle;
        archive->idle = reader;
        archive->n_idle++;
    }
    pthread_mutex_unlock(&archive->facts_lock);
    if (!keep)
        close_reader(reader);
}

void archive_close_readers(struct archive *archive)
{
    while (archive->idle != NULL) {
        struct archive_reader *next = archive->idle->next;
        close_reader(archive->idle);
        archive->idle = next;
    }
    archive->n_idle = 0;
}

int archive_reader_begin(struct archive_reader *reader)
{
    return sqlite3_exec(reader->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : archive_sqlite_error(reader->db);
}

void archive_reader_end(struct archive_reader *reader)
{
    close_packs(reader);
    source_rest(&reader->source);
    if (sqlite3_get_autocommit(reader->db) == 0)
        sqlite3_exec(reader->db, "COMMIT", NULL, NULL, NULL);
}

/* --- which packs --- */

/* What the packs of a shard say about tiers. */
struct coverage {
    msec_t rolled_to[TIER_COUNT]; /* end of the last rollup */
    msec_t rolled_from[TIER_COUNT];
    msec_t raw_from; /* start of the first day whose samples are there and rolled up */
};

static struct coverage coverage_of(const struct pack_list *list)
{
    struct coverage coverage = {.raw_from = INT64_MAX};
    for (size_t tier = 0; tier < TIER_COUNT; tier++) {
        coverage.rolled_to[tier] = INT64_MIN;
        coverage.rolled_from[tier] = INT64_MAX;
    }
    for (size_t i = 0; i < list->len; i++) {
        const struct pack_info *info = &list->items[i];
        msec_t start = archive_day_start(archive_day(info->from_ms));
        if (info->tier == TIER_RAW) {
            if (info->is_rolled)
                coverage.raw_from = MIN_OF(coverage.raw_from, start);
            continue;
        }
        coverage.rolled_to[info->tier] = MAX_OF(coverage.rolled_to[info->tier], info->to_ms);
        coverage.rolled_from[info->tier] = MIN_OF(coverage.rolled_from[info->tier], start);
    }
    return coverage;
}

static void choose_tiers(struct archive_reader *reader, mspan_t step_ms)
{
    struct coverage coverage = coverage_of(&reader->list);
    msec_t rolled_to = MAX_OF(coverage.rolled_to[TIER_5M], coverage.rolled_to[TIER_1H]);
    bool is_coarse = step_ms >= ROLLUP_STEP_FACTOR * (mspan_t)SPAN_5M;
    bool is_very_coarse = step_ms >= ROLLUP_STEP_FACTOR * (mspan_t)SPAN_1H;

    reader->minutes_to = is_coarse ? rolled_to : MIN_OF(coverage.raw_from, rolled_to);
    reader->hours_to = is_very_coarse ? coverage.rolled_to[TIER_1H]
                                      : MIN_OF(coverage.rolled_from[TIER_5M], rolled_to);
    reader->hours_to = MIN_OF(reader->hours_to, reader->minutes_to);
}

/* The range of what is taken from packs of the tier; from > to = nothing. */
static struct pack_range range_of(const struct archive_reader *reader,
                                  const struct pack_info *info)
{
    struct pack_range range = {reader->from_ms, reader->to_ms};
    switch ((enum archive_tier)info->tier) {
    case TIER_RAW:
        if (info->is_rolled && reader->minutes_to >= range.from_ms)
            range.from_ms = reader->minutes_to + 1;
        break;
    case TIER_5M:
        if (reader->hours_to >= range.from_ms)
            range.from_ms = reader->hours_to + 1;
        range.to_ms = MIN_OF(range.to_ms, reader->minutes_to);
        break;
    case TIER_1H: range.to_ms = MIN_OF(range.to_ms, reader->hours_to); break;
    case TIER_COUNT: break;
    }
    return range;
}

/* A pack of the file's list, with the rollup that its samples would be in when they end up in one. */
static bool may_have(const struct archive_reader *reader, const struct pack_info *info)
{
    struct pack_range range = range_of(reader, info);
    if (info->tier == TIER_RAW && info->from_ms <= reader->minutes_to)
        range.from_ms =
            range.from_ms > INT64_MIN + SPAN_1H ? range.from_ms - SPAN_1H : INT64_MIN;
    return range.from_ms <= range.to_ms && info->from_ms <= range.to_ms &&
           info->to_ms >= range.from_ms;
}

int archive_reader_seek(struct archive_reader *reader, uint32_t shard,
                        const struct archive_range *range)
{
    close_packs(reader);
    reader->shard = shard;
    reader->from_ms = range->from_ms;
    reader->to_ms = range->to_ms;
    int error = source_shard(&reader->source, shard, &reader->list);
    if (error == -ENOENT || error == -EBADMSG || error == -EIO) {
        reader->list.len = 0; /* damaged: recorded when the archive was opened */
        error = 0;
    }
    if (error != 0)
        return error;
    choose_tiers(reader, range->step_ms);
    for (size_t i = 0; i < reader->list.len; i++) {
        const struct pack_info *info = &reader->list.items[i];
        if (!may_have(reader, info))
            continue;
        reader->packs = vec_with_room(reader->packs, reader->n_packs, &reader->packs_capacity,
                                      sizeof(*reader->packs));
        reader->packs[reader->n_packs++] = (struct open_pack){.info = *info};
    }
    return 0;
}

/* --- reading --- */

/* 0; -ENOENT when it is damaged, and was noted. */
static int open_head(struct archive_reader *reader, struct open_pack *pack)
{
    if (pack->is_open || pack->is_lost)
        return pack->is_lost ? -ENOENT : 0;
    int error = source_head(&reader->source, pack->info.id, &pack->head);
    if (error == 0) {
        pack->is_open = true;
        return 0;
    }
    if (error != -EBADMSG && error != -EIO)
        return error;
    pack->is_lost = true;
    struct archive_loss loss = pack_loss(&pack->info, "head of a pack");
    archive_note_loss(reader->archive, &loss);
    return -ENOENT;
}

/* Before minutes_to: as rollups, in place of what was read from the packs of rollups. */
static void roll_up(struct archive_reader *reader, const struct sample *samples, size_t n,
                    struct rollup_list *out)
{
    struct rollup_list made = {0};
    size_t hours = 0;
    while (hours < n && samples[hours].at_ms <= reader->hours_to)
        hours++;
    rollup_build(samples, hours, SPAN_1H, &made);
    rollup_build(samples + hours, n - hours, SPAN_5M, &made);
    size_t kept = 0;
    for (size_t i = 0; i < made.len; i++) {
        if (made.items[i].end_ms >= reader->from_ms && made.items[i].end_ms <= reader->to_ms)
            made.items[kept++] = made.items[i];
    }
    made.len = kept;
    rollup_list_merge(out, &made, true);
    rollup_list_deinit(&made);
}

static int read_raw(struct archive_reader *reader, struct open_pack *pack,
                    const struct pack_block *block, const uint8_t *bytes,
                    struct rollup_list *out_rollups)
{
    struct pack_range range = range_of(reader, &pack->info);
    if (pack->info.is_rolled || pack->info.from_ms > reader->minutes_to)
        return pack_read(&pack->head, block, bytes, range, &reader->samples);

    struct sample_list early = {0};
    struct pack_range before = {INT64_MIN, reader->minutes_to};
    range.from_ms = MAX_OF(range.from_ms, reader->minutes_to + 1);
    int error = pack_read(&pack->head, block, bytes, before, &early);
    if (error == 0 && early.len > 0)
        roll_up(reader, early.items, early.len, out_rollups);
    sample_list_deinit(&early);
    return error != 0 ? error : pack_read(&pack->head, block, bytes, range, &reader->samples);
}

static int read_rollups(struct archive_reader *reader, struct open_pack *pack,
                        const struct pack_block *block, const uint8_t *bytes,
                        struct rollup_list *out_rollups)
{
    reader->rollups.len = 0;
    int error = pack_read_rollups(&pack->head, block, bytes, range_of(reader, &pack->info),
                                  &reader->rollups);
    if (error == 0)
        rollup_list_merge(out_rollups, &reader->rollups, pack->info.is_addition);
    return error;
}

/* A block is ascending by itself, so only where one follows another has to be looked at. */
static void note_order(struct archive_reader *reader, size_t n_before)
{
    if (n_before == 0 || reader->samples.len <= n_before)
        return;
    const struct sample *next = reader->samples.items + n_before;
    if (next[-1].at_ms >= next->at_ms)
        reader->is_mixed = true;
}

static int read_block(struct archive_reader *reader, struct open_pack *pack,
                      const struct pack_block *block, struct rollup_list *out_rollups)
{
    const uint8_t *bytes;
    size_t n_before = reader->samples.len;
    int error = source_block(&reader->source, &pack->head, block, &bytes);
    if (error == 0)
        error = pack->info.tier == TIER_RAW
                    ? read_raw(reader, pack, block, bytes, out_rollups)
                    : read_rollups(reader, pack, block, bytes, out_rollups);
    note_order(reader, n_before);
    if (error != -EBADMSG && error != -EIO)
        return error;
    struct archive_loss loss = block_loss(&pack->info, block, "block of a pack");
    archive_note_loss(reader->archive, &loss);
    return 0;
}

/* All packs of rollups first: they replace each other, and samples are added to them. */
static int read_packs(struct archive_reader *reader, uint8_t slot, bool is_raw,
                      struct rollup_list *out_rollups)
{
    int error = 0;
    for (size_t i = 0; error == 0 && i < reader->n_packs; i++) {
        struct open_pack *pack = &reader->packs[i];
        if ((pack->info.tier == TIER_RAW) != is_raw)
            continue;
        error = open_head(reader, pack);
        if (error == -ENOENT) {
            error = 0;
            continue;
        }
        for (uint32_t block = pack->head.first[slot];
             error == 0 && block < pack->head.first[slot + 1]; block++)
            error = read_block(reader, pack, &pack->head.blocks[block], out_rollups);
    }
    return error;
}

int archive_reader_read(struct archive_reader *reader, uint32_t series,
                        struct sample_list *out_samples, struct rollup_list *out_rollups)
{
    assert(series / SHARD_SERIES == reader->shard);
    uint8_t slot = (uint8_t)(series % SHARD_SERIES);
    reader->samples.len = out_samples->len = out_rollups->len = 0;
    reader->is_mixed = false;
    int error = read_packs(reader, slot, false, out_rollups);
    if (error == 0)
        error = read_packs(reader, slot, true, out_rollups);
    if (error != 0) {
        out_rollups->len = 0;
        return error;
    }
    if (reader->is_mixed)
        sample_list_normalise(&reader->samples, 0);
    struct sample_list spare = *out_samples; /* what it had is our scratch from now on */
    *out_samples = reader->samples;
    reader->samples = spare;
    return 0;
}

static bool overlaps(struct open_pack *pack, uint8_t slot, struct pack_range range)
{
    for (uint32_t i = pack->head.first[slot]; i < pack->head.first[slot + 1]; i++) {
        struct pack_range bounds;
        if (pack_bounds(&pack->head, &pack->head.blocks[i], &bounds) == 0 &&
            bounds.from_ms <= range.to_ms && bounds.to_ms >= range.from_ms)
            return true;
    }
    return false;
}

int archive_reader_has(struct archive_reader *reader, uint32_t series, bool *out_has)
{
    assert(series / SHARD_SERIES == reader->shard);
    const struct pack_range range = {reader->from_ms, reader->to_ms};
    bool has = false;
    for (size_t i = 0; !has && i < reader->n_packs; i++) {
        struct open_pack *pack = &reader->packs[i];
        int error = open_head(reader, pack);
        if (error != 0 && error != -ENOENT)
            return error;
        has = error == 0 && overlaps(pack, (uint8_t)(series % SHARD_SERIES), range);
    }
    *out_has = has;
    return 0;
}
