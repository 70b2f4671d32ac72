/* SPDX-License-Identifier: MIT */
#include "config/load.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "unit.h"

struct settings {
    const char *name, *url, *token, *print;
    mspan_t interval;
    int64_t port, size;
    bool once, enabled;
    double share;
    struct option_list listen;
};

#define AT(field) .offset = offsetof(struct settings, field)

static const struct option options[] = {
    {.path = "agent.name",
     .type = OPTION_STRING,
     .flag = "--server-id",
     .help = "name",
     AT(name)},
    {.path = "agent.interval",
     .type = OPTION_DURATION,
     .preset = "10s",
     .min = 1000,
     .max = 86400000,
     .flag = "--interval",
     .value_name = "SECONDS",
     .help = "period",
     AT(interval)},
    {.path = "server.url",
     .type = OPTION_STRING,
     .env = "SERVER_URL OLD_URL",
     .flag = "--server",
     .flags = OPTION_REQUIRED,
     .value_name = "URL",
     .help = "where to",
     AT(url)},
    {.path = "server.token",
     .type = OPTION_STRING,
     .flags = OPTION_SECRET,
     .help = "secret",
     AT(token)},
    {.path = "server.listen",
     .type = OPTION_LIST,
     .flag = "--listen",
     .preset = "127.0.0.1:8000",
     .help = "addresses",
     AT(listen)},
    {.path = "server.port",
     .type = OPTION_INT,
     .min = 1,
     .max = 65535,
     .preset = "25",
     .help = "port",
     AT(port)},
    {.path = "monitoring.cpu.enabled",
     .type = OPTION_BOOL,
     .preset = "true",
     .help = "on",
     AT(enabled)},
    {.path = "monitoring.cpu.threshold",
     .type = OPTION_DOUBLE,
     .min = 0,
     .max = 100,
     .flags = OPTION_UNUSED,
     .help = "limit"},
    {.path = "monitoring.share",
     .type = OPTION_DOUBLE,
     .preset = "0.5",
     .help = "s",
     AT(share)},
    {.path = "spool.bytes", .type = OPTION_BYTES, .preset = "64MiB", .help = "size", AT(size)},
    {.type = OPTION_BOOL, .flag = "--once", .help = "once", AT(once)},
    {.type = OPTION_STRING,
     .flag = "--print",
     .choices = "json|prometheus",
     .help = "print",
     AT(print)},
};

static char folder[64], yaml_path[96], env_path[96];
static struct config config;
static struct settings settings;

static void begin(const char *yaml, const char *env_file)
{
    unit_make_folder(folder, sizeof(folder));
    file_join(yaml_path, sizeof(yaml_path), folder, "c.yaml");
    file_join(env_path, sizeof(env_path), folder, "env");
    if (yaml != NULL)
        ck_assert_int_eq(file_write_atomic(yaml_path, yaml, strlen(yaml), 0600), 0);
    if (env_file != NULL)
        ck_assert_int_eq(file_write_atomic(env_path, env_file, strlen(env_file), 0600), 0);
    config_init(&config, options, ARRAY_LEN(options));
    settings = (struct settings){0};
}

static void end(void)
{
    config_deinit(&config);
    unlink(yaml_path);
    unlink(env_path);
    ck_assert_int_eq(rmdir(folder), 0);
}

static int load(int argc, const char *const *argv, const char *const *environment)
{
    static const char *const no_args[] = {"program", NULL};
    static const char *const no_environment[] = {NULL};
    config_read_flags(&config, argv != NULL ? argc : 1,
                      (char *const *)(uintptr_t)(argv != NULL ? argv : no_args), 1);
    config_read_environment(
        &config,
        (char *const *)(uintptr_t)(environment != NULL ? environment : no_environment));
    config_read_env_file(&config, env_path, false);
    config_read_file(&config, yaml_path, false);
    return config_finish(&config, &settings);
}

static const char *problem_at(size_t at)
{
    static char line[1024];
    ck_assert_uint_lt(at, config.problems.len);
    problem_format(&config.problems.items[at].problem, line, sizeof(line));
    const char *rest = text_after(line, folder);
    return rest != NULL ? rest : line;
}

START_TEST(takes_the_defaults)
{
    static const char *const argv[] = {"p", "--server=http://x"};
    begin(NULL, NULL);
    ck_assert_int_eq(load(2, argv, NULL), 0);
    ck_assert_int_eq(settings.interval, 10000);
    ck_assert_str_eq(settings.url, "http://x");
    ck_assert_ptr_null(settings.name);
    ck_assert(settings.enabled && !settings.once);
    ck_assert_int_eq(settings.size, 64 << 20);
    ck_assert_double_eq(settings.share, 0.5);
    ck_assert_uint_eq(settings.listen.len, 1);
    ck_assert_str_eq(settings.listen.items[0], "127.0.0.1:8000");
    end();
}
END_TEST

