/* SPDX-License-Identifier: MIT */
/*
 * Decoding: an entry of the table, looked up by context and the next 8 bits, says how many bits
 * the integer has in all, how many of them are its code, its symbol, and the context it makes
 * for the next.  Everything that one integer needs comes from one load of 64 bits, except for
 * integers of more than 49 raw bits, which take the careful way.
 */
#include "store/block_ints.h"

#include <string.h>

#include "base/macros.h"
#include "store/bytes.h"

#define INTS_LOAD_BITS                                                                         \
    57 /* sure to be had from 8 bytes, wherever among the first 8 bits it begins */

/* An entry: from bit 0 all bits, from 8 the context, from 11 bits of the code, from 24 the
 * symbol.  The context stands where it is the index of its part of the table. */
#define ENTRY_BITS(entry)    ((entry)&255)
#define ENTRY_CONTEXT(entry) ((entry)&0x700)
#define ENTRY_CODE(entry)    ((entry) >> 11 & 63)
#define ENTRY_SYMBOL(entry)  ((entry) >> 24)

struct ints_shape ints_shape_of(size_t n)
{
    uint32_t n_lanes = 1;
    if (n > 512)
        n_lanes =
            (uint32_t)((n + INTS_GROUP * INTS_LANE_MAX - 1) / (INTS_GROUP * INTS_LANE_MAX)) *
            INTS_GROUP;
    uint32_t lane_len = (uint32_t)((n + n_lanes - 1) / n_lanes);
    return (struct ints_shape){n_lanes, lane_len,
                               (uint32_t)(n - (n_lanes - 1) * (size_t)lane_len)};
}

struct bit_reader {
    const uint8_t *bytes;
    size_t len, bit; /* bits beyond the end are zeros */
};

/* The next 9 bits at least. */
static unsigned peek(const struct bit_reader *reader)
{
    size_t at = reader->bit / 8;
    unsigned low = at < reader->len ? reader->bytes[at] : 0;
    unsigned high = at + 1 < reader->len ? reader->bytes[at + 1] : 0;
    return (low | high << 8) >> reader->bit % 8;
}

/* Of a code length, from its change; more than PREFIX_BITS_MAX is an error. */
static unsigned get_length(struct bit_reader *reader, unsigned before)
{
    unsigned bits = peek(reader);
    if ((bits & 1) == 0) {
        reader->bit += 1;
        return before;
    }
    if ((bits & 2) == 0) {
        reader->bit += 3;
        return (bits & 4) != 0 ? before + 1 : before - 1;
    }
    if ((bits & 4) == 0) {
        reader->bit += 4;
        return (bits & 8) != 0 ? before + 2 : before - 2;
    }
    reader->bit += 7;
    return bits >> 3 & 15;
}

static void fill_table(uint32_t *table, uint32_t entry, struct prefix_code code)
{
    for (unsigned i = code.code; i < 1u << PREFIX_BITS_MAX; i += 1u << code.length)
        table[i] = entry;
}

/* What stands in front of the tables. */
struct tables_head {
    unsigned n_contexts, fine, n_steps;
    bool has_negatives;
    uint8_t context_of[INTS_STEPS_MAX];
};

static bool read_head(struct tables_head *head, const uint8_t **at, const uint8_t *end)
{
    if (end - *at < 2 || (*at)[0] >> 5 != 0)
        return false;
    *head = (struct tables_head){.n_contexts = ((*at)[0] & 7u) + 1,
                                 .fine = ((*at)[0] & INTS_FINE) != 0,
                                 .has_negatives = ((*at)[0] & INTS_SIGNED) != 0,
                                 .n_steps = (*at)[1] + 1u};
    *at += 2;
    if (ints_step_raw_bits(head->n_steps - 1, head->fine) > 63 - head->fine ||
        head->n_steps > INTS_STEPS_MAX || (size_t)(end - *at) < head->n_contexts - 1)
        return false;
    unsigned step = 0;
    for (unsigned context = 0; context < head->n_contexts; context++) {
        unsigned until = context + 1 < head->n_contexts ? *(*at)++ : head->n_steps;
        if (until <= step || until > head->n_steps)
            return false;
        for (; step < until; step++)
            head->context_of[step] = (uint8_t)context;
    }
    return true;
}

