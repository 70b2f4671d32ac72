/* SPDX-License-Identifier: MIT */
/*
 * db - the SQLite driver.
 *
 * One connection in WAL mode with synchronous=NORMAL: a commit is one write into the log, which
 * the kernel keeps when we are killed; db_sync() adds the fsync, once a second, for power cuts.
 *
 * Invariants
 *  1. `lock` is held whenever `handle` is used; a transaction keeps it from begin to end.
 *  2. A cached statement is reset before the lock is let go.
 *  3. `owner` is the thread inside a transaction, meaningful only while `in_transaction`.
 */
#include "state/db.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "state/schema.h"

#define DB_STATEMENTS_MAX 512 /* a power of two; one slot per SQL literal in the program */
#define DB_BUSY_MS        5000

struct statement {
    const char *sql; /* the literal's address is the key; NULL = free slot */
    sqlite3_stmt *handle;
    bool in_use;
};

struct db {
    pthread_mutex_t lock; /* recursive */
    sqlite3 *handle;
    pthread_t owner;
    bool in_transaction;
    struct statement statements[DB_STATEMENTS_MAX];
    char wal_path[PATH_MAX];
    bool dirty; /* committed since the last db_sync() */
};

struct db_row {
    sqlite3_stmt *statement;
};

struct db_value db_int(int64_t value)
{
    return (struct db_value){.type = DB_INT, .integer = value};
}

struct db_value db_int_or_null(int64_t value)
{
    return value == 0 ? db_null() : db_int(value);
}

struct db_value db_real(double value)
{
    return isnan(value) ? db_null() : (struct db_value){.type = DB_REAL, .real = value};
}

struct db_value db_text(const char *text)
{
    return text == NULL ? db_null() : db_text_n(text, strlen(text));
}

struct db_value db_text_n(const char *text, size_t len)
{
    return (struct db_value){.type = DB_TEXT, .bytes = text, .len = len};
}

struct db_value db_blob(const void *bytes, size_t len)
{
    return (struct db_value){.type = DB_BLOB, .bytes = bytes, .len = len};
}

struct db_value db_null(void)
{
    return (struct db_value){.type = DB_NULL};
}

int64_t db_row_int(const struct db_row *row, int column)
{
    return sqlite3_column_int64(row->statement, column);
}

double db_row_real(const struct db_row *row, int column)
{
    return db_row_is_null(row, column) ? (double)NAN
                                       : sqlite3_column_double(row->statement, column);
}

const char *db_row_text(const struct db_row *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row->statement, column);
    return text == NULL ? "" : text;
}

const void *db_row_blob(const struct db_row *row, int column, size_t *out_len)
{
    const void *bytes = sqlite3_column_blob(row->statement, column);
    *out_len = (size_t)sqlite3_column_bytes(row->statement, column);
    return bytes;
}

int db_row_name(const struct db_row *row, int column, const char *const *names, int count)
{
    const char *text = db_row_text(row, column);
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], text) == 0)
            return i;
    }
    return 0;
}

bool db_row_is_null(const struct db_row *row, int column)
{
    return sqlite3_column_type(row->statement, column) == SQLITE_NULL;
}

/* What SQLite says, as a negative errno. */
static int error_of(sqlite3 *handle, int code)
{
    switch (code) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return 0;
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY: return -EEXIST;
    case SQLITE_CONSTRAINT_FOREIGNKEY: return -ENOENT;
    case SQLITE_FULL: return -ENOSPC;
    case SQLITE_NOMEM: return -ENOMEM;
    default: break;
    }
    switch (code & 0xff) {
    case SQLITE_CONSTRAINT: return -EINVAL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return -EAGAIN;
    case SQLITE_CANTOPEN: return -ENOENT;
    case SQLITE_PERM:
    case SQLITE_READONLY: return -EACCES;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return -EBADMSG;
    case SQLITE_FULL: return -ENOSPC;
    default: break;
    }
    return handle != NULL && sqlite3_system_errno(handle) == ENOSPC ? -ENOSPC : -EIO;
}

static int last_error(struct db *db)
{
    int error = error_of(db->handle, sqlite3_extended_errcode(db->handle));
    return error == 0 ? -EIO : error;
}

static int run_script(struct db *db, const char *sql)
{
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : last_error(db);
}

/* The cached statement for a literal, or an uncached one (*out_cached NULL) when the cache is full
 * or the literal is running already, in a row callback further up. */
