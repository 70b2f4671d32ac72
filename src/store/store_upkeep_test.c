/* SPDX-License-Identifier: MIT */
/*
 * What goes on behind the appenders' backs: rotation, retention, deletion, damage, a full disk.
 */
#include <sqlite3.h>
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

/* Nothing is left of samples that are past their retention. */
static void keep_no_rollups(void)
{
    test_options.retention_5m = test_options.retention_1h = test_options.retention;
}

START_TEST(rounds_empty_the_log_and_lose_nothing)
{
    test_begin();
    test_open();
    ck_assert_int_eq(append_run("a", NOW_MS, 1000), 0);
    ck_assert_int_eq(test_append_one("slow", NOW_MS - 5000, 1), 0);
    ck_assert_int_eq(test_append_one("a", NOW_MS - 15001, -1), 0); /* late */
    ck_assert_uint_gt(stats_now().log_bytes, 0);
    ck_assert_int_eq(upkeep_settle(store), 0);
    ck_assert_uint_eq(stats_now().log_bytes, 0);
    ck_assert_uint_eq(stats_now().archive.tiers[TIER_RAW].samples, 1002);

    ck_assert_int_eq(test_append_one("slow", NOW_MS, 2), 0);
    ck_assert_uint_gt(stats_now().log_bytes, 0);
    for (int round = 0; round < 2; round++) {
        ck_assert_uint_eq(test_select("a", 0, NOW_MS, got, MAX), 1001);
        ck_assert(test_bits(got[999].value) == test_bits(-1));
        ck_assert_uint_eq(test_select("slow", 0, NOW_MS, got, MAX), 2);
        test_reopen();
        ck_assert_uint_eq(stats_now().log_bytes, 0); /* a clean end flushes */
    }
    test_end();
}
END_TEST

START_TEST(old_samples_and_series_go)
{
    const msec_t much_later = NOW_MS + 800 * MSEC_DAY; /* rollups go by the month */
    test_begin();
    keep_no_rollups();
    test_open();
    ck_assert_int_eq(append_run("old", NOW_MS - 6 * MSEC_DAY, 500), 0);
    ck_assert_int_eq(append_run("both", NOW_MS - 6 * MSEC_DAY, 500), 0);
    ck_assert_int_eq(append_run("both", NOW_MS, 10), 0);
    ck_assert_int_eq(upkeep_settle(store), 0);
    ck_assert_uint_eq(stats_now().series, 2);

    test_now_ms = NOW_MS + 10 * MSEC_DAY;
    ck_assert_uint_eq(test_select("old", 0, NOW_MS, got, MAX), 0); /* at once, for queries */
    ck_assert_int_eq(upkeep_settle(store), 0);
    ck_assert_uint_eq(stats_now().archive.tiers[TIER_RAW].samples, 10);
    ck_assert_uint_eq(test_select("both", 0, NOW_MS, got, MAX), 10);

    test_now_ms = much_later;
    ck_assert_int_eq(append_run("both", much_later, 20), 0);
    ck_assert_int_eq(upkeep_settle(store), 0);
    for (int round = 0; round < 2; round++) {
        ck_assert_uint_eq(stats_now().series, 1);
        ck_assert_uint_eq(stats_now().archive.tiers[TIER_RAW].samples, 20);
        ck_assert_uint_eq(test_select("both", 0, much_later, got, MAX), 20);
        test_reopen();
    }
    /* A dropped series comes again as a new one. */
    ck_assert_int_eq(test_append_one("old", much_later, 1), 0);
    ck_assert_uint_eq(test_select("old", 0, much_later, got, MAX), 1);
    test_end();
    ck_assert_int_eq(access(test_dir, F_OK), -1);
}
END_TEST

