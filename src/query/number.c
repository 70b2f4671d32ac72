/* SPDX-License-Identifier: MIT */
#include "query/number.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/decimal.h"

static size_t format(double value, bool may_exponent, char out[NUMBER_PLAIN_SIZE])
{
    if (isnan(value) || isinf(value)) {
        const char *text = isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
        memcpy(out, text, strlen(text) + 1);
        return strlen(text);
    }
    double magnitude = fabs(value);
    size_t len = 0;
    if (signbit(value))
        out[len++] = '-';
    if (magnitude < 1e15 && magnitude == floor(magnitude)) {
        len += decimal_write_u64((uint64_t)magnitude, out + len);
    } else {
        struct decimal decimal = decimal_of(magnitude);
        bool wide = magnitude < 1e-6 || magnitude >= 1e21;
        len += may_exponent && wide ? decimal_write_exponent(&decimal, out + len)
                                    : decimal_write_plain(&decimal, out + len);
    }
    out[len] = '\0';
    return len;
}

size_t number_format_plain(double value, char out[NUMBER_PLAIN_SIZE])
{
    return format(value, false, out);
}

size_t number_format_sample(double value, char out[NUMBER_PLAIN_SIZE])
{
    return format(value, true, out);
}