static bool read_lengths(const struct tables_head *head, struct bit_reader *bits,
                         uint8_t *out_lengths)
{
    memset(out_lengths, 0, PREFIX_SYMBOLS_MAX);
    for (unsigned sign = 0; sign <= head->has_negatives; sign++) {
        unsigned before = 0;
        for (unsigned step = sign; step < head->n_steps; step++) {
            unsigned length = get_length(bits, before);
            if (length > PREFIX_BITS_MAX)
                return false;
            out_lengths[2 * step + sign] = (uint8_t)length;
            before = length;
        }
    }
    return true;
}

static bool read_table(struct ints_reader *reader, const struct tables_head *head,
                       unsigned context, struct bit_reader *bits)
{
    uint8_t lengths[PREFIX_SYMBOLS_MAX];
    struct prefix_code codes[PREFIX_SYMBOLS_MAX];
    uint32_t *table = reader->table + ((size_t)context << PREFIX_BITS_MAX);
    size_t n_symbols = 2 * (size_t)head->n_steps;
    if (!read_lengths(head, bits, lengths) || !prefix_assign(lengths, n_symbols, codes))
        return false;
    memset(table, 0, sizeof(*table) << PREFIX_BITS_MAX);
    for (unsigned symbol = 0; symbol < n_symbols; symbol++) {
        if (lengths[symbol] == 0)
            continue;
        unsigned n = codes[symbol].length + ints_step_raw_bits(symbol / 2, head->fine);
        unsigned next = head->context_of[symbol / 2];
        fill_table(table, n | next << 8 | (unsigned)codes[symbol].length << 11 | symbol << 24,
                   codes[symbol]);
        reader->max_bits = MAX_OF(reader->max_bits, n);
    }
    return true;
}

static void fill_symbols(struct ints_reader *reader, const struct tables_head *head)
{
    for (unsigned symbol = 0; symbol < 2 * head->n_steps; symbol++) {
        unsigned raw_bits = ints_step_raw_bits(symbol / 2, head->fine);
        reader->masks[symbol] = (UINT64_C(1) << raw_bits) - 1;
        reader->bases[symbol] = ints_symbol_base(symbol, head->fine);
    }
}

static bool find_lanes(struct ints_reader *reader, const uint8_t **at, const uint8_t *end)
{
    uint64_t size, offset = 0;
    for (uint32_t lane = 0; lane < reader->shape.n_lanes; lane++) {
        reader->lanes[lane] = (uint32_t)offset;
        if (!bytes_get_varint(at, end, &size) || size > (uint64_t)(end - *at) - offset)
            return false;
        offset += size;
    }
    reader->lanes[reader->shape.n_lanes] = (uint32_t)offset;
    reader->bytes = *at;
    reader->end = *at += offset;
    return true;
}

static bool read_tables(struct ints_reader *reader, const uint8_t **at, const uint8_t *end)
{
    struct tables_head head;
    reader->masks[0] = reader->bases[0] = 0;
    if (!read_head(&head, at, end))
        return false;
    struct bit_reader bits = {.bytes = *at, .len = (size_t)(end - *at)};
    for (unsigned context = 0; context < head.n_contexts; context++) {
        if (!read_table(reader, &head, context, &bits))
            return false;
    }
    fill_symbols(reader, &head);
    size_t used = (bits.bit + 7) / 8;
    if (used > bits.len)
        return false;
    *at += used;
    return true;
}

static bool read_golomb(struct ints_reader *reader, const uint8_t **at, const uint8_t *end)
{
    if (end - *at < 2 || ((*at)[0] & ~INTS_SIGNED) != INTS_GOLOMB || (*at)[1] >= INTS_LOAD_BITS)
        return false;
    reader->is_signed = ((*at)[0] & INTS_SIGNED) != 0;
    reader->golomb = (*at)[1];
    *at += 2;
    return true;
}

