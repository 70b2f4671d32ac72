/* SPDX-License-Identifier: MIT */
#include "agent/spool.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#define SEGMENT_BYTES_MAX  ((uint64_t)4 * 1024 * 1024)
#define SEGMENTS_PER_SPOOL 8
#define SEGMENTS_MAX       100000 /* files we look at when opening */

struct spool_entry {
    uint64_t number;
    uint64_t size;
};

struct spool {
    int dir;
    struct spool_limits limits;
    VEC(struct spool_entry) segments; /* oldest first */
    struct segment reader;            /* of segments.items[0]; file -1 = not open */
    uint64_t cursor;                  /* in the reader: what spool_next() gives next */
    uint64_t batch_number;            /* segment that the batch under way is from; 0 = none */
    struct segment writer;            /* of the last segment; file -1 = not open */
    uint64_t next_number;
    bool is_dirty; /* written to since the last sync */
    struct spool_stats stats;
};

static void check(const struct spool *spool)
{
    assert(spool->reader.file < 0 || spool->segments.len > 0);
    assert(spool->reader.file < 0 || spool->reader.number == spool->segments.items[0].number);
    assert(spool->reader.file < 0 || spool->reader.done <= spool->cursor);
    assert(spool->writer.file < 0 || spool->segments.len > 0);
    assert(spool->writer.file < 0 ||
           spool->writer.number == spool->segments.items[spool->segments.len - 1].number);
}

static bool parse_name(const char *name, uint64_t *out_number)
{
    unsigned char bytes[8];
    char digits[17];
    if (strlen(name) != 22 || !text_has_suffix(name, ".spool"))
        return false;
    text_copy(digits, sizeof(digits), name);
    if (text_from_hex(digits, bytes, sizeof(bytes)) != 0)
        return false;
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof(bytes); i++)
        number = number << 8 | bytes[i];
    *out_number = number;
    return number > 0 && number < UINT64_MAX;
}

static int compare_entries(const void *a, const void *b)
{
    const struct spool_entry *left = a, *right = b;
    return left->number < right->number ? -1 : left->number > right->number;
}

