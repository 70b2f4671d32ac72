/* SPDX-License-Identifier: MIT */
/* What help, completions and the man page rely on. */
#include "ctl/command.h"

#include <string.h>

#include "base/text.h"
#include "unit.h"

static void check_option(const struct option *option)
{
    ck_assert(text_has_prefix(option->flag, "--"));
    ck_assert(!text_has_suffix(option->help, "."));
    ck_assert_ptr_null(strchr(option->help, '\n'));
    ck_assert((option->type == OPTION_BOOL) == (option->value_name == NULL));
}

static size_t count_flag(const struct option *options, const char *flag)
{
    size_t n = 0;
    for (; options->help != NULL; options++)
        n += text_is(options->flag, flag);
    return n;
}

START_TEST(every_command_is_whole)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        const struct command *command = commands[i];
        ck_assert_msg(command->summary != NULL && !text_has_suffix(command->summary, "."), "%s",
                      command->name);
        ck_assert_msg(text_has_suffix(command->help, ".") ||
                          text_has_suffix(command->help, "-"),
                      "%s", command->name);
        ck_assert(command->run != NULL && command->min_args <= command->max_args);
        ck_assert((command->args[0] == '\0') == (command->max_args == 0));
        ck_assert_uint_le(command->max_args, CONFIG_POSITIONALS_MAX);
        for (const struct option *own = command->options; own->help != NULL; own++) {
            check_option(own);
            ck_assert_uint_eq(count_flag(command->options, own->flag), 1);
            ck_assert_uint_eq(count_flag(common_options, own->flag), 0);
        }
    }
    for (const struct option *option = common_options; option->help != NULL; option++)
        check_option(option);
}
END_TEST

START_TEST(names_are_different)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(commands[i]->name, commands[k]->name);
    }
}
END_TEST

/* Which exit status a command line has; what it prints goes nowhere. */
static int status_of(const char *line)
{
    char copy[256], *argv[16], *rest = NULL;
    int argc = 0;
    ck_assert(text_copy(copy, sizeof(copy), line));
    for (char *word = strtok_r(copy, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest))
        argv[argc++] = word;
    argv[argc] = NULL;
    char *const environment[] = {NULL};
    return ctl_main(argc, argv, environment);
}

START_TEST(command_lines_and_their_status)
{
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
    static const struct {
        const char *line;
        int status;
    } lines[] = {
        {"sentora", CTL_USAGE},
        {"sentora --help", CTL_FINE},
        {"sentora --version", CTL_FINE},
        {"sentora alerts --help", CTL_FINE},
        {"sentora alerts acknowledge --help", CTL_FINE},
        {"sentora store", CTL_USAGE},
        {"sentora store inspect --help", CTL_FINE},
        {"sentora store --help", CTL_USAGE},
        {"sentora alert", CTL_USAGE},
        {"sentora alerts what", CTL_USAGE},
        {"sentora alerts acknowledge", CTL_USAGE},
        {"sentora alerts acknowledge x", CTL_USAGE},
        {"sentora alerts --limit 0", CTL_USAGE},
        {"sentora backup", CTL_USAGE},
        {"sentora backup a b", CTL_USAGE},
        {"sentora backup a --force", CTL_USAGE},
        {"sentora backup a --data /nonexistent/data", CTL_FAILED},
        {"sentora restore /nonexistent/file --data /nonexistent/data", CTL_FAILED},
        {"sentora query up --step 0", CTL_USAGE},
        {"sentora completion", CTL_USAGE},
        {"sentora completion fish", CTL_FINE},
        {"sentora completion zsh", CTL_FINE},
        {"sentora completion bash", CTL_FINE},
        {"sentora manual", CTL_FINE},
    };
    setenv("HOME", "/nonexistent", 1);
    unsetenv("XDG_CONFIG_HOME");
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        ck_assert_msg(status_of(lines[i].line) == lines[i].status, "%s", lines[i].line);
}
END_TEST

UNIT_MAIN("command", every_command_is_whole, names_are_different,
          command_lines_and_their_status)
