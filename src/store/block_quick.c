/* SPDX-License-Identifier: MIT */
#include "store/block_quick.h"

#include <assert.h>
#include <errno.h>

#include "base/macros.h"
#include "store/bytes.h"
#include "store/scale.h"

enum {
    QUICK_CONSTANT = 32, /* 8 bytes: the value */
    QUICK_BITS = 33,     /* 8 bytes each */
    /* else a code of scale.h: varints, zigzag, of each integer less the one before */
};

static bool is_constant(const struct sample *samples, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (sample_bits(samples[i].value) != sample_bits(samples[0].value))
            return false;
    }
    return true;
}

/* The bytes behind those of the integers, NULL when a value does not fit the scale. */
static uint8_t *put_scaled(const struct sample *samples, size_t n, unsigned code, uint8_t *at)
{
    const struct scale scale = scale_of(code);
    int64_t before = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t integer;
        if (!scale_fits(scale, samples[i].value, &integer))
            return NULL;
        at = bytes_put_varint(at, bytes_zigzag(integer - before));
        before = integer;
    }
    return at;
}

static uint8_t *put_bits(const struct sample *samples, size_t n, uint8_t *at)
{
    for (size_t i = 0; i < n; i++, at += 8)
        bytes_put_le(at, sample_bits(samples[i].value), 8);
    return at;
}

int block_quick_encode(const struct sample *samples, size_t n, struct buf *out)
{
    static const uint8_t codes[] = {0, 1, 2, 3, 4, 6};
    assert(n > 0 && n <= BLOCK_SAMPLES_MAX);
    int error = buf_reserve(out, 1 + n * BYTES_VARINT_MAX);
    if (error != 0)
        return error;
    uint8_t *start = (uint8_t *)out->data + out->len, *end = NULL;
    if (is_constant(samples, n)) {
        *start = QUICK_CONSTANT;
        end = put_bits(samples, 1, start + 1);
    }
    for (size_t i = 0; end == NULL && i < ARRAY_LEN(codes); i++) {
        *start = codes[i];
        end = put_scaled(samples, n, codes[i], start + 1);
    }
    if (end == NULL) {
        *start = QUICK_BITS;
        end = put_bits(samples, n, start + 1);
    }
    out->len += (size_t)(end - start);
    return 0;
}

/* What is read: the values of samples first … after - 1. */
struct wanted {
    uint32_t first, after;
    struct sample *items;
};

static inline bool next_integer(const uint8_t **at, const uint8_t *end, int64_t *integer)
{
    uint64_t step;
    if (*at < end && **at < 0x80)
        step = *(*at)++;
    else if (!bytes_get_varint(at, end, &step))
        return false;
    *integer = (int64_t)((uint64_t)*integer + (uint64_t)bytes_unzigzag(step));
    return true;
}

static bool read_scaled(const uint8_t **at, const uint8_t *end, struct scale scale,
                        const struct wanted *wanted)
{
    int64_t integer = 0;
    for (uint32_t i = 0; i < wanted->first; i++) {
        if (!next_integer(at, end, &integer))
            return false;
    }
    for (uint32_t i = 0; i < wanted->after - wanted->first; i++) {
        if (!next_integer(at, end, &integer))
            return false;
        wanted->items[i].value = scale_value(scale, integer);
    }
    return true;
}

static bool read_bits(const uint8_t **at, const uint8_t *end, const struct wanted *wanted)
{
    if ((size_t)(end - *at) / 8 < wanted->after)
        return false;
    *at += 8 * (size_t)wanted->first;
    for (uint32_t i = 0; i < wanted->after - wanted->first; i++, *at += 8)
        wanted->items[i].value = sample_from_bits(bytes_get_u64(*at));
    return true;
}

static bool read_constant(const uint8_t **at, const uint8_t *end, const struct wanted *wanted)
{
    if (end - *at != 8)
        return false;
    double value = sample_from_bits(bytes_get_u64(*at));
    for (uint32_t i = 0; i < wanted->after - wanted->first; i++)
        wanted->items[i].value = value;
    *at += 8;
    return true;
}

int block_quick_read(const struct block_times *times, struct block_bytes values, msec_t from_ms,
                     msec_t to_ms, struct sample_list *out)
{
    if (values.len == 0)
        return -EBADMSG;
    if (from_ms > to_ms)
        return 0;
    const uint8_t *at = values.data + 1, *end = values.data + values.len;
    uint32_t first = block_times_find(times, from_ms);
    uint32_t after = to_ms == INT64_MAX ? times->count : block_times_find(times, to_ms + 1);
    const struct wanted wanted = {first, after, sample_list_reserve(out, after - first)};
    bool valid;
    switch (values.data[0]) {
    case QUICK_CONSTANT: valid = read_constant(&at, end, &wanted); break;
    case QUICK_BITS: valid = read_bits(&at, end, &wanted); break;
    default:
        valid = values.data[0] <= SCALE_DECIMALS_MAX &&
                read_scaled(&at, end, scale_of(values.data[0]), &wanted);
    }
    if (!valid || (after == times->count && at != end))
        return -EBADMSG;
    block_times_put(times, first, after, wanted.items);
    out->len += after - first;
    return 0;
}
