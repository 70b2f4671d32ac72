/* SPDX-License-Identifier: MIT */
/* protobuf - the few words of the format that reading and writing share.  Private to wire/. */
#pragma once

#include <stdint.h>

enum wire_type {
    WIRE_VARINT = 0,
    WIRE_FIXED64 = 1,
    WIRE_BYTES = 2,
    WIRE_FIXED32 = 5
};

#define TAG(field, type) ((uint8_t)((field) << 3 | (type)))

enum {
    REQUEST_TIMESERIES = 1,
    REQUEST_METADATA = 3
};
enum {
    TIMESERIES_LABEL = 1,
    TIMESERIES_SAMPLE = 2
};
enum {
    METADATA_FIELD_TYPE = 1,
    METADATA_FIELD_NAME = 2,
    METADATA_FIELD_HELP = 4,
    METADATA_FIELD_UNIT = 5
};
enum {
    SAMPLE_VALUE = 1,
    SAMPLE_TIMESTAMP = 2
};

/* Writes without a check: the caller has made the room. */
static inline uint8_t *put_varint(uint8_t *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}
