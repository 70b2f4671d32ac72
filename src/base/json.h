/* SPDX-License-Identifier: MIT */
/*
 * json - writes JSON into a buf, append only.
 *
 * Commas are put by the writer; nesting is checked by assertion.  Text that is not UTF-8 has
 * its bad bytes replaced by U+FFFD, so that what leaves is always valid JSON.  NaN and
 * infinities, which JSON lacks, are written as null.  Errors are the buf's: check out->error
 * once at the end.  (Reading JSON is jansson's work.)
 *
 *     struct json json;
 *     json_init(&json, &buf);
 *     json_object_begin(&json);
 *     json_field_string(&json, "name", host->name);
 *     json_key(&json, "cores");
 *     json_int(&json, 8);
 *     json_object_end(&json);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define JSON_DEPTH_MAX 1024 /* an expression's tree is the deepest there is */

struct json {
    struct buf *out; /* borrowed from the caller of json_init */
    int depth;
    bool after_key;
    bool has_items[JSON_DEPTH_MAX];
};

void json_init(struct json *json, struct buf *out);

void json_object_begin(struct json *json);
void json_object_end(struct json *json);
void json_array_begin(struct json *json);
void json_array_end(struct json *json);
void json_key(struct json *json, const char *key);

void json_text(struct json *json, const char *text); /* NULL writes null */
void json_text_n(struct json *json, const char *text, size_t len);
void json_int(struct json *json, int64_t value);
void json_double(struct json *json, double value);
void json_bool(struct json *json, bool value);
void json_none(struct json *json);
void json_raw(struct json *json, const char *text, size_t len); /* must be valid JSON */

void json_field_string(struct json *json, const char *key, const char *text);
void json_field_int(struct json *json, const char *key, int64_t value);
void json_field_double(struct json *json, const char *key, double value);
void json_field_bool(struct json *json, const char *key, bool value);
