/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include "unit.h"

START_TEST(instants_read_as_rfc3339)
{
    char text[CLOCK_RFC3339_SIZE];
    ck_assert_str_eq(clock_format_rfc3339(0, text), "1970-01-01T00:00:00.000Z");
    ck_assert_str_eq(clock_format_rfc3339(1795168648124, text), "2026-11-20T09:57:28.124Z");
    ck_assert_str_eq(clock_format_rfc3339(-1, text), "1969-12-31T23:59:59.999Z");
    ck_assert_str_eq(clock_format_rfc3339(INT64_MAX, text), "9999-12-31T23:59:59.999Z");
    ck_assert_str_eq(clock_format_rfc3339(INT64_MIN, text), "0000-01-01T00:00:00.000Z");
}
END_TEST

START_TEST(spans_read_as_people_say_them)
{
    char text[32];
    ck_assert_str_eq(clock_format_span(850, text, sizeof(text)), "850 ms");
    ck_assert_str_eq(clock_format_span(12400, text, sizeof(text)), "12 s");
    ck_assert_str_eq(clock_format_span(60000, text, sizeof(text)), "1 min");
    ck_assert_str_eq(clock_format_span(200000, text, sizeof(text)), "3 min 20 s");
    ck_assert_str_eq(clock_format_span(7500000, text, sizeof(text)), "2 h 5 min");
    ck_assert_str_eq(clock_format_span(3 * MSEC_DAY, text, sizeof(text)), "3 d");
    ck_assert_str_eq(clock_format_span(-5, text, sizeof(text)), "0 ms");
}
END_TEST

START_TEST(monotonic_time_goes_forward)
{
    int64_t before = clock_mono_ns();
    ck_assert_int_ge(clock_mono_ns(), before);
    ck_assert_int_gt(clock_wall_ms(), 1700000000000);
}
END_TEST

UNIT_MAIN("clock", instants_read_as_rfc3339, spans_read_as_people_say_them,
          monotonic_time_goes_forward)