START_TEST(samples_in_memory_go_too)
{
    test_begin();
    keep_no_rollups();
    test_open();
    ck_assert_int_eq(append_run("a", NOW_MS, 10), 0);
    test_now_ms = NOW_MS + 800 * MSEC_DAY;
    ck_assert_int_eq(upkeep_settle(store), 0);
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

START_TEST(damage_found_while_writing_is_explained)
{
    test_begin();
    test_open();
    upkeep_block(store, -EBADMSG);
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

    sql("PRAGMA user_version = 99");
    ck_assert_int_eq(store_open(&test_options, &second, &problem), -EINVAL);
    ck_assert_ptr_nonnull(strstr(problem.text, "has format 99"));
    sql("PRAGMA user_version = 2; PRAGMA application_id = 7");
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

/* On a file system of its own, where the test may mount one. */
START_TEST(a_full_file_system_stops_and_recovers)
{
    test_begin();
    if (mount("tmpfs", test_dir, "tmpfs", 0, "size=400k") != 0) {
        ck_assert(errno == EPERM || errno == EACCES);
        test_remove_files();
        return;
    }
    test_open();
    int runs = 0, error;
    while ((error = append_run("a", NOW_MS - 5 * MSEC_DAY + runs * 100 * 10000, 100)) == 0)
        ck_assert_int_lt(++runs, 4000);
    ck_assert_int_eq(error, -ENOSPC);
    ck_assert_int_eq(upkeep_settle(store), -ENOSPC);
    ck_assert_int_eq(mount("tmpfs", test_dir, "tmpfs", MS_REMOUNT, "size=32m"), 0);
    ck_assert_int_eq(upkeep_settle(store), 0);
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

    test_begin();
    test_options.max_series_per_host = 0;
    test_open();
    ck_assert_int_eq(test_append("c", &sample, 1, &refusals), 0);
    ck_assert_uint_eq(refusals.series_limit, 0); /* the first one makes the host */
    test_end();
}
END_TEST

/* A kill: what is in memory is gone, the files stay as they are. */
static void copy_files_to(char *out_path, size_t size)
{
    char folder[64], command[256];
    unit_make_folder(folder, sizeof(folder));
    snprintf(command, sizeof(command), "cp -r %s/. %s/", test_dir, folder);
    ck_assert_int_eq(system(command), 0);
    snprintf(out_path, size, "%s/series.db", folder);
}

/* Goes on with a copy of the files, taken while the store was open. */
static void test_crash(void)
{
    static char path[96];
    copy_files_to(path, sizeof(path));
    store_close(store);
    unit_remove_tree(test_dir);
    snprintf(test_dir, sizeof(test_dir), "%.*s", (int)(strrchr(path, '/') - path), path);
    snprintf(test_path, sizeof(test_path), "%s", path);
    test_open();
}

START_TEST(missing_and_damaged_segments_cost_themselves)
{
    char path[128];
    test_begin();
    test_open();
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(append_run("a", NOW_MS - (5 - i) * MSEC_HOUR, 100), 0);
        log_roll(&store->log);
    }
    snprintf(path, sizeof(path), "%s/log/00000002.log", test_dir);
    ck_assert_int_eq(unlink(path), 0);
    snprintf(path, sizeof(path), "%s/log/00000004.log", test_dir);
    FILE *file = fopen(path, "r+");
    fseek(file, 200, SEEK_SET);
    fputs("scribble", file);
    fclose(file);
    test_crash();
    ck_assert_uint_eq(test_select("a", 0, NOW_MS, got, MAX), 300);
    ck_assert_uint_eq(stats_now().log_losses, 2);
    char why[100];
    ck_assert(store_is_healthy(store, why, sizeof(why)));
    ck_assert_int_eq(append_run("a", NOW_MS, 10), 0);
    ck_assert_int_eq(upkeep_settle(store), 0);
    test_reopen();
    ck_assert_uint_eq(test_select("a", 0, NOW_MS, got, MAX), 310);
    ck_assert_uint_eq(stats_now().log_losses, 0); /* told once */
    test_end();
}
END_TEST

START_TEST(a_deleted_series_stays_deleted_after_a_kill)
{
    test_begin();
    test_open();
    ck_assert_int_eq(append_run("a", NOW_MS, 100), 0);
    ck_assert_int_eq(append_run("b", NOW_MS, 100), 0);
    struct matcher matcher = test_matcher(MATCHER_EQUAL, LABEL_INSTANCE, "a");
    ck_assert_int_eq(store_delete_series(store, ORG_FIRST, &matcher, 1), 0);
    ck_assert_int_eq(append_run("a", NOW_MS, 7), 0); /* a new one */
    for (int round = 0; round < 2; round++) {
        test_crash();
        ck_assert_uint_eq(test_select("a", 0, NOW_MS, got, MAX), 7);
        ck_assert_uint_eq(test_select("b", 0, NOW_MS, got, MAX), 100);
        ck_assert_uint_eq(stats_now().series, 2);
        ck_assert_int_eq(upkeep_settle(store), 0);
    }
    matcher_deinit(&matcher);
    test_end();
}
END_TEST

/* The clock goes back, then far ahead; what was taken stays, what is refused is refused clearly. */
START_TEST(clock_jumps)
{
    struct store_refusals refusals;
    const struct sample now = {NOW_MS, 1};
    test_begin();
    test_open();
    ck_assert_int_eq(append_run("a", NOW_MS, 100), 0);
    test_now_ms = NOW_MS - 2 * MSEC_DAY;
    ck_assert_int_eq(test_append("a", &now, 1, &refusals), 0);
    ck_assert_uint_eq(refusals.too_new, 1);
    ck_assert_int_eq(append_run("a", test_now_ms, 50), 0); /* late now */
    ck_assert_int_eq(upkeep_settle(store), 0);
    ck_assert_uint_eq(test_select("a", 0, NOW_MS, got, MAX), 150);
    test_now_ms = NOW_MS + 8 * MSEC_DAY;
    ck_assert_int_eq(test_append("a", &now, 1, &refusals), 0);
    ck_assert_uint_eq(refusals.too_old, 1);
    ck_assert_int_eq(append_run("a", test_now_ms, 20), 0);
    test_crash();
    ck_assert_uint_eq(test_select("a", 0, test_now_ms, got, MAX), 170);
    ck_assert_int_eq(upkeep_settle(store), 0);
    ck_assert_uint_eq(test_select("a", 0, test_now_ms, got, MAX), 170);
    test_end();
}
END_TEST

/* The round began before the series was there; its shard is written all the same. */
START_TEST(a_series_that_comes_during_a_round)
{
    test_begin();
    test_open();
    ck_assert_int_eq(append_run("a", NOW_MS, 100), 0);
    ck_assert_int_eq(upkeep_settle(store), 0);
    upkeep_stop(store); /* from here on the test is the upkeep */
    ck_assert_int_eq(append_run("a", NOW_MS + MSEC_MINUTE, 5), 0);
    flush_begin(store, clock_mono_ms());
    ck_assert_int_eq(append_run("b", NOW_MS, 100), 0);
    int error = 0;
    while (flush_step(store, &error)) {
    }
    ck_assert_int_eq(error, 0);
    ck_assert_int_eq(archive_settle(store->archive, NOW_MS), 0);
    ck_assert_uint_eq(stats_now().archive.tiers[TIER_RAW].samples, 205);
    ck_assert_int_eq(upkeep_start(store), 0);
    for (int round = 0; round < 2; round++) {
        ck_assert_uint_eq(test_select("a", 0, INT64_MAX, got, MAX), 105);
        ck_assert_uint_eq(test_select("b", 0, INT64_MAX, got, MAX), 100);
        test_reopen();
    }
    test_end();
}
END_TEST

/* More late samples than a shard keeps in a list. */
START_TEST(many_late_samples)
{
    enum {
        COUNT = 3 * SHARD_LATE_MAX
    };
    static struct sample samples[COUNT];
    test_begin();
    test_open();
    ck_assert_int_eq(test_append_one("a", NOW_MS, 1), 0);
    for (int i = 0; i < COUNT; i++) /* backwards: each one is late */
        samples[i] = (struct sample){NOW_MS - (i + 1) * 1000, i};
    ck_assert_int_eq(test_append("a", samples, COUNT, NULL), 0);
    ck_assert_uint_eq(test_select("a", 0, NOW_MS, got, MAX), COUNT + 1);
    ck_assert_int_eq(test_append("a", samples, COUNT, NULL), 0); /* sent again */
    test_crash();
    for (int round = 0; round < 2; round++) {
        ck_assert_uint_eq(test_select("a", 0, NOW_MS, got, MAX), COUNT + 1);
        for (int i = 0; i < COUNT; i++)
            ck_assert(got[COUNT - 1 - i].value == i);
        ck_assert_int_eq(upkeep_settle(store), 0);
    }
    test_end();
}
END_TEST

UNIT_MAIN("store_upkeep", missing_and_damaged_segments_cost_themselves,
          a_deleted_series_stays_deleted_after_a_kill, clock_jumps, many_late_samples,
          a_series_that_comes_during_a_round, rounds_empty_the_log_and_lose_nothing,
          old_samples_and_series_go, samples_in_memory_go_too, deleted_series_stay_deleted,
          damage_found_while_writing_is_explained, files_that_are_not_ours_are_refused,
          a_full_file_system_stops_and_recovers, too_many_series_are_refused_clearly)
