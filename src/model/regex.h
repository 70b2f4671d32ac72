/* SPDX-License-Identifier: MIT */
/*
 * regex - regular expressions with RE2's syntax, in time that grows with the text only.
 *
 * A pattern becomes a program of at most REGEX_STEPS_MAX steps (regex_parse.c).  To match, an
 * automaton is built from it while it is used (regex_dfa.c): a character costs one look into a
 * table, and never more than one pass over the program, whatever the pattern.  Groups are caught
 * by running the program itself (regex_capture.c), slower but bounded in the same way.
 *
 * As Prometheus has it: anchored at both ends, `.` matches a newline too, and a byte that is no
 * UTF-8 counts as U+FFFD.  What RE2 refuses is refused (look-around, back references, possessive
 * repetition, counts over 1000, \C ...); of \p{...} only the general categories are known.
 *
 * Immutable after regex_new(): may be used from several threads.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "model/problem.h"

#define REGEX_STEPS_MAX  10000
#define REGEX_GROUPS_MAX 100

struct regex;

enum regex_mode {
    REGEX_MATCHES, /* for regex_matches() alone */
    REGEX_CAPTURES,
};

/* 0; -EINVAL with `problem` filled.  Pair with regex_free(). */
int regex_new(const char *pattern, enum regex_mode mode, struct problem *problem,
              struct regex **out_regex);
void regex_free(struct regex *regex);

/* The whole of `text`. */
bool regex_matches(const struct regex *regex, const char *text, size_t len);

/* ---- only with REGEX_CAPTURES ---- */

/* Groups are counted from 1; group 0 is all of the text. */
size_t regex_group_count(const struct regex *regex);

/* The number of (?P<name>...); 0 when there is none. */
size_t regex_find_group(const struct regex *regex, struct slice name);

/* Like regex_matches(); when it is true out_groups[0 .. regex_group_count()] say what each group
 * caught (the last time round), with data NULL for those that took no part. */
bool regex_capture(const struct regex *regex, struct slice text, struct slice *out_groups);
