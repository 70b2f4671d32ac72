/* SPDX-License-Identifier: MIT */
/*
 * database - copying and checking SQLite files that a server may be writing at this moment.
 */
#pragma once

#include <stdbool.h>

#include "model/problem.h"

/* True when the file begins as SQLite's do. */
bool database_is_one(const char *path);

/* Makes `target` (which may exist) a copy of `source` as it is at one instant within the call.
 * The writer of `source` is not held up; its log grows until the copy is done.
 * 0; -errno with the problem. */
int database_copy(const char *source, const char *target, struct problem *problem);

/* Reads all pages of a file that is ours alone.  0; -EBADMSG with the problem: what SQLite found first. */
int database_check(const char *path, struct problem *problem);
