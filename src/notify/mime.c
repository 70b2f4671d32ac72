/* SPDX-License-Identifier: MIT */
#include "notify/mime.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/macros.h"

#define MIME_PLAIN_MAX_BYTES 60 /* of a header's text that is not folded */
#define MIME_WORD_MAX_BYTES  42 /* base64 makes 56 of it, with its frame 68 characters */
#define MIME_LINE_MAX        75 /* and the "=" of a soft break */

static bool is_plain(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || (unsigned char)*at >= 0x7f)
            return false;
    return strlen(text) <= MIME_PLAIN_MAX_BYTES && strstr(text, "=?") == NULL;
}

/* The length of a piece of at most MIME_WORD_MAX_BYTES that cuts no character. */
static size_t word_len(const char *text)
{
    size_t len = strnlen(text, MIME_WORD_MAX_BYTES + 1);
    if (len <= MIME_WORD_MAX_BYTES)
        return len;
    len = MIME_WORD_MAX_BYTES;
    while (len > 1 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    return len;
}

void mime_header(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, "%s:", name);
    if (is_plain(text)) {
        buf_printf(out, " %s\r\n", text);
        return;
    }
    while (*text != '\0') {
        char word[sodium_base64_ENCODED_LEN(MIME_WORD_MAX_BYTES,
                                            sodium_base64_VARIANT_ORIGINAL)];
        size_t len = word_len(text);
        sodium_bin2base64(word, sizeof(word), (const unsigned char *)text, len,
                          sodium_base64_VARIANT_ORIGINAL);
        text += len;
        buf_printf(out, " =?UTF-8?B?%s?=\r\n", word);
    }
}

void mime_quoted_printable(struct buf *out, const char *text, size_t len)
{
    size_t column = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '\n') {
            buf_append_text(out, "\r\n");
            column = 0;
            continue;
        }
        bool at_end = i + 1 == len || text[i + 1] == '\n';
        bool plain = (c > 0x20 && c < 0x7f && c != '=') || (c == ' ' && !at_end);
        size_t width = plain ? 1 : 3;
        if (column + width > MIME_LINE_MAX) {
            buf_append_text(out, "=\r\n");
            column = 0;
        }
        if (plain)
            buf_append_char(out, (char)c);
        else
            buf_printf(out, "=%02X", c);
        column += width;
    }
    if (column > 0)
        buf_append_text(out, "\r\n");
}

void mime_date(msec_t at, char out[MIME_DATE_SIZE])
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(at / MSEC_SECOND);
    struct tm parts = {0};
    gmtime_r(&seconds, &parts);
    snprintf(out, MIME_DATE_SIZE, "%s, %02d %s %04d %02d:%02d:%02d +0000",
             days[(unsigned)parts.tm_wday % ARRAY_LEN(days)], parts.tm_mday,
             months[(unsigned)parts.tm_mon % ARRAY_LEN(months)], parts.tm_year + 1900,
             parts.tm_hour, parts.tm_min, parts.tm_sec);
}
