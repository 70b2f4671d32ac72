/* SPDX-License-Identifier: MIT */
/*
 * The two columns together: which samples lie in a range of time, and their values.
 */
#include "store/block.h"

#include <errno.h>

#include "store/block_values.h"

int block_read(const struct block_times *times, struct block_bytes values, msec_t from_ms,
               msec_t to_ms, struct sample_list *out)
{
    if (from_ms > to_ms)
        return 0;
    uint32_t first = block_times_find(times, from_ms);
    uint32_t after = to_ms == INT64_MAX ? times->count : block_times_find(times, to_ms + 1);
    struct sample *items = sample_list_reserve(out, after - first);
    if (!block_values_read(values, times->count, first, after, items))
        return -EBADMSG;
    block_times_put(times, first, after, items);
    out->len += after - first;
    return 0;
}
