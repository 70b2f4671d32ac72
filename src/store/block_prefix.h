/* SPDX-License-Identifier: MIT */
/*
 * block_prefix - prefix codes (Huffman's, no code longer than 8 bits) for block_ints.
 *
 * Codes are canonical: the lengths say everything.  Bits go low bit first, so a code is stored
 * reversed and looked up by the low 8 bits of the stream.  When only one symbol is in use its
 * code has no bits at all.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PREFIX_BITS_MAX    8
#define PREFIX_SYMBOLS_MAX 256

struct prefix_code {
    uint8_t length; /* bits; 0 also when it is the only symbol */
    uint8_t code;   /* low bit first */
};

/* The best lengths for these counts: 0 for a symbol that does not occur, 1 … 8.  At most
 * 2^8 symbols; a single one gets 1. */
void prefix_choose_lengths(const uint32_t *counts, size_t n, uint8_t *out_lengths);

/* False when the lengths (0 … 8) cannot be those of a prefix code. */
bool prefix_assign(const uint8_t *lengths, size_t n, struct prefix_code *out_codes);

/* What `counts` cost in bits with ideal codes, roughly. */
double prefix_entropy(const uint32_t *counts, size_t n);
