/* SPDX-License-Identifier: MIT */
/*
 * Opening, transactions and the state of the file; disk_rows.c has the rows.
 *
 * SQLite syncs the WAL only at checkpoints with synchronous=NORMAL, so a commit costs a write
 * and no sync: it survives the death of the process.  For the power cut disk_sync() is called
 * once a second.
 */
#include "store/disk.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "store/disk_sql.h"

#define APPLICATION_ID  0x53545352
#define FORMAT_VERSION  1
#define BUSY_TIMEOUT_MS 5000
#define PROBE_BYTES     65536
#define PAGE_BYTES      4096

static const char schema[] =
    "BEGIN;"
    "CREATE TABLE series(id INTEGER PRIMARY KEY, org INTEGER NOT NULL, labels BLOB NOT NULL);"
    "CREATE TABLE series_state(series INTEGER PRIMARY KEY, from_ms INTEGER NOT NULL,"
    " to_ms INTEGER NOT NULL, accepted INTEGER NOT NULL);"
    "CREATE TABLE chunks(series INTEGER NOT NULL, from_ms INTEGER NOT NULL,"
    " to_ms INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY(series, from_ms)) WITHOUT ROWID;"
    "CREATE TABLE log(id INTEGER PRIMARY KEY, data BLOB NOT NULL);"
    "CREATE TABLE totals(id INTEGER PRIMARY KEY, chunks INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL);"
    "INSERT INTO totals VALUES(1, 0, 0);"
    "CREATE TABLE probe(id INTEGER PRIMARY KEY, data BLOB NOT NULL);"
    "PRAGMA application_id = 1398035282;"
    "PRAGMA user_version = 1;"
    "COMMIT;";

static_assert(APPLICATION_ID == 1398035282, "the schema says the same number");

int disk_error(sqlite3 *db)
{
    switch (sqlite3_errcode(db) & 0xff) {
    case SQLITE_FULL: return -ENOSPC;
    case SQLITE_NOMEM: return -ENOMEM;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return -EBADMSG;
    case SQLITE_IOERR: {
        int error = sqlite3_system_errno(db);
        return error == ENOSPC || error == EDQUOT ? -ENOSPC : -EIO;
    }
    default: return -EIO;
    }
}

void disk_damaged(const char *path, const char *what, struct problem *problem)
{
    problem_set(
        problem,
        "store: %s is damaged (%s). Restore it from a backup, or move it and %s-wal "
        "away: then history begins anew; hosts, alerts and settings are kept elsewhere.",
        path, what, path);
}

int disk_connect(const char *path, int flags, sqlite3 **out_db)
{
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    *out_db = db; /* also on failure, for its message */
    if (code != SQLITE_OK || db == NULL)
        return -EIO;
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    return 0;
}

static int lock_path(struct disk *disk, struct problem *problem)
{
    char path[4096];
    int len = snprintf(path, sizeof(path), "%s.lock", disk->path);
    if (len < 0 || (size_t)len >= sizeof(path)) {
        problem_set(problem, "store: path is too long");
        return -ENAMETOOLONG;
    }
    disk->lock_file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (disk->lock_file < 0) {
        int error = -errno;
        problem_set(problem, "store: cannot open %s: %s", path, strerror(-error));
        return error;
    }
    if (flock(disk->lock_file, LOCK_EX | LOCK_NB) != 0) {
        problem_set(problem, "store: %s is in use by another process", disk->path);
        return -EBUSY;
    }
    return 0;
}

static int read_pragma(sqlite3 *db, const char *sql, int64_t *out_value)
{
    sqlite3_stmt *statement = NULL;
    int error = -EIO;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        *out_value = sqlite3_column_int64(statement, 0);
        error = 0;
    }
    sqlite3_finalize(statement);
    return error;
}

static int sqlite_problem(struct disk *disk, struct problem *problem)
{
    int error = disk->db == NULL ? -ENOMEM : disk_error(disk->db);
    if (error == -EBADMSG)
        disk_damaged(disk->path, sqlite3_errmsg(disk->db), problem);
    else
        problem_set(problem, "store: %s: %s", disk->path,
                    disk->db == NULL ? "out of memory" : sqlite3_errmsg(disk->db));
    return error;
}

/* Makes the tables in a new file, refuses one that is not ours. */
static int check_format(struct disk *disk, struct problem *problem)
{
    int64_t application = 0, version = 0, tables = 0;
    if (read_pragma(disk->db, "PRAGMA application_id", &application) != 0 ||
        read_pragma(disk->db, "PRAGMA user_version", &version) != 0 ||
        read_pragma(disk->db, "SELECT count(*) FROM sqlite_schema", &tables) != 0)
        return sqlite_problem(disk, problem);
    if (tables == 0) {
        if (sqlite3_exec(disk->db, schema, NULL, NULL, NULL) != SQLITE_OK)
            return sqlite_problem(disk, problem);
        return 0;
    }
    if (application != APPLICATION_ID)
        return problem_set(problem, "store: %s is not a store file", disk->path);
    if (version != FORMAT_VERSION)
        return problem_set(problem, "store: %s has format %lld, this program knows %d",
                           disk->path, (long long)version, FORMAT_VERSION);
    return 0;
}

static const char pragmas[] = "PRAGMA page_size = 4096;"
                              "PRAGMA journal_mode = WAL;"
                              "PRAGMA synchronous = NORMAL;"
                              "PRAGMA cache_size = -4000;"
                              "PRAGMA temp_store = MEMORY;"
                              "PRAGMA journal_size_limit = 16777216;"
                              "PRAGMA wal_autocheckpoint = 1000;";

