/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/text.h"

void json_init(struct json *json, struct buf *out)
{
    json->out = out;
    json->depth = 0;
    json->after_key = json->has_items[0] = false; /* deeper levels begin when opened */
}

/* Every value passes here first: puts the comma that belongs before it. */
static void before_value(struct json *json)
{
    if (json->after_key) {
        json->after_key = false;
        return;
    }
    if (json->has_items[json->depth])
        buf_append_char(json->out, ',');
    json->has_items[json->depth] = true;
}

static void open_level(struct json *json, char bracket)
{
    before_value(json);
    buf_append_char(json->out, bracket);
    json->depth++;
    assert(json->depth < JSON_DEPTH_MAX);
    json->has_items[json->depth] = false;
}

static void close_level(struct json *json, char bracket)
{
    assert(json->depth > 0 && !json->after_key);
    json->depth--;
    buf_append_char(json->out, bracket);
}

void json_object_begin(struct json *json)
{
    open_level(json, '{');
}

void json_object_end(struct json *json)
{
    close_level(json, '}');
}

void json_array_begin(struct json *json)
{
    open_level(json, '[');
}

void json_array_end(struct json *json)
{
    close_level(json, ']');
}

static void write_escape(struct buf *out, unsigned char c)
{
    switch (c) {
    case '"': buf_append(out, "\\\"", 2); break;
    case '\\': buf_append(out, "\\\\", 2); break;
    case '\n': buf_append(out, "\\n", 2); break;
    case '\r': buf_append(out, "\\r", 2); break;
    case '\t': buf_append(out, "\\t", 2); break;
    default: buf_printf(out, "\\u%04x", c); break;
    }
}

/* Length of the longest valid UTF-8 sequence at text[0], or 0. */
static size_t sequence_len(const char *text, size_t left)
{
    for (size_t len = 2; len <= 4 && len <= left; len++) {
        if (text_is_utf8(text, len))
            return len;
    }
    return 0;
}

static void write_text(struct buf *out, const char *text, size_t len)
{
    buf_append_char(out, '"');
    size_t plain = 0; /* start of the run that needs no escape */
    size_t i = 0;
    while (i < len) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
            i++;
            continue;
        }
        size_t sequence = c >= 0x80 ? sequence_len(text + i, len - i) : 0;
        if (sequence > 0) {
            i += sequence;
            continue;
        }
        buf_append(out, text + plain, i - plain);
        if (c >= 0x80)
            buf_append(out, "\xef\xbf\xbd", 3);
        else
            write_escape(out, c);
        plain = ++i;
    }
    buf_append(out, text + plain, len - plain);
    buf_append_char(out, '"');
}

void json_key(struct json *json, const char *key)
{
    assert(!json->after_key);
    before_value(json);
    write_text(json->out, key, strlen(key));
    buf_append_char(json->out, ':');
    json->after_key = true;
}

void json_text_n(struct json *json, const char *text, size_t len)
{
    before_value(json);
    write_text(json->out, text, len);
}

void json_text(struct json *json, const char *text)
{
    if (text == NULL)
        json_none(json);
    else
        json_text_n(json, text, strlen(text));
}

void json_int(struct json *json, int64_t value)
{
    before_value(json);
    buf_printf(json->out, "%" PRId64, value);
}

void json_double(struct json *json, double value)
{
    if (!isfinite(value)) {
        json_none(json);
        return;
    }
    before_value(json);
    char text[TEXT_DOUBLE_SIZE];
    size_t len = text_from_double(value, text);
    buf_append(json->out, text, len);
}

void json_bool(struct json *json, bool value)
{
    before_value(json);
    buf_append_text(json->out, value ? "true" : "false");
}

void json_none(struct json *json)
{
    before_value(json);
    buf_append_text(json->out, "null");
}

void json_raw(struct json *json, const char *text, size_t len)
{
    before_value(json);
    buf_append(json->out, text, len);
}

void json_field_string(struct json *json, const char *key, const char *text)
{
    json_key(json, key);
    json_text(json, text);
}

void json_field_int(struct json *json, const char *key, int64_t value)
{
    json_key(json, key);
    json_int(json, value);
}

void json_field_double(struct json *json, const char *key, double value)
{
    json_key(json, key);
    json_double(json, value);
}

void json_field_bool(struct json *json, const char *key, bool value)
{
    json_key(json, key);
    json_bool(json, value);
}
