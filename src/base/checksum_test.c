/* SPDX-License-Identifier: MIT */
#include "base/checksum.h"

#include <string.h>

#include "unit.h"

START_TEST(known_values)
{
    ck_assert_uint_eq(checksum_crc32(0, "", 0), 0);
    ck_assert_uint_eq(checksum_crc32(0, "123456789", 9), 0xcbf43926);
    ck_assert_uint_eq(checksum_crc32(0, "The quick brown fox jumps over the lazy dog", 43),
                      0x414fa339);
}
END_TEST

START_TEST(parts_make_the_whole)
{
    unsigned char bytes[100];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * 37 + 11);
    uint32_t whole = checksum_crc32(0, bytes, sizeof(bytes));
    size_t wrong = 0;
    for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
        uint32_t crc = checksum_crc32(0, bytes, cut);
        wrong += checksum_crc32(crc, bytes + cut, sizeof(bytes) - cut) != whole;
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(every_flipped_bit_is_noticed)
{
    unsigned char bytes[40];
    memset(bytes, 0x5a, sizeof(bytes));
    uint32_t before = checksum_crc32(0, bytes, sizeof(bytes));
    size_t missed = 0;
    for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << (bit % 8));
        missed += checksum_crc32(0, bytes, sizeof(bytes)) == before;
        bytes[bit / 8] ^= (unsigned char)(1u << (bit % 8));
    }
    ck_assert_uint_eq(missed, 0);
}
END_TEST

/* These stand in files: they may never change. */
START_TEST(fold64_stays_as_it_is)
{
    char text[100];
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * 3);
    ck_assert_uint_eq(checksum_fold64(0, "", 0), 0xe69b6b4fd77f4f24ull);
    ck_assert_uint_eq(checksum_fold64(1, "sentora", 7), 0xa2f1be1e58deaf6cull);
    ck_assert_uint_eq(checksum_fold64(2, text, 64), 0x56ee3b417e6bde75ull);
    ck_assert_uint_eq(checksum_fold64(2, text, 100), 0x62e406ae3f448c92ull);
    ck_assert_uint_eq(checksum_fold32(2, text, 100), 0x3f448c92u);
}
END_TEST

START_TEST(fold64_notices_every_bit)
{
    unsigned char bytes[100] = {0};
    for (size_t len = 1; len < sizeof(bytes); len++) {
        uint64_t before = checksum_fold64(9, bytes, len);
        size_t missed = checksum_fold64(8, bytes, len) == before;
        missed += checksum_fold64(9, bytes, len + 1) == before;
        missed += checksum_fold64(9, bytes, len - 1) == before;
        for (size_t bit = 0; bit < len * 8; bit++) {
            bytes[bit / 8] ^= (unsigned char)(1u << (bit % 8));
            missed += checksum_fold64(9, bytes, len) == before;
            bytes[bit / 8] ^= (unsigned char)(1u << (bit % 8));
        }
        ck_assert_uint_eq(missed, 0);
    }
}
END_TEST

UNIT_MAIN("checksum", known_values, parts_make_the_whole, every_flipped_bit_is_noticed,
          fold64_stays_as_it_is, fold64_notices_every_bit)
