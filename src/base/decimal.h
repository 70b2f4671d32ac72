/* SPDX-License-Identifier: MIT */
/*
 * decimal - the shortest decimal number that reads back as a given double, without printf.
 *
 * Of all decimals that lie nearer to the double than to any other, those with the fewest digits
 * are taken, and of these the nearest.  Thread safe.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* digits * 10^exponent; digits has no trailing zeros, and at most 17 places. */
struct decimal {
    uint64_t digits;
    int exponent;
};

/* `magnitude` is finite and above zero. */
struct decimal decimal_of(double magnitude);

int decimal_places(const struct decimal *decimal);

/* What the writers need at most; none writes a NUL, each returns the length. */
#define DECIMAL_PLAIN_SIZE    352 /* "0.000…5", "1797…000" */
#define DECIMAL_EXPONENT_SIZE 24  /* "1.7976931348623157e+308" */
#define DECIMAL_U64_SIZE      20
size_t decimal_write_plain(const struct decimal *decimal, char *out);
size_t decimal_write_exponent(const struct decimal *decimal, char *out);
size_t decimal_write_u64(uint64_t value, char *out);
