/* SPDX-License-Identifier: MIT */
/*
 * Encoded, a rollup is a column per field, each with the values' codec of blocks.  Fields that
 * are bit for bit the same all along (min and first of a counter, everything of a constant) are
 * stored once.
 */
#include "store/rollup.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "store/bytes.h"

static void take_range(struct rollup *into, double min, double max)
{
    if (min < into->min || isnan(into->min))
        into->min = min;
    if (max > into->max || isnan(into->max))
        into->max = max;
}

static struct rollup rollup_of(const struct sample *sample, uint32_t span_ms)
{
    return (struct rollup){
        .end_ms = rollup_end(sample->at_ms, span_ms),
        .span_ms = span_ms,
        .count = 1,
        .first_ms = sample->at_ms,
        .last_ms = sample->at_ms,
        .first = sample->value,
        .last = sample->value,
        .min = sample->value,
        .max = sample->value,
        .sum = sample->value,
    };
}

static void add_sample(struct rollup *into, const struct sample *sample)
{
    if (sample->value < into->last)
        into->resets += into->last;
    into->count++;
    into->last_ms = sample->at_ms;
    into->last = sample->value;
    into->sum += sample->value;
    take_range(into, sample->value, sample->value);
}

void rollup_build(const struct sample *samples, size_t n, uint32_t span_ms,
                  struct rollup_list *out)
{
    struct rollup *open = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct sample *sample = &samples[i];
        if (sample_value_is_stale(sample->value))
            continue;
        if (open != NULL && sample->at_ms <= open->end_ms) {
            add_sample(open, sample);
            continue;
        }
        struct rollup made = rollup_of(sample, span_ms);
        VEC_PUSH(out, made);
        open = &out->items[out->len - 1];
    }
}

void rollup_join(struct rollup *into, const struct rollup *more)
{
    if (more->first_ms > into->last_ms && more->first < into->last)
        into->resets += into->last;
    else if (more->last_ms < into->first_ms && into->first < more->last)
        into->resets += more->last;
    into->resets += more->resets;
    into->count += more->count;
    into->sum += more->sum;
    take_range(into, more->min, more->max);
    if (more->first_ms < into->first_ms) {
        into->first_ms = more->first_ms;
        into->first = more->first;
    }
    if (more->last_ms > into->last_ms) {
        into->last_ms = more->last_ms;
        into->last = more->last;
    }
}

void rollup_widen(const struct rollup *rollups, size_t n, uint32_t span_ms,
                  struct rollup_list *out)
{
    struct rollup *open = NULL;
    for (size_t i = 0; i < n; i++) {
        if (open != NULL && rollups[i].end_ms <= open->end_ms) {
            rollup_join(open, &rollups[i]);
            continue;
        }
        struct rollup made = rollups[i];
        made.end_ms = rollup_end(rollups[i].end_ms, span_ms);
        made.span_ms = span_ms;
        VEC_PUSH(out, made);
        open = &out->items[out->len - 1];
    }
}

static void append_all(struct rollup_list *list, const struct rollup *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        VEC_PUSH(list, items[i]);
}

void rollup_list_merge(struct rollup_list *list, const struct rollup_list *more,
                       bool is_addition)
{
    if (more->len == 0)
        return;
    if (list->len == 0 || list->items[list->len - 1].end_ms < more->items[0].end_ms) {
        append_all(list, more->items, more->len);
        return;
    }
    struct rollup_list merged = {0};
    size_t left = 0, right = 0;
    while (left < list->len && right < more->len) {
        const struct rollup *a = &list->items[left], *b = &more->items[right];
        if (a->end_ms < b->end_ms) {
            VEC_PUSH(&merged, *a);
            left++;
        } else if (b->end_ms < a->end_ms) {
            VEC_PUSH(&merged, *b);
            right++;
        } else {
            VEC_PUSH(&merged, *b);
            if (is_addition) {
                merged.items[merged.len - 1] = *a;
                rollup_join(&merged.items[merged.len - 1], b);
            }
            left++;
            right++;
        }
    }
    append_all(&merged, list->items + left, list->len - left);
    append_all(&merged, more->items + right, more->len - right);
    VEC_DEINIT(list);
    *list = merged;
}

/* --- as bytes --- */

enum rollup_column {
    COLUMN_SPAN,
    COLUMN_COUNT,
    COLUMN_FIRST_AGE,
    COLUMN_LAST_AGE,
    COLUMN_FIRST,
    COLUMN_LAST,
    COLUMN_MIN,
    COLUMN_MAX,
    COLUMN_SUM,
    COLUMN_RESETS,
    COLUMN_COUNT_OF
};

static double field(const struct rollup *rollup, enum rollup_column column)
{
    switch (column) {
    case COLUMN_SPAN: return rollup->span_ms;
    case COLUMN_COUNT: return rollup->count;
    case COLUMN_FIRST_AGE: return (double)(rollup->end_ms - rollup->first_ms);
    case COLUMN_LAST_AGE: return (double)(rollup->end_ms - rollup->last_ms);
    case COLUMN_FIRST: return rollup->first;
    case COLUMN_LAST: return rollup->last;
    case COLUMN_MIN: return rollup->min;
    case COLUMN_MAX: return rollup->max;
    case COLUMN_SUM: return rollup->sum;
    case COLUMN_RESETS: return rollup->resets;
    case COLUMN_COUNT_OF: break;
    }
    abort();
}

/* A whole number of [low, high]; false for anything else. */
static bool read_whole(double value, double low, double high, uint32_t *out_value)
{
    if (!(value >= low && value <= high))
        return false;
    *out_value = (uint32_t)value;
    return true;
}

