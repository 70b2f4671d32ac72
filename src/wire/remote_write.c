/* SPDX-License-Identifier: MIT */
/*
 * Two walks over the body: the first counts the series, the second reads them.
 *
 * Every sender we know writes a series in one way: its labels, then its samples, each with its
 * fields in order and no length longer than it must be.  read_quickly() takes what is exactly so
 * in one pass and leaves everything else, also what is wrong, to read_series(), which knows all
 * that protobuf allows.  That one walks twice over a series: it finds the labels and counts the
 * samples, then reads the samples.
 */
#include "wire/remote_write.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "model/labels.h"
#include "wire/protobuf.h"

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
    const uint8_t *body, *end;
    struct arena *arena;
    struct problem *problem;
    struct sample *spare; /* of the arena, not used yet */
    size_t n_spare;
    bool is_slow; /* not the quick way */
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

/* ---- the quick way ---- */

#define LABEL_INSTANCE_LEN   (sizeof(LABEL_INSTANCE) - 1)
#define INSTANCE_VALUE_AT    (6 + LABEL_INSTANCE_LEN)
#define SAMPLE_TIME_AT       12 /* tag, length, tag, 8 bytes of value, tag */
#define SAMPLE_MIN_BYTES     (SAMPLE_TIME_AT + 1)
#define TIME_QUICK_MAX_BYTES 8 /* of its varint: 56 bits of a time */
#define SAMPLES_SPARE        ((size_t)512)

_Static_assert(4 + LABEL_INSTANCE_LEN < SAMPLE_MIN_BYTES, "is_instance() stays in the series");

static uint64_t load_little(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof(value));
    return le64toh(value);
}

/* Whether a label of `len` bytes behind its length is instance="...", in its usual form and not
 * empty (which is as good as absent).  The name alone decides it nearly always, so it is looked
 * at first. */
static bool is_instance(const uint8_t *label, size_t len)
{
    return memcmp(label + 4, LABEL_INSTANCE, LABEL_INSTANCE_LEN) == 0 &&
           len > INSTANCE_VALUE_AT - 2 && label[2] == TAG(1, WIRE_BYTES) &&
           label[3] == LABEL_INSTANCE_LEN &&
           label[4 + LABEL_INSTANCE_LEN] == TAG(2, WIRE_BYTES) &&
           label[5 + LABEL_INSTANCE_LEN] == len - (INSTANCE_VALUE_AT - 2);
}

/* The labels at the beginning of a series.  False when one of them has a long length. */
static bool skim_labels(struct reader *in, struct batch_series *out)
{
    const uint8_t *at = in->at, *instance = NULL;
    while (in->end - at >= SAMPLE_MIN_BYTES && at[0] == TAG(TIMESERIES_LABEL, WIRE_BYTES)) {
        size_t len = at[1];
        if (len >= 0x80 || len > (size_t)(in->end - at) - 2)
            return false;
        if (is_instance(at, len))
            instance = at;
        at += 2 + len;
    }
    out->encoded = in->at;
    out->encoded_len = (uint32_t)(at - in->at);
    if (instance != NULL) {
        out->instance_at = (uint32_t)(instance + INSTANCE_VALUE_AT - in->at);
        out->instance_len = instance[INSTANCE_VALUE_AT - 1];
    }
    in->at = at;
    return out->encoded_len > 0 && out->encoded_len <= REMOTE_WRITE_LABELS_MAX_BYTES;
}

/* A varint of exactly `len` bytes, 1 to 8, of the eight in `word`: all but the last have their
 * upper bit set, and the seven others of each are put together, by twos, fours and eights. */
static bool join_varint(uint64_t word, size_t len, uint64_t *out_value)
{
    uint64_t used = UINT64_MAX >> (64 - 8 * len);
    uint64_t marks = 0x8080808080808080u & used;
    if ((word & marks) != marks >> 8)
        return false;
    word &= 0x7f7f7f7f7f7f7f7fu & used;
    word = (word & 0x007f007f007f007fu) | (word & 0x7f007f007f007f00u) >> 1;
    word = (word & 0x00003fff00003fffu) | (word & 0x3fff00003fff0000u) >> 2;
    *out_value = (word & 0x0fffffffu) | (word & 0x0fffffff00000000u) >> 4;
    return true;
}

/* False when the sample is not in the usual form, or so near the body's end that eight bytes of
 * its time cannot be loaded. */
static bool skim_sample(const struct decoder *decoder, struct reader *in, struct sample *out)
{
    const uint8_t *at = in->at;
    if (in->end - at < SAMPLE_MIN_BYTES)
        return false;
    size_t time_len = (size_t)at[1] - (SAMPLE_TIME_AT - 2), len = (size_t)at[1] + 2;
    bool is_usual = at[0] == TAG(TIMESERIES_SAMPLE, WIRE_BYTES) &&
                    at[2] == TAG(SAMPLE_VALUE, WIRE_FIXED64) &&
                    at[11] == TAG(SAMPLE_TIMESTAMP, WIRE_VARINT) &&
                    time_len - 1 < TIME_QUICK_MAX_BYTES && len <= (size_t)(in->end - at) &&
                    decoder->end - at >= SAMPLE_TIME_AT + 8;
    uint64_t time;
    if (!is_usual || !join_varint(load_little(at + SAMPLE_TIME_AT), time_len, &time))
        return false;
    uint64_t value = load_little(at + 3);
    memcpy(&out->value, &value, sizeof(out->value));
    out->at_ms = (msec_t)time;
    in->at = at + len;
    return true;
}

