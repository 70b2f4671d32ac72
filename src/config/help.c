/* SPDX-License-Identifier: MIT */
/*
 * What the option table says to people: --help and --check-config.
 */
#include <string.h>

#include "base/text.h"
#include "config/load.h"

static void write_default(const struct option *option, struct buf *out)
{
    if (option->preset != NULL && option->preset[0] != '\0')
        buf_printf(out, " (default %s)", option->preset);
}

static void write_names(const struct option *option, struct buf *out)
{
    char env[OPTION_ENV_SIZE];
    if (option_env_name(option, env)) {
        buf_printf(out, "      file %s, environment %s", option->path, env);
        if (option->env != NULL)
            buf_printf(out, " %s", option->env);
        buf_append_char(out, '\n');
    } else if (option->env != NULL) {
        buf_printf(out, "      environment %s\n", option->env);
    }
}

static void write_flag(const struct option *option, struct buf *out)
{
    buf_printf(out, "  %s", option->flag);
    if (option->type != OPTION_BOOL)
        buf_printf(out, " %s", option->value_name != NULL ? option->value_name : "VALUE");
    buf_printf(out, "\n      %s", option->help);
    write_default(option, out);
    buf_append_char(out, '\n');
    write_names(option, out);
}

static void write_key(const struct option *option, struct buf *out)
{
    char expected[256];
    option_expected(option, expected, sizeof(expected));
    buf_printf(out, "  %s\n      %s; %s", option->path, option->help, expected);
    write_default(option, out);
    if (option->env != NULL)
        buf_printf(out, "; also %s", option->env);
    buf_append_char(out, '\n');
}

void config_write_help(const struct option *options, size_t n_options, const char *usage,
                       struct buf *out)
{
    buf_printf(out, "%s\n\nFlags (a flag wins over the environment, that over the file):\n",
               usage);
    for (size_t i = 0; i < n_options; i++) {
        if (options[i].flag != NULL)
            write_flag(&options[i], out);
    }
    buf_append_text(out,
                    "  --check-config\n      read the configuration, say what is in effect and "
                    "where it came from, and end\n"
                    "  --help, --version\n\n"
                    "Other keys of the file (environment SENTORA_ and the key in capitals, "
                    "dots as underscores):\n");
    for (size_t i = 0; i < n_options; i++) {
        if (options[i].flag == NULL)
            write_key(&options[i], out);
    }
}

void config_write_effective(const struct config *config, struct buf *out)
{
    for (size_t i = 0; i < config->n_options; i++) {
        const struct option *option = &config->options[i];
        if (option->path == NULL || (option->flags & OPTION_UNUSED) != 0)
            continue;
        const char *where = config->slots[i].where;
        buf_printf(out, "%s = ", option->path);
        option_format(option, config->slots[i].value, out);
        buf_printf(out, "  (%s)\n", where != NULL ? where : "default");
    }
}
