/* SPDX-License-Identifier: MIT */
/*
 * block - a day of samples of one series, or less, as it lies in a pack.
 *
 * Two columns, encoded apart: *times*, which the series of one host share (store the bytes once
 * and let many series point at them), and *values*.  Each is smaller than the other when it is
 * the best of several codecs; docs/formats/block.md has the tables of offsets.
 *
 *     read:  block_times_open() once for a column of times, then for each series that uses it
 *            block_read(&times, values, …) as often as wanted, then block_times_close()
 *
 * Neither column carries a checksum: the pack has them.  Decoding is safe on any bytes: it never
 * reads outside of what it was given, never allocates more than BLOCK_SAMPLES_MAX samples, and
 * says -EBADMSG to what is malformed; wrong bytes of the right form give wrong samples.
 *
 * Values are kept bit by bit.  Functions are thread safe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/sample_list.h"

#define BLOCK_SAMPLES_MAX 131072 /* a day at a second, and then some */

/* A column of times, ready to be searched. */
struct block_times {
    uint32_t count;      /* 1 … BLOCK_SAMPLES_MAX */
    msec_t from_ms;      /* first */
    msec_t to_ms;        /* last */
    mspan_t distance_ms; /* between any two neighbours when `list` is NULL */
    msec_t *list;        /* owned; NULL when the times are regular */
};

struct block_bytes {
    const uint8_t *data; /* borrowed */
    size_t len;
};

/* Times ascending and unique, 1 … BLOCK_SAMPLES_MAX samples.  Append one column to `out`; errors
 * are the buf's.  Equal times give equal bytes. */
int block_encode_times(const struct sample *samples, size_t n, struct buf *out);
int block_encode_values(const struct sample *samples, size_t n, struct buf *out);

/* 0 or -EBADMSG. */
int block_times_open(struct block_bytes bytes, struct block_times *out_times);
void block_times_close(struct block_times *times);

/* The first sample at or after `at_ms`; count when there is none. */
uint32_t block_times_find(const struct block_times *times, msec_t at_ms);

/* The times of samples first … after - 1. */
void block_times_put(const struct block_times *times, uint32_t first, uint32_t after,
                     struct sample *out);

/* Appends the samples within [from, to] to the list, ascending.  0, or -EBADMSG: the list is as
 * it was. */
int block_read(const struct block_times *times, struct block_bytes values, msec_t from_ms,
               msec_t to_ms, struct sample_list *out);
