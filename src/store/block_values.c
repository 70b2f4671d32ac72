/* SPDX-License-Identifier: MIT */
/*
 * From bytes to doubles.  A dense column is read by groups of lanes, as few as the range needs;
 * a sparse one is read whole, since there is little of it.
 */
#include "store/block_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "store/block.h"
#include "store/block_number.h"
#include "store/bytes.h"

struct column {
    uint32_t n;
    unsigned kind, code;
    enum values_predictor predictor;
    uint64_t base, unit;
    struct values_line line;
    const uint8_t *odd; /* the list of odd values: count, then gap and bits */
    int64_t starts[INTS_LANES_MAX];
    struct ints_reader ints;
};

/* The range that is wanted; items are those of `first` and on. */
struct target {
    uint32_t first, after;
    struct sample *items;
};

static bool skip_odd(struct column *column, const uint8_t **at, const uint8_t *end)
{
    uint64_t count, gap, place = 0;
    column->odd = *at;
    if (!bytes_get_varint(at, end, &count) || count > column->n)
        return false;
    for (uint64_t i = 0; i < count; i++) {
        if (!bytes_get_varint(at, end, &gap) || gap >= column->n - place || end - *at < 8)
            return false;
        *at += 8;
        place += gap + 1;
    }
    return true;
}

/* skip_odd() has checked the list. */
static void restore_odd(const struct column *column, const uint8_t *end,
                        const struct target *target)
{
    const uint8_t *at = column->odd;
    uint64_t count = 0, gap = 0, place = 0;
    bytes_get_varint(&at, end, &count);
    for (; count > 0; count--) {
        bytes_get_varint(&at, end, &gap);
        place += gap;
        if (place >= target->first && place < target->after)
            target->items[place - target->first].value = sample_from_bits(bytes_get_u64(at));
        at += 8;
        place++;
    }
}

static bool read_line(struct column *column, const uint8_t **at, const uint8_t *end)
{
    uint64_t slope, shift;
    if (!bytes_get_varint(at, end, &slope) || !bytes_get_varint(at, end, &shift) || shift > 63)
        return false;
    column->line = (struct values_line){bytes_unzigzag(slope), (unsigned)shift};
    return true;
}

static bool read_head(struct column *column, const uint8_t **at, const uint8_t *end)
{
    uint64_t base;
    column->predictor = (enum values_predictor)(column->kind & VALUES_PREDICTOR);
    if (column->kind > (VALUES_CODED | VALUES_SPARSE | VALUES_PREDICTOR) ||
        column->kind < VALUES_CODED || (column->kind & 8) != 0 ||
        column->predictor >= PREDICTOR_COUNT || *at == end)
        return false;
    column->code = *(*at)++;
    if (!number_is_valid(column->code) || !bytes_get_varint(at, end, &base) ||
        !bytes_get_varint(at, end, &column->unit) || !skip_odd(column, at, end))
        return false;
    column->base = (uint64_t)bytes_unzigzag(base);
    return column->predictor != PREDICT_LINE || read_line(column, at, end);
}

static bool read_starts(struct column *column, uint32_t n_lanes, const uint8_t **at,
                        const uint8_t *end)
{
    uint64_t change;
    column->starts[0] = 0;
    for (uint32_t lane = 1; lane < n_lanes; lane++) {
        if (!bytes_get_varint(at, end, &change))
            return false;
        column->starts[lane] =
            (int64_t)((uint64_t)column->starts[lane - 1] + (uint64_t)bytes_unzigzag(change));
    }
    return true;
}

/* Units that begin at sample `first` as values, those that are wanted. */
static void put_units(const struct column *column, int64_t *units, uint32_t first, uint32_t len,
                      const struct target *target)
{
    uint32_t from = MAX_OF(first, target->first), after = MIN_OF(first + len, target->after);
    if (from >= after)
        return;
    if (column->predictor == PREDICT_LINE) {
        for (uint32_t i = from; i < after; i++)
            units[i - first] = (int64_t)((uint64_t)units[i - first] +
                                         (uint64_t)values_line_at(column->line, i));
    }
    for (uint32_t i = from - first; i < after - first; i++)
        units[i] = (int64_t)(column->base + column->unit * (uint64_t)units[i]);
    numbers_restore(column->code, units + (from - first), after - from,
                    target->items + (from - target->first));
}

/* Residuals of PREDICT_LAST as units; returns the last one. */
static int64_t add_up(int64_t *residuals, uint32_t len, int64_t before)
{
    for (uint32_t i = 0; i < len; i++)
        residuals[i] = before = (int64_t)((uint64_t)before + (uint64_t)residuals[i]);
    return before;
}

