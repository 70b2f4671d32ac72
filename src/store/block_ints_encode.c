/* SPDX-License-Identifier: MIT */
/*
 * Symbols are counted by how large the integer before was, in eight groups of about the same
 * size; neighbouring groups are merged into fewer contexts when their tables would cost more
 * than they save.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "store/block_ints.h"
#include "store/bytes.h"

#define FINE_FROM_INTEGERS  1024 /* from so many on, finer steps pay for their codes */
#define GOLOMB_INTEGERS_MAX 200  /* up to so many, tables do not pay */
#define BITS_PER_LENGTH     2.5  /* what a code length in use costs in the table, about */

/* Bits, low bit first. */
struct bit_writer {
    uint8_t *at;
    uint64_t bits;
    unsigned n; /* < 8 between puts */
};

/* value < 2^size, size <= 56 */
static inline void put_bits(struct bit_writer *writer, uint64_t value, unsigned size)
{
    writer->bits |= value << writer->n;
    writer->n += size;
    bytes_put_u64(writer->at, writer->bits);
    writer->at += writer->n / 8;
    writer->bits = writer->n >= 64 ? 0 : writer->bits >> (writer->n & 56);
    writer->n &= 7;
}

static uint8_t *end_bits(struct bit_writer *writer)
{
    return writer->at + (writer->n > 0);
}

struct plan {
    const struct ints_shape *shape;
    size_t n;
    unsigned fine;
    unsigned n_steps; /* highest step in use, and one */
    bool has_negatives;
    unsigned n_contexts;
    uint8_t *symbols;                     /* owned; one for each integer */
    uint8_t context_of[INTS_STEPS_MAX];   /* by the step before */
    uint8_t from_step[INTS_CONTEXTS_MAX]; /* first step of each context */
    uint32_t counts[INTS_CONTEXTS_MAX][PREFIX_SYMBOLS_MAX];
    uint8_t lengths[INTS_CONTEXTS_MAX][PREFIX_SYMBOLS_MAX];
    struct prefix_code codes[INTS_CONTEXTS_MAX][PREFIX_SYMBOLS_MAX];
    uint64_t bases[PREFIX_SYMBOLS_MAX];
};

static uint64_t magnitude(int64_t value)
{
    uint64_t sign = (uint64_t)(value >> 63);
    return ((uint64_t)value ^ sign) - sign;
}

static void find_symbols(struct plan *plan, const int64_t *values, uint32_t *counts)
{
    uint8_t highest = 0, signs = 0;
    unsigned raw_bits;
    memset(counts, 0, PREFIX_SYMBOLS_MAX * sizeof(*counts));
    for (size_t i = 0; i < plan->n; i++) {
        unsigned step = ints_step(magnitude(values[i]), plan->fine, &raw_bits);
        uint8_t symbol = (uint8_t)(2 * step | (values[i] < 0));
        plan->symbols[i] = symbol;
        counts[symbol]++;
        highest = MAX_OF(highest, symbol);
        signs |= symbol & 1;
    }
    plan->n_steps = highest / 2u + 1;
    plan->has_negatives = signs != 0;
}

/* Eight groups of about the same number of integers; fewer when single steps are large. */
static unsigned group_steps(struct plan *plan, const uint32_t *counts)
{
    unsigned group = 0;
    size_t seen = 0;
    plan->from_step[0] = 0;
    for (unsigned step = 0; step < plan->n_steps; step++) {
        uint32_t count = counts[2 * step] + counts[2 * step + 1];
        size_t wanted = (seen + count / 2) * INTS_CONTEXTS_MAX / plan->n;
        if (count > 0 && seen > 0 && wanted > group)
            plan->from_step[++group] = (uint8_t)step;
        plan->context_of[step] = (uint8_t)group;
        seen += count;
    }
    return group + 1;
}

