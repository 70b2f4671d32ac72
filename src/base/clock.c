/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

static int64_t read_ns(clockid_t id)
{
    struct timespec now;
    int error = clock_gettime(id, &now);
    assert(error == 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

msec_t clock_wall_ms(void)
{
    return read_ns(CLOCK_REALTIME) / 1000000;
}

mono_t clock_mono_ms(void)
{
    return read_ns(CLOCK_MONOTONIC) / 1000000;
}

int64_t clock_mono_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

int64_t clock_cpu_ns(void)
{
    return read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

char *clock_format_rfc3339(msec_t at, char out[CLOCK_RFC3339_SIZE])
{
    /* Years 0 to 9999 are what RFC 3339 can say; anything else is clamped to them. */
    const msec_t first = -62167219200000, last = 253402300799999;
    at = at < first ? first : at > last ? last : at;

    msec_t ms = at % 1000;
    if (ms < 0)
        ms += 1000;
    time_t seconds = (time_t)((at - ms) / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    snprintf(out, CLOCK_RFC3339_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
             (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)(tm.tm_mon + 1) % 100,
             (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100,
             (unsigned)tm.tm_sec % 100, (unsigned)ms % 1000);
    return out;
}

char *clock_format_span(mspan_t span, char *out, size_t size)
{
    static const struct unit {
        mspan_t ms;
        const char *name;
    } units[] = {{MSEC_DAY, "d"}, {MSEC_HOUR, "h"}, {MSEC_MINUTE, "min"}, {MSEC_SECOND, "s"}};

    if (span < 0)
        span = 0;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (span < units[i].ms)
            continue;
        long long whole = span / units[i].ms;
        mspan_t rest = span % units[i].ms;
        if (units[i].ms == MSEC_SECOND || rest / units[i + 1].ms == 0)
            snprintf(out, size, "%lld %s", whole, units[i].name);
        else
            snprintf(out, size, "%lld %s %lld %s", whole, units[i].name,
                     (long long)(rest / units[i + 1].ms), units[i + 1].name);
        return out;
    }
    snprintf(out, size, "%lld ms", (long long)span);
    return out;
}
