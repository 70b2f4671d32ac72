/* SPDX-License-Identifier: MIT */
/*
 * sample - a value at an instant.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"

struct sample {
    msec_t at_ms;
    double value;
};

/* The NaN by which Prometheus' senders say "this series has ended"; all other NaNs are values.
 * Only its bits tell it apart, so it must be stored and sent bit by bit. */
#define SAMPLE_STALE_BITS 0x7ff0000000000002ull

static inline double sample_stale_value(void)
{
    uint64_t bits = SAMPLE_STALE_BITS;
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline bool sample_value_is_stale(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits == SAMPLE_STALE_BITS;
}
