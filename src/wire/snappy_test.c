/* SPDX-License-Identifier: MIT */
#include "wire/snappy.h"

#include <errno.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

START_TEST(packs_and_unpacks)
{
    struct buf packed, unpacked;
    buf_init(&packed, 100000);
    buf_init(&unpacked, 100000);
    char text[5000];
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * 7919 >> 3);
    for (size_t len = 0; len <= sizeof(text); len += 499) {
        buf_reset(&packed);
        buf_reset(&unpacked);
        buf_append_text(&unpacked, "before");
        ck_assert_int_eq(snappy_pack(text, len, &packed), 0);
        ck_assert_int_eq(snappy_unpack(packed.data, packed.len, &unpacked), 0);
        ck_assert_uint_eq(unpacked.len, 6 + len);
        ck_assert_mem_eq(unpacked.data, "before", 6);
        if (len > 0)
            ck_assert_mem_eq(unpacked.data + 6, text, len);
    }
    buf_deinit(&packed);
    buf_deinit(&unpacked);
}
END_TEST

START_TEST(refuses_a_claim_over_the_ceiling)
{
    static const char zeros[3000];
    struct buf packed, small;
    buf_init(&packed, 10000);
    buf_init(&small, 2999);
    ck_assert_int_eq(snappy_pack(zeros, sizeof(zeros), &packed), 0);
    ck_assert_int_eq(snappy_unpack(packed.data, packed.len, &small), -ENOBUFS);
    ck_assert_uint_eq(small.len, 0);
    ck_assert_ptr_null(small.data); /* nothing was allocated */
    buf_deinit(&small);
    buf_init(&small, 3000);
    ck_assert_int_eq(snappy_unpack(packed.data, packed.len, &small), 0);
    ck_assert_uint_eq(small.len, 3000);
    buf_deinit(&small);
    buf_deinit(&packed);
}
END_TEST

START_TEST(refuses_a_claim_that_cannot_be)
{
    /* Ten bytes that say they hold 1 GiB; the ceiling would allow it. */
    static const unsigned char bomb[] = {0x80, 0x80, 0x80, 0x80, 0x04, 0x00, 'x', 0, 0, 0};
    struct buf out;
    buf_init(&out, (size_t)2 << 30);
    ck_assert_int_eq(snappy_unpack(bomb, sizeof(bomb), &out), -EINVAL);
    ck_assert_ptr_null(out.data);
    buf_deinit(&out);
}
END_TEST

START_TEST(refuses_what_is_no_block)
{
    static const char *const blocks[] = {"",
                                         "\x80",
                                         "\x80\x80\x80\x80\x80\x00",
                                         "\xff\xff\xff\xff\xff\xff",
                                         "\x05",
                                         "\x03\x08zz",
                                         "\x04\x01\x10"};
    struct buf out;
    buf_init(&out, 1000);
    for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
        ck_assert_int_eq(snappy_unpack(blocks[i], strlen(blocks[i]), &out), -EINVAL);
        ck_assert_uint_eq(out.len, 0);
        ck_assert_int_eq(out.error, 0);
    }
    /* A whole block with rubbish behind it, and each of its prefixes. */
    struct buf packed;
    buf_init(&packed, 1000);
    ck_assert_int_eq(snappy_pack("hello hello hello hello hello", 29, &packed), 0);
    for (size_t len = 0; len < packed.len; len++)
        ck_assert_int_eq(snappy_unpack(packed.data, len, &out), -EINVAL);
    buf_append_char(&packed, 'x');
    ck_assert_int_eq(snappy_unpack(packed.data, packed.len, &out), -EINVAL);
    ck_assert_uint_eq(out.len, 0);
    buf_deinit(&packed);
    buf_deinit(&out);
}
END_TEST

