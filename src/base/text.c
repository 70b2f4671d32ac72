/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

bool text_is_nocase(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

const char *text_after(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

bool text_has_prefix(const char *text, const char *prefix)
{
    return text_after(text, prefix) != NULL;
}

bool text_has_suffix(const char *text, const char *suffix)
{
    size_t len = strlen(text), suffix_len = strlen(suffix);
    return len >= suffix_len && strcmp(text + len - suffix_len, suffix) == 0;
}

static bool is_blank_to_end(const char *text)
{
    while (is_space(*text))
        text++;
    return *text == '\0';
}

bool text_scan_u64(const char **cursor, uint64_t *out_value)
{
    const char *at = *cursor;
    while (*at == ' ' || *at == '\t')
        at++;
    if (*at < '0' || *at > '9')
        return false;

    uint64_t value = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
            return false;
    }
    *cursor = at;
    *out_value = value;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool text_scan_hex(const char **cursor, uint64_t *out_value)
{
    const char *at = *cursor;
    while (*at == ' ' || *at == '\t')
        at++;
    uint64_t value = 0;
    const char *start = at;
    for (int digit; (digit = hex_digit(*at)) >= 0; at++) {
        if (value >> 60 != 0)
            return false;
        value = value << 4 | (uint64_t)digit;
    }
    if (at == start)
        return false;
    *cursor = at;
    *out_value = value;
    return true;
}

#define DOUBLE_EXACT_MAX (UINT64_C(1) << 53)

/* Number and power of ten are exact, and so what IEEE 754 makes of their quotient is right. */
bool text_scan_decimal(const char **cursor, double *out_value)
{
    const char *at = *cursor;
    uint64_t number;
    if (!text_scan_u64(&at, &number) || number > DOUBLE_EXACT_MAX)
        return false;
    double power = 1;
    if (*at == '.') {
        for (at++; *at >= '0' && *at <= '9'; at++, power *= 10) {
            number = number * 10 + (uint64_t)(*at - '0');
            if (number > DOUBLE_EXACT_MAX)
                return false;
        }
    }
    if (power > 1e22) /* the last that is exact; only after a zero */
        return false;
    *cursor = at;
    *out_value = (double)number / power;
    return true;
}

int text_to_u64(const char *text, uint64_t *out_value)
{
    errno = 0;
    while (is_space(*text))
        text++;
    if (*text < '0' || *text > '9')
        return -EINVAL;
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno == ERANGE)
        return -ERANGE;
    if (!is_blank_to_end(end))
        return -EINVAL;
    *out_value = value;
    return 0;
}

int text_to_i64(const char *text, int64_t *out_value)
{
    errno = 0;
    char *end;
    long long value = strtoll(text, &end, 10);
    if (errno == ERANGE)
        return -ERANGE;
    if (end == text || !is_blank_to_end(end))
        return -EINVAL;
    *out_value = value;
    return 0;
}

/* A comma is never a decimal point, whatever LC_NUMERIC says. */
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;
static locale_t c_locale;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", NULL);
}

int text_to_double(const char *text, double *out_value)
{
    pthread_once(&c_locale_once, make_c_locale);
    errno = 0;
    char *end;
    double value = strtod_l(text, &end, c_locale);
    if (end == text || !is_blank_to_end(end))
        return -EINVAL;
    if (errno == ERANGE && fabs(value) > 1)
        return -ERANGE;
    *out_value = value;
    return 0;
}

bool text_next_word(const char **cursor, struct slice *out_word)
{
    const char *at = *cursor;
    while (*at == ' ' || *at == '\t')
        at++;
    const char *start = at;
    while (*at != '\0' && !is_space(*at))
        at++;
    if (at == start)
        return false;
    *out_word = (struct slice){start, (size_t)(at - start)};
    *cursor = at;
    return true;
}

