/* SPDX-License-Identifier: MIT */
/* fn_date - seconds since 1970 in the calendar, UTC; without an argument, of the step itself. */
#include <math.h>
#include <time.h>

#include "query/function.h"

#define SECONDS_LIMIT 1e15 /* years that a calendar still makes sense of */

static bool broken_down(double seconds, struct tm *out)
{
    time_t whole = isfinite(seconds) && fabs(seconds) < SECONDS_LIMIT ? (time_t)seconds : 0;
    return isfinite(seconds) && fabs(seconds) < SECONDS_LIMIT && gmtime_r(&whole, out) != NULL;
}

#define PART(name, expression)                                                                 \
    static double name(double seconds, const double *parameters)                               \
    {                                                                                          \
        (void)parameters;                                                                      \
        struct tm tm;                                                                          \
        return broken_down(seconds, &tm) ? (expression) : (double)NAN;                         \
    }

static int month_length(const struct tm *tm)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = tm->tm_year + 1900;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[tm->tm_mon] + (tm->tm_mon == 1 && leap);
}

PART(do_minute, tm.tm_min)
PART(do_hour, tm.tm_hour)
PART(do_day_of_week, tm.tm_wday)
PART(do_day_of_month, tm.tm_mday)
PART(do_day_of_year, tm.tm_yday + 1)
PART(do_days_in_month, month_length(&tm))
PART(do_month, tm.tm_mon + 1)
PART(do_year, tm.tm_year + 1900)

static int call_date(struct eval *eval, const struct node *node, const struct times *times,
                     struct grid *out_grid)
{
    if (node->n_children > 0)
        return call_math(eval, node, times, out_grid);
    int error = grid_init_scalar(eval, times->n, out_grid);
    for (size_t step = 0; error == 0 && step < times->n; step++)
        out_grid->rows[0].values[step] =
            node->function->math((double)times_at(times, step) / 1000, NULL);
    return error;
}

#define ENTRY(name)                                                                            \
    {                                                                                          \
#name, "?v", QUERY_VECTOR, FUNCTION_READS_CLOCK, .call = call_date, .math = do_##name  \
    }

const struct function fn_date[] = {
    ENTRY(minute),       ENTRY(hour),        ENTRY(day_of_week),
    ENTRY(day_of_month), ENTRY(day_of_year), ENTRY(days_in_month),
    ENTRY(month),        ENTRY(year),        {NULL},
};
