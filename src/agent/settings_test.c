/* SPDX-License-Identifier: MIT */
#include "agent/settings.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "unit.h"

static char folder[64], yaml_path[96], token_path[96];
static struct config config;
static struct settings settings;

static void begin(const char *yaml)
{
    unit_make_folder(folder, sizeof(folder));
    file_join(yaml_path, sizeof(yaml_path), folder, "agent.yaml");
    file_join(token_path, sizeof(token_path), folder, "token");
    ck_assert_int_eq(file_write_atomic(yaml_path, yaml, strlen(yaml), 0600), 0);
    settings = (struct settings){0};
    unsetenv("STATE_DIRECTORY");
}

static void end(void)
{
    config_deinit(&config);
    unlink(yaml_path);
    unlink(token_path);
    ck_assert_int_eq(rmdir(folder), 0);
}

/* argv behind the program and the file, NULL-terminated. */
static enum settings_result load(const char *const *flags, const char *const *environment)
{
    static const char *const none[] = {NULL};
    const char *argv[16] = {"sentora-agent", yaml_path};
    int argc = 2;
    for (const char *const *flag = flags != NULL ? flags : none; *flag != NULL; flag++)
        argv[argc++] = *flag;
    return settings_load(argc, (char *const *)(uintptr_t)argv,
                         (char *const *)(uintptr_t)(environment != NULL ? environment : none),
                         &config, &settings);
}

static const char *first_problem(void)
{
    ck_assert_uint_gt(config.problems.len, 0);
    return config.problems.items[0].problem.text;
}

/* The file that agents of the first system were shipped with. */
static const char old_file[] =
    "agent:\n"
    "  name: \"server1\"\n"
    "  interval: 60\n"
    "server:\n"
    "  url: \"http://localhost:8000/data\"\n"
    "  api_key: \"your_api_key_here\"\n"
    "monitoring:\n"
    "  cpu:\n    enabled: true\n    threshold: 80\n"
    "  ram:\n    enabled: true\n    threshold: 85\n"
    "  disk:\n    enabled: true\n    paths:\n      - \"/\"\n"
    "      - \"/home\"\n    threshold: 90\n"
    "  network:\n    enabled: true\n    interfaces:\n      - \"eth0\"\n"
    "    threshold:\n      in: 100000\n      out: 100000\n"
    "  services:\n    enabled: true\n    list:\n      - nginx\n"
    "      - redis\n"
    "  ssh:\n    enabled: false\n    log_path: \"/var/log/auth.log\"\n"
    "    threshold: 7\n";

START_TEST(takes_the_old_file_as_it_is)
{
    static const char logging[] = "logging:\n  level: \"INFO\"\n  file: \"/tmp/x.log\"\n";
    char text[sizeof(old_file) + sizeof(logging)];
    for (int with_logging = 0; with_logging < 2; with_logging++) {
        text_copy(text, sizeof(text), old_file);
        if (with_logging)
            text_copy(text + strlen(text), sizeof(text) - strlen(text), logging);
        begin(text);
        ck_assert_int_eq(load(NULL, NULL), SETTINGS_GOOD);
        ck_assert_uint_eq(config.problems.len, 0);
        ck_assert_str_eq(settings.name, "server1");
        ck_assert_int_eq(settings.interval, 60000);
        ck_assert_str_eq(settings.url, "http://localhost:8000");
        ck_assert_str_eq(settings.token, "your_api_key_here");
        ck_assert(settings.cpu && settings.services && !settings.ssh);
        ck_assert_int_eq(settings.ssh_threshold, 7);
        struct collect_options collect = settings_collect_options(&settings);
        ck_assert_str_eq(collect.disk_paths[1], "/home");
        ck_assert_ptr_null(collect.disk_paths[2]);
        ck_assert_str_eq(collect.interfaces[0], "eth0");
        ck_assert_str_eq(collect.service_list[1], "redis");
        ck_assert_str_eq(settings.log_level, with_logging ? "INFO" : "info");
        end();
    }
}
END_TEST

