/* SPDX-License-Identifier: MIT */
#include "ctl/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "ctl/database.h"
#include "unit.h"

static char folder[64], data[96], target[128], other[96];
static sqlite3 *db;

static void run_sql(const char *sql)
{
    char *error = NULL;
    int code = sqlite3_exec(db, sql, NULL, NULL, &error);
    ck_assert_msg(code == SQLITE_OK, "%s: %s", sql, error);
}

static void put_file(const char *dir, const char *name, const char *text)
{
    char path[256];
    ck_assert(file_join(path, sizeof(path), dir, name));
    ck_assert_int_eq(file_write_atomic(path, text, strlen(text), 0600), 0);
}

static bool has_file(const char *dir, const char *name, const char *text)
{
    char path[256];
    struct buf content;
    buf_init(&content, 4096);
    ck_assert(file_join(path, sizeof(path), dir, name));
    bool same = file_read(path, &content) == 0 && strcmp(buf_text(&content), text) == 0;
    buf_deinit(&content);
    return same;
}

/* A data directory as a running server has it: databases open in WAL mode, a log, a lock. */
static void set_up(void)
{
    char path[160];
    unit_make_folder(folder, sizeof(folder));
    snprintf(data, sizeof(data), "%s/data", folder);
    snprintf(target, sizeof(target), "%s/b.backup", folder);
    snprintf(other, sizeof(other), "%s/other", folder);
    snprintf(path, sizeof(path), "%s/log", data);
    ck_assert_int_eq(file_make_dirs(path, 0700), 0);
    put_file(path, "00000007.log", "seven");
    put_file(path, "00000008.log", "eight");
    put_file(data, "secret.key", "key");
    put_file(data, "server.ready", "127.0.0.1:1");
    put_file(data, "lock", "");
    snprintf(path, sizeof(path), "%s/state.db", data);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    run_sql("PRAGMA journal_mode = WAL; CREATE TABLE t(x); INSERT INTO t VALUES(42)");
}

static void tear_down(void)
{
    sqlite3_close(db);
    db = NULL;
}

