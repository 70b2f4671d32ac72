/* SPDX-License-Identifier: MIT */
/*
 * regex_parse - a pattern in RE2's syntax becomes a program, in one pass.
 *
 * Every part of the pattern appends a run of steps that is entered at its first and left behind
 * its last.  Since targets are relative, what comes later can put a step before such a run
 * (`|`) or repeat it (`{3}`).
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "model/regex_class.h"

#define DEPTH_MAX  200 /* of groups in groups */
#define REPEAT_MAX 1000

static int parse_alternatives(struct regex_parser *p);

int regex_bad(struct regex_parser *p, const char *format, ...)
{
    char text[200];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return problem_set(p->problem, "regular expression, at character %td: %s",
                       p->at - p->pattern + 1, len < 0 ? "not valid" : text);
}

/* ---- groups ---- */

/* Behind "(?P<" or "(?<". */
static int parse_name(struct regex_parser *p, char **out_name)
{
    size_t len = 0;
    while (regex_side_of((unsigned char)p->at[len]) == REGEX_SIDE_WORD)
        len++;
    if (len == 0 || p->at[len] != '>')
        return regex_bad(p, "this kind of group is not supported");
    for (size_t i = 0; i < p->program->names.len; i++) {
        const char *other = p->program->names.items[i];
        if (other != NULL && slice_is((struct slice){p->at, len}, other))
            return regex_bad(p, "two groups have the same name");
    }
    *out_name = memory_strndup(p->at, len);
    p->at += len + 1;
    return 0;
}

static unsigned flag_of(char letter)
{
    switch (letter) {
    case 'i': return REGEX_FOLD;
    case 'm': return REGEX_MULTI_LINE;
    case 's': return REGEX_DOT_ALL;
    case 'U': return REGEX_SWAP_GREED;
    default: return 0;
    }
}

/* Behind "(?", up to the ':' or ')'. */
static int parse_flags(struct regex_parser *p, unsigned *out_flags)
{
    unsigned found = p->flags;
    bool negated = false, any = true;
    for (; *p->at != ':' && *p->at != ')'; p->at++) {
        unsigned flag = flag_of(*p->at);
        bool minus = *p->at == '-' && !negated;
        if (flag == 0 && !minus)
            return regex_bad(p, "this kind of group is not supported");
        negated |= minus;
        any = !minus;
        found = negated ? found & ~flag : found | flag;
    }
    if (!any)
        return regex_bad(p, "a flag is missing");
    *out_flags = found;
    return 0;
}

static int parse_group_body(struct regex_parser *p, unsigned flags)
{
    unsigned outside = p->flags;
    if (++p->depth > DEPTH_MAX)
        return regex_bad(p, "groups are nested too deeply");
    p->flags = flags;
    int error = parse_alternatives(p);
    if (error == 0 && *p->at != ')')
        error = regex_bad(p, "a ) is missing");
    p->at++;
    p->depth--;
    p->flags = outside;
    return error;
}

static int parse_capture(struct regex_parser *p, char *take_name)
{
    int32_t number = (int32_t)p->program->names.len;
    VEC_PUSH(&p->program->names, take_name);
    if (!p->program->has_saves)
        return parse_group_body(p, p->flags);
    if (number > REGEX_GROUPS_MAX)
        return regex_bad(p, "more than %d groups", REGEX_GROUPS_MAX);
    int error = regex_emit(p->program, REGEX_SAVE, 2 * number);
    if (error == 0)
        error = parse_group_body(p, p->flags);
    return error == 0 ? regex_emit(p->program, REGEX_SAVE, 2 * number + 1) : error;
}

/* Behind the '('. */
static int parse_group(struct regex_parser *p)
{
    if (*p->at != '?')
        return parse_capture(p, NULL);
    p->at++;
    size_t intro = text_has_prefix(p->at, "P<") ? 2 : *p->at == '<' ? 1 : 0;
    p->at += intro;
    if (intro > 0) {
        char *name = NULL;
        int error = parse_name(p, &name);
        return error != 0 ? error : parse_capture(p, name);
    }
    unsigned flags = p->flags;
    int error = parse_flags(p, &flags);
    if (error != 0)
        return error;
    if (*p->at++ == ':')
        return parse_group_body(p, flags);
    p->flags = flags; /* to the end of the group around */
    p->is_nothing = true;
    return 0;
}

/* ---- atoms ---- */

