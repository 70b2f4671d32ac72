/* SPDX-License-Identifier: MIT */
#include "agent/settings.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/spool.h"
#include "base/file.h"
#include "model/host.h"

#define TOKEN_FILE_MAX_BYTES ((size_t)4096)
#define HELP_MAX_BYTES       ((size_t)64 * 1024)
#define DEFAULT_STATE        "/var/lib/sentora-agent"

#define AT(field) .offset = offsetof(struct settings, field)
#define SWITCH(key, field, what)                                                               \
    {                                                                                          \
        .path = "monitoring." key ".enabled", .type = OPTION_BOOL, .preset = "true",           \
        .help = "measure " what, AT(field)                                                     \
    }
#define OLD_LIMIT(key)                                                                         \
    {                                                                                          \
        .path = "monitoring." key, .type = OPTION_DOUBLE, .min = 0, .max = 1e12,               \
        .flags = OPTION_UNUSED,                                                                \
        .help = "accepted from old files; limits are kept on the server"                       \
    }

static const char usage[] =
    "Usage: sentora-agent [CONFIG] [FLAG]...\n\n"
    "Measures this machine and sends the samples to a Sentora server. CONFIG is a YAML file,\n"
    "by default " SETTINGS_DEFAULT_FILE ".\n"
    "Exit status: 0 fine, 1 failed, 2 usage or configuration.";

static const struct option options[] = {
    {.path = "server.url",
     .type = OPTION_STRING,
     .flag = "--server",
     .value_name = "URL",
     .env = "SERVER_URL",
     .help = "where the server is: https://HOST[:PORT]",
     AT(url)},
    {.path = "agent.name",
     .type = OPTION_STRING,
     .flag = "--server-id",
     .value_name = "NAME",
     .help = "this machine's name on the server; default its host name",
     AT(name)},
    {.path = "server.token",
     .type = OPTION_STRING,
     .flag = "--token",
     .value_name = "T",
     .env = "SENTORA_TOKEN",
     .flags = OPTION_SECRET,
     .help = "enrolment token from the server's page \"Add a host\"",
     AT(token)},
    {.path = "server.token_file",
     .type = OPTION_PATH,
     .flag = "--token-file",
     .value_name = "FILE",
     .help = "file whose first line is the token",
     AT(token_file)},
    {.path = "server.api_key",
     .type = OPTION_STRING,
     .env = "API_KEY",
     .flags = OPTION_SECRET,
     .help = "an API key, used for enrolment when there is no token",
     AT(api_key)},
    {.path = "agent.interval",
     .type = OPTION_DURATION,
     .flag = "--interval",
     .value_name = "SECONDS",
     .preset = "10s",
     .min = 1000,
     .max = 86400000,
     .help = "time from one collection to the next",
     AT(interval)},
    {.path = "server.verify",
     .type = OPTION_STRING,
     .flag = "--verify",
     .value_name = "CA_OR_CERT",
     .help = "what proves the server: a file with CAs or with its certificate, or "
             "sha256:FINGERPRINT; default the system's CAs",
     AT(verify)},
    {.path = "server.insecure_http",
     .type = OPTION_BOOL,
     .flag = "--insecure-http",
     .help = "allow http:// to other machines: anyone between can read and change everything",
     AT(insecure_http)},
    {.type = OPTION_BOOL,
     .flag = "--once",
     .help = "collect over one second, send, and end with 0 when the server took it",
     AT(once)},
    {.type = OPTION_STRING,
     .flag = "--print",
     .value_name = "json|prometheus",
     .choices = "json|prometheus",
     .help = "write one collection to stdout and end",
     AT(print)},
    {.path = "agent.root",
     .type = OPTION_PATH,
     .flag = "--root",
     .value_name = "DIR",
     .preset = "/",
     .help = "read /proc, /sys and logs below DIR",
     AT(root)},
    {.path = "agent.state",
     .type = OPTION_PATH,
     .flag = "--state",
     .value_name = "DIR",
     .help = "where identity and spool are kept; default $STATE_DIRECTORY or " DEFAULT_STATE,
     AT(state)},
    {.path = "agent.spool_max_bytes",
     .type = OPTION_BYTES,
     .preset = "64MiB",
     .min = (double)SPOOL_MIN_BYTES,
     .max = 1099511627776.0,
     .help = "samples kept on disk while the server is away; the oldest are dropped over it",
     AT(spool_max_bytes)},
    {.path = "agent.spool_max_age",
     .type = OPTION_DURATION,
     .preset = "7d",
     .min = 60000,
     .max = 365.0 * MSEC_DAY,
     .help = "older samples are not sent any more",
     AT(spool_max_age)},
    SWITCH("cpu", cpu, "processor and load"),
    SWITCH("ram", memory, "memory and swap"),
    SWITCH("disk", disk, "file systems and disk I/O"),
    {.path = "monitoring.disk.paths",
     .type = OPTION_LIST,
     .help = "mount points; empty = every real one",
     AT(disk_paths)},
    SWITCH("network", network, "network interfaces"),
    {.path = "monitoring.network.interfaces",
     .type = OPTION_LIST,
     .help = "names; empty = every real one",
     AT(interfaces)},
    SWITCH("services", services, "systemd services"),
    {.path = "monitoring.services.list",
     .type = OPTION_LIST,
     .help = "services that should be active; reported also when they do not exist",
     AT(service_list)},
    SWITCH("ssh", ssh, "failed SSH logins"),
    {.path = "monitoring.ssh.log_path",
     .type = OPTION_PATH,
     .help = "log of sshd; default auth.log, secure or the journal, whichever is there",
     AT(ssh_log_path)},
    {.path = "monitoring.ssh.window",
     .type = OPTION_DURATION,
     .preset = "10m",
     .min = 10000,
     .max = 86400000,
     .help = "failures are counted over the last ...",
     AT(ssh_window)},
    {.path = "monitoring.ssh.threshold",
     .type = OPTION_INT,
     .preset = "5",
     .min = 1,
     .max = 1000000,
     .help = "for threshold_exceeded in --print json",
     AT(ssh_threshold)},
    {.path = "monitoring.textfile.directory",
     .type = OPTION_PATH,
     .help = "its *.prom files, in Prometheus' text format, are sent too",
     AT(textfile_path)},
    OLD_LIMIT("cpu.threshold"),
    OLD_LIMIT("ram.threshold"),
    OLD_LIMIT("disk.threshold"),
    OLD_LIMIT("network.threshold.in"),
    OLD_LIMIT("network.threshold.out"),
    {.path = "logging.level",
     .type = OPTION_STRING,
     .env = "LOG_LEVEL",
     .preset = "info",
     .help = "error, warning, info or debug",
     AT(log_level)},
    {.path = "logging.file",
     .type = OPTION_PATH,
     .env = "LOG_FILE",
     .help = "log to this file beside stderr; opened anew on SIGHUP",
     AT(log_file)},
};

