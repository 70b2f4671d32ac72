/* SPDX-License-Identifier: MIT */
#include "store/block_ints.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "store/codec_samples.h"
#include "unit.h"

enum int_kind {
    INT_ZERO,
    INT_SMALL,
    INT_SIGNED,
    INT_SKEWED,
    INT_BITS, /* any length is as likely as any other */
    INT_EXTREME,
    INT_KIND_COUNT
};

static int64_t next_int(enum int_kind kind, uint64_t *state)
{
    uint64_t r = random_next(state);
    static const int64_t extremes[] = {0,        1, -1, INT64_MIN, INT64_MAX, INT64_MIN + 1,
                                       1LL << 62};
    switch (kind) {
    case INT_ZERO: return 0;
    case INT_SMALL: return (int64_t)(r % 1000);
    case INT_SIGNED: return (int64_t)(r % 1000) - 500;
    case INT_SKEWED: return r % 16 ? 0 : (int64_t)(r >> 40);
    case INT_BITS: return (int64_t)(r >> 6) >> (r & 63);
    case INT_EXTREME: return extremes[r % ARRAY_LEN(extremes)];
    case INT_KIND_COUNT: break;
    }
    return 0;
}

static int64_t *make_ints(enum int_kind kind, size_t n, uint64_t seed)
{
    int64_t *values = memory_alloc((n + 1) * sizeof(*values));
    for (size_t i = 0; i < n; i++)
        values[i] = next_int(kind, &seed);
    return values;
}

static void encode(const int64_t *values, size_t n, struct buf *out)
{
    struct ints_shape shape = ints_shape_of(n);
    buf_init(out, 16 << 20);
    ck_assert_int_eq(ints_encode(values, &shape, out), 0);
}

/* The lanes from `first` in groups; false when malformed. */
static bool decode(const struct buf *bytes, size_t n, uint32_t first, int64_t *out)
{
    static struct ints_reader reader;
    static int64_t lanes[INTS_GROUP][INTS_LANE_MAX];
    const uint8_t *at = (const uint8_t *)bytes->data, *end = at + bytes->len;
    struct ints_shape shape = ints_shape_of(n);
    if (!ints_open(&reader, &shape, &at, end) || at != end)
        return false;
    for (uint32_t lane = first; lane < shape.n_lanes; lane += INTS_GROUP) {
        uint32_t group = MIN_OF(shape.n_lanes - lane, (uint32_t)INTS_GROUP);
        if (!ints_read(&reader, lane, group, lanes))
            return false;
        for (uint32_t i = 0; i < group; i++)
            memcpy(out + (size_t)(lane + i) * shape.lane_len, lanes[i],
                   ints_lane_len(&shape, lane + i) * sizeof(*out));
    }
    return true;
}

START_TEST(shapes_hold_all_integers)
{
    for (size_t n = 0; n <= INTS_LANES_MAX * INTS_LANE_MAX - 2000; n += 1 + n / 7) {
        struct ints_shape shape = ints_shape_of(n);
        ck_assert_uint_ge(shape.n_lanes, 1);
        ck_assert_uint_le(shape.n_lanes, INTS_LANES_MAX);
        ck_assert_uint_le(shape.lane_len, INTS_LANE_MAX);
        ck_assert_uint_le(shape.last_len, shape.lane_len);
        ck_assert(n == 0 || shape.last_len > 1 || shape.n_lanes == 1);
        ck_assert_uint_eq((size_t)(shape.n_lanes - 1) * shape.lane_len + shape.last_len, n);
    }
}
END_TEST

START_TEST(steps_and_symbols_cover_all_magnitudes)
{
    unsigned raw_bits;
    for (unsigned fine = 0; fine <= 1; fine++) {
        for (unsigned bit = 0; bit < 64; bit++) {
            for (int nudge = -1; nudge <= 1; nudge++) {
                uint64_t magnitude = (UINT64_C(1) << bit) + (uint64_t)nudge;
                unsigned step = ints_step(magnitude, fine, &raw_bits);
                ck_assert_uint_lt(step, INTS_STEPS_MAX);
                ck_assert_uint_eq(raw_bits, ints_step_raw_bits(step, fine));
                uint64_t raw = magnitude - ints_step_base(step, fine);
                ck_assert_uint_lt(raw, UINT64_C(1) << raw_bits);
            }
        }
    }
}
END_TEST

