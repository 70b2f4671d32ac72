/* SPDX-License-Identifier: MIT */
/*
 * The reading side; pack_writer.c has the other.
 */
#include "store/pack.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/macros.h"
#include "base/memory.h"
#include "store/block_quick.h"
#include "store/pack_bytes.h"
#include "store/rollup.h"

uint32_t pack_head_checksum(int64_t id, const uint8_t *bytes, size_t len)
{
    return checksum_fold32((uint64_t)id, bytes, len);
}

uint32_t pack_block_checksum(uint32_t shard, uint8_t slot, const void *bytes, size_t len)
{
    return checksum_fold32((uint64_t)shard * SHARD_SERIES + slot, bytes, len);
}

static void read_info(const uint8_t *at, int64_t id, struct pack_info *out_info)
{
    *out_info = (struct pack_info){
        .id = id,
        .shard = (uint32_t)bytes_get_le(at + PACK_AT_SHARD, 4),
        .day = (int32_t)bytes_get_le(at + PACK_AT_DAY, 4),
        .tier = at[PACK_AT_TIER],
        .level = at[PACK_AT_LEVEL],
        .is_rolled = (at[PACK_AT_FLAGS] & PACK_FLAG_ROLLED) != 0,
        .is_addition = (at[PACK_AT_FLAGS] & PACK_FLAG_ADDITION) != 0,
        .n_blocks = (uint32_t)bytes_get_le(at + PACK_AT_BLOCKS, 2),
        .n_samples = bytes_get_le(at + PACK_AT_SAMPLES, 8),
        .bytes = bytes_get_le(at + PACK_AT_BYTES, 8),
        .from_ms = (msec_t)bytes_get_le(at + PACK_AT_FROM, 8),
        .to_ms = (msec_t)bytes_get_le(at + PACK_AT_TO, 8),
        .sequence = (int64_t)bytes_get_le(at + PACK_AT_SEQUENCE, 8),
    };
}

static bool read_columns(struct pack_head *head, const uint8_t **at, const uint8_t *end)
{
    for (size_t i = 0; i < head->n_times; i++) {
        uint64_t len;
        if (!bytes_get_varint(at, end, &len) || len > (size_t)(end - *at))
            return false;
        head->times[i] = (struct block_bytes){*at, len};
        *at += len;
    }
    return true;
}

static bool read_block(const struct pack_head *head, const uint8_t **at, const uint8_t *end,
                       struct pack_block *block)
{
    uint64_t slot_step, times, len;
    if (!bytes_get_varint(at, end, &slot_step) || !bytes_get_varint(at, end, &times) ||
        !bytes_get_varint(at, end, &len) || end - *at < 4 || slot_step > 255u - block->slot ||
        times >= head->n_times || len > UINT32_MAX)
        return false;
    block->slot = (uint8_t)(block->slot + slot_step);
    block->times = (uint16_t)times;
    block->offset += block->len;
    block->len = (uint32_t)len;
    block->checksum = (uint32_t)bytes_get_le(*at, 4);
    *at += 4;
    return true;
}

static bool read_blocks(struct pack_head *head, const uint8_t **at, const uint8_t *end)
{
    struct pack_block block = {0};
    unsigned next_slot = 0;
    for (uint32_t i = 0; i < head->info.n_blocks; i++) {
        if (!read_block(head, at, end, &block))
            return false;
        for (; next_slot <= block.slot; next_slot++)
            head->first[next_slot] = (uint16_t)i;
        head->blocks[i] = block;
    }
    for (; next_slot <= 256; next_slot++)
        head->first[next_slot] = (uint16_t)head->info.n_blocks;
    return *at == end && block.offset + block.len == head->info.bytes;
}

