/* SPDX-License-Identifier: MIT */
/*
 * block_values - the column of values of a block; the interface is block.h's, this is how its
 * two halves share the format (docs/formats/block.md).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/block.h"
#include "store/block_ints.h"

/* The kind of a column: 0 … 8 = constant, so many bytes follow; else VALUES_CODED and flags. */
#define VALUES_CONSTANT_MAX 8
#define VALUES_CODED        16
#define VALUES_SPARSE       4 /* flag: few integers are not 0, and only those are there */
#define VALUES_PREDICTOR    3 /* flags: */

enum values_predictor {
    PREDICT_NONE, /* integers are distances from the base */
    PREDICT_LINE, /* … from a line through it */
    PREDICT_LAST, /* … from the integer before */
    PREDICTOR_COUNT
};

struct values_line {
    int64_t slope;
    unsigned shift;
};

static inline int64_t values_line_at(struct values_line line, uint64_t i)
{
    return (int64_t)((uint64_t)line.slope * i) >> line.shift;
}

/* Lanes of a column that can be read in parts: PREDICT_LAST then starts each lane anew, its first
 * integer is not among the coded ones. */
static inline bool values_has_starts(enum values_predictor predictor,
                                     const struct ints_shape *shape)
{
    return predictor == PREDICT_LAST && shape->n_lanes > INTS_GROUP;
}

/* Sets the values of samples first … after - 1 of a column of n.  False when malformed. */
bool block_values_read(struct block_bytes bytes, uint32_t n, uint32_t first, uint32_t after,
                       struct sample *out);
