/* SPDX-License-Identifier: MIT */
/*
 * matcher - which series are meant: name = != =~ !~ value.
 *
 * Regular expressions are anchored at both ends and have RE2's syntax and cost (model/regex.h):
 * one pass over the value, whatever the pattern.
 * An absent label matches as the empty string, as in Prometheus.
 * Immutable after init: may be read from several threads.
 */
#pragma once

#include <stdbool.h>

#include "model/labels.h"
#include "model/problem.h"

enum matcher_op {
    MATCHER_EQUAL,
    MATCHER_NOT_EQUAL,
    MATCHER_REGEX,
    MATCHER_NOT_REGEX,
    MATCHER_OP_COUNT
};

extern const char *const matcher_op_names[MATCHER_OP_COUNT]; /* "=", "!=", "=~", "!~" */

struct matcher_regex;

struct matcher {
    char *name;  /* owned */
    char *value; /* owned */
    enum matcher_op op;
    struct matcher_regex *regex; /* owned; NULL unless op is one of the regex kinds */
};

/* 0; -EINVAL with `problem` filled when the regular expression is not valid. */
int matcher_init(struct matcher *matcher, enum matcher_op op, const char *name,
                 const char *value, struct problem *problem);
void matcher_deinit(struct matcher *matcher);

bool matcher_matches_value(const struct matcher *matcher, const char *value);

/* True when the pattern is a list of words (`a|b|c`, `a`, ``): an index can look those up instead
 * of trying all values. */
bool matcher_has_words(const struct matcher *matcher);

/* One word after another, each once, in no order; NULL at the end.  Begin with *cursor = 0. */
const char *matcher_next_word(const struct matcher *matcher, size_t *cursor);

/* All of them match. */
bool matcher_all_match(const struct matcher *matchers, size_t count,
                       const struct labels *labels);
