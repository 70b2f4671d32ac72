/* SPDX-License-Identifier: MIT */
/*
 * Each source offers values to the options' slots; a slot keeps the one of the highest origin.
 * Values are checked when they are offered, also those that lose, so that a mistake in the file
 * does not hide behind a flag.
 */
#include "config/load.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "config/source.h"

#define CONFIG_ARENA_BYTES ((size_t)16 * 1024 * 1024)

void config_init(struct config *config, const struct option *options, size_t n_options)
{
    *config = (struct config){.options = options, .n_options = n_options};
    arena_init(&config->arena, CONFIG_ARENA_BYTES);
    config->slots = memory_calloc(n_options, sizeof(*config->slots));
}

void config_deinit(struct config *config)
{
    arena_deinit(&config->arena);
    free(config->slots);
    VEC_DEINIT(&config->problems);
    *config = (struct config){0};
}

void source_keep(struct config *config, bool is_error, const char *file,
                 const struct problem *problem)
{
    config->n_errors += is_error;
    if (config->problems.len >= CONFIG_PROBLEMS_MAX)
        return;
    struct config_problem kept = {is_error, *problem};
    text_copy(kept.problem.file, sizeof(kept.problem.file), file != NULL ? file : "");
    VEC_PUSH(&config->problems, kept);
}

void source_keep_named(struct config *config, const char *what, const struct problem *problem)
{
    struct problem named = {.line = 0};
    problem_set(&named, "%s: %s", what, problem->text);
    source_keep(config, true, NULL, &named);
}

void source_offer(struct config *config, const struct option *option, union option_value value,
                  enum config_origin origin, const char *where)
{
    struct config_slot *slot = &config->slots[option - config->options];
    if (slot->is_set && origin < slot->origin)
        return;
    slot->value = value;
    slot->origin = origin;
    slot->where = where;
    slot->is_set = true;
}

int source_parse(struct config *config, const struct option *option, const char *text,
                 union option_value *out_value, struct problem *problem)
{
    return option->type == OPTION_LIST
               ? option_parse_list(text, &config->arena, &out_value->list, problem)
               : option_parse(option, text, &config->arena, out_value, problem);
}

bool source_read_text(struct config *config, const char *path, bool must_exist, struct buf *out)
{
    struct problem problem = {0};
    int error = file_read(path, out);
    if (error == 0)
        return true;
    if (error == -ENOENT && !must_exist)
        return false;
    if (error == -ENOBUFS)
        problem_set(&problem, "file is larger than %zu KiB", CONFIG_FILE_BYTES_MAX / 1024);
    else
        problem_set(&problem, "cannot be read: %s", strerror(-error));
    source_keep(config, true, path, &problem);
    return false;
}

const struct option *source_find_path(const struct config *config, const char *path)
{
    for (size_t i = 0; i < config->n_options; i++) {
        if (config->options[i].path != NULL && text_is(config->options[i].path, path))
            return &config->options[i];
    }
    return NULL;
}

static void apply_preset(struct config *config, size_t at)
{
    const struct option *option = &config->options[at];
    struct config_slot *slot = &config->slots[at];
    if (slot->is_set || option->preset == NULL)
        return;
    struct problem problem = {0};
    int error = source_parse(config, option, option->preset, &slot->value, &problem);
    assert(error == 0 && "a default must be valid");
    slot->is_set = error == 0;
}

static void check_required(struct config *config, size_t at)
{
    const struct option *option = &config->options[at];
    if (config->slots[at].is_set || (option->flags & OPTION_REQUIRED) == 0)
        return;
    char env[OPTION_ENV_SIZE] = "";
    option_env_name(option, env);
    struct problem problem = {0};
    problem_set(&problem, "%s is missing: give %s%s%s in the file%s%s",
                option->path != NULL ? option->path : option->flag,
                option->flag != NULL ? option->flag : "", option->flag != NULL ? ", or " : "",
                option->path != NULL ? option->path : "it", env[0] != '\0' ? ", or " : "", env);
    source_keep(config, true, NULL, &problem);
}

int config_finish(struct config *config, void *target)
{
    for (size_t i = 0; i < config->n_options; i++) {
        apply_preset(config, i);
        check_required(config, i);
    }
    if (config->n_errors > 0)
        return -EINVAL;
    for (size_t i = 0; i < config->n_options; i++)
        option_store(&config->options[i], config->slots[i].value, target);
    return 0;
}

void config_add_error(struct config *config, const char *path, const char *format, ...)
{
    const struct option *option = source_find_path(config, path);
    assert(option != NULL);
    const char *where = config->slots[option - config->options].where;
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    struct problem problem = {0};
    problem_set(&problem, "%s%s%s: %s", where != NULL ? where : "", where != NULL ? ": " : "",
                path, text);
    source_keep(config, true, NULL, &problem);
}

void config_print_problems(const struct config *config, FILE *out)
{
    for (size_t i = 0; i < config->problems.len; i++) {
        const struct config_problem *kept = &config->problems.items[i];
        char line[1024];
        fprintf(out, "%s: %s\n", kept->is_error ? "error" : "warning",
                problem_format(&kept->problem, line, sizeof(line)));
    }
    if (config->problems.len >= CONFIG_PROBLEMS_MAX)
        fprintf(out, "error: further problems are not shown\n");
}
