/* SPDX-License-Identifier: MIT */
/*
 * SQLite syncs the WAL only at checkpoints with synchronous=NORMAL, so a commit costs a write
 * and no sync: it survives the death of the process.  For the power cut there is
 * archive_sync().
 */
#include "store/archive.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/file.h"
#include "base/macros.h"
#include "base/memory.h"
#include "store/archive_parts.h"
#include "store/bytes.h"

#define APPLICATION_ID  0x53545352
#define FORMAT_VERSION  2
#define BUSY_TIMEOUT_MS 5000
#define PAGE_BYTES      8192
#define PART_PAGES      8
#define SCRATCH_MAX     (PACK_HEAD_MAX_BYTES)
#define PROBE_BYTES     65536
#define META_BYTES      12

enum meta {
    META_PART_BYTES = 1,
    META_NEXT_SERIES = 2
};

const char *const archive_tier_names[TIER_COUNT] = {"raw", "5m", "1h"};

static const char schema[] = "CREATE TABLE meta(id INTEGER PRIMARY KEY, data BLOB NOT NULL);"
                             "CREATE TABLE shards(id INTEGER PRIMARY KEY, packs BLOB NOT NULL);"
                             "CREATE TABLE names(id INTEGER PRIMARY KEY, series BLOB NOT NULL);"
                             "CREATE TABLE packs(id INTEGER PRIMARY KEY, head BLOB NOT NULL);"
                             "CREATE TABLE parts(id INTEGER PRIMARY KEY, data BLOB NOT NULL);"
                             "PRAGMA application_id = 1398035282;"
                             "PRAGMA user_version = 2;";

static_assert(APPLICATION_ID == 1398035282 && FORMAT_VERSION == 2, "as the schema says");

static const char *const statements[ARCHIVE_STATEMENT_COUNT] = {
    [ARCHIVE_BEGIN] = "BEGIN IMMEDIATE",
    [ARCHIVE_COMMIT] = "COMMIT",
    [ARCHIVE_ROLLBACK] = "ROLLBACK",
    [ARCHIVE_SAVE] = "SAVEPOINT removal",
    [ARCHIVE_UNDO] = "ROLLBACK TO removal",
    [ARCHIVE_RELEASE] = "RELEASE removal",
    [ARCHIVE_PUT_SHARD] = "INSERT OR REPLACE INTO shards(id, packs) VALUES(?1, ?2)",
    [ARCHIVE_PUT_NAMES] = "INSERT OR REPLACE INTO names(id, series) VALUES(?1, ?2)",
    [ARCHIVE_GET_NAMES] = "SELECT series FROM names WHERE id = ?1",
    [ARCHIVE_PUT_PACK] = "INSERT INTO packs(id, head) VALUES(?1, ?2)",
    [ARCHIVE_GET_PACK] = "SELECT head FROM packs WHERE id = ?1",
    [ARCHIVE_MARK_PACK] = "UPDATE packs SET head = ?2 WHERE id = ?1",
    [ARCHIVE_DELETE_PACK] = "DELETE FROM packs WHERE id = ?1",
    [ARCHIVE_PUT_PART] = "INSERT INTO parts(id, data) VALUES(?1, ?2)",
    [ARCHIVE_DELETE_PARTS] = "DELETE FROM parts WHERE id BETWEEN ?1 AND ?2",
    [ARCHIVE_PUT_META] = "INSERT OR REPLACE INTO meta(id, data) VALUES(?1, ?2)",
};

int archive_sqlite_error(sqlite3 *db)
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

int archive_connect(const char *path, int flags, const char *vfs, sqlite3 **out_db)
{
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, vfs);
    *out_db = db; /* also on failure, for its message */
    if (code != SQLITE_OK || db == NULL)
        return -EIO;
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    return 0;
}

int archive_run(struct archive *archive, sqlite3_stmt *statement)
{
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    }
    int error = code == SQLITE_DONE ? 0 : archive_sqlite_error(archive->db);
    sqlite3_reset(statement);
    return error;
}

int archive_pragma(sqlite3 *db, const char *sql, int64_t *out_value)
{
    sqlite3_stmt *statement = NULL;
    int error = -EIO;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK) {
        int code = sqlite3_step(statement);
        if (code == SQLITE_ROW)
            *out_value = sqlite3_column_int64(statement, 0);
        error = code == SQLITE_ROW || code == SQLITE_DONE ? 0 : -EIO;
    }
    sqlite3_finalize(statement);
    return error;
}

