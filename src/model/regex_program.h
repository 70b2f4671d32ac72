/* SPDX-License-Identifier: MIT */
/*
 * regex_program - what the files of regex share: the program that a pattern becomes.
 *
 * A thread of the program is at one step and takes characters; a SPLIT makes two of it, of which
 * the first has precedence.  Targets are relative, so that a run of steps can be copied and moved.
 */
#pragma once

#include <stdint.h>

#include "model/regex.h"
#include "model/rune_set.h"

enum regex_op {
    REGEX_RUNE,   /* take the character `arg` */
    REGEX_SET,    /* take a character of sets.items[arg] */
    REGEX_SPLIT,  /* the next step, then the one `arg` further */
    REGEX_RSPLIT, /* the one `arg` further, then the next */
    REGEX_JUMP,   /* to the one `arg` further */
    REGEX_SAVE,   /* the position is slot `arg`: 2n where group n begins, 2n + 1 its end */
    REGEX_ASSERT, /* go on if this place is an enum regex_place */
    REGEX_MATCH,
};

enum regex_place {
    REGEX_TEXT_BEGIN,
    REGEX_TEXT_END,
    REGEX_LINE_BEGIN,
    REGEX_LINE_END,
    REGEX_WORD_EDGE,
    REGEX_NO_WORD_EDGE,
};

/* What stands on one side of a place. */
enum regex_side {
    REGEX_SIDE_NONE, /* the text begins or ends */
    REGEX_SIDE_NEWLINE,
    REGEX_SIDE_WORD,
    REGEX_SIDE_OTHER,
};

struct regex_step {
    enum regex_op op;
    int32_t arg;
};

struct regex_program {
    VEC(struct regex_step) steps;
    VEC(struct rune_set) sets;
    VEC(char *) names; /* owned; names.items[n] is group n's, or NULL; group 0 has none */
    size_t n_ranges;   /* of all sets together */
    bool has_asserts;
    bool has_saves;
};

void regex_program_deinit(struct regex_program *program);

/* ---- building one: 0, or -ENOBUFS when it gets too large ---- */

int regex_emit(struct regex_program *program, enum regex_op op, int32_t arg);

/* Puts a step before the run that goes from `at` to the end. */
int regex_insert(struct regex_program *program, size_t at, enum regex_op op, int32_t arg);

/* A step that takes a character of `set` (finished), which is empty after. */
int regex_emit_set(struct regex_program *program, struct rune_set *set);

/* A step that takes `rune`, with `fold` also in the other case. */
int regex_emit_rune(struct regex_program *program, uint32_t rune, bool fold);

#define REGEX_NO_END 1000000u

/* The run from `at` to the end, `min` to `max` times; `lazy` prefers fewer. */
int regex_repeat(struct regex_program *program, size_t at, unsigned min, unsigned max,
                 bool lazy);

/* ---- regex_parse.c ---- */

int regex_parse(const char *pattern, enum regex_mode mode, struct problem *problem,
                struct regex_program *out_program);

/* Does a step that takes characters take this one? */
static inline bool regex_takes(const struct regex_program *program,
                               const struct regex_step *step, uint32_t rune)
{
    if (step->op == REGEX_RUNE)
        return (uint32_t)step->arg == rune;
    return step->op == REGEX_SET && rune_set_has(&program->sets.items[step->arg], rune);
}

static inline enum regex_side regex_side_of(uint32_t rune)
{
    if (rune == '\n')
        return REGEX_SIDE_NEWLINE;
    bool word = (rune >= '0' && rune <= '9') || (rune >= 'A' && rune <= 'Z') ||
                (rune >= 'a' && rune <= 'z') || rune == '_';
    return word ? REGEX_SIDE_WORD : REGEX_SIDE_OTHER;
}

static inline bool regex_is_at(enum regex_place place, enum regex_side before,
                               enum regex_side after)
{
    switch (place) {
    case REGEX_TEXT_BEGIN: return before == REGEX_SIDE_NONE;
    case REGEX_TEXT_END: return after == REGEX_SIDE_NONE;
    case REGEX_LINE_BEGIN: return before <= REGEX_SIDE_NEWLINE;
    case REGEX_LINE_END: return after <= REGEX_SIDE_NEWLINE;
    case REGEX_WORD_EDGE: return (before == REGEX_SIDE_WORD) != (after == REGEX_SIDE_WORD);
    case REGEX_NO_WORD_EDGE: return (before == REGEX_SIDE_WORD) == (after == REGEX_SIDE_WORD);
    }
    return false;
}

/* ---- the automaton ---- */

/* How characters fall into classes that no step tells apart.  Class n begins with the character
 * firsts.items[n]. */
struct regex_classes {
    VEC(uint32_t) firsts;
    uint16_t of_ascii[128];
};

/* 0; -EINVAL when there are too many. */
int regex_classes_init(struct regex_classes *classes, const struct regex_program *program,
                       struct problem *problem);
void regex_classes_deinit(struct regex_classes *classes);

struct regex_dfa; /* what has been built of it; one thread at a time */

struct regex_dfa *regex_dfa_new(const struct regex_program *program,
                                const struct regex_classes *classes);
void regex_dfa_free(struct regex_dfa *dfa);
bool regex_dfa_matches(struct regex_dfa *dfa, const char *text, size_t len);

/* ---- groups ---- */

bool regex_run(const struct regex_program *program, struct slice text,
               struct slice *out_groups);
