/* SPDX-License-Identifier: MIT */
/*
 * Two walks over the body: the first counts the series, the second reads them.  Inside a series
 * likewise: the first walk finds the labels and counts the samples, the second, over bytes that
 * are still in the cache, reads the samples.  So each array is allocated once, at its size.
 */
#include "wire/remote_write.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum wire_type {
    WIRE_VARINT = 0,
    WIRE_FIXED64 = 1,
    WIRE_BYTES = 2,
    WIRE_FIXED32 = 5
};

enum {
    REQUEST_TIMESERIES = 1
};
enum {
    TIMESERIES_LABEL = 1,
    TIMESERIES_SAMPLE = 2
};
enum {
    SAMPLE_VALUE = 1,
    SAMPLE_TIMESTAMP = 2
};

#define TAG(field, type) ((uint8_t)((field) << 3 | (type)))

/* A cursor over one message; every read checks the bounds. */
struct reader {
    const uint8_t *at, *end;
};

struct field {
    uint32_t number;
    uint32_t type;        /* enum wire_type */
    uint64_t integer;     /* WIRE_VARINT, WIRE_FIXED64, WIRE_FIXED32 */
    struct reader bytes;  /* WIRE_BYTES */
    const uint8_t *start; /* where its tag begins */
};

static bool read_varint(struct reader *in, uint64_t *out_value)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70 && in->at < in->end; shift += 7) {
        uint8_t byte = *in->at++;
        if (shift == 63 && byte > 1)
            return false;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *out_value = value;
            return true;
        }
    }
    return false;
}

static bool read_fixed(struct reader *in, size_t len, uint64_t *out_value)
{
    if ((size_t)(in->end - in->at) < len)
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++)
        value |= (uint64_t)in->at[i] << (8 * i);
    in->at += len;
    *out_value = value;
    return true;
}

static bool read_bytes(struct reader *in, struct reader *out_bytes)
{
    uint64_t len;
    if (!read_varint(in, &len) || len > (uint64_t)(in->end - in->at))
        return false;
    *out_bytes = (struct reader){in->at, in->at + len};
    in->at += len;
    return true;
}

/* False when the bytes are no field: truncated, field number 0, or a group. */
static bool read_field(struct reader *in, struct field *out)
{
    uint64_t tag;
    out->start = in->at;
    if (!read_varint(in, &tag) || tag > UINT32_MAX || tag >> 3 == 0)
        return false;
    out->number = (uint32_t)(tag >> 3);
    out->type = (uint32_t)(tag & 7);
    switch (out->type) {
    case WIRE_VARINT: return read_varint(in, &out->integer);
    case WIRE_FIXED64: return read_fixed(in, 8, &out->integer);
    case WIRE_FIXED32: return read_fixed(in, 4, &out->integer);
    case WIRE_BYTES: return read_bytes(in, &out->bytes);
    default: return false;
    }
}

/* What one request is read into, and where to say what is wrong. */
struct decoder {
    const uint8_t *body;
    struct arena *arena;
    struct problem *problem;
};

static int malformed(const struct decoder *decoder, const uint8_t *at, const char *what)
{
    return problem_set(decoder->problem, "remote write: %s at byte %zu", what,
                       (size_t)(at - decoder->body));
}

static int read_sample(const struct decoder *decoder, struct reader in, struct sample *out)
{
    uint64_t value_bits = 0;
    *out = (struct sample){0};
    while (in.at < in.end) {
        struct field field = {0};
        if (!read_field(&in, &field))
            return malformed(decoder, field.start, "malformed sample");
        if (field.number == SAMPLE_VALUE) {
            if (field.type != WIRE_FIXED64)
                return malformed(decoder, field.start, "sample value is not a double");
            value_bits = field.integer;
        } else if (field.number == SAMPLE_TIMESTAMP) {
            if (field.type != WIRE_VARINT)
                return malformed(decoder, field.start, "sample timestamp is not an integer");
            out->at_ms = (msec_t)field.integer;
        }
    }
    memcpy(&out->value, &value_bits, sizeof(out->value));
    return 0;
}

/* What the first walk over a series found. */
struct outline {
    const uint8_t *first_label, *labels_end; /* when contiguous: the bytes between */
    size_t n_labels, label_bytes, n_samples;
    bool contiguous;
};

static void outline_add_label(struct outline *outline, const struct field *field)
{
    if (outline->n_labels == 0) {
        outline->first_label = field->start;
        outline->contiguous = true;
    } else if (outline->labels_end != field->start) {
        outline->contiguous = false;
    }
    if (*field->start != TAG(TIMESERIES_LABEL, WIRE_BYTES)) /* a longer form of the same tag */
        outline->contiguous = false;
    outline->labels_end = field->bytes.end;
    outline->n_labels++;
    outline->label_bytes += (size_t)(field->bytes.end - field->start);
}