static bool folds(const struct regex_parser *p)
{
    return (p->flags & REGEX_FOLD) != 0;
}

/* Behind \Q, up to \E or the end; the last character is the atom that may be repeated. */
static int parse_quoted(struct regex_parser *p)
{
    p->is_nothing = true;
    while (p->at < p->end && !text_has_prefix(p->at, "\\E")) {
        p->atom = p->program->steps.len;
        p->is_nothing = false;
        int error = regex_emit_rune(p->program, rune_next(&p->at, p->end), folds(p));
        if (error != 0)
            return error;
    }
    p->at += p->at < p->end ? 2 : 0;
    return 0;
}

static int parse_set(struct regex_parser *p)
{
    struct rune_set set = {0};
    int found = *p->at == '[' ? regex_class_parse(p, &set) : regex_class_parse_escape(p, &set);
    if (found == REGEX_CLASS_FOUND)
        rune_set_finish(&set);
    if (found == 0 || found == REGEX_CLASS_FOUND)
        found = regex_emit_set(p->program, &set);
    rune_set_deinit(&set);
    return found;
}

static int parse_escape(struct regex_parser *p)
{
    static const struct {
        char letter;
        enum regex_place place;
    } places[] = {{'A', REGEX_TEXT_BEGIN},
                  {'z', REGEX_TEXT_END},
                  {'b', REGEX_WORD_EDGE},
                  {'B', REGEX_NO_WORD_EDGE}};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        if (p->at[1] != places[i].letter)
            continue;
        p->at += 2;
        return regex_emit(p->program, REGEX_ASSERT, (int32_t)places[i].place);
    }
    if (p->at[1] == 'Q') {
        p->at += 2;
        return parse_quoted(p);
    }
    int found = parse_set(p);
    if (found != REGEX_CLASS_ABSENT)
        return found;
    uint32_t rune;
    int error = regex_parse_escaped_rune(p, &rune);
    return error != 0 ? error : regex_emit_rune(p->program, rune, folds(p));
}

static int parse_any(struct regex_parser *p)
{
    struct rune_set set = {0};
    bool all = (p->flags & REGEX_DOT_ALL) != 0;
    rune_set_add(&set, 0, all ? '\n' : '\n' - 1, false);
    rune_set_add(&set, '\n' + 1, RUNE_LAST, false);
    rune_set_finish(&set);
    int error = regex_emit_set(p->program, &set);
    rune_set_deinit(&set);
    return error;
}

static int parse_atom(struct regex_parser *p)
{
    bool lines = (p->flags & REGEX_MULTI_LINE) != 0;
    switch (*p->at) {
    case '*':
    case '+':
    case '?': return regex_bad(p, "nothing to repeat");
    case '(': p->at++; return parse_group(p);
    case '[': return parse_set(p);
    case '\\': return parse_escape(p);
    case '.': p->at++; return parse_any(p);
    case '^':
        p->at++;
        return regex_emit(p->program, REGEX_ASSERT,
                          lines ? REGEX_LINE_BEGIN : REGEX_TEXT_BEGIN);
    case '$':
        p->at++;
        return regex_emit(p->program, REGEX_ASSERT, lines ? REGEX_LINE_END : REGEX_TEXT_END);
    default: return regex_emit_rune(p->program, rune_next(&p->at, p->end), folds(p));
    }
}

/* ---- repetition ---- */

static bool read_count(const char **at, unsigned *out_count)
{
    unsigned count = 0;
    const char *start = *at;
    for (; **at >= '0' && **at <= '9'; (*at)++)
        count = MIN_OF(count * 10 + (unsigned)(**at - '0'), REPEAT_MAX + 1u);
    *out_count = count;
    return *at > start;
}

/* `{2}`, `{2,}` or `{2,3}`; anything else is a plain '{'. */
static bool read_counts(const char **at, unsigned *out_min, unsigned *out_max)
{
    const char *next = *at + 1;
    if (**at != '{' || !read_count(&next, out_min))
        return false;
    *out_max = *out_min;
    if (*next == ',') {
        next++;
        if (!read_count(&next, out_max))
            *out_max = REGEX_NO_END;
    }
    if (*next != '}')
        return false;
    *at = next + 1;
    return true;
}

