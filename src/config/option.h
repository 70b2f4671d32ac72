/* SPDX-License-Identifier: MIT */
/*
 * option - a setting, declared once as data.
 *
 * From a table of these come the reading of the file, the environment and the command line, the
 * checks, --help and --check-config; see load.h for how a program uses it.
 *
 *     static const struct option options[] = {
 *         {.path = "server.url", .type = OPTION_STRING, .value_name = "URL",
 *          .env = "SERVER_URL", .flag = "--server", .flags = OPTION_REQUIRED,
 *          .help = "where to send", .offset = offsetof(struct settings, url)},
 *         {.path = "agent.interval", .type = OPTION_DURATION, .preset = "10s",
 *          .min = 1000, .max = 86400000, .offset = offsetof(struct settings, interval), ...},
 *     };
 *
 * Every option with a path has the environment name SENTORA_<PATH> (dots become underscores);
 * `env` adds others.  Written forms, the same everywhere:
 *     bool      true false yes no on off 1 0
 *     duration  plain numbers are seconds; 500ms 10s 5m 1h 7d 2w, also 1h30m
 *     bytes     plain numbers are bytes; 64KiB 64MiB 1GiB (KB, MB, GB mean the same)
 *     list      a YAML list; "a,b" elsewhere; a flag may be repeated
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "model/problem.h"

enum option_type {
    OPTION_STRING,   /* const char * */
    OPTION_PATH,     /* const char * */
    OPTION_INT,      /* int64_t */
    OPTION_DOUBLE,   /* double */
    OPTION_DURATION, /* mspan_t */
    OPTION_BYTES,    /* int64_t */
    OPTION_BOOL,     /* bool; as a flag it takes no value */
    OPTION_LIST,     /* struct option_list */
    OPTION_TYPE_COUNT,
};

enum option_flag {
    OPTION_REQUIRED = 1 << 0, /* without a value: usage and exit 2 */
    OPTION_SECRET = 1 << 1,   /* its value is never shown */
    OPTION_UNUSED = 1 << 2,   /* accepted and checked, but not stored anywhere */
};

/* Texts, and NULL behind the last. */
struct option_list {
    const char *const *items;
    size_t len;
};

struct option {
    const char *path;       /* key in the file, "server.url"; NULL = not in files */
    enum option_type type;  /* also of the field at `offset` */
    unsigned flags;         /* of enum option_flag */
    const char *value_name; /* in --help: "URL" */
    const char *preset;  /* default in its written form; NULL = none (NULL, 0, false, empty) */
    double min, max;     /* of numbers, in the unit of the field; both 0 = any */
    const char *choices; /* of strings: "json|prometheus"; NULL = any */
    const char *env;     /* more environment names, separated by blanks */
    const char *flag;    /* "--server"; NULL = none */
    const char *help;
    size_t offset;
};

union option_value {
    const char *text;
    int64_t number;
    double real;
    bool truth;
    struct option_list list;
};

#define OPTION_ENV_SIZE 96

/* SENTORA_SERVER_URL for "server.url"; false when there is none or it does not fit. */
bool option_env_name(const struct option *option, char out[OPTION_ENV_SIZE]);

/* Any type but a list from its written form; texts are copied into the arena.
 * 0; -EINVAL with a problem that says what was expected (without place). */
int option_parse(const struct option *option, const char *text, struct arena *arena,
                 union option_value *out_value, struct problem *problem);

/* A list from "a, b" (split at commas) into the arena.  0, -EINVAL. */
int option_parse_list(const char *text, struct arena *arena, struct option_list *out_list,
                      struct problem *problem);

/* Puts the value into the field of the struct at `target`. */
void option_store(const struct option *option, union option_value value, void *target);

/* What a person may write: "a duration such as 10s or 5m, from 1 s to 1 d". */
void option_expected(const struct option *option, char *out, size_t size);

/* Written form for --check-config; secrets as "(set)". */
void option_format(const struct option *option, union option_value value, struct buf *out);

/* The name among `names` that `word` was probably meant to be, or NULL. */
const char *option_nearest(const char *word, const char *const *names, size_t n_names);
