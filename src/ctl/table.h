/* SPDX-License-Identifier: MIT */
/*
 * table - rows of text in columns, for a terminal.
 *
 * Cells come from outside: what could steer a terminal is replaced.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/macros.h"
#include "base/vec.h"

struct table {
    size_t n_columns;
    VEC(char *) cells; /* owned; row by row, the titles first */
};

/* A title that begins with '>' is of a column that is aligned to the right. */
void table_init(struct table *table, const char *const *titles, size_t n_columns);
void table_deinit(struct table *table);

/* The next cell of the current row. */
void table_add(struct table *table, const char *format, ...) PRINTF_LIKE(2, 3);

/* Every row must be full. */
void table_print(const struct table *table, FILE *out);

/* How many columns of a terminal the text takes (one for each character). */
size_t table_text_width(const char *text);