static int list_segments(struct spool *spool)
{
    int copy = dup(spool->dir);
    DIR *listing = copy >= 0 ? fdopendir(copy) : NULL;
    if (listing == NULL) {
        int error = -errno;
        if (copy >= 0)
            close(copy);
        return error;
    }
    const struct dirent *entry;
    while ((entry = readdir(listing)) != NULL && spool->segments.len < SEGMENTS_MAX) {
        struct spool_entry found;
        struct stat status;
        if (!parse_name(entry->d_name, &found.number) ||
            fstatat(spool->dir, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(status.st_mode))
            continue;
        found.size = (uint64_t)status.st_size;
        VEC_PUSH(&spool->segments, found);
        spool->stats.bytes += found.size;
    }
    closedir(listing);
    if (spool->segments.len > 0) {
        qsort(spool->segments.items, spool->segments.len, sizeof(*spool->segments.items),
              compare_entries);
        spool->next_number = spool->segments.items[spool->segments.len - 1].number + 1;
    }
    return 0;
}

int spool_open(const char *path, const struct spool_limits *limits, struct spool **out_spool)
{
    assert(limits->max_bytes >= SPOOL_MIN_BYTES && limits->max_age > 0);
    int error = file_make_dirs(path, 0700);
    if (error != 0)
        return error;
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return -errno;

    struct spool *spool = memory_calloc(1, sizeof(*spool));
    *spool = (struct spool){.dir = dir,
                            .limits = *limits,
                            .reader = {.file = -1},
                            .writer = {.file = -1},
                            .next_number = 1};
    error = list_segments(spool);
    if (error != 0) {
        spool_close(spool);
        return error;
    }
    *out_spool = spool;
    return 0;
}

void spool_close(struct spool *spool)
{
    if (spool == NULL)
        return;
    spool_sync(spool);
    segment_close(&spool->reader);
    segment_close(&spool->writer);
    close(spool->dir);
    VEC_DEINIT(&spool->segments);
    free(spool);
}

static void close_writer(struct spool *spool)
{
    spool_sync(spool);
    segment_close(&spool->writer);
}

/* Removes the first segment from list and disk. */
static void remove_first(struct spool *spool)
{
    assert(spool->segments.len > 0);
    struct spool_entry first = spool->segments.items[0];
    if (spool->writer.file >= 0 && spool->writer.number == first.number) {
        spool->is_dirty = false;
        segment_close(&spool->writer);
    }
    segment_close(&spool->reader);
    segment_remove(spool->dir, first.number);
    spool->stats.bytes -= first.size;
    spool->segments.len--;
    memmove(spool->segments.items, spool->segments.items + 1,
            spool->segments.len * sizeof(first));
    spool->batch_number = 0;
}

/* Opens the first segment for reading; what is no segment is removed.  0, -ENODATA, -errno. */
static int open_reader(struct spool *spool)
{
    while (spool->reader.file < 0) {
        if (spool->segments.len == 0)
            return -ENODATA;
        int error = segment_open(spool->dir, spool->segments.items[0].number, &spool->reader);
        if (error == 0) {
            spool->cursor = spool->reader.done;
            break;
        }
        spool->reader.file = -1;
        if (error != -EBADMSG && error != -ENOENT && error != -ELOOP)
            return error;
        spool->stats.torn++;
        remove_first(spool);
    }
    if (spool->writer.file >= 0 && spool->writer.number == spool->reader.number)
        spool->reader.size = spool->writer.size;
    return 0;
}

static void drop_oldest(struct spool *spool)
{
    if (open_reader(spool) == 0)
        spool->stats.dropped_full += segment_count_samples(&spool->reader, spool->reader.done);
    if (spool->segments.len > 0)
        remove_first(spool);
}

static uint64_t segment_bytes(const struct spool *spool)
{
    return MIN_OF(spool->limits.max_bytes / SEGMENTS_PER_SPOOL, SEGMENT_BYTES_MAX);
}

/* A segment with room for `need` bytes to write to. */
static int open_writer(struct spool *spool, uint64_t need)
{
    if (spool->writer.file >= 0 && spool->writer.size > SEGMENT_HEADER_BYTES &&
        spool->writer.size + need > segment_bytes(spool))
        close_writer(spool);
    if (spool->writer.file >= 0)
        return 0;
    int error = segment_create(spool->dir, spool->next_number, &spool->writer);
    if (error == -EEXIST)
        spool->next_number++; /* not one of ours: never touch it */
    if (error != 0) {
        spool->writer.file = -1;
        return error;
    }
    spool->next_number++;
    struct spool_entry entry = {spool->writer.number, spool->writer.size};
    VEC_PUSH(&spool->segments, entry);
    spool->stats.bytes += entry.size;
    return 0;
}

int spool_append(struct spool *spool, const struct spool_record *record)
{
    check(spool);
    uint64_t need = SEGMENT_RECORD_HEADER_BYTES + record->len;
    if (record->len > SEGMENT_BODY_MAX_BYTES ||
        need + SEGMENT_HEADER_BYTES > spool->limits.max_bytes / 2)
        return -EMSGSIZE;
    while (spool->segments.len > 0 &&
           spool->stats.bytes + need + SEGMENT_HEADER_BYTES > spool->limits.max_bytes)
        drop_oldest(spool);

    int error = open_writer(spool, need);
    if (error == 0)
        error = segment_append(&spool->writer, record);
    if (error != 0)
        return error;
    spool->is_dirty = true;
    spool->segments.items[spool->segments.len - 1].size += need;
    spool->stats.bytes += need;
    return 0;
}

bool spool_is_empty(const struct spool *spool)
{
    return spool->segments.len == 0;
}

static bool is_writing_first(const struct spool *spool)
{
    return spool->writer.file >= 0 && spool->writer.number == spool->segments.items[0].number;
}

/* The reader met something that is no record: what stands behind is given up. */
static void cut_tail(struct spool *spool)
{
    struct spool_entry *first = &spool->segments.items[0];
    uint64_t lost = first->size - MIN_OF(first->size, spool->cursor);
    spool->stats.torn++;
    if (is_writing_first(spool))
        close_writer(spool);
    segment_cut(&spool->reader, spool->cursor);
    spool->reader.size = spool->cursor;
    spool->stats.bytes -= lost;
    first->size -= lost;
}

/* Takes one record at the cursor.  0; -EAGAIN: it was passed over, ask again; else as next. */
static int take_record(struct spool *spool, msec_t now, struct buf *body,
                       struct spool_record *out_record)
{
    size_t len_before = body->len;
    uint64_t next;
    struct spool_record record;
    int result = segment_read(&spool->reader, spool->cursor, body, &record, &next);
    if (result == SEGMENT_TORN) {
        cut_tail(spool);
        return -EAGAIN;
    }
    if (result == SEGMENT_END) {
        if (spool->batch_number != 0)
            return -ENODATA;
        remove_first(spool);
        return -EAGAIN;
    }
    if (result != SEGMENT_RECORD) {
        if (result == -ENOBUFS) /* the caller may want the part that fitted */
            body->error = 0;
        return result;
    }
    spool->cursor = next;
    if (now - record.at_ms > spool->limits.max_age) {
        spool->stats.dropped_age += record.n_samples;
        body->len = len_before;
        if (spool->batch_number == 0)
            segment_mark_done(&spool->reader, next);
        return -EAGAIN;
    }
    spool->batch_number = spool->reader.number;
    *out_record = record;
    return 0;
}

int spool_next(struct spool *spool, msec_t now, struct buf *body,
               struct spool_record *out_record)
{
    int error;
    do {
        check(spool);
        error = open_reader(spool);
        if (error == 0)
            error = take_record(spool, now, body, out_record);
    } while (error == -EAGAIN);
    return error;
}

void spool_ack(struct spool *spool)
{
    check(spool);
    if (spool->batch_number == 0 || spool->reader.file < 0)
        return; /* dropped meanwhile to make room */
    assert(spool->reader.number == spool->batch_number);
    spool->batch_number = 0;
    if (open_reader(spool) == 0 && spool->cursor >= spool->reader.size)
        remove_first(spool);
    else
        segment_mark_done(&spool->reader, spool->cursor);
}

void spool_rewind(struct spool *spool)
{
    check(spool);
    if (spool->reader.file >= 0)
        spool->cursor = spool->reader.done;
    spool->batch_number = 0;
}

void spool_sync(struct spool *spool)
{
    if (spool->is_dirty && spool->writer.file >= 0)
        segment_sync(&spool->writer);
    spool->is_dirty = false;
}

struct spool_stats spool_stats(const struct spool *spool)
{
    return spool->stats;
}