START_TEST(takes_the_flags_of_the_third_system)
{
    static const char *const flags[] = {"--server",    "https://host",
                                        "--server-id", "srv-01",
                                        "--token",     "T",
                                        "--interval",  "5",
                                        "--verify",    "/etc/ssl/certs/ca-certificates.crt",
                                        NULL};
    begin("");
    ck_assert_int_eq(load(flags, NULL), SETTINGS_GOOD);
    ck_assert_str_eq(settings.url, "https://host");
    ck_assert_str_eq(settings.name, "srv-01");
    ck_assert_str_eq(settings.token, "T");
    ck_assert_int_eq(settings.interval, 5000);
    ck_assert_str_eq(settings.verify, "/etc/ssl/certs/ca-certificates.crt");
    ck_assert_str_eq(settings.state, "/var/lib/sentora-agent");
    ck_assert_str_eq(settings.root, "/");
    ck_assert_int_eq(settings.spool_max_bytes, 64 << 20);
    ck_assert(settings.cpu && settings.ssh && !settings.once);
    end();
}
END_TEST

START_TEST(the_environment_of_the_container_wins_over_the_file)
{
    static const char *const environment[] = {"SERVER_URL=https://api:8443/data", "API_KEY=k2",
                                              "SENTORA_AGENT_NAME=c1", "LOG_LEVEL=debug", NULL};
    begin(old_file);
    ck_assert_int_eq(load(NULL, environment), SETTINGS_GOOD);
    ck_assert_str_eq(settings.url, "https://api:8443");
    ck_assert_str_eq(settings.token, "k2");
    ck_assert_str_eq(settings.name, "c1");
    ck_assert_str_eq(settings.log_level, "debug");
    end();
}
END_TEST

START_TEST(names_itself_after_the_host)
{
    char hostname[256];
    ck_assert_int_eq(gethostname(hostname, sizeof(hostname)), 0);
    begin("server: {url: https://h}\n");
    ck_assert_int_eq(load(NULL, NULL), SETTINGS_GOOD);
    ck_assert_str_eq(settings.name, hostname);
    ck_assert_ptr_null(settings.token);
    end();
}
END_TEST

START_TEST(wants_encryption_to_other_machines)
{
    static const char *const insecure[] = {"--insecure-http", NULL};
    begin("server: {url: 'http://192.0.2.1:8000'}\n");
    ck_assert_int_eq(load(NULL, NULL), SETTINGS_WRONG);
    ck_assert_ptr_nonnull(strstr(first_problem(), "is not encrypted"));
    ck_assert_ptr_nonnull(strstr(first_problem(), "agent.yaml:1: server.url"));
    config_deinit(&config);
    ck_assert_int_eq(load(insecure, NULL), SETTINGS_GOOD);
    end();
}
END_TEST

START_TEST(tells_private_from_public)
{
    ck_assert(settings_is_private("https://anything"));
    ck_assert(settings_is_private("http://localhost:8000"));
    ck_assert(settings_is_private("http://127.0.0.1"));
    ck_assert(settings_is_private("http://127.1.2.3:80/x"));
    ck_assert(settings_is_private("http://[::1]:8000"));
    ck_assert(!settings_is_private("http://127.evil.example"));
    ck_assert(!settings_is_private("http://localhost.evil.example"));
    ck_assert(!settings_is_private("http://[::2]:8000"));
    ck_assert(!settings_is_private("http://10.0.0.1"));
}
END_TEST

