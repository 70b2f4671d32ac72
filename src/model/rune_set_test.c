/* SPDX-License-Identifier: MIT */
#include "model/rune_set.h"

#include "unit.h"

START_TEST(ranges_are_joined)
{
    struct rune_set set = {0};
    rune_set_add(&set, 'd', 'f', false);
    rune_set_add(&set, 'a', 'c', false);
    rune_set_add(&set, 'e', 'h', false);
    rune_set_add(&set, 'x', 'x', false);
    rune_set_finish(&set);
    ck_assert_uint_eq(set.ranges.len, 2);
    ck_assert(rune_set_has(&set, 'a') && rune_set_has(&set, 'h') && rune_set_has(&set, 'x'));
    ck_assert(!rune_set_has(&set, '`') && !rune_set_has(&set, 'i') && !rune_set_has(&set, 'y'));
    rune_set_negate(&set);
    ck_assert_uint_eq(set.ranges.len, 3);
    ck_assert(rune_set_has(&set, 0) && rune_set_has(&set, 'i') &&
              rune_set_has(&set, RUNE_LAST));
    ck_assert(!rune_set_has(&set, 'a') && !rune_set_has(&set, 'x'));
    rune_set_deinit(&set);
}
END_TEST

START_TEST(nothing_and_everything)
{
    struct rune_set set = {0}, all = {0};
    rune_set_finish(&set);
    ck_assert(!rune_set_has(&set, 0) && !rune_set_has(&set, RUNE_LAST));
    rune_set_negate(&set);
    rune_set_add(&all, 0, RUNE_LAST, false);
    rune_set_finish(&all);
    ck_assert(rune_set_equals(&set, &all));
    rune_set_negate(&set);
    ck_assert_uint_eq(set.ranges.len, 0);
    ck_assert(!rune_set_equals(&set, &all));
    rune_set_deinit(&set);
    rune_set_deinit(&all);
}
END_TEST

START_TEST(letters_fold_into_all_their_forms)
{
    struct rune_set set = {0};
    rune_set_add(&set, 'k', 'k', true);
    rune_set_add(&set, 0x3C3, 0x3C3, true); /* sigma has three forms */
    rune_set_finish(&set);
    ck_assert(rune_set_has(&set, 'K') && rune_set_has(&set, 'k') && rune_set_has(&set, 0x212A));
    ck_assert(rune_set_has(&set, 0x3A3) && rune_set_has(&set, 0x3C2));
    ck_assert(!rune_set_has(&set, 'j'));
    ck_assert(rune_has_case('a') && rune_has_case(0xE4) && !rune_has_case('1'));
    ck_assert(!rune_has_case(0x131)); /* the dotless i is a letter of its own */
    rune_set_deinit(&set);
}
END_TEST

START_TEST(categories)
{
    struct rune_set letters = {0}, upper = {0};
    ck_assert(rune_set_add_category(&letters, SLICE("L"), false));
    ck_assert(rune_set_add_category(&upper, SLICE("Lu"), false));
    ck_assert(!rune_set_add_category(&upper, SLICE("Greek"), false));
    ck_assert(!rune_set_add_category(&upper, SLICE(""), false));
    ck_assert(!rune_set_add_category(&upper, SLICE("Q"), false));
    rune_set_finish(&letters);
    rune_set_finish(&upper);
    ck_assert(rune_set_has(&letters, 'a') && rune_set_has(&letters, 0x4E2D));
    ck_assert(!rune_set_has(&letters, '1') && !rune_set_has(&letters, '_'));
    ck_assert(rune_set_has(&upper, 0xC4) && !rune_set_has(&upper, 0xE4));
    rune_set_deinit(&letters);
    rune_set_deinit(&upper);
}
END_TEST

static void check_rune(const char *bytes, size_t len, uint32_t rune, size_t size)
{
    char *copy = memory_strndup(bytes, len); /* so that a sanitizer sees a read behind it */
    const char *at = copy;
    ck_assert_uint_eq(rune_next(&at, copy + len), rune);
    ck_assert_int_eq(at - copy, (long)size);
    free(copy);
}

START_TEST(reads_utf8)
{
    check_rune("a", 1, 'a', 1);
    check_rune("\xC3\xA4", 2, 0xE4, 2);
    check_rune("\xE2\x82\xAC", 3, 0x20AC, 3);
    check_rune("\xF0\x9F\x98\x80", 4, 0x1F600, 4);
    check_rune("\xF4\x8F\xBF\xBF", 4, RUNE_LAST, 4);

    check_rune("\xC3", 1, RUNE_INVALID, 1);             /* cut */
    check_rune("\xC3(", 2, RUNE_INVALID, 1);            /* not continued */
    check_rune("\x80", 1, RUNE_INVALID, 1);             /* continues nothing */
    check_rune("\xC0\x80", 2, RUNE_INVALID, 1);         /* too long */
    check_rune("\xE0\x82\xAC", 3, RUNE_INVALID, 1);     /* too long */
    check_rune("\xED\xA0\x80", 3, RUNE_INVALID, 1);     /* half of a pair */
    check_rune("\xF4\x90\x80\x80", 4, RUNE_INVALID, 1); /* beyond the last */
    check_rune("\xFF", 1, RUNE_INVALID, 1);
}
END_TEST

UNIT_MAIN("rune_set", ranges_are_joined, nothing_and_everything,
          letters_fold_into_all_their_forms, categories, reads_utf8)