static void count_in_groups(struct plan *plan)
{
    const uint8_t *symbol = plan->symbols;
    memset(plan->counts, 0, sizeof(plan->counts));
    for (uint32_t lane = 0; lane < plan->shape->n_lanes; lane++) {
        unsigned context = 0;
        for (uint32_t i = ints_lane_len(plan->shape, lane); i > 0; i--, symbol++) {
            plan->counts[context][*symbol]++;
            context = plan->context_of[*symbol / 2];
        }
    }
}

static double cost_of(const struct plan *plan, unsigned context)
{
    size_t n_symbols = 2 * (size_t)plan->n_steps;
    unsigned used = 0;
    for (size_t i = 0; i < n_symbols; i++)
        used += plan->counts[context][i] > 0;
    return prefix_entropy(plan->counts[context], n_symbols) + used * BITS_PER_LENGTH + 8;
}

/* Merges the two neighbours that lose least by it, when that saves bits. */
static bool merge_contexts(struct plan *plan, double *costs)
{
    double best = 0;
    unsigned best_at = 0;
    for (unsigned at = 0; at + 1 < plan->n_contexts; at++) {
        uint32_t saved[PREFIX_SYMBOLS_MAX];
        size_t n_symbols = 2 * (size_t)plan->n_steps;
        memcpy(saved, plan->counts[at], sizeof(saved));
        for (size_t i = 0; i < n_symbols; i++)
            plan->counts[at][i] += plan->counts[at + 1][i];
        double change = cost_of(plan, at) - costs[at] - costs[at + 1];
        memcpy(plan->counts[at], saved, sizeof(saved));
        if (change < best) {
            best = change;
            best_at = at;
        }
    }
    if (best >= 0)
        return false;
    for (size_t i = 0; i < PREFIX_SYMBOLS_MAX; i++)
        plan->counts[best_at][i] += plan->counts[best_at + 1][i];
    costs[best_at] += best + costs[best_at + 1];
    unsigned rest = plan->n_contexts - best_at - 2;
    memmove(plan->counts[best_at + 1], plan->counts[best_at + 2], rest * sizeof(*plan->counts));
    memmove(costs + best_at + 1, costs + best_at + 2, rest * sizeof(*costs));
    memmove(plan->from_step + best_at + 1, plan->from_step + best_at + 2, rest);
    plan->n_contexts--;
    return true;
}

static void choose_contexts(struct plan *plan)
{
    double costs[INTS_CONTEXTS_MAX];
    for (unsigned i = 0; i < plan->n_contexts; i++)
        costs[i] = cost_of(plan, i);
    while (plan->n_contexts > 1 && merge_contexts(plan, costs)) {
    }
    unsigned context = 0;
    for (unsigned step = 0; step < plan->n_steps; step++) {
        while (context + 1 < plan->n_contexts && plan->from_step[context + 1] <= step)
            context++;
        plan->context_of[step] = (uint8_t)context;
    }
}

static void choose_codes(struct plan *plan)
{
    unsigned n_symbols = 2 * plan->n_steps;
    for (unsigned symbol = 0; symbol < n_symbols; symbol++)
        plan->bases[symbol] = ints_symbol_base(symbol, plan->fine);
    for (unsigned i = 0; i < plan->n_contexts; i++) {
        prefix_choose_lengths(plan->counts[i], n_symbols, plan->lengths[i]);
        bool valid = prefix_assign(plan->lengths[i], n_symbols, plan->codes[i]);
        assert(valid);
    }
}

/* A length as its change from the one before it. */
static void put_length(struct bit_writer *writer, unsigned before, unsigned length)
{
    if (length == before)
        put_bits(writer, 0, 1);
    else if (length + 1 == before || length == before + 1)
        put_bits(writer, 1u | (length > before) << 2, 3);
    else if (length + 2 == before || length == before + 2)
        put_bits(writer, 3u | (length > before) << 3, 4);
    else
        put_bits(writer, 7u | length << 3, 7);
}

