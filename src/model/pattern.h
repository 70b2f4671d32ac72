/* SPDX-License-Identifier: MIT */
/*
 * pattern - what a regular expression of a matcher looks like, before anybody compiles it.
 *
 * Most patterns that people write are words, lists of words or a word with `.*` beside it.
 * pattern_read_*() recognise those, so that they never reach the engine; pattern_check()
 * refuses what PCRE2 knows and RE2 does not (look-around, back references, possessive
 * repetition ...), whose cost or meaning would surprise.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "model/problem.h"

/* 0; -EINVAL with `problem` filled (without a position). */
int pattern_check(const char *pattern, struct problem *problem);

/* `a|b\.c|d`, also inside one pair of parentheses.  The words lie one after another in
 * *out_words, each with its NUL; the caller frees.  False when the pattern is something else. */
bool pattern_read_words(const char *pattern, char **out_words, size_t *out_count);

enum pattern_gap {
    PATTERN_GAP_NONE,
    PATTERN_GAP_ANY,  /* .* */
    PATTERN_GAP_SOME, /* .+ */
};

/* A word with a gap on either side; the word may be empty. */
struct pattern_affix {
    enum pattern_gap before, after;
    char *word; /* owned by the caller */
};

bool pattern_read_affix(const char *pattern, struct pattern_affix *out_affix);
