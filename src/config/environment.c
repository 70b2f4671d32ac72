/* SPDX-License-Identifier: MIT */
/*
 * The environment, and the `.env` file that stands in for it, as sources of values.
 */
#include <string.h>

#include "base/text.h"
#include "config/env_file.h"
#include "config/source.h"

/* Which of the option's names this is: 0 = SENTORA_..., from 1 those in `env`; -1 = none. */
static int env_rank(const struct option *option, struct slice name)
{
    char own[OPTION_ENV_SIZE];
    if (option_env_name(option, own) && slice_is(name, own))
        return 0;
    if (option->env == NULL)
        return -1;
    struct slice rest = slice_of(option->env), other;
    for (int rank = 1; text_next_piece(&rest, ' ', &other); rank++) {
        if (other.len == name.len && memcmp(other.data, name.data, name.len) == 0)
            return rank;
    }
    return -1;
}

/* Empty values count as not set: compose files pass unset variables on as empty ones. */
static void offer_env(struct config *config, struct slice name, const char *text,
                      enum config_origin origin, const struct problem *place)
{
    for (size_t i = 0; i < config->n_options && text[0] != '\0'; i++) {
        const struct option *option = &config->options[i];
        struct config_slot *slot = &config->slots[i];
        int rank = env_rank(option, name);
        if (rank < 0)
            continue;
        const char *where = arena_strndup(&config->arena, name.data, name.len);
        struct problem problem = {0};
        union option_value value = {0};
        if (where == NULL || source_parse(config, option, text, &value, &problem) != 0) {
            struct problem named = *place;
            problem_set_at(&named, place->line, 0, "%s: %s", where != NULL ? where : "",
                           problem.text);
            source_keep(config, true, place->file, &named);
            continue;
        }
        if (slot->is_set && slot->origin == origin && slot->env_rank < rank)
            continue;
        if (!slot->is_set || slot->origin <= origin)
            slot->env_rank = rank;
        source_offer(config, option, value, origin, where);
    }
}

void config_read_environment(struct config *config, char *const *environment)
{
    static const struct problem nowhere = {.line = 0};
    for (char *const *entry = environment; *entry != NULL; entry++) {
        const char *equals = strchr(*entry, '=');
        if (equals != NULL)
            offer_env(config, (struct slice){*entry, (size_t)(equals - *entry)}, equals + 1,
                      CONFIG_ENVIRONMENT, &nowhere);
    }
}

void config_read_env_file(struct config *config, const char *path, bool must_exist)
{
    CLEANUP(buf_deinit) struct buf text;
    buf_init(&text, CONFIG_FILE_BYTES_MAX);
    if (!source_read_text(config, path, must_exist, &text))
        return;

    struct env_file file;
    struct env_pair pair;
    enum env_file_result result;
    struct problem problem = {0};
    env_file_init(&file, (struct slice){text.data, text.len}, &config->arena);
    while ((result = env_file_next(&file, &pair, &problem)) != ENV_FILE_END) {
        if (result == ENV_FILE_BAD) {
            source_keep(config, true, path, &problem);
            continue;
        }
        struct problem place = {.line = pair.line};
        text_copy(place.file, sizeof(place.file), path);
        offer_env(config, slice_of(pair.key), pair.value, CONFIG_ENV_FILE, &place);
    }
}
