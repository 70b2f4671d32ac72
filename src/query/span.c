/* SPDX-License-Identifier: MIT */
/* span - durations and times as they come in a request. */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "query/lex.h"
#include "query/query.h"

#define MSEC_LIMIT 9e15 /* milliseconds that a double counts exactly */

/* Seconds, with fraction, as milliseconds. */
static int seconds_to_ms(const char *text, int64_t *out_ms)
{
    double seconds;
    if (text_to_double(text, &seconds) != 0 || !(fabs(seconds) < MSEC_LIMIT / 1000))
        return -EINVAL;
    *out_ms = (int64_t)llround(seconds * 1000);
    return 0;
}

int query_parse_duration(const char *text, mspan_t *out_span)
{
    int64_t ms;
    size_t len = lex_duration(text, &ms);
    if (len == 0 || text[len] != '\0')
        return seconds_to_ms(text, out_span);
    *out_span = ms;
    return 0;
}

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar. */
static int64_t days_of_date(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year; /* years begin in March */
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
           day_of_year - 719468;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

/* Two or four digits, checked against a range. */
static bool read_digits(const char **at, int count, int max, int *out)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if ((*at)[i] < '0' || (*at)[i] > '9')
            return false;
        value = value * 10 + ((*at)[i] - '0');
    }
    *at += count;
    *out = value;
    return value <= max;
}

static bool read_char(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

/* .5, .123456789: digits beyond the third are dropped. */
static bool read_fraction(const char **at, int *out_ms)
{
    *out_ms = 0;
    if (!read_char(at, '.'))
        return true;
    int weight = 100;
    if (**at < '0' || **at > '9')
        return false;
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        *out_ms += weight * (**at - '0');
        weight /= 10;
    }
    return true;
}

/* Z, +02:00, -05:30 */
static bool read_zone(const char **at, mspan_t *out_offset)
{
    *out_offset = 0;
    if (read_char(at, 'Z') || read_char(at, 'z'))
        return true;
    int sign = **at == '-' ? -1 : 1, hours, minutes;
    if (**at != '+' && **at != '-')
        return false;
    (*at)++;
    if (!read_digits(at, 2, 23, &hours) || !read_char(at, ':') ||
        !read_digits(at, 2, 59, &minutes))
        return false;
    *out_offset = sign * (hours * MSEC_HOUR + minutes * MSEC_MINUTE);
    return true;
}

static int rfc3339_to_ms(const char *at, msec_t *out_at)
{
    int year, month, day, hour, minute, second, ms;
    mspan_t zone;
    bool good = read_digits(&at, 4, 9999, &year) && read_char(&at, '-') &&
                read_digits(&at, 2, 12, &month) && read_char(&at, '-') &&
                read_digits(&at, 2, 31, &day) && (*at == 'T' || *at == 't');
    if (!good || month < 1 || day < 1 || day > days_in_month(year, month))
        return -EINVAL;
    at++;
    good = read_digits(&at, 2, 23, &hour) && read_char(&at, ':') &&
           read_digits(&at, 2, 59, &minute) && read_char(&at, ':') &&
           read_digits(&at, 2, 59, &second) && read_fraction(&at, &ms) &&
           read_zone(&at, &zone) && *at == '\0';
    if (!good)
        return -EINVAL;
    *out_at = days_of_date(year, month, day) * MSEC_DAY + hour * MSEC_HOUR +
              minute * MSEC_MINUTE + second * MSEC_SECOND + ms - zone;
    return 0;
}

int query_parse_time(const char *text, msec_t *out_at)
{
    return seconds_to_ms(text, out_at) == 0 ? 0 : rfc3339_to_ms(text, out_at);
}
