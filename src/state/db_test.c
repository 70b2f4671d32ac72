/* SPDX-License-Identifier: MIT */
#include "state/db.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "state/schema.h"
#include "unit.h"

static char dir[64];
static char path[128];

static struct db *open_fresh(void)
{
    unit_make_folder(dir, sizeof(dir));
    snprintf(path, sizeof(path), "%s/state.db", dir);
    struct db *db;
    struct problem problem = {0};
    ck_assert_msg(db_open(path, &db, &problem) == 0, "%s", problem.text);
    return db;
}

static void remove_all(void)
{
    char command[160];
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}

static int count_row(const struct db_row *row, void *arg)
{
    *(int64_t *)arg = db_row_int(row, 0);
    return 0;
}

static int64_t count_orgs(struct db *db)
{
    int64_t count = -1;
    ck_assert_int_eq(db_run(db, "SELECT count(*) FROM orgs", DB_NO_ARGS, count_row, &count), 0);
    return count;
}

static int add_org(struct db *db, int64_t id)
{
    return db_run(db, "INSERT INTO orgs (id, name, created_ms) VALUES ($1, $2, $3)",
                  DB_ARGS(db_int(id), db_text("o"), db_int(1)), NULL, NULL);
}

static int check_types(const struct db_row *row, void *arg)
{
    size_t len;
    const char *blob = db_row_blob(row, 3, &len);
    ck_assert_int_eq(db_row_int(row, 0), -5);
    ck_assert_double_eq(db_row_real(row, 1), 2.5);
    ck_assert_str_eq(db_row_text(row, 2), "it's");
    ck_assert_uint_eq(len, 3);
    ck_assert_mem_eq(blob, "a\0b", 3);
    ck_assert(db_row_is_null(row, 4));
    ck_assert(isnan(db_row_real(row, 4)));
    ck_assert_str_eq(db_row_text(row, 4), "");
    *(int *)arg += 1;
    return 0;
}

START_TEST(values_come_back_as_they_went)
{
    struct db *db = open_fresh();
    int rows = 0;
    ck_assert_int_eq(db_run(db, "SELECT $1, $2, $3, $4, $5",
                            DB_ARGS(db_int(-5), db_real(2.5), db_text("it's"),
                                    db_blob("a\0b", 3), db_real((double)NAN)),
                            check_types, &rows),
                     0);
    ck_assert_int_eq(rows, 1);
    db_close(db);
    remove_all();
}
END_TEST

START_TEST(errors_have_their_names)
{
    struct db *db = open_fresh();
    ck_assert_int_eq(add_org(db, 1), 0);
    ck_assert_int_eq(add_org(db, 1), -EEXIST);
    ck_assert_int_eq(db_run(db, "INSERT INTO settings VALUES ($1, $2, $3)",
                            DB_ARGS(db_int(99), db_text("k"), db_text("v")), NULL, NULL),
                     -ENOENT);
    int64_t id;
    ck_assert_int_eq(db_run_for_id(db, "SELECT id FROM orgs WHERE id = 7", DB_NO_ARGS, &id),
                     -ENOENT);
    db_close(db);
    remove_all();
}
END_TEST

START_TEST(files_are_for_their_owner_alone)
{
    struct db *db = open_fresh();
    ck_assert_int_eq(add_org(db, 1), 0);
    static const char *const suffixes[] = {"", "-wal"};
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        char file[160];
        struct stat now;
        snprintf(file, sizeof(file), "%s%s", path, suffixes[i]);
        ck_assert_int_eq(stat(file, &now), 0);
        ck_assert_uint_eq(now.st_mode & 0777, 0600);
    }
    db_close(db);
}
END_TEST

START_TEST(abandoned_transactions_leave_nothing)
{
    struct db *db = open_fresh();
    ck_assert_int_eq(db_begin(db), 0);
    ck_assert_int_eq(add_org(db, 1), 0);
    db_abandon(db);
    ck_assert_int_eq(count_orgs(db), 0);
    ck_assert_int_eq(db_begin(db), 0);
    ck_assert_int_eq(add_org(db, 2), 0);
    ck_assert_int_eq(db_commit(db), 0);
    ck_assert_int_eq(count_orgs(db), 1);
    ck_assert_int_eq(db_sync(db), 0);
    db_close(db);
    remove_all();
}
END_TEST

/* The same literal again from inside its own row callback. */
static int nested_row(const struct db_row *row, void *arg)
{
    int64_t depth = db_row_int(row, 0);
    struct db *db = arg;
    if (depth < 3)
        return db_run(db, "SELECT count(*) + $1 FROM orgs", DB_ARGS(db_int(depth + 1)),
                      count_row, &depth);
    return 0;
}

START_TEST(statements_nest)
{
    struct db *db = open_fresh();
    static const char sql[] = "SELECT count(*) + $1 FROM orgs";
    ck_assert_int_eq(db_run(db, sql, DB_ARGS(db_int(0)), nested_row, db), 0);
    db_close(db);
    remove_all();
}
END_TEST

static void *add_many(void *arg)
{
    struct db *db = arg;
    for (int i = 0; i < 50; i++) {
        ck_assert_int_eq(db_begin(db), 0);
        int64_t before = count_orgs(db);
        ck_assert_int_eq(add_org(db, before + 1), 0);
        ck_assert_int_eq(db_commit(db), 0);
    }
    return NULL;
}

START_TEST(transactions_of_threads_do_not_mix)
{
    struct db *db = open_fresh();
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, add_many, db), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(count_orgs(db), 150);
    db_close(db);
    remove_all();
}
END_TEST

START_TEST(commits_survive_a_kill)
{
    struct db *db = open_fresh();
    db_close(db);
    pid_t child = fork();
    if (child == 0) {
        struct problem problem;
        if (db_open(path, &db, &problem) != 0 || add_org(db, 1) != 0 || db_begin(db) != 0 ||
            add_org(db, 2) != 0)
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    struct problem problem;
    ck_assert_int_eq(db_open(path, &db, &problem), 0);
    ck_assert_int_eq(count_orgs(db), 1);
    db_close(db);
    remove_all();
}
END_TEST

START_TEST(foreign_files_are_refused_in_words)
{
    struct db *db = open_fresh();
    ck_assert_int_eq(
        db_run(db, "UPDATE schema_version SET version = 99", DB_NO_ARGS, NULL, NULL), 0);
    db_close(db);
    struct problem problem = {0};
    ck_assert_int_eq(db_open(path, &db, &problem), -EPROTO);
    ck_assert_ptr_nonnull(strstr(problem.text, "newer program"));
    ck_assert_int_eq(file_write_atomic(path, "this is not a database at all....", 33, 0600), 0);
    ck_assert_int_eq(db_open(path, &db, &problem), -EBADMSG);
    ck_assert_int_eq(db_open("/nonexistent/state.db", &db, &problem), -ENOENT);
    remove_all();
}
END_TEST

UNIT_MAIN("db", values_come_back_as_they_went, errors_have_their_names,
          files_are_for_their_owner_alone, abandoned_transactions_leave_nothing,
          statements_nest, transactions_of_threads_do_not_mix, commits_survive_a_kill,
          foreign_files_are_refused_in_words)
