/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <errno.h>
#include <math.h>

#include "unit.h"

START_TEST(numbers_are_parsed_whole)
{
    uint64_t u = 7;
    ck_assert_int_eq(text_to_u64("12", &u), 0);
    ck_assert_uint_eq(u, 12);
    ck_assert_int_eq(text_to_u64("12\n", &u), 0);
    ck_assert_int_eq(text_to_u64("", &u), -EINVAL);
    ck_assert_int_eq(text_to_u64("12x", &u), -EINVAL);
    ck_assert_int_eq(text_to_u64("-1", &u), -EINVAL);
    ck_assert_int_eq(text_to_u64("99999999999999999999", &u), -ERANGE);
    ck_assert_uint_eq(u, 12);
    int64_t i;
    ck_assert_int_eq(text_to_i64("-9", &i), 0);
    ck_assert_int_eq(i, -9);
    double d;
    ck_assert_int_eq(text_to_double("1.5e3", &d), 0);
    ck_assert_double_eq(d, 1500);
    ck_assert_int_eq(text_to_double("1,5", &d), -EINVAL);
    ck_assert_int_eq(text_to_double("1e999", &d), -ERANGE);
}
END_TEST

START_TEST(scanning_walks_a_line)
{
    const char *line = "cpu0  12 34 x";
    struct slice word;
    uint64_t value;
    ck_assert(text_next_word(&line, &word));
    ck_assert(slice_is(word, "cpu0"));
    ck_assert(text_scan_u64(&line, &value) && value == 12);
    ck_assert(text_scan_u64(&line, &value) && value == 34);
    ck_assert(!text_scan_u64(&line, &value));
    struct slice rest = SLICE("a,,b"), piece;
    ck_assert(text_next_piece(&rest, ',', &piece) && slice_is(piece, "a"));
    ck_assert(text_next_piece(&rest, ',', &piece) && slice_is(piece, ""));
    ck_assert(text_next_piece(&rest, ',', &piece) && slice_is(piece, "b"));
    ck_assert(!text_next_piece(&rest, ',', &piece));
}
END_TEST

START_TEST(scans_hexadecimals)
{
    const char *line = "  0004928f ffffffffffffffff\t0:1 x";
    uint64_t value;
    ck_assert(text_scan_hex(&line, &value) && value == 0x4928f);
    ck_assert(text_scan_hex(&line, &value) && value == UINT64_MAX);
    ck_assert(text_scan_hex(&line, &value) && value == 0);
    ck_assert_str_eq(line, ":1 x");
    ck_assert(!text_scan_hex(&line, &value));
    line = "10000000000000000";
    ck_assert(!text_scan_hex(&line, &value));
}
END_TEST

START_TEST(scans_decimals)
{
    static const struct {
        const char *text;
        double value;
        const char *rest;
    } cases[] = {{"12.75 x", 12.75, " x"},
                 {"  0.1", 0.1, ""},
                 {"7", 7, ""},
                 {"3.", 3, ""},
                 {"350735.47 234388.90", 350735.47, " 234388.90"},
                 {"9007199254740992", 9007199254740992.0, ""},
                 {"0.0000000000000001", 1e-16, ""},
                 {"1.5e3", 1.5, "e3"}};
    static const char *const refused[] = {"",
                                          "x",
                                          "-1",
                                          ".5",
                                          "90071992547409930",
                                          "18446744073709551616",
                                          "1.00000000000000000",
                                          "0.00000000000000000000000000001"};
    double value;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *at = cases[i].text;
        ck_assert(text_scan_decimal(&at, &value));
        ck_assert_double_eq(value, cases[i].value);
        ck_assert_str_eq(at, cases[i].rest);
    }
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        const char *at = refused[i];
        ck_assert(!text_scan_decimal(&at, &value));
        ck_assert_ptr_eq(at, refused[i]);
    }
}
END_TEST

START_TEST(doubles_read_back)
{
    static const double values[] = {0,  -0.0, 0.1,  1.0 / 3,
                                    80, 1e15, 1e-7, 1.7976931348623157e308};
    char text[TEXT_DOUBLE_SIZE];
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        text_from_double(values[i], text);
        ck_assert_msg(strtod(text, NULL) == values[i], "%s", text);
    }
    text_from_double(0.1, text);
    ck_assert_str_eq(text, "0.1");
    text_from_double(-(double)INFINITY, text);
    ck_assert_str_eq(text, "-Inf");
}
END_TEST

START_TEST(utf8_is_judged_strictly)
{
    ck_assert(text_is_utf8("h\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10));
    ck_assert(!text_is_utf8("\xc0\xaf", 2));
    ck_assert(!text_is_utf8("\xed\xa0\x80", 3));
    ck_assert(!text_is_utf8("\xf4\x90\x80\x80", 4));
    ck_assert(!text_is_utf8("\xe2\x82", 2));
}
END_TEST

START_TEST(hex_goes_both_ways)
{
    char hex[9];
    unsigned char bytes[4] = {0x00, 0xff, 0x1a, 0x42}, back[4];
    text_to_hex(bytes, 4, hex);
    ck_assert_str_eq(hex, "00ff1a42");
    ck_assert_int_eq(text_from_hex("00FF1a42", back, 4), 0);
    ck_assert_mem_eq(bytes, back, 4);
    ck_assert_int_eq(text_from_hex("00ff1a4", back, 4), -EINVAL);
    ck_assert_int_eq(text_from_hex("00ff1a4g", back, 4), -EINVAL);
}
END_TEST

START_TEST(small_things)
{
    char small[4];
    ck_assert(!text_copy(small, sizeof(small), "hello"));
    ck_assert_str_eq(small, "hel");
    ck_assert(text_is_nocase("Content-Length", "content-length"));
    ck_assert(!text_is_nocase("a", "ab"));
    ck_assert_str_eq(text_after("cpu0", "cpu"), "0");
    ck_assert(text_has_suffix("x.service", ".service"));
    ck_assert(slice_is(text_trim(SLICE("  a b \n")), "a b"));
}
END_TEST

UNIT_MAIN("text", scans_hexadecimals, scans_decimals, numbers_are_parsed_whole,
          scanning_walks_a_line, doubles_read_back, utf8_is_judged_strictly, hex_goes_both_ways,
          small_things)
