/* SPDX-License-Identifier: MIT */
/*
 * sample_list - samples of one series in memory, and helpers on values as bits.
 *
 * The list owns its items.  One thread at a time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "model/sample.h"

/* Samples in the order of time, growing. */
struct sample_list {
    struct sample *items; /* owned */
    size_t len, capacity;
};

static inline uint64_t sample_bits(double value)
{
    uint64_t bits;
    __builtin_memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static inline double sample_from_bits(uint64_t bits)
{
    double value;
    __builtin_memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline void sample_list_push(struct sample_list *list, struct sample sample)
{
    VEC_PUSH(list, sample);
}

static inline void sample_list_deinit(struct sample_list *list)
{
    VEC_DEINIT(list);
}

/* Room for `n` more behind the last; the caller fills items[len …] and adds to len. */
struct sample *sample_list_reserve(struct sample_list *list, size_t n);

/* Sorts by time and keeps the first of equal times.  The first `sorted` are known to be ascending
 * already. */
void sample_list_normalise(struct sample_list *list, size_t sorted);

/* The sample at that time, or NULL.  The list is sorted. */
const struct sample *sample_list_find(const struct sample_list *list, msec_t at_ms);
