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

UNIT_MAIN("checksum", known_values, parts_make_the_whole, every_flipped_bit_is_noticed)
