/* SPDX-License-Identifier: MIT */
/*
 * A block is its unpacked length (varint), then elements.  The low two bits of an element's
 * first byte, the tag, say what it is; all numbers are little-endian.
 *
 *   00  literal            length - 1 in the tag's upper 6 bits, or from 60 on: in the next
 *                          (bits - 59) bytes; then the bytes themselves
 *   01  copy, 2 bytes      length - 4 in 3 bits, offset in 11 (3 of them in the tag)
 *   10  copy, 3 bytes      length - 1 in 6 bits, offset in 2 bytes
 *   11  copy, 5 bytes      length - 1 in 6 bits, offset in 4 bytes
 *
 * The packer looks for repetitions within fragments of 64 KiB, with a table of where four bytes
 * with a certain hash were seen last.  After many misses it looks at fewer positions, so that
 * what does not shrink costs little.
 */
#include "wire/snappy.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/macros.h"

#define RATIO_MAX          22 /* the densest element is a copy of 64 bytes in 3 */
#define FRAGMENT_MAX_BYTES ((size_t)1 << 16)
#define TABLE_BITS         12
#define MATCH_MIN_BYTES    4
#define COPY_MAX_BYTES     64
#define LENGTH_MAX_BYTES   5

enum element {
    ELEMENT_LITERAL,
    ELEMENT_COPY_2,
    ELEMENT_COPY_3,
    ELEMENT_COPY_5
};

static uint32_t load_little(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
           (uint32_t)at[3] << 24;
}

/* ---- unpacking ---- */

/*
 * Elements follow each other without a pattern that a processor could guess, so the quick loop
 * takes every kind by the same instructions: a table says how long the element is, a mask cuts
 * its offset out of the next four bytes, and always WIDE bytes are moved, of which the following
 * elements overwrite what was too much.  It stops that many bytes before either end.  What is
 * rare (long literals, copies that reach into what they write) and what is wrong goes, as do the
 * last elements, to unpack_element(), which looks at everything.
 */
#define WIDE ((size_t)64)

struct reader {
    const uint8_t *at, *end;
    uint8_t *start, *to, *limit; /* of the output: begin, next byte, end */
};

/* What a tag says. */
struct shape {
    uint8_t length;     /* of what it writes; 0 = not known from the tag */
    uint8_t step;       /* to the next tag */
    uint8_t min_offset; /* a lower one is not for the quick loop */
    bool is_literal;
    uint16_t offset_high; /* bits of the offset that are in the tag */
    uint32_t offset_mask; /* which of the next four bytes are the others */
};

#define LITERAL(n)                                                                             \
    {                                                                                          \
        (n) + 1, (n) + 2, (n) < 60 ? 0 : 1, true, 0, 0                                         \
    }
#define COPY_2(n)                                                                              \
    {                                                                                          \
        ((n)&7) + MATCH_MIN_BYTES, 2, ((n)&7) + MATCH_MIN_BYTES, false, (n) >> 3 << 8, 0xff    \
    }
#define COPY_3(n)                                                                              \
    {                                                                                          \
        (n) + 1, 3, (n) + 1, false, 0, 0xffff                                                  \
    }
#define COPY_5(n)                                                                              \
    {                                                                                          \
        (n) + 1, 5, (n) + 1, false, 0, 0xffffffff                                              \
    }
#define FOUR(n)      LITERAL(n), COPY_2(n), COPY_3(n), COPY_5(n)
#define SIXTEEN(n)   FOUR(n), FOUR((n) + 1), FOUR((n) + 2), FOUR((n) + 3)
#define ALL_OF_64(n) SIXTEEN(n), SIXTEEN((n) + 4), SIXTEEN((n) + 8), SIXTEEN((n) + 12)

static const struct shape shapes[256] = {ALL_OF_64(0), ALL_OF_64(16), ALL_OF_64(32),
                                         ALL_OF_64(48)};

static bool read_length(struct reader *reader, uint32_t *out_length)
{
    uint64_t length = 0;
    for (unsigned shift = 0; shift < 7 * LENGTH_MAX_BYTES; shift += 7) {
        if (reader->at == reader->end)
            return false;
        uint8_t byte = *reader->at++;
        length |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out_length = (uint32_t)length;
            return length <= UINT32_MAX;
        }
    }
    return false;
}

static bool read_number(struct reader *reader, size_t n_bytes, size_t *out_number)
{
    size_t number = 0;
    if ((size_t)(reader->end - reader->at) < n_bytes)
        return false;
    for (size_t i = 0; i < n_bytes; i++)
        number |= (size_t)*reader->at++ << (8 * i);
    *out_number = number;
    return true;
}

