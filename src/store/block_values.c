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
#include "store/block_sparse.h"
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
        column->predictor >= PREDICTOR_COUNT || *at == end ||
        (column->predictor == PREDICT_LINE && (column->kind & VALUES_SPARSE) != 0))
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

/* Residuals of samples that follow each other, and where they go. */
struct stretch {
    const int64_t *residuals;
    uint32_t first; /* number of the first sample */
    uint32_t n;
    uint64_t before; /* PREDICT_LAST: the integer before */
    struct sample *out;
};

/* Inlined with constants for predictor and form.  Returns the last integer. */
static inline __attribute__((always_inline)) uint64_t put_as(const struct column *column,
                                                             const struct stretch *stretch,
                                                             enum values_predictor predictor,
                                                             enum number_form form)
{
    const int64_t *residuals = stretch->residuals;
    const struct values_line line = column->line;
    uint64_t integer = stretch->before, unit = column->unit, base = column->base;
    double divisor = form == NUMBER_DECIMAL ? scale_of(column->code).down : 1;
    struct sample *out = stretch->out;
    for (uint32_t i = 0; i < stretch->n; i++) {
        uint64_t residual = (uint64_t)residuals[i];
        if (predictor == PREDICT_LINE)
            residual += (uint64_t)values_line_at(line, stretch->first + i);
        integer = (predictor == PREDICT_LAST ? integer : base) + unit * residual;
        out[i].value = number_value(form, divisor, (int64_t)integer);
    }
    return integer;
}

static uint64_t put(const struct column *column, const struct stretch *stretch)
{
    switch (column->predictor * NUMBER_FORM_COUNT + number_form_of(column->code)) {
    case PREDICT_NONE *NUMBER_FORM_COUNT + NUMBER_INTEGER:
        return put_as(column, stretch, PREDICT_NONE, NUMBER_INTEGER);
    case PREDICT_NONE *NUMBER_FORM_COUNT + NUMBER_DECIMAL:
        return put_as(column, stretch, PREDICT_NONE, NUMBER_DECIMAL);
    case PREDICT_NONE *NUMBER_FORM_COUNT + NUMBER_BENT:
        return put_as(column, stretch, PREDICT_NONE, NUMBER_BENT);
    case PREDICT_LINE *NUMBER_FORM_COUNT + NUMBER_INTEGER:
        return put_as(column, stretch, PREDICT_LINE, NUMBER_INTEGER);
    case PREDICT_LINE *NUMBER_FORM_COUNT + NUMBER_DECIMAL:
        return put_as(column, stretch, PREDICT_LINE, NUMBER_DECIMAL);
    case PREDICT_LINE *NUMBER_FORM_COUNT + NUMBER_BENT:
        return put_as(column, stretch, PREDICT_LINE, NUMBER_BENT);
    case PREDICT_LAST *NUMBER_FORM_COUNT + NUMBER_INTEGER:
        return put_as(column, stretch, PREDICT_LAST, NUMBER_INTEGER);
    case PREDICT_LAST *NUMBER_FORM_COUNT + NUMBER_DECIMAL:
        return put_as(column, stretch, PREDICT_LAST, NUMBER_DECIMAL);
    default: return put_as(column, stretch, PREDICT_LAST, NUMBER_BENT);
    }
}

/* Puts what of a stretch lies within the range.  Returns its last integer, or what will do when
 * nothing behind it is wanted. */
static uint64_t put_wanted(const struct column *column, struct stretch stretch,
                           const struct target *target)
{
    uint32_t after = stretch.first + stretch.n;
    uint32_t from = MIN_OF(MAX_OF(stretch.first, target->first), after);
    uint32_t until = MIN_OF(after, target->after);
    if (column->predictor == PREDICT_LAST) {
        uint64_t sum = 0;
        for (uint32_t i = 0; i < from - stretch.first; i++)
            sum += (uint64_t)stretch.residuals[i];
        stretch.before += column->unit * sum;
    }
    if (from >= until)
        return stretch.before;
    stretch.residuals += from - stretch.first;
    stretch.first = from;
    stretch.n = until - from;
    stretch.out = target->items + (from - target->first);
    return put(column, &stretch);
}

static double value_of(const struct column *column, uint64_t integer)
{
    enum number_form form = number_form_of(column->code);
    double divisor = form == NUMBER_DECIMAL ? scale_of(column->code).down : 1;
    return number_value(form, divisor, (int64_t)integer);
}

/* One value for samples first … after - 1. */
static void put_same(uint32_t first, uint32_t after, double value, const struct target *target)
{
    first = MAX_OF(first, target->first);
    after = MIN_OF(after, target->after);
    for (uint32_t i = first; i < after; i++)
        target->items[i - target->first].value = value;
}

/* `shape` counts samples. */
static bool read_dense(struct column *column, const struct ints_shape *shape,
                       const struct target *target)
{
    int64_t residuals[INTS_GROUP][INTS_LANE_MAX];
    bool has_starts = values_has_starts(column->predictor, shape);
    uint32_t first = column->predictor != PREDICT_LAST || has_starts ? target->first : 0;
    uint32_t lane = first / shape->lane_len, last_lane = (target->after - 1) / shape->lane_len;
    uint32_t n = MIN_OF(shape->n_lanes, (uint32_t)INTS_GROUP); /* together, more costs less */
    struct stretch stretch = {.before = column->base};
    do {
        lane = MIN_OF(lane, shape->n_lanes - n);
        if (!ints_read(&column->ints, lane, n, residuals))
            return false;
        for (uint32_t i = 0; i < n; i++) {
            stretch.residuals = residuals[i];
            stretch.first = (lane + i) * shape->lane_len + has_starts;
            stretch.n = ints_lane_len(shape, lane + i) - has_starts;
            if (has_starts) {
                stretch.before =
                    column->base + column->unit * (uint64_t)column->starts[lane + i];
                put_same(stretch.first - 1, stretch.first, value_of(column, stretch.before),
                         target);
            }
            stretch.before = put_wanted(column, stretch, target);
        }
        lane += n;
    } while (lane <= last_lane);
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

static void put_events(const struct column *column, const struct sparse *sparse,
                       const struct target *target)
{
    uint64_t integer = column->base;
    uint32_t next = 0;
    double quiet = value_of(column, integer);
    for (size_t i = 0; i < sparse->n_events; i++) {
        uint32_t place = (uint32_t)sparse->places[i];
        put_same(next, place, quiet, target);
        integer = (column->predictor == PREDICT_LAST ? integer : column->base) +
                  column->unit * (uint64_t)sparse->events[i];
        double value = value_of(column, integer);
        put_same(place, place + 1, value, target);
        quiet = column->predictor == PREDICT_LAST ? value : quiet;
        next = place + 1;
    }
    put_same(next, column->n, quiet, target);
}

static bool read_sparse(struct column *column, const uint8_t *at, const uint8_t *end,
                        const struct target *target)
{
    struct sparse sparse;
    if (!sparse_decode(&column->ints, at, end, column->n, &sparse))
        return false;
    put_events(column, &sparse, target);
    sparse_deinit(&sparse);
    return true;
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
