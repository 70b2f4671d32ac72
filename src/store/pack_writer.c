/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/macros.h"
#include "base/memory.h"
#include "store/block_quick.h"
#include "store/pack.h"
#include "store/pack_bytes.h"
#include "store/rollup.h"

#define COLUMNS_MAX       65535
#define BLOCK_MAX_BYTES   ((size_t)64 << 20)
#define COLUMNS_MAX_BYTES ((size_t)128 << 20)

void pack_writer_init(struct pack_writer *writer, const struct pack_info *info,
                      size_t part_bytes, pack_sink_fn *sink, void *arg)
{
    *writer =
        (struct pack_writer){.info = *info, .part_bytes = part_bytes, .sink = sink, .arg = arg};
    writer->info.n_blocks = 0;
    writer->info.n_samples = 0;
    writer->info.bytes = 0;
    writer->info.from_ms = INT64_MAX;
    writer->info.to_ms = INT64_MIN;
    buf_init(&writer->part, part_bytes);
    buf_init(&writer->times, COLUMNS_MAX_BYTES);
    buf_init(&writer->blocks, PACK_BLOCKS_MAX * 20);
    buf_init(&writer->block, BLOCK_MAX_BYTES);
}

void pack_writer_deinit(struct pack_writer *writer)
{
    buf_deinit(&writer->part);
    buf_deinit(&writer->times);
    buf_deinit(&writer->blocks);
    buf_deinit(&writer->block);
    free(writer->columns);
    free(writer->last_times);
}

/* --- columns of times --- */

static bool are_last_times(const struct pack_writer *writer, const struct sample *samples,
                           size_t n)
{
    if (n != writer->n_last)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (samples[i].at_ms != writer->last_times[i])
            return false;
    }
    return true;
}

static void keep_last_times(struct pack_writer *writer, const struct sample *samples, size_t n)
{
    if (n > writer->last_capacity) {
        writer->last_times = memory_realloc(writer->last_times, n * sizeof(msec_t));
        writer->last_capacity = n;
    }
    for (size_t i = 0; i < n; i++)
        writer->last_times[i] = samples[i].at_ms;
    writer->n_last = n;
}

/* The column with these bytes; n_columns when there is none. */
static size_t find_column(const struct pack_writer *writer, const struct buf *bytes,
                          uint64_t hash)
{
    size_t i = 0;
    for (; i < writer->n_columns; i++) {
        const struct column *column = &writer->columns[i];
        if (column->hash == hash && column->len == bytes->len &&
            memcmp(writer->times.data + column->at, bytes->data, bytes->len) == 0)
            break;
    }
    return i;
}

static int add_column(struct pack_writer *writer, const struct buf *bytes, uint64_t hash)
{
    uint8_t len[BYTES_VARINT_MAX];
    uint8_t *end = bytes_put_varint(len, bytes->len);
    buf_append(&writer->times, len, (size_t)(end - len));
    int error = buf_append(&writer->times, bytes->data, bytes->len);
    if (error != 0)
        return error;
    writer->columns = vec_with_room(writer->columns, writer->n_columns,
                                    &writer->columns_capacity, sizeof(*writer->columns));
    writer->columns[writer->n_columns++] =
        (struct column){hash, writer->times.len - bytes->len, bytes->len};
    return 0;
}

/* writer->last_column is the column with these times. */
static int choose_column(struct pack_writer *writer, const struct sample *samples, size_t n)
{
    if (are_last_times(writer, samples, n))
        return 0;
    buf_reset(&writer->block);
    int error = block_encode_times(samples, n, &writer->block);
    if (error != 0)
        return error;
    uint64_t hash = checksum_fold64(0, writer->block.data, writer->block.len);
    size_t number = find_column(writer, &writer->block, hash);
    if (number == writer->n_columns) {
        if (number == COLUMNS_MAX)
            return -ENOBUFS;
        error = add_column(writer, &writer->block, hash);
    }
    if (error != 0)
        return error;
    writer->last_column = (uint16_t)number;
    keep_last_times(writer, samples, n);
    return 0;
}

/* --- blocks --- */

static int put_stream(struct pack_writer *writer, const char *data, size_t len)
{
    writer->info.bytes += len;
    while (len > 0) {
        size_t take = MIN_OF(len, writer->part_bytes - writer->part.len);
        int error = buf_append(&writer->part, data, take);
        if (error == 0 && writer->part.len == writer->part_bytes) {
            error = writer->sink(writer->n_parts++, writer->part.data, writer->part.len,
                                 writer->arg);
            buf_reset(&writer->part);
        }
        if (error != 0)
            return error;
        data += take;
        len -= take;
    }
    return 0;
}

/* The bytes in writer->block, with the column chosen last. */
static int put_block(struct pack_writer *writer, uint8_t slot)
{
    assert(writer->info.n_blocks == 0 || slot >= writer->last_slot);
    if (writer->info.n_blocks == PACK_BLOCKS_MAX)
        return -ENOBUFS;
    uint8_t entry[3 * BYTES_VARINT_MAX + 4];
    uint8_t *at = bytes_put_varint(entry, slot - writer->last_slot);
    at = bytes_put_varint(at, writer->last_column);
    at = bytes_put_varint(at, writer->block.len);
    bytes_put_le(
        at,
        pack_block_checksum(writer->info.shard, slot, writer->block.data, writer->block.len),
        4);
    int error = buf_append(&writer->blocks, entry, (size_t)(at + 4 - entry));
    if (error == 0)
        error = put_stream(writer, writer->block.data, writer->block.len);
    if (error != 0)
        return error;
    writer->last_slot = slot;
    writer->info.n_blocks++;
    return 0;
}

