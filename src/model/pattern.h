/* SPDX-License-Identifier: MIT */
/*
 * pattern - what a regular expression of a matcher looks like, before anybody compiles it.
 *
 * Most patterns that people write are words, lists of words or a word with `.*` beside it.
 * These recognise them, so that they never reach the engine (model/regex.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

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
