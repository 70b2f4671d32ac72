/* SPDX-License-Identifier: MIT */
/*
 * buf - bytes that grow, up to a ceiling stated at init.
 *
 * The first append that does not fit marks the buffer failed and every later one does nothing,
 * so that a writer of many parts checks once, at the end.  The buffer owns its bytes.
 * One thread at a time.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

struct buf {
    char *data; /* owned; NULL while empty; not NUL-terminated, see buf_text() */
    size_t len;
    size_t capacity;
    size_t ceiling; /* len never exceeds it */
    int error;      /* 0, or the -errno of the first append that failed */
};

/* `ceiling` is in bytes and at least 1.  Pair with buf_deinit(). */
void buf_init(struct buf *buf, size_t ceiling);
void buf_deinit(struct buf *buf);

/* Forgets content and error, keeps the memory. */
void buf_reset(struct buf *buf);

/* All of these: 0, -ENOBUFS over the ceiling, -ENOMEM. */
int buf_append(struct buf *buf, const void *data, size_t len);
int buf_append_text(struct buf *buf, const char *text);
int buf_append_char(struct buf *buf, char c);
int buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
int buf_vprintf(struct buf *buf, const char *format, va_list args) PRINTF_LIKE(2, 0);

/* Room for `len` more bytes at data + len; the caller writes and then adds to len. */
int buf_reserve(struct buf *buf, size_t len);

/* The content with a NUL behind it (not counted in len); "" when empty or failed to grow. */
const char *buf_text(struct buf *buf);

/* Hands the bytes to the caller, who frees them with free(); the buffer is empty after. */
char *buf_take(struct buf *buf, size_t *out_len);
