/* SPDX-License-Identifier: MIT */
/*
 * Reading the segments back.  Records are found one behind the other; where one is damaged the
 * next is looked for byte by byte, so that a bad page costs only what lies in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "store/log_internal.h"

#define READ_BYTES ((size_t)1024 * 1024)
#define SKIP_BYTES ((size_t)4096) /* what a bad sector costs */

/* How many bytes from `at` on are no record. */
static size_t gap_at(const uint8_t *data, size_t len, size_t at)
{
    size_t gap = 0;
    while (at + gap < len && log_record_check(data + at + gap, len - at - gap) == 0)
        gap++;
    return gap;
}

static bool is_zero(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] != 0)
            return false;
    }
    return true;
}

/* A record that was being written when the power went: its head, and less than it says; or room that
 * was made and not filled. */
static bool is_torn_end(const uint8_t *data, size_t len)
{
    return len < LOG_RECORD_HEAD_BYTES || log_record_is_cut(data, len) || is_zero(data, len);
}

void log_read_bytes(const uint8_t *data, size_t len, struct log_reader *reader,
                    struct log_losses *losses)
{
    bool headed = len >= LOG_HEAD_BYTES && memcmp(data, LOG_MAGIC, 8) == 0;
    for (size_t at = headed ? LOG_HEAD_BYTES : 0; at < len;) {
        size_t record = log_record_check(data + at, len - at);
        if (record > 0) {
            if (!log_record_read(data + at, record, reader)) {
                losses->places++;
                losses->bytes += record;
            }
            at += record;
            continue;
        }
        size_t gap = gap_at(data, len, at);
        if (at + gap < len || !is_torn_end(data + at, gap)) {
            losses->places++;
            losses->bytes += gap;
        }
        at += gap;
    }
}

/* The file as far as it can be read; places that cannot are zeros. */
static int read_file(const char *path, uint8_t **out_data, size_t *out_len)
{
    CLEANUP(file_closep) int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0)
        return -errno;
    size_t len = (size_t)status.st_size, at = 0;
    uint8_t *data = malloc(len + 1);
    if (data == NULL)
        return -ENOMEM;
    while (at < len) {
        ssize_t got = pread(file, data + at, MIN_OF(len - at, READ_BYTES), (off_t)at);
        if (got == 0)
            break;
        if (got > 0) {
            at += (size_t)got;
        } else if (errno != EINTR) {
            size_t skip = MIN_OF(SKIP_BYTES - at % SKIP_BYTES, len - at);
            memset(data + at, 0, skip);
            at += skip;
        }
    }
    *out_data = data;
    *out_len = at;
    return 0;
}

int log_read(struct log *log, struct log_reader *reader, struct log_losses *out_losses)
{
    *out_losses = (struct log_losses){0};
    for (size_t i = 0; i + 1 < log->segments.len; i++) {
        struct log_segment *segment = &log->segments.items[i];
        char path[PATH_MAX];
        uint8_t *data = NULL;
        size_t len = 0;
        if (i > 0 && segment->number != log->segments.items[i - 1].number + 1)
            out_losses->places++;
        int error = read_file(log_path(log, segment->number, path), &data, &len);
        if (error == -ENOMEM)
            return error;
        if (error == 0)
            log_read_bytes(data, len, reader, out_losses);
        else
            out_losses->places++;
        free(data);
        segment->bytes = len;
        __atomic_fetch_add(&log->bytes, len, __ATOMIC_RELAXED);
    }
    return 0;
}