/* --- meta --- */

static uint32_t meta_checksum(enum meta id, const uint8_t *value)
{
    return checksum_fold32(id, value, 8);
}

static int put_meta(struct archive *archive, enum meta id, uint64_t value)
{
    uint8_t bytes[META_BYTES];
    bytes_put_le(bytes + 4, value, 8);
    bytes_put_le(bytes, meta_checksum(id, bytes + 4), 4);
    sqlite3_stmt *put = archive->statements[ARCHIVE_PUT_META];
    sqlite3_bind_int64(put, 1, id);
    sqlite3_bind_blob(put, 2, bytes, sizeof(bytes), SQLITE_STATIC);
    int error = archive_run(archive, put);
    sqlite3_clear_bindings(put);
    return error;
}

static int get_meta(sqlite3 *db, enum meta id, uint64_t *out_value)
{
    sqlite3_stmt *get = NULL;
    int error = -EBADMSG;
    if (sqlite3_prepare_v2(db, "SELECT data FROM meta WHERE id = ?1", -1, &get, NULL) ==
            SQLITE_OK &&
        sqlite3_bind_int64(get, 1, id) == SQLITE_OK && sqlite3_step(get) == SQLITE_ROW &&
        sqlite3_column_bytes(get, 0) == META_BYTES) {
        const uint8_t *bytes = sqlite3_column_blob(get, 0);
        if (bytes_get_le(bytes, 4) == meta_checksum(id, bytes + 4)) {
            *out_value = bytes_get_le(bytes + 4, 8);
            error = 0;
        }
    }
    sqlite3_finalize(get);
    return error;
}

/* --- opening --- */

static void set_damaged(const char *path, const char *what, struct problem *problem)
{
    problem_set(
        problem,
        "store: %s is damaged (%s). Restore it from a backup, or move it and %s-wal "
        "away: then history begins anew; hosts, alerts and settings are kept elsewhere.",
        path, what, path);
}

static int sqlite_problem(struct archive *archive, struct problem *problem)
{
    int error = archive->db == NULL ? -ENOMEM : archive_sqlite_error(archive->db);
    if (error == -EBADMSG)
        set_damaged(archive->path, sqlite3_errmsg(archive->db), problem);
    else
        problem_set(problem, "store: %s: %s", archive->path,
                    archive->db == NULL ? "out of memory" : sqlite3_errmsg(archive->db));
    return error;
}

static int lock_path(struct archive *archive, struct problem *problem)
{
    char path[4096];
    int len = snprintf(path, sizeof(path), "%s.lock", archive->path);
    if (len < 0 || (size_t)len >= sizeof(path)) {
        problem_set(problem, "store: path is too long");
        return -ENAMETOOLONG;
    }
    archive->lock_file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (archive->lock_file < 0) {
        int error = -errno;
        problem_set(problem, "store: cannot open %s: %s", path, strerror(-error));
        return error;
    }
    if (flock(archive->lock_file, LOCK_EX | LOCK_NB) != 0) {
        problem_set(problem, "store: %s is in use by another process", archive->path);
        return -EBUSY;
    }
    return 0;
}

/* The others that SQLite makes beside it get the same mode. */
static int create_file(const struct archive *archive, struct problem *problem)
{
    int file = open(archive->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        int error = -errno;
        problem_set(problem, "store: cannot open %s: %s", archive->path, strerror(-error));
        return error;
    }
    close(file);
    return 0;
}

static int refuse_version(const struct archive *archive, int64_t version,
                          struct problem *problem)
{
    if (version > FORMAT_VERSION)
        return problem_set(problem, "store: %s has format %lld, this program knows %d",
                           archive->path, (long long)version, FORMAT_VERSION);
    return problem_set(problem,
                       "store: %s was written by an older version (format %lld); this one "
                       "writes format %d and does not convert. Nothing was changed. To begin a "
                       "new history, move %s, %s-wal and %s-shm to another folder: the older "
                       "version can still read them there; hosts, alerts and settings are kept "
                       "elsewhere.",
                       archive->path, (long long)version, FORMAT_VERSION, archive->path,
                       archive->path, archive->path);
}

/* What SQLite puts on overflow pages is always full pages; what is left of a row lies on a leaf
 * with others.  A part is such that what is left is as little as can be, so that hardly any room is
 * lost (docs/formats/store.md). */
