/* SPDX-License-Identifier: MIT */
#include "ctl/command.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/vec.h"

#define AT(field) .offset = offsetof(struct ctl_settings, field)

const struct command *const commands[] = {
    &hosts_command,
    &alerts_command,
    &alerts_acknowledge_command,
    &outages_command,
    &outages_clear_command,
    &query_command,
    &backup_command,
    &restore_command,
    &store_inspect_command,
    &store_verify_command,
    &completion_command,
    &manual_command,
    NULL,
};

const struct option common_options[] = {
    {.path = "server",
     .type = OPTION_STRING,
     .flag = "--server",
     .value_name = "URL",
     .preset = "http://127.0.0.1:8000",
     .help = "the server to ask",
     AT(server)},
    {.path = "token",
     .type = OPTION_STRING,
     .flag = "--token",
     .value_name = "T",
     .flags = OPTION_SECRET,
     .help = "a token of the page \"Tokens\", or an API key",
     AT(token)},
    {.path = "verify",
     .type = OPTION_STRING,
     .flag = "--verify",
     .value_name = "CA_OR_CERT",
     .help = "what proves the server: a file with CAs or with its certificate, or "
             "sha256:FINGERPRINT; default the system's CAs",
     AT(verify)},
    {.path = "insecure_http",
     .type = OPTION_BOOL,
     .flag = "--insecure-http",
     .help = "send the token to another machine over http://, where anyone between can read it",
     AT(insecure_http)},
    {.path = "data",
     .type = OPTION_PATH,
     .flag = "--data",
     .value_name = "DIR",
     .preset = "/var/lib/sentora",
     .help = "the server's data directory on this machine",
     AT(data)},
    {.type = OPTION_BOOL, .flag = "--json", .help = "answer in JSON, for programs", AT(json)},
    {.help = NULL},
};

int ctl_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("sentora: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return CTL_FAILED;
}

/* ---- help ---- */

static void print_option(const struct option *option)
{
    char names[64], env[OPTION_ENV_SIZE];
    snprintf(names, sizeof(names), "%s %s", option->flag,
             option->value_name != NULL ? option->value_name : "");
    printf("  %-22s %s", names, option->help);
    if (option->preset != NULL)
        printf(" (default %s)", option->preset);
    if (option_env_name(option, env))
        printf(" [%s]", env);
    putchar('\n');
}

static void print_command_help(const struct command *command)
{
    printf("Usage: sentora %s%s%s [FLAG]...\n\n%s. %s\n\n", command->name,
           command->args[0] == '\0' ? "" : " ", command->args, command->summary, command->help);
    for (const struct option *option = command->options; option->help != NULL; option++)
        print_option(option);
    for (const struct option *option = common_options; option->help != NULL; option++)
        print_option(option);
    puts("\nA flag wins over the environment, that over ~/.config/sentora/config.yaml.\n"
         "Exit status: 0 fine, 1 failed, 2 usage or configuration.");
}

static void print_program_help(FILE *out)
{
    fputs("Usage: sentora COMMAND [ARGUMENT]... [FLAG]...\n\n"
          "Asks and steers a Sentora server, and looks after its data.\n\n",
          out);
    for (size_t i = 0; commands[i] != NULL; i++) {
        char name[64];
        snprintf(name, sizeof(name), "%s %s", commands[i]->name, commands[i]->args);
        fprintf(out, "  %-26s %s\n", name, commands[i]->summary);
    }
    fputs("\n`sentora COMMAND --help` says more about each. --version says which this is.\n",
          out);
}

/* ---- finding the command ---- */

/* How many of the words are the command's name; 0 when they are not. */
static int name_words(const struct command *command, int n_words, char *const *words)
{
    const char *rest = command->name;
    int used = 0;
    while (*rest != '\0') {
        const char *next = used < n_words ? text_after(rest, words[used]) : NULL;
        if (next == NULL || words[used][0] == '\0' || (*next != '\0' && *next != ' '))
            return 0;
        rest = *next == ' ' ? next + 1 : next;
        used++;
    }
    return used;
}

