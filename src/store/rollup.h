/* SPDX-License-Identifier: MIT */
/*
 * rollup - making rollups from samples, joining them, and as a block of a pack.
 *
 * docs/formats/store.md has the bytes.  Thread safe.
 */
#pragma once

#include <stdbool.h>

#include "model/rollup.h"
#include "store/block.h"

/* The end of the span that holds the time: spans are left-open. */
static inline msec_t rollup_end(msec_t at_ms, mspan_t span_ms)
{
    msec_t rest = at_ms % span_ms;
    return rest > 0 ? at_ms - rest + span_ms : at_ms - rest;
}

/* Appends the rollups of samples, ascending and later than all in the list. */
void rollup_build(const struct sample *samples, size_t n, uint32_t span_ms,
                  struct rollup_list *out);

/* Appends rollups of a longer span, made from ascending ones. */
void rollup_widen(const struct rollup *rollups, size_t n, uint32_t span_ms,
                  struct rollup_list *out);

/* Takes `more` into `into`: exact when one is all before the other, else `resets` is at most
 * what it should be. */
void rollup_join(struct rollup *into, const struct rollup *more);

/* Puts `more` (ascending) into the list (ascending): where both have the same end, `more` is
 * joined when it is an addition, and else replaces. */
void rollup_list_merge(struct rollup_list *list, const struct rollup_list *more,
                       bool is_addition);

static inline void rollup_list_deinit(struct rollup_list *list)
{
    VEC_DEINIT(list);
}

/* All of one span; their ends are the block's times.  Errors are the buf's. */
int rollup_encode(const struct rollup *rollups, size_t n, struct buf *out);

/* Appends those with an end within [from, to].  `times` are the ends.  0, -EBADMSG: the list is
 * as it was. */
int rollup_decode(const struct block_times *times, struct block_bytes bytes, msec_t from_ms,
                  msec_t to_ms, struct rollup_list *out);