bool ints_open(struct ints_reader *reader, const struct ints_shape *shape, const uint8_t **at,
               const uint8_t *end)
{
    reader->shape = *shape;
    reader->max_bits = 1;
    reader->is_golomb = *at < end && ((*at)[0] & INTS_GOLOMB) != 0;
    bool valid =
        reader->is_golomb ? read_golomb(reader, at, end) : read_tables(reader, at, end);
    return valid && find_lanes(reader, at, end);
}

/* Where decoding stands in a lane. */
struct lane {
    uint64_t bit; /* of reader->bytes */
    uint32_t context;
    uint32_t done; /* integers decoded */
};

static inline int64_t finish(const struct ints_reader *reader, uint32_t entry, uint64_t word)
{
    unsigned symbol = ENTRY_SYMBOL(entry);
    return (int64_t)(reader->bases[symbol] + (word & reader->masks[symbol]));
}

/* The next integer, whose bits are within one load. */
static inline int64_t step(const struct ints_reader *reader, const uint8_t *bytes,
                           uint64_t *bit, uint32_t *context)
{
    uint64_t word = bytes_get_u64(bytes + (*bit >> 3)) >> (*bit & 7);
    uint32_t entry = reader->table[*context + (uint8_t)word];
    *bit += ENTRY_BITS(entry);
    *context = ENTRY_CONTEXT(entry);
    return finish(reader, entry, word >> ENTRY_CODE(entry));
}

/* So many integers of each lane; the caller knows that no load leaves the block.  What changes
 * is in variables of its own, so that it stays in registers. */
static void decode_group(const struct ints_reader *reader, struct lane *lanes, uint32_t n,
                         int64_t (*out)[INTS_LANE_MAX])
{
    const uint8_t *bytes = reader->bytes;
    uint64_t bit0 = lanes[0].bit, bit1 = lanes[1].bit, bit2 = lanes[2].bit, bit3 = lanes[3].bit;
    uint32_t context0 = lanes[0].context, context1 = lanes[1].context;
    uint32_t context2 = lanes[2].context, context3 = lanes[3].context;
    uint32_t i = lanes[0].done, until = i + n;
    for (; i < until; i++) {
        out[0][i] = step(reader, bytes, &bit0, &context0);
        out[1][i] = step(reader, bytes, &bit1, &context1);
        out[2][i] = step(reader, bytes, &bit2, &context2);
        out[3][i] = step(reader, bytes, &bit3, &context3);
    }
    lanes[0] = (struct lane){bit0, context0, until};
    lanes[1] = (struct lane){bit1, context1, until};
    lanes[2] = (struct lane){bit2, context2, until};
    lanes[3] = (struct lane){bit3, context3, until};
}

static void decode_one(const struct ints_reader *reader, struct lane *lane, uint32_t n,
                       int64_t *out)
{
    const uint8_t *bytes = reader->bytes;
    uint64_t bit = lane->bit;
    uint32_t context = lane->context;
    for (uint32_t i = 0; i < n; i++)
        out[lane->done + i] = step(reader, bytes, &bit, &context);
    *lane = (struct lane){bit, context, lane->done + n};
}

/* Integers that can be decoded before a load could leave the block. */
static uint32_t sure_steps(const struct ints_reader *reader, const struct lane *lane)
{
    uint64_t bits = (uint64_t)(reader->end - reader->bytes) * 8;
    if (reader->max_bits > INTS_LOAD_BITS || bits < lane->bit + 64)
        return 0;
    return (uint32_t)MIN_OF((bits - 64 - lane->bit) / reader->max_bits,
                            (uint64_t)INTS_LANE_MAX);
}

/* 64 bits at a place; beyond the end of the block there are zeros. */
static uint64_t load_careful(const struct ints_reader *reader, uint64_t bit)
{
    uint8_t bytes[16] = {0};
    uint64_t skip = bit >> 3, size = (uint64_t)(reader->end - reader->bytes);
    if (skip < size)
        memcpy(bytes, reader->bytes + skip, MIN_OF(size - skip, sizeof(bytes)));
    unsigned used = bit & 7;
    uint64_t word = bytes_get_u64(bytes) >> used;
    return used == 0 ? word : word | (uint64_t)bytes[8] << (64 - used);
}

