/* SPDX-License-Identifier: MIT */
/*
 * block_ints - integers that are mostly small, entropy coded: the heart of a column of values.
 *
 * An integer is a symbol (its sign, its bit length, and the bit below the highest) and raw bits.
 * Symbols have prefix codes of at most 8 bits, one set of codes for each *context*, which is how
 * large the integer before was.  Integers lie in *lanes*, bit streams of their own that are
 * decoded four at a time, so that the processor does not wait for one bit length to know where
 * the next begins.  A few integers, for which tables would not pay, have Golomb codes instead.
 * docs/formats/block.md has the bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/block_prefix.h"

#define INTS_LANE_MAX     1280
#define INTS_LANES_MAX    104
#define INTS_CONTEXTS_MAX 8
#define INTS_GROUP        4    /* lanes decoded together */
#define INTS_GOLOMB       0x20 /* in the first byte: Golomb codes; */
#define INTS_SIGNED       0x10 /* in the first byte: some are negative */
#define INTS_FINE         0x08 /* in the first byte: steps are half as long */
#define INTS_LOAD_BITS    57 /* sure to be had from 8 bytes, wherever in the first they begin */
#define INTS_STEPS_MAX    128 /* a symbol is 2 x step + (1 if negative) */

/* Magnitude m as a *step* and raw bits: magnitudes below 2 << fine are steps of their own, above a
 * step is the bit length and the `fine` bits below the highest one. */
static inline unsigned ints_step(uint64_t m, unsigned fine, unsigned *out_raw_bits)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(m | 1);
    unsigned raw_bits = bits > fine + 1 ? bits - fine - 1 : 0;
    *out_raw_bits = raw_bits;
    return (raw_bits << fine) + (unsigned)(m >> raw_bits);
}

static inline unsigned ints_step_raw_bits(unsigned step, unsigned fine)
{
    return step < 2u << fine ? 0 : (step >> fine) - 1;
}

/* The least magnitude of the step. */
static inline uint64_t ints_step_base(unsigned step, unsigned fine)
{
    unsigned raw_bits = ints_step_raw_bits(step, fine);
    return (uint64_t)(step - (raw_bits << fine)) << raw_bits;
}

/* The least integer of the symbol; raw bits are what there is to add. */
static inline uint64_t ints_symbol_base(unsigned symbol, unsigned fine)
{
    uint64_t base = ints_step_base(symbol / 2, fine);
    uint64_t widest = (UINT64_C(1) << ints_step_raw_bits(symbol / 2, fine)) - 1;
    return symbol % 2 == 0 ? base : -(base + widest);
}

/* How many integers lie in which lane. */
struct ints_shape {
    uint32_t n_lanes;  /* 1 … INTS_LANES_MAX */
    uint32_t lane_len; /* of each lane but the last; 0 … INTS_LANE_MAX */
    uint32_t last_len; /* 0 … lane_len */
};

/* The shape for n integers, n <= INTS_LANES_MAX * INTS_LANE_MAX. */
struct ints_shape ints_shape_of(size_t n);

static inline uint32_t ints_lane_len(const struct ints_shape *shape, uint32_t lane)
{
    return lane + 1 == shape->n_lanes ? shape->last_len : shape->lane_len;
}

/* `values` has the lanes one behind the other.  Errors are the buf's. */
int ints_encode(const int64_t *values, const struct ints_shape *shape, struct buf *out);

/* What is needed to decode any lane; borrows the bytes. */
struct ints_reader {
    struct ints_shape shape;
    bool is_golomb, is_signed;
    unsigned golomb;   /* bits of the least code, less one */
    unsigned max_bits; /* that an integer can have */
    uint32_t table[INTS_CONTEXTS_MAX << PREFIX_BITS_MAX];
    uint64_t masks[PREFIX_SYMBOLS_MAX]; /* by symbol: its raw bits */
    uint64_t bases[PREFIX_SYMBOLS_MAX]; /* by symbol: the integer when those are 0 */
    const uint8_t *bytes, *end;         /* the lanes */
    uint32_t lanes[INTS_LANES_MAX + 1]; /* lane i is at lanes[i] … lanes[i + 1] - 1 of them */
};

/* Moves *at behind the integers.  False when malformed. */
bool ints_open(struct ints_reader *reader, const struct ints_shape *shape, const uint8_t **at,
               const uint8_t *end);

/* Decodes lanes first … first + n - 1, n <= INTS_GROUP.  False when malformed. */
bool ints_read(const struct ints_reader *reader, uint32_t first, uint32_t n,
               int64_t (*out)[INTS_LANE_MAX]);

/* All lanes, one behind the other. */
bool ints_read_all(const struct ints_reader *reader, int64_t *out);
