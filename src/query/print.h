/* SPDX-License-Identifier: MIT */
/*
 * print - an expression back as text, and as a tree in JSON.
 */
#pragma once

#include "base/buf.h"
#include "base/json.h"
#include "query/ast.h"

extern const char *const print_op_names[OP_COUNT]; /* "+", "and", ... */

/* As a person would lay it out; parses to the same expression.  0, or the error of `out`. */
int expr_print(const struct expr *expr, struct buf *out);

/* The tree as Prometheus' parse_query gives it. */
void expr_write_tree(const struct expr *expr, struct json *json);
