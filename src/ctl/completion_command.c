/* SPDX-License-Identifier: MIT */
/* completion_command - `sentora completion`: what Tab offers in bash, zsh and fish, from the table. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ctl/command.h"

/* The command's own options, then the common ones; NULL behind the last.  *cursor counts. */
static const struct option *next_option(const struct command *command, size_t *cursor)
{
    size_t at = (*cursor)++;
    for (size_t i = 0; command->options[i].help != NULL; i++) {
        if (at-- == 0)
            return &command->options[i];
    }
    for (size_t i = 0; common_options[i].help != NULL; i++) {
        if (at-- == 0)
            return &common_options[i];
    }
    return NULL;
}

static void print_flags(const struct command *command)
{
    size_t cursor = 0;
    for (const struct option *option; (option = next_option(command, &cursor)) != NULL;)
        printf("%s ", option->flag);
    fputs("--help", stdout);
}

/* The part of the name behind `first`, when the command has two words and that is the first. */
static const char *second_word(const struct command *command, struct slice first)
{
    const char *rest = command->name + first.len;
    bool same = strncmp(command->name, first.data, first.len) == 0;
    return same && *rest == ' ' ? rest + 1 : NULL;
}

static struct slice first_word(const struct command *command)
{
    return (struct slice){command->name, strcspn(command->name, " ")};
}

/* Only the first of those that share their first word. */
static bool begins_group(size_t at)
{
    struct slice word = first_word(commands[at]);
    for (size_t i = 0; i < at; i++) {
        struct slice other = first_word(commands[i]);
        if (other.len == word.len && memcmp(other.data, word.data, word.len) == 0)
            return false;
    }
    return true;
}

static void print_first_words(void)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        struct slice word = first_word(commands[i]);
        if (begins_group(i))
            printf("%.*s ", (int)word.len, word.data);
    }
}

static void print_second_words(struct slice first)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        const char *word = second_word(commands[i], first);
        if (word != NULL)
            printf("%s ", word);
    }
}

/* ---- bash ---- */

static void print_bash_command(const struct command *command, bool two_words)
{
    struct slice first = first_word(command);
    bool is_two = first.len < strlen(command->name);
    if (is_two != two_words)
        return;
    printf("    '%s%s) flags='", command->name, is_two ? "'" : " '*");
    print_flags(command);
    fputs("' words='", stdout);
    if (!is_two)
        print_second_words(first);
    printf("'%s ;;\n", text_is(command->args, "FILE") ? " files=1" : "");
}

/* Words that only begin names of two: "store". */
static void print_bash_prefix(size_t at)
{
    struct slice first = first_word(commands[at]);
    if (!begins_group(at) || first.len == strlen(commands[at]->name))
        return;
    printf("    '%.*s '*) words='", (int)first.len, first.data);
    print_second_words(first);
    fputs("' ;;\n", stdout);
}

static void print_bash(void)
{
    fputs(
        "# bash completion of sentora; load it with: source <(sentora completion bash)\n"
        "_sentora() {\n"
        "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} flags='' words='' "
        "files=''\n"
        "  case $prev in\n"
        "    --data) mapfile -t COMPREPLY < <(compgen -d -- \"$cur\"); return ;;\n"
        "    --verify) mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return ;;\n"
        "    --format) mapfile -t COMPREPLY < <(compgen -W 'auto table plot csv' -- \"$cur\"); "
        "return ;;\n"
        "  esac\n"
        "  if [ \"$COMP_CWORD\" = 1 ]; then\n"
        "    mapfile -t COMPREPLY < <(compgen -W '",
        stdout);
    print_first_words();
    fputs("' -- \"$cur\"); return\n"
          "  fi\n"
          "  case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n",
          stdout);
    for (size_t i = 0; commands[i] != NULL; i++)
        print_bash_command(commands[i], true);
    for (size_t i = 0; commands[i] != NULL; i++)
        print_bash_command(commands[i], false);
    for (size_t i = 0; commands[i] != NULL; i++)
        print_bash_prefix(i);
    fputs("  esac\n"
          "  [ \"$COMP_CWORD\" = 2 ] && words=\"$words $flags\" || words=$flags\n"
          "  [ -n \"$files\" ] && [[ $cur != -* ]] && "
          "{ mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return; }\n"
          "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
          "}\n"
          "complete -o filenames -F _sentora sentora\n",
          stdout);
}

/* ---- zsh ---- */

/* Within single quotes; `escaped` are characters that get a backslash. */
static void print_quoted(const char *text, const char *escaped)
{
    for (; *text != '\0'; text++) {
        if (strchr(escaped, *text) != NULL)
            putchar('\\');
        if (*text == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*text);
    }
}

