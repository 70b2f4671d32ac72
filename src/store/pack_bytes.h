/* SPDX-License-Identifier: MIT */
/*
 * pack_bytes - the header of a pack's head, see docs/formats/store.md; for pack.c and
 * pack_writer.c.
 */
#pragma once

#include "store/archive.h"
#include "store/bytes.h"
#include "store/pack.h"

enum {
    PACK_AT_CHECKSUM = 0,
    PACK_AT_SHARD = 4,
    PACK_AT_DAY = 8,
    PACK_AT_TIER = 12,
    PACK_AT_LEVEL = 13,
    PACK_AT_FLAGS = 14,
    PACK_AT_COLUMNS = 15,
    PACK_AT_BLOCKS = 17,
    PACK_AT_SAMPLES = 19,
    PACK_AT_BYTES = 27,
    PACK_AT_FROM = 35,
    PACK_AT_TO = 43,
    PACK_AT_SEQUENCE = 51,
    PACK_HEADER_BYTES = 59
};

enum {
    PACK_FLAG_ROLLED = 1,
    PACK_FLAG_ADDITION = 2
};

/* Of everything behind it, and of the pack's id. */
uint32_t pack_head_checksum(int64_t id, const uint8_t *bytes, size_t len);

/* Of the block, and of the id of its series. */
uint32_t pack_block_checksum(uint32_t shard, uint8_t slot, const void *bytes, size_t len);