static int prepare(struct db *db, const char *sql, struct statement **out_cached,
                   sqlite3_stmt **out_handle)
{
    size_t mask = DB_STATEMENTS_MAX - 1;
    size_t at = ((uintptr_t)sql >> 3) & mask;
    struct statement *slot = NULL;
    for (size_t probe = 0; probe < DB_STATEMENTS_MAX; probe++, at = (at + 1) & mask) {
        if (db->statements[at].sql == sql || db->statements[at].sql == NULL) {
            slot = &db->statements[at];
            break;
        }
    }
    if (slot != NULL && slot->sql != NULL && !slot->in_use) {
        *out_cached = slot;
        *out_handle = slot->handle;
        return 0;
    }

    sqlite3_stmt *handle = NULL;
    if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, NULL) !=
        SQLITE_OK)
        return last_error(db);
    *out_cached = NULL;
    *out_handle = handle;
    if (slot != NULL && slot->sql == NULL) {
        *slot = (struct statement){.sql = sql, .handle = handle};
        *out_cached = slot;
    }
    return 0;
}

static int bind_value(sqlite3_stmt *statement, int at, const struct db_value *value)
{
    switch (value->type) {
    case DB_NULL: return sqlite3_bind_null(statement, at);
    case DB_INT: return sqlite3_bind_int64(statement, at, value->integer);
    case DB_REAL: return sqlite3_bind_double(statement, at, value->real);
    case DB_TEXT:
        return sqlite3_bind_text64(statement, at, value->bytes, value->len, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case DB_BLOB:
        if (value->len == 0)
            return sqlite3_bind_zeroblob(statement, at, 0);
        return sqlite3_bind_blob64(statement, at, value->bytes, value->len, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

static int bind_all(sqlite3_stmt *statement, struct db_args args)
{
    assert((size_t)sqlite3_bind_parameter_count(statement) == args.len);
    for (size_t i = 0; i < args.len; i++) {
        char name[24];
        snprintf(name, sizeof(name), "$%zu", i + 1);
        int at = sqlite3_bind_parameter_index(statement, name);
        assert(at > 0);
        int code = bind_value(statement, at, &args.values[i]);
        if (code != SQLITE_OK)
            return code;
    }
    return SQLITE_OK;
}

static int step_all(struct db *db, sqlite3_stmt *statement, db_row_fn *row, void *arg)
{
    for (;;) {
        int code = sqlite3_step(statement);
        if (code == SQLITE_DONE)
            return 0;
        if (code != SQLITE_ROW)
            return last_error(db);
        struct db_row current = {statement};
        int result = row == NULL ? 0 : row(&current, arg);
        if (result != 0)
            return result;
    }
}

static int run_locked(struct db *db, const char *sql, struct db_args args, db_row_fn *row,
                      void *arg)
{
    struct statement *cached = NULL;
    sqlite3_stmt *handle = NULL;
    int error = prepare(db, sql, &cached, &handle);
    if (error != 0)
        return error;

    if (cached != NULL)
        cached->in_use = true;
    if (!sqlite3_stmt_readonly(handle))
        db->dirty = true;
    int code = bind_all(handle, args);
    error = code == SQLITE_OK ? step_all(db, handle, row, arg) : error_of(db->handle, code);
    if (cached != NULL) {
        sqlite3_reset(handle);
        sqlite3_clear_bindings(handle);
        cached->in_use = false;
    } else {
        sqlite3_finalize(handle);
    }
    return error;
}

int db_run(struct db *db, const char *sql, struct db_args args, db_row_fn *row, void *arg)
{
    pthread_mutex_lock(&db->lock);
    int error = run_locked(db, sql, args, row, arg);
    pthread_mutex_unlock(&db->lock);
    return error;
}

struct id_row {
    bool came;
    int64_t id;
};

static int take_id(const struct db_row *row, void *arg)
{
    struct id_row *found = arg;
    if (!found->came)
        *found = (struct id_row){true, db_row_int(row, 0)};
    return 0;
}

int db_run_for_id(struct db *db, const char *sql, struct db_args args, int64_t *out_id)
{
    struct id_row found = {false, 0};
    int error = db_run(db, sql, args, take_id, &found);
    if (error != 0)
        return error;
    if (!found.came)
        return -ENOENT;
    *out_id = found.id;
    return 0;
}

static int count_row(const struct db_row *row, void *arg)
{
    int64_t *count = arg;
    (void)row;
    ++*count;
    return 0;
}

int db_run_for_count(struct db *db, const char *sql, struct db_args args, int64_t *out_count)
{
    int64_t count = 0;
    int error = db_run(db, sql, args, count_row, &count);
    if (error != 0)
        return error;
    *out_count = count;
    return 0;
}

bool db_in_transaction(const struct db *db)
{
    return db->in_transaction && pthread_equal(db->owner, pthread_self());
}

int db_begin(struct db *db)
{
    pthread_mutex_lock(&db->lock);
    assert(!db->in_transaction);
    int error = run_script(db, "BEGIN IMMEDIATE");
    if (error != 0) {
        pthread_mutex_unlock(&db->lock);
        return error;
    }
    db->owner = pthread_self();
    db->in_transaction = true;
    return 0;
}

static void end_transaction(struct db *db)
{
    db->in_transaction = false;
    pthread_mutex_unlock(&db->lock);
}

int db_commit(struct db *db)
{
    assert(db_in_transaction(db));
    int error = run_script(db, "COMMIT");
    if (error != 0) {
        db_abandon(db);
        return error;
    }
    end_transaction(db);
    return 0;
}

void db_abandon(struct db *db)
{
    assert(db_in_transaction(db));
    /* After some errors SQLite has rolled back by itself; asking again does no harm. */
    if (!sqlite3_get_autocommit(db->handle))
        run_script(db, "ROLLBACK");
    end_transaction(db);
}

int db_sync(struct db *db)
{
    pthread_mutex_lock(&db->lock);
    bool dirty = db->dirty;
    db->dirty = false;
    pthread_mutex_unlock(&db->lock);
    if (!dirty)
        return 0;

    CLEANUP(file_closep) int wal = open(db->wal_path, O_RDONLY | O_CLOEXEC);
    if (wal < 0)
        return errno == ENOENT ? 0 : -errno;
    if (fdatasync(wal) == 0)
        return 0;
    int error = -errno;
    pthread_mutex_lock(&db->lock);
    db->dirty = true;
    pthread_mutex_unlock(&db->lock);
    return error;
}

static int read_version(struct db *db, int64_t *out_version)
{
    int error = run_script(db, "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER)");
    if (error != 0)
        return error;
    *out_version = 0;
    error = db_run_for_id(db, "SELECT version FROM schema_version", DB_NO_ARGS, out_version);
    return error == -ENOENT ? 0 : error;
}

static int apply_migration(struct db *db, size_t version)
{
    int error = db_begin(db);
    if (error != 0)
        return error;
    error = run_script(db, schema_migrations[version]);
    if (error == 0)
        error = run_script(db, "DELETE FROM schema_version");
    if (error == 0)
        error = db_run(db, "INSERT INTO schema_version VALUES ($1)",
                       DB_ARGS(db_int((int64_t)version + 1)), NULL, NULL);
    if (error != 0) {
        db_abandon(db);
        return error;
    }
    return db_commit(db);
}

static int migrate(struct db *db, struct problem *problem)
{
    int64_t version = 0;
    int error = read_version(db, &version);
    if (error == 0 && version > (int64_t)schema_migrations_count) {
        problem_set(problem,
                    "the database has schema version %lld, made by a newer program; this one "
                    "knows up to %zu",
                    (long long)version, schema_migrations_count);
        return -EPROTO;
    }
    for (size_t next = (size_t)version; error == 0 && next < schema_migrations_count; next++)
        error = apply_migration(db, next);
    if (error != 0)
        problem_set(problem, "cannot bring the database up to date: %s (%s)",
                    sqlite3_errmsg(db->handle), strerror(-error));
    return error;
}

static int configure(struct db *db)
{
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, DB_BUSY_MS);
    return run_script(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                          "PRAGMA foreign_keys=ON; PRAGMA cache_size=-2000;"
                          "PRAGMA journal_size_limit=16777216; PRAGMA trusted_schema=OFF");
}

/* SQLite would make the file readable for all; its WAL takes over the mode. */
static void make_private(const char *path)
{
    CLEANUP(file_closep) int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0)
        fchmod(file, 0600);
}

int db_open(const char *path, struct db **out_db, struct problem *problem)
{
    struct db *db = memory_calloc(1, sizeof(*db));
    pthread_mutexattr_t recursive;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&db->lock, &recursive);
    pthread_mutexattr_destroy(&recursive);
    snprintf(db->wal_path, sizeof(db->wal_path), "%s-wal", path);

    make_private(path);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int error = sqlite3_open_v2(path, &db->handle, flags, NULL) == SQLITE_OK ? configure(db)
                                                                             : last_error(db);
    if (error != 0)
        problem_set(problem, "cannot open the database %s: %s", path,
                    sqlite3_errmsg(db->handle));
    else
        error = migrate(db, problem);
    if (error != 0) {
        db_close(db);
        return error;
    }
    *out_db = db;
    return 0;
}

void db_close(struct db *db)
{
    if (db == NULL)
        return;
    assert(!db->in_transaction);
    for (size_t i = 0; i < DB_STATEMENTS_MAX; i++)
        sqlite3_finalize(db->statements[i].handle);
    int code = sqlite3_close(db->handle);
    assert(code == SQLITE_OK);
    pthread_mutex_destroy(&db->lock);
    free(db);
}
