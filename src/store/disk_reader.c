/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "store/disk_sql.h"

#define IDLE_READERS_MAX 8

struct disk_reader {
    struct disk_reader *next; /* idle */
    sqlite3 *db;              /* owned */
    sqlite3_stmt *chunks;     /* owned */
};

static void close_reader(struct disk_reader *reader)
{
    sqlite3_finalize(reader->chunks);
    sqlite3_close(reader->db);
    free(reader);
}

static struct disk_reader *open_reader(const struct disk *disk)
{
    static const char query[] = "SELECT from_ms, to_ms, data FROM chunks WHERE series = ?1 AND "
                                "from_ms BETWEEN ?2 AND ?3 AND to_ms >= ?4 ORDER BY from_ms";
    struct disk_reader *reader = memory_calloc(1, sizeof(*reader));
    if (disk_connect(disk->path, SQLITE_OPEN_READWRITE, &reader->db) != 0 ||
        sqlite3_exec(reader->db, "PRAGMA query_only = 1; PRAGMA cache_size = -1000;", NULL,
                     NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v3(reader->db, query, -1, SQLITE_PREPARE_PERSISTENT, &reader->chunks,
                           NULL) != SQLITE_OK) {
        close_reader(reader);
        return NULL;
    }
    return reader;
}

struct disk_reader *disk_reader_take(struct disk *disk)
{
    pthread_mutex_lock(&disk->lock);
    struct disk_reader *reader = disk->idle;
    if (reader != NULL) {
        disk->idle = reader->next;
        disk->n_idle--;
    }
    pthread_mutex_unlock(&disk->lock);
    return reader != NULL ? reader : open_reader(disk);
}

void disk_reader_give(struct disk *disk, struct disk_reader *reader)
{
    if (reader == NULL)
        return;
    pthread_mutex_lock(&disk->lock);
    bool keep = disk->n_idle < IDLE_READERS_MAX;
    if (keep) {
        reader->next = disk->idle;
        disk->idle = reader;
        disk->n_idle++;
    }
    pthread_mutex_unlock(&disk->lock);
    if (!keep)
        close_reader(reader);
}

void disk_close_readers(struct disk *disk)
{
    while (disk->idle != NULL) {
        struct disk_reader *next = disk->idle->next;
        close_reader(disk->idle);
        disk->idle = next;
    }
    disk->n_idle = 0;
}

int disk_reader_begin(struct disk_reader *reader)
{
    return sqlite3_exec(reader->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : disk_error(reader->db);
}

void disk_reader_end(struct disk_reader *reader)
{
    if (sqlite3_get_autocommit(reader->db) == 0)
        sqlite3_exec(reader->db, "COMMIT", NULL, NULL, NULL);
}

/* Invariant 6: what overlaps begins at most a span before. */
static msec_t earliest_start(msec_t from_ms)
{
    return from_ms < INT64_MIN + CHUNK_SPAN_MAX ? INT64_MIN : from_ms - CHUNK_SPAN_MAX;
}

int disk_reader_read(struct disk_reader *reader, const struct disk_range *range,
                     struct sample_list *out, uint64_t *corrupt_count)
{
    sqlite3_stmt *rows = reader->chunks;
    sqlite3_bind_int64(rows, 1, range->series);
    sqlite3_bind_int64(rows, 2, earliest_start(range->from_ms));
    sqlite3_bind_int64(rows, 3, range->to_ms);
    sqlite3_bind_int64(rows, 4, range->from_ms);
    int code, result = 0;
    while (result == 0 && (code = sqlite3_step(rows)) != SQLITE_DONE) {
        if (code != SQLITE_ROW) {
            result = disk_error(reader->db);
            break;
        }
        const struct chunk_row row = {
            range->series, sqlite3_column_int64(rows, 0), sqlite3_column_int64(rows, 1),
            sqlite3_column_blob(rows, 2), (size_t)sqlite3_column_bytes(rows, 2)};
        if (chunk_read_row(&row, range->from_ms, range->to_ms, out) != 0)
            (*corrupt_count)++;
        if (out->len > range->max_samples)
            result = -E2BIG;
    }
    sqlite3_reset(rows);
    return result;
}