/* The part between scheme and path; empty when the URL has no http scheme. */
static struct slice authority(const char *url)
{
    const char *rest = text_after(url, "https://");
    if (rest == NULL)
        rest = text_after(url, "http://");
    return rest != NULL ? (struct slice){rest, strcspn(rest, "/?#")} : (struct slice){"", 0};
}

int settings_base_url(const char *url, struct arena *arena, const char **out_base,
                      struct problem *problem)
{
    struct slice host = authority(url);
    if (host.len == 0 || host.data[0] == ':')
        return problem_set(problem,
                           "expected http://HOST[:PORT] or https://HOST[:PORT], not "
                           "\"%.200s\"",
                           url);
    if (memchr(host.data, '@', host.len) != NULL)
        return problem_set(problem, "a user or password in the URL is not allowed");
    for (const char *c = url; *c != '\0'; c++) {
        if (!isgraph((unsigned char)*c) || *c == '?' || *c == '#')
            return problem_set(problem, "blanks, '?' and '#' are not allowed in the URL");
    }

    struct slice base = slice_of(url);
    while (base.len > 0 && base.data[base.len - 1] == '/')
        base.len--;
    const char *path = host.data + host.len;
    if (base.len >= 5 && memcmp(base.data + base.len - 5, "/data", 5) == 0 &&
        base.data + base.len - 5 >= path)
        base.len -= 5;
    while (base.len > 0 && base.data[base.len - 1] == '/')
        base.len--;
    const char *copy = arena_strndup(arena, base.data, base.len);
    if (copy == NULL)
        return problem_set(problem, "the URL is too long");
    *out_base = copy;
    return 0;
}

bool settings_is_private(const char *base_url)
{
    if (text_has_prefix(base_url, "https://"))
        return true;
    struct slice host = authority(base_url);
    if (host.len > 0 && host.data[0] == '[') {
        const char *end = memchr(host.data, ']', host.len);
        host.len = end != NULL ? (size_t)(end - host.data) + 1 : host.len;
        return slice_is(host, "[::1]");
    }
    const char *colon = memchr(host.data, ':', host.len);
    if (colon != NULL)
        host.len = (size_t)(colon - host.data);
    if (slice_is(host, "localhost"))
        return true;
    bool is_address = host.len > 4 && memcmp(host.data, "127.", 4) == 0;
    for (size_t i = 0; i < host.len && is_address; i++)
        is_address = isdigit((unsigned char)host.data[i]) || host.data[i] == '.';
    return is_address;
}

static void check_url(struct config *config, struct settings *settings)
{
    if (settings->url == NULL)
        return;
    struct problem problem = {0};
    if (settings_base_url(settings->url, &config->arena, &settings->url, &problem) != 0)
        config_add_error(config, "server.url", "%s", problem.text);
    else if (!settings->insecure_http && !settings_is_private(settings->url))
        config_add_error(config, "server.url",
                         "%s is not encrypted: use https://, or allow plain http to another "
                         "machine with --insecure-http (server.insecure_http: true)",
                         settings->url);
}