bool text_next_piece(struct slice *rest, char separator, struct slice *out_piece)
{
    if (rest->data == NULL)
        return false;
    const char *found = rest->len == 0 ? NULL : memchr(rest->data, separator, rest->len);
    if (found == NULL) {
        *out_piece = *rest;
        *rest = (struct slice){NULL, 0};
        return true;
    }
    size_t len = (size_t)(found - rest->data);
    *out_piece = (struct slice){rest->data, len};
    *rest = (struct slice){found + 1, rest->len - len - 1};
    return true;
}

bool text_copy_slice(char *out, size_t size, struct slice text)
{
    size_t len = MIN_OF(text.len, size - 1);
    if (len > 0)
        memcpy(out, text.data, len);
    out[len] = '\0';
    return len == text.len;
}

bool text_copy(char *out, size_t size, const char *text)
{
    return text_copy_slice(out, size, slice_of(text));
}

struct slice text_trim(struct slice text)
{
    while (text.len > 0 && is_space(text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && is_space(text.data[text.len - 1]))
        text.len--;
    return text;
}

size_t text_from_double(double value, char out[TEXT_DOUBLE_SIZE])
{
    if (isnan(value))
        return (size_t)snprintf(out, TEXT_DOUBLE_SIZE, "NaN");
    if (isinf(value))
        return (size_t)snprintf(out, TEXT_DOUBLE_SIZE, value > 0 ? "+Inf" : "-Inf");
    double magnitude = fabs(value);
    size_t len = 0;
    if (signbit(value))
        out[len++] = '-';
    if (magnitude < 1e15 && magnitude == trunc(magnitude)) {
        len += decimal_write_u64((uint64_t)magnitude, out + len);
    } else {
        struct decimal decimal = decimal_of(magnitude);
        len += magnitude < 1e-4 || magnitude >= 1e16
                   ? decimal_write_exponent(&decimal, out + len)
                   : decimal_write_plain(&decimal, out + len);
    }
    out[len] = '\0';
    return len;
}

/* Length of the well-formed sequence at `at`, 0 when there is none. */
static size_t utf8_sequence(const unsigned char *at, size_t left)
{
    static const struct form {
        unsigned char mask, lead;
        size_t len;
        uint32_t first;
    } forms[] = {{0x80, 0x00, 1, 0},
                 {0xe0, 0xc0, 2, 0x80},
                 {0xf0, 0xe0, 3, 0x800},
                 {0xf8, 0xf0, 4, 0x10000}};

    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        if ((at[0] & forms[i].mask) != forms[i].lead)
            continue;
        if (forms[i].len > left)
            return 0;
        uint32_t point = at[0] & (unsigned char)~forms[i].mask;
        for (size_t k = 1; k < forms[i].len; k++) {
            if ((at[k] & 0xc0) != 0x80)
                return 0;
            point = point << 6 | (at[k] & 0x3f);
        }
        bool surrogate = point >= 0xd800 && point <= 0xdfff;
        return point < forms[i].first || point > 0x10ffff || surrogate ? 0 : forms[i].len;
    }
    return 0;
}

static bool is_ascii_8(const unsigned char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    return (word & 0x8080808080808080u) == 0;
}

bool text_is_utf8(const char *text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text;
    while (len > 0) {
        size_t step = len >= 8 && is_ascii_8(at) ? 8 : utf8_sequence(at, len);
        if (step == 0)
            return false;
        at += step;
        len -= step;
    }
    return true;
}

void text_to_hex(const void *bytes, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *in = bytes;
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[in[i] >> 4];
        out[2 * i + 1] = digits[in[i] & 15];
    }
    out[2 * len] = '\0';
}

int text_from_hex(const char *hex, void *out_bytes, size_t len)
{
    if (strlen(hex) != 2 * len)
        return -EINVAL;
    unsigned char *out = out_bytes;
    for (size_t i = 0; i < 2 * len; i++) {
        if (hex_digit(hex[i]) < 0)
            return -EINVAL;
    }
    for (size_t i = 0; i < len; i++)
        out[i] = (unsigned char)(hex_digit(hex[2 * i]) * 16 + hex_digit(hex[2 * i + 1]));
    return 0;
}
