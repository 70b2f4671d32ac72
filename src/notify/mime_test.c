/* SPDX-License-Identifier: MIT */
#include "notify/mime.h"

#include "unit.h"

static struct buf out;

START_TEST(plain_headers_stay_plain)
{
    buf_init(&out, 4096);
    mime_header(&out, "Subject", "[CRITICAL] web-1: CPU");
    ck_assert_str_eq(buf_text(&out), "Subject: [CRITICAL] web-1: CPU\r\n");
    buf_reset(&out);
    mime_header(&out, "Subject", "=?x");
    ck_assert_str_eq(buf_text(&out), "Subject: =?UTF-8?B?PT94?=\r\n");
    buf_deinit(&out);
}
END_TEST

START_TEST(others_become_encoded_words)
{
    buf_init(&out, 4096);
    mime_header(&out, "Subject", "Zürich");
    ck_assert_str_eq(buf_text(&out), "Subject: =?UTF-8?B?WsO8cmljaA==?=\r\n");

    /* Every word holds whole characters and no line is over 76. */
    buf_reset(&out);
    mime_header(&out, "Subject", "aääääääääääääääääääääääääääääääääääääääääääääääääää");
    ck_assert_str_eq(
        buf_text(&out),
        "Subject: =?UTF-8?B?YcOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6Q=?=\r\n"
        " =?UTF-8?B?w6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOk?=\r\n"
        " =?UTF-8?B?w6TDpMOkw6TDpMOkw6TDpMOk?=\r\n");
    buf_deinit(&out);
}
END_TEST

static void check_quoted(const char *text, const char *expected)
{
    buf_init(&out, 4096);
    mime_quoted_printable(&out, text, strlen(text));
    ck_assert_str_eq(buf_text(&out), expected);
    buf_deinit(&out);
}

START_TEST(quoted_printable)
{
    check_quoted("", "");
    check_quoted("a=b\n\nc", "a=3Db\r\n\r\nc\r\n");
    check_quoted("end \nend\t", "end=20\r\nend=09\r\n");
    check_quoted("Zürich\r", "Z=C3=BCrich=0D\r\n");
    check_quoted(".\n", ".\r\n");
    check_quoted("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=b",
                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa="
                 "\r\n=3Db\r\n");
}
END_TEST

START_TEST(dates)
{
    char date[MIME_DATE_SIZE];
    mime_date(1795166248124, date);
    ck_assert_str_eq(date, "Fri, 20 Nov 2026 09:17:28 +0000");
    mime_date(0, date);
    ck_assert_str_eq(date, "Thu, 01 Jan 1970 00:00:00 +0000");
}
END_TEST

UNIT_MAIN("mime", plain_headers_stay_plain, others_become_encoded_words, quoted_printable,
          dates)
