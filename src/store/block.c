/* SPDX-License-Identifier: MIT */
/*
 * The two columns together: which samples lie in a range of time, and their values.
 */
#include "store/block.h"

#include <errno.h>

#include "store/block_values.h"

/* The first sample at or after `at_ms`; count when there is none. */
static uint32_t lower_bound(const struct block_times *times, msec_t at_ms)
{
    if (at_ms <= times->from_ms)
        return 0;
    if (at_ms > times->to_ms)
        return times->count;
    if (times->list == NULL)
        return (uint32_t)(((uint64_t)at_ms - (uint64_t)times->from_ms - 1) /
                              (uint64_t)times->distance_ms +
                          1);
    uint32_t low = 0, high = times->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (times->list[middle] < at_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void put_times(const struct block_times *times, uint32_t first, uint32_t after,
                      struct sample *out)
{
    if (times->list != NULL) {
        for (uint32_t i = first; i < after; i++)
            out[i - first].at_ms = times->list[i];
        return;
    }
    uint64_t distance = (uint64_t)times->distance_ms;
    uint64_t at_ms = (uint64_t)times->from_ms + distance * first;
    for (uint32_t i = 0; i < after - first; i++, at_ms += distance)
        out[i].at_ms = (msec_t)at_ms;
}

int block_read(const struct block_times *times, struct block_bytes values, msec_t from_ms,
               msec_t to_ms, struct sample_list *out)
{
    if (from_ms > to_ms)
        return 0;
    uint32_t first = lower_bound(times, from_ms);
    uint32_t after = to_ms == INT64_MAX ? times->count : lower_bound(times, to_ms + 1);
    struct sample *items = sample_list_reserve(out, after - first);
    if (!block_values_read(values, times->count, first, after, items))
        return -EBADMSG;
    put_times(times, first, after, items);
    out->len += after - first;
    return 0;
}