START_TEST(gives_back_what_it_was_given)
{
    static const size_t lengths[] = {0,   1,   2,    7,    100,  200,  201,
                                     512, 513, 1023, 1024, 5120, 5121, 8640};
    for (unsigned i = 0; i < INT_KIND_COUNT * ARRAY_LEN(lengths); i++) {
        size_t n = lengths[i / INT_KIND_COUNT];
        struct buf bytes;
        int64_t *values = make_ints(i % INT_KIND_COUNT, n, i), *got = make_ints(INT_ZERO, n, 0);
        encode(values, n, &bytes);
        ck_assert(decode(&bytes, n, 0, got));
        ck_assert(n == 0 || memcmp(got, values, n * sizeof(*values)) == 0);
        free(values);
        free(got);
        buf_deinit(&bytes);
    }
}
END_TEST

START_TEST(reads_single_lanes)
{
    size_t n = 8640;
    struct ints_shape shape = ints_shape_of(n);
    for (unsigned kind = 0; kind < INT_KIND_COUNT; kind++) {
        struct buf bytes;
        int64_t *values = make_ints(kind, n, kind), *got = make_ints(INT_ZERO, n, 0);
        encode(values, n, &bytes);
        for (uint32_t first = 0; first < shape.n_lanes; first++) {
            size_t skipped = (size_t)first * shape.lane_len;
            memset(got, 0, n * sizeof(*got));
            ck_assert(decode(&bytes, n, first, got));
            ck_assert_mem_eq(got + skipped, values + skipped, (n - skipped) * sizeof(*got));
        }
        free(values);
        free(got);
        buf_deinit(&bytes);
    }
}
END_TEST

START_TEST(takes_no_more_than_it_must)
{
    static const struct {
        enum int_kind kind;
        size_t n;
        double most; /* bits for each */
    } cases[] = {
        {INT_ZERO, 8640, 0.03}, {INT_SMALL, 8640, 10.1}, {INT_SIGNED, 8640, 10.1},
        {INT_SKEWED, 8640, 3},  {INT_EXTREME, 8640, 50}, {INT_SMALL, 100, 11.5},
        {INT_SIGNED, 24, 13},   {INT_SKEWED, 8, 40},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf bytes;
        int64_t *values = make_ints(cases[i].kind, cases[i].n, i);
        encode(values, cases[i].n, &bytes);
        ck_assert_double_le((double)bytes.len * 8 / (double)cases[i].n, cases[i].most);
        free(values);
        buf_deinit(&bytes);
    }
}
END_TEST

START_TEST(survives_damaged_and_short_bytes)
{
    uint64_t state = 17;
    for (unsigned i = 0; i < 12 * INT_KIND_COUNT; i++) {
        size_t n = 1 + i * 40 + i % 3;
        struct buf bytes;
        int64_t *values = make_ints(i % INT_KIND_COUNT, n, i), *got = make_ints(INT_ZERO, n, 0);
        encode(values, n, &bytes);
        for (unsigned j = 0; j < 60; j++) {
            struct buf damaged = bytes;
            damaged.len = j % 2 ? bytes.len : random_next(&state) % bytes.len;
            damaged.data = memory_alloc(damaged.len + 1);
            memcpy(damaged.data, bytes.data, damaged.len);
            if (j % 2)
                damaged.data[random_next(&state) % MIN_OF(damaged.len, 60u)] ^=
                    (char)(1 << random_next(&state) % 8);
            bool valid = decode(&damaged, n, 0, got);
            ck_assert(j % 2 || !valid);
            free(damaged.data);
        }
        free(values);
        free(got);
        buf_deinit(&bytes);
    }
}
END_TEST

UNIT_MAIN("block_ints", shapes_hold_all_integers, steps_and_symbols_cover_all_magnitudes,
          gives_back_what_it_was_given, reads_single_lanes, takes_no_more_than_it_must,
          survives_damaged_and_short_bytes)
