/* SPDX-License-Identifier: MIT */
/* ssh_test - log files that grow, are rotated, truncated, missing or strange. */
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "collect/fake_host.h"
#include "unit.h"

static const struct collect_options only_ssh = {.ssh = true};

static struct fake_host host;
static struct collect *collect;
static int next_pid;

/* A failed attempt, `ago` before now. */
static void attempt(char *out, size_t size, mspan_t ago)
{
    char stamp[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(clock_wall_ms() - ago, stamp);
    snprintf(out, size,
             "%s host sshd[%d]: Failed password for root from 192.0.2.1 port 5 ssh2\n", stamp,
             ++next_pid);
}

static void append(const char *path, const char *text)
{
    char full[256];
    snprintf(full, sizeof(full), "%s/%s", host.path, path);
    FILE *file = fopen(full, "a");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void append_attempts(const char *path, int count, mspan_t ago)
{
    char line[256];
    for (int i = 0; i < count; i++) {
        attempt(line, sizeof(line), ago);
        append(path, line);
    }
}

static void init(void)
{
    next_pid = 100;
    fake_host_init(&host);
    fake_host_write(&host, "var/log/x", "");
}

static void start(struct collect_options options)
{
    collect = fake_host_collect_new(&host, options);
    fake_host_run(&host, collect);
}

static double failed(void)
{
    return fake_host_value(&host, "sentora_ssh_failed_logins");
}

static double failed_next(void)
{
    fake_host_run(&host, collect);
    return failed();
}

static void stop(void)
{
    collect_free(collect);
    fake_host_deinit(&host);
}

START_TEST(the_window_before_the_start_counts)
{
    init();
    append_attempts("var/log/auth.log", 2, 2 * MSEC_HOUR);
    append_attempts("var/log/auth.log", 3, MSEC_MINUTE);
    start(only_ssh);
    ck_assert_double_eq(failed(), 3);
    ck_assert_double_eq(fake_host_value(&host, "sentora_ssh_failed_logins_total"), 3);
    append_attempts("var/log/auth.log", 1, 0);
    ck_assert_double_eq(failed_next(), 4);
    ck_assert_double_eq(failed_next(), 4);
    stop();
}
END_TEST

START_TEST(secure_is_found_too)
{
    init();
    append_attempts("var/log/secure", 2, 0);
    start(only_ssh);
    ck_assert_double_eq(failed(), 2);
    stop();
}
END_TEST

START_TEST(rotation_by_rename_loses_nothing)
{
    init();
    append_attempts("var/log/auth.log", 1, 0);
    start(only_ssh);

    char from[256], to[256];
    snprintf(from, sizeof(from), "%s/var/log/auth.log", host.path);
    snprintf(to, sizeof(to), "%s/var/log/auth.log.1", host.path);
    append_attempts("var/log/auth.log", 2, 0);
    ck_assert_int_eq(rename(from, to), 0);
    ck_assert_double_eq(failed_next(), 3); /* no new file yet */
    append_attempts("var/log/auth.log.1", 1, 0);
    append_attempts("var/log/auth.log", 4, 0);
    ck_assert_double_eq(failed_next(), 8);
    append_attempts("var/log/auth.log", 1, 0);
    ck_assert_double_eq(failed_next(), 9);
    stop();
}
END_TEST

START_TEST(rotation_by_truncation_starts_over)
{
    init();
    append_attempts("var/log/auth.log", 5, 0);
    start(only_ssh);
    fake_host_write(&host, "var/log/auth.log", "");
    append_attempts("var/log/auth.log", 2, 0);
    ck_assert_double_eq(failed_next(), 7);
    stop();
}
END_TEST

START_TEST(a_line_counts_when_it_is_whole)
{
    char line[256];
    init();
    fake_host_write(&host, "var/log/auth.log", "");
    start(only_ssh);
    attempt(line, sizeof(line), 0);
    char rest[256];
    text_copy(rest, sizeof(rest), line + 60);
    line[60] = '\0';
    append("var/log/auth.log", line);
    ck_assert_double_eq(failed_next(), 0);
    append("var/log/auth.log", rest);
    ck_assert_double_eq(failed_next(), 1);
    stop();
}
END_TEST

START_TEST(long_and_binary_lines_are_passed_over)
{
    init();
    fake_host_write(&host, "var/log/auth.log", "\xff\xfe\n\n\n");
    for (int i = 0; i < 3000; i++)
        append("var/log/auth.log", "sshd sshd sshd sshd sshd ");
    start(only_ssh);
    ck_assert_double_eq(failed(), 0);
    append("var/log/auth.log", "\n");
    append_attempts("var/log/auth.log", 1, 0);
    ck_assert_double_eq(failed_next(), 1);
    stop();
}
END_TEST

START_TEST(a_large_log_is_read_from_near_its_end)
{
    init();
    char full[256], line[256];
    snprintf(full, sizeof(full), "%s/var/log/auth.log", host.path);
    FILE *file = fopen(full, "w");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < 60000; i++) {
        attempt(line, sizeof(line), 2 * MSEC_HOUR);
        fputs(line, file);
    }
    fclose(file);
    append_attempts("var/log/auth.log", 5, MSEC_SECOND);
    start(only_ssh);
    ck_assert_double_eq(failed(), 5);
    stop();
}
END_TEST

START_TEST(a_named_file_that_is_missing_is_told_and_awaited)
{
    init();
    struct collect_options options = only_ssh;
    options.ssh_log_path = "/var/log/elsewhere.log";
    start(options);
    ck_assert(isnan(failed()));
    char problems[512];
    fake_host_problems(collect, problems, sizeof(problems));
    ck_assert_ptr_nonnull(strstr(problems, "ssh: cannot read /var/log/elsewhere.log (No such"));
    fake_host_run(&host, collect);
    fake_host_problems(collect, problems, sizeof(problems));
    ck_assert_ptr_nonnull(strstr(problems, "ssh: cannot read"));

    struct buf text;
    struct json json;
    buf_init(&text, 4096);
    json_init(&json, &text);
    collect_write_ssh(collect, &json);
    ck_assert_str_eq(buf_text(&text), "null");
    buf_deinit(&text);
    stop();
}
END_TEST

START_TEST(a_host_without_any_log_says_so)
{
    init();
    start(only_ssh);
    ck_assert(isnan(failed()));
    char problems[512];
    fake_host_problems(collect, problems, sizeof(problems));
    ck_assert_ptr_nonnull(strstr(problems, "ssh: neither auth.log, secure nor"));
    stop();
}
END_TEST

START_TEST(a_directory_is_no_log)
{
    init();
    fake_host_write(&host, "var/log/auth.log/file", "");
    start(only_ssh);
    char problems[512];
    fake_host_problems(collect, problems, sizeof(problems));
    ck_assert_ptr_nonnull(strstr(problems, "ssh: cannot read /var/log/auth.log"));
    stop();
}
END_TEST

UNIT_MAIN("ssh", the_window_before_the_start_counts, secure_is_found_too,
          rotation_by_rename_loses_nothing, rotation_by_truncation_starts_over,
          a_line_counts_when_it_is_whole, long_and_binary_lines_are_passed_over,
          a_large_log_is_read_from_near_its_end,
          a_named_file_that_is_missing_is_told_and_awaited, a_host_without_any_log_says_so,
          a_directory_is_no_log)
