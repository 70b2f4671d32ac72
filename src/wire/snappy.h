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

#include "base/buf.h"

/* Appends the unpacked bytes.  0, -EINVAL (not a snappy block), -ENOBUFS (over the ceiling of
 * `out`), -ENOMEM; on failure the content of `out` stays. */
int snappy_unpack(const void *packed, size_t len, struct buf *out);

/* Appends `data` as one block; the ceiling must leave room for data that does not shrink
 * (len * 7 / 6 + 32 bytes).  0, -ENOBUFS, -ENOMEM. */
int snappy_pack(const void *data, size_t len, struct buf *out);
