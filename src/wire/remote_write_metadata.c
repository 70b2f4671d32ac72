/* SPDX-License-Identifier: MIT */
/*
 * remote_write_metadata - what a WriteRequest says about metrics: few and seldom, so this reader
 * is plain rather than fast.
 */
#include <string.h>

#include "wire/protobuf.h"
#include "wire/remote_write.h"

#define NAME_SIZE 512
#define HELP_SIZE 2048 /* what is longer is cut */
#define UNIT_SIZE 128

struct bytes {
    const uint8_t *at, *end;
};

struct piece {
    uint64_t number, value; /* field, and its value when it is a varint */
    struct bytes bytes;     /* of a field with a length; else NULL */
};

static bool take_varint(struct bytes *in, uint64_t *out)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
        uint8_t byte = *in->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = value;
            return true;
        }
    }
    return false;
}

static bool skip(struct bytes *in, size_t len)
{
    if ((size_t)(in->end - in->at) < len)
        return false;
    in->at += len;
    return true;
}

static bool take_field(struct bytes *in, struct piece *out)
{
    uint64_t tag, len;
    if (!take_varint(in, &tag))
        return false;
    *out = (struct piece){.number = tag >> 3};
    switch ((enum wire_type)(tag & 7)) {
    case WIRE_VARINT: return take_varint(in, &out->value);
    case WIRE_FIXED64: return skip(in, 8);
    case WIRE_FIXED32: return skip(in, 4);
    case WIRE_BYTES:
        if (!take_varint(in, &len) || len > (size_t)(in->end - in->at))
            return false;
        out->bytes = (struct bytes){in->at, in->at + len};
        in->at += len;
        return true;
    }
    return false;
}

/* As much of it as there is room for, never half a character. */
static void copy_text(char *out, size_t size, struct bytes in)
{
    size_t len = (size_t)(in.end - in.at);
    if (len >= size) {
        len = size - 1;
        while (len > 0 && (in.at[len] & 0xc0) == 0x80)
            len--;
    }
    if (len > 0)
        memcpy(out, in.at, len);
    out[len] = '\0';
}

static void tell_metric(struct bytes in, remote_write_metadata_fn *fn, void *arg)
{
    char name[NAME_SIZE] = "", help[HELP_SIZE] = "", unit[UNIT_SIZE] = "";
    struct metadata metadata = {.metric = name, .help = help, .unit = unit};
    struct piece field;
    while (in.at < in.end) {
        if (!take_field(&in, &field))
            return;
        if (field.number == METADATA_FIELD_TYPE && field.value < METADATA_TYPE_COUNT)
            metadata.type = (enum metadata_type)field.value;
        else if (field.number == METADATA_FIELD_NAME && field.bytes.at != NULL)
            copy_text(name, sizeof(name), field.bytes);
        else if (field.number == METADATA_FIELD_HELP && field.bytes.at != NULL)
            copy_text(help, sizeof(help), field.bytes);
        else if (field.number == METADATA_FIELD_UNIT && field.bytes.at != NULL)
            copy_text(unit, sizeof(unit), field.bytes);
    }
    if (*name != '\0')
        fn(arg, &metadata);
}

void remote_write_metadata(const void *body, size_t len, remote_write_metadata_fn *fn,
                           void *arg)
{
    struct bytes in = {body, (const uint8_t *)body + len};
    struct piece field;
    while (in.at < in.end && take_field(&in, &field)) {
        if (field.number == REQUEST_METADATA && field.bytes.at != NULL)
            tell_metric(field.bytes, fn, arg);
    }
}

static size_t text_field_len(const char *text)
{
    size_t len = strlen(text);
    uint8_t scratch[10];
    return len == 0 ? 0 : 1 + (size_t)(put_varint(scratch, len) - scratch) + len;
}

static uint8_t *put_text_field(uint8_t *at, unsigned number, const char *text)
{
    size_t len = strlen(text);
    if (len == 0)
        return at;
    *at++ = TAG(number, WIRE_BYTES);
    at = put_varint(at, len);
    memcpy(at, text, len);
    return at + len;
}

int remote_write_encode_metadata(const struct metadata *metadata, struct buf *out)
{
    size_t len = 2 + text_field_len(metadata->metric) + text_field_len(metadata->help) +
                 text_field_len(metadata->unit);
    int error = buf_reserve(out, 11 + len);
    if (error != 0)
        return error;
    uint8_t *at = (uint8_t *)out->data + out->len;
    *at++ = TAG(REQUEST_METADATA, WIRE_BYTES);
    at = put_varint(at, len);
    *at++ = TAG(METADATA_FIELD_TYPE, WIRE_VARINT);
    *at++ = (uint8_t)metadata->type;
    at = put_text_field(at, METADATA_FIELD_NAME, metadata->metric);
    at = put_text_field(at, METADATA_FIELD_HELP, metadata->help);
    at = put_text_field(at, METADATA_FIELD_UNIT, metadata->unit);
    out->len = (size_t)(at - (uint8_t *)out->data);
    return 0;
}
