/* SPDX-License-Identifier: MIT */
#include "model/pattern.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads one literal character, escaped or not, into *out.  NULL when there is none. */
static const char *read_literal(const char *at, char *out)
{
    if (*at == '\\') {
        if (!ispunct((unsigned char)at[1]))
            return NULL;
        *out = at[1];
        return at + 2;
    }
    if (*at == '\0' || strchr("|()[]{}^$.*+?", *at) != NULL)
        return NULL;
    *out = *at;
    return at + 1;
}

/* What stands between the one pair of parentheses around `pattern`, or all of it. */
static struct slice without_parentheses(const char *pattern)
{
    size_t len = strlen(pattern);
    size_t open = text_has_prefix(pattern, "(?:") ? 3 : pattern[0] == '(' ? 1 : 0;
    if (open == 0 || len <= open || pattern[len - 1] != ')')
        return (struct slice){pattern, len};
    return (struct slice){pattern + open, len - open - 1};
}

bool pattern_read_words(const char *pattern, char **out_words, size_t *out_count)
{
    struct slice inner = without_parentheses(pattern);
    const char *at = inner.data, *end = inner.data + inner.len;
    char *words = memory_alloc(inner.len + 2), *out = words;
    size_t count = 1;
    while (at < end) {
        if (*at == '|') {
            *out++ = '\0';
            count++;
            at++;
            continue;
        }
        at = read_literal(at, out++);
        if (at == NULL || at > end) {
            free(words);
            return false;
        }
    }
    *out = '\0';
    *out_words = words;
    *out_count = count;
    return true;
}

static enum pattern_gap read_gap(const char **at)
{
    enum pattern_gap gap = PATTERN_GAP_NONE;
    if (text_has_prefix(*at, ".*"))
        gap = PATTERN_GAP_ANY;
    else if (text_has_prefix(*at, ".+"))
        gap = PATTERN_GAP_SOME;
    if (gap != PATTERN_GAP_NONE)
        *at += 2;
    return gap;
}

bool pattern_read_affix(const char *pattern, struct pattern_affix *out_affix)
{
    const char *at = pattern;
    struct pattern_affix affix = {.before = read_gap(&at)};
    affix.word = memory_alloc(strlen(at) + 1);
    char *out = affix.word;
    for (const char *next; (next = read_literal(at, out)) != NULL; at = next)
        out++;
    *out = '\0';
    affix.after = read_gap(&at);
    if (*at != '\0') {
        free(affix.word);
        return false;
    }
    *out_affix = affix;
    return true;
}

/* Behind "(?": flags or a name, as RE2 has them. */
static bool is_known_group(const char *at)
{
    if (*at == 'P')
        return at[1] == '<';
    if (*at == '<')
        return at[1] != '=' && at[1] != '!';
    at += strspn(at, "imsU-");
    return *at == ':' || *at == ')';
}

/* Length of the `{2}`, `{2,}` or `{2,3}` at `at`, 0 when it is something else. */
static size_t counted_len(const char *at)
{
    size_t i = 1;
    if (*at != '{' || !is_digit(at[i]))
        return 0;
    while (is_digit(at[i]))
        i++;
    if (at[i] == ',') {
        i++;
        while (is_digit(at[i]))
            i++;
    }
    return at[i] == '}' ? i + 1 : 0;
}

static int check_escape(const char *at, struct problem *problem)
{
    char c = at[1];
    if (c == '\0')
        return problem_set(problem, "regular expression ends in a backslash");
    if (isalnum((unsigned char)c) && strchr("dDsSwWbBAzQEpPaftnrvx0", c) == NULL)
        return problem_set(problem, "regular expression: escape \\%c is not supported", c);
    return 0;
}

/* The character behind the class that opens at `at`; its end when it is never closed. */
static const char *skip_class(const char *at)
{
    at++;
    at += *at == '^';
    at += *at == ']';
    while (*at != '\0' && *at != ']') {
        if (at[0] == '[' && at[1] == ':') {
            const char *end = strstr(at, ":]");
            at = end == NULL ? at + 1 : end + 2;
        } else {
            at += *at == '\\' && at[1] != '\0' ? 2 : 1;
        }
    }
    return *at == ']' ? at + 1 : at;
}

/* Behind the escape at `at`; with \Q that is behind its \E. */
static const char *skip_escape(const char *at)
{
    const char *end = at[1] == 'Q' ? strstr(at, "\\E") : at;
    return end == NULL ? at + strlen(at) : end + 2;
}

static int check_group(const char *at, struct problem *problem)
{
    if (at[1] == '*' || (at[1] == '?' && !is_known_group(at + 2)))
        return problem_set(problem, "regular expression: group \"%.4s\" is not supported", at);
    return 0;
}

/* Moves over one character that is neither escape, class nor group. */
static int check_plain(const char **at, struct problem *problem)
{
    size_t counted = counted_len(*at);
    bool repeats = counted > 0 || **at == '*' || **at == '+' || **at == '?';
    *at += counted > 0 ? counted : 1;
    if (repeats && **at == '+')
        return problem_set(problem, "regular expression: repetition of a repetition");
    return 0;
}

int pattern_check(const char *pattern, struct problem *problem)
{
    int error = 0;
    for (const char *at = pattern; error == 0 && *at != '\0';) {
        switch (*at) {
        case '\\':
            error = check_escape(at, problem);
            at = error == 0 ? skip_escape(at) : at;
            break;
        case '[': at = skip_class(at); break;
        case '(':
            error = check_group(at, problem);
            at += at[1] == '?' ? 2 : 1;
            break;
        default: error = check_plain(&at, problem); break;
        }
    }
    return error;
}
