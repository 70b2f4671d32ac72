/* SPDX-License-Identifier: MIT */
/*
 * From doubles to bytes: integers (block_number), their distance from the base in units of what
 * divides all of them, the predictor that leaves least, and then the entropy coder (block_ints).
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "store/block.h"
#include "store/block_number.h"
#include "store/block_sparse.h"
#include "store/block_values.h"
#include "store/bytes.h"

#define PROBES_MAX     1024 /* integers looked at when choosing a predictor */
#define PROBES_FEW     128
#define DIVISOR_PROBES 16

struct column {
    size_t n;
    struct numbers numbers;
    int64_t *units; /* numbers.integers, then their distance from base in units */
    uint64_t base, unit;
    enum values_predictor predictor;
    struct values_line line;
};

static uint64_t divisor_of(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static uint64_t absolute(int64_t value)
{
    return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

/* The odd part of what divides all distances: guessed from the first few, then proven. */
static uint64_t odd_unit(const int64_t *distances, size_t n, unsigned shift)
{
    uint64_t unit = 0;
    size_t probes = 0;
    for (size_t i = 0; i < n && probes < DIVISOR_PROBES && unit != 1; i++) {
        probes += distances[i] != 0;
        unit = divisor_of(absolute(distances[i] >> shift), unit);
    }
    for (size_t i = 0; i < n && unit > 1; i++) {
        if ((distances[i] >> shift) % (int64_t)unit != 0)
            unit = divisor_of(absolute(distances[i] >> shift), unit);
    }
    return MAX_OF(unit, 1);
}

/* From integers to units: integer = base + unit x u, modulo 2^64. */
static void find_unit(struct column *column)
{
    uint64_t first = (uint64_t)column->units[0], any = 0;
    for (size_t i = 0; i < column->n; i++) {
        column->units[i] = (int64_t)((uint64_t)column->units[i] - first);
        any |= (uint64_t)column->units[i];
    }
    unsigned shift = any == 0 ? 0 : (unsigned)__builtin_ctzll(any);
    uint64_t odd =
        column->numbers.code == NUMBER_BITS ? 1 : odd_unit(column->units, column->n, shift);
    for (size_t i = 0; i < column->n && shift > 0; i++)
        column->units[i] >>= shift;
    for (size_t i = 0; i < column->n && odd > 1; i++)
        column->units[i] /= (int64_t)odd;
    column->base = first;
    column->unit = odd << shift;
}

/* The line from the first to the last; false when it is too steep for whole numbers. */
static bool find_line(const struct column *column, struct values_line *out_line)
{
    double slope = (double)column->units[column->n - 1] / (double)(column->n - 1);
    int exponent;
    frexp(slope, &exponent);
    int shift = 44 - exponent; /* |slope| x 2^shift < 2^44, times an index < 2^17 */
    if (slope == 0 || shift < 0)
        return false;
    shift = MIN_OF(shift, 32);
    *out_line = (struct values_line){(int64_t)ldexp(slope, shift), (unsigned)shift};
    return out_line->slope != 0;
}

struct probe {
    uint32_t counts[2 * 65];
    double raw_bits;
};

static void probe_add(struct probe *probe, uint64_t value)
{
    uint64_t sign = -(value >> 63), size = (value ^ sign) - sign;
    unsigned bits = size == 0 ? 0 : 64 - (unsigned)__builtin_clzll(size);
    probe->counts[2 * bits + (unsigned)(sign & 1)]++;
    probe->raw_bits += bits > 1 ? bits - 1 : 0;
}

/* Of a few, only the lengths tell; Golomb codes take about twice as much as they are. */
static double probe_cost(const struct probe *probe, size_t n)
{
    if (n < PROBES_FEW)
        return probe->raw_bits;
    return prefix_entropy(probe->counts, ARRAY_LEN(probe->counts)) + probe->raw_bits;
}

static double mean_of(const struct column *column, bool less_line)
{
    double sum = 0;
    for (size_t i = 0; i < column->n; i++) {
        uint64_t line = less_line ? (uint64_t)values_line_at(column->line, i) : 0;
        sum += (double)(int64_t)((uint64_t)column->units[i] - line);
    }
    double mean = sum / (double)column->n;
    return fabs(mean) < 0x1p62 ? mean : 0;
}

/* Chooses, and moves the base to the middle when it is not the value before that counts. */
static void choose_predictor(struct column *column)
{
    struct probe probes[PREDICTOR_COUNT] = {0};
    const int64_t *units = column->units;
    bool has_line = find_line(column, &column->line);
    int64_t middle = llrint(mean_of(column, false));
    int64_t middle_line = has_line ? llrint(mean_of(column, true)) : 0;
    size_t stride = column->n / PROBES_MAX + 1;
    for (size_t i = 1; i < column->n; i += stride) {
        uint64_t unit = (uint64_t)units[i];
        probe_add(&probes[PREDICT_NONE], unit - (uint64_t)middle);
        probe_add(&probes[PREDICT_LAST], unit - (uint64_t)units[i - 1]);
        if (has_line)
            probe_add(&probes[PREDICT_LINE],
                      unit - (uint64_t)middle_line - (uint64_t)values_line_at(column->line, i));
    }
    double none = probe_cost(&probes[PREDICT_NONE], column->n);
    double last = probe_cost(&probes[PREDICT_LAST], column->n);
    double line = has_line ? probe_cost(&probes[PREDICT_LINE], column->n) : HUGE_VAL;
    column->predictor = last <= none && last <= line ? PREDICT_LAST
                        : none <= line               ? PREDICT_NONE
                                                     : PREDICT_LINE;
    uint64_t move = column->predictor == PREDICT_NONE   ? (uint64_t)middle
                    : column->predictor == PREDICT_LINE ? (uint64_t)middle_line
                                                        : 0;
    column->base += move * column->unit;
    for (size_t i = 0; i < column->n && move != 0; i++)
        column->units[i] = (int64_t)((uint64_t)column->units[i] - move);
}

/* What is left after prediction, one for each sample; returns how many are not 0. */
static size_t find_residuals(const struct column *column, int64_t *out)
{
    const int64_t *units = column->units;
    size_t n_events = 0;
    for (size_t i = 0; i < column->n; i++) {
        uint64_t guess =
            column->predictor == PREDICT_LAST   ? (uint64_t)(i > 0 ? units[i - 1] : 0)
            : column->predictor == PREDICT_LINE ? (uint64_t)values_line_at(column->line, i)
                                                : 0;
        out[i] = (int64_t)((uint64_t)units[i] - guess);
        n_events += out[i] != 0;
    }
    return n_events;
}

static void put_varint(struct buf *out, uint64_t value)
{
    uint8_t bytes[BYTES_VARINT_MAX];
    buf_append(out, bytes, (size_t)(bytes_put_varint(bytes, value) - bytes));
}

static void put_odd(const struct column *column, const struct sample *samples, struct buf *out)
{
    const struct numbers *numbers = &column->numbers;
    uint32_t next = 0;
    put_varint(out, numbers->n_odd);
    for (size_t i = 0; i < numbers->n_odd; i++) {
        uint8_t bits[8];
        bytes_put_u64(bits, sample_bits(samples[numbers->odd[i]].value));
        put_varint(out, numbers->odd[i] - next);
        buf_append(out, bits, 8);
        next = numbers->odd[i] + 1;
    }
}

static void put_head(const struct column *column, bool is_sparse, const struct sample *samples,
                     struct buf *out)
{
    buf_append_char(out,
                    (char)(VALUES_CODED | column->predictor | (is_sparse ? VALUES_SPARSE : 0)));
    buf_append_char(out, (char)column->numbers.code);
    put_varint(out, bytes_zigzag((int64_t)column->base));
    put_varint(out, column->unit);
    put_odd(column, samples, out);
    if (column->predictor == PREDICT_LINE) {
        put_varint(out, bytes_zigzag(column->line.slope));
        put_varint(out, column->line.shift);
    }
}

/* The first integer of each lane but the first, and the residuals without them. */
static void put_starts(const struct column *column, struct ints_shape *shape,
                       int64_t *residuals, struct buf *out)
{
    size_t kept = 0;
    uint64_t before = 0;
    for (uint32_t lane = 0; lane < shape->n_lanes; lane++) {
        size_t first = (size_t)lane * shape->lane_len;
        uint32_t len = ints_lane_len(shape, lane) - 1;
        if (lane > 0) {
            uint64_t start = (uint64_t)column->units[first];
            put_varint(out, bytes_zigzag((int64_t)(start - before)));
            before = start;
        }
        memmove(residuals + kept, residuals + first + 1, len * sizeof(*residuals));
        kept += len;
    }
    shape->lane_len--;
    shape->last_len--;
}

static int put_dense(const struct column *column, int64_t *residuals, struct buf *out)
{
    struct ints_shape shape = ints_shape_of(column->n);
    if (values_has_starts(column->predictor, &shape))
        put_starts(column, &shape, residuals, out);
    return ints_encode(residuals, &shape, out);
}

static bool is_constant(const struct sample *samples, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (sample_bits(samples[i].value) != sample_bits(samples[0].value))
            return false;
    }
    return true;
}

/* The bytes of the value that are not 0 at its low end. */
static int put_constant(uint64_t bits, struct buf *out)
{
    uint8_t bytes[8];
    unsigned size = bits == 0 ? 0 : 8 - (unsigned)__builtin_ctzll(bits) / 8;
    bytes_put_u64(bytes, bits);
    buf_append_char(out, (char)size);
    return buf_append(out, bytes + 8 - size, size);
}

int block_encode_values(const struct sample *samples, size_t n, struct buf *out)
{
    assert(n > 0 && n <= BLOCK_SAMPLES_MAX);
    put_varint(out, n);
    if (is_constant(samples, n))
        return put_constant(sample_bits(samples[0].value), out);

    struct column column = {.n = n};
    numbers_init(&column.numbers, samples, n);
    column.units = column.numbers.integers;
    find_unit(&column);
    choose_predictor(&column);
    int64_t *residuals = memory_alloc(n * sizeof(*residuals));
    size_t n_events = find_residuals(&column, residuals);
    bool is_sparse =
        column.predictor != PREDICT_LINE && n_events > 0 && n_events * SPARSE_SHARE < n;
    put_head(&column, is_sparse, samples, out);
    int result = is_sparse ? sparse_encode(residuals, n, n_events, out)
                           : put_dense(&column, residuals, out);
    free(residuals);
    numbers_deinit(&column.numbers);
    return result;
}
