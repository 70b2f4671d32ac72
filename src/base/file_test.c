/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char dir[64];

START_TEST(writes_and_reads_back)
{
    unit_make_folder(dir, sizeof(dir));
    char deep[256], path[300];
    snprintf(deep, sizeof(deep), "%s/a/b/c", dir);
    ck_assert_int_eq(file_make_dirs(deep, 0700), 0);
    ck_assert_int_eq(file_make_dirs(deep, 0700), 0);
    ck_assert(file_join(path, sizeof(path), deep, "secret"));

    ck_assert_int_eq(file_write_atomic(path, "one", 3, 0600), 0);
    ck_assert_int_eq(file_write_atomic(path, "second", 6, 0600), 0);
    struct stat stat_now;
    ck_assert_int_eq(stat(path, &stat_now), 0);
    ck_assert_uint_eq(stat_now.st_mode & 0777, 0600);

    struct buf content;
    buf_init(&content, 100);
    ck_assert_int_eq(file_read(path, &content), 0);
    ck_assert_str_eq(buf_text(&content), "second");
    buf_deinit(&content);

    buf_init(&content, 3);
    ck_assert_int_eq(file_read(path, &content), -ENOBUFS);
    buf_deinit(&content);
    unlink(path);
}
END_TEST

START_TEST(reports_what_is_not_there)
{
    struct buf content;
    buf_init(&content, 100);
    ck_assert_int_eq(file_read("/nonexistent/x", &content), -ENOENT);
    ck_assert_int_eq(file_write_atomic("/nonexistent/x", "a", 1, 0600), -ENOENT);
    ck_assert(!file_exists("/nonexistent"));
    buf_deinit(&content);
}
END_TEST

START_TEST(reads_proc_files)
{
    struct buf content;
    buf_init(&content, 1 << 20);
    ck_assert_int_eq(file_read("/proc/self/stat", &content), 0);
    ck_assert_uint_gt(content.len, 20);
    buf_deinit(&content);
}
END_TEST

UNIT_MAIN("file", writes_and_reads_back, reports_what_is_not_there, reads_proc_files)
