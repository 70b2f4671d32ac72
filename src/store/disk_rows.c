/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "store/disk_sql.h"

static const char *const sql[DISK_STATEMENT_COUNT] = {
    [DISK_BEGIN] = "BEGIN IMMEDIATE",
    [DISK_COMMIT] = "COMMIT",
    [DISK_ROLLBACK] = "ROLLBACK",
    [DISK_PUT_SERIES] = "INSERT OR IGNORE INTO series(id, org, labels) VALUES(?1, ?2, ?3)",
    [DISK_PUT_STATE] = ("INSERT OR REPLACE INTO series_state(series, from_ms, to_ms, accepted) "
                        "VALUES(?1, ?2, ?3, ?4)"),
    [DISK_DELETE_STATE] = "DELETE FROM series_state WHERE series = ?1",
    [DISK_DELETE_SERIES] = "DELETE FROM series WHERE id = ?1",
    [DISK_CHUNK_LENGTH] = "SELECT length(data) FROM chunks WHERE series = ?1 AND from_ms = ?2",
    [DISK_PUT_CHUNK] = ("INSERT OR REPLACE INTO chunks(series, from_ms, to_ms, data) "
                        "VALUES(?1, ?2, ?3, ?4)"),
    [DISK_DELETE_CHUNKS] =
        ("DELETE FROM chunks WHERE series = ?1 AND from_ms IN (SELECT from_ms FROM chunks "
         "WHERE series = ?1 AND from_ms < ?2 AND to_ms < ?2 ORDER BY from_ms LIMIT ?3) "
         "RETURNING length(data)"),
    [DISK_FIRST_CHUNK] = "SELECT min(from_ms) FROM chunks WHERE series = ?1",
    [DISK_PUT_LOG] = "INSERT INTO log(id, data) VALUES(?1, ?2)",
    [DISK_DELETE_LOG] = "DELETE FROM log WHERE id <= ?1",
    [DISK_PUT_TOTALS] = "UPDATE totals SET chunks = ?1, bytes = ?2 WHERE id = 1",
    [DISK_PUT_PROBE] = "INSERT OR REPLACE INTO probe(id, data) VALUES(1, ?1)",
    [DISK_DELETE_PROBE] = "DELETE FROM probe",
};

int disk_prepare(struct disk *disk)
{
    for (size_t i = 0; i < DISK_STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v3(disk->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &disk->statements[i], NULL) != SQLITE_OK)
            return disk_error(disk->db);
    }
    return 0;
}

int disk_run(struct disk *disk, sqlite3_stmt *statement)
{
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    }
    int error = code == SQLITE_DONE ? 0 : disk_error(disk->db);
    sqlite3_reset(statement);
    return error;
}

int disk_put_series(struct disk *disk, uint32_t series, org_id org, struct slice labels)
{
    sqlite3_stmt *put = disk->statements[DISK_PUT_SERIES];
    sqlite3_bind_int64(put, 1, series);
    sqlite3_bind_int64(put, 2, org);
    sqlite3_bind_blob64(put, 3, labels.data, labels.len, SQLITE_STATIC);
    return disk_run(disk, put);
}

int disk_put_state(struct disk *disk, const struct disk_state *state)
{
    sqlite3_stmt *put = disk->statements[DISK_PUT_STATE];
    sqlite3_bind_int64(put, 1, state->series);
    sqlite3_bind_int64(put, 2, state->from_ms);
    sqlite3_bind_int64(put, 3, state->to_ms);
    sqlite3_bind_int64(put, 4, (int64_t)state->accepted);
    return disk_run(disk, put);
}

/* Bytes of the row that is about to be replaced; -1 when there is none. */
static int replaced_length(struct disk *disk, uint32_t series, msec_t from_ms, int64_t *out_len)
{
    sqlite3_stmt *find = disk->statements[DISK_CHUNK_LENGTH];
    sqlite3_bind_int64(find, 1, series);
    sqlite3_bind_int64(find, 2, from_ms);
    int code = sqlite3_step(find);
    int error = code == SQLITE_ROW || code == SQLITE_DONE ? 0 : disk_error(disk->db);
    *out_len = code == SQLITE_ROW ? sqlite3_column_int64(find, 0) : -1;
    sqlite3_reset(find);
    return error;
}

int disk_put_chunk(struct disk *disk, uint32_t series, const struct chunk *chunk)
{
    int64_t replaced;
    int error = replaced_length(disk, series, chunk->from_ms, &replaced);
    if (error != 0)
        return error;
    buf_reset(&disk->blob);
    error = chunk_encode(chunk, series, &disk->blob);
    if (error != 0)
        return error;

    sqlite3_stmt *put = disk->statements[DISK_PUT_CHUNK];
    sqlite3_bind_int64(put, 1, series);
    sqlite3_bind_int64(put, 2, chunk->from_ms);
    sqlite3_bind_int64(put, 3, chunk->to_ms);
    sqlite3_bind_blob64(put, 4, disk->blob.data, disk->blob.len, SQLITE_STATIC);
    error = disk_run(disk, put);
    if (error != 0)
        return error;
    disk->chunks += replaced < 0;
    disk->chunk_bytes += (int64_t)disk->blob.len - MAX_OF(replaced, (int64_t)0);
    return 0;
}

