/* SPDX-License-Identifier: MIT */
/*
 * snappy - the block format that remote write bodies are packed in, with ceilings.
 *
 * A block begins with the length it claims to unpack to.  That claim comes from outside, so it
 * is checked against the ceiling of the output and against what so many packed bytes could
 * possibly hold, before any memory is taken.  Thread safe.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Appends the unpacked bytes.  0, -EINVAL (not a snappy block), -ENOBUFS (over the ceiling of
 * `out`), -ENOMEM; on failure the content of `out` stays. */
int snappy_unpack(const void *packed, size_t len, struct buf *out);

/* Appends `data` as one block; the ceiling must leave room for data that does not shrink
 * (len * 7 / 6 + 32 bytes).  0, -ENOBUFS, -ENOMEM. */
int snappy_pack(const void *data, size_t len, struct buf *out);

/* The elements, for those who know better than a general packer what repeats.  Each writes at
 * `to`, where the caller has made room (snappy_packed_max() is enough for a whole block), and
 * returns where it ended.  A block is its unpacked length, then elements. */
static inline size_t snappy_packed_max(size_t len)
{
    return len + len / 6 + 32;
}
uint8_t *snappy_write_length(uint8_t *to, uint32_t length);
/* The bytes follow, `length` of them, and not 0. */
uint8_t *snappy_write_literal_head(uint8_t *to, size_t length);
/* `length` is 4 at least, `offset` not 0 and below 64 KiB. */
uint8_t *snappy_write_copy(uint8_t *to, size_t offset, size_t length);
