/* SPDX-License-Identifier: MIT */
/*
 * load - a program's settings from flags, environment, `.env` file, configuration file, defaults.
 *
 * The first of these that sets an option wins; the order of reading does not matter.  Every
 * problem in every source is collected, with its place, so that a person repairs them all in one
 * go.  A key that no option has is a warning, a wrong value an error.
 *
 *     struct config config;
 *     config_init(&config, options, ARRAY_LEN(options));
 *     config_read_flags(&config, argc, argv, 1);
 *     config_read_environment(&config, environ);
 *     config_read_env_file(&config, ".env", false);
 *     config_read_file(&config, path, path_was_given);
 *     struct settings settings = {0};
 *     int error = config_finish(&config, &settings);
 *     config_print_problems(&config, stderr);
 *
 * Texts in the settings are owned by the config: keep it as long as they are used.  To load
 * again (SIGHUP) make a second config and swap when it has no errors.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/vec.h"
#include "config/option.h"

#define CONFIG_POSITIONALS_MAX 4
#define CONFIG_PROBLEMS_MAX    100

enum config_origin { /* the greater wins */
    CONFIG_DEFAULT,
    CONFIG_FILE,
    CONFIG_ENV_FILE,
    CONFIG_ENVIRONMENT,
    CONFIG_FLAG,
    CONFIG_ORIGIN_COUNT,
};

struct config_slot {
    enum config_origin origin;
    bool is_set;       /* has a value other than the type's zero by absence */
    int env_rank;      /* which of its environment names set it; 0 = SENTORA_..., lower wins */
    const char *where; /* "agent.yaml:3", "SERVER_URL", "--server"; NULL = default */
    union option_value value;
};

struct config_problem {
    bool is_error; /* else a warning */
    struct problem problem;
};

struct config {
    const struct option *options; /* borrowed; as long as the config */
    size_t n_options;
    struct arena arena;
    struct config_slot *slots; /* one for each option */
    VEC(struct config_problem) problems;
    size_t n_errors;                                 /* also those beyond CONFIG_PROBLEMS_MAX */
    const char *positionals[CONFIG_POSITIONALS_MAX]; /* of argv */
    size_t n_positionals;
    bool wants_help, wants_version, wants_check; /* --help, --version, --check-config */
};

void config_init(struct config *config, const struct option *options, size_t n_options);
void config_deinit(struct config *config);

/* `--flag value`, `--flag=value`, bool flags alone; `--` ends flags. */
void config_read_flags(struct config *config, int argc, char *const *argv,
                       size_t max_positionals);
void config_read_environment(struct config *config, char *const *environment);

/* A missing file is an error only when it `must_exist`. */
void config_read_env_file(struct config *config, const char *path, bool must_exist);
void config_read_file(struct config *config, const char *path, bool must_exist);

/* Fills `target` (see option.offset) and checks that required options are there.
 * 0; -EINVAL when there is any error, and then `target` is untouched. */
int config_finish(struct config *config, void *target);

/* For the program's own checks of what it got: adds an error about the option at `path`, with
 * the place its value came from. */
void config_add_error(struct config *config, const char *path, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* One line each, errors and warnings in the order found. */
void config_print_problems(const struct config *config, FILE *out);

/* --help from the table; `usage` is its first lines. */
void config_write_help(const struct option *options, size_t n_options, const char *usage,
                       struct buf *out);

/* What is in effect and where it came from, for --check-config; secrets are not shown. */
void config_write_effective(const struct config *config, struct buf *out);
