/* SPDX-License-Identifier: MIT */
/*
 * What handlers ask of a message that was read: its headers, form values and cookies.
 */
#include "net/http_message.h"

#include <assert.h>
#include <errno.h>

#include "net/http_target.h"

const char *const http_method_names[HTTP_METHOD_COUNT] = {
    [HTTP_GET] = "GET",         [HTTP_HEAD] = "HEAD",   [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT",         [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
    [HTTP_OPTIONS] = "OPTIONS",
};
static_assert(ARRAY_LEN(http_method_names) == HTTP_METHOD_COUNT, "a name for each method");

static const struct status {
    int code;
    const char *text;
} statuses[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

const char *http_status_text(int status)
{
    static const char *const classes[] = {"Informational", "Success", "Redirection",
                                          "Client Error", "Server Error"};
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        if (statuses[i].code == status)
            return statuses[i].text;
    }
    return status >= 100 && status < 600 ? classes[status / 100 - 1] : "Unknown";
}

const char *http_header_find(const struct http_header *headers, size_t n_headers,
                             const char *name)
{
    for (size_t i = 0; i < n_headers; i++) {
        if (text_is_nocase(headers[i].name, name))
            return headers[i].value;
    }
    return NULL;
}

const char *http_request_header(const struct http_request *request, const char *name)
{
    return http_header_find(request->headers, request->n_headers, name);
}

bool http_form_next(struct slice *form, struct slice *out_name, struct slice *out_value)
{
    struct slice pair;
    do {
        if (!text_next_piece(form, '&', &pair))
            return false;
    } while (pair.len == 0);

    const char *equals = memchr(pair.data, '=', pair.len);
    size_t name_len = equals != NULL ? (size_t)(equals - pair.data) : pair.len;
    size_t value_at = equals != NULL ? name_len + 1 : name_len;
    *out_name = (struct slice){pair.data, name_len};
    *out_value = (struct slice){pair.data + value_at, pair.len - value_at};
    return true;
}

int http_form_decode(struct slice escaped, char *out, size_t size)
{
    size_t len = 0;
    for (size_t i = 0; i < escaped.len; i++) {
        int byte = (unsigned char)escaped.data[i];
        if (byte == '+') {
            byte = ' ';
        } else if (byte == '%') {
            byte = http_unescape(escaped.data + i, escaped.len - i);
            i += 2;
        }
        if (byte <= 0)
            return -EINVAL;
        if (len + 1 >= size)
            return -ENOBUFS;
        out[len++] = (char)byte;
    }
    if (size == 0)
        return -ENOBUFS;
    out[len] = '\0';
    return 0;
}

/* Whether an escaped name means `name`: compared byte by byte, so that no buffer is needed. */
static bool name_is(struct slice escaped, const char *name)
{
    size_t at = 0;
    for (size_t i = 0; i < escaped.len; i++, at++) {
        int byte = (unsigned char)escaped.data[i];
        if (byte == '+') {
            byte = ' ';
        } else if (byte == '%') {
            byte = http_unescape(escaped.data + i, escaped.len - i);
            i += 2;
        }
        if (byte <= 0 || byte != (unsigned char)name[at])
            return false;
    }
    return name[at] == '\0';
}

int http_form_value(const char *form, const char *name, char *out, size_t size)
{
    struct slice rest = slice_of(form), key, value;
    while (http_form_next(&rest, &key, &value)) {
        if (name_is(key, name))
            return http_form_decode(value, out, size);
    }
    return -ENOENT;
}

static int cookie_in(const char *header, const char *name, char *out, size_t size)
{
    struct slice rest = slice_of(header), pair;
    while (text_next_piece(&rest, ';', &pair)) {
        pair = text_trim(pair);
        const char *equals = pair.len > 0 ? memchr(pair.data, '=', pair.len) : NULL;
        if (equals == NULL)
            continue;
        size_t name_len = (size_t)(equals - pair.data);
        if (!slice_is((struct slice){pair.data, name_len}, name))
            continue;
        struct slice value = {equals + 1, pair.len - name_len - 1};
        if (value.len >= 2 && value.data[0] == '"' && value.data[value.len - 1] == '"')
            value = (struct slice){value.data + 1, value.len - 2};
        if (value.len >= size)
            return -ENOBUFS;
        text_copy_slice(out, size, value);
        return 0;
    }
    return -ENOENT;
}

int http_request_cookie(const struct http_request *request, const char *name, char *out,
                        size_t size)
{
    for (size_t i = 0; i < request->n_headers; i++) {
        if (!text_is_nocase(request->headers[i].name, "Cookie"))
            continue;
        int error = cookie_in(request->headers[i].value, name, out, size);
        if (error != -ENOENT)
            return error;
    }
    return -ENOENT;
}
