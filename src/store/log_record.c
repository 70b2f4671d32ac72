/* SPDX-License-Identifier: MIT */
/*
 * A batch mostly brings the next sample of neighbouring series at one time, so an entry says what
 * it has in the bits of a byte, and what it has not is: the id after the last one, one sample,
 * the time of the sample before.  Such an entry is nine bytes.
 */
#include "store/log_record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/memory.h"
#include "store/bytes.h"

#define MAGIC          0x676f4c53u /* "SLog" */
#define CHECKSUM_SEED  0x53656e746f726121ull
#define FIRST_CAPACITY 4096
#define ENTRY_MAX      (1 + 2 * (size_t)BYTES_VARINT_MAX)
#define SAMPLE_MAX     ((size_t)BYTES_VARINT_MAX + 8)
#define SERIES_MAX     (3 * (size_t)BYTES_VARINT_MAX)

enum {
    ENTRY_ID = 1,    /* zigzag varint of id minus the one that follows the last */
    ENTRY_COUNT = 2, /* varint of the number of samples, minus 1 */
    ENTRY_TIMES = 4, /* before each value the zigzag varint of the time minus the one before */
    ENTRY_BITS = 7
};

void log_writer_deinit(struct log_writer *writer)
{
    free(writer->data);
    *writer = (struct log_writer){0};
}

static uint8_t *make_room(struct log_writer *writer, size_t len)
{
    if (writer->capacity - writer->len < len) {
        size_t capacity = MAX_OF(writer->capacity * 2, (size_t)FIRST_CAPACITY);
        writer->capacity = MAX_OF(capacity, writer->len + len);
        writer->data = memory_realloc(writer->data, writer->capacity);
    }
    return writer->data + writer->len;
}

static void advance(struct log_writer *writer, const uint8_t *end)
{
    writer->len = (size_t)(end - writer->data);
}

void log_record_begin(struct log_writer *writer, enum log_record_kind kind)
{
    uint8_t *at = make_room(writer, LOG_RECORD_HEAD_BYTES + 1);
    memset(at, 0, LOG_RECORD_HEAD_BYTES);
    at[LOG_RECORD_HEAD_BYTES] = (uint8_t)kind;
    writer->start = writer->len;
    writer->len += LOG_RECORD_HEAD_BYTES + 1;
    writer->last_id = 0;
    writer->last_ms = 0;
}

void log_record_put_samples(struct log_writer *writer, uint32_t id,
                            const struct sample *samples, size_t n)
{
    assert(n > 0);
    uint8_t *at = make_room(writer, ENTRY_MAX + n * SAMPLE_MAX), *bits = at++;
    bool times = n > 1 || samples[0].at_ms != writer->last_ms;
    *bits = times ? ENTRY_TIMES : 0;
    if (id != writer->last_id + 1) {
        *bits |= ENTRY_ID;
        at = bytes_put_varint(at, bytes_zigzag((int64_t)id - (int64_t)writer->last_id - 1));
    }
    if (n > 1) {
        *bits |= ENTRY_COUNT;
        at = bytes_put_varint(at, n - 1);
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t distance = (uint64_t)samples[i].at_ms - (uint64_t)writer->last_ms;
        if (times)
            at = bytes_put_varint(at, bytes_zigzag((int64_t)distance));
        bytes_put_le(at, sample_bits(samples[i].value), 8);
        at += 8;
        writer->last_ms = samples[i].at_ms;
    }
    writer->last_id = id;
    advance(writer, at);
}

void log_record_put_series(struct log_writer *writer, uint32_t id, org_id org,
                           struct slice labels)
{
    uint8_t *at = make_room(writer, SERIES_MAX + labels.len);
    at = bytes_put_varint(at, id);
    at = bytes_put_varint(at, bytes_zigzag(org));
    at = bytes_put_varint(at, labels.len);
    memcpy(at, labels.data, labels.len);
    advance(writer, at + labels.len);
}

void log_record_put_removed(struct log_writer *writer, uint32_t id)
{
    advance(writer, bytes_put_varint(make_room(writer, BYTES_VARINT_MAX), id));
}

void log_record_end(struct log_writer *writer)
{
    uint8_t *record = writer->data + writer->start;
    size_t len = writer->len - writer->start - LOG_RECORD_HEAD_BYTES;
    if (len == 1) {
        writer->len = writer->start;
        return;
    }
    assert(len <= UINT32_MAX);
    bytes_put_le(record, MAGIC, 4);
    bytes_put_le(record + 4, len, 4);
    bytes_put_le(record + 8,
                 checksum_fold64(CHECKSUM_SEED, record + LOG_RECORD_HEAD_BYTES, len), 8);
}

