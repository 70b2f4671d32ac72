/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_FIRST_BYTES 256

static void check(const struct buf *buf)
{
    assert(buf->ceiling > 0);
    assert(buf->len <= buf->ceiling);
    assert(buf->len <= buf->capacity);
    assert(buf->capacity == 0 || buf->data != NULL);
}

void buf_init(struct buf *buf, size_t ceiling)
{
    assert(ceiling > 0);
    *buf = (struct buf){.ceiling = ceiling};
}

void buf_deinit(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){.ceiling = 1};
}

void buf_reset(struct buf *buf)
{
    buf->len = 0;
    buf->error = 0;
}

static int fail(struct buf *buf, int error)
{
    buf->error = error;
    return error;
}

/* Makes the capacity at least `need` bytes, which may be one more than the ceiling for a NUL. */
static int grow(struct buf *buf, size_t need)
{
    if (need <= buf->capacity)
        return 0;

    size_t capacity = buf->capacity == 0 ? BUF_FIRST_BYTES : buf->capacity * 2;
    capacity = MIN_OF(capacity, buf->ceiling + 1);
    capacity = MAX_OF(capacity, need);
    char *data = realloc(buf->data, capacity);
    if (data == NULL)
        return -ENOMEM;
    buf->data = data;
    buf->capacity = capacity;
    return 0;
}

int buf_reserve(struct buf *buf, size_t len)
{
    check(buf);
    if (buf->error != 0)
        return buf->error;
    if (len > buf->ceiling - buf->len)
        return fail(buf, -ENOBUFS);
    int error = grow(buf, buf->len + len);
    return error == 0 ? 0 : fail(buf, error);
}

int buf_append(struct buf *buf, const void *data, size_t len)
{
    if (len == 0)
        return buf->error;
    int error = buf_reserve(buf, len);
    if (error != 0)
        return error;
    memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    return 0;
}

int buf_append_text(struct buf *buf, const char *text)
{
    return buf_append(buf, text, strlen(text));
}

int buf_append_char(struct buf *buf, char c)
{
    return buf_append(buf, &c, 1);
}

int buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int error = buf_vprintf(buf, format, args);
    va_end(args);
    return error;
}

int buf_vprintf(struct buf *buf, const char *format, va_list args)
{
    char small[512];
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(small, sizeof(small), format, args);
    assert(len >= 0);

    int error;
    if ((size_t)len < sizeof(small)) {
        error = buf_append(buf, small, (size_t)len);
    } else if ((error = buf_reserve(buf, (size_t)len)) == 0) {
        /* vsnprintf writes a NUL that the ceiling does not count. */
        error = grow(buf, buf->len + (size_t)len + 1);
        if (error == 0) {
            vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
            buf->len += (size_t)len;
        } else {
            fail(buf, error);
        }
    }
    va_end(again);
    return error;
}

const char *buf_text(struct buf *buf)
{
    check(buf);
    if (grow(buf, buf->len + 1) != 0)
        return "";
    buf->data[buf->len] = '\0';
    return buf->data;
}

char *buf_take(struct buf *buf, size_t *out_len)
{
    check(buf);
    char *data = buf->data;
    *out_len = buf->len;
    *buf = (struct buf){.ceiling = buf->ceiling};
    return data;
}
