/* SPDX-License-Identifier: MIT */
/*
 * Lengths are found by packages (Larmore and Hirschberg): level by level, the symbols and the
 * pairs of the level before are merged by weight; the 2n - 2 cheapest of the last level say how
 * often each symbol was taken, which is its length.  Only whether an item is a symbol or a pair
 * needs to be kept, since symbols enter each level in the same order.
 */
#include "store/block_prefix.h"

#include <assert.h>
#include <string.h>

#include "base/macros.h"

struct leaf {
    uint32_t count;
    uint16_t symbol;
};

/* Ascending by count; few, so by insertion. */
static size_t sort_leaves(const uint32_t *counts, size_t n, struct leaf *leaves)
{
    size_t n_leaves = 0;
    for (size_t i = 0; i < n; i++) {
        if (counts[i] == 0)
            continue;
        size_t place = n_leaves++;
        for (; place > 0 && leaves[place - 1].count > counts[i]; place--)
            leaves[place] = leaves[place - 1];
        leaves[place] = (struct leaf){counts[i], (uint16_t)i};
    }
    return n_leaves;
}

/* One level: leaves and pairs of `before`, by weight.  Returns how many. */
static size_t merge_level(const struct leaf *leaves, size_t n_leaves, const uint64_t *before,
                          size_t n_before, uint64_t *weights, bool *is_pair)
{
    size_t leaf = 0, pair = 0, len = 0;
    while (leaf < n_leaves || pair < n_before / 2) {
        uint64_t weight =
            pair < n_before / 2 ? before[2 * pair] + before[2 * pair + 1] : UINT64_MAX;
        is_pair[len] = leaf == n_leaves || leaves[leaf].count > weight;
        weights[len] = is_pair[len] ? weight : leaves[leaf].count;
        if (is_pair[len++])
            pair++;
        else
            leaf++;
    }
    return len;
}

void prefix_choose_lengths(const uint32_t *counts, size_t n, uint8_t *out_lengths)
{
    struct leaf leaves[PREFIX_SYMBOLS_MAX];
    uint64_t weights[2][2 * PREFIX_SYMBOLS_MAX];
    bool is_pair[PREFIX_BITS_MAX][2 * PREFIX_SYMBOLS_MAX];
    assert(n <= PREFIX_SYMBOLS_MAX);
    memset(out_lengths, 0, n);
    size_t n_leaves = sort_leaves(counts, n, leaves);
    if (n_leaves == 1)
        out_lengths[leaves[0].symbol] = 1;
    if (n_leaves <= 1)
        return;

    size_t len = 0;
    for (unsigned level = 0; level < PREFIX_BITS_MAX; level++)
        len = merge_level(leaves, n_leaves, weights[level & 1], len, weights[~level & 1],
                          is_pair[level]);
    size_t take = 2 * n_leaves - 2;
    assert(take <= len);
    for (unsigned level = PREFIX_BITS_MAX; level-- > 0;) {
        size_t n_pairs = 0;
        for (size_t i = 0; i < take; i++)
            n_pairs += is_pair[level][i];
        for (size_t i = 0; i < take - n_pairs; i++)
            out_lengths[leaves[i].symbol]++;
        take = 2 * n_pairs;
    }
}

static uint8_t reverse(unsigned code, unsigned length)
{
    code = (code & 0x55) << 1 | (code & 0xaa) >> 1;
    code = (code & 0x33) << 2 | (code & 0xcc) >> 2;
    code = (code & 0x0f) << 4 | (code & 0xf0) >> 4;
    return (uint8_t)(code >> (8 - length));
}

bool prefix_assign(const uint8_t *lengths, size_t n, struct prefix_code *out_codes)
{
    unsigned counts[PREFIX_BITS_MAX + 1] = {0}, next[PREFIX_BITS_MAX + 1];
    unsigned code = 0, used = 0;
    for (size_t i = 0; i < n; i++) {
        if (lengths[i] > PREFIX_BITS_MAX)
            return false;
        counts[lengths[i]]++;
    }
    for (unsigned length = 1; length <= PREFIX_BITS_MAX; length++) {
        code <<= 1;
        next[length] = code;
        code += counts[length];
        used += counts[length];
        if (code > 1u << length)
            return false;
    }
    for (size_t i = 0; i < n; i++) {
        unsigned length = lengths[i];
        out_codes[i] = (struct prefix_code){0};
        if (length > 0 && used > 1)
            out_codes[i] =
                (struct prefix_code){(uint8_t)length, reverse(next[length]++, length)};
    }
    return true;
}

/* log2 within a percent or so: the exponent, and a parabola over the mantissa. */
static double rough_log2(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    int exponent = (int)(bits >> 52) - 1023;
    bits = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1023) << 52;
    memcpy(&x, &bits, sizeof(x));
    return exponent + (x - 1) * (1.3465 - 0.3465 * (x - 1));
}

double prefix_entropy(const uint32_t *counts, size_t n)
{
    double sum = 0, bits = 0;
    for (size_t i = 0; i < n; i++) {
        if (counts[i] > 0) {
            sum += counts[i];
            bits -= counts[i] * rough_log2(counts[i]);
        }
    }
    return sum > 0 ? bits + sum * rough_log2(sum) : 0;
}
