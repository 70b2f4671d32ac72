/* SPDX-License-Identifier: MIT */
#include "store/log.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/bytes.h"
#include "store/log_internal.h"

#define PROBE_BYTES 65536

char *log_path(const struct log *log, uint64_t number, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/%08" PRIu64 ".log", log->folder, number);
    return out;
}

static int compare_segments(const void *a, const void *b)
{
    uint64_t x = ((const struct log_segment *)a)->number;
    uint64_t y = ((const struct log_segment *)b)->number;
    return x < y ? -1 : x > y;
}

/* The number in a segment's name; 0 when it is no segment. */
static uint64_t number_of(const char *name)
{
    char *end;
    if (name[0] < '0' || name[0] > '9')
        return 0;
    uint64_t number = strtoull(name, &end, 10);
    return text_is(end, ".log") && number < UINT64_MAX / 2 ? number : 0;
}

static int list_segments(struct log *log)
{
    DIR *folder = opendir(log->folder);
    if (folder == NULL)
        return -errno;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct log_segment segment = {.number = number_of(entry->d_name)};
        if (segment.number != 0)
            VEC_PUSH(&log->segments, segment);
    }
    closedir(folder);
    if (log->segments.len > 0)
        qsort(log->segments.items, log->segments.len, sizeof(*log->segments.items),
              compare_segments);
    return 0;
}

/* The segment after the last one there is. */
static void begin_segment(struct log *log)
{
    uint64_t last =
        log->segments.len == 0 ? 0 : log->segments.items[log->segments.len - 1].number;
    const struct log_segment next = {last + 1, 0};
    VEC_PUSH(&log->segments, next);
    __atomic_store_n(&log->current, next.number, __ATOMIC_RELEASE);
}

int log_open(struct log *log, const char *folder, const struct log_io *io)
{
    *log = (struct log){.io = io, .file = -1};
    log->folder = memory_strdup(folder);
    pthread_mutex_init(&log->lock, NULL);
    int error = file_make_dirs(folder, 0700);
    if (error == 0)
        error = list_segments(log);
    if (error != 0) {
        log_close(log);
        return error;
    }
    begin_segment(log);
    return 0;
}

void log_close(struct log *log)
{
    if (log->file >= 0)
        log->io->close(log->file);
    for (size_t i = 0; i < log->retired.len; i++)
        log->io->close(log->retired.items[i]);
    log->file = -1;
    VEC_DEINIT(&log->retired);
    VEC_DEINIT(&log->segments);
    free(log->folder);
    log->folder = NULL;
    pthread_mutex_destroy(&log->lock);
}

static struct log_segment *current_segment(struct log *log)
{
    return &log->segments.items[log->segments.len - 1];
}

static void end_segment(struct log *log)
{
    if (log->file >= 0)
        VEC_PUSH(&log->retired, log->file);
    log->file = -1;
    begin_segment(log);
}

/* All or nothing, at the end of the current segment. */
static int write_all(struct log *log, const void *data, size_t len)
{
    struct log_segment *segment = current_segment(log);
    size_t done = 0;
    int error = 0;
    while (error == 0 && done < len) {
        ssize_t written = log->io->write(log->file, (const char *)data + done, len - done);
        if (written > 0)
            done += (size_t)written;
        else
            error = written == 0 ? -EIO : (int)written;
    }
    if (error == 0) {
        segment->bytes += len;
        __atomic_fetch_add(&log->bytes, len, __ATOMIC_RELAXED);
        log->unsynced = true;
        return 0;
    }
    if (done > 0 && log->io->truncate(log->file, segment->bytes) != 0)
        end_segment(log);
    return error;
}

static void forget_bytes(struct log *log, struct log_segment *segment)
{
    __atomic_fetch_sub(&log->bytes, segment->bytes, __ATOMIC_RELAXED);
    segment->bytes = 0;
}

/* Makes the file of the current segment. */
static int make_file(struct log *log)
{
    char path[PATH_MAX];
    const uint64_t number = current_segment(log)->number;
    int file = log->io->create(log_path(log, number, path));
    if (file < 0)
        return file;
    uint8_t head[LOG_HEAD_BYTES] = LOG_MAGIC;
    bytes_put_le(head + 8, number, 8);
    log->file = file;
    int error = write_all(log, head, sizeof(head));
    if (error == 0)
        error = log->io->sync_folder(log->folder);
    if (error == 0 || current_segment(log)->number != number)
        return error;
    /* Numbers without a file would look like a loss. */
    log->io->close(log->file);
    log->file = -1;
    if (log->io->remove(path) == 0)
        forget_bytes(log, current_segment(log));
    else
        begin_segment(log);
    return error;
}

int log_append(struct log *log, const struct log_writer *records)
{
    if (records->len == 0)
        return 0;
    pthread_mutex_lock(&log->lock);
    int error = log->file < 0 ? make_file(log) : 0;
    if (error == 0)
        error = write_all(log, records->data, records->len);
    if (error == 0 && current_segment(log)->bytes >= LOG_SEGMENT_MAX_BYTES)
        end_segment(log);
    pthread_mutex_unlock(&log->lock);
    return error;
}

uint64_t log_roll(struct log *log)
{
    pthread_mutex_lock(&log->lock);
    if (current_segment(log)->bytes > 0)
        end_segment(log);
    uint64_t before =
        log->segments.len < 2 ? 0 : log->segments.items[log->segments.len - 2].number;
    pthread_mutex_unlock(&log->lock);
    return before;
}

int log_sync(struct log *log)
{
    VEC(int) retired = {0};
    pthread_mutex_lock(&log->lock);
    bool unsynced = log->unsynced;
    int file = log->file; /* nobody but us closes it */
    retired.items = log->retired.items;
    retired.len = log->retired.len;
    memset(&log->retired, 0, sizeof(log->retired));
    log->unsynced = false;
    pthread_mutex_unlock(&log->lock);

    int error = unsynced && file >= 0 ? log->io->sync(file) : 0;
    for (size_t i = 0; i < retired.len; i++) {
        int failed = log->io->sync(retired.items[i]);
        error = error != 0 ? error : failed;
        log->io->close(retired.items[i]);
    }
    free(retired.items);
    return error;
}

int log_remove(struct log *log, uint64_t through)
{
    int error = 0;
    pthread_mutex_lock(&log->lock);
    while (error == 0 && log->segments.len > 1 && log->segments.items[0].number <= through) {
        char path[PATH_MAX];
        error = log->io->remove(log_path(log, log->segments.items[0].number, path));
        if (error == -ENOENT)
            error = 0;
        if (error != 0)
            break;
        forget_bytes(log, &log->segments.items[0]);
        log->segments.len--;
        memmove(&log->segments.items[0], &log->segments.items[1],
                log->segments.len * sizeof(*log->segments.items));
    }
    pthread_mutex_unlock(&log->lock);
    return error;
}

int log_probe(struct log *log)
{
    static const char zeros[PROBE_BYTES];
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/probe", log->folder);
    log->io->remove(path);
    int file = log->io->create(path);
    if (file < 0)
        return file;
    ssize_t written = log->io->write(file, zeros, sizeof(zeros));
    int error = written < 0 ? (int)written : written < PROBE_BYTES ? -ENOSPC : 0;
    log->io->close(file);
    log->io->remove(path);
    return error;
}
