/* SPDX-License-Identifier: MIT */
#include "store/log_record.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/checksum.h"
#include "store/bytes.h"

#define KIND_SAMPLES 1
#define HEADER_BYTES 5
#define ENTRY_MAX    ((size_t)3 * BYTES_VARINT_MAX)
#define SAMPLE_MIN   9
#define SAMPLE_MAX   ((size_t)BYTES_VARINT_MAX + 8)

size_t log_record_size_max(size_t n_entries, size_t n_samples)
{
    return HEADER_BYTES + n_entries * ENTRY_MAX + n_samples * SAMPLE_MAX;
}

void log_record_begin(struct log_record_writer *writer, struct buf *out)
{
    assert(out->error == 0 && out->capacity - out->len >= HEADER_BYTES);
    *writer = (struct log_record_writer){.out = out, .start = out->len};
    memset(out->data + out->len, 0, HEADER_BYTES);
    out->data[out->len] = KIND_SAMPLES;
    out->len += HEADER_BYTES;
}

void log_record_add(struct log_record_writer *writer, const struct log_entry *entry)
{
    struct buf *out = writer->out;
    assert(entry->n_samples > 0);
    assert(out->capacity - out->len >= ENTRY_MAX + entry->n_samples * SAMPLE_MAX);

    uint8_t *at = (uint8_t *)out->data + out->len;
    at = bytes_put_varint(at, bytes_zigzag((int64_t)entry->series - writer->last_series));
    at = bytes_put_varint(at, entry->number);
    at = bytes_put_varint(at, entry->n_samples);
    for (size_t i = 0; i < entry->n_samples; i++) {
        const struct sample *sample = &entry->samples[i];
        uint64_t distance = (uint64_t)sample->at_ms - (uint64_t)writer->last_ms;
        at = bytes_put_varint(at, bytes_zigzag((int64_t)distance));
        bytes_put_le(at, sample_bits(sample->value), 8);
        at += 8;
        writer->last_ms = sample->at_ms;
    }
    writer->last_series = entry->series;
    out->len = (size_t)(at - (uint8_t *)out->data);
}

static uint32_t checksum(const uint8_t *record, size_t len)
{
    uint32_t crc = checksum_crc32(0, record, 1);
    return checksum_crc32(crc, record + HEADER_BYTES, len - HEADER_BYTES);
}

void log_record_end(struct log_record_writer *writer)
{
    uint8_t *record = (uint8_t *)writer->out->data + writer->start;
    bytes_put_le(record + 1, checksum(record, writer->out->len - writer->start), 4);
}

/* A cursor over the entries of a record. */
struct record_reader {
    const uint8_t *at, *end;
    int64_t last_series;
    uint64_t last_ms;
};

static bool read_entry(struct record_reader *in, struct log_entry *out,
                       struct sample_list *samples)
{
    uint64_t distance, number, count;
    if (!bytes_get_varint(&in->at, in->end, &distance) ||
        !bytes_get_varint(&in->at, in->end, &number) ||
        !bytes_get_varint(&in->at, in->end, &count))
        return false;
    uint64_t series = (uint64_t)in->last_series + (uint64_t)bytes_unzigzag(distance);
    if (series == 0 || series > UINT32_MAX || count == 0 ||
        count > (uint64_t)(in->end - in->at) / SAMPLE_MIN)
        return false;
    in->last_series = (int64_t)series;
    samples->len = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (!bytes_get_varint(&in->at, in->end, &distance) || in->end - in->at < 8)
            return false;
        in->last_ms += (uint64_t)bytes_unzigzag(distance);
        uint64_t bits = bytes_get_le(in->at, 8);
        in->at += 8;
        struct sample sample = {.at_ms = (msec_t)in->last_ms};
        memcpy(&sample.value, &bits, sizeof(bits));
        sample_list_push(samples, sample);
    }
    *out = (struct log_entry){(uint32_t)series, number, samples->items, samples->len};
    return true;
}

/* `each` may be NULL: checks only. */
static bool read_entries(const uint8_t *data, size_t len, log_entry_fn *each, void *arg)
{
    CLEANUP(sample_list_deinit) struct sample_list samples = {0};
    struct record_reader in = {data + HEADER_BYTES, data + len, 0, 0};
    while (in.at < in.end) {
        struct log_entry entry;
        if (!read_entry(&in, &entry, &samples))
            return false;
        if (each != NULL)
            each(&entry, arg);
    }
    return true;
}

int log_record_read(const uint8_t *data, size_t len, log_entry_fn *each, void *arg)
{
    if (len < HEADER_BYTES || data[0] != KIND_SAMPLES ||
        checksum(data, len) != bytes_get_le(data + 1, 4) ||
        !read_entries(data, len, NULL, NULL))
        return -EBADMSG;
    bool read = read_entries(data, len, each, arg);
    assert(read);
    return 0;
}