START_TEST(flag_beats_environment_beats_env_file_beats_file)
{
    static const char *const argv[] = {"p", "--interval", "5"};
    static const char *const environment[] = {"SENTORA_AGENT_INTERVAL=6",
                                              "SERVER_URL=http://env",
                                              "SENTORA_AGENT_NAME=", "BROKEN", NULL};
    begin("agent:\n  interval: 8\n  name: file\nserver:\n  url: http://file\n  port: 99\n",
          "SENTORA_AGENT_INTERVAL=7\nSERVER_URL=http://dot\nexport SENTORA_SERVER_PORT=98\n");
    ck_assert_int_eq(load(3, argv, environment), 0);
    ck_assert_int_eq(settings.interval, 5000);
    ck_assert_str_eq(settings.url, "http://env");
    ck_assert_int_eq(settings.port, 98);
    ck_assert_str_eq(settings.name, "file"); /* an empty variable is not set */
    end();
}
END_TEST

START_TEST(own_environment_name_beats_the_old_ones)
{
    static const char *const one[] = {"OLD_URL=c", "SENTORA_SERVER_URL=a", "SERVER_URL=b",
                                      NULL};
    static const char *const two[] = {"SERVER_URL=b", "OLD_URL=c", NULL};
    begin(NULL, NULL);
    ck_assert_int_eq(load(0, NULL, one), 0);
    ck_assert_str_eq(settings.url, "a");
    end();
    begin(NULL, NULL);
    ck_assert_int_eq(load(0, NULL, two), 0);
    ck_assert_str_eq(settings.url, "b");
    end();
}
END_TEST

START_TEST(reports_every_problem_with_its_place)
{
    static const char *const environment[] = {"SENTORA_SPOOL_BYTES=lots", NULL};
    begin("agent:\n"
          "  intervall: 10\n"
          "  interval: soon\n"
          "server:\n"
          "  port: 70000\n"
          "  url: [a, b]\n"
          "  listen:\n"
          "    - x\n"
          "    - {a: b}\n"
          "monitoring: 7\n"
          "colour: blue\n",
          "no value\n");
    ck_assert_int_eq(load(0, NULL, environment), -EINVAL);
    ck_assert_str_eq(problem_at(0), "SENTORA_SPOOL_BYTES: expected a size such as 64MiB, not "
                                    "\"lots\"");
    ck_assert_str_eq(problem_at(1), "/env:1: expected KEY=VALUE");
    ck_assert_str_eq(problem_at(2),
                     "/c.yaml:2:3: agent.intervall: unknown key, ignored (did you "
                     "mean agent.interval?)");
    ck_assert_str_eq(problem_at(3), "/c.yaml:3:13: agent.interval: expected a duration such as "
                                    "10s or 5m, from 1 s to 1 d, not \"soon\"");
    ck_assert_str_eq(problem_at(4),
                     "/c.yaml:5:9: server.port: expected a whole number from 1 to "
                     "65535, not \"70000\"");
    ck_assert_str_eq(problem_at(5), "/c.yaml:6:8: server.url: expected text, not a list");
    ck_assert_str_eq(problem_at(6),
                     "/c.yaml:9:7: server.listen: expected text in the list, not "
                     "a section");
    ck_assert_str_eq(problem_at(7),
                     "/c.yaml:10:13: monitoring: expected a section (lines \"key: "
                     "value\")");
    ck_assert_str_eq(problem_at(8), "/c.yaml:11:1: colour: unknown key, ignored");
    ck_assert(!config.problems.items[2].is_error && !config.problems.items[8].is_error);
    ck_assert_str_eq(problem_at(9),
                     "server.url is missing: give --server, or server.url in the "
                     "file, or SENTORA_SERVER_URL");
    ck_assert_uint_eq(config.n_errors, 8);
    ck_assert_ptr_null(settings.url); /* untouched */
    end();
}
END_TEST

START_TEST(a_flag_does_not_hide_a_wrong_line_of_the_file)
{
    static const char *const argv[] = {"p", "--server", "u", "--interval", "5"};
    begin("agent: {interval: never}\n", NULL);
    ck_assert_int_eq(load(5, argv, NULL), -EINVAL);
    ck_assert_uint_eq(config.n_errors, 1);
    end();
}
END_TEST

START_TEST(reads_flags)
{
    static const char *const argv[] = {
        "p", "--once",  "my.yaml", "--listen",       "a,b",       "--listen=c", "--server",
        "u", "--print", "json",    "--check-config", "--version", "-h"};
    begin(NULL, NULL);
    ck_assert_int_eq(load(ARRAY_LEN(argv), argv, NULL), 0);
    ck_assert(settings.once && config.wants_help && config.wants_version && config.wants_check);
    ck_assert_uint_eq(config.n_positionals, 1);
    ck_assert_str_eq(config.positionals[0], "my.yaml");
    ck_assert_uint_eq(settings.listen.len, 3);
    ck_assert_str_eq(settings.listen.items[2], "c");
    ck_assert_ptr_null(settings.listen.items[3]);
    ck_assert_str_eq(settings.print, "json");
    end();
}
END_TEST