static size_t best_part_bytes(size_t page_bytes)
{
    size_t least_local = (page_bytes - 12) * 32 / 255 - 23, record_header = 5;
    return PART_PAGES * (page_bytes - 4) + least_local - record_header;
}

/* Makes the tables in a new file, refuses one that is not ours. */
static int check_format(struct archive *archive, bool *out_is_new, struct problem *problem)
{
    int64_t application = 0, version = 0, tables = 0;
    if (archive_pragma(archive->db, "PRAGMA application_id", &application) != 0 ||
        archive_pragma(archive->db, "PRAGMA user_version", &version) != 0 ||
        archive_pragma(archive->db, "SELECT count(*) FROM sqlite_schema", &tables) != 0)
        return sqlite_problem(archive, problem);
    *out_is_new = tables == 0;
    if (tables == 0)
        return 0;
    if (application != APPLICATION_ID)
        return problem_set(problem, "store: %s is not a store file", archive->path);
    return version == FORMAT_VERSION ? 0 : refuse_version(archive, version, problem);
}

static const char pragmas[] = "PRAGMA journal_mode = WAL;"
                              "PRAGMA synchronous = NORMAL;"
                              "PRAGMA cache_size = -4000;"
                              "PRAGMA temp_store = MEMORY;"
                              "PRAGMA journal_size_limit = 16777216;"
                              "PRAGMA wal_autocheckpoint = 2048;";

static int prepare(struct archive *archive)
{
    for (size_t i = 0; i < ARCHIVE_STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v3(archive->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &archive->statements[i], NULL) != SQLITE_OK)
            return archive_sqlite_error(archive->db);
    }
    return 0;
}

/* Only what cannot be done without: the rest is read shard by shard, and what is damaged there
 * is left out. */
static int read_meta(struct archive *archive, struct problem *problem)
{
    uint64_t part_bytes = 0, next_series = 0;
    int64_t pages = 0;
    if (archive_pragma(archive->db, "PRAGMA page_size", &pages) != 0)
        return sqlite_problem(archive, problem);
    if (get_meta(archive->db, META_PART_BYTES, &part_bytes) != 0 ||
        get_meta(archive->db, META_NEXT_SERIES, &next_series) != 0 || part_bytes < 512 ||
        part_bytes > ((size_t)1 << 30) || next_series > UINT32_MAX) {
        set_damaged(archive->path, "its table meta is", problem);
        return -EBADMSG;
    }
    archive->page_bytes = (size_t)pages;
    archive->part_bytes = part_bytes;
    archive->next_series = (uint32_t)next_series;
    archive->stored_next_series = (uint32_t)next_series;
    return 0;
}

