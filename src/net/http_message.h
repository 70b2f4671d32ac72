/* SPDX-License-Identifier: MIT */
/*
 * http_message - HTTP/1.1 messages, strictly (RFC 9112): one codec for server and client.
 *
 * Refused as malformed: two different Content-Lengths, Content-Length with Transfer-Encoding,
 * any transfer coding but chunked, bare CR or LF, white space before a colon, obs-fold, control
 * characters, a request without Host (1.1) or with two, bad percent escapes, `..` segments above
 * the root.  Names are case-insensitive.  Limits are stated in struct http_limits.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_METHOD_COUNT
};

extern const char *const http_method_names[HTTP_METHOD_COUNT];

struct http_header {
    const char *name;
    const char *value;
};

struct http_limits {
    size_t head_bytes; /* request line and headers */
    size_t headers;    /* how many */
    size_t body_bytes; /* after decoding chunks */
};

/* A request as handlers see it.  Everything is NUL-terminated and lives as long as the
 * exchange. */
struct http_request {
    enum http_method method;
    const char *target; /* as sent */
    const char *path;  /* percent-decoded, duplicate slashes collapsed, "." and ".." resolved */
    const char *query; /* raw, "" when absent; see http_query_value() */
    int minor_version; /* 0 or 1 */
    const struct http_header *headers;
    size_t n_headers;
    const char *body; /* NUL-terminated for convenience; may hold NULs */
    size_t body_len;
    const char *peer; /* "192.0.2.1" or "2001:db8::1" */
    bool is_tls;
};

/* The first value of that name (in any case), or NULL. */
const char *http_header_find(const struct http_header *headers, size_t n_headers,
                             const char *name);
const char *http_request_header(const struct http_request *request, const char *name);

/* Percent-decodes the first value of `name` in the query string (or form body) into `out`.
 * 0; -ENOENT when absent; -EINVAL for a bad escape or an embedded NUL; -ENOBUFS too long. */
int http_form_value(const char *form, const char *name, char *out, size_t size);

/* Cuts the next pair off *form, still escaped.  False when nothing is left.  For names that
 * come several times ("match[]"). */
bool http_form_next(struct slice *form, struct slice *out_name, struct slice *out_value);

/* Undoes the escapes of one name or value ('+' is a blank) into `out`, NUL-terminated.
 * 0; -EINVAL for a bad escape or an embedded NUL; -ENOBUFS. */
int http_form_decode(struct slice escaped, char *out, size_t size);

/* The value of a cookie into `out`; 0, -ENOENT, -ENOBUFS. */
int http_request_cookie(const struct http_request *request, const char *name, char *out,
                        size_t size);

/* "Not Found" for 404. */
const char *http_status_text(int status);