static uint8_t *put_tables(const struct plan *plan, uint8_t *at)
{
    *at++ = (uint8_t)((plan->n_contexts - 1) | (plan->fine ? INTS_FINE : 0) |
                      (plan->has_negatives ? INTS_SIGNED : 0));
    *at++ = (uint8_t)(plan->n_steps - 1);
    for (unsigned i = 1; i < plan->n_contexts; i++)
        *at++ = plan->from_step[i];
    struct bit_writer writer = {.at = at};
    for (unsigned i = 0; i < plan->n_contexts; i++) {
        for (unsigned sign = 0; sign <= plan->has_negatives; sign++) {
            unsigned before = 0;
            for (unsigned step = sign; step < plan->n_steps; step++) {
                unsigned length = plan->lengths[i][2 * step + sign];
                put_length(&writer, before, length);
                before = length;
            }
        }
    }
    return end_bits(&writer);
}

static uint8_t *put_lane(const struct plan *plan, const int64_t *values, const uint8_t *symbols,
                         uint32_t len, uint8_t *at)
{
    struct bit_writer writer = {.at = at};
    unsigned context = 0;
    for (uint32_t i = 0; i < len; i++) {
        unsigned symbol = symbols[i];
        struct prefix_code code = plan->codes[context][symbol];
        unsigned raw_bits = ints_step_raw_bits(symbol / 2, plan->fine);
        uint64_t raw = (uint64_t)values[i] - plan->bases[symbol];
        if (raw_bits <= 48) {
            put_bits(&writer, raw << code.length | code.code, code.length + raw_bits);
        } else {
            put_bits(&writer, (raw & 0xffffffff) << code.length | code.code, code.length + 32u);
            put_bits(&writer, raw >> 32, raw_bits - 32);
        }
        context = plan->context_of[symbol / 2];
    }
    return end_bits(&writer);
}

/* Bytes that the lanes may take at most, and what put_bits() writes beyond. */
static size_t room_for(const struct plan *plan)
{
    unsigned max_bits = PREFIX_BITS_MAX + ints_step_raw_bits(plan->n_steps - 1, plan->fine);
    return (plan->n * max_bits + 7) / 8 + 16;
}

static int put_lanes(const struct plan *plan, const int64_t *values, struct buf *out)
{
    uint8_t *lanes = memory_alloc(room_for(plan) + plan->shape->n_lanes), *at = lanes;
    uint8_t sizes[INTS_LANES_MAX * BYTES_VARINT_MAX], *size_at = sizes;
    const uint8_t *symbols = plan->symbols;
    for (uint32_t lane = 0; lane < plan->shape->n_lanes; lane++) {
        uint32_t len = ints_lane_len(plan->shape, lane);
        uint8_t *end = put_lane(plan, values, symbols, len, at);
        size_at = bytes_put_varint(size_at, (uint64_t)(end - at));
        at = end;
        values += len;
        symbols += len;
    }
    buf_append(out, sizes, (size_t)(size_at - sizes));
    int result = buf_append(out, lanes, (size_t)(at - lanes));
    free(lanes);
    return result;
}

/* Few integers have Golomb codes, unless one is so much larger than the others that its code
 * would not be had from one load. */
struct golomb {
    bool is_signed;
    unsigned low_bits;
    size_t room; /* bytes, with what put_bits() writes beyond */
};

static uint64_t golomb_number(const struct golomb *golomb, int64_t value)
{
    return golomb->is_signed ? bytes_zigzag(value) : (uint64_t)value;
}

static unsigned bit_length(uint64_t number)
{
    return number == 0 ? 0 : 64 - (unsigned)__builtin_clzll(number);
}

/* About what numbers of these bit lengths take. */
static size_t golomb_cost(const uint32_t *counts, unsigned highest, unsigned low_bits)
{
    size_t cost = 0;
    for (unsigned bits = 0; bits <= highest; bits++)
        cost += (size_t)counts[bits] * (bits <= low_bits ? low_bits + 1 : 2 * bits - low_bits);
    return cost;
}

