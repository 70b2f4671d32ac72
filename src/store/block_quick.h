/* SPDX-License-Identifier: MIT */
/*
 * block_quick - the column of values of a block that will be merged soon: quick to write, twice
 * the bytes of what block.h makes of many samples, but less for a few.
 *
 * The same times, the same safety on any bytes.  docs/formats/store.md has the bytes.  Thread safe.
 */
#pragma once

#include "store/block.h"

/* 1 … BLOCK_SAMPLES_MAX samples.  Errors are the buf's. */
int block_quick_encode(const struct sample *samples, size_t n, struct buf *out);

/* Appends the samples within [from, to].  0, or -EBADMSG: the list is as it was. */
int block_quick_read(const struct block_times *times, struct block_bytes values, msec_t from_ms,
                     msec_t to_ms, struct sample_list *out);