/* Bytes that repeat in ways the packer meets: runs, near and far repetitions, noise. */
static size_t fill(unsigned char *out, size_t max, unsigned seed)
{
    size_t len = 0;
    srand(seed);
    while (len < max) {
        size_t part = (size_t)rand() % (1u << (rand() % 12));
        int kind = rand() % 4;
        part = MIN_OF(part, max - len);
        size_t back = len > 0 ? 1 + (size_t)rand() % len : 0;
        if (kind == 0 || len == 0)
            memset(out + len, rand(), part);
        for (size_t i = 0; kind == 1 && i < part; i++)
            out[len + i] = (unsigned char)rand();
        for (size_t i = 0; kind >= 2 && len > 0 && i < part; i++)
            out[len + i] = out[len + i - (kind == 2 ? back : MIN_OF(back, 9))];
        len += part;
        if (rand() % 64 == 0)
            break;
    }
    return len;
}

/* Both directions against the library that Prometheus' peers use. */
START_TEST(agrees_with_libsnappy)
{
    enum {
        MAX = 200000
    };
    unsigned char *data = malloc(MAX);
    char *theirs = malloc(MAX * 2);
    struct buf packed, unpacked;
    buf_init(&packed, MAX * 2);
    buf_init(&unpacked, MAX);
    for (unsigned seed = 1; seed <= 300; seed++) {
        size_t len = fill(data, MAX, seed), theirs_len = MAX * 2;
        buf_reset(&packed);
        buf_reset(&unpacked);
        ck_assert_int_eq(snappy_pack(data, len, &packed), 0);
        ck_assert_uint_le(packed.len, snappy_max_compressed_length(len));
        ck_assert_int_eq(snappy_uncompress(packed.data, packed.len, theirs, &theirs_len),
                         SNAPPY_OK);
        ck_assert_uint_eq(theirs_len, len);
        ck_assert_mem_eq(theirs, data, len);
        theirs_len = MAX * 2;
        ck_assert_int_eq(snappy_compress((const char *)data, len, theirs, &theirs_len),
                         SNAPPY_OK);
        ck_assert_int_eq(snappy_unpack(theirs, theirs_len, &unpacked), 0);
        ck_assert_uint_eq(unpacked.len, len);
        ck_assert_mem_eq(unpacked.data, data, len);
    }
    buf_deinit(&packed);
    buf_deinit(&unpacked);
    free(theirs);
    free(data);
}
END_TEST

/* What one takes of a damaged block, the other takes too, and as the same bytes. */
START_TEST(judges_damage_as_libsnappy_does)
{
    unsigned char data[600];
    char theirs[2000];
    struct buf packed, unpacked;
    buf_init(&packed, 2000);
    buf_init(&unpacked, sizeof(theirs));
    for (unsigned seed = 1; seed <= 20000; seed++) {
        size_t len = fill(data, sizeof(data), seed % 50 + 1);
        buf_reset(&packed);
        buf_reset(&unpacked);
        ck_assert_int_eq(snappy_pack(data, len, &packed), 0);
        srand(seed);
        for (int n = 1 + rand() % 3; n > 0; n--)
            packed.data[(size_t)rand() % packed.len] = (char)rand();
        size_t claimed = 0;
        bool is_theirs =
            snappy_uncompressed_length(packed.data, packed.len, &claimed) == SNAPPY_OK &&
            claimed <= sizeof(theirs) &&
            snappy_uncompress(packed.data, packed.len, theirs, &claimed) == SNAPPY_OK;
        int error = snappy_unpack(packed.data, packed.len, &unpacked);
        ck_assert_int_eq(error == 0, is_theirs);
        if (is_theirs) {
            ck_assert_uint_eq(unpacked.len, claimed);
            ck_assert_int_eq(memcmp(claimed > 0 ? unpacked.data : "", theirs, claimed), 0);
        }
    }
    buf_deinit(&packed);
    buf_deinit(&unpacked);
}
END_TEST

