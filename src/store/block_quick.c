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

struct cursor {
    const uint8_t *at, *end;
    struct scale scale;
    int64_t before;
};

static bool next_scaled(struct cursor *cursor, double *out_value)
{
    uint64_t step;
    if (!bytes_get_varint(&cursor->at, cursor->end, &step))
        return false;
    cursor->before = (int64_t)((uint64_t)cursor->before + (uint64_t)bytes_unzigzag(step));
    *out_value = scale_value(cursor->scale, cursor->before);
    return true;
}

static bool next_bits(struct cursor *cursor, double *out_value)
{
    if (cursor->end - cursor->at < 8)
        return false;
    *out_value = sample_from_bits(bytes_get_le(cursor->at, 8));
    cursor->at += 8;
    return true;
}

static msec_t time_at(const struct block_times *times, uint32_t i)
{
    return times->list != NULL
               ? times->list[i]
               : (msec_t)((uint64_t)times->from_ms + (uint64_t)times->distance_ms * i);
}

int block_quick_read(const struct block_times *times, struct block_bytes values, msec_t from_ms,
                     msec_t to_ms, struct sample_list *out)
{
    if (values.len == 0)
        return -EBADMSG;
    unsigned code = values.data[0];
    if (code > SCALE_DECIMALS_MAX && code != QUICK_CONSTANT && code != QUICK_BITS)
        return -EBADMSG;
    struct cursor cursor = {values.data + 1, values.data + values.len,
                            scale_of(code <= SCALE_DECIMALS_MAX ? code : 0), 0};
    double value = 0;
    bool valid = code != QUICK_CONSTANT || next_bits(&cursor, &value);
    struct sample *items = sample_list_reserve(out, times->count);
    size_t n = 0;
    for (uint32_t i = 0; valid && i < times->count; i++) {
        if (code == QUICK_BITS)
            valid = next_bits(&cursor, &value);
        else if (code != QUICK_CONSTANT)
            valid = next_scaled(&cursor, &value);
        msec_t at_ms = time_at(times, i);
        items[n] = (struct sample){at_ms, value};
        n += at_ms >= from_ms && at_ms <= to_ms;
    }
    if (!valid || cursor.at != cursor.end)
        return -EBADMSG;
    out->len += n;
    return 0;
}
