/* SPDX-License-Identifier: MIT */
#include "store/chunk.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/memory.h"
#include "store/bytes.h"

static const struct chunk_codec *const codecs[] = {&chunk_codec_xor};

static const struct chunk_codec *find_codec(uint8_t id)
{
    for (size_t i = 0; i < ARRAY_LEN(codecs); i++) {
        if (codecs[i]->id == id)
            return codecs[i];
    }
    return NULL;
}

/* Of a chunk that we built, or whose codec has been checked. */
static const struct chunk_codec *codec_of(const struct chunk *chunk)
{
    const struct chunk_codec *codec = find_codec(chunk->codec);
    assert(codec != NULL);
    return codec;
}

void chunk_init(struct chunk *chunk, enum chunk_codec_id codec)
{
    *chunk = (struct chunk){.codec = (uint8_t)codec};
}

void chunk_deinit(struct chunk *chunk)
{
    free(chunk->payload);
    chunk_init(chunk, chunk->codec);
}

bool chunk_has_room(const struct chunk *chunk, msec_t at_ms)
{
    if (chunk->count == 0)
        return true;
    assert(at_ms > chunk->to_ms);
    return chunk->count < CHUNK_SAMPLES_MAX &&
           (uint64_t)at_ms - (uint64_t)chunk->from_ms <= (uint64_t)CHUNK_SPAN_MAX;
}

void chunk_append(struct chunk *chunk, struct sample sample)
{
    assert(chunk_has_room(chunk, sample.at_ms));
    codec_of(chunk)->append(chunk, sample);
    assert(chunk->bits <= chunk->capacity * 8 && chunk->capacity <= CHUNK_PAYLOAD_BYTES);

    if (chunk->count++ == 0)
        chunk->from_ms = sample.at_ms;
    else
        chunk->last_distance = sample.at_ms - chunk->to_ms;
    chunk->to_ms = sample.at_ms;
    chunk->last_bits = sample_bits(sample.value);
}

bool chunk_read(const struct chunk *chunk, msec_t from_ms, msec_t to_ms,
                struct sample_list *out)
{
    if (chunk->count == 0 || chunk->to_ms < from_ms || chunk->from_ms > to_ms)
        return true;
    size_t before = out->len;
    if (codec_of(chunk)->read(chunk, from_ms, to_ms, out))
        return true;
    out->len = before;
    return false;
}

static size_t payload_len(const struct chunk *chunk)
{
    return (chunk->bits + 7) / 8;
}

void chunk_copy(const struct chunk *chunk, struct chunk *out_copy)
{
    *out_copy = *chunk;
    out_copy->capacity = (uint32_t)payload_len(chunk);
    out_copy->payload = memory_alloc(MAX_OF(out_copy->capacity, 1));
    if (out_copy->capacity > 0)
        memcpy(out_copy->payload, chunk->payload, out_copy->capacity);
}

static uint32_t checksum(const struct chunk_row *row, const uint8_t *header)
{
    uint8_t place[20];
    bytes_put_le(place, row->series, 4);
    bytes_put_le(place + 4, (uint64_t)row->from_ms, 8);
    bytes_put_le(place + 12, (uint64_t)row->to_ms, 8);
    uint32_t crc = checksum_crc32(0, place, sizeof(place));
    crc = checksum_crc32(crc, header, 3);
    return checksum_crc32(crc, row->data, row->len);
}

int chunk_encode(const struct chunk *chunk, uint32_t series, struct buf *out)
{
    assert(chunk->count > 0);
    uint8_t header[CHUNK_HEADER_BYTES] = {chunk->codec};
    bytes_put_le(header + 1, chunk->count, 2);
    const struct chunk_row payload = {series, chunk->from_ms, chunk->to_ms, chunk->payload,
                                      payload_len(chunk)};
    bytes_put_le(header + 3, checksum(&payload, header), 4);
    buf_append(out, header, sizeof(header));
    return buf_append(out, chunk->payload, payload.len);
}

int chunk_read_row(const struct chunk_row *row, msec_t from_ms, msec_t to_ms,
                   struct sample_list *out)
{
    if (row->len <= CHUNK_HEADER_BYTES || row->len > CHUNK_HEADER_BYTES + CHUNK_PAYLOAD_BYTES)
        return -EBADMSG;
    struct chunk_row payload = *row;
    payload.data += CHUNK_HEADER_BYTES;
    payload.len -= CHUNK_HEADER_BYTES;
    struct chunk chunk = {
        .codec = row->data[0],
        .count = (uint16_t)bytes_get_le(row->data + 1, 2),
        .bits = (uint32_t)payload.len * 8,
        .capacity = (uint32_t)payload.len,
        .payload = (uint8_t *)(uintptr_t)payload.data, /* only read */
        .from_ms = row->from_ms,
        .to_ms = row->to_ms,
    };
    if (chunk.count == 0 || find_codec(chunk.codec) == NULL || row->from_ms > row->to_ms ||
        checksum(&payload, row->data) != bytes_get_le(row->data + 3, 4))
        return -EBADMSG;
    return chunk_read(&chunk, from_ms, to_ms, out) ? 0 : -EBADMSG;
}
