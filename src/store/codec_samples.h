/* SPDX-License-Identifier: MIT */
/*
 * codec_samples - for the tests of run and block: series of many kinds, from a seed.
 */
#pragma once

#include <check.h>
#include <math.h>

#include "store/sample_list.h"

static inline uint64_t random_next(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static const uint64_t odd_values[] = {
    SAMPLE_STALE_BITS,
    UINT64_C(0x7ff8000000000000), /* NaN, quiet */
    UINT64_C(0x7ff0000000000001), /* NaN, signalling */
    UINT64_C(0xfff8dead0000beef), /* NaN with a payload */
    UINT64_C(0x7ff0000000000000), /* infinity */
    UINT64_C(0xfff0000000000000),
    UINT64_C(0x8000000000000000), /* -0 */
    0,
    1,                            /* the least denormal */
    UINT64_C(0x800fffffffffffff), /* the greatest, negative */
    UINT64_C(0x7fefffffffffffff), /* DBL_MAX */
    UINT64_C(0xffefffffffffffff),
    UINT64_C(0x4340000000000000), /* 2^53 */
    UINT64_C(0x4340000000000001),
    UINT64_C(0xc340000000000000),
    UINT64_C(0x3fb999999999999a), /* 0.1 */
    UINT64_C(0x3fd3333333333334), /* 0.1 + 0.2 */
};

enum value_kind {
    VALUE_CONSTANT,
    VALUE_COUNTER,
    VALUE_SLOW_COUNTER,
    VALUE_SECONDS,
    VALUE_PAGES,
    VALUE_NOISE,
    VALUE_DECIMAL_GAUGE,
    VALUE_DOUBLES,
    VALUE_BITS,
    VALUE_ODD,
    VALUE_MIXED,
    VALUE_RESETS,
    VALUE_STALE,
    VALUE_KIND_COUNT
};

static inline double next_value(enum value_kind kind, double before, uint64_t *state)
{
    uint64_t r = random_next(state);
    switch (kind) {
    case VALUE_CONSTANT: return before;
    case VALUE_COUNTER: return before + (double)(r % 100000);
    case VALUE_SLOW_COUNTER: return r % 9 == 0 ? before + (double)(r % 3) : before;
    case VALUE_SECONDS: return round(before * 100 + (double)(r % 1000)) / 100;
    case VALUE_PAGES: return 4096.0 * (double)(500000 + r % 4096);
    case VALUE_NOISE: return (double)(int64_t)(r % 2048) - 1024;
    case VALUE_DECIMAL_GAUGE: return (double)(r % 5000) / 1000;
    case VALUE_DOUBLES: return (double)(r >> 11) * 0x1p-53;
    case VALUE_BITS: return sample_from_bits(r);
    case VALUE_ODD:
        return sample_from_bits(odd_values[r % (sizeof(odd_values) / sizeof(*odd_values))]);
    case VALUE_MIXED:
        return next_value(r % 50 == 0 ? VALUE_ODD : VALUE_COUNTER,
                          isfinite(before) ? before : 7, state);
    case VALUE_RESETS: return r % 100 == 0 ? 0 : before + (double)(r >> (r & 63));
    case VALUE_STALE: return r % 50 == 0 ? sample_stale_value() : (double)(r % 1000);
    case VALUE_KIND_COUNT: break;
    }
    return 0;
}

enum time_kind {
    TIME_REGULAR,
    TIME_JITTER,
    TIME_GAPS,
    TIME_WILD,
    TIME_KIND_COUNT
};

static inline uint64_t next_distance(enum time_kind kind, uint64_t *state)
{
    uint64_t r = random_next(state);
    switch (kind) {
    case TIME_REGULAR: return 10000;
    case TIME_JITTER: return 10000 + r % 11 - 5;
    case TIME_GAPS: return r % 40 == 0 ? 10000 * (2 + r % 1000) : 10000;
    case TIME_WILD: return 1 + (r >> (40 + r % 24));
    case TIME_KIND_COUNT: break;
    }
    return 1;
}

static inline void make_samples(enum value_kind value_kind, enum time_kind time_kind, size_t n,
                                uint64_t seed, struct sample_list *out)
{
    uint64_t state = seed;
    msec_t at_ms = 1763600000000 + (msec_t)(random_next(&state) % 10000);
    double value = next_value(value_kind, 12.25, &state);
    for (size_t i = 0; i < n; i++) {
        sample_list_push(out, (struct sample){.at_ms = at_ms, .value = value});
        at_ms += (msec_t)next_distance(time_kind, &state);
        value = next_value(value_kind, value, &state);
    }
}

static inline void check_equal(const struct sample *got, const struct sample *want, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_eq(got[i].at_ms, want[i].at_ms);
        ck_assert_uint_eq(sample_bits(got[i].value), sample_bits(want[i].value));
    }
}

/* The samples of `all` within [from, to] are what `got` has. */
static inline void check_range(const struct sample_list *got, const struct sample_list *all,
                               msec_t from_ms, msec_t to_ms)
{
    size_t first = 0, after;
    while (first < all->len && all->items[first].at_ms < from_ms)
        first++;
    for (after = first; after < all->len && all->items[after].at_ms <= to_ms;)
        after++;
    ck_assert_uint_eq(got->len, after - first);
    if (got->len > 0)
        check_equal(got->items, all->items + first, got->len);
}
