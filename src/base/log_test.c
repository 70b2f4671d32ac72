/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "unit.h"

static char folder[64], path[96];

/* Sends stderr into a file of the test. */
static void begin(void)
{
    unit_make_folder(folder, sizeof(folder));
    ck_assert(file_join(path, sizeof(path), folder, "stderr"));
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_eq(dup2(file, STDERR_FILENO), STDERR_FILENO);
    close(file);
}

static const char *written(void)
{
    static char text[4096];
    int file = open(path, O_RDONLY);
    ssize_t len = read(file, text, sizeof(text) - 1);
    close(file);
    ck_assert_int_ge(len, 0);
    text[len] = '\0';
    return text;
}

START_TEST(the_journal_gets_priorities)
{
    begin();
    struct stat info;
    char stream[64];
    ck_assert_int_eq(fstat(STDERR_FILENO, &info), 0);
    snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)info.st_dev,
             (unsigned long long)info.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    log_warn("disk", "full path=%s", "/");
    ck_assert_str_eq(written(), "<4>disk: full path=/\n");
}
END_TEST

START_TEST(a_stream_that_is_another_changes_nothing)
{
    static const char *const streams[] = {"1:2", "", "nonsense"};
    for (size_t i = 0; i < 3; i++) {
        begin();
        setenv("JOURNAL_STREAM", streams[i], 1);
        log_error("disk", "full number=%zu", i);
        ck_assert_ptr_nonnull(strstr(written(), "Z error disk: full number="));
    }
}
END_TEST

START_TEST(a_line_stays_a_line)
{
    begin();
    unsetenv("JOURNAL_STREAM");
    log_info("api", "name=%s", "a\nb\x1b[1m");
    ck_assert_ptr_nonnull(strstr(written(), "info  api: name=a b [1m\n"));
}
END_TEST

START_TEST(levels_have_the_usual_names)
{
    begin();
    ck_assert(log_set_level_name("CRITICAL"));
    log_warn("x", "not said");
    ck_assert_str_eq(written(), "");
    ck_assert(log_set_level_name("Debug"));
    log_debug("x", "said");
    ck_assert_ptr_nonnull(strstr(written(), "debug x: said"));
    ck_assert(!log_set_level_name("bogus"));
}
END_TEST

UNIT_MAIN("log", the_journal_gets_priorities, a_stream_that_is_another_changes_nothing,
          a_line_stays_a_line, levels_have_the_usual_names)
