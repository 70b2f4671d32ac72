/* SPDX-License-Identifier: MIT */
/*
 * The column of times, and the two columns together.  A column begins with the number of samples
 * (varint) and a byte that says how the rest is coded.
 */
#include "store/block.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "store/block_values.h"
#include "store/bytes.h"

enum times_codec {
    TIMES_REGULAR = 0,
    TIMES_CHANGES = 1
};

static uint64_t distance_at(const struct sample *samples, size_t i)
{
    return (uint64_t)samples[i].at_ms - (uint64_t)samples[i - 1].at_ms;
}

static bool is_regular(const struct sample *samples, size_t n)
{
    for (size_t i = 2; i < n; i++) {
        if (distance_at(samples, i) != distance_at(samples, 1))
            return false;
    }
    return true;
}

int block_encode_times(const struct sample *samples, size_t n, struct buf *out)
{
    assert(n > 0 && n <= BLOCK_SAMPLES_MAX);
    int result = buf_reserve(out, 3 * BYTES_VARINT_MAX + 1 + n * BYTES_VARINT_MAX);
    if (result != 0)
        return result;
    uint8_t *start = (uint8_t *)out->data + out->len, *at = start;
    bool regular = is_regular(samples, n);
    at = bytes_put_varint(at, n);
    *at++ = regular ? TIMES_REGULAR : TIMES_CHANGES;
    at = bytes_put_varint(at, bytes_zigzag(samples[0].at_ms));
    if (n > 1)
        at = bytes_put_varint(at, distance_at(samples, 1));
    for (size_t i = 2; i < n && !regular; i++)
        at = bytes_put_varint(
            at, bytes_zigzag((int64_t)(distance_at(samples, i) - distance_at(samples, i - 1))));
    out->len += (size_t)(at - start);
    return 0;
}

static bool step(msec_t *at_ms, uint64_t distance)
{
    if (distance == 0 || distance > (uint64_t)INT64_MAX - (uint64_t)*at_ms)
        return false;
    *at_ms = (msec_t)((uint64_t)*at_ms + distance);
    return true;
}

static bool read_changes(const uint8_t *at, const uint8_t *end, struct block_times *times)
{
    uint64_t distance = (uint64_t)times->distance_ms, change;
    msec_t now = times->from_ms;
    times->list[0] = now;
    for (uint32_t i = 1; i < times->count; i++) {
        if (i > 1) {
            if (!bytes_get_varint(&at, end, &change))
                return false;
            distance += (uint64_t)bytes_unzigzag(change);
        }
        if (!step(&now, distance))
            return false;
        times->list[i] = now;
    }
    times->to_ms = now;
    return at == end;
}

static bool read_header(struct block_bytes bytes, const uint8_t **out_at, uint32_t *out_count,
                        uint8_t *out_codec)
{
    const uint8_t *at = bytes.data, *end = bytes.data + bytes.len;
    uint64_t count;
    if (!bytes_get_varint(&at, end, &count) || count == 0 || count > BLOCK_SAMPLES_MAX ||
        at == end)
        return false;
    *out_count = (uint32_t)count;
    *out_codec = *at++;
    *out_at = at;
    return true;
}

int block_times_open(struct block_bytes bytes, struct block_times *out_times)
{
    const uint8_t *at, *end = bytes.data + bytes.len;
    struct block_times times = {0};
    uint8_t codec;
    uint64_t from, distance = 0;
    if (!read_header(bytes, &at, &times.count, &codec) || codec > TIMES_CHANGES ||
        !bytes_get_varint(&at, end, &from) ||
        (times.count > 1 && !bytes_get_varint(&at, end, &distance)))
        return -EBADMSG;
    times.from_ms = times.to_ms = bytes_unzigzag(from);
    times.distance_ms = (mspan_t)distance;
    if (codec == TIMES_REGULAR) {
        uint64_t room = (uint64_t)INT64_MAX - (uint64_t)times.from_ms;
        if (at != end ||
            (times.count > 1 && (distance == 0 || distance > room / (times.count - 1))))
            return -EBADMSG;
        times.to_ms = (msec_t)((uint64_t)times.from_ms + distance * (times.count - 1));
        *out_times = times;
        return 0;
    }
    if ((size_t)(end - at) < times.count - MIN_OF(times.count, 2u))
        return -EBADMSG;
    times.list = memory_alloc(times.count * sizeof(*times.list));
    if (!read_changes(at, end, &times)) {
        block_times_close(&times);
        return -EBADMSG;
    }
    *out_times = times;
    return 0;
}

void block_times_close(struct block_times *times)
{
    free(times->list);
    times->list = NULL;
}

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
