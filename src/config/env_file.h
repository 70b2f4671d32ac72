/* SPDX-License-Identifier: MIT */
/*
 * env_file - reads the lines of a `.env` file.
 *
 *     # comment
 *     KEY=value          up to the end of the line or " #"; blanks at the ends are dropped
 *     export KEY=value
 *     KEY='literal'      nothing inside is special
 *     KEY="a\n\"b\""     \n \t \r \" \\ \$ are escapes
 *
 * Nothing is expanded: a $ is a $.  A value ends on its line.
 */
#pragma once

#include "base/arena.h"
#include "base/text.h"
#include "model/problem.h"

struct env_file {
    struct slice rest;   /* not read yet; borrowed from the caller of env_file_init() */
    struct arena *arena; /* keys and values go here; borrowed */
    int line;            /* number of the line read last */
};

struct env_pair {
    const char *key;
    const char *value;
    int line;
};

enum env_file_result {
    ENV_FILE_END,
    ENV_FILE_PAIR,
    ENV_FILE_BAD
};

void env_file_init(struct env_file *file, struct slice text, struct arena *arena);

/* The next pair.  After ENV_FILE_BAD, which fills the problem, reading may go on. */
enum env_file_result env_file_next(struct env_file *file, struct env_pair *out_pair,
                                   struct problem *problem);
