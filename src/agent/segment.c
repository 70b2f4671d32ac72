/* SPDX-License-Identifier: MIT */
#include "agent/segment.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/checksum.h"

#define NAME_SIZE   32
#define DONE_OFFSET 16
#define CRC_OFFSET  8 /* of a record: what the checksum covers begins here */

static const char magic[8] = {'S', 'N', 'T', 'S', 'P', 'L', '1', '\n'};

struct segment_header {
    char magic[8];
    uint64_t number, done, zero;
};
_Static_assert(sizeof(struct segment_header) == SEGMENT_HEADER_BYTES, "as in spool.md");

struct record_header {
    uint32_t len, crc;
    uint64_t at_ms;
    uint32_t n_samples, zero;
};
_Static_assert(sizeof(struct record_header) == SEGMENT_RECORD_HEADER_BYTES, "as in spool.md");

static uint32_t record_crc(const struct record_header *header, const void *body, size_t len)
{
    unsigned char bytes[sizeof(*header)];
    memcpy(bytes, header, sizeof(bytes));
    uint32_t crc = checksum_crc32(0, bytes + CRC_OFFSET, sizeof(bytes) - CRC_OFFSET);
    return checksum_crc32(crc, body, len);
}

static void name_segment(uint64_t number, char out[NAME_SIZE])
{
    snprintf(out, NAME_SIZE, "%016llx.spool", (unsigned long long)number);
}