/* All at once: a file has tables and numbers, or nothing. */
static int make_tables(struct archive *archive, struct problem *problem)
{
    if (sqlite3_exec(archive->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(archive->db, schema, NULL, NULL, NULL) != SQLITE_OK ||
        prepare(archive) != 0 ||
        put_meta(archive, META_PART_BYTES, best_part_bytes(PAGE_BYTES)) != 0 ||
        put_meta(archive, META_NEXT_SERIES, 0) != 0 ||
        archive_run(archive, archive->statements[ARCHIVE_COMMIT]) != 0)
        return sqlite_problem(archive, problem);
    return 0;
}

/* Above the ids of all rows, listed or not. */
static int find_next_pack(struct archive *archive)
{
    int64_t pack = 0, part = 0, next = 0;
    archive_pragma(archive->db, "SELECT max(id) FROM packs", &pack);
    archive_pragma(archive->db, "SELECT max(id) FROM parts", &part);
    for (size_t i = 0; i < archive->n_shards; i++) {
        const struct pack_list *list = &archive->shards[i].packs;
        if (list->len > 0)
            next = MAX_OF(next, list->items[list->len - 1].id);
    }
    archive->next_pack = MAX_OF(MAX_OF(pack, part >> 16), next) + 1;
    return archive->next_pack > INT64_MAX >> 17 ? -EBADMSG : 0;
}

/* Lists that were lost are written again. */
static int heal(struct archive *archive)
{
    bool is_whole = true;
    for (size_t i = 0; i < archive->n_shards; i++)
        is_whole = is_whole && !archive->shards[i].is_damaged;
    int error = is_whole ? 0 : archive_begin_locked(archive);
    if (is_whole || error != 0)
        return error;
    for (uint32_t i = 0; error == 0 && i < archive->n_shards; i++) {
        if (archive->shards[i].is_damaged)
            archive_touch(archive, i);
        archive->shards[i].is_damaged = false;
    }
    return error != 0 ? error : archive_commit_locked(archive);
}

static int load(struct archive *archive, struct problem *problem)
{
    int error = source_init(&archive->source, archive->db, archive->part_bytes);
    if (error == 0)
        error = archive_load_shards(archive);
    if (error == 0)
        error = archive_load_alive(archive);
    if (error == 0)
        error = find_next_pack(archive);
    if (error != 0)
        return sqlite_problem(archive, problem);
    archive_publish(archive);
    return 0;
}

static int open_database(struct archive *archive, struct problem *problem)
{
    char new_file[80];
    snprintf(new_file, sizeof(new_file), "PRAGMA page_size = %d; PRAGMA auto_vacuum = 2;",
             PAGE_BYTES);
    if (archive_connect(archive->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                        archive->options.vfs, &archive->db) != 0)
        return sqlite_problem(archive, problem);
    bool is_new;
    int error = check_format(archive, &is_new, problem);
    if (error != 0)
        return error;
    if ((is_new && sqlite3_exec(archive->db, new_file, NULL, NULL, NULL) != SQLITE_OK) ||
        sqlite3_exec(archive->db, pragmas, NULL, NULL, NULL) != SQLITE_OK)
        return sqlite_problem(archive, problem);
    if (is_new)
        error = make_tables(archive, problem);
    else if (prepare(archive) != 0)
        error = sqlite_problem(archive, problem);
    if (error == 0)
        error = read_meta(archive, problem);
    if (error == 0)
        error = load(archive, problem);
    if (error == 0)
        heal(archive); /* a file that cannot be written is found out soon enough */
    return error;
}

static void init(struct archive *archive, const struct archive_options *options)
{
    *archive = (struct archive){.options = *options,
                                .path = memory_strdup(options->path),
                                .max_bytes = options->max_bytes,
                                .lock_file = -1};
    archive->options.path = archive->path;
    for (size_t i = 0; i < TIER_COUNT; i++)
        archive->totals[i] =
            (struct archive_tier_stats){.from_ms = INT64_MAX, .to_ms = INT64_MIN};
    for (size_t i = 0; i < ARCHIVE_LEVELS; i++)
        archive->level_totals[i] = archive->totals[0];
    buf_init(&archive->scratch, SCRATCH_MAX);
    pthread_mutex_init(&archive->lock, NULL);
    pthread_mutex_init(&archive->facts_lock, NULL);
}

static void deinit(struct archive *archive)
{
    archive_close_readers(archive);
    source_deinit(&archive->source);
    for (size_t i = 0; i < ARCHIVE_STATEMENT_COUNT; i++)
        sqlite3_finalize(archive->statements[i]);
    int code = sqlite3_close(archive->db);
    assert(code == SQLITE_OK);
    file_closep(&archive->lock_file);
    archive_free_shards(archive);
    free(archive->losses);
    buf_deinit(&archive->scratch);
    pthread_mutex_destroy(&archive->lock);
    pthread_mutex_destroy(&archive->facts_lock);
    free(archive->path);
}

int archive_open(const struct archive_options *options, struct archive **out_archive,
                 struct problem *problem)
{
    struct archive *archive = memory_alloc(sizeof(*archive));
    init(archive, options);
    int error = lock_path(archive, problem);
    if (error == 0)
        error = create_file(archive, problem);
    if (error == 0)
        error = open_database(archive, problem);
    if (error != 0) {
        archive_close(archive);
        return error;
    }
    *out_archive = archive;
    return 0;
}

void archive_close(struct archive *archive)
{
    if (archive == NULL)
        return;
    deinit(archive);
    free(archive);
}

/* All is read in one transaction: the file at one instant, whatever its server does. */
int archive_open_readonly(struct archive *archive, const char *path, struct problem *problem)
{
    const struct archive_options options = {.path = path};
    bool is_new;
    init(archive, &options);
    int error = 0;
    if (archive_connect(path, SQLITE_OPEN_READONLY, NULL, &archive->db) != 0 ||
        sqlite3_exec(archive->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
        error = sqlite_problem(archive, problem);
    if (error == 0)
        error = check_format(archive, &is_new, problem);
    if (error == 0 && is_new)
        error = problem_set(problem, "store: %s is empty", path);
    if (error == 0 && prepare(archive) != 0)
        error = sqlite_problem(archive, problem);
    if (error == 0)
        error = read_meta(archive, problem);
    if (error == 0)
        error = load(archive, problem);
    if (error != 0)
        archive_close_readonly(archive);
    return error;
}

void archive_close_readonly(struct archive *archive)
{
    if (archive->db != NULL && sqlite3_get_autocommit(archive->db) == 0) {
        source_rest(&archive->source);
        sqlite3_exec(archive->db, "ROLLBACK", NULL, NULL, NULL);
    }
    deinit(archive);
}

void archive_set_max_bytes(struct archive *archive, size_t max_bytes)
{
    __atomic_store_n(&archive->max_bytes, max_bytes, __ATOMIC_RELAXED);
}

/* --- transactions --- */

int archive_begin_locked(struct archive *archive)
{
    assert(!archive->in_transaction);
    int error = archive_run(archive, archive->statements[ARCHIVE_BEGIN]);
    archive->in_transaction = error == 0;
    archive->n_touched = 0;
    return error;
}

int archive_commit_locked(struct archive *archive)
{
    assert(archive->in_transaction);
    source_rest(&archive->source);
    int error = archive_put_new_shards(archive);
    if (error == 0)
        error = archive_put_shards(archive);
    if (error == 0 && archive->next_series != archive->stored_next_series)
        error = put_meta(archive, META_NEXT_SERIES, archive->next_series);
    if (error == 0)
        error = archive_run(archive, archive->statements[ARCHIVE_COMMIT]);
    if (error != 0) {
        archive_abandon_locked(archive);
        return error;
    }
    archive->in_transaction = false;
    archive->n_touched = 0;
    archive->stored_next_series = archive->next_series;
    archive_publish(archive);
    return 0;
}

void archive_abandon_locked(struct archive *archive)
{
    if (!archive->in_transaction)
        return;
    source_rest(&archive->source);
    /* Some errors have rolled back already. */
    if (sqlite3_get_autocommit(archive->db) == 0)
        archive_run(archive, archive->statements[ARCHIVE_ROLLBACK]);
    archive->in_transaction = false;
    archive_reload_shards(archive);
}

int archive_begin(struct archive *archive)
{
    pthread_mutex_lock(&archive->lock);
    int error = archive_begin_locked(archive);
    if (error != 0)
        pthread_mutex_unlock(&archive->lock);
    return error;
}

int archive_commit(struct archive *archive)
{
    int error = archive_commit_locked(archive);
    pthread_mutex_unlock(&archive->lock);
    return error;
}

void archive_abandon(struct archive *archive)
{
    archive_abandon_locked(archive);
    pthread_mutex_unlock(&archive->lock);
}

int archive_sync(struct archive *archive)
{
    sqlite3_file *wal = NULL;
    pthread_mutex_lock(&archive->lock);
    int error = 0;
    if (sqlite3_file_control(archive->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) ==
            SQLITE_OK &&
        wal != NULL && wal->pMethods != NULL)
        error = wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL) == SQLITE_OK ? 0 : -EIO;
    pthread_mutex_unlock(&archive->lock);
    return error;
}

int archive_probe(struct archive *archive)
{
    static const uint8_t nothing[PROBE_BYTES];
    pthread_mutex_lock(&archive->lock);
    int error = archive_begin_locked(archive);
    if (error == 0) {
        sqlite3_stmt *put = archive->statements[ARCHIVE_PUT_PART];
        sqlite3_bind_int64(put, 1, archive->next_pack << 16);
        sqlite3_bind_blob(put, 2, nothing, sizeof(nothing), SQLITE_STATIC);
        error = archive_run(archive, put);
        sqlite3_bind_int64(archive->statements[ARCHIVE_DELETE_PARTS], 1,
                           archive->next_pack << 16);
        sqlite3_bind_int64(archive->statements[ARCHIVE_DELETE_PARTS], 2,
                           archive->next_pack << 16);
        if (error == 0)
            error = archive_run(archive, archive->statements[ARCHIVE_DELETE_PARTS]);
        if (error == 0)
            error = archive_commit_locked(archive);
        else
            archive_abandon_locked(archive);
    }
    pthread_mutex_unlock(&archive->lock);
    return error;
}
