/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

START_TEST(grows_and_terminates)
{
    struct buf buf;
    buf_init(&buf, 100000);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(buf_printf(&buf, "%03d,", i), 0);
    ck_assert_uint_eq(buf.len, 4000);
    ck_assert_int_eq(strncmp(buf_text(&buf), "000,001,", 8), 0);
    ck_assert_uint_eq(strlen(buf_text(&buf)), 4000);
    buf_deinit(&buf);
}
END_TEST

START_TEST(refuses_over_the_ceiling_and_stays_refusing)
{
    struct buf buf;
    buf_init(&buf, 8);
    ck_assert_int_eq(buf_append_text(&buf, "12345678"), 0);
    ck_assert_str_eq(buf_text(&buf), "12345678");
    ck_assert_int_eq(buf_append_char(&buf, '9'), -ENOBUFS);
    ck_assert_int_eq(buf_append(&buf, "", 0), -ENOBUFS);
    ck_assert_int_eq(buf.error, -ENOBUFS);
    ck_assert_uint_eq(buf.len, 8);
    buf_reset(&buf);
    ck_assert_int_eq(buf_append_text(&buf, "again"), 0);
    buf_deinit(&buf);
}
END_TEST

START_TEST(prints_longer_than_its_scratch)
{
    struct buf buf;
    buf_init(&buf, 5000);
    char text[2001];
    memset(text, 'x', 2000);
    text[2000] = '\0';
    ck_assert_int_eq(buf_printf(&buf, "<%s>", text), 0);
    ck_assert_uint_eq(buf.len, 2002);
    ck_assert_int_eq(buf_printf(&buf, "<%s%s>", text, text), -ENOBUFS);
    buf_deinit(&buf);
}
END_TEST

START_TEST(gives_its_bytes_away)
{
    struct buf buf;
    buf_init(&buf, 100);
    buf_append_text(&buf, "tail");
    ck_assert_str_eq(buf_text(&buf), "tail");
    size_t len;
    char *taken = buf_take(&buf, &len);
    ck_assert_uint_eq(len, 4);
    ck_assert_uint_eq(buf.len, 0);
    free(taken);
    buf_deinit(&buf);
}
END_TEST

UNIT_MAIN("buf", grows_and_terminates, refuses_over_the_ceiling_and_stays_refusing,
          prints_longer_than_its_scratch, gives_its_bytes_away)