static void decode_careful(const struct ints_reader *reader, struct lane *lane, uint32_t until,
                           int64_t *out)
{
    while (lane->done < until) {
        uint64_t word = load_careful(reader, lane->bit);
        uint32_t entry = reader->table[lane->context + (uint8_t)word];
        word = load_careful(reader, lane->bit + ENTRY_CODE(entry));
        out[lane->done++] = finish(reader, entry, word);
        lane->bit += ENTRY_BITS(entry);
        lane->context = ENTRY_CONTEXT(entry);
    }
}

static void decode_lane(const struct ints_reader *reader, struct lane *lane, uint32_t until,
                        int64_t *out)
{
    while (lane->done < until) {
        uint32_t n = MIN_OF(sure_steps(reader, lane), until - lane->done);
        if (n < 4)
            break;
        decode_one(reader, lane, n, out);
    }
    decode_careful(reader, lane, until, out);
}

/* All four lanes together, as far as that goes. */
static void decode_lanes(const struct ints_reader *reader, struct lane *lanes, uint32_t until,
                         int64_t (*out)[INTS_LANE_MAX])
{
    while (lanes[0].done < until) {
        uint32_t n = until - lanes[0].done;
        for (unsigned i = 0; i < INTS_GROUP; i++)
            n = MIN_OF(n, sure_steps(reader, &lanes[i]));
        if (n < 4)
            return;
        decode_group(reader, lanes, n, out);
    }
}

/* A code: q zeros, a one, q + golomb bits; with a one put above these, and the least such number
 * taken away, they are the integer. */
static bool decode_golomb(const struct ints_reader *reader, struct lane *lane, uint32_t until,
                          int64_t *out)
{
    uint64_t n_bits = (uint64_t)(reader->end - reader->bytes) * 8;
    unsigned golomb = reader->golomb;
    for (; lane->done < until; lane->done++) {
        uint64_t word = lane->bit + 64 <= n_bits
                            ? bytes_get_u64(reader->bytes + lane->bit / 8) >> lane->bit % 8
                            : load_careful(reader, lane->bit);
        unsigned zeros = word == 0 ? 64 : (unsigned)__builtin_ctzll(word);
        if (2 * zeros + 1 + golomb > INTS_LOAD_BITS)
            return false;
        uint64_t top = UINT64_C(1) << (zeros + golomb);
        uint64_t number = (word >> (zeros + 1) & (top - 1)) + top - (UINT64_C(1) << golomb);
        out[lane->done] = reader->is_signed ? bytes_unzigzag(number) : (int64_t)number;
        lane->bit += 2 * zeros + 1 + golomb;
    }
    return true;
}

bool ints_read(const struct ints_reader *reader, uint32_t first, uint32_t n,
               int64_t (*out)[INTS_LANE_MAX])
{
    struct lane lanes[INTS_GROUP];
    uint32_t shortest = INTS_LANE_MAX;
    for (uint32_t i = 0; i < n; i++) {
        lanes[i] = (struct lane){.bit = (uint64_t)reader->lanes[first + i] * 8};
        shortest = MIN_OF(shortest, ints_lane_len(&reader->shape, first + i));
    }
    if (n == INTS_GROUP && !reader->is_golomb)
        decode_lanes(reader, lanes, shortest, out);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t len = ints_lane_len(&reader->shape, first + i);
        if (!reader->is_golomb)
            decode_lane(reader, &lanes[i], len, out[i]);
        else if (!decode_golomb(reader, &lanes[i], len, out[i]))
            return false;
        if ((lanes[i].bit + 7) / 8 != reader->lanes[first + i + 1])
            return false;
    }
    return true;
}

bool ints_read_all(const struct ints_reader *reader, int64_t *out)
{
    int64_t lanes[INTS_GROUP][INTS_LANE_MAX];
    for (uint32_t lane = 0; lane < reader->shape.n_lanes; lane += INTS_GROUP) {
        uint32_t n = MIN_OF(reader->shape.n_lanes - lane, (uint32_t)INTS_GROUP);
        if (!ints_read(reader, lane, n, lanes))
            return false;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t len = ints_lane_len(&reader->shape, lane + i);
            memcpy(out, lanes[i], len * sizeof(*out));
            out += len;
        }
    }
    return true;
}
