/* SPDX-License-Identifier: MIT */
#include "ctl/database.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#define BUSY_MS    10000
#define STEP_PAGES 4096

static const char magic[16] = "SQLite format 3";

bool database_is_one(const char *path)
{
    char head[sizeof(magic)];
    CLEANUP(file_closep) int file = open(path, O_RDONLY | O_CLOEXEC);
    return file >= 0 && pread(file, head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
           memcmp(head, magic, sizeof(magic)) == 0;
}

static void close_database(sqlite3 **db)
{
    sqlite3_close(*db);
}

static int fail(sqlite3 *db, const char *path, struct problem *problem)
{
    int code = sqlite3_errcode(db) & 0xff;
    problem_set(problem, "%s: %s", path, sqlite3_errmsg(db));
    return code == SQLITE_FULL                               ? -ENOSPC
           : code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? -EBADMSG
                                                             : -EIO;
}

/* All pages, from the snapshot that the source's open transaction sees. */
static int copy_pages(sqlite3 *from, sqlite3 *to)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (backup == NULL)
        return sqlite3_errcode(to);
    int code = SQLITE_OK;
    while (code == SQLITE_OK)
        code = sqlite3_backup_step(backup, STEP_PAGES);
    int end = sqlite3_backup_finish(backup);
    return code == SQLITE_DONE ? end : code;
}

int database_copy(const char *source, const char *target, struct problem *problem)
{
    CLEANUP(close_database) sqlite3 *from = NULL;
    CLEANUP(close_database) sqlite3 *to = NULL;
    if (unlink(target) != 0 && errno != ENOENT) {
        problem_set(problem, "%s: %s", target, strerror(errno));
        return -EIO;
    }
    if (sqlite3_open_v2(source, &from, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        return fail(from, source, problem);
    sqlite3_busy_timeout(from, BUSY_MS);
    if (sqlite3_exec(from, "BEGIN; SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL) !=
        SQLITE_OK)
        return fail(from, source, problem);
    if (sqlite3_open_v2(target, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
            SQLITE_OK ||
        sqlite3_exec(to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL,
                     NULL) != SQLITE_OK)
        return fail(to, target, problem);
    return copy_pages(from, to) == SQLITE_OK ? 0 : fail(to, source, problem);
}

struct verdict {
    struct problem *problem;
    bool good;
};

static int read_verdict(void *arg, int n_columns, char **columns, char **names)
{
    struct verdict *verdict = arg;
    (void)names;
    verdict->good = n_columns == 1 && columns[0] != NULL && text_is(columns[0], "ok");
    if (!verdict->good)
        problem_set(verdict->problem, "%s", n_columns == 1 ? columns[0] : "damaged");
    return 0;
}

int database_check(const char *path, struct problem *problem)
{
    CLEANUP(close_database) sqlite3 *db = NULL;
    struct verdict verdict = {.problem = problem};
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        return fail(db, path, problem);
    if (sqlite3_exec(db, "PRAGMA quick_check(1)", read_verdict, &verdict, NULL) != SQLITE_OK)
        return fail(db, path, problem);
    return verdict.good ? 0 : -EBADMSG;
}