static int count_rows(const char *dir)
{
    char path[160];
    sqlite3 *copy = NULL;
    sqlite3_stmt *statement = NULL;
    snprintf(path, sizeof(path), "%s/state.db", dir);
    ck_assert_int_eq(sqlite3_open(path, &copy), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(copy, "SELECT count(*) FROM t", -1, &statement, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    int n = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(copy);
    return n;
}

static int make(struct problem *problem)
{
    struct backup_result result;
    *problem = (struct problem){.line = 0};
    int error = backup_make(data, target, &result, problem);
    ck_assert(error != 0 || result.damage[0] == '\0');
    return error;
}

static int put_back(const char *dir, bool force, struct problem *problem)
{
    struct restore_result result;
    *problem = (struct problem){.line = 0};
    return backup_restore(target, dir, force, &result, problem);
}

START_TEST(everything_comes_back)
{
    struct problem problem;
    char path[160];
    ck_assert_msg(make(&problem) == 0, "%s", problem.text);
    ck_assert_msg(put_back(other, false, &problem) == 0, "%s", problem.text);
    ck_assert(has_file(other, "log/00000007.log", "seven"));
    ck_assert(has_file(other, "log/00000008.log", "eight"));
    ck_assert(has_file(other, "secret.key", "key"));
    ck_assert_int_eq(count_rows(other), 1);
    snprintf(path, sizeof(path), "%s/server.ready", other);
    ck_assert(!file_exists(path));
    snprintf(path, sizeof(path), "%s/restore.part", other);
    ck_assert(!file_exists(path));
}
END_TEST

static void *write_rows(void *arg)
{
    int *stop = arg;
    for (int i = 0; i < 3000 && !__atomic_load_n(stop, __ATOMIC_RELAXED); i++)
        run_sql("INSERT INTO t SELECT randomblob(2000) FROM t LIMIT 1");
    return NULL;
}

/* The copy neither waits for a quiet moment nor holds the writer up. */
START_TEST(a_database_is_copied_while_it_is_written)
{
    run_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
            "INSERT INTO t SELECT randomblob(2000) FROM n");
    pthread_t thread;
    int stop = 0;
    ck_assert_int_eq(pthread_create(&thread, NULL, write_rows, &stop), 0);
    struct problem problem;
    for (int i = 0; i < 3; i++)
        ck_assert_msg(make(&problem) == 0, "%s", problem.text);
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    ck_assert_msg(put_back(other, false, &problem) == 0, "%s", problem.text);
    ck_assert_int_ge(count_rows(other), 3001);
}
END_TEST

START_TEST(force_moves_away_what_was_there)
{
    struct problem problem;
    ck_assert_int_eq(make(&problem), 0);
    ck_assert_int_eq(file_make_dirs(other, 0700), 0);
    put_file(other, "state.db", "something else");
    ck_assert_int_eq(put_back(other, false, &problem), -ENOTEMPTY);
    ck_assert(has_file(other, "state.db", "something else"));
    ck_assert_int_eq(put_back(other, true, &problem), 0);
    ck_assert(has_file(other, "before-restore-1/state.db", "something else"));
    ck_assert_int_eq(put_back(other, true, &problem), 0);
    ck_assert(has_file(other, "before-restore-2/secret.key", "key"));
    ck_assert_int_eq(count_rows(other), 1);
}
END_TEST

START_TEST(a_directory_in_use_is_left_alone)
{
    struct problem problem;
    char path[160];
    ck_assert_int_eq(make(&problem), 0);
    snprintf(path, sizeof(path), "%s/lock", data);
    int lock = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_eq(flock(lock, LOCK_EX), 0);
    ck_assert_int_eq(put_back(data, true, &problem), -EBUSY);
    close(lock);
}
END_TEST

START_TEST(a_damaged_file_changes_nothing)
{
    struct problem problem;
    ck_assert_int_eq(make(&problem), 0);
    int file = open(target, O_RDWR | O_CLOEXEC);
    ck_assert_int_eq(pwrite(file, "\xff", 1, 60), 1);
    close(file);
    ck_assert_int_eq(put_back(other, false, &problem), -EBADMSG);
    ck_assert(!file_exists(other));
}
END_TEST

START_TEST(two_backups_to_one_file_do_not_mix)
{
    struct problem problem;
    char part[160];
    snprintf(part, sizeof(part), "%s.part", target);
    int file = open(part, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_eq(flock(file, LOCK_EX), 0);
    ck_assert_int_eq(make(&problem), -EBUSY);
    ck_assert(file_exists(part));
    close(file);
    ck_assert_int_eq(make(&problem), 0);
    ck_assert(!file_exists(part));
}
END_TEST

START_TEST(places_that_make_no_sense)
{
    struct problem problem;
    snprintf(target, sizeof(target), "%s/log/x", data);
    ck_assert_int_eq(make(&problem), -EINVAL);
    snprintf(target, sizeof(target), "%s/none/x", folder);
    ck_assert_int_eq(make(&problem), -ENOENT);
    snprintf(data, sizeof(data), "%s/nothing", folder);
    ck_assert_int_eq(make(&problem), -ENOENT);
    ck_assert_int_eq(put_back(other, false, &problem), -ENOENT);
}
END_TEST

START_TEST(damage_in_a_database_is_told)
{
    struct problem problem = {0};
    struct backup_result result;
    char path[160];
    run_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
            "INSERT INTO t SELECT randomblob(2000) FROM n; PRAGMA wal_checkpoint(TRUNCATE)");
    snprintf(path, sizeof(path), "%s/state.db", data);
    int file = open(path, O_RDWR | O_CLOEXEC);
    char rubbish[4096];
    memset(rubbish, 0x5A, sizeof(rubbish));
    ck_assert_int_eq(pwrite(file, rubbish, sizeof(rubbish), (off_t)4096 * 20), sizeof(rubbish));
    close(file);
    ck_assert_int_eq(backup_make(data, target, &result, &problem), 0);
    ck_assert_ptr_nonnull(strstr(result.damage, "state.db"));
    struct restore_result restored;
    ck_assert_int_eq(backup_restore(target, other, false, &restored, &problem), 0);
    ck_assert_int_ne(restored.damage[0], '\0');
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("backup");
    TCase *tcase = tcase_create("backup");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, everything_comes_back);
    tcase_add_test(tcase, a_database_is_copied_while_it_is_written);
    tcase_add_test(tcase, force_moves_away_what_was_there);
    tcase_add_test(tcase, a_directory_in_use_is_left_alone);
    tcase_add_test(tcase, a_damaged_file_changes_nothing);
    tcase_add_test(tcase, two_backups_to_one_file_do_not_mix);
    tcase_add_test(tcase, places_that_make_no_sense);
    tcase_add_test(tcase, damage_in_a_database_is_told);
    suite_add_tcase(suite, tcase);
    return unit_run_suite(suite);
}
