/* SPDX-License-Identifier: MIT */
/*
 * block_number - a block's doubles as integers, and back, bit by bit.
 *
 * Most blocks are decimals of one scale (scale.h).  Single values that do not fit (a stale
 * marker, a NaN) are *odd*: they stand apart, and the integer at their place is that of the
 * value before.  When there are too many, the integers are the bits of the doubles themselves,
 * bent so that they ascend as the doubles do.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/sample_list.h"
#include "store/scale.h"

#define NUMBER_BITS 15 /* beside the decimal codes of scale.h */

struct numbers {
    uint8_t code;      /* 0 … SCALE_DECIMALS_MAX or NUMBER_BITS */
    int64_t *integers; /* owned; n of them */
    uint32_t *odd;     /* owned; places of odd values, ascending */
    size_t n_odd;
};

void numbers_init(struct numbers *numbers, const struct sample *samples, size_t n);
void numbers_deinit(struct numbers *numbers);

static inline bool number_is_valid(unsigned code)
{
    return code <= SCALE_DECIMALS_MAX || code == NUMBER_BITS;
}

/* The ways back. */
enum number_form {
    NUMBER_INTEGER,
    NUMBER_DECIMAL,
    NUMBER_BENT, /* NUMBER_BITS */
    NUMBER_FORM_COUNT
};

static inline enum number_form number_form_of(unsigned code)
{
    return code == 0 ? NUMBER_INTEGER : code == NUMBER_BITS ? NUMBER_BENT : NUMBER_DECIMAL;
}

/* Its own inverse: the order of the integers is that of the doubles. */
static inline int64_t number_bend(int64_t bits)
{
    return bits ^ (int64_t)((uint64_t)(bits >> 63) >> 1);
}

/* The divisor of a decimal is scale_of(code).down. */
static inline double number_value(enum number_form form, double divisor, int64_t integer)
{
    if (form == NUMBER_BENT)
        return sample_from_bits((uint64_t)number_bend(integer));
    return form == NUMBER_INTEGER ? (double)integer : (double)integer / divisor;
}
