/* SPDX-License-Identifier: MIT */
/*
 * Labels in their encoded form, see labels.h.
 */
#include <errno.h>
#include <string.h>

#include "model/labels.h"

/* A cursor over encoded bytes; every read checks the bounds. */
struct reader {
    const uint8_t *at, *end;
};

static bool read_varint(struct reader *in, size_t *out_value)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 35 && in->at < in->end; shift += 7) {
        uint8_t byte = *in->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *out_value = (size_t)value;
            return true;
        }
    }
    return false;
}

/* Reads `tag varint(len) bytes`. */
static bool read_field(struct reader *in, uint8_t tag, struct slice *out)
{
    size_t len;
    if (in->at >= in->end || *in->at++ != tag || !read_varint(in, &len) ||
        len > (size_t)(in->end - in->at))
        return false;
    *out = (struct slice){(const char *)in->at, len};
    in->at += len;
    return true;
}

/* One label message.  Either field may be absent (proto3 leaves out empty strings). */
static bool read_pair(struct slice message, struct label_slice *out)
{
    struct reader in = {(const uint8_t *)message.data,
                        (const uint8_t *)message.data + message.len};
    *out = (struct label_slice){{"", 0}, {"", 0}};
    while (in.at < in.end) {
        struct slice *field = *in.at == 0x0a ? &out->name : &out->value;
        if (!read_field(&in, *in.at == 0x0a ? 0x0a : 0x12, field))
            return false;
    }
    return true;
}

int labels_read_encoded(const void *encoded, size_t len, struct label_slices *out)
{
    struct reader in = {encoded, (const uint8_t *)encoded + len};
    out->len = 0;
    while (in.at < in.end) {
        struct slice message;
        if (out->len == LABELS_COUNT_MAX)
            return -E2BIG;
        struct label_slice *pair = &out->items[out->len];
        if (!read_field(&in, 0x0a, &message) || !read_pair(message, pair))
            return -EINVAL;
        if (pair->name.len > LABELS_NAME_MAX_BYTES || pair->value.len > LABELS_VALUE_MAX_BYTES)
            return -E2BIG;
        out->len++;
    }
    return labels_normalise(out) ? 0 : -EINVAL;
}

int labels_new_decoded(const void *encoded, size_t len, struct labels **out_labels)
{
    struct label_slices pairs;
    int error = labels_read_encoded(encoded, len, &pairs);
    if (error == 0)
        *out_labels = labels_new_sorted(&pairs);
    return error;
}

bool labels_encoded_value(const void *encoded, size_t len, const char *name,
                          struct slice *out_value)
{
    struct reader in = {encoded, (const uint8_t *)encoded + len};
    while (in.at < in.end) {
        struct slice message;
        struct label_slice pair;
        if (!read_field(&in, 0x0a, &message) || !read_pair(message, &pair))
            return false;
        if (slice_is(pair.name, name)) {
            *out_value = pair.value;
            return true;
        }
    }
    return false;
}

static size_t varint_len(size_t value)
{
    size_t len = 1;
    for (; value >= 0x80; value >>= 7)
        len++;
    return len;
}

/* These write without a check: the caller has made the room. */
static char *put_varint(char *at, size_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (char)(value | 0x80);
    *at++ = (char)value;
    return at;
}

static char *put_field(char *at, char tag, struct slice text)
{
    *at++ = tag;
    at = put_varint(at, text.len);
    memcpy(at, text.data, text.len);
    return at + text.len;
}

static void encode_pair(struct buf *out, struct slice name, struct slice value)
{
    size_t len = 2 + varint_len(name.len) + name.len + varint_len(value.len) + value.len;
    size_t total = 1 + varint_len(len) + len;
    if (buf_reserve(out, total) != 0)
        return;
    char *at = out->data + out->len;
    *at++ = 0x0a;
    at = put_varint(at, len);
    at = put_field(at, 0x0a, name);
    put_field(at, 0x12, value);
    out->len += total;
}

void labels_encode_pair(struct buf *out, const char *name, const char *value)
{
    encode_pair(out, slice_of(name), slice_of(value));
}

void labels_encode(struct buf *out, const struct labels *labels)
{
    for (uint32_t i = 0; i < labels->count; i++)
        labels_encode_pair(out, labels->pairs[i].name, labels->pairs[i].value);
}

void labels_encode_slices(struct buf *out, const struct label_slices *pairs)
{
    for (size_t i = 0; i < pairs->len; i++)
        encode_pair(out, pairs->items[i].name, pairs->items[i].value);
}