static bool golomb_choose(const int64_t *values, size_t n, struct golomb *out)
{
    struct golomb golomb = {0};
    uint32_t counts[65] = {0};
    size_t sum = 0, best = SIZE_MAX;
    unsigned highest = 0;
    for (size_t i = 0; i < n; i++)
        golomb.is_signed |= values[i] < 0;
    for (size_t i = 0; i < n; i++) {
        unsigned bits = bit_length(golomb_number(&golomb, values[i]));
        counts[bits]++;
        sum += bits;
        highest = MAX_OF(highest, bits);
    }
    unsigned mean = n == 0 ? 0 : (unsigned)(sum / n);
    for (unsigned low = mean < 2 ? 0 : mean - 2; low <= mean + 2; low++) {
        size_t cost = golomb_cost(counts, highest, low);
        if (cost < best) {
            best = cost;
            golomb.low_bits = low;
        }
    }
    golomb.room = best / 8 + n / 4 + 16; /* a number may have 2 bits more than thought */
    unsigned longest = highest <= golomb.low_bits
                           ? golomb.low_bits + 1
                           : 2 * (highest - golomb.low_bits) + 1 + golomb.low_bits;
    *out = golomb;
    return longest < INTS_LOAD_BITS;
}

static int golomb_encode(const struct golomb *golomb, const int64_t *values, size_t n,
                         struct buf *out)
{
    uint8_t head[2 + BYTES_VARINT_MAX] = {
        (uint8_t)(INTS_GOLOMB | (golomb->is_signed ? INTS_SIGNED : 0)),
        (uint8_t)golomb->low_bits};
    uint8_t small[1024],
        *bytes = golomb->room <= sizeof(small) ? small : memory_alloc(golomb->room);
    struct bit_writer writer = {.at = bytes};
    for (size_t i = 0; i < n; i++) {
        uint64_t number = golomb_number(golomb, values[i]) + (UINT64_C(1) << golomb->low_bits);
        unsigned bits = bit_length(number), zeros = bits - 1 - golomb->low_bits;
        uint64_t rest = number & ((UINT64_C(1) << (bits - 1)) - 1);
        put_bits(&writer, (rest << 1 | 1) << zeros, zeros + bits);
    }
    size_t len = (size_t)(end_bits(&writer) - bytes);
    buf_append(out, head, (size_t)(bytes_put_varint(head + 2, len) - head));
    int result = buf_append(out, bytes, len);
    if (bytes != small)
        free(bytes);
    return result;
}

static int prefix_encode(const int64_t *values, const struct ints_shape *shape, size_t n,
                         struct buf *out)
{
    uint32_t counts[PREFIX_SYMBOLS_MAX];
    uint8_t tables[INTS_CONTEXTS_MAX * (PREFIX_SYMBOLS_MAX + 1) + 16];
    struct plan *plan = memory_alloc(sizeof(*plan));
    plan->shape = shape;
    plan->n = n;
    plan->fine = plan->n >= FINE_FROM_INTEGERS;
    plan->symbols = memory_alloc(MAX_OF(plan->n, 1));
    find_symbols(plan, values, counts);
    plan->n_contexts = plan->n == 0 ? 1 : group_steps(plan, counts);
    count_in_groups(plan);
    choose_contexts(plan);
    choose_codes(plan);
    buf_append(out, tables, (size_t)(put_tables(plan, tables) - tables));
    int result = put_lanes(plan, values, out);
    free(plan->symbols);
    free(plan);
    return result;
}

int ints_encode(const int64_t *values, const struct ints_shape *shape, struct buf *out)
{
    size_t n = (size_t)(shape->n_lanes - 1) * shape->lane_len + shape->last_len;
    struct golomb golomb;
    if (n <= GOLOMB_INTEGERS_MAX && shape->n_lanes == 1 && golomb_choose(values, n, &golomb))
        return golomb_encode(&golomb, values, n, out);
    return prefix_encode(values, shape, n, out);
}
