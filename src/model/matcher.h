/* SPDX-License-Identifier: MIT */
/*
 * matcher - which series are meant: name = != =~ !~ value.
 *
 * Regular expressions are anchored at both ends and have RE2's syntax as far as PCRE2 shares
 * it; matching has a step limit, so that a hostile one fails instead of stalling the server.
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

/* False, for =~ and !~ alike, when the step limit is exceeded: an expensive pattern selects
 * nothing, and after a few such values it is not tried again. */
bool matcher_matches_value(const struct matcher *matcher, const char *value);

/* True once a value took more steps than the limit: what was selected is then not to be
 * trusted, and the person who wrote the pattern should be told. */
bool matcher_is_exhausted(const struct matcher *matcher);

/* All of them match. */
bool matcher_all_match(const struct matcher *matchers, size_t count,
                       const struct labels *labels);