static int read_outline(const struct decoder *decoder, struct reader in, struct outline *out)
{
    *out = (struct outline){.contiguous = true};
    while (in.at < in.end) {
        struct field field = {0};
        if (!read_field(&in, &field))
            return malformed(decoder, field.start, "malformed time series");
        if (field.number != TIMESERIES_LABEL && field.number != TIMESERIES_SAMPLE)
            continue;
        if (field.type != WIRE_BYTES)
            return malformed(decoder, field.start, "label or sample is not a message");
        if (field.number == TIMESERIES_LABEL)
            outline_add_label(out, &field);
        else
            out->n_samples++;
    }
    if (out->label_bytes > REMOTE_WRITE_LABELS_MAX_BYTES)
        return malformed(decoder, out->first_label, "labels of one series are over 256 KiB");
    return 0;
}

static size_t varint_len(uint64_t value)
{
    size_t len = 1;
    for (; value >= 0x80; value >>= 7)
        len++;
    return len;
}

/* Writes without a check: the caller has made the room. */
static uint8_t *put_varint(uint8_t *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

/* Joins labels that lie apart.  The outline has walked these bytes, so they are well formed. */
static uint8_t *gather_labels(struct arena *arena, struct reader in, uint32_t *out_len,
                              size_t label_bytes)
{
    uint8_t *joined = arena_alloc(arena, label_bytes);
    if (joined == NULL)
        return NULL;
    uint8_t *at = joined;
    struct field field = {0};
    while (in.at < in.end && read_field(&in, &field)) {
        if (field.number != TIMESERIES_LABEL)
            continue;
        size_t len = (size_t)(field.bytes.end - field.bytes.at);
        *at++ = TAG(TIMESERIES_LABEL, WIRE_BYTES);
        at = put_varint(at, len);
        if (len > 0)
            memcpy(at, field.bytes.at, len);
        at += len;
    }
    *out_len = (uint32_t)(at - joined);
    return joined;
}

static int read_samples(const struct decoder *decoder, struct reader in,
                        struct sample *out_samples)
{
    struct field field = {0};
    while (in.at < in.end && read_field(&in, &field)) {
        if (field.number != TIMESERIES_SAMPLE)
            continue;
        int error = read_sample(decoder, field.bytes, out_samples++);
        if (error != 0)
            return error;
    }
    return 0;
}

/* 0 also when the series has no samples; out->n_samples says so. */
static int read_series(const struct decoder *decoder, struct reader in,
                       struct batch_series *out)
{
    struct outline outline;
    int error = read_outline(decoder, in, &outline);
    if (error != 0)
        return error;

    *out = (struct batch_series){.n_samples = (uint32_t)outline.n_samples};
    if (outline.n_samples == 0)
        return 0;
    struct sample *samples = arena_alloc(decoder->arena, outline.n_samples * sizeof(*samples));
    if (samples == NULL)
        return -E2BIG;
    out->samples = samples;
    if (outline.contiguous) {
        out->encoded = outline.first_label;
        out->encoded_len = (uint32_t)outline.label_bytes;
    } else {
        out->encoded =
            gather_labels(decoder->arena, in, &out->encoded_len, outline.label_bytes);
        if (out->encoded == NULL)
            return -E2BIG;
    }
    return read_samples(decoder, in, samples);
}

static int count_series(const struct decoder *decoder, struct reader in, size_t *out_count)
{
    size_t count = 0;
    while (in.at < in.end) {
        struct field field = {0};
        if (!read_field(&in, &field))
            return malformed(decoder, field.start, "malformed request");
        if (field.number != REQUEST_TIMESERIES)
            continue;
        if (field.type != WIRE_BYTES)
            return malformed(decoder, field.start, "time series is not a message");
        count++;
    }
    *out_count = count;
    return 0;
}

int remote_write_decode(const void *body, size_t len, struct arena *arena,
                        struct batch *out_batch, struct problem *problem)
{
    const struct decoder decoder = {body, arena, problem};
    if (len > REMOTE_WRITE_BODY_MAX_BYTES)
        return problem_set(problem, "remote write: body of %zu bytes is over %zu", len,
                           REMOTE_WRITE_BODY_MAX_BYTES);
    if (len == 0) {
        out_batch->series = NULL;
        out_batch->n_series = out_batch->n_samples = 0;
        return 0;
    }

    struct reader in = {body, (const uint8_t *)body + len};
    size_t count = 0;
    int error = count_series(&decoder, in, &count);
    if (error != 0)
        return error;
    struct batch_series *series = arena_alloc(arena, count * sizeof(*series));
    if (series == NULL)
        return -E2BIG;

    size_t n_series = 0, n_samples = 0;
    struct field field = {0};
    while (in.at < in.end && read_field(&in, &field)) {
        if (field.number != REQUEST_TIMESERIES)
            continue;
        error = read_series(&decoder, field.bytes, &series[n_series]);
        if (error != 0)
            return error;
        n_samples += series[n_series].n_samples;
        n_series += series[n_series].n_samples > 0;
    }
    out_batch->series = series;
    out_batch->n_series = n_series;
    out_batch->n_samples = n_samples;
    return 0;
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