/* The command with the longest name that fits. */
static const struct command *find_command(int n_words, char *const *words, int *out_used)
{
    const struct command *found = NULL;
    *out_used = 0;
    for (size_t i = 0; commands[i] != NULL; i++) {
        int used = name_words(commands[i], n_words, words);
        if (used > *out_used) {
            *out_used = used;
            found = commands[i];
        }
    }
    return found;
}

static int unknown_command(int n_words, char *const *words)
{
    const char *names[64];
    size_t n = 0;
    for (; commands[n] != NULL && n < ARRAY_LEN(names); n++)
        names[n] = commands[n]->name;
    char given[128];
    snprintf(given, sizeof(given), "%s%s%s", words[0], n_words > 1 ? " " : "",
             n_words > 1 ? words[1] : "");
    const char *near = option_nearest(given, names, n);
    if (near == NULL)
        near = option_nearest(words[0], names, n);
    ctl_fail("there is no command \"%.60s\"%s%s%s; see sentora --help", words[0],
             near != NULL ? " (did you mean " : "", near != NULL ? near : "",
             near != NULL ? "?)" : "");
    return CTL_USAGE;
}

/* ---- settings ---- */

static void read_user_file(struct config *config)
{
    char path[PATH_MAX];
    const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    size_t len = 0;
    if (base != NULL && base[0] == '/')
        len = (size_t)snprintf(path, sizeof(path), "%s/sentora/config.yaml", base);
    else if (home != NULL && home[0] != '\0')
        len = (size_t)snprintf(path, sizeof(path), "%s/.config/sentora/config.yaml", home);
    if (len > 0 && len < sizeof(path))
        config_read_file(config, path, false);
}

static int run_command(const struct command *command, struct config *config)
{
    struct ctl ctl = {
        .command = command, .args = config->positionals, .n_args = config->n_positionals};
    int error = config_finish(config, &ctl.settings);
    config_print_problems(config, stderr);
    if (error != 0)
        return CTL_USAGE;
    if (ctl.n_args < command->min_args) {
        ctl_fail("%s needs %s; see sentora %s --help", command->name, command->args,
                 command->name);
        return CTL_USAGE;
    }
    return command->run(&ctl);
}

static int load_and_run(const struct command *command, int argc, char **argv,
                        char *const *environment)
{
    VEC(struct option) options = {0};
    for (const struct option *option = command->options; option->help != NULL; option++)
        VEC_PUSH(&options, *option);
    for (const struct option *option = common_options; option->help != NULL; option++)
        VEC_PUSH(&options, *option);
    struct config config;
    config_init(&config, options.items, options.len);
    config_read_flags(&config, argc, argv, command->max_args);
    int status = CTL_FINE;
    if (config.wants_help) {
        print_command_help(command);
    } else {
        config_read_environment(&config, environment);
        read_user_file(&config);
        status = run_command(command, &config);
    }
    config_deinit(&config);
    VEC_DEINIT(&options);
    return status;
}

int ctl_main(int argc, char **argv, char *const *environment)
{
    if (argc < 2) {
        print_program_help(stderr);
        return CTL_USAGE;
    }
    if (text_is(argv[1], "--version")) {
        puts("sentora " SENTORA_VERSION);
        return CTL_FINE;
    }
    if (text_is(argv[1], "--help") || text_is(argv[1], "-h") || text_is(argv[1], "help")) {
        print_program_help(stdout);
        return CTL_FINE;
    }
    int used;
    const struct command *command = find_command(argc - 1, argv + 1, &used);
    if (command == NULL)
        return unknown_command(argc - 1, argv + 1);
    int status = load_and_run(command, argc - used, argv + used, environment);
    if (fflush(stdout) != 0 && status == CTL_FINE)
        status = ctl_fail("cannot write the answer");
    return status;
}
