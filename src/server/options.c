/* SPDX-License-Identifier: MIT */
#include "server/options.h"

#include <stdio.h>
#include <unistd.h>

#include "base/text.h"

#define DEFAULT_FILE "/etc/sentora/server.yaml"

static const struct option options[] = {
    {.path = "server.data",
     .type = OPTION_PATH,
     .value_name = "DIR",
     .preset = "/var/lib/sentora",
     .env = "SENTORA_DATA",
     .flag = "--data",
     .help = "where everything is kept",
     .offset = offsetof(struct server_options, data)},
    {.path = "server.listen",
     .type = OPTION_LIST,
     .value_name = "ADDR:PORT",
     .preset = "127.0.0.1:8000",
     .env = "SENTORA_LISTEN",
     .flag = "--listen",
     .help = "plain HTTP",
     .offset = offsetof(struct server_options, listen)},
    {.path = "server.tls_listen",
     .type = OPTION_LIST,
     .value_name = "ADDR:PORT",
     .preset = "0.0.0.0:8443",
     .env = "SENTORA_TLS_LISTEN",
     .flag = "--tls-listen",
     .help = "HTTPS",
     .offset = offsetof(struct server_options, tls_listen)},
    {.path = "server.public_url",
     .type = OPTION_STRING,
     .value_name = "URL",
     .env = "SENTORA_PUBLIC_URL",
     .flag = "--public-url",
     .help = "the dashboard's address, for links in messages",
     .offset = offsetof(struct server_options, public_url)},
    {.path = "tls.cert",
     .type = OPTION_PATH,
     .value_name = "FILE",
     .flag = "--tls-cert",
     .help = "certificate chain (PEM); default: one that the server makes itself",
     .offset = offsetof(struct server_options, tls_cert)},
    {.path = "tls.key",
     .type = OPTION_PATH,
     .value_name = "FILE",
     .flag = "--tls-key",
     .help = "its private key (PEM)",
     .offset = offsetof(struct server_options, tls_key)},
    {.path = "store.retention",
     .type = OPTION_DURATION,
     .preset = "15d",
     .min = MSEC_HOUR,
     .max = 3660.0 * MSEC_DAY,
     .flag = "--retention",
     .help = "how long raw samples are kept",
     .offset = offsetof(struct server_options, retention)},
    {.path = "store.retention_5m",
     .type = OPTION_DURATION,
     .preset = "90d",
     .min = MSEC_HOUR,
     .max = 36600.0 * MSEC_DAY,
     .help = "how long their rollups of 5 minutes are kept",
     .offset = offsetof(struct server_options, retention_5m)},
    {.path = "store.retention_1h",
     .type = OPTION_DURATION,
     .preset = "730d",
     .min = MSEC_HOUR,
     .max = 36600.0 * MSEC_DAY,
     .help = "how long their rollups of 1 hour are kept",
     .offset = offsetof(struct server_options, retention_1h)},
    {.path = "store.max_size",
     .type = OPTION_BYTES,
     .preset = "0",
     .min = 0,
     .max = 1e15,
     .help = "size of the history's file beyond which the oldest samples go; 0 = no limit",
     .offset = offsetof(struct server_options, max_size)},
    {.path = "store.out_of_order",
     .type = OPTION_DURATION,
     .preset = "7d",
     .min = 0,
     .max = 3660.0 * MSEC_DAY,
     .help = "how far in the past a sample is taken",
     .offset = offsetof(struct server_options, out_of_order)},
    {.path = "store.max_series",
     .type = OPTION_INT,
     .preset = "1000000",
     .min = 1000,
     .max = 100000000,
     .help = "series that one organisation may have",
     .offset = offsetof(struct server_options, max_series)},
    {.path = "auth.api_keys",
     .type = OPTION_STRING,
     .flags = OPTION_SECRET,
     .env = "API_KEYS",
     .help = "keys with an operator's rights, separated by commas",
     .offset = offsetof(struct server_options, api_keys)},
    {.path = "auth.dashboard_token",
     .type = OPTION_STRING,
     .flags = OPTION_SECRET,
     .env = "DASHBOARD_TOKEN",
     .help = "a token that may only look",
     .offset = offsetof(struct server_options, dashboard_token)},
    {.path = "admin.email",
     .type = OPTION_STRING,
     .help = "makes this user the administrator at start, without the sign-in link",
     .offset = offsetof(struct server_options, admin_email)},
    {.path = "admin.password",
     .type = OPTION_STRING,
     .flags = OPTION_SECRET,
     .help = "the administrator's password",
     .offset = offsetof(struct server_options, admin_password)},
    {.path = "logging.level",
     .type = OPTION_STRING,
     .value_name = "LEVEL",
     .preset = "info",
     .env = "LOG_LEVEL",
     .help = "error, warn, info or debug",
     .offset = offsetof(struct server_options, log_level)},
    {.path = "logging.file",
     .type = OPTION_PATH,
     .value_name = "FILE",
     .env = "LOG_FILE",
     .help = "append the log to this file too",
     .offset = offsetof(struct server_options, log_file)},
    {.path = "mail.enabled",
     .type = OPTION_BOOL,
     .preset = "false",
     .env = "ALERT_EMAIL_ENABLED",
     .help = "makes an e-mail channel of the settings below",
     .offset = offsetof(struct server_options, mail_enabled)},
    {.path = "mail.from",
     .type = OPTION_STRING,
     .preset = "alerts@sentora.local",
     .env = "ALERT_EMAIL_FROM",
     .help = "sender",
     .offset = offsetof(struct server_options, mail_from)},
    {.path = "mail.to",
     .type = OPTION_STRING,
     .env = "ALERT_EMAIL_TO",
     .help = "recipients, separated by commas",
     .offset = offsetof(struct server_options, mail_to)},
    {.path = "mail.server",
     .type = OPTION_STRING,
     .preset = "localhost",
     .env = "ALERT_EMAIL_SMTP_SERVER",
     .help = "SMTP server",
     .offset = offsetof(struct server_options, mail_server)},
    {.path = "mail.port",
     .type = OPTION_INT,
     .preset = "25",
     .min = 1,
     .max = 65535,
     .env = "ALERT_EMAIL_SMTP_PORT",
     .help = "SMTP port; 465 means TLS from the start",
     .offset = offsetof(struct server_options, mail_port)},
    {.path = "mail.username",
     .type = OPTION_STRING,
     .env = "ALERT_EMAIL_USERNAME",
     .help = "SMTP user; with it and a password STARTTLS is required",
     .offset = offsetof(struct server_options, mail_username)},
    {.path = "mail.password",
     .type = OPTION_STRING,
     .flags = OPTION_SECRET,
     .env = "ALERT_EMAIL_PASSWORD",
     .help = "SMTP password",
     .offset = offsetof(struct server_options, mail_password)},
    {.path = "telegram.enabled",
     .type = OPTION_BOOL,
     .preset = "false",
     .env = "ALERT_TELEGRAM_ENABLED",
     .help = "makes a Telegram channel of the settings below",
     .offset = offsetof(struct server_options, telegram_enabled)},
    {.path = "telegram.token",
     .type = OPTION_STRING,
     .flags = OPTION_SECRET,
     .env = "ALERT_TELEGRAM_BOT_TOKEN",
     .help = "the bot's token, from @BotFather",
     .offset = offsetof(struct server_options, telegram_token)},
    {.path = "telegram.chat_id",
     .type = OPTION_STRING,
     .env = "ALERT_TELEGRAM_CHAT_ID",
     .help = "the chat to write to: a number, or @name of a channel",
     .offset = offsetof(struct server_options, telegram_chat_id)},
    {.path = "discord.enabled",
     .type = OPTION_BOOL,
     .preset = "false",
     .env = "ALERT_DISCORD_ENABLED",
     .help = "makes a Discord channel of the setting below",
     .offset = offsetof(struct server_options, discord_enabled)},
    {.path = "discord.url",
     .type = OPTION_STRING,
     .flags = OPTION_SECRET,
     .env = "ALERT_DISCORD_WEBHOOK_URL",
     .help = "address of the webhook",
     .offset = offsetof(struct server_options, discord_url)},
    {.type = OPTION_PATH,
     .value_name = "FILE",
     .flag = "--config",
     .flags = OPTION_UNUSED,
     .help = "configuration file; default " DEFAULT_FILE},
};