START_TEST(finds_the_base_of_a_url)
{
    static const struct {
        const char *url, *base;
    } cases[] = {{"http://h", "http://h"},
                 {"http://h/", "http://h"},
                 {"http://h:8000/data", "http://h:8000"},
                 {"http://h:8000/data/", "http://h:8000"},
                 {"https://h/prefix/data", "https://h/prefix"},
                 {"https://h/prefix//", "https://h/prefix"},
                 {"https://data", "https://data"},
                 {"https://[::1]:8443/metadata", "https://[::1]:8443/metadata"}};
    static const char *const bad[] = {
        "",           "h:8000",       "ftp://h",     "http://",    "http:///x",  "https://:8",
        "http://u@h", "http://h/a b", "http://h/?q", "http://h#x", "http://h/\n"};
    struct arena arena;
    arena_init(&arena, 100000);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *base = NULL;
        ck_assert_int_eq(settings_base_url(cases[i].url, &arena, &base, NULL), 0);
        ck_assert_str_eq(base, cases[i].base);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const char *base = NULL;
        ck_assert_msg(settings_base_url(bad[i], &arena, &base, NULL) < 0, "%s", bad[i]);
        ck_assert_ptr_null(base);
    }
    arena_deinit(&arena);
}
END_TEST

START_TEST(reads_the_token_from_its_file)
{
    begin("server: {url: https://h}\n");
    const char *const flags[] = {"--token-file", token_path, NULL};
    ck_assert_int_eq(load(flags, NULL), SETTINGS_WRONG); /* not there */
    config_deinit(&config);
    ck_assert_int_eq(file_write_atomic(token_path, "  tok-1 \nmore\n", 14, 0600), 0);
    ck_assert_int_eq(load(flags, NULL), SETTINGS_GOOD);
    ck_assert_str_eq(settings.token, "tok-1");
    config_deinit(&config);
    ck_assert_int_eq(file_write_atomic(token_path, "\n", 1, 0600), 0);
    ck_assert_int_eq(load(flags, NULL), SETTINGS_WRONG);
    config_deinit(&config);
    ck_assert_int_eq(file_write_atomic(token_path, "a b\n", 4, 0600), 0);
    ck_assert_int_eq(load(flags, NULL), SETTINGS_WRONG);
    end();
}
END_TEST

START_TEST(state_directory_is_a_hint)
{
    static const char *const flags[] = {"--state", "/flag", NULL};
    begin("server: {url: https://h}\n");
    setenv("STATE_DIRECTORY", "/a:/b", 1);
    ck_assert_int_eq(load(NULL, NULL), SETTINGS_GOOD);
    ck_assert_str_eq(settings.state, "/a");
    config_deinit(&config);
    ck_assert_int_eq(load(flags, NULL), SETTINGS_GOOD);
    ck_assert_str_eq(settings.state, "/flag");
    end();
}
END_TEST

START_TEST(wants_a_server_only_to_send)
{
    static const char *const print[] = {"--print", "json", NULL};
    static const char *const check[] = {"--check-config", NULL};
    begin("");
    ck_assert_int_eq(load(NULL, NULL), SETTINGS_WRONG);
    config_deinit(&config);
    ck_assert_int_eq(load(print, NULL), SETTINGS_GOOD);
    config_deinit(&config);
    fflush(stdout); /* what --check-config says is not for the test's own output */
    int kept = dup(STDOUT_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(dup2(nowhere, STDOUT_FILENO), 0);
    ck_assert_int_eq(load(check, NULL), SETTINGS_DONE);
    fflush(stdout);
    ck_assert_int_ge(dup2(kept, STDOUT_FILENO), 0);
    close(kept);
    close(nowhere);
    end();
}
END_TEST

START_TEST(refuses_names_that_are_no_label)
{
    static const char *const flags[] = {"--server-id", "a\nb", NULL};
    begin("server: {url: https://h}\n");
    ck_assert_int_eq(load(flags, NULL), SETTINGS_WRONG);
    ck_assert_ptr_nonnull(strstr(first_problem(), "agent.name"));
    end();
}
END_TEST

UNIT_MAIN("settings", takes_the_old_file_as_it_is, takes_the_flags_of_the_third_system,
          the_environment_of_the_container_wins_over_the_file, names_itself_after_the_host,
          wants_encryption_to_other_machines, tells_private_from_public,
          finds_the_base_of_a_url, reads_the_token_from_its_file, state_directory_is_a_hint,
          wants_a_server_only_to_send, refuses_names_that_are_no_label)
