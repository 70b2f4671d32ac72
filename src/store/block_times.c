/* SPDX-License-Identifier: MIT */
/*
 * The column of times: the first one, the usual distance, and how much each distance differs from
 * that.  Mostly none does; a gap is one that does; jitter is all of them, by little.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/memory.h"
#include "store/block.h"
#include "store/block_sparse.h"
#include "store/bytes.h"

enum times_kind {
    TIMES_REGULAR,
    TIMES_DENSE,
    TIMES_SPARSE,
    TIMES_KIND_COUNT
};

static uint64_t distance_at(const struct sample *samples, size_t i)
{
    return (uint64_t)samples[i].at_ms - (uint64_t)samples[i - 1].at_ms;
}

/* The one that more than half of them are, when there is such a one; else any. */
static uint64_t usual_distance(const struct sample *samples, size_t n)
{
    uint64_t usual = 0;
    size_t lead = 0;
    for (size_t i = 1; i < n; i++) {
        uint64_t distance = distance_at(samples, i);
        if (lead == 0)
            usual = distance;
        lead = distance == usual ? lead + 1 : lead - 1;
    }
    return usual;
}

static void put_head(const struct sample *samples, size_t n, enum times_kind kind,
                     uint64_t distance, struct buf *out)
{
    uint8_t head[3 * BYTES_VARINT_MAX + 1], *at = bytes_put_varint(head, n);
    *at++ = (uint8_t)kind;
    at = bytes_put_varint(at, bytes_zigzag(samples[0].at_ms));
    if (n > 1)
        at = bytes_put_varint(at, distance);
    buf_append(out, head, (size_t)(at - head));
}

int block_encode_times(const struct sample *samples, size_t n, struct buf *out)
{
    assert(n > 0 && n <= BLOCK_SAMPLES_MAX);
    uint64_t usual = usual_distance(samples, n);
    size_t n_events = 0;
    for (size_t i = 1; i < n; i++)
        n_events += distance_at(samples, i) != usual;
    if (n_events == 0) {
        put_head(samples, n, TIMES_REGULAR, usual, out);
        return out->error;
    }
    bool is_sparse = n_events * SPARSE_SHARE < n;
    int64_t *changes = memory_alloc((n - 1) * sizeof(*changes));
    for (size_t i = 1; i < n; i++)
        changes[i - 1] = (int64_t)(distance_at(samples, i) - usual);
    put_head(samples, n, is_sparse ? TIMES_SPARSE : TIMES_DENSE, usual, out);
    struct ints_shape shape = ints_shape_of(n - 1);
    int result = is_sparse ? sparse_encode(changes, n - 1, n_events, out)
                           : ints_encode(changes, &shape, out);
    free(changes);
    return result;
}

/* How much each distance differs, into out[0 … n - 1]. */
static bool read_changes(enum times_kind kind, const uint8_t *at, const uint8_t *end, size_t n,
                         int64_t *out)
{
    struct ints_reader reader;
    if (kind == TIMES_DENSE) {
        struct ints_shape shape = ints_shape_of(n);
        return ints_open(&reader, &shape, &at, end) && at == end && ints_read_all(&reader, out);
    }
    struct sparse sparse;
    if (!sparse_decode(&reader, at, end, n, &sparse))
        return false;
    for (size_t i = 0; i < n; i++)
        out[i] = 0;
    for (size_t i = 0; i < sparse.n_events; i++)
        out[sparse.places[i]] = sparse.events[i];
    sparse_deinit(&sparse);
    return true;
}

/* A list of times of which the first is there, and behind it the changes. */
static bool add_up(struct block_times *times)
{
    uint64_t now = (uint64_t)times->from_ms;
    for (uint32_t i = 1; i < times->count; i++) {
        uint64_t distance = (uint64_t)times->distance_ms + (uint64_t)times->list[i];
        if (distance == 0 || distance > (uint64_t)INT64_MAX - now)
            return false;
        now += distance;
        times->list[i] = (msec_t)now;
    }
    times->to_ms = (msec_t)now;
    return true;
}

static bool open_list(struct block_times *times, enum times_kind kind, const uint8_t *at,
                      const uint8_t *end)
{
    if (times->count < 2)
        return false;
    times->list = memory_alloc(times->count * sizeof(*times->list));
    times->list[0] = times->from_ms;
    if (read_changes(kind, at, end, times->count - 1, times->list + 1) && add_up(times))
        return true;
    block_times_close(times);
    return false;
}

static bool open_regular(struct block_times *times)
{
    uint64_t distance = (uint64_t)times->distance_ms, steps = times->count - 1;
    uint64_t room = (uint64_t)INT64_MAX - (uint64_t)times->from_ms;
    if (steps > 0 && (distance == 0 || distance > room / steps))
        return false;
    times->to_ms = (msec_t)((uint64_t)times->from_ms + distance * steps);
    return true;
}

int block_times_open(struct block_bytes bytes, struct block_times *out_times)
{
    const uint8_t *at = bytes.data, *end = bytes.data + bytes.len;
    uint64_t count, from, distance = 0;
    if (!bytes_get_varint(&at, end, &count) || count == 0 || count > BLOCK_SAMPLES_MAX ||
        at == end)
        return -EBADMSG;
    unsigned kind = *at++;
    if (kind >= TIMES_KIND_COUNT || !bytes_get_varint(&at, end, &from) ||
        (count > 1 && !bytes_get_varint(&at, end, &distance)))
        return -EBADMSG;
    struct block_times times = {.count = (uint32_t)count,
                                .from_ms = bytes_unzigzag(from),
                                .distance_ms = (mspan_t)distance};
    bool valid = kind == TIMES_REGULAR ? at == end && open_regular(&times)
                                       : open_list(&times, (enum times_kind)kind, at, end);
    if (!valid)
        return -EBADMSG;
    *out_times = times;
    return 0;
}

void block_times_close(struct block_times *times)
{
    free(times->list);
    times->list = NULL;
}

uint32_t block_times_find(const struct block_times *times, msec_t at_ms)
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

void block_times_put(const struct block_times *times, uint32_t first, uint32_t after,
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
