/* SPDX-License-Identifier: MIT */
/*
 * The codec of regular measurements: times as the change of their distance, values as XOR with
 * the one before (the idea is that of Facebook's Gorilla, VLDB 2015).  docs/formats/store.md
 * has the bits.  Arithmetic on times wraps, so that every int64 goes through.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "store/chunk.h"

#define SAMPLE_BITS_MAX   (4 + 64 + 2 + 5 + 6 + 64)
#define LEADING_MAX       31
#define PLACE_NOT_STATED  0xff
#define PAYLOAD_MIN_BYTES 48

/* The classes of time changes: prefix and number of bits. */
static const struct time_class {
    uint8_t prefix, prefix_len, len;
} time_classes[] = {{0x2, 2, 7}, {0x6, 3, 12}, {0xe, 4, 20}, {0xf, 4, 64}};

static void make_room(struct chunk *chunk)
{
    size_t need = (chunk->bits + SAMPLE_BITS_MAX + 7) / 8;
    if (need <= chunk->capacity)
        return;
    size_t capacity =
        MAX_OF(need, MAX_OF(chunk->capacity + chunk->capacity / 2, (size_t)PAYLOAD_MIN_BYTES));
    chunk->payload = memory_realloc(chunk->payload, capacity);
    memset(chunk->payload + chunk->capacity, 0, capacity - chunk->capacity);
    chunk->capacity = (uint32_t)capacity;
}

/* The low `len` bits of value, high bit first; len is 1..64. */
static void put_bits(struct chunk *chunk, uint64_t value, unsigned len)
{
    while (len > 0) {
        unsigned free_bits = 8 - chunk->bits % 8;
        unsigned take = MIN_OF(len, free_bits);
        assert(take >= 1 && take <= 8);
        uint64_t part = value >> (len - take) & ((1u << take) - 1);
        chunk->payload[chunk->bits / 8] |= (uint8_t)(part << (free_bits - take));
        chunk->bits += take;
        len -= take;
    }
}

static bool fits(int64_t value, unsigned len)
{
    return len >= 64 ||
           (value >= -((int64_t)1 << (len - 1)) && value < (int64_t)1 << (len - 1));
}

static void put_time(struct chunk *chunk, msec_t at_ms)
{
    uint64_t distance = (uint64_t)at_ms - (uint64_t)chunk->to_ms;
    int64_t change = (int64_t)(distance - (uint64_t)chunk->last_distance);
    if (change == 0) {
        put_bits(chunk, 0, 1);
        return;
    }
    const struct time_class *class = time_classes;
    while (!fits(change, class->len))
        class ++;
    put_bits(chunk, class->prefix, class->prefix_len);
    put_bits(chunk, (uint64_t)change, class->len);
}

static void put_value(struct chunk *chunk, uint64_t bits)
{
    uint64_t xored = bits ^ chunk->last_bits;
    if (xored == 0) {
        put_bits(chunk, 0, 1);
        return;
    }
    unsigned leading = MIN_OF((unsigned)__builtin_clzll(xored), (unsigned)LEADING_MAX);
    unsigned trailing = (unsigned)__builtin_ctzll(xored);
    if (chunk->leading != PLACE_NOT_STATED && leading >= chunk->leading &&
        trailing >= chunk->trailing) {
        put_bits(chunk, 0x2, 2);
        put_bits(chunk, xored >> chunk->trailing, 64u - chunk->leading - chunk->trailing);
        return;
    }
    unsigned len = 64 - leading - trailing;
    put_bits(chunk, 0x3, 2);
    put_bits(chunk, leading, 5);
    put_bits(chunk, len - 1, 6);
    put_bits(chunk, xored >> trailing, len);
    chunk->leading = (uint8_t)leading;
    chunk->trailing = (uint8_t)trailing;
}

static void xor_append(struct chunk *chunk, struct sample sample)
{
    make_room(chunk);
    if (chunk->count == 0) {
        chunk->leading = PLACE_NOT_STATED;
        put_bits(chunk, sample_bits(sample.value), 64);
        return;
    }
    put_time(chunk, sample.at_ms);
    put_value(chunk, sample_bits(sample.value));
}

/* A cursor over the payload; reading past the end gives zeros and sets `failed`. */
struct bit_reader {
    const uint8_t *payload;
    uint32_t at, end; /* bits */
    bool failed;
};

static uint64_t get_bits(struct bit_reader *in, unsigned len)
{
    if (in->end - in->at < len) {
        in->failed = true;
        return 0;
    }
    uint64_t value = 0;
    while (len > 0) {
        unsigned left = 8 - in->at % 8;
        unsigned take = MIN_OF(len, left);
        unsigned part = in->payload[in->at / 8] >> (left - take) & ((1u << take) - 1);
        value = value << take | part;
        in->at += take;
        len -= take;
    }
    return value;
}

static int64_t get_time_change(struct bit_reader *in)
{
    unsigned ones = 0;
    while (ones < 4 && get_bits(in, 1) == 1)
        ones++;
    if (ones == 0)
        return 0;
    unsigned len = time_classes[ones - 1].len;
    uint64_t value = get_bits(in, len);
    if (len < 64 && (value >> (len - 1) & 1) != 0)
        value |= ~(uint64_t)0 << len;
    return (int64_t)value;
}

/* Where the middle bits of an XOR lie. */
struct place {
    unsigned leading, len; /* len 0 = not stated yet */
};

static uint64_t get_xor(struct bit_reader *in, struct place *place)
{
    if (get_bits(in, 1) == 0)
        return 0;
    if (get_bits(in, 1) == 1) {
        place->leading = (unsigned)get_bits(in, 5);
        place->len = (unsigned)get_bits(in, 6) + 1;
    }
    if (place->len == 0 || place->leading + place->len > 64) {
        in->failed = true;
        return 0;
    }
    return get_bits(in, place->len) << (64 - place->leading - place->len);
}

static void push_within(struct sample_list *out, msec_t from_ms, msec_t to_ms,
                        struct sample sample)
{
    if (sample.at_ms >= from_ms && sample.at_ms <= to_ms)
        sample_list_push(out, sample);
}

static double value_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static bool xor_read(const struct chunk *chunk, msec_t from_ms, msec_t to_ms,
                     struct sample_list *out)
{
    struct bit_reader in = {chunk->payload, 0, chunk->bits, false};
    struct place place = {0};
    uint64_t bits = get_bits(&in, 64);
    uint64_t at = (uint64_t)chunk->from_ms, distance = 0;
    push_within(out, from_ms, to_ms, (struct sample){(msec_t)at, value_of(bits)});
    for (unsigned i = 1; i < chunk->count && !in.failed; i++) {
        distance += (uint64_t)get_time_change(&in);
        if ((msec_t)(at + distance) <= (msec_t)at)
            return false;
        at += distance;
        bits ^= get_xor(&in, &place);
        push_within(out, from_ms, to_ms, (struct sample){(msec_t)at, value_of(bits)});
    }
    return !in.failed && (msec_t)at == chunk->to_ms;
}

const struct chunk_codec chunk_codec_xor = {
    .id = CHUNK_CODEC_XOR,
    .name = "xor",
    .append = xor_append,
    .read = xor_read,
};