void log_writer_join(struct log_writer *writer, const struct log_writer *more)
{
    if (more->len == 0)
        return;
    memcpy(make_room(writer, more->len), more->data, more->len);
    writer->len += more->len;
}

size_t log_record_check(const uint8_t *data, size_t len)
{
    if (len < LOG_RECORD_HEAD_BYTES || bytes_get_le(data, 4) != MAGIC)
        return 0;
    size_t body = bytes_get_le(data + 4, 4);
    if (body == 0 || body > len - LOG_RECORD_HEAD_BYTES ||
        checksum_fold64(CHECKSUM_SEED, data + LOG_RECORD_HEAD_BYTES, body) !=
            bytes_get_le(data + 8, 8))
        return 0;
    return LOG_RECORD_HEAD_BYTES + body;
}

bool log_record_is_cut(const uint8_t *data, size_t len)
{
    return len >= LOG_RECORD_HEAD_BYTES && bytes_get_le(data, 4) == MAGIC &&
           bytes_get_le(data + 4, 4) > len - LOG_RECORD_HEAD_BYTES;
}

/* A cursor over the body of a record. */
struct cursor {
    const uint8_t *at, *end;
    uint32_t last_id;
    uint64_t last_ms;
};

static bool read_sample(struct cursor *in, bool timed, struct sample *out)
{
    uint64_t distance = 0;
    if (timed && !bytes_get_varint(&in->at, in->end, &distance))
        return false;
    if (in->end - in->at < 8)
        return false;
    in->last_ms += (uint64_t)bytes_unzigzag(distance);
    out->at_ms = (msec_t)in->last_ms;
    out->value = sample_from_bits(bytes_get_le(in->at, 8));
    in->at += 8;
    return true;
}

static bool read_entry(struct cursor *in, struct log_reader *reader)
{
    uint8_t bits = *in->at++;
    uint64_t distance = 0, more = 0;
    if ((bits & ~ENTRY_BITS) != 0 ||
        ((bits & ENTRY_ID) != 0 && !bytes_get_varint(&in->at, in->end, &distance)) ||
        ((bits & ENTRY_COUNT) != 0 && !bytes_get_varint(&in->at, in->end, &more)) ||
        more >= (uint64_t)(in->end - in->at) / 8)
        return false;
    uint64_t id = (uint64_t)in->last_id + 1 + (uint64_t)bytes_unzigzag(distance);
    if (id == 0 || id >= UINT32_MAX)
        return false;
    in->last_id = (uint32_t)id;
    struct sample_list *samples = &reader->scratch;
    samples->len = 0;
    struct sample *out = sample_list_reserve(samples, more + 1);
    for (uint64_t i = 0; i <= more; i++) {
        if (!read_sample(in, (bits & ENTRY_TIMES) != 0, &out[i]))
            return false;
    }
    return reader->samples(reader->arg, in->last_id, out, more + 1);
}

static bool read_series(struct cursor *in, struct log_reader *reader)
{
    uint64_t id, org, len;
    if (!bytes_get_varint(&in->at, in->end, &id) || !bytes_get_varint(&in->at, in->end, &org) ||
        !bytes_get_varint(&in->at, in->end, &len) || id == 0 || id >= UINT32_MAX ||
        len > (uint64_t)(in->end - in->at))
        return false;
    const struct slice labels = {(const char *)in->at, len};
    in->at += len;
    return reader->series(reader->arg, (uint32_t)id, bytes_unzigzag(org), labels);
}

static bool read_removed(struct cursor *in, struct log_reader *reader)
{
    uint64_t id;
    if (!bytes_get_varint(&in->at, in->end, &id) || id == 0 || id >= UINT32_MAX)
        return false;
    return reader->removed(reader->arg, (uint32_t)id);
}

bool log_record_read(const uint8_t *data, size_t len, struct log_reader *reader)
{
    assert(len > LOG_RECORD_HEAD_BYTES);
    const uint8_t *body = data + LOG_RECORD_HEAD_BYTES;
    struct cursor in = {.at = body + 1, .end = data + len};
    bool valid = true;
    while (valid && in.at < in.end) {
        switch (*body) {
        case LOG_RECORD_SAMPLES: valid = read_entry(&in, reader); break;
        case LOG_RECORD_SERIES: valid = read_series(&in, reader); break;
        case LOG_RECORD_REMOVED: valid = read_removed(&in, reader); break;
        default: valid = false; break;
        }
    }
    return valid;
}
