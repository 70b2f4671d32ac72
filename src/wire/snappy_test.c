/* SPDX-License-Identifier: MIT */
#include "wire/snappy.h"

#include <errno.h>
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
    static const char *const blocks[] = {"", "\xff\xff\xff\xff\xff\xff", "\x05", "\x03\x08zz",
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

UNIT_MAIN("snappy", packs_and_unpacks, refuses_a_claim_over_the_ceiling,
          refuses_a_claim_that_cannot_be, refuses_what_is_no_block)
