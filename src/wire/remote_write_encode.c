/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "wire/protobuf.h"
#include "wire/remote_write.h"

static size_t varint_len(uint64_t value)
{
    size_t len = 1;
    for (; value >= 0x80; value >>= 7)
        len++;
    return len;
}

static size_t sample_len(const struct sample *sample)
{
    return 1 + 8 + 1 + varint_len((uint64_t)sample->at_ms);
}

static uint8_t *put_sample(uint8_t *at, const struct sample *sample)
{
    uint64_t bits;
    memcpy(&bits, &sample->value, sizeof(bits));
    *at++ = TAG(TIMESERIES_SAMPLE, WIRE_BYTES);
    at = put_varint(at, sample_len(sample));
    *at++ = TAG(SAMPLE_VALUE, WIRE_FIXED64);
    for (int i = 0; i < 8; i++)
        *at++ = (uint8_t)(bits >> (8 * i));
    *at++ = TAG(SAMPLE_TIMESTAMP, WIRE_VARINT);
    return put_varint(at, (uint64_t)sample->at_ms);
}

static int encode_series(const struct batch_series *series, struct buf *out)
{
    size_t len = series->encoded_len;
    for (uint32_t i = 0; i < series->n_samples; i++)
        len += 2 + sample_len(&series->samples[i]); /* the length of a sample is one byte */

    int error = buf_reserve(out, 1 + varint_len(len) + len);
    if (error != 0)
        return error;
    uint8_t *at = (uint8_t *)out->data + out->len;
    *at++ = TAG(REQUEST_TIMESERIES, WIRE_BYTES);
    at = put_varint(at, len);
    if (series->encoded_len > 0)
        memcpy(at, series->encoded, series->encoded_len);
    at += series->encoded_len;
    for (uint32_t i = 0; i < series->n_samples; i++)
        at = put_sample(at, &series->samples[i]);
    out->len = (size_t)(at - (uint8_t *)out->data);
    return 0;
}

int remote_write_encode(const struct batch_series *series, size_t n_series, struct buf *out)
{
    for (size_t i = 0; i < n_series; i++) {
        int error = encode_series(&series[i], out);
        if (error != 0)
            return error;
    }
    return out->error;
}
