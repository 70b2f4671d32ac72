/* SPDX-License-Identifier: MIT */
/*
 * regex_class - the part of the syntax that means characters: [a-z], \d, \pL, \x41.
 */
#pragma once

#include "model/regex_program.h"

enum regex_flag {
    REGEX_FOLD = 1,       /* (?i) */
    REGEX_MULTI_LINE = 2, /* (?m) */
    REGEX_DOT_ALL = 4,    /* (?s) */
    REGEX_SWAP_GREED = 8, /* (?U) */
};

struct regex_parser {
    struct regex_program *program;
    struct problem *problem;
    const char *pattern, *at, *end; /* NUL-terminated; `at` is what comes next */
    unsigned flags;                 /* enum regex_flag */
    unsigned depth;
    unsigned factor; /* how often counted repetitions repeat the last atom's innards */
    size_t atom;     /* where the last atom's run begins */
    bool is_nothing; /* what was parsed last cannot be repeated */
};

/* Fills the problem with the position; -EINVAL. */
int regex_bad(struct regex_parser *p, const char *format, ...) PRINTF_LIKE(2, 3);

/* At a '['; fills and finishes *out_set.  0, -EINVAL. */
int regex_class_parse(struct regex_parser *p, struct rune_set *out_set);

enum regex_class_verdict {
    REGEX_CLASS_FOUND = 1, /* added to the set, not finished */
    REGEX_CLASS_ABSENT,    /* no such thing here; nothing was read */
};

/* At a '\\': \d \D \s \S \w \W \pN \PN \p{Lu} \p{^Lu}.  Verdict or -EINVAL. */
int regex_class_parse_escape(struct regex_parser *p, struct rune_set *set);

/* At a '\\': one character.  0, -EINVAL. */
int regex_parse_escaped_rune(struct regex_parser *p, uint32_t *out_rune);
