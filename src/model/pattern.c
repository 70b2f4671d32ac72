/* SPDX-License-Identifier: MIT */
#include "model/pattern.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

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
