/* SPDX-License-Identifier: MIT */
#include "store/block_sparse.h"

#include <stdlib.h>

#include "base/memory.h"
#include "store/bytes.h"

int sparse_encode(const int64_t *integers, size_t n, size_t n_events, struct buf *out)
{
    uint8_t count[BYTES_VARINT_MAX];
    int64_t *gaps = memory_alloc(2 * n_events * sizeof(*gaps)), *events = gaps + n_events;
    struct ints_shape shape = ints_shape_of(n_events);
    size_t next = 0, event = 0;
    for (size_t i = 0; i < n; i++) {
        if (integers[i] == 0)
            continue;
        gaps[event] = (int64_t)(i - next);
        events[event++] = integers[i];
        next = i + 1;
    }
    buf_append(out, count, (size_t)(bytes_put_varint(count, n_events) - count));
    ints_encode(gaps, &shape, out);
    int result = ints_encode(events, &shape, out);
    free(gaps);
    return result;
}

static bool add_up_gaps(struct sparse *sparse, size_t n)
{
    uint64_t next = 0;
    for (size_t i = 0; i < sparse->n_events; i++) {
        if (sparse->places[i] < 0 || (uint64_t)sparse->places[i] >= n - next)
            return false;
        sparse->places[i] += (int64_t)next;
        next = (uint64_t)sparse->places[i] + 1;
    }
    return true;
}

bool sparse_decode(struct ints_reader *reader, const uint8_t *at, const uint8_t *end, size_t n,
                   struct sparse *out_sparse)
{
    uint64_t n_events;
    if (!bytes_get_varint(&at, end, &n_events) || n_events == 0 || n_events > n)
        return false;
    struct sparse sparse = {.n_events = n_events};
    struct ints_shape shape = ints_shape_of(n_events);
    sparse.places = memory_alloc(2 * n_events * sizeof(*sparse.places));
    sparse.events = sparse.places + n_events;
    if (!ints_open(reader, &shape, &at, end) || !ints_read_all(reader, sparse.places) ||
        !ints_open(reader, &shape, &at, end) || at != end ||
        !ints_read_all(reader, sparse.events) || !add_up_gaps(&sparse, n)) {
        sparse_deinit(&sparse);
        return false;
    }
    *out_sparse = sparse;
    return true;
}

void sparse_deinit(struct sparse *sparse)
{
    free(sparse->places);
    *sparse = (struct sparse){0};
}