static void print_zsh_arguments(const struct command *command)
{
    fputs("_arguments", stdout);
    size_t cursor = 0;
    for (const struct option *option; (option = next_option(command, &cursor)) != NULL;) {
        printf(" \\\n      '%s[", option->flag);
        print_quoted(option->help, "[]:\\");
        putchar(']');
        if (option->type != OPTION_BOOL)
            printf(":%s:%s", option->value_name, option->type == OPTION_PATH ? "_files" : "");
        putchar('\'');
    }
    if (command->max_args > 0)
        printf(" \\\n      '*:%s:%s'", command->args,
               text_is(command->args, "FILE") ? "_files" : "");
    fputs(" ;;\n", stdout);
}

static void print_zsh_second_words(size_t at)
{
    struct slice first = first_word(commands[at]);
    bool any = false;
    for (size_t i = 0; begins_group(at) && commands[i] != NULL; i++)
        any |= second_word(commands[i], first) != NULL;
    if (!any)
        return;
    printf("  [[ $CURRENT == 3 && $words[2] == %.*s ]] && compadd -- ", (int)first.len,
           first.data);
    print_second_words(first);
    putchar('\n');
}

static void print_zsh(void)
{
    fputs("#compdef sentora\n"
          "# zsh completion of sentora; put it into a folder of $fpath as _sentora\n"
          "_sentora() {\n"
          "  if (( CURRENT == 2 )); then\n"
          "    compadd -- ",
          stdout);
    print_first_words();
    fputs("\n    return\n  fi\n", stdout);
    for (size_t i = 0; commands[i] != NULL; i++)
        print_zsh_second_words(i);
    fputs("  case \"$words[2] $words[3]\" in\n", stdout);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; commands[i] != NULL; i++) {
            bool is_two = strchr(commands[i]->name, ' ') != NULL;
            if (is_two != (pass == 0))
                continue;
            printf("    '%s%s) ", commands[i]->name, is_two ? "'" : " '*");
            print_zsh_arguments(commands[i]);
        }
    }
    fputs("  esac\n}\n_sentora \"$@\"\n", stdout);
}

/* ---- fish ---- */

static void print_fish_command(const struct command *command)
{
    struct slice first = first_word(command);
    const char *second =
        command->name[first.len] == '\0' ? NULL : command->name + first.len + 1;
    printf("complete -c sentora -n '%s%.*s' -a %s -d '",
           second == NULL ? "__fish_use_subcommand" : "__fish_seen_subcommand_from ",
           second == NULL ? 0 : (int)first.len, first.data,
           second == NULL ? command->name : second);
    print_quoted(command->summary, "");
    puts("'");
    size_t cursor = 0;
    for (const struct option *option; (option = next_option(command, &cursor)) != NULL;) {
        printf("complete -c sentora -n '__fish_seen_subcommand_from %s' -l %s %s -d '",
               second == NULL ? command->name : second, option->flag + 2,
               option->type == OPTION_BOOL   ? ""
               : option->type == OPTION_PATH ? "-rF"
                                             : "-x");
        print_quoted(option->help, "");
        puts("'");
    }
    if (text_is(command->args, "FILE"))
        printf("complete -c sentora -n '__fish_seen_subcommand_from %s' -F\n", command->name);
}

static void print_fish(void)
{
    puts("# fish completion of sentora; put it into ~/.config/fish/completions/sentora.fish\n"
         "complete -c sentora -f");
    for (size_t i = 0; commands[i] != NULL; i++) {
        struct slice first = first_word(commands[i]);
        if (begins_group(i) && commands[i]->name[first.len] != '\0')
            printf("complete -c sentora -n '__fish_use_subcommand' -a %.*s\n", (int)first.len,
                   first.data);
        print_fish_command(commands[i]);
    }
}

static int run(struct ctl *ctl)
{
    static const struct {
        const char *shell;
        void (*print)(void);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
        if (text_is(ctl->args[0], shells[i].shell)) {
            shells[i].print();
            return CTL_FINE;
        }
    }
    ctl_fail("there are completions for bash, zsh and fish");
    return CTL_USAGE;
}

static const struct option options[] = {{.help = NULL}};

const struct command completion_command = {
    .name = "completion",
    .args = "SHELL",
    .min_args = 1,
    .max_args = 1,
    .summary = "Print what a shell needs to complete commands and flags",
    .help = "SHELL is bash, zsh or fish.",
    .options = options,
    .run = run,
};
