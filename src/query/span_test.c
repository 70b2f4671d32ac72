/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "query/query.h"
#include "unit.h"

START_TEST(reads_durations)
{
    static const struct {
        const char *text;
        mspan_t span;
    } rows[] = {{"5m", 300000},    {"1h30m", 5400000}, {"90", 90000},      {"0.25", 250},
                {"1d", 86400000},  {"10ms", 10},       {"-5", -5000},      {"1e3", 1000000},
                {"1w", 604800000}, {"0", 0},           {"1y", 31536000000}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        mspan_t span = -1;
        ck_assert_msg(query_parse_duration(rows[i].text, &span) == 0, "%s", rows[i].text);
        ck_assert_int_eq(span, rows[i].span);
    }
}
END_TEST

START_TEST(refuses_what_is_no_duration)
{
    static const char *const rows[] = {
        "",    "m",    "5x",  "5m5m", "1m1h",           "5 m", "1.5h", "nan",
        "inf", "1e30", "-5m", "5m ",  "99999999999999y"};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        mspan_t span = 42;
        ck_assert_msg(query_parse_duration(rows[i], &span) == -EINVAL, "%s", rows[i]);
        ck_assert_int_eq(span, 42);
    }
}
END_TEST

START_TEST(reads_times)
{
    static const struct {
        const char *text;
        msec_t at;
    } rows[] = {{"0", 0},
                {"1435781451.781", 1435781451781},
                {"-1.5", -1500},
                {"1970-01-01T00:00:00Z", 0},
                {"2015-07-01T20:10:51.781Z", 1435781451781},
                {"2015-07-01T22:10:51.7819+02:00", 1435781451781},
                {"2015-07-01t15:10:51-05:00", 1435781451000},
                {"2024-02-29T23:59:59Z", 1709251199000},
                {"1969-12-31T23:59:59Z", -1000},
                {"0001-01-01T00:00:00Z", -62135596800000},
                {"9999-12-31T23:59:59Z", 253402300799000}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        msec_t at = -7;
        ck_assert_msg(query_parse_time(rows[i].text, &at) == 0, "%s", rows[i].text);
        ck_assert_int_eq(at, rows[i].at);
    }
}
END_TEST

START_TEST(refuses_what_is_no_time)
{
    static const char *const rows[] = {"",
                                       "now",
                                       "NaN",
                                       "Inf",
                                       "1e300",
                                       "2015-07-01",
                                       "2015-07-01T20:10:51",
                                       "2015-07-01 20:10:51Z",
                                       "2015-13-01T20:10:51Z",
                                       "2015-00-01T20:10:51Z",
                                       "2023-02-29T00:00:00Z",
                                       "2015-07-01T24:00:00Z",
                                       "2015-07-01T20:60:00Z",
                                       "2015-07-01T20:10:51.Z",
                                       "2015-07-01T20:10:51Zx",
                                       "2015-07-01T20:10:51+2:00",
                                       "2015-07-01T20:10:51+02"};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        msec_t at = 42;
        ck_assert_msg(query_parse_time(rows[i], &at) == -EINVAL, "%s", rows[i]);
        ck_assert_int_eq(at, 42);
    }
}
END_TEST

UNIT_MAIN("span", reads_durations, refuses_what_is_no_duration, reads_times,
          refuses_what_is_no_time)