/* A literal of any of the ways to say its length. */
static size_t put_literal(unsigned char *out)
{
    size_t len = 1 + (size_t)rand() % (rand() % 8 == 0 ? 300 : 70), at = 0;
    unsigned n_bytes = len > 60 ? (len > 256 ? 2u : 1u) + (unsigned)rand() % 2 : 0;
    out[at++] = (unsigned char)((n_bytes == 0 ? len - 1 : 59 + n_bytes) << 2);
    for (unsigned i = 0; i < n_bytes; i++)
        out[at++] = (unsigned char)((len - 1) >> (8 * i));
    for (size_t i = 0; i < len; i++)
        out[at++] = (unsigned char)rand();
    return at;
}

/* A copy of any kind; once in many its offset is out of reach. */
static size_t put_copy(unsigned char *out, size_t written)
{
    unsigned kind = 1 + (unsigned)rand() % 3, n = (unsigned)rand() % 64;
    size_t reach = rand() % 3 == 0 ? MIN_OF(written, 20) : written;
    size_t offset = rand() % 500 == 0 ? written + 1
                    : reach == 0      ? 0
                                      : 1 + (size_t)rand() % reach;
    if (kind == 1) {
        offset = MIN_OF(offset, 2047);
        out[0] = (unsigned char)((offset >> 8) << 5 | (n & 7) << 2 | 1);
        out[1] = (unsigned char)offset;
        return 2;
    }
    size_t n_bytes = kind == 2 ? 2 : 4;
    offset = kind == 2 ? MIN_OF(offset, 65535) : offset;
    out[0] = (unsigned char)(n << 2 | kind);
    for (size_t i = 0; i < n_bytes; i++)
        out[1 + i] = (unsigned char)(offset >> (8 * i));
    return 1 + n_bytes;
}

static size_t written_by(const unsigned char *element)
{
    unsigned n = element[0] >> 2;
    if ((element[0] & 3) == 1)
        return (n & 7) + 4;
    if ((element[0] & 3) == 0 && n >= 60)
        return element[1] + (n > 60 ? (size_t)element[2] << 8 : 0) + 1;
    return n + 1;
}

/* What no packer writes but is allowed: every element in every order, in memory of exactly
 * its size, so that a sanitizer sees a read past the end. */
START_TEST(unpacks_any_elements_as_libsnappy_does)
{
    enum {
        MAX = 40000
    };
    unsigned char *block = malloc(MAX);
    char *theirs = malloc(MAX * 20);
    for (unsigned seed = 1; seed <= 3000; seed++) {
        srand(seed);
        size_t len = 5, written = 0;
        for (int n = rand() % 400; n >= 0; n--) {
            bool is_literal = written == 0 || rand() % 3 == 0;
            size_t size =
                is_literal ? put_literal(block + len) : put_copy(block + len, written);
            written += written_by(block + len);
            len += size;
        }
        size_t claim = written + (rand() % 20 == 0 ? (size_t)rand() % 3 - 1 : 0);
        for (int i = 0; i < 5; i++)
            block[i] = (unsigned char)((claim >> (7 * i) & 0x7f) | (i < 4 ? 0x80 : 0));
        char *exact = malloc(len);
        memcpy(exact, block, len);
        struct buf unpacked;
        buf_init(&unpacked, MAX_OF(claim, 1));
        size_t theirs_len = MAX * 20;
        bool is_theirs = snappy_uncompress(exact, len, theirs, &theirs_len) == SNAPPY_OK;
        ck_assert_int_eq(snappy_unpack(exact, len, &unpacked) == 0, is_theirs);
        if (is_theirs) {
            ck_assert_uint_eq(unpacked.len, claim);
            ck_assert_mem_eq(unpacked.data, theirs, claim);
        }
        buf_deinit(&unpacked);
        free(exact);
    }
    free(theirs);
    free(block);
}
END_TEST

UNIT_MAIN("snappy", packs_and_unpacks, refuses_a_claim_over_the_ceiling,
          refuses_a_claim_that_cannot_be, refuses_what_is_no_block, agrees_with_libsnappy,
          judges_damage_as_libsnappy_does, unpacks_any_elements_as_libsnappy_does)