int disk_put_log(struct disk *disk, int64_t id, const void *data, size_t len)
{
    sqlite3_stmt *put = disk->statements[DISK_PUT_LOG];
    sqlite3_bind_int64(put, 1, id);
    sqlite3_bind_blob64(put, 2, data, len, SQLITE_STATIC);
    return disk_run(disk, put);
}

int disk_delete_log(struct disk *disk, int64_t up_to_id)
{
    sqlite3_bind_int64(disk->statements[DISK_DELETE_LOG], 1, up_to_id);
    return disk_run(disk, disk->statements[DISK_DELETE_LOG]);
}

int disk_delete_chunks(struct disk *disk, uint32_t series, msec_t cutoff_ms, int max,
                       int *out_deleted)
{
    sqlite3_stmt *remove = disk->statements[DISK_DELETE_CHUNKS];
    sqlite3_bind_int64(remove, 1, series);
    sqlite3_bind_int64(remove, 2, cutoff_ms);
    sqlite3_bind_int(remove, 3, max);
    int code, deleted = 0;
    int64_t bytes = 0;
    while ((code = sqlite3_step(remove)) == SQLITE_ROW) {
        deleted++;
        bytes += sqlite3_column_int64(remove, 0);
    }
    int error = code == SQLITE_DONE ? 0 : disk_error(disk->db);
    sqlite3_reset(remove);
    if (error != 0)
        return error;
    disk->chunks -= deleted;
    disk->chunk_bytes -= bytes;
    *out_deleted = deleted;
    return 0;
}

int disk_first_chunk(struct disk *disk, uint32_t series, msec_t *out_from_ms)
{
    sqlite3_stmt *find = disk->statements[DISK_FIRST_CHUNK];
    sqlite3_bind_int64(find, 1, series);
    int code = sqlite3_step(find);
    int error = code == SQLITE_ROW ? 0 : disk_error(disk->db);
    if (error == 0)
        *out_from_ms = sqlite3_column_type(find, 0) == SQLITE_NULL
                           ? INT64_MAX
                           : sqlite3_column_int64(find, 0);
    sqlite3_reset(find);
    return error;
}

int disk_delete_series(struct disk *disk, uint32_t series)
{
    sqlite3_bind_int64(disk->statements[DISK_DELETE_STATE], 1, series);
    sqlite3_bind_int64(disk->statements[DISK_DELETE_SERIES], 1, series);
    int error = disk_run(disk, disk->statements[DISK_DELETE_STATE]);
    return error != 0 ? error : disk_run(disk, disk->statements[DISK_DELETE_SERIES]);
}

static struct slice column_slice(sqlite3_stmt *statement, int column)
{
    const char *data = sqlite3_column_blob(statement, column);
    return (struct slice){data == NULL ? "" : data,
                          (size_t)sqlite3_column_bytes(statement, column)};
}

int disk_last_series(struct disk *disk, uint32_t *out_id)
{
    static const char query[] = "SELECT max(coalesce((SELECT max(series) FROM chunks), 0), "
                                "coalesce((SELECT max(series) FROM series_state), 0))";
    sqlite3_stmt *rows = NULL;
    int error = 0;
    if (sqlite3_prepare_v2(disk->db, query, -1, &rows, NULL) == SQLITE_OK &&
        sqlite3_step(rows) == SQLITE_ROW)
        *out_id = (uint32_t)sqlite3_column_int64(rows, 0);
    else
        error = disk_error(disk->db);
    sqlite3_finalize(rows);
    return error;
}

int disk_load_series(struct disk *disk, disk_series_fn *each, void *arg)
{
    static const char query[] =
        "SELECT id, org, labels, coalesce(from_ms, 1), coalesce(to_ms, 0), "
        "coalesce(accepted, 0) FROM series LEFT JOIN series_state ON series = id ORDER BY id";
    sqlite3_stmt *rows = NULL;
    if (sqlite3_prepare_v2(disk->db, query, -1, &rows, NULL) != SQLITE_OK)
        return disk_error(disk->db);
    int code, result = 0;
    while (result == 0 && (code = sqlite3_step(rows)) != SQLITE_DONE) {
        if (code != SQLITE_ROW) {
            result = disk_error(disk->db);
            break;
        }
        const struct disk_series_row row = {
            .state = {(uint32_t)sqlite3_column_int64(rows, 0), sqlite3_column_int64(rows, 3),
                      sqlite3_column_int64(rows, 4), (uint64_t)sqlite3_column_int64(rows, 5)},
            .org = sqlite3_column_int64(rows, 1),
            .labels = column_slice(rows, 2),
        };
        result = each(&row, arg);
    }
    sqlite3_finalize(rows);
    return result;
}

int disk_load_log(struct disk *disk, disk_log_fn *each, void *arg)
{
    sqlite3_stmt *rows = NULL;
    if (sqlite3_prepare_v2(disk->db, "SELECT id, data FROM log ORDER BY id", -1, &rows, NULL) !=
        SQLITE_OK)
        return disk_error(disk->db);
    int code, result = 0;
    while (result == 0 && (code = sqlite3_step(rows)) != SQLITE_DONE)
        result = code == SQLITE_ROW
                     ? each(sqlite3_column_int64(rows, 0), column_slice(rows, 1), arg)
                     : disk_error(disk->db);
    sqlite3_finalize(rows);
    return result;
}