START_TEST(refuses_wrong_flags)
{
    static const char *const argv[] = {
        "p", "--sever", "--print", "xml",      "--once=perhaps", "a",
        "b", "-x",      "--",      "--server", "--interval"};
    begin(NULL, NULL);
    ck_assert_int_eq(load(ARRAY_LEN(argv) - 1, argv, NULL), -EINVAL);
    ck_assert_str_eq(problem_at(0), "unknown flag --sever (did you mean --server?)");
    ck_assert_str_eq(problem_at(1), "--print: expected one of json, prometheus, not \"xml\"");
    ck_assert_str_eq(problem_at(2), "--once: expected true or false, not \"perhaps\"");
    ck_assert_str_eq(problem_at(3), "unexpected argument \"b\"");
    ck_assert_str_eq(problem_at(4), "unknown flag -x");
    ck_assert_str_eq(problem_at(5), "unexpected argument \"--server\"");
    end();

    static const char *const short_of[] = {"p", "--interval"};
    begin(NULL, NULL);
    ck_assert_int_eq(load(2, short_of, NULL), -EINVAL);
    ck_assert_str_eq(problem_at(0), "--interval needs a value: SECONDS");
    end();
}
END_TEST

START_TEST(says_what_is_wrong_with_the_file_itself)
{
    begin("a: [1\n", NULL);
    ck_assert_int_eq(load(0, NULL, NULL), -EINVAL);
    ck_assert_msg(strstr(problem_at(0), "/c.yaml:2:1: not valid YAML") != NULL, "%s",
                  problem_at(0));
    config_read_file(&config, "/nonexistent/x.yaml", true);
    ck_assert_str_eq(problem_at(config.problems.len - 1),
                     "/nonexistent/x.yaml: cannot be read: No such file or directory");
    config_read_file(&config, folder, true);
    ck_assert_str_eq(problem_at(config.problems.len - 1), ": cannot be read: Is a directory");
    config_read_file(&config, "/dev/zero", true);
    ck_assert_str_eq(problem_at(config.problems.len - 1),
                     "/dev/zero: file is larger than 1024 KiB");
    end();
}
END_TEST

START_TEST(bounds_the_number_of_problems)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < 5000; i++)
        buf_printf(&text, "key%d: x\n", i);
    begin(buf_text(&text), NULL);
    load(0, NULL, NULL);
    ck_assert_uint_eq(config.problems.len, CONFIG_PROBLEMS_MAX);
    ck_assert_uint_eq(config.n_errors, 1);
    buf_deinit(&text);
    end();
}
END_TEST

START_TEST(writes_help_and_what_is_in_effect)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    config_write_help(options, ARRAY_LEN(options), "Usage: p [CONFIG]", &text);
    ck_assert_ptr_nonnull(strstr(buf_text(&text),
                                 "  --interval SECONDS\n      period (default "
                                 "10s)\n      file agent.interval, environment "
                                 "SENTORA_AGENT_INTERVAL\n"));
    ck_assert_ptr_nonnull(strstr(buf_text(&text),
                                 "server.port\n      port; a whole number from 1 "
                                 "to 65535 (default 25)\n"));
    buf_reset(&text);
    begin("server: {url: http://x, token: hunter2}\n", NULL);
    ck_assert_int_eq(load(0, NULL, NULL), 0);
    config_add_error(&config, "server.url", "must be %s", "better");
    ck_assert_msg(text_has_suffix(problem_at(0), "c.yaml:1: server.url: must be better"), "%s",
                  problem_at(0));
    config_write_effective(&config, &text);
    ck_assert_ptr_nonnull(strstr(buf_text(&text), "server.token = (set)"));
    ck_assert_ptr_nonnull(strstr(buf_text(&text), "agent.interval = 10 s  (default)\n"));
    ck_assert_ptr_nonnull(strstr(buf_text(&text), "spool.bytes = 64 MiB  (default)\n"));
    ck_assert_ptr_null(strstr(buf_text(&text), "hunter2"));
    buf_deinit(&text);
    end();
}
END_TEST

UNIT_MAIN("load", takes_the_defaults, flag_beats_environment_beats_env_file_beats_file,
          own_environment_name_beats_the_old_ones, reports_every_problem_with_its_place,
          a_flag_does_not_hide_a_wrong_line_of_the_file, reads_flags, refuses_wrong_flags,
          says_what_is_wrong_with_the_file_itself, bounds_the_number_of_problems,
          writes_help_and_what_is_in_effect)