static const char usage[] =
    "Usage: sentora-server [--config FILE] [--data DIR] [--listen ADDR:PORT]...\n"
    "                      [--tls-listen ADDR:PORT]...\n"
    "\n"
    "Receives what agents measure, keeps it, watches it, tells people, and shows the\n"
    "dashboard. Everything it needs is inside. A file .env in the working directory\n"
    "counts as environment.\n"
    "Exit status: 0 fine, 1 failed, 2 usage or configuration.";

/* --config decides where the others come from, so it is looked for first. */
static const char *config_path(int argc, char **argv, bool *out_given)
{
    static const char flag[] = "--config";
    for (int i = 1; i < argc; i++) {
        const char *rest = text_after(argv[i], flag);
        *out_given = true;
        if (rest != NULL && *rest == '=')
            return rest + 1;
        if (rest != NULL && *rest == '\0' && i + 1 < argc)
            return argv[i + 1];
    }
    *out_given = false;
    return DEFAULT_FILE;
}

static void print_help(void)
{
    struct buf text;
    buf_init(&text, 65536);
    config_write_help(options, ARRAY_LEN(options), usage, &text);
    fputs(buf_text(&text), stdout);
    buf_deinit(&text);
}

static void print_effective(const struct config *config)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    config_write_effective(config, &text);
    fputs(buf_text(&text), stdout);
    buf_deinit(&text);
}