/* Reads one of * + ? {...} and its limits; false when none is there. */
static bool read_repeat(const char **at, unsigned *out_min, unsigned *out_max)
{
    if (**at != '*' && **at != '+' && **at != '?')
        return read_counts(at, out_min, out_max);
    *out_min = **at == '+';
    *out_max = **at == '?' ? 1 : REGEX_NO_END;
    (*at)++;
    return true;
}

/* What repeats the last atom, if anything.  `factor` is what counts within it multiply to. */
static int parse_repeat(struct regex_parser *p)
{
    unsigned min, max;
    bool counted = *p->at == '{';
    if (!read_repeat(&p->at, &min, &max))
        return 0;
    if (p->is_nothing)
        return regex_bad(p, "nothing to repeat");
    unsigned count = max == REGEX_NO_END ? min : max;
    if (counted && (min > max || MAX_OF(min, count) * p->factor > REPEAT_MAX))
        return regex_bad(p, "a count is over %d, or goes backwards", REPEAT_MAX);
    p->factor *= counted ? MAX_OF(count, 1u) : 1;

    bool lazy = (*p->at == '?') != ((p->flags & REGEX_SWAP_GREED) != 0);
    p->at += *p->at == '?';
    const char *next = p->at;
    unsigned again;
    if (read_repeat(&next, &again, &again))
        return regex_bad(p, "repetition of a repetition");
    return regex_repeat(p->program, p->atom, min, max, lazy);
}

static int parse_sequence(struct regex_parser *p)
{
    unsigned largest = 1;
    while (p->at < p->end && *p->at != '|' && *p->at != ')') {
        p->factor = 1;
        p->is_nothing = false;
        size_t start = p->program->steps.len;
        p->atom = start;
        bool quoted = p->at[0] == '\\' && p->at[1] == 'Q';
        int error = parse_atom(p);
        if (!quoted)
            p->atom = start; /* groups have moved it */
        if (error == 0)
            error = parse_repeat(p);
        if (error != 0)
            return error;
        largest = MAX_OF(largest, p->factor);
    }
    p->factor = largest;
    return 0;
}

/* a|b|c is SPLIT a JUMP-to-end SPLIT b JUMP-to-end c; until the end is known, each JUMP holds
 * how far it is to the one before. */
static int parse_alternatives(struct regex_parser *p)
{
    struct regex_program *program = p->program;
    size_t branch = program->steps.len, last_jump = SIZE_MAX;
    unsigned largest = 1;
    int error = parse_sequence(p);
    while (error == 0 && *p->at == '|') {
        p->at++;
        largest = MAX_OF(largest, p->factor);
        size_t len = program->steps.len - branch;
        error = regex_insert(program, branch, REGEX_SPLIT, (int32_t)len + 2);
        size_t jump = program->steps.len;
        if (error == 0)
            error = regex_emit(program, REGEX_JUMP,
                               last_jump == SIZE_MAX ? 0 : (int32_t)(jump - last_jump));
        last_jump = jump;
        branch = program->steps.len;
        if (error == 0)
            error = parse_sequence(p);
    }
    p->factor = MAX_OF(largest, p->factor);
    p->is_nothing = false;
    while (error == 0 && last_jump != SIZE_MAX) {
        int32_t back = program->steps.items[last_jump].arg;
        program->steps.items[last_jump].arg = (int32_t)(program->steps.len - last_jump);
        last_jump = back == 0 ? SIZE_MAX : last_jump - (size_t)back;
    }
    return error;
}

int regex_parse(const char *pattern, enum regex_mode mode, struct problem *problem,
                struct regex_program *out_program)
{
    struct regex_program program = {.has_saves = mode == REGEX_CAPTURES};
    size_t len = strlen(pattern);
    struct regex_parser p = {.program = &program,
                             .problem = problem,
                             .pattern = pattern,
                             .at = pattern,
                             .end = pattern + len,
                             .flags = REGEX_DOT_ALL,
                             .factor = 1};
    VEC_PUSH(&program.names, NULL);
    int error = 0;
    if (!text_is_utf8(pattern, len))
        error = problem_set(problem, "regular expression is not UTF-8");
    if (error == 0)
        error = parse_alternatives(&p);
    if (error == 0 && p.at < p.end)
        error = regex_bad(&p, "a ( is missing");
    if (error == 0)
        error = regex_emit(&program, REGEX_MATCH, 0);
    if (error == -ENOBUFS)
        error = problem_set(problem, "regular expression is too large");
    if (error != 0)
        regex_program_deinit(&program);
    else
        *out_program = program;
    return error;
}
