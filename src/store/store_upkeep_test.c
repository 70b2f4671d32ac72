/* SPDX-License-Identifier: MIT */
/*
 * What goes on behind the appenders' backs: rotation, retention, deletion, damage, a full disk.
 */
#include <sys/mount.h>

#include "store/store_test.h"

enum {
    MAX = 100000
};
static struct sample got[MAX];

static struct store_stats stats_now(void)
{
    struct store_stats stats;
    store_stats(store, &stats);
    return stats;
}

/* `count` samples 10 s apart, the last one 10 s before `end`; values count up from 0. */
static int append_run(const char *instance, msec_t end_ms, int count)
{
    struct sample *samples = calloc((size_t)count, sizeof(*samples));
    for (int i = 0; i < count; i++)
        samples[i] = (struct sample){end_ms - (count - i) * 10000, i};
    int error = test_append(instance, samples, (size_t)count, NULL);
    free(samples);
    return error;
}

static int sql(const char *text)
{
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(test_path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    int changes = sqlite3_changes(db);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    return changes;
}

START_TEST(rotation_empties_the_log_and_loses_nothing)
{
    test_begin();
    test_open();
    ck_assert_int_eq(append_run("a", NOW_MS, 1000), 0);
    ck_assert_int_eq(test_append_one("slow", NOW_MS - 5000, 1), 0);
    ck_assert_int_eq(test_append_one("a", NOW_MS - 15001, -1), 0); /* late */
    ck_assert_uint_gt(stats_now().log_bytes, 0);
    ck_assert_int_eq(writer_settle(store), 0);
    ck_assert_uint_eq(stats_now().log_bytes, 0);
    uint64_t chunks = stats_now().chunks;

    /* The open chunk stayed open, and its row is replaced when it has grown. */
    ck_assert_int_eq(test_append_one("slow", NOW_MS, 2), 0);
    ck_assert_int_eq(writer_settle(store), 0);
    ck_assert_uint_eq(stats_now().chunks, chunks);
    for (int round = 0; round < 2; round++) {
        ck_assert_uint_eq(test_select("a", 0, NOW_MS, got, MAX), 1001);
        ck_assert(test_bits(got[999].value) == test_bits(-1));
        ck_assert_uint_eq(test_select("slow", 0, NOW_MS, got, MAX), 2);
        test_reopen();
        ck_assert_uint_eq(stats_now().log_bytes, 0);
    }
    ck_assert_uint_eq(stats_now().chunks, chunks);
    test_end();
}
END_TEST

START_TEST(old_samples_and_series_go)
{
    test_begin();
    test_open();
    ck_assert_int_eq(append_run("old", NOW_MS - 6 * MSEC_DAY, 500), 0);
    ck_assert_int_eq(append_run("both", NOW_MS - 6 * MSEC_DAY, 500), 0);
    ck_assert_int_eq(append_run("both", NOW_MS, 10), 0);
    ck_assert_int_eq(writer_settle(store), 0);
    ck_assert_uint_eq(stats_now().series, 2);

    test_now_ms = NOW_MS + 10 * MSEC_DAY;
    ck_assert_uint_eq(test_select("old", 0, NOW_MS, got, MAX), 0); /* at once, for queries */
    ck_assert_int_eq(writer_settle(store), 0);
    ck_assert_uint_eq(stats_now().series, 1);
    ck_assert_uint_eq(stats_now().chunks, 1);
    ck_assert_uint_eq(test_select("both", 0, NOW_MS, got, MAX), 10);
    test_reopen();
    ck_assert_uint_eq(stats_now().series, 1);
    ck_assert_uint_eq(test_select("both", 0, NOW_MS, got, MAX), 10);

    test_now_ms = NOW_MS + 20 * MSEC_DAY;
    ck_assert_int_eq(writer_settle(store), 0);
    ck_assert_uint_eq(stats_now().series, 0);
    ck_assert_uint_eq(stats_now().chunks + stats_now().chunk_bytes, 0);
    /* A dropped series comes again as a new one. */
    ck_assert_int_eq(test_append_one("old", test_now_ms, 1), 0);
    ck_assert_uint_eq(test_select("old", 0, test_now_ms, got, MAX), 1);
    test_end();
    ck_assert_int_eq(access(test_dir, F_OK), -1);
}
END_TEST

START_TEST(samples_in_memory_go_too)
{
    test_begin();
    test_open();
    ck_assert_int_eq(append_run("a", NOW_MS, 10), 0);
    test_now_ms = NOW_MS + 16 * MSEC_DAY;
    ck_assert_int_eq(writer_settle(store), 0);
    ck_assert_uint_eq(stats_now().series, 0);
    test_reopen();
    ck_assert_uint_eq(stats_now().series, 0);
    test_end();
}
END_TEST

START_TEST(deleted_series_stay_deleted)
{
    test_begin();
    test_open();
    ck_assert_int_eq(append_run("a", NOW_MS, 1000), 0);
    ck_assert_int_eq(append_run("b", NOW_MS, 1000), 0);
    struct matcher matcher = test_matcher(MATCHER_EQUAL, LABEL_INSTANCE, "a");
    ck_assert_int_eq(store_delete_series(store, 2, &matcher, 1), 0); /* another org's */
    ck_assert_uint_eq(test_select("a", 0, NOW_MS, got, MAX), 1000);
    ck_assert_int_eq(store_delete_series(store, ORG_FIRST, &matcher, 1), 0);
    ck_assert_uint_eq(test_select("a", 0, NOW_MS, got, MAX), 0);
    ck_assert_uint_eq(test_select("b", 0, NOW_MS, got, MAX), 1000);
    ck_assert_int_eq(store_delete_series(store, ORG_FIRST, &matcher, 1), 0); /* nothing left */
    test_reopen(); /* its log records are still there */
    ck_assert_uint_eq(test_select("a", 0, NOW_MS, got, MAX), 0);
    ck_assert_uint_eq(test_select("b", 0, NOW_MS, got, MAX), 1000);
    ck_assert_int_eq(test_append_one("a", NOW_MS, 5), 0);
    test_reopen();
    ck_assert_uint_eq(test_select("a", 0, NOW_MS, got, MAX), 1);
    matcher_deinit(&matcher);
    test_end();
}
END_TEST

START_TEST(a_damaged_chunk_is_skipped_and_counted)
{
    test_begin();
    test_open();
    ck_assert_int_eq(append_run("a", NOW_MS, 3 * CHUNK_SAMPLES_MAX), 0);
    ck_assert_int_eq(append_run("b", NOW_MS, 10), 0);
    ck_assert_int_eq(writer_settle(store), 0);
    store_close(store);
    ck_assert_int_eq(sql("UPDATE chunks SET data = substr(data, 1, 20) || x'ff' || "
                         "substr(data, 22) WHERE (series, from_ms) IN (SELECT series, from_ms "
                         "FROM chunks WHERE series = 1 ORDER BY from_ms LIMIT 1 OFFSET 1)"),
                     1);
    test_open();
    ck_assert_uint_eq(test_select("a", 0, NOW_MS, got, MAX), 2 * CHUNK_SAMPLES_MAX);
    ck_assert_uint_eq(stats_now().chunks_corrupt, 1);
    ck_assert_uint_eq(test_select("b", 0, NOW_MS, got, MAX), 10);
    ck_assert(store_is_healthy(store, (char[100]){0}, 100));
    test_end();
}
END_TEST

START_TEST(a_damaged_log_record_is_skipped_and_counted)
{
    test_begin();
    test_open();
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(test_append_one("a", NOW_MS - 10 + i, i), 0);
    store_close(store);
    ck_assert_int_eq(sql("UPDATE log SET data = x'0102030405' WHERE id = 3"), 1);
    test_open();
    ck_assert_uint_eq(test_select("a", 0, NOW_MS, got, MAX), 4);
    ck_assert_uint_eq(stats_now().log_records_corrupt, 1);
    ck_assert_int_eq(test_append_one("a", NOW_MS, 9), 0);
    test_end();
}
END_TEST

START_TEST(a_damaged_series_costs_itself_only)
{
    test_begin();
    test_open();
    ck_assert_int_eq(append_run("a", NOW_MS, 10), 0);
    ck_assert_int_eq(append_run("b", NOW_MS, 10), 0);
    store_close(store);
    ck_assert_int_eq(sql("UPDATE series SET labels = x'ff' WHERE id = 2"), 1);
    test_open();
    ck_assert_uint_eq(stats_now().series_corrupt, 1);
    ck_assert_uint_eq(test_select("a", 0, NOW_MS, got, MAX), 10);
    ck_assert_uint_eq(test_select("b", 0, NOW_MS, got, MAX), 0);
    ck_assert_int_eq(test_append_one("b", NOW_MS, 1), 0); /* gets an id of its own */
    ck_assert_uint_eq(test_select("b", 0, NOW_MS, got, MAX), 1);
    test_end();
}
END_TEST

/* Overwrites the first page of a table. */
static void damage(const char *table)
{
    char query[100];
    snprintf(query, sizeof(query), "SELECT rootpage FROM sqlite_schema WHERE name = '%s'",
             table);
    sqlite3 *db;
    sqlite3_stmt *find;
    ck_assert_int_eq(sqlite3_open(test_path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(db, query, -1, &find, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(find), SQLITE_ROW);
    long page = (long)sqlite3_column_int64(find, 0);
    sqlite3_finalize(find);
    sqlite3_close(db);

    char junk[4096];
    memset(junk, 0x5a, sizeof(junk));
    FILE *file = fopen(test_path, "r+");
    ck_assert_int_eq(fseek(file, (page - 1) * 4096, SEEK_SET), 0);
    ck_assert_uint_eq(fwrite(junk, sizeof(junk), 1, file), 1);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(a_damaged_file_is_explained)
{
    static const char *const tables[] = {"series", "chunks", "log"};
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        test_begin();
        test_open();
        ck_assert_int_eq(append_run("a", NOW_MS, 10), 0);
        store_close(store);
        damage(tables[i]);
        struct problem problem = {0};
        store = NULL;
        ck_assert_int_eq(store_open(&test_options, &store, &problem), -EBADMSG);
        ck_assert_ptr_nonnull(strstr(problem.text, test_path));
        ck_assert_ptr_nonnull(strstr(problem.text, tables[i]));
        ck_assert_ptr_nonnull(strstr(problem.text, "Restore it from a backup, or move it"));
        test_remove_files();
    }
}
END_TEST

START_TEST(damage_found_while_writing_is_explained)
{
    test_begin();
    test_open();
    writer_set_result(store, -EBADMSG);
    char why[256];
    ck_assert(!store_is_healthy(store, why, sizeof(why)));
    ck_assert_ptr_nonnull(strstr(why, "the file is damaged; stop the server"));
    test_end();
}
END_TEST

START_TEST(files_that_are_not_ours_are_refused)
{
    struct problem problem = {0};
    test_begin();
    test_open();
    struct store *second = NULL;
    ck_assert_int_eq(store_open(&test_options, &second, &problem), -EBUSY);
    ck_assert_ptr_null(second);
    ck_assert_ptr_nonnull(strstr(problem.text, "in use by another process"));
    store_close(store);

    sql("PRAGMA user_version = 2");
    ck_assert_int_eq(store_open(&test_options, &second, &problem), -EINVAL);
    ck_assert_ptr_nonnull(strstr(problem.text, "has format 2"));
    sql("PRAGMA user_version = 1; PRAGMA application_id = 7");
    ck_assert_int_eq(store_open(&test_options, &second, &problem), -EINVAL);
    ck_assert_ptr_nonnull(strstr(problem.text, "is not a store file"));

    FILE *file = fopen(test_path, "w");
    fputs("This is some other file, long enough to have the header of a database.\n", file);
    for (int i = 0; i < 100; i++)
        fputs("Nothing to see here.\n", file);
    fclose(file);
    ck_assert_int_lt(store_open(&test_options, &second, &problem), 0);
    ck_assert_ptr_nonnull(strstr(problem.text, "not a database"));
    test_options.path = "/nonexistent/dir/series.db";
    ck_assert_int_eq(store_open(&test_options, &second, &problem), -ENOENT);
    test_remove_files();
}
END_TEST

START_TEST(a_full_disk_stops_and_recovers)
{
    test_begin();
    test_options.max_file_bytes = 400 * 1024;
    test_open();
    char why[200];
    ck_assert(store_is_healthy(store, why, sizeof(why)));
    int runs = 0, error;
    while ((error = append_run("a", NOW_MS - 5 * MSEC_DAY + runs * 100 * 10000, 100)) == 0)
        ck_assert_int_lt(++runs, 3000);
    ck_assert_int_eq(error, -ENOSPC);
    ck_assert(!store_is_healthy(store, why, sizeof(why)));
    ck_assert_ptr_nonnull(strstr(why, "no space left"));
    ck_assert_int_eq(writer_settle(store), -ENOSPC); /* probed: still full */
    ck_assert_int_eq(test_append_one("b", NOW_MS, 1), -ENOSPC);

    /* Room again, by itself; the batch that failed is sent again. */
    __atomic_store_n(&store->max_file_bytes, 0, __ATOMIC_RELAXED);
    ck_assert_int_eq(writer_settle(store), 0);
    ck_assert(store_is_healthy(store, why, sizeof(why)));
    ck_assert_str_eq(why, "");
    ck_assert_int_eq(append_run("a", NOW_MS - 5 * MSEC_DAY + runs * 100 * 10000, 100), 0);
    ck_assert_int_eq(test_append_one("b", NOW_MS, 1), 0);
    test_reopen();
    ck_assert_uint_eq(test_select("a", 0, NOW_MS, got, MAX), (size_t)(runs + 1) * 100);
    ck_assert_uint_eq(test_select("b", 0, NOW_MS, got, MAX), 1);
    test_end();
}
END_TEST

/* The same with a file system of its own, where the test may mount one. */
START_TEST(a_full_file_system_stops_and_recovers)
{
    test_begin();
    if (mount("tmpfs", test_dir, "tmpfs", 0, "size=1m") != 0) {
        ck_assert(errno == EPERM || errno == EACCES);
        test_remove_files();
        return;
    }
    test_open();
    int runs = 0, error;
    while ((error = append_run("a", NOW_MS - 5 * MSEC_DAY + runs * 100 * 10000, 100)) == 0)
        ck_assert_int_lt(++runs, 4000);
    ck_assert_int_eq(error, -ENOSPC);
    ck_assert_int_eq(writer_settle(store), -ENOSPC);
    ck_assert_int_eq(mount("tmpfs", test_dir, "tmpfs", MS_REMOUNT, "size=32m"), 0);
    ck_assert_int_eq(writer_settle(store), 0);
    ck_assert_int_eq(append_run("a", NOW_MS - 5 * MSEC_DAY + runs * 100 * 10000, 100), 0);
    test_reopen();
    ck_assert_uint_eq(test_select("a", 0, NOW_MS, got, MAX), (size_t)(runs + 1) * 100);
    store_close(store);
    ck_assert_int_eq(umount(test_dir), 0);
    test_remove_files();
}
END_TEST

START_TEST(too_many_series_are_refused_clearly)
{
    test_begin();
    test_options.max_series_per_org = 2;
    test_open();
    const struct sample sample = {NOW_MS, 1};
    struct store_refusals refusals;
    ck_assert_int_eq(test_append_one("a", NOW_MS, 1), 0);
    ck_assert_int_eq(test_append_one("b", NOW_MS, 1), 0);
    ck_assert_int_eq(test_append("c", &sample, 1, &refusals), 0);
    ck_assert_uint_eq(refusals.series_limit, 1);
    ck_assert_ptr_nonnull(strstr(refusals.detail, "too many series"));
    ck_assert_ptr_nonnull(strstr(refusals.detail, "up{instance=\"c\"}"));
    ck_assert_int_eq(test_append_one("a", NOW_MS + 1, 1), 0); /* those known go on */
    ck_assert_uint_eq(stats_now().series, 2);
    test_end();
}
END_TEST

UNIT_MAIN("store_upkeep", rotation_empties_the_log_and_loses_nothing, old_samples_and_series_go,
          samples_in_memory_go_too, deleted_series_stay_deleted,
          a_damaged_chunk_is_skipped_and_counted, a_damaged_log_record_is_skipped_and_counted,
          a_damaged_series_costs_itself_only, a_damaged_file_is_explained,
          damage_found_while_writing_is_explained, files_that_are_not_ours_are_refused,
          a_full_disk_stops_and_recovers, a_full_file_system_stops_and_recovers,
          too_many_series_are_refused_clearly)
