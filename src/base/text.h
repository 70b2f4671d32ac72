/* SPDX-License-Identifier: MIT */
/*
 * text - reading and comparing strings without surprises.
 *
 * Numbers are parsed whole: trailing characters, overflow and empty text are -EINVAL (or
 * -ERANGE), never a silent zero, and never depend on the locale.  Thread safe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/macros.h"

/* Borrowed bytes, not NUL-terminated. */
struct slice {
    const char *data;
    size_t len;
};

#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})

static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, strlen(text)};
}

static inline bool slice_is(struct slice slice, const char *text)
{
    return strlen(text) == slice.len && memcmp(slice.data, text, slice.len) == 0;
}

static inline bool text_is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

bool text_is_nocase(const char *a, const char *b); /* ASCII only */
bool text_has_prefix(const char *text, const char *prefix);
bool text_has_suffix(const char *text, const char *suffix);

/* What follows `prefix` in `text`, or NULL when it does not begin with it. */
const char *text_after(const char *text, const char *prefix);

/* 0, -EINVAL, -ERANGE.  Leading blanks are skipped, trailing white space is accepted. */
int text_to_u64(const char *text, uint64_t *out_value);
int text_to_i64(const char *text, int64_t *out_value);
int text_to_double(const char *text, double *out_value);

/* Reads digits at *cursor (after blanks), moves it behind them.  False when there are none
 * or they overflow.  The fast path of every /proc reader. */
bool text_scan_u64(const char **cursor, uint64_t *out_value);

/* Likewise for hexadecimal digits, without 0x. */
bool text_scan_hex(const char **cursor, uint64_t *out_value);

/* Likewise for digits that may have a point among them, "12.75".  False also when there are more
 * digits than a double holds (2^53): these readers expect none. */
bool text_scan_decimal(const char **cursor, double *out_value);

/* Moves *cursor over blanks and tabs, then over the next word.  False at the end of line. */
bool text_next_word(const char **cursor, struct slice *out_word);

/* Cuts the next `separator`-terminated piece off *rest.  False when nothing is left. */
bool text_next_piece(struct slice *rest, char separator, struct slice *out_piece);

/* Copies with truncation; always NUL-terminated.  True when everything fitted. */
bool text_copy(char *out, size_t size, const char *text);
bool text_copy_slice(char *out, size_t size, struct slice text);

/* Removes white space at both ends, in place for the slice. */
struct slice text_trim(struct slice text);

/* Shortest decimal form that reads back as the same double ("80", "0.1", "1e+300", "NaN",
 * "+Inf", "-Inf"); TEXT_DOUBLE_SIZE bytes are always enough.  Returns the length. */
#define TEXT_DOUBLE_SIZE 32
size_t text_from_double(double value, char out[TEXT_DOUBLE_SIZE]);

/* True when the bytes are well-formed UTF-8 (no overlong forms, no surrogates). */
bool text_is_utf8(const char *text, size_t len);

/* Lower-case hex; `out` has room for 2 * len + 1.  And back: 0, -EINVAL. */
void text_to_hex(const void *bytes, size_t len, char *out);
int text_from_hex(const char *hex, void *out_bytes, size_t len);