static void check_name(struct config *config, struct settings *settings)
{
    if (settings->name == NULL || settings->name[0] == '\0') {
        char *name = arena_calloc(&config->arena, 1, HOST_NAME_MAX + 1);
        if (name != NULL && (gethostname(name, HOST_NAME_MAX) != 0 || name[0] == '\0'))
            text_copy(name, HOST_NAME_MAX, "localhost");
        settings->name = name != NULL ? name : "localhost";
    }
    size_t len = strlen(settings->name);
    bool has_control = false;
    for (size_t i = 0; i < len; i++)
        has_control |= iscntrl((unsigned char)settings->name[i]) != 0;
    if (len > HOST_NAME_MAX_BYTES || has_control || !text_is_utf8(settings->name, len))
        config_add_error(config, "agent.name",
                         "expected at most %d bytes of UTF-8 without control characters",
                         HOST_NAME_MAX_BYTES);
}

/* The token from its file, or the API key in its place. */
static void choose_token(struct config *config, struct settings *settings)
{
    CLEANUP(buf_deinit) struct buf text;
    buf_init(&text, TOKEN_FILE_MAX_BYTES);
    if (settings->token == NULL && settings->token_file != NULL) {
        int error = file_read(settings->token_file, &text);
        struct slice rest = {text.data, text.len}, line = {"", 0};
        text_next_piece(&rest, '\n', &line);
        line = text_trim(line);
        if (error != 0)
            config_add_error(config, "server.token_file", "%s: %s", settings->token_file,
                             strerror(-error));
        else if (line.len == 0)
            config_add_error(config, "server.token_file", "%s is empty", settings->token_file);
        else
            settings->token = arena_strndup(&config->arena, line.data, line.len);
    }
    if (settings->token == NULL)
        settings->token = settings->api_key;
    for (const char *c = settings->token; c != NULL && *c != '\0'; c++) {
        if (!isgraph((unsigned char)*c)) {
            config_add_error(config, "server.token", "must have no blanks and be ASCII");
            break;
        }
    }
}

/* systemd's $STATE_DIRECTORY is a hint, weaker than the file. */
static void choose_state(struct config *config, struct settings *settings)
{
    const char *hint = getenv("STATE_DIRECTORY");
    if (settings->state != NULL)
        return;
    settings->state = hint != NULL && hint[0] != '\0'
                          ? arena_strndup(&config->arena, hint, strcspn(hint, ":"))
                          : DEFAULT_STATE;
}

static enum settings_result show_help(void)
{
    struct buf text;
    buf_init(&text, HELP_MAX_BYTES);
    config_write_help(options, ARRAY_LEN(options), usage, &text);
    fputs(buf_text(&text), stdout);
    buf_deinit(&text);
    return SETTINGS_DONE;
}

static enum settings_result show_effective(const struct config *config)
{
    struct buf text;
    buf_init(&text, HELP_MAX_BYTES);
    config_write_effective(config, &text);
    fputs(buf_text(&text), stdout);
    buf_deinit(&text);
    return SETTINGS_DONE;
}

static enum settings_result judge(struct config *config, const struct settings *settings)
{
    bool sends = settings->print == NULL && !config->wants_check;
    config_print_problems(config, stderr);
    if (config->n_errors == 0 && sends && settings->url == NULL) {
        fputs("error: server.url is missing: give --server URL, server.url in the file, or "
              "SERVER_URL\n\n",
              stderr);
        fprintf(stderr, "%s\n`sentora-agent --help` lists the flags.\n", usage);
        return SETTINGS_WRONG;
    }
    if (config->n_errors > 0)
        return SETTINGS_WRONG;
    return config->wants_check ? show_effective(config) : SETTINGS_GOOD;
}

enum settings_result settings_load(int argc, char *const *argv, char *const *environment,
                                   struct config *out_config, struct settings *out_settings)
{
    struct config *config = out_config;
    struct settings settings = {0};
    config_init(config, options, ARRAY_LEN(options));
    config_read_flags(config, argc, argv, 1);
    if (config->wants_help)
        return show_help();
    if (config->wants_version) {
        puts("sentora-agent " SENTORA_VERSION);
        return SETTINGS_DONE;
    }
    config_read_environment(config, environment);
    bool is_named = config->n_positionals > 0;
    config_read_file(config, is_named ? config->positionals[0] : SETTINGS_DEFAULT_FILE,
                     is_named);
    if (config_finish(config, &settings) == 0) {
        check_url(config, &settings);
        check_name(config, &settings);
        choose_token(config, &settings);
        choose_state(config, &settings);
    }
    enum settings_result result = judge(config, &settings);
    if (result == SETTINGS_GOOD)
        *out_settings = settings;
    return result;
}

struct collect_options settings_collect_options(const struct settings *settings)
{
    return (struct collect_options){
        .root = settings->root,
        .cpu = settings->cpu,
        .memory = settings->memory,
        .disk = settings->disk,
        .network = settings->network,
        .services = settings->services,
        .ssh = settings->ssh,
        .disk_paths = settings->disk_paths.items,
        .interfaces = settings->interfaces.items,
        .service_list = settings->service_list.items,
        .ssh_log_path = settings->ssh_log_path,
        .textfile_path = settings->textfile_path,
        .ssh_window = settings->ssh_window,
    };
}
