/* SPDX-License-Identifier: MIT */
/*
 * chunk - a run of samples of one series, compressed.
 *
 * A chunk is built by appending samples in ascending order, can be read at any time, and is
 * written to the file as a blob (docs/formats/store.md).  How samples become bits is the
 * business of a codec, a const struct of functions; the number of the codec is in the blob.
 * Values are kept bit by bit.
 *
 * A chunk owns its payload.  One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/sample_list.h"

#define CHUNK_SAMPLES_MAX   240
#define CHUNK_SPAN_MAX      (6 * MSEC_HOUR)
#define CHUNK_HEADER_BYTES  7
#define CHUNK_PAYLOAD_BYTES 8192 /* more than CHUNK_SAMPLES_MAX samples ever need */

enum chunk_codec_id {
    CHUNK_CODEC_XOR = 1
};

struct chunk {
    uint8_t codec; /* enum chunk_codec_id */
    uint16_t count;
    uint8_t leading, trailing; /* codec: place of the last XOR */
    uint32_t bits;             /* payload bits in use */
    uint32_t capacity;         /* of payload, bytes */
    uint8_t *payload;          /* owned; bits beyond `bits` are zero */
    msec_t from_ms, to_ms;     /* of the first and last sample, when count > 0 */
    mspan_t last_distance;     /* codec: between the last two samples */
    uint64_t last_bits;        /* the last value */
};

struct chunk_codec {
    uint8_t id;
    const char *name;
    /* There is room in the chunk; sample->at_ms > chunk->to_ms. */
    void (*append)(struct chunk *chunk, struct sample sample);
    /* Reads exactly chunk->count samples and pushes those within [from, to].  False when the
     * payload is malformed; what was pushed then is to be thrown away. */
    bool (*read)(const struct chunk *chunk, msec_t from_ms, msec_t to_ms,
                 struct sample_list *out);
};

extern const struct chunk_codec chunk_codec_xor;

void chunk_init(struct chunk *chunk, enum chunk_codec_id codec);
void chunk_deinit(struct chunk *chunk);

/* True when the sample still belongs into this chunk: count and span allow it. */
bool chunk_has_room(const struct chunk *chunk, msec_t at_ms);

/* chunk_has_room(), and later than all before. */
void chunk_append(struct chunk *chunk, struct sample sample);

/* Appends the samples within [from, to] to the list.  False when malformed; the list is as it
 * was. */
bool chunk_read(const struct chunk *chunk, msec_t from_ms, msec_t to_ms,
                struct sample_list *out);

/* A copy that shrinks to what is used. */
void chunk_copy(const struct chunk *chunk, struct chunk *out_copy);

/* The blob for series `series`, appended to `out`.  Errors are the buf's. */
int chunk_encode(const struct chunk *chunk, uint32_t series, struct buf *out);

/* Reads a row of `chunks`: checks and appends the samples within [from, to].  0, -EBADMSG when
 * it is not valid; the list is as it was. */
struct chunk_row {
    uint32_t series;
    msec_t from_ms, to_ms;
    const uint8_t *data; /* borrowed */
    size_t len;
};
int chunk_read_row(const struct chunk_row *row, msec_t from_ms, msec_t to_ms,
                   struct sample_list *out);
