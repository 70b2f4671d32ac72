/* SPDX-License-Identifier: MIT */
#include "query/number.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/macros.h"
#include "base/random.h"
#include "unit.h"

START_TEST(prints_as_prometheus_does)
{
    static const struct {
        double value;
        const char *sample, *plain;
    } rows[] = {
        {0, "0", "0"},
        {-0.0, "-0", "-0"},
        {1, "1", "1"},
        {-42, "-42", "-42"},
        {0.1, "0.1", "0.1"},
        {1.0 / 3, "0.3333333333333333", "0.3333333333333333"},
        {0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"},
        {1e-6, "0.000001", "0.000001"},
        {1.5e-7, "1.5e-07", "0.00000015"},
        {1e15, "1000000000000000", "1000000000000000"},
        {123456789012345680.0, "123456789012345680", "123456789012345680"},
        {1e20, "100000000000000000000", "100000000000000000000"},
        {1e21, "1e+21", "1000000000000000000000"},
        {1.25e300, "1.25e+300", NULL},
        {5e-324, "5e-324", NULL},
        {DBL_MAX, "1.7976931348623157e+308", NULL},
        {DBL_MIN, "2.2250738585072014e-308", NULL},
        {1234.5, "1234.5", "1234.5"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[NUMBER_PLAIN_SIZE];
        ck_assert_uint_eq(number_format_sample(rows[i].value, text), strlen(rows[i].sample));
        ck_assert_str_eq(text, rows[i].sample);
        size_t len = number_format_plain(rows[i].value, text);
        ck_assert_uint_eq(len, strlen(text));
        if (rows[i].plain != NULL)
            ck_assert_str_eq(text, rows[i].plain);
        ck_assert(strtod(text, NULL) == rows[i].value);
    }
}
END_TEST

START_TEST(prints_what_is_no_number)
{
    char text[NUMBER_PLAIN_SIZE];
    number_format_sample((double)NAN, text);
    ck_assert_str_eq(text, "NaN");
    number_format_sample(HUGE_VAL, text);
    ck_assert_str_eq(text, "+Inf");
    number_format_plain(-HUGE_VAL, text);
    ck_assert_str_eq(text, "-Inf");
}
END_TEST

START_TEST(every_double_reads_back)
{
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = random_u64();
        double value;
        memcpy(&value, &bits, sizeof(value));
        if (!isfinite(value))
            continue;
        char text[NUMBER_PLAIN_SIZE];
        number_format_sample(value, text);
        ck_assert_msg(strtod(text, NULL) == value, "%s", text);
        number_format_plain(value, text);
        ck_assert_msg(strtod(text, NULL) == value, "%s", text);
    }
}
END_TEST

UNIT_MAIN("number", prints_as_prometheus_does, prints_what_is_no_number,
          every_double_reads_back)