/* Reads exactly `len` bytes: 0, -ENODATA when the file ends before, -errno. */
static int read_at(int file, void *out, size_t len, uint64_t offset)
{
    size_t done = 0;
    while (done < len) {
        ssize_t got = pread(file, (char *)out + done, len - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            return -ENODATA;
        done += (size_t)got;
    }
    return 0;
}

int segment_create(int dir, uint64_t number, struct segment *out_segment)
{
    char name[NAME_SIZE];
    name_segment(number, name);
    struct segment_header header = {.number = htole64(number),
                                    .done = htole64(SEGMENT_HEADER_BYTES)};
    memcpy(header.magic, magic, sizeof(magic));

    int file = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return -errno;
    ssize_t wrote = pwrite(file, &header, sizeof(header), 0);
    if (wrote != (ssize_t)sizeof(header)) {
        int error = wrote < 0 ? -errno : -ENOSPC;
        close(file);
        unlinkat(dir, name, 0);
        return error;
    }
    *out_segment = (struct segment){file, number, SEGMENT_HEADER_BYTES, SEGMENT_HEADER_BYTES};
    return 0;
}

static bool begins_record(const struct segment *segment, uint64_t offset)
{
    struct spool_record record;
    uint64_t next;
    struct buf body;
    buf_init(&body, SEGMENT_BODY_MAX_BYTES);
    int result = segment_read(segment, offset, &body, &record, &next);
    buf_deinit(&body);
    return result == SEGMENT_RECORD;
}

int segment_open(int dir, uint64_t number, struct segment *out_segment)
{
    char name[NAME_SIZE];
    name_segment(number, name);
    int file = openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return -errno;

    struct segment_header header;
    struct stat status;
    int error = read_at(file, &header, sizeof(header), 0);
    if (error == 0 && fstat(file, &status) != 0)
        error = -errno;
    if (error == -ENODATA || (error == 0 && (memcmp(header.magic, magic, sizeof(magic)) != 0 ||
                                             le64toh(header.number) != number)))
        error = -EBADMSG;
    if (error != 0) {
        close(file);
        return error;
    }

    struct segment segment = {file, number, (uint64_t)status.st_size, SEGMENT_HEADER_BYTES};
    uint64_t done = le64toh(header.done);
    if (done == segment.size || (done > SEGMENT_HEADER_BYTES && begins_record(&segment, done)))
        segment.done = done;
    *out_segment = segment;
    return 0;
}

void segment_close(struct segment *segment)
{
    if (segment->file >= 0)
        close(segment->file);
    segment->file = -1;
}

int segment_sync(struct segment *segment)
{
    return fdatasync(segment->file) == 0 ? 0 : -errno;
}

int segment_remove(int dir, uint64_t number)
{
    char name[NAME_SIZE];
    name_segment(number, name);
    return unlinkat(dir, name, 0) == 0 ? 0 : -errno;
}

int segment_append(struct segment *segment, const struct spool_record *record)
{
    assert(record->len > 0 && record->len <= SEGMENT_BODY_MAX_BYTES);
    struct record_header header = {.len = htole32((uint32_t)record->len),
                                   .at_ms = htole64((uint64_t)record->at_ms),
                                   .n_samples = htole32(record->n_samples)};
    header.crc = htole32(record_crc(&header, record->body, record->len));
    struct iovec parts[] = {{&header, sizeof(header)},
                            {(void *)(uintptr_t)record->body, record->len}};
    size_t total = sizeof(header) + record->len;

    ssize_t wrote;
    do {
        wrote = pwritev(segment->file, parts, 2, (off_t)segment->size);
    } while (wrote < 0 && errno == EINTR);
    if (wrote == (ssize_t)total) {
        segment->size += total;
        return 0;
    }
    int error = wrote < 0 ? -errno : -ENOSPC;
    if (wrote > 0 && ftruncate(segment->file, (off_t)segment->size) != 0)
        segment_close(segment); /* its torn tail is found when it is read */
    return error;
}

int segment_read(const struct segment *segment, uint64_t offset, struct buf *body,
                 struct spool_record *out_record, uint64_t *out_next)
{
    struct record_header header;
    if (offset >= segment->size)
        return SEGMENT_END;
    int error = read_at(segment->file, &header, sizeof(header), offset);
    if (error != 0)
        return error == -ENODATA ? SEGMENT_TORN : error;
    size_t len = le32toh(header.len);
    if (len == 0 || len > SEGMENT_BODY_MAX_BYTES ||
        offset + sizeof(header) + len > segment->size)
        return SEGMENT_TORN;
    error = buf_reserve(body, len);
    if (error == 0)
        error = read_at(segment->file, body->data + body->len, len, offset + sizeof(header));
    if (error != 0)
        return error == -ENODATA ? SEGMENT_TORN : error;
    if (le32toh(header.crc) != record_crc(&header, body->data + body->len, len))
        return SEGMENT_TORN;

    body->len += len;
    *out_record = (struct spool_record){.at_ms = (msec_t)le64toh(header.at_ms),
                                        .n_samples = le32toh(header.n_samples),
                                        .len = len};
    *out_next = offset + sizeof(header) + len;
    return SEGMENT_RECORD;
}

int segment_mark_done(struct segment *segment, uint64_t offset)
{
    assert(offset >= segment->done && offset <= segment->size);
    uint64_t done = htole64(offset);
    segment->done = offset;
    ssize_t wrote = pwrite(segment->file, &done, sizeof(done), DONE_OFFSET);
    return wrote == (ssize_t)sizeof(done) ? 0 : wrote < 0 ? -errno : -ENOSPC;
}

int segment_cut(struct segment *segment, uint64_t offset)
{
    if (ftruncate(segment->file, (off_t)offset) != 0)
        return -errno;
    segment->size = offset;
    return 0;
}

uint64_t segment_count_samples(const struct segment *segment, uint64_t offset)
{
    uint64_t samples = 0;
    while (offset < segment->size) {
        struct record_header header;
        if (read_at(segment->file, &header, sizeof(header), offset) != 0)
            break;
        size_t len = le32toh(header.len);
        if (len == 0 || len > SEGMENT_BODY_MAX_BYTES ||
            offset + sizeof(header) + len > segment->size)
            break;
        samples += le32toh(header.n_samples);
        offset += sizeof(header) + len;
    }
    return samples;
}
