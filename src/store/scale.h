/* SPDX-License-Identifier: MIT */
/*
 * scale - doubles that are really integers, or decimals, or a multiple of a page.
 *
 * Most values of a monitor were integers before somebody divided them: 12.34 seconds are 1234
 * ticks of a hundredth.  A scale says how: value = integer x multiple / divisor, in doubles.  A
 * value fits a scale only when this gives back its very bits, so nothing is ever lost; a
 * negative zero, an infinity or a NaN fits none.
 *
 * Codes are on disk and must not change: 0 … 12 decimals; SCALE_BINARY + j multiples of 2^j,
 * j = 1 … 40.
 */
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SCALE_DECIMALS_MAX 12
#define SCALE_BINARY       16
#define SCALE_BINARY_MAX   40
#define SCALE_INTEGER_MAX  9007199254740992.0 /* 2^53 */

struct scale {
    double up;      /* integer = value x up, rounded */
    double down;    /* value = integer / down, or x down */
    bool is_binary; /* x down; both are exact */
};

static inline bool scale_is_valid(unsigned code)
{
    return code <= SCALE_DECIMALS_MAX ||
           (code > SCALE_BINARY && code <= SCALE_BINARY + SCALE_BINARY_MAX);
}

/* Of a valid code. */
static inline struct scale scale_of(unsigned code)
{
    static const double powers[SCALE_DECIMALS_MAX + 1] = {1e0, 1e1, 1e2, 1e3,  1e4,  1e5, 1e6,
                                                          1e7, 1e8, 1e9, 1e10, 1e11, 1e12};
    if (code == 0)
        return (struct scale){1, 1, true};
    if (code <= SCALE_DECIMALS_MAX)
        return (struct scale){powers[code], powers[code], false};
    double multiple = (double)(UINT64_C(1) << (code - SCALE_BINARY));
    return (struct scale){1 / multiple, multiple, true};
}

static inline double scale_value(struct scale scale, int64_t integer)
{
    return scale.is_binary ? (double)integer * scale.down : (double)integer / scale.down;
}

/* The integer next to value / scale; 0 when there is none within 2^53. */
static inline int64_t scale_integer(struct scale scale, double value)
{
    double product = value * scale.up;
    if (!(fabs(product) <= SCALE_INTEGER_MAX))
        return 0;
    return (int64_t)(product + copysign(0.5, product));
}

static inline bool scale_fits(struct scale scale, double value, int64_t *out_integer)
{
    int64_t integer = scale_integer(scale, value);
    double back = scale_value(scale, integer);
    if (memcmp(&back, &value, sizeof(back)) != 0)
        return false;
    *out_integer = integer;
    return true;
}
