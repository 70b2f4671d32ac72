/* SPDX-License-Identifier: MIT */
#include "net/http_target.h"

#include <errno.h>
#include <strings.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int http_unescape(const char *text, size_t len)
{
    if (len < 3 || text[0] != '%')
        return -1;
    int high = hex_digit(text[1]), low = hex_digit(text[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Undoes the escapes into `out` (room for raw.len + 1).  The length, or -EINVAL. */
static int decode(struct slice raw, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        int byte = (unsigned char)raw.data[i];
        if (byte == '%') {
            byte = http_unescape(raw.data + i, raw.len - i);
            i += 2;
        }
        if (byte < 0x20 || byte == 0x7f)
            return -EINVAL;
        out[len++] = (char)byte;
    }
    out[len] = '\0';
    return (int)len;
}

/* Resolves "", "." and ".." segments in place; a path that ended in one keeps its last slash. */
static int resolve(char *path)
{
    char *out = path;
    const char *in = path;
    bool ends_in_slash = false;
    while (*in == '/') {
        const char *segment = ++in;
        while (*in != '/' && *in != '\0')
            in++;
        size_t len = (size_t)(in - segment);
        ends_in_slash = true;
        if (len == 0 || (len == 1 && segment[0] == '.'))
            continue;
        if (len == 2 && segment[0] == '.' && segment[1] == '.') {
            if (out == path)
                return -EINVAL;
            do {
                out--;
            } while (*out != '/');
            continue;
        }
        ends_in_slash = false;
        *out++ = '/';
        memmove(out, segment, len);
        out += len;
    }
    if (ends_in_slash)
        *out++ = '/';
    *out = '\0';
    return 0;
}

static bool has_bad_bytes(struct slice target)
{
    for (size_t i = 0; i < target.len; i++) {
        unsigned char c = (unsigned char)target.data[i];
        if (c <= ' ' || c >= 0x7f || c == '#')
            return true;
    }
    return false;
}

/* Cuts "http://authority" off the front. */
static int cut_authority(struct slice *target, struct slice *out_authority)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        size_t len = strlen(schemes[i]);
        if (target->len <= len || strncasecmp(target->data, schemes[i], len) != 0)
            continue;
        const char *start = target->data + len, *end = target->data + target->len;
        const char *stop = start;
        while (stop < end && *stop != '/' && *stop != '?')
            stop++;
        if (stop == start)
            return -EINVAL;
        *out_authority = (struct slice){start, (size_t)(stop - start)};
        *target = (struct slice){stop, (size_t)(end - stop)};
        return 0;
    }
    return -EINVAL;
}

int http_target_parse(struct slice target, struct arena *arena, struct http_target *out_target)
{
    struct http_target result = {.path = "*", .query = ""};
    if (target.len == 0 || has_bad_bytes(target))
        return -EINVAL;
    if (slice_is(target, "*")) {
        *out_target = result;
        return 0;
    }
    if (target.data[0] != '/' && cut_authority(&target, &result.authority) != 0)
        return -EINVAL;

    const char *mark = target.len > 0 ? memchr(target.data, '?', target.len) : NULL;
    struct slice raw = {target.data, mark != NULL ? (size_t)(mark - target.data) : target.len};
    if (mark != NULL)
        result.query = arena_strndup(arena, mark + 1, target.len - raw.len - 1);
    if (raw.len == 0)
        raw = SLICE("/");
    char *path = arena_alloc(arena, raw.len + 2);
    if (path == NULL || result.query == NULL)
        return -ENOMEM;
    if (decode(raw, path) < 0 || resolve(path) != 0)
        return -EINVAL;
    result.path = path;
    *out_target = result;
    return 0;
}

char *http_path_escape(const char *path, struct arena *arena)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = arena_alloc(arena, 3 * strlen(path) + 1);
    if (out == NULL)
        return NULL;
    char *next = out;
    for (const char *at = path; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                        (c >= 'a' && c <= 'z') || strchr("/-._~!$&'()*+,;=:@", c) != NULL;
        if (is_plain) {
            *next++ = (char)c;
        } else {
            *next++ = '%';
            *next++ = hex[c >> 4];
            *next++ = hex[c & 15];
        }
    }
    *next = '\0';
    return out;
}
