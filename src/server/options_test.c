/* SPDX-License-Identifier: MIT */
/* What the server takes from flags, environment and file, and which combinations it refuses. */
#include "server/options.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit.h"

#define ARGS_MAX 8

static struct config config;
static struct server_options given;

/* With --config /dev/null, so that the machine's own file does not count. */
static int load(const char *const *args)
{
    static char texts[ARGS_MAX][128] = {"sentora-server", "--config=/dev/null"};
    char *argv[ARGS_MAX] = {texts[0], texts[1]};
    int argc = 2;
    for (size_t i = 0; args[i] != NULL; i++, argc++) {
        ck_assert_int_lt(argc, ARGS_MAX);
        snprintf(texts[argc], sizeof(texts[argc]), "%s", args[i]);
        argv[argc] = texts[argc];
    }
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
    memset(&given, 0, sizeof(given));
    return server_options_load(argc, argv, &config, &given);
}

#define LOAD(...) load((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static void clear_environment(void)
{
    static const char *const names[] = {"API_KEYS",
                                        "DASHBOARD_TOKEN",
                                        "LOG_LEVEL",
                                        "LOG_FILE",
                                        "SENTORA_DATA",
                                        "SENTORA_LISTEN",
                                        "ALERT_EMAIL_ENABLED",
                                        "ALERT_EMAIL_TO",
                                        "ALERT_TELEGRAM_ENABLED",
                                        "ALERT_TELEGRAM_BOT_TOKEN",
                                        "ALERT_TELEGRAM_CHAT_ID",
                                        "ALERT_DISCORD_ENABLED",
                                        "ALERT_DISCORD_WEBHOOK_URL",
                                        "SENTORA_TLS_LISTEN",
                                        "SENTORA_PUBLIC_URL"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unsetenv(names[i]);
    ck_assert_int_eq(chdir("/"), 0); /* no .env there */
}

START_TEST(runs_without_being_told_anything)
{
    clear_environment();
    ck_assert_int_eq(LOAD(), 0);
    ck_assert_str_eq(given.data, "/var/lib/sentora");
    ck_assert_uint_eq(given.listen.len, 1);
    ck_assert_str_eq(given.listen.items[0], "127.0.0.1:8000");
    ck_assert_uint_eq(given.tls_listen.len, 1);
    ck_assert_int_eq(given.retention, 15 * MSEC_DAY);
    ck_assert_int_eq(given.retention_5m, 90 * MSEC_DAY);
    ck_assert_int_eq(given.retention_1h, 730 * MSEC_DAY);
    ck_assert_int_eq(given.max_size, 0);
    ck_assert_int_eq(given.max_series, 1000000);
    ck_assert(!given.mail_enabled && given.api_keys == NULL && given.tls_cert == NULL);
    config_deinit(&config);
}
END_TEST

START_TEST(flags_win_over_the_environment)
{
    clear_environment();
    setenv("SENTORA_DATA", "/of/environment", 1);
    setenv("API_KEYS", "one,two", 1);
    setenv("SENTORA_LISTEN", "127.0.0.1:1", 1);
    ck_assert_int_eq(LOAD("--data=/of/flag", "--listen=:2", "--listen=[::1]:3"), 0);
    ck_assert_str_eq(given.data, "/of/flag");
    ck_assert_str_eq(given.api_keys, "one,two");
    ck_assert_uint_eq(given.listen.len, 2);
    ck_assert_str_eq(given.listen.items[1], "[::1]:3");
    config_deinit(&config);
}
END_TEST

/* Each is refused with 2, and nothing is given out. */
START_TEST(refuses_what_cannot_be_meant)
{
    clear_environment();
    static const char *const bad[][3] = {
        {"--colour=red"},     {"--retention=1m"}, {"--retention=20000d"},
        {"--retention=soon"}, {"stray"},          {"--tls-cert=/a"},
        {"--tls-key=/a"},     {"--data="},        {"--retention"},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        ck_assert_msg(load(bad[i]) == 2, "%s", bad[i][0]);
        ck_assert_ptr_null(given.data);
        config_deinit(&config);
    }
    ck_assert_int_eq(LOAD("--tls-cert=/a", "--tls-key=/b"), 0);
    config_deinit(&config);

    setenv("SENTORA_ADMIN_EMAIL", "ann@example.com", 1);
    ck_assert_int_eq(LOAD(), 2);
    config_deinit(&config);
    setenv("SENTORA_ADMIN_PASSWORD", "a long password", 1);
    ck_assert_int_eq(LOAD(), 0);
    config_deinit(&config);

    setenv("ALERT_EMAIL_ENABLED", "true", 1);
    ck_assert_int_eq(LOAD(), 2);
    config_deinit(&config);
    setenv("ALERT_EMAIL_TO", "ops@example.com", 1);
    ck_assert_int_eq(LOAD(), 0);
    ck_assert(given.mail_enabled);
    ck_assert_int_eq(given.mail_port, 25);
    config_deinit(&config);

    setenv("ALERT_TELEGRAM_ENABLED", "TRUE", 1);
    setenv("ALERT_TELEGRAM_BOT_TOKEN", "1:a", 1);
    ck_assert_int_eq(LOAD(), 2);
    config_deinit(&config);
    setenv("ALERT_TELEGRAM_CHAT_ID", "-100", 1);
    setenv("ALERT_DISCORD_ENABLED", "true", 1);
    ck_assert_int_eq(LOAD(), 2);
    config_deinit(&config);
    setenv("ALERT_DISCORD_WEBHOOK_URL", "https://a/b", 1);
    ck_assert_int_eq(LOAD(), 0);
    ck_assert_str_eq(given.telegram_chat_id, "-100");
    config_deinit(&config);
}
END_TEST

/* --check-config shows what counts, and no secret. */
START_TEST(shows_what_counts_without_secrets)
{
    clear_environment();
    setenv("API_KEYS", "open-sesame", 1);
    char folder[64], path[96], text[16384] = "";
    unit_make_folder(folder, sizeof(folder));
    snprintf(path, sizeof(path), "%s/shown", folder);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(file, 0);
    int kept = dup(STDOUT_FILENO);
    fflush(stdout);
    dup2(file, STDOUT_FILENO);
    int result = LOAD("--check-config", "--data=/of/flag");
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    ck_assert_int_eq(result, -1);
    ck_assert_int_gt(pread(file, text, sizeof(text) - 1, 0), 0);
    close(file);
    close(kept);
    ck_assert_ptr_nonnull(strstr(text, "/of/flag"));
    ck_assert_ptr_null(strstr(text, "open-sesame"));
    config_deinit(&config);
}
END_TEST

UNIT_MAIN("options", runs_without_being_told_anything, flags_win_over_the_environment,
          refuses_what_cannot_be_meant, shows_what_counts_without_secrets)