/* False when no rollup has such a value. */
static bool set_field(struct rollup *rollup, enum rollup_column column, double value)
{
    uint32_t age = 0;
    switch (column) {
    case COLUMN_SPAN: return read_whole(value, 1, UINT32_MAX, &rollup->span_ms);
    case COLUMN_COUNT: return read_whole(value, 1, UINT32_MAX, &rollup->count);
    case COLUMN_FIRST_AGE:
        if (!read_whole(value, 0, rollup->span_ms, &age))
            return false;
        rollup->first_ms = rollup->end_ms - age;
        return true;
    case COLUMN_LAST_AGE:
        if (!read_whole(value, 0, rollup->span_ms, &age))
            return false;
        rollup->last_ms = rollup->end_ms - age;
        return rollup->last_ms >= rollup->first_ms;
    case COLUMN_FIRST: rollup->first = value; return true;
    case COLUMN_LAST: rollup->last = value; return true;
    case COLUMN_MIN: rollup->min = value; return true;
    case COLUMN_MAX: rollup->max = value; return true;
    case COLUMN_SUM: rollup->sum = value; return true;
    case COLUMN_RESETS: rollup->resets = value; return true;
    case COLUMN_COUNT_OF: break;
    }
    abort();
}

static bool columns_equal(const struct sample *a, const struct sample *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (sample_bits(a[i].value) != sample_bits(b[i].value))
            return false;
    }
    return true;
}

/* Byte 0 of a column: 0 = its own bytes follow (varint length first), c + 1 = those of column c. */
static int encode_column(const struct sample *columns, enum rollup_column column, size_t n,
                         struct buf *scratch, struct buf *out)
{
    const struct sample *own = columns + column * n;
    for (unsigned same = 0; same < column; same++) {
        if (columns_equal(columns + same * n, own, n))
            return buf_append_char(out, (char)(same + 1));
    }
    buf_reset(scratch);
    int error = block_encode_values(own, n, scratch);
    if (error != 0)
        return error;
    uint8_t header[1 + BYTES_VARINT_MAX] = {0};
    uint8_t *end = bytes_put_varint(header + 1, scratch->len);
    buf_append(out, header, (size_t)(end - header));
    return buf_append(out, scratch->data, scratch->len);
}

int rollup_encode(const struct rollup *rollups, size_t n, struct buf *out)
{
    assert(n >= 1 && n <= BLOCK_SAMPLES_MAX);
    struct sample *columns = memory_alloc(COLUMN_COUNT_OF * n * sizeof(*columns));
    for (unsigned column = 0; column < COLUMN_COUNT_OF; column++) {
        for (size_t i = 0; i < n; i++)
            columns[column * n + i] =
                (struct sample){rollups[i].end_ms, field(&rollups[i], column)};
    }
    struct buf scratch;
    buf_init(&scratch, SIZE_MAX / 2);
    int error = 0;
    for (unsigned column = 0; error == 0 && column < COLUMN_COUNT_OF; column++)
        error = encode_column(columns, column, n, &scratch, out);
    buf_deinit(&scratch);
    free(columns);
    return error;
}

struct decoding {
    const uint8_t *at, *end;
    struct block_bytes columns[COLUMN_COUNT_OF];
};

static bool next_column(struct decoding *decoding, unsigned column)
{
    uint64_t len;
    if (decoding->at == decoding->end)
        return false;
    uint8_t same = *decoding->at++;
    if (same > column)
        return false;
    if (same > 0) {
        decoding->columns[column] = decoding->columns[same - 1];
        return true;
    }
    if (!bytes_get_varint(&decoding->at, decoding->end, &len) ||
        len > (size_t)(decoding->end - decoding->at))
        return false;
    decoding->columns[column] = (struct block_bytes){decoding->at, len};
    decoding->at += len;
    return true;
}

/* Sets the field in all rollups from out->items[before] on, which the first column makes. */
static bool fill_column(struct rollup_list *out, size_t before, unsigned column,
                        const struct sample_list *values)
{
    if (column == 0) {
        for (size_t i = 0; i < values->len; i++) {
            struct rollup made = {.end_ms = values->items[i].at_ms};
            VEC_PUSH(out, made);
        }
    }
    if (out->len - before != values->len)
        return false;
    for (size_t i = 0; i < values->len; i++) {
        if (!set_field(&out->items[before + i], column, values->items[i].value))
            return false;
    }
    return true;
}

int rollup_decode(const struct block_times *times, struct block_bytes bytes, msec_t from_ms,
                  msec_t to_ms, struct rollup_list *out)
{
    struct decoding decoding = {bytes.data, bytes.data + bytes.len, {{0}}};
    struct sample_list values = {0};
    size_t before = out->len;
    bool valid = true;
    for (unsigned column = 0; valid && column < COLUMN_COUNT_OF; column++) {
        valid = next_column(&decoding, column);
        const uint8_t *data = decoding.columns[column].data;
        bool is_new = valid && (column == 0 || data != decoding.columns[column - 1].data);
        if (is_new)
            values.len = 0;
        valid = valid && (!is_new || block_read(times, decoding.columns[column], from_ms, to_ms,
                                                &values) == 0);
        valid = valid && fill_column(out, before, column, &values);
    }
    if (decoding.at != decoding.end)
        valid = false;
    if (!valid)
        out->len = before;
    sample_list_deinit(&values);
    return valid ? 0 : -EBADMSG;
}