static bool unpack_literal(struct reader *reader, uint8_t tag)
{
    size_t length = tag >> 2;
    if (length >= 60 && !read_number(reader, length - 59, &length))
        return false;
    length++;
    if (length > (size_t)(reader->end - reader->at) ||
        length > (size_t)(reader->limit - reader->to))
        return false;
    memcpy(reader->to, reader->at, length);
    reader->at += length;
    reader->to += length;
    return true;
}

/* A copy may reach into what it writes; then it repeats its first `offset` bytes, and what is
 * repeated doubles with every move. */
static void repeat(uint8_t *to, size_t offset, size_t length)
{
    const uint8_t *from = to - offset;
    for (; length > offset; offset *= 2) {
        memcpy(to, from, offset);
        to += offset;
        length -= offset;
    }
    memcpy(to, from, length);
}

static bool unpack_copy(struct reader *reader, uint8_t tag)
{
    const struct shape *shape = &shapes[tag];
    size_t offset;
    if (!read_number(reader, (size_t)shape->step - 1, &offset))
        return false;
    offset |= shape->offset_high;
    if (offset == 0 || offset > (size_t)(reader->to - reader->start) ||
        shape->length > (size_t)(reader->limit - reader->to))
        return false;
    repeat(reader->to, offset, shape->length);
    reader->to += shape->length;
    return true;
}

static bool unpack_element(struct reader *reader)
{
    uint8_t tag = *reader->at++;
    return (tag & 3) == ELEMENT_LITERAL ? unpack_literal(reader, tag)
                                        : unpack_copy(reader, tag);
}

typedef uint8_t vector __attribute__((vector_size(16)));

/* All is read before anything is written, so the two may overlap. */
static inline void move_wide(uint8_t *to, const uint8_t *from)
{
    vector a, b, c, d;
    memcpy(&a, from, 16);
    memcpy(&b, from + 16, 16);
    memcpy(&c, from + 32, 16);
    memcpy(&d, from + 48, 16);
    memcpy(to, &a, 16);
    memcpy(to + 16, &b, 16);
    memcpy(to + 32, &c, 16);
    memcpy(to + 48, &d, 16);
}

/* Where the element's bytes are.  By arithmetic, as compilers would rather branch; what is not
 * wanted is masked out, and a literal's offset is 0. */
static inline const uint8_t *source(const struct shape *shape, const uint8_t *at,
                                    const uint8_t *to, size_t offset)
{
    uintptr_t literal = (uintptr_t)at + 1, copy = (uintptr_t)to - offset;
    uintptr_t mask = -(uintptr_t)shape->is_literal;
    return (const uint8_t *)(((literal ^ copy) & mask) ^ copy);
}

/* Up to the first element that is not for it. */
static void unpack_quickly(struct reader *reader)
{
    const uint8_t *at = reader->at;
    uint8_t *to = reader->to;
    while ((size_t)(reader->end - at) > WIDE && (size_t)(reader->limit - to) >= WIDE) {
        const struct shape *shape = &shapes[*at];
        size_t offset = (load_little(at + 1) & shape->offset_mask) | shape->offset_high;
        if (offset < shape->min_offset || offset > (size_t)(to - reader->start))
            break;
        move_wide(to, source(shape, at, to, offset));
        at += shape->step;
        to += shape->length;
    }
    reader->at = at;
    reader->to = to;
}

static bool unpack(struct reader *reader)
{
    while (reader->at < reader->end) {
        unpack_quickly(reader);
        if (reader->at < reader->end && !unpack_element(reader))
            return false;
    }
    return reader->to == reader->limit;
}

int snappy_unpack(const void *packed, size_t len, struct buf *out)
{
    if (len == 0)
        return -EINVAL;
    struct reader reader = {.at = packed, .end = (const uint8_t *)packed + len};
    uint32_t claimed;
    if (!read_length(&reader, &claimed) || claimed / RATIO_MAX > len)
        return -EINVAL;
    if (claimed > out->ceiling - out->len)
        return -ENOBUFS;
    if (claimed == 0)
        return reader.at == reader.end ? 0 : -EINVAL;

    int error = buf_reserve(out, claimed);
    if (error != 0)
        return error;
    reader.start = reader.to = (uint8_t *)out->data + out->len;
    reader.limit = reader.start + claimed;
    if (!unpack(&reader))
        return -EINVAL;
    out->len += claimed;
    return 0;
}

