/* SPDX-License-Identifier: MIT */
/* manual_command - `sentora manual`: the man page, from the table. */
#include <stdio.h>

#include "ctl/command.h"

/* A dash is one that can be searched for, a backslash is itself, and no line begins a request. */
static void print_text(const char *text)
{
    bool at_start = true;
    for (; *text != '\0'; text++) {
        if (at_start && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        if (*text == '-')
            fputs("\\-", stdout);
        else if (*text == '\\')
            fputs("\\e", stdout);
        else
            putchar(*text);
        at_start = *text == '\n';
    }
}

static void print_option(const struct option *option)
{
    char env[OPTION_ENV_SIZE];
    fputs(".TP\n.B ", stdout);
    print_text(option->flag);
    if (option->type != OPTION_BOOL)
        printf(" \\fI%s\\fP", option->value_name);
    putchar('\n');
    print_text(option->help);
    if (option->preset != NULL) {
        fputs("; default ", stdout);
        print_text(option->preset);
    }
    if (option_env_name(option, env))
        printf("; also %s", env);
    putchar('\n');
}

static void print_command(const struct command *command)
{
    fputs(".SS ", stdout);
    print_text(command->name);
    printf(" %s\n", command->args);
    print_text(command->summary);
    puts(".");
    print_text(command->help);
    putchar('\n');
    for (const struct option *option = command->options; option->help != NULL; option++)
        print_option(option);
}

static int run(struct ctl *ctl)
{
    (void)ctl;
    puts(".TH SENTORA 1 \"\" \"sentora " SENTORA_VERSION "\" \"Sentora\"\n"
         ".SH NAME\nsentora \\- ask and steer a Sentora server, and look after its data\n"
         ".SH SYNOPSIS\n.B sentora\n\\fICOMMAND\\fP [\\fIARGUMENT\\fP]... [\\fIFLAG\\fP]...\n"
         ".SH COMMANDS");
    for (size_t i = 0; commands[i] != NULL; i++)
        print_command(commands[i]);
    puts(".SH FLAGS OF EVERY COMMAND");
    for (const struct option *option = common_options; option->help != NULL; option++)
        print_option(option);
    puts(".SH FILES\n.TP\n.I ~/.config/sentora/config.yaml\n"
         "Settings: server, token, verify, insecure_http, data. Flags and the environment win "
         "over it.\n"
         ".SH EXIT STATUS\n0 fine, 1 failed, 2 usage or configuration.\n"
         ".SH SEE ALSO\n.BR sentora\\-server (1),\n.BR sentora\\-agent (1)");
    return CTL_FINE;
}

static const struct option options[] = {{.help = NULL}};

const struct command manual_command = {
    .name = "manual",
    .args = "",
    .summary = "Print the man page",
    .help = "For example: sentora manual | man -l -",
    .options = options,
    .run = run,
};