int pack_head_open(int64_t id, const void *bytes, size_t len, struct pack_head *out_head)
{
    const uint8_t *at = bytes;
    if (len < PACK_HEADER_BYTES || len > PACK_HEAD_MAX_BYTES ||
        bytes_get_le(at, 4) != pack_head_checksum(id, at + 4, len - 4))
        return -EBADMSG;
    struct pack_head head = {.open_column = -1};
    read_info(at, id, &head.info);
    head.n_times = (uint16_t)bytes_get_le(at + PACK_AT_COLUMNS, 2);
    head.bytes = memory_alloc(len);
    memcpy(head.bytes, bytes, len);
    head.times = memory_calloc(MAX_OF(head.n_times, 1), sizeof(*head.times));
    head.blocks = memory_calloc(MAX_OF(head.info.n_blocks, 1u), sizeof(*head.blocks));
    const uint8_t *end = head.bytes + len;
    at = head.bytes + PACK_HEADER_BYTES;
    if (head.info.tier >= TIER_COUNT || !read_columns(&head, &at, end) ||
        !read_blocks(&head, &at, end)) {
        pack_head_close(&head);
        return -EBADMSG;
    }
    *out_head = head;
    return 0;
}

void pack_head_close(struct pack_head *head)
{
    if (head->open_column >= 0 && head->blocks != NULL)
        block_times_close(&head->column);
    free(head->blocks);
    free(head->times);
    free(head->bytes);
    sample_list_deinit(&head->scratch);
    *head = (struct pack_head){.open_column = -1};
}

void pack_head_mark_rolled(int64_t id, void *bytes, size_t len)
{
    assert(len >= PACK_HEADER_BYTES);
    uint8_t *at = bytes;
    at[PACK_AT_FLAGS] |= PACK_FLAG_ROLLED;
    bytes_put_le(at, pack_head_checksum(id, at + 4, len - 4), 4);
}

/* The series of a host share their times, so the column that was used last is mostly the one. */
static int open_column(struct pack_head *head, uint16_t number)
{
    if (head->open_column == number)
        return 0;
    struct block_times column;
    int error = block_times_open(head->times[number], &column);
    if (error != 0)
        return error;
    if (head->open_column >= 0)
        block_times_close(&head->column);
    head->column = column;
    head->open_column = number;
    return 0;
}

int pack_bounds(struct pack_head *head, const struct pack_block *block,
                struct pack_range *out_range)
{
    int error = open_column(head, block->times);
    if (error == 0)
        *out_range = (struct pack_range){head->column.from_ms, head->column.to_ms};
    return error;
}

/* Checked before anything is decoded, so that a damaged block gives nothing at all. */
static int check_block(struct pack_head *head, const struct pack_block *block,
                       const uint8_t *bytes)
{
    if (pack_block_checksum(head->info.shard, block->slot, bytes, block->len) !=
        block->checksum)
        return -EBADMSG;
    return open_column(head, block->times);
}

int pack_read(struct pack_head *head, const struct pack_block *block, const uint8_t *bytes,
              struct pack_range range, struct sample_list *out)
{
    assert(head->info.tier == TIER_RAW);
    int error = check_block(head, block, bytes);
    if (error != 0 || head->column.to_ms < range.from_ms || head->column.from_ms > range.to_ms)
        return error;
    const struct block_bytes values = {bytes, block->len};
    return head->info.level <= PACK_LEVEL_QUICK
               ? block_quick_read(&head->column, values, range.from_ms, range.to_ms, out)
               : block_read(&head->column, values, range.from_ms, range.to_ms, out);
}

int pack_read_rollups(struct pack_head *head, const struct pack_block *block,
                      const uint8_t *bytes, struct pack_range range, struct rollup_list *out)
{
    assert(head->info.tier != TIER_RAW);
    int error = check_block(head, block, bytes);
    if (error != 0 || head->column.to_ms < range.from_ms || head->column.from_ms > range.to_ms)
        return error;
    return rollup_decode(&head->column, (struct block_bytes){bytes, block->len}, range.from_ms,
                         range.to_ms, out);
}
