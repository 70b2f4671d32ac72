/* SPDX-License-Identifier: MIT */
/*
 * A token, byte by byte; z is zigzag, so that small changes of both signs are small numbers:
 *
 *     zzzzzzz0                      the integer changes by z; low bits first
 *     zzzzzz01 z                    the same, and so on to
 *     zzzz0111 z z z
 *     0nnn1111 z…                   n + 1 bytes, low byte first
 *     10001111 ttttnnnn x…          the bits of the value XOR x << 8 t; n + 1 bytes of x
 *     10011111 varint               so many samples repeat value and distance
 *     10101111 varint (zigzag)      prefix: the distance between samples changes from here on
 *     10111111 scale                prefix: values are integers of this scale from here on
 *     11zz1111 z                    prefix: the distance changes by ten bits, high bits first
 *
 * Which of the first four lengths it is cannot be foreseen, neither by us nor by the processor: so
 * put_integer() writes eight bytes and goes on by as many as are needed.
 *
 * Before the first sample time is its time, the distance 0 and the value +0.
 */
#include "store/run.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "store/bytes.h"
#include "store/scale.h"

#define RUN_SCALE_NONE  255
#define TOKEN_BYTES_MAX 24
#define GRANULE_BYTES   32 /* what malloc gives: 24, 56, 88, … */

enum {
    TOKEN_Z64 = 0x0f,
    TOKEN_XOR = 0x8f,
    TOKEN_REPEAT = 0x9f,
    TOKEN_DISTANCE = 0xaf,
    TOKEN_SCALE = 0xbf,
    TOKEN_DISTANCE_SMALL = 0xcf
};

static size_t capacity_of(size_t len)
{
    return len == 0 ? 0 : (len + 8 + GRANULE_BYTES - 1) / GRANULE_BYTES * GRANULE_BYTES - 8;
}

static unsigned n_bytes(uint64_t value)
{
    return value == 0 ? 1 : (unsigned)(71 - __builtin_clzll(value)) / 8;
}

static uint8_t *put_integer(uint8_t *at, uint64_t z)
{
    if (z < 1u << 28) {
        unsigned size = (70 - (unsigned)__builtin_clzll(z | 1)) / 7;
        bytes_put_u64(at, z << size | ((1u << (size - 1)) - 1));
        return at + size;
    }
    unsigned size = n_bytes(z);
    *at++ = (uint8_t)(TOKEN_Z64 | (size - 1) << 4);
    bytes_put_u64(at, z);
    return at + size;
}

static uint8_t *put_xor(uint8_t *at, uint64_t x)
{
    unsigned shift = x == 0 ? 0 : (unsigned)__builtin_ctzll(x) / 8;
    unsigned size = n_bytes(x >> 8 * shift);
    *at++ = TOKEN_XOR;
    *at++ = (uint8_t)((size - 1) | shift << 4);
    bytes_put_u64(at, x >> 8 * shift);
    return at + size;
}

static uint8_t *put_distance(uint8_t *at, int64_t change)
{
    uint64_t z = bytes_zigzag(change);
    if (z < 1u << 10) {
        *at++ = (uint8_t)(TOKEN_DISTANCE_SMALL | z >> 8 << 4);
        *at++ = (uint8_t)z;
        return at;
    }
    *at++ = TOKEN_DISTANCE;
    return bytes_put_varint(at, z);
}

/* Memory counts in pages and kibibytes, disks in sectors. */
static unsigned binary_scale(double value)
{
    static const unsigned char shifts[] = {12, 10, 9};
    int64_t integer;
    for (size_t i = 0; i < ARRAY_LEN(shifts); i++) {
        unsigned code = SCALE_BINARY + shifts[i];
        if (scale_fits(scale_of(code), value, &integer))
            return code;
    }
    return 0;
}

/* A scale for a value that does not fit the one we have; it mostly stays for the whole run. */
static unsigned find_scale(unsigned current, double value)
{
    int64_t integer;
    unsigned first = 0;
    if (current > SCALE_BINARY) {
        unsigned code = binary_scale(value);
        if (code != 0)
            return code;
    } else {
        first = current + 1;
    }
    for (unsigned code = first; code <= SCALE_DECIMALS_MAX; code++) {
        if (scale_fits(scale_of(code), value, &integer))
            return code;
    }
    return RUN_SCALE_NONE;
}