/* Columns that can be read in parts; `shape` counts samples. */
static bool read_dense(struct column *column, const struct ints_shape *shape,
                       const struct target *target)
{
    int64_t residuals[INTS_GROUP][INTS_LANE_MAX];
    bool has_starts = values_has_starts(column->predictor, shape);
    bool in_parts = column->predictor != PREDICT_LAST || has_starts;
    uint32_t lane = in_parts ? target->first / shape->lane_len : 0;
    uint32_t last_lane = (target->after - 1) / shape->lane_len, n;
    int64_t before = 0;
    for (; lane <= last_lane; lane += n) {
        n = MIN_OF(shape->n_lanes, (uint32_t)INTS_GROUP); /* together, more costs less */
        lane = MIN_OF(lane, shape->n_lanes - n);
        if (!ints_read(&column->ints, lane, n, residuals))
            return false;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t first = (lane + i) * shape->lane_len, len = ints_lane_len(shape, lane + i);
            if (has_starts) {
                memmove(residuals[i] + 1, residuals[i], (len - 1) * sizeof(**residuals));
                residuals[i][0] = 0;
                before = column->starts[lane + i];
            }
            if (column->predictor == PREDICT_LAST)
                before = add_up(residuals[i], len, before);
            put_units(column, residuals[i], first, len, target);
        }
    }
    return true;
}

static bool open_dense(struct column *column, const uint8_t *at, const uint8_t *end,
                       const struct target *target)
{
    struct ints_shape shape = ints_shape_of(column->n), coded = shape;
    if (values_has_starts(column->predictor, &shape)) {
        if (!read_starts(column, shape.n_lanes, &at, end))
            return false;
        coded.lane_len--;
        coded.last_len--;
    }
    return ints_open(&column->ints, &coded, &at, end) && at == end &&
           (target->first == target->after || read_dense(column, &shape, target));
}

static bool read_all(struct column *column, const struct ints_shape *shape, int64_t *out)
{
    int64_t lanes[INTS_GROUP][INTS_LANE_MAX];
    for (uint32_t lane = 0; lane < shape->n_lanes; lane += INTS_GROUP) {
        uint32_t n = MIN_OF(shape->n_lanes - lane, (uint32_t)INTS_GROUP);
        if (!ints_read(&column->ints, lane, n, lanes))
            return false;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t len = ints_lane_len(shape, lane + i);
            memcpy(out, lanes[i], len * sizeof(*out));
            out += len;
        }
    }
    return true;
}

/* The same unit for samples first … after - 1. */
static void put_same(const struct column *column, int64_t unit, uint32_t first, uint32_t after,
                     const struct target *target)
{
    int64_t units[256];
    first = MAX_OF(first, target->first);
    after = MIN_OF(after, target->after);
    while (first < after) {
        uint32_t n = MIN_OF(after - first, (uint32_t)ARRAY_LEN(units));
        for (uint32_t i = 0; i < n; i++)
            units[i] = unit;
        put_units(column, units, first, n, target);
        first += n;
    }
}

static bool put_events(const struct column *column, const int64_t *gaps, const int64_t *events,
                       size_t n_events, const struct target *target)
{
    uint64_t place = 0;
    int64_t now = 0;
    for (size_t i = 0; i < n_events; i++) {
        if (gaps[i] < 0 || (uint64_t)gaps[i] >= column->n - place)
            return false;
        uint64_t next = place + (uint64_t)gaps[i];
        put_same(column, now, (uint32_t)place, (uint32_t)next, target);
        if (column->predictor == PREDICT_LAST)
            now = (int64_t)((uint64_t)now + (uint64_t)events[i]);
        int64_t event = column->predictor == PREDICT_LAST ? now : events[i];
        put_same(column, event, (uint32_t)next, (uint32_t)next + 1, target);
        place = next + 1;
    }
    put_same(column, now, (uint32_t)place, column->n, target);
    return true;
}

static bool read_sparse(struct column *column, const uint8_t *at, const uint8_t *end,
                        const struct target *target)
{
    uint64_t n_events;
    if (!bytes_get_varint(&at, end, &n_events) || n_events == 0 || n_events > column->n)
        return false;
    int64_t *gaps = memory_alloc(2 * n_events * sizeof(*gaps)), *events = gaps + n_events;
    struct ints_shape shape = ints_shape_of(n_events);
    bool valid = ints_open(&column->ints, &shape, &at, end) && read_all(column, &shape, gaps) &&
                 ints_open(&column->ints, &shape, &at, end) && at == end &&
                 read_all(column, &shape, events) &&
                 put_events(column, gaps, events, n_events, target);
    free(gaps);
    return valid;
}

static bool read_constant(const struct column *column, const uint8_t *at, const uint8_t *end,
                          const struct target *target)
{
    uint8_t bytes[8] = {0};
    if ((size_t)(end - at) != column->kind)
        return false;
    memcpy(bytes + 8 - column->kind, at, column->kind);
    double value = sample_from_bits(bytes_get_u64(bytes));
    for (uint32_t i = 0; i < target->after - target->first; i++)
        target->items[i].value = value;
    return true;
}

bool block_values_read(struct block_bytes bytes, uint32_t n, uint32_t first, uint32_t after,
                       struct sample *out)
{
    const uint8_t *at = bytes.data, *end = bytes.data + bytes.len;
    const struct target target = {first, after, out};
    struct column column;
    uint64_t count;
    if (!bytes_get_varint(&at, end, &count) || count != n || at == end)
        return false;
    column.n = n;
    column.kind = *at++;
    if (column.kind <= VALUES_CONSTANT_MAX)
        return read_constant(&column, at, end, &target);
    if (!read_head(&column, &at, end))
        return false;
    bool valid = (column.kind & VALUES_SPARSE) != 0 ? read_sparse(&column, at, end, &target)
                                                    : open_dense(&column, at, end, &target);
    if (valid)
        restore_odd(&column, end, &target);
    return valid;
}