/* The others that SQLite makes beside it get the same mode. */
static int create_file(const struct disk *disk, struct problem *problem)
{
    int file = open(disk->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        int error = -errno;
        problem_set(problem, "store: cannot open %s: %s", disk->path, strerror(-error));
        return error;
    }
    close(file);
    return 0;
}

static int open_database(struct disk *disk, struct problem *problem)
{
    if (disk_connect(disk->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &disk->db) != 0 ||
        sqlite3_exec(disk->db, pragmas, NULL, NULL, NULL) != SQLITE_OK)
        return sqlite_problem(disk, problem);
    int error = check_format(disk, problem);
    if (error != 0)
        return error;
    if (disk_prepare(disk) != 0 ||
        read_pragma(disk->db, "SELECT chunks FROM totals", &disk->chunks) != 0 ||
        read_pragma(disk->db, "SELECT bytes FROM totals", &disk->chunk_bytes) != 0)
        return sqlite_problem(disk, problem);
    disk->done_chunks = (uint64_t)disk->chunks;
    disk->done_chunk_bytes = (uint64_t)disk->chunk_bytes;
    return 0;
}

int disk_open(struct disk *disk, const char *path, struct problem *problem)
{
    *disk = (struct disk){.path = memory_strdup(path), .lock_file = -1};
    pthread_mutex_init(&disk->lock, NULL);
    buf_init(&disk->blob, CHUNK_HEADER_BYTES + CHUNK_PAYLOAD_BYTES);
    int error = lock_path(disk, problem);
    if (error == 0)
        error = create_file(disk, problem);
    if (error == 0)
        error = open_database(disk, problem);
    if (error != 0)
        disk_close(disk);
    return error;
}

void disk_close(struct disk *disk)
{
    disk_close_readers(disk);
    for (size_t i = 0; i < DISK_STATEMENT_COUNT; i++)
        sqlite3_finalize(disk->statements[i]);
    int code = sqlite3_close(disk->db);
    assert(code == SQLITE_OK);
    file_closep(&disk->lock_file);
    buf_deinit(&disk->blob);
    free(disk->path);
    pthread_mutex_destroy(&disk->lock);
}

void disk_limit(struct disk *disk, size_t max_bytes)
{
    char sql[64];
    size_t pages = max_bytes == 0 ? 1073741823 : MAX_OF(max_bytes / PAGE_BYTES, (size_t)1);
    snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %zu", pages);
    sqlite3_exec(disk->db, sql, NULL, NULL, NULL);
}

static uint64_t size_of(const char *path, const char *suffix)
{
    char full[4096];
    struct stat info;
    int len = snprintf(full, sizeof(full), "%s%s", path, suffix);
    return len > 0 && (size_t)len < sizeof(full) && stat(full, &info) == 0
               ? (uint64_t)info.st_size
               : 0;
}

uint64_t disk_file_bytes(const struct disk *disk)
{
    return size_of(disk->path, "") + size_of(disk->path, "-wal");
}

int disk_begin(struct disk *disk)
{
    return disk_run(disk, disk->statements[DISK_BEGIN]);
}

int disk_commit(struct disk *disk)
{
    if (disk->chunks != (int64_t)disk->done_chunks ||
        disk->chunk_bytes != (int64_t)disk->done_chunk_bytes) {
        sqlite3_stmt *put = disk->statements[DISK_PUT_TOTALS];
        sqlite3_bind_int64(put, 1, disk->chunks);
        sqlite3_bind_int64(put, 2, disk->chunk_bytes);
        int error = disk_run(disk, put);
        if (error != 0)
            return error;
    }
    int error = disk_run(disk, disk->statements[DISK_COMMIT]);
    if (error != 0)
        return error;
    __atomic_store_n(&disk->done_chunks, (uint64_t)disk->chunks, __ATOMIC_RELAXED);
    __atomic_store_n(&disk->done_chunk_bytes, (uint64_t)disk->chunk_bytes, __ATOMIC_RELAXED);
    return 0;
}

void disk_abandon(struct disk *disk)
{
    /* Some errors have rolled back already. */
    if (sqlite3_get_autocommit(disk->db) == 0)
        disk_run(disk, disk->statements[DISK_ROLLBACK]);
    disk->chunks = (int64_t)disk->done_chunks;
    disk->chunk_bytes = (int64_t)disk->done_chunk_bytes;
}

int disk_sync(struct disk *disk)
{
    sqlite3_file *wal = NULL;
    if (sqlite3_file_control(disk->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) !=
            SQLITE_OK ||
        wal == NULL || wal->pMethods == NULL)
        return 0; /* nothing was written yet */
    return wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL) == SQLITE_OK ? 0 : -EIO;
}

static int probe_step(struct disk *disk, enum disk_statement statement)
{
    int error = disk_begin(disk);
    if (error == 0)
        error = disk_run(disk, disk->statements[statement]);
    if (error == 0)
        error = disk_commit(disk);
    if (error != 0)
        disk_abandon(disk);
    return error;
}

int disk_probe(struct disk *disk)
{
    sqlite3_bind_zeroblob(disk->statements[DISK_PUT_PROBE], 1, PROBE_BYTES);
    int error = probe_step(disk, DISK_PUT_PROBE);
    return error != 0 ? error : probe_step(disk, DISK_DELETE_PROBE);
}
