/* SPDX-License-Identifier: MIT */
/*
 * problem - an error in words, for what a person wrote: a configuration, an expression, a
 * request.  Everything else is a code.
 */
#pragma once

#include "base/macros.h"

struct problem {
    char file[256]; /* "" when it did not come from a file */
    int line;       /* from 1; 0 = unknown */
    int column;     /* from 1; 0 = unknown */
    char text[512];
};

/* Fills text; `problem` may be NULL.  Returns -EINVAL, so that `return problem_set(...)`. */
int problem_set(struct problem *problem, const char *format, ...) PRINTF_LIKE(2, 3);
int problem_set_at(struct problem *problem, int line, int column, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* "file:line:column: text", leaving out what is unknown.  Returns `out`. */
char *problem_format(const struct problem *problem, char *out, size_t size);