static void widen(struct pack_writer *writer, msec_t from_ms, msec_t to_ms, size_t n)
{
    writer->info.from_ms = MIN_OF(writer->info.from_ms, from_ms);
    writer->info.to_ms = MAX_OF(writer->info.to_ms, to_ms);
    writer->info.n_samples += n;
}

int pack_writer_add(struct pack_writer *writer, uint8_t slot, const struct sample *samples,
                    size_t n)
{
    assert(writer->info.tier == TIER_RAW);
    int error = 0;
    for (size_t done = 0; error == 0 && done < n;) {
        size_t count = MIN_OF(n - done, (size_t)BLOCK_SAMPLES_MAX);
        error = choose_column(writer, samples + done, count);
        buf_reset(&writer->block);
        if (error == 0)
            error = writer->info.level <= PACK_LEVEL_QUICK
                        ? block_quick_encode(samples + done, count, &writer->block)
                        : block_encode_values(samples + done, count, &writer->block);
        if (error == 0)
            error = put_block(writer, slot);
        done += count;
    }
    if (error == 0 && n > 0)
        widen(writer, samples[0].at_ms, samples[n - 1].at_ms, n);
    return error;
}

static int add_rollup_block(struct pack_writer *writer, uint8_t slot,
                            const struct rollup *rollups, size_t n)
{
    struct sample_list ends = {0};
    struct sample *items = sample_list_reserve(&ends, n);
    for (size_t i = 0; i < n; i++)
        items[i] = (struct sample){rollups[i].end_ms, 0};
    int error = choose_column(writer, items, n);
    sample_list_deinit(&ends);
    buf_reset(&writer->block);
    if (error == 0)
        error = rollup_encode(rollups, n, &writer->block);
    return error != 0 ? error : put_block(writer, slot);
}

int pack_writer_add_rollups(struct pack_writer *writer, uint8_t slot,
                            const struct rollup *rollups, size_t n)
{
    assert(writer->info.tier != TIER_RAW);
    int error = 0;
    for (size_t done = 0; error == 0 && done < n;) {
        size_t count = MIN_OF(n - done, (size_t)BLOCK_SAMPLES_MAX);
        error = add_rollup_block(writer, slot, rollups + done, count);
        done += count;
    }
    if (error == 0 && n > 0)
        widen(writer, rollups[0].end_ms - rollups[0].span_ms + 1, rollups[n - 1].end_ms, n);
    return error;
}

/* --- the head --- */

static void put_header(const struct pack_writer *writer, uint8_t header[PACK_HEADER_BYTES])
{
    const struct pack_info *info = &writer->info;
    unsigned flags =
        (info->is_rolled ? PACK_FLAG_ROLLED : 0) | (info->is_addition ? PACK_FLAG_ADDITION : 0);
    bytes_put_le(header + PACK_AT_SHARD, info->shard, 4);
    bytes_put_le(header + PACK_AT_DAY, (uint32_t)info->day, 4);
    header[PACK_AT_TIER] = info->tier;
    header[PACK_AT_LEVEL] = info->level;
    header[PACK_AT_FLAGS] = (uint8_t)flags;
    bytes_put_le(header + PACK_AT_COLUMNS, writer->n_columns, 2);
    bytes_put_le(header + PACK_AT_BLOCKS, info->n_blocks, 2);
    bytes_put_le(header + PACK_AT_SAMPLES, info->n_samples, 8);
    bytes_put_le(header + PACK_AT_BYTES, info->bytes, 8);
    bytes_put_le(header + PACK_AT_FROM, (uint64_t)info->from_ms, 8);
    bytes_put_le(header + PACK_AT_TO, (uint64_t)info->to_ms, 8);
    bytes_put_le(header + PACK_AT_SEQUENCE, (uint64_t)info->sequence, 8);
}

int pack_writer_finish(struct pack_writer *writer, int64_t id, struct buf *out)
{
    if (writer->part.len > 0) {
        int error =
            writer->sink(writer->n_parts++, writer->part.data, writer->part.len, writer->arg);
        buf_reset(&writer->part);
        if (error != 0)
            return error;
    }
    writer->info.id = id;
    if (writer->info.sequence == 0)
        writer->info.sequence = id;
    uint8_t header[PACK_HEADER_BYTES] = {0};
    put_header(writer, header);
    size_t start = out->len;
    buf_append(out, header, sizeof(header));
    buf_append(out, writer->times.data, writer->times.len);
    int error = buf_append(out, writer->blocks.data, writer->blocks.len);
    if (error != 0)
        return error;
    uint8_t *head = (uint8_t *)out->data + start;
    bytes_put_le(head, pack_head_checksum(id, head + 4, out->len - start - 4), 4);
    return 0;
}