/* Room for the samples of a series, if all are as long as its first; 0 = none. */
static size_t spare_samples(struct decoder *decoder, struct reader in)
{
    if (in.end - in.at < SAMPLE_MIN_BYTES || in.at[1] < SAMPLE_MIN_BYTES - 2)
        return 0;
    size_t n = (size_t)(in.end - in.at) / (in.at[1] + 2u);
    if (n <= decoder->n_spare)
        return n;
    size_t count = MAX_OF(n, SAMPLES_SPARE);
    struct sample *fresh = arena_alloc(decoder->arena, count * sizeof(*fresh));
    if (fresh == NULL)
        return 0;
    decoder->spare = fresh;
    decoder->n_spare = count;
    return n;
}

/* False, with nothing done, when the series is not in the usual form. */
static bool read_quickly(struct decoder *decoder, struct reader in, struct batch_series *out)
{
    struct batch_series series = {0};
    if (!skim_labels(&in, &series))
        return false;
    size_t room = spare_samples(decoder, in);
    if (room == 0)
        return false;
    series.samples = decoder->spare;
    for (; in.at < in.end; series.n_samples++) {
        if (series.n_samples == room ||
            !skim_sample(decoder, &in, &decoder->spare[series.n_samples]))
            return false;
    }
    decoder->spare += series.n_samples;
    decoder->n_spare -= series.n_samples;
    *out = series;
    return true;
}

/* The series at the beginning of `in`, if it lies there as usual: a tag and a length of one or
 * two bytes.  Else NULLs: it is to be read as a field. */
static inline struct reader cut_series(struct reader in)
{
    static const struct reader none = {NULL, NULL};
    const uint8_t *at = in.at;
    if (in.end - at < 3 || at[0] != TAG(REQUEST_TIMESERIES, WIRE_BYTES))
        return none;
    size_t len = at[1], head = 2;
    if (len >= 0x80) {
        if (at[2] >= 0x80)
            return none;
        len = (len & 0x7f) | (size_t)at[2] << 7;
        head = 3;
    }
    if (len > (size_t)(in.end - at) - head)
        return none;
    return (struct reader){at + head, at + head + len};
}

/* ---- the request ---- */

/* Passes over one field. *out_series: its bytes, NULL when it is no series. */
static int next_field(const struct decoder *decoder, struct reader *in,
                      struct reader *out_series)
{
    struct field field = {0};
    if (!read_field(in, &field))
        return malformed(decoder, field.start, "malformed request");
    if (field.number == REQUEST_TIMESERIES && field.type != WIRE_BYTES)
        return malformed(decoder, field.start, "time series is not a message");
    *out_series = field.number == REQUEST_TIMESERIES ? field.bytes : (struct reader){0};
    return 0;
}

static int count_series(const struct decoder *decoder, size_t *out_count)
{
    struct reader in = {decoder->body, decoder->end};
    size_t count = 0;
    while (in.at < in.end) {
        struct reader series = cut_series(in);
        if (series.at != NULL) {
            in.at = series.end;
        } else {
            int error = next_field(decoder, &in, &series);
            if (error != 0)
                return error;
        }
        count += series.at != NULL;
    }
    *out_count = count;
    return 0;
}

static int read_request(struct decoder *decoder, struct batch *batch)
{
    struct reader in = {decoder->body, decoder->end};
    while (in.at < in.end) {
        struct reader bytes = cut_series(in);
        int error = 0;
        if (bytes.at != NULL)
            in.at = bytes.end;
        else
            error = next_field(decoder, &in, &bytes);
        if (error != 0)
            return error;
        if (bytes.at == NULL) {
            batch->has_metadata = true;
            continue;
        }
        struct batch_series *series = &batch->series[batch->n_series];
        if (decoder->is_slow || !read_quickly(decoder, bytes, series))
            error = read_series(decoder, bytes, series);
        if (error != 0)
            return error;
        batch->n_samples += series->n_samples;
        batch->n_series += series->n_samples > 0;
    }
    return 0;
}

static int decode(struct decoder *decoder, struct batch *out_batch)
{
    struct batch batch = {.org = out_batch->org};
    size_t len = (size_t)(decoder->end - decoder->body), count = 0;
    if (len > REMOTE_WRITE_BODY_MAX_BYTES)
        return problem_set(decoder->problem, "remote write: body of %zu bytes is over %zu", len,
                           REMOTE_WRITE_BODY_MAX_BYTES);
    int error = count_series(decoder, &count);
    if (error == 0 && count > 0) {
        batch.series = arena_alloc(decoder->arena, count * sizeof(*batch.series));
        error = batch.series == NULL ? -E2BIG : read_request(decoder, &batch);
    }
    batch.has_metadata |= count == 0 && len > 0;
    if (error == 0)
        *out_batch = batch;
    return error;
}

/* An empty body may be NULL. */
static struct decoder decoder_of(const void *body, size_t len, struct arena *arena,
                                 struct problem *problem)
{
    const uint8_t *bytes = len == 0 ? (const uint8_t *)"" : body;
    return (struct decoder){
        .body = bytes, .end = bytes + len, .arena = arena, .problem = problem};
}

int remote_write_decode(const void *body, size_t len, struct arena *arena,
                        struct batch *out_batch, struct problem *problem)
{
    struct decoder decoder = decoder_of(body, len, arena, problem);
    return decode(&decoder, out_batch);
}

int remote_write_decode_slowly(const void *body, size_t len, struct arena *arena,
                               struct batch *out_batch, struct problem *problem)
{
    struct decoder decoder = decoder_of(body, len, arena, problem);
    decoder.is_slow = true;
    return decode(&decoder, out_batch);
}
