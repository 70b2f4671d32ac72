/* SPDX-License-Identifier: MIT */
/*
 * mime - how mail writes what is not plain ASCII: RFC 2045, 2047, 5322.
 *
 * Errors are the buf's.
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"

/* "Name: text\r\n", folded; encoded words where needed.  Text is clean UTF-8 of one line. */
void mime_header(struct buf *out, const char *name, const char *text);

/* Lines of at most 76 characters that end in CRLF; "\n" in the text ends a line. */
void mime_quoted_printable(struct buf *out, const char *text, size_t len);

/* "Fri, 20 Nov 2026 09:17:28 +0000", whatever the locale. */
#define MIME_DATE_SIZE 40
void mime_date(msec_t at, char out[MIME_DATE_SIZE]);