/* What no scale can hold, and what says nothing about the values to come. */
static bool is_special(uint64_t bits)
{
    return (bits << 1) >= UINT64_C(0x7ff) << 53 || bits == UINT64_C(1) << 63;
}

static uint8_t *put_value(struct run *run, uint64_t bits, uint8_t *at)
{
    double value = sample_from_bits(bits);
    int64_t integer;
    if (run->scale == 0 && run->last_bits == 0 && fabs(value) >= 65536) {
        run->scale = (uint8_t)binary_scale(value);
        if (run->scale != 0) {
            *at++ = TOKEN_SCALE;
            *at++ = run->scale;
        }
    }
    if (run->scale == RUN_SCALE_NONE || is_special(bits))
        return put_xor(at, bits ^ run->last_bits);
    struct scale scale = scale_of(run->scale);
    if (!scale_fits(scale, value, &integer)) {
        run->scale = (uint8_t)find_scale(run->scale, value);
        *at++ = TOKEN_SCALE;
        *at++ = run->scale;
        if (run->scale == RUN_SCALE_NONE)
            return put_xor(at, bits ^ run->last_bits);
        scale = scale_of(run->scale);
        integer = scale_integer(scale, value);
    }
    int64_t before = scale_integer(scale, run_last_value(run));
    return put_integer(at, bytes_zigzag(integer - before));
}

static void push_heap(struct run *run, const uint8_t *bytes, size_t len)
{
    size_t need = run->len + len;
    if (capacity_of(need) != capacity_of(run->len))
        run->bytes = memory_realloc(run->bytes, capacity_of(need));
    memcpy(run->bytes + run->len, bytes, len);
    run->len = (uint16_t)need;
}

static void push_token(struct run *run, const uint8_t *token, size_t len)
{
    if (run->tail_len + len > RUN_TAIL_BYTES) {
        push_heap(run, run->tail, run->tail_len);
        run->tail_len = 0;
    }
    if (len > RUN_TAIL_BYTES) {
        push_heap(run, token, len);
        return;
    }
    if (len <= 8 && run->tail_len <= RUN_TAIL_BYTES - 8)
        memcpy(run->tail + run->tail_len, token, 8);
    else
        memcpy(run->tail + run->tail_len, token, len);
    run->tail_len = (uint8_t)(run->tail_len + len);
}

void run_reset(struct run *run)
{
    free(run->bytes);
    *run = (struct run){0};
}

bool run_append(struct run *run, struct sample sample)
{
    uint64_t bits = sample_bits(sample.value);
    uint64_t distance = 0;
    if (run->count > 0) {
        assert(sample.at_ms > run->to_ms);
        distance = (uint64_t)sample.at_ms - (uint64_t)run->to_ms;
        if (run->count == RUN_SAMPLES_MAX || run->len > RUN_BYTES_MAX - 2 * TOKEN_BYTES_MAX ||
            distance > UINT32_MAX - run->span)
            return false;
    }
    if (run->count > 1 && bits == run->last_bits && distance == run->distance) {
        run->repeats++;
    } else {
        uint8_t token[TOKEN_BYTES_MAX + 8],
            *at = token; /* 8 bytes are copied, whatever they are */
        if (run->repeats > 0) {
            *at++ = TOKEN_REPEAT;
            at = bytes_put_varint(at, run->repeats);
            run->repeats = 0;
        }
        if (distance != run->distance)
            at = put_distance(at, (int64_t)distance - (int64_t)run->distance);
        at = put_value(run, bits, at);
        push_token(run, token, (size_t)(at - token));
    }
    run->count++;
    run->span += (uint32_t)distance;
    run->distance = (uint32_t)distance;
    run->to_ms = sample.at_ms;
    run->last_bits = bits;
    return true;
}

/* Reading: tokens never straddle heap and tail, so each part is read for itself. */
struct cursor {
    msec_t at_ms;
    uint64_t bits;
    int64_t integer; /* of bits, while the scale is not NONE */
    struct scale scale;
    uint8_t code;
    uint32_t distance;
    msec_t from_ms, to_ms;
    struct sample_list *out;
};

static void emit(struct cursor *cursor)
{
    cursor->at_ms += cursor->distance;
    if (cursor->at_ms >= cursor->from_ms && cursor->at_ms <= cursor->to_ms)
        sample_list_push(cursor->out, (struct sample){.at_ms = cursor->at_ms,
                                                      .value = sample_from_bits(cursor->bits)});
}

