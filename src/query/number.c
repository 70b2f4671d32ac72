/* SPDX-License-Identifier: MIT */
#include "query/number.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define DIGITS_MAX 17

/* The fewest digits that read back as the same value: 0.DIGITS * 10^exponent. */
struct decimal {
    char digits[DIGITS_MAX + 1];
    int len, exponent;
};

static void shortest(double magnitude, struct decimal *out)
{
    char text[40];
    /* 15 digits are enough for most values; subnormal ones may need fewer. */
    int precision = magnitude < 2.3e-308 ? 1 : 15;
    for (; precision <= DIGITS_MAX; precision++) {
        snprintf(text, sizeof(text), "%.*e", precision - 1, magnitude);
        if (strtod(text, NULL) == magnitude)
            break;
    }
    out->len = 0;
    const char *at = text;
    for (; *at != 'e'; at++) {
        if (*at != '.')
            out->digits[out->len++] = *at;
    }
    while (out->len > 1 && out->digits[out->len - 1] == '0')
        out->len--;
    out->digits[out->len] = '\0';
    out->exponent = (int)strtol(at + 1, NULL, 10) + 1;
}

static char *put_plain(const struct decimal *decimal, char *out)
{
    int point = decimal->exponent;
    if (point <= 0) {
        *out++ = '0';
        *out++ = '.';
    }
    for (int i = point; i < 0; i++)
        *out++ = '0';
    for (int i = 0; i < decimal->len || i < point; i++) {
        if (i == point && i > 0)
            *out++ = '.';
        *out++ = (char)(i < decimal->len ? decimal->digits[i] : '0');
    }
    return out;
}

static char *put_exponent(const struct decimal *decimal, char *out)
{
    *out++ = decimal->digits[0];
    if (decimal->len > 1) {
        *out++ = '.';
        memcpy(out, decimal->digits + 1, (size_t)decimal->len - 1);
        out += decimal->len - 1;
    }
    int exponent = decimal->exponent - 1;
    return out + snprintf(out, 8, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
}

static size_t format(double value, bool may_exponent, char out[NUMBER_PLAIN_SIZE])
{
    if (isnan(value) || isinf(value)) {
        text_copy(out, NUMBER_PLAIN_SIZE, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
        return strlen(out);
    }
    double magnitude = fabs(value);
    char *at = out;
    if (signbit(value))
        *at++ = '-';
    if (magnitude < 1e15 && magnitude == floor(magnitude)) {
        at += snprintf(at, 24, "%lld", (long long)magnitude);
        return (size_t)(at - out);
    }
    struct decimal decimal;
    shortest(magnitude, &decimal);
    bool wide = magnitude < 1e-6 || magnitude >= 1e21;
    at = may_exponent && wide ? put_exponent(&decimal, at) : put_plain(&decimal, at);
    *at = '\0';
    return (size_t)(at - out);
}

size_t number_format_plain(double value, char out[NUMBER_PLAIN_SIZE])
{
    return format(value, false, out);
}

size_t number_format_sample(double value, char out[NUMBER_PLAIN_SIZE])
{
    return format(value, true, out);
}