static void check_pairs(struct config *config, struct server_options *values)
{
    if ((values->tls_cert == NULL) != (values->tls_key == NULL))
        config_add_error(config, values->tls_cert == NULL ? "tls.key" : "tls.cert",
                         "a certificate and its key belong together: give both or none");
    if ((values->admin_email == NULL) != (values->admin_password == NULL))
        config_add_error(config, values->admin_email == NULL ? "admin.password" : "admin.email",
                         "the administrator needs an e-mail and a password");
    if (values->data[0] == '\0')
        config_add_error(config, "server.data", "expected a directory");
    if (values->mail_enabled && values->mail_to == NULL)
        config_add_error(config, "mail.enabled", "mail.to says nobody to write to");
    if (values->telegram_enabled &&
        (values->telegram_token == NULL || values->telegram_chat_id == NULL))
        config_add_error(config, "telegram.enabled",
                         "Telegram needs telegram.token and telegram.chat_id");
    if (values->discord_enabled && values->discord_url == NULL)
        config_add_error(config, "discord.enabled", "Discord needs discord.url");
}

int server_options_load(int argc, char **argv, struct config *config,
                        struct server_options *out_options)
{
    bool given;
    const char *path = config_path(argc, argv, &given);
    config_init(config, options, ARRAY_LEN(options));
    config_read_flags(config, argc, argv, 0);
    if (config->wants_help) {
        print_help();
        return -1;
    }
    if (config->wants_version) {
        puts("sentora-server " SENTORA_VERSION);
        return -1;
    }
    config_read_environment(config, environ);
    config_read_env_file(config, ".env", false);
    config_read_file(config, path, given);
    struct server_options values = {0};
    int error = config_finish(config, &values);
    if (error == 0)
        check_pairs(config, &values);
    config_print_problems(config, stderr);
    if (config->n_errors > 0)
        return 2;
    if (config->wants_check) {
        print_effective(config);
        return -1;
    }
    *out_options = values;
    return 0;
}