/* ---- packing ---- */

static uint32_t load(const uint8_t *at)
{
    uint32_t bytes;
    memcpy(&bytes, at, sizeof(bytes));
    return bytes;
}

static size_t slot(uint32_t bytes)
{
    return bytes * 0x9e3779b1u >> (32 - TABLE_BITS);
}

static uint8_t *write_number(uint8_t *to, size_t number, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        *to++ = (uint8_t)(number >> (8 * i));
    return to;
}

uint8_t *snappy_write_length(uint8_t *to, uint32_t length)
{
    for (; length >= 0x80; length >>= 7)
        *to++ = (uint8_t)(length | 0x80);
    *to++ = (uint8_t)length;
    return to;
}

uint8_t *snappy_write_literal_head(uint8_t *to, size_t length)
{
    size_t number = length - 1, n_bytes = 0;
    for (size_t rest = number; number >= 60 && rest > 0; rest >>= 8)
        n_bytes++;
    *to++ = (uint8_t)((n_bytes == 0 ? number : 59 + n_bytes) << 2 | ELEMENT_LITERAL);
    return write_number(to, number, n_bytes);
}

static uint8_t *write_literal(uint8_t *to, const uint8_t *from, size_t length)
{
    if (length == 0)
        return to;
    to = snappy_write_literal_head(to, length);
    memcpy(to, from, length);
    return to + length;
}

/* What is left of a long copy is never shorter than a match, so that the short form fits. */
uint8_t *snappy_write_copy(uint8_t *to, size_t offset, size_t length)
{
    while (length > COPY_MAX_BYTES) {
        size_t part = MIN_OF(length - MATCH_MIN_BYTES, COPY_MAX_BYTES);
        *to++ = (uint8_t)((part - 1) << 2 | ELEMENT_COPY_3);
        to = write_number(to, offset, 2);
        length -= part;
    }
    if (length < MATCH_MIN_BYTES + 8 && offset < 1 << 11) {
        *to++ =
            (uint8_t)((offset >> 8) << 5 | (length - MATCH_MIN_BYTES) << 2 | ELEMENT_COPY_2);
        return write_number(to, offset & 0xff, 1);
    }
    *to++ = (uint8_t)((length - 1) << 2 | ELEMENT_COPY_3);
    return write_number(to, offset, 2);
}

static size_t match_length(const uint8_t *earlier, const uint8_t *at, const uint8_t *end)
{
    const uint8_t *from = at;
    while (end - at >= 8 && memcmp(earlier, at, 8) == 0) {
        earlier += 8;
        at += 8;
    }
    while (at < end && *earlier == *at) {
        earlier++;
        at++;
    }
    return (size_t)(at - from);
}

static uint8_t *pack_fragment(uint8_t *to, const uint8_t *data, size_t len)
{
    uint16_t table[1 << TABLE_BITS] = {
        0}; /* positions; each is checked before it is believed */
    size_t at = 1, pending = 0, misses = 0;
    while (at + MATCH_MIN_BYTES <= len) {
        uint32_t bytes = load(data + at);
        uint16_t *seen = &table[slot(bytes)];
        size_t earlier = *seen;
        *seen = (uint16_t)at;
        if (load(data + earlier) != bytes) {
            at += 1 + (misses++ >> 5);
            continue;
        }
        size_t length = match_length(data + earlier, data + at, data + len);
        to = write_literal(to, data + pending, at - pending);
        to = snappy_write_copy(to, at - earlier, length);
        at += length;
        pending = at;
        misses = 0;
        if (at + MATCH_MIN_BYTES <= len)
            table[slot(load(data + at - 1))] = (uint16_t)(at - 1);
    }
    return write_literal(to, data + pending, len - pending);
}

int snappy_pack(const void *data, size_t len, struct buf *out)
{
    if (len > UINT32_MAX)
        return -ENOBUFS;
    int error = buf_reserve(out, snappy_packed_max(len));
    if (error != 0)
        return error;
    const uint8_t *from = data;
    uint8_t *to = snappy_write_length((uint8_t *)out->data + out->len, (uint32_t)len);
    for (size_t rest = len; rest > 0;) {
        size_t part = MIN_OF(rest, FRAGMENT_MAX_BYTES);
        to = pack_fragment(to, from, part);
        from += part;
        rest -= part;
    }
    out->len = (size_t)(to - (uint8_t *)out->data);
    return 0;
}