static void repeat(struct cursor *cursor, uint64_t times)
{
    for (; times > 0; times--)
        emit(cursor);
}

static void rescale(struct cursor *cursor, uint8_t code)
{
    cursor->code = code;
    if (code == RUN_SCALE_NONE)
        return;
    cursor->scale = scale_of(code);
    cursor->integer = scale_integer(cursor->scale, sample_from_bits(cursor->bits));
}

static void change_integer(struct cursor *cursor, uint64_t z)
{
    cursor->integer += bytes_unzigzag(z);
    cursor->bits = sample_bits(scale_value(cursor->scale, cursor->integer));
    emit(cursor);
}

static const uint8_t *read_xor(struct cursor *cursor, const uint8_t *at)
{
    unsigned size = (*at & 7) + 1u, shift = *at >> 4;
    cursor->bits ^= bytes_get_le(at + 1, size) << 8 * shift;
    rescale(cursor, cursor->code);
    emit(cursor);
    return at + 1 + size;
}

static const uint8_t *read_varint(struct cursor *cursor, uint8_t token, const uint8_t *at,
                                  const uint8_t *end)
{
    uint64_t number;
    bool whole = bytes_get_varint(&at, end, &number);
    assert(whole);
    if (token == TOKEN_REPEAT)
        repeat(cursor, number);
    else
        cursor->distance += (uint32_t)bytes_unzigzag(number);
    return at;
}

/* Tokens that end in four ones. */
static const uint8_t *read_special(struct cursor *cursor, uint8_t token, const uint8_t *at,
                                   const uint8_t *end)
{
    if (token < TOKEN_XOR) {
        unsigned size = (token >> 4) + 1u;
        change_integer(cursor, bytes_get_le(at, size));
        return at + size;
    }
    if (token == TOKEN_XOR)
        return read_xor(cursor, at);
    if (token == TOKEN_SCALE) {
        rescale(cursor, *at);
        return at + 1;
    }
    if (token < TOKEN_DISTANCE_SMALL)
        return read_varint(cursor, token, at, end);
    uint64_t z = (uint64_t)(token >> 4 & 3) << 8 | *at;
    cursor->distance += (uint32_t)bytes_unzigzag(z);
    return at + 1;
}

static void read_part(struct cursor *cursor, const uint8_t *at, size_t len)
{
    const uint8_t *end = at + len;
    while (at < end) {
        unsigned size = (unsigned)__builtin_ctz(~(unsigned)*at) + 1;
        if (size > 4) {
            at = read_special(cursor, *at, at + 1, end);
            continue;
        }
        uint64_t z = end - at >= 8 ? bytes_get_u64(at) & ((UINT64_C(1) << 8 * size) - 1)
                                   : bytes_get_le(at, size);
        change_integer(cursor, z >> size);
        at += size;
    }
    assert(at == end);
}

void run_read(const struct run *run, msec_t from_ms, msec_t to_ms, struct sample_list *out)
{
    if (run->count == 0 || run->to_ms < from_ms || run_from_ms(run) > to_ms)
        return;
    struct cursor cursor = {.at_ms = run_from_ms(run),
                            .scale = scale_of(0),
                            .from_ms = from_ms,
                            .to_ms = to_ms,
                            .out = out};
    if (run->len > 0)
        read_part(&cursor, run->bytes, run->len);
    read_part(&cursor, run->tail, run->tail_len);
    repeat(&cursor, run->repeats);
    assert(cursor.at_ms == run->to_ms && cursor.bits == run->last_bits);
}

bool run_find(const struct run *run, msec_t at_ms, double *out_value)
{
    if (run->count == 0 || at_ms > run->to_ms || at_ms < run_from_ms(run))
        return false;
    struct sample_list found = {0};
    if (at_ms == run->to_ms)
        *out_value = run_last_value(run);
    else
        run_read(run, at_ms, at_ms, &found);
    bool is_found = at_ms == run->to_ms || found.len > 0;
    if (found.len > 0)
        *out_value = found.items[0].value;
    sample_list_deinit(&found);
    return is_found;
}

size_t run_memory(const struct run *run)
{
    return capacity_of(run->len);
}
