/* SPDX-License-Identifier: MIT */
/*
 * The command line as a source of values.
 */
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "config/source.h"

#define NAMES_MAX 64

static const struct option *find_flag(const struct config *config, struct slice flag)
{
    for (size_t i = 0; i < config->n_options; i++) {
        const struct option *option = &config->options[i];
        if (option->flag != NULL && slice_is(flag, option->flag))
            return option;
    }
    return NULL;
}

static void keep_unknown_flag(struct config *config, const char *arg)
{
    const char *names[NAMES_MAX] = {"--help", "--version", "--check-config"};
    size_t n_names = 3;
    for (size_t i = 0; i < config->n_options && n_names < NAMES_MAX; i++) {
        if (config->options[i].flag != NULL)
            names[n_names++] = config->options[i].flag;
    }
    struct problem problem = {0};
    const char *nearest = option_nearest(arg, names, n_names);
    if (nearest != NULL)
        problem_set(&problem, "unknown flag %.100s (did you mean %s?)", arg, nearest);
    else
        problem_set(&problem, "unknown flag %.100s", arg);
    source_keep(config, true, NULL, &problem);
}

/* A list flag that is repeated adds to the list. */
static void append_list(struct config *config, const struct option *option,
                        struct option_list *list)
{
    const struct config_slot *slot = &config->slots[option - config->options];
    if (!slot->is_set || slot->origin != CONFIG_FLAG)
        return;
    size_t len = slot->value.list.len + list->len;
    const char **items = arena_calloc(&config->arena, len + 1, sizeof(*items));
    if (items == NULL)
        return;
    memcpy(items, slot->value.list.items, slot->value.list.len * sizeof(*items));
    memcpy(items + slot->value.list.len, list->items, list->len * sizeof(*items));
    *list = (struct option_list){items, len};
}

static void set_flag(struct config *config, const struct option *option, const char *text)
{
    struct problem problem = {0};
    union option_value value = {0};
    if (source_parse(config, option, text, &value, &problem) != 0) {
        source_keep_named(config, option->flag, &problem);
        return;
    }
    if (option->type == OPTION_LIST)
        append_list(config, option, &value.list);
    source_offer(config, option, value, CONFIG_FLAG, option->flag);
}

static bool read_own_flag(struct config *config, const char *arg)
{
    bool *wanted = text_is(arg, "--help") || text_is(arg, "-h") ? &config->wants_help
                   : text_is(arg, "--version")                  ? &config->wants_version
                   : text_is(arg, "--check-config")             ? &config->wants_check
                                                                : NULL;
    if (wanted != NULL)
        *wanted = true;
    return wanted != NULL;
}

/* Reads argv[at]; returns how many arguments it used. */
static int read_flag(struct config *config, int argc, char *const *argv, int at)
{
    const char *arg = argv[at];
    const char *equals = strchr(arg, '=');
    struct slice name = {arg, equals != NULL ? (size_t)(equals - arg) : strlen(arg)};
    const struct option *option = find_flag(config, name);
    struct problem problem = {0};

    if (option == NULL) {
        if (!read_own_flag(config, arg))
            keep_unknown_flag(config, arg);
    } else if (equals != NULL) {
        set_flag(config, option, equals + 1);
    } else if (option->type == OPTION_BOOL) {
        set_flag(config, option, "true");
    } else if (at + 1 >= argc) {
        problem_set(&problem, "%s needs a value: %s", option->flag,
                    option->value_name != NULL ? option->value_name : "VALUE");
        source_keep(config, true, NULL, &problem);
    } else {
        set_flag(config, option, argv[at + 1]);
        return 2;
    }
    return 1;
}

void config_read_flags(struct config *config, int argc, char *const *argv,
                       size_t max_positionals)
{
    assert(max_positionals <= CONFIG_POSITIONALS_MAX);
    bool flags_ended = false;
    for (int at = 1; at < argc;) {
        const char *arg = argv[at];
        struct problem problem = {0};
        if (!flags_ended && text_is(arg, "--")) {
            flags_ended = true;
            at++;
        } else if (!flags_ended && arg[0] == '-' && arg[1] != '\0') {
            at += read_flag(config, argc, argv, at);
        } else if (config->n_positionals < max_positionals) {
            config->positionals[config->n_positionals++] = arg;
            at++;
        } else {
            problem_set(&problem, "unexpected argument \"%.100s\"", arg);
            source_keep(config, true, NULL, &problem);
            at++;
        }
    }
}
