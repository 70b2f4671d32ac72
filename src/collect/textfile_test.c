/* SPDX-License-Identifier: MIT */
#include "collect/fake_host.h"
#include "unit.h"

#define DIRECTORY "/var/lib/prom"

static struct fake_host host;
static struct collect *collect;

static void begin(void)
{
    fake_host_init(&host);
}

static void run(void)
{
    collect =
        fake_host_collect_new(&host, (struct collect_options){.textfile_path = DIRECTORY});
    fake_host_run(&host, collect);
}

static void end(void)
{
    collect_free(collect);
    fake_host_deinit(&host);
}

static void is(const char *series, double value)
{
    double got = fake_host_value(&host, series);
    ck_assert_msg(got == value, "%s is %g, not %g", series, got, value);
}

START_TEST(samples_of_all_files_are_told)
{
    begin();
    fake_host_write(
        &host, "var/lib/prom/a.prom",
        "# HELP backup_age_seconds Age of the \\\"last\\\" backup.\n"
        "# TYPE backup_age_seconds gauge\nbackup_age_seconds 12.5\n\n"
        "  # a word\n#\nbackup_files_total { vault = \"b\\\\\\\"\" , a=\"x\",} 7e3\n"
        "rpc_seconds_bucket{le=\"+Inf\"} +Inf\r\n");
    fake_host_write(&host, "var/lib/prom/b.prom", "last_line_without_newline 1");
    fake_host_write(&host, "var/lib/prom/c.txt", "not_ours 1\n");
    run();
    is("backup_age_seconds", 12.5);
    is("backup_files_total{a=\"x\",vault=\"b\\\"\"}", 7000);
    is("last_line_without_newline", 1);
    ck_assert(isinf(fake_host_value(&host, "rpc_seconds_bucket{le=\"+Inf\"}")));
    is("node_textfile_scrape_error", 0);
    ck_assert(fake_host_value(&host, "node_textfile_mtime_seconds{file=\"" DIRECTORY
                                     "/a.prom\"}") > 1e9);
    ck_assert_uint_eq(fake_host_count(&host, "node_textfile_mtime"), 2);
    ck_assert_uint_eq(fake_host_count(&host, "not_ours"), 0);
    end();
}
END_TEST

START_TEST(a_bad_file_gives_nothing_and_hides_no_other)
{
    static const char *const bad[] = {
        "good 1\nbad\n",
        "good 1\nbad 1 1700000000000\n",
        "good 1\nbad{a=\"1} 1\n",
        "good 1\nbad{a=1} 1\n",
        "good 1\nbad{a} 1\n",
        "good 1\nbad{a=\"1\" b=\"2\"} 1\n",
        "good 1\n{} 1\n",
        "good 1\n1bad 1\n",
        "good 1\nbad{a=\"\\x\"} 1\n",
        "good 1\nbad one\n",
        "good 1\n# TYPE bad thing\n",
        "good 1\n# TYPE bad\n",
        "good 1\nb\xff 1\n",
        "good 1\nbad{a=\"\xff\"} 1\n",
        "good 1\nbad{a=\"1\"",
        "good 1\nbad{a=\"1\\",
        "good 1\n# HELP 1 x\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        begin();
        fake_host_write(&host, "var/lib/prom/bad.prom", bad[i]);
        fake_host_write(&host, "var/lib/prom/other.prom", "other 2\n");
        run();
        ck_assert_msg(fake_host_value(&host, "node_textfile_scrape_error") == 1, "%s", bad[i]);
        ck_assert_msg(!fake_host_has(&host, "good"), "%s", bad[i]);
        is("other", 2);
        char problems[2048];
        fake_host_problems(collect, problems, sizeof(problems));
        ck_assert_ptr_nonnull(strstr(problems, "textfile: " DIRECTORY "/bad.prom is not in"));
        end();
    }
}
END_TEST

START_TEST(long_things_are_refused)
{
    static char text[4096];
    static const struct {
        const char *head, *tail;
    } around[] = {{"a", " 1\n"}, {"a{b=\"", "\"} 1\n"}, {"a{", "=\"1\"} 1\n"}, {"a 1", "\n"}};
    for (size_t i = 0; i < ARRAY_LEN(around); i++) {
        char middle[3000];
        memset(middle, '1', sizeof(middle) - 1);
        middle[sizeof(middle) - 1] = '\0';
        snprintf(text, sizeof(text), "%s%s%s", around[i].head, middle, around[i].tail);
        begin();
        fake_host_write(&host, "var/lib/prom/a.prom", text);
        run();
        is("node_textfile_scrape_error", 1);
        end();
    }
}
END_TEST

START_TEST(no_directory_is_no_error)
{
    begin();
    run();
    is("node_textfile_scrape_error", 0);
    end();
    fake_host_init(&host); /* and without the option there is nothing */
    collect = fake_host_collect_new(&host, (struct collect_options){0});
    fake_host_run(&host, collect);
    ck_assert_uint_eq(fake_host_count(&host, "node_textfile"), 0);
    end();
}
END_TEST

UNIT_MAIN("textfile", samples_of_all_files_are_told,
          a_bad_file_gives_nothing_and_hides_no_other, long_things_are_refused,
          no_directory_is_no_error)
