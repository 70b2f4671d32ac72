/* SPDX-License-Identifier: MIT */
#include "model/regex_class.h"

#include <ctype.h>
#include <errno.h>

/* ASCII classes, as pairs of first and last. */
static const struct named_class {
    const char *name; /* within [: :], or the letter behind a backslash */
    const char *pairs;
} named_classes[] = {
    {"alnum", "09AZaz"}, {"alpha", "AZaz"},   {"blank", "\t\t  "},  {"digit", "09"},
    {"graph", "!~"},     {"lower", "az"},     {"print", " ~"},      {"punct", "!/:@[`{~"},
    {"space", "\t\r  "}, {"upper", "AZ"},     {"word", "09AZ__az"}, {"xdigit", "09AFaf"},
    {"d", "09"},         {"s", "\t\n\f\r  "}, {"w", "09AZ__az"},
};

/* Those with NUL in them do not fit above. */
static void add_pairs(struct rune_set *set, struct slice name, const char *pairs)
{
    if (slice_is(name, "ascii"))
        rune_set_add(set, 0, 0x7F, false);
    if (slice_is(name, "cntrl")) {
        rune_set_add(set, 0, 0x1F, false);
        rune_set_add(set, 0x7F, 0x7F, false);
    }
    for (; pairs != NULL && *pairs != '\0'; pairs += 2)
        rune_set_add(set, (unsigned char)pairs[0], (unsigned char)pairs[1], false);
}

static bool add_named(struct rune_set *set, struct slice name, bool negated, bool fold)
{
    const char *pairs = NULL;
    for (size_t i = 0; i < ARRAY_LEN(named_classes); i++) {
        if (slice_is(name, named_classes[i].name))
            pairs = named_classes[i].pairs;
    }
    struct rune_set plain = {0}, folded = {0};
    add_pairs(&plain, name, pairs);
    bool known = plain.ranges.len > 0;
    for (size_t i = 0; i < plain.ranges.len; i++)
        rune_set_add(&folded, plain.ranges.items[i].first, plain.ranges.items[i].last, fold);
    rune_set_finish(&folded);
    if (known)
        rune_set_add_set(set, &folded, negated);
    rune_set_deinit(&plain);
    rune_set_deinit(&folded);
    return known;
}

/* At \p or \P. */
static int parse_category(struct regex_parser *p, struct rune_set *set)
{
    bool negated = p->at[1] == 'P', fold = (p->flags & REGEX_FOLD) != 0;
    struct slice name = {p->at + 2, p->at[2] != '\0'};
    const char *end = name.data + name.len;
    if (p->at[2] == '{') {
        const char *close = strchr(p->at, '}');
        if (close == NULL)
            return regex_bad(p, "a } is missing behind \\p{");
        name = (struct slice){p->at + 3, (size_t)(close - p->at - 3)};
        end = close + 1;
        if (name.len > 0 && *name.data == '^') {
            negated = !negated;
            name = (struct slice){name.data + 1, name.len - 1};
        }
    }
    struct rune_set category = {0};
    bool known = rune_set_add_category(&category, name, fold);
    rune_set_finish(&category);
    if (known)
        rune_set_add_set(set, &category, negated);
    rune_set_deinit(&category);
    if (!known)
        return regex_bad(p, "\\p knows the general categories only, like L and Lu");
    p->at = end;
    return REGEX_CLASS_FOUND;
}

int regex_class_parse_escape(struct regex_parser *p, struct rune_set *set)
{
    char letter = p->at[1];
    if (letter == 'p' || letter == 'P')
        return parse_category(p, set);
    if (letter == '\0' || strchr("dDsSwW", letter) == NULL)
        return REGEX_CLASS_ABSENT;
    char name = (char)tolower((unsigned char)letter);
    add_named(set, (struct slice){&name, 1}, letter != name, (p->flags & REGEX_FOLD) != 0);
    p->at += 2;
    return REGEX_CLASS_FOUND;
}

/* ---- one character ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)tolower((unsigned char)c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Behind \x: two digits, or any number of them in braces. */
static int parse_hex(struct regex_parser *p, uint32_t *out_rune)
{
    bool braces = *p->at == '{';
    const char *at = p->at + braces;
    uint32_t rune = 0;
    int n = 0;
    for (; (braces || n < 2) && hex_digit(*at) >= 0 && rune <= RUNE_LAST; at++, n++)
        rune = rune * 16 + (uint32_t)hex_digit(*at);
    bool good = braces ? n > 0 && *at == '}' : n == 2;
    if (!good || rune > RUNE_LAST)
        return regex_bad(p, "\\x needs two digits, or {...} with the number of a character");
    p->at = at + braces;
    *out_rune = rune;
    return 0;
}

/* \0, \012, \123: at most three digits; \1 to \7 alone would be a back reference. */
static int parse_octal(struct regex_parser *p, uint32_t *out_rune)
{
    if (*p->at != '0' && (p->at[1] < '0' || p->at[1] > '7'))
        return regex_bad(p, "back references are not supported");
    uint32_t rune = 0;
    for (int n = 0; n < 3 && *p->at >= '0' && *p->at <= '7'; n++)
        rune = rune * 8 + (uint32_t)(*p->at++ - '0');
    *out_rune = rune;
    return 0;
}

int regex_parse_escaped_rune(struct regex_parser *p, uint32_t *out_rune)
{
    static const char letters[] = "aftnrv", meanings[] = "\a\f\t\n\r\v";
    char c = p->at[1];
    if (c == '\0')
        return regex_bad(p, "it ends in a backslash");
    const char *letter = strchr(letters, c);
    if (letter == NULL && c != 'x' && isalnum((unsigned char)c) && (c < '0' || c > '7'))
        return regex_bad(p, "the escape \\%c is not supported", c);
    if ((unsigned char)c >= 0x80)
        return regex_bad(p, "only ASCII characters can be escaped");
    p->at++;
    if (c >= '0' && c <= '7')
        return parse_octal(p, out_rune);
    p->at++;
    if (c == 'x')
        return parse_hex(p, out_rune);
    *out_rune = letter != NULL ? (uint32_t)meanings[letter - letters] : (unsigned char)c;
    return 0;
}

/* ---- [...] ---- */

/* At "[:" within a class; absent when no ":]" follows. */
static int parse_named(struct regex_parser *p, struct rune_set *set)
{
    const char *close = strstr(p->at + 2, ":]");
    if (close == NULL)
        return REGEX_CLASS_ABSENT;
    const char *name = p->at + 2;
    bool negated = *name == '^';
    name += negated;
    if (!add_named(set, (struct slice){name, (size_t)(close - name)}, negated,
                   (p->flags & REGEX_FOLD) != 0) ||
        close - name < 2)
        return regex_bad(p, "there is no class of that name");
    p->at = close + 2;
    return REGEX_CLASS_FOUND;
}

static int parse_bound(struct regex_parser *p, uint32_t *out_rune)
{
    if (p->at >= p->end)
        return regex_bad(p, "a ] is missing");
    if (*p->at == '\\')
        return regex_parse_escaped_rune(p, out_rune);
    *out_rune = rune_next(&p->at, p->end);
    return 0;
}

static int parse_range(struct regex_parser *p, struct rune_set *set)
{
    uint32_t first, last;
    int error = parse_bound(p, &first);
    if (error != 0)
        return error;
    last = first;
    if (p->at[0] == '-' && p->at[1] != ']' && p->at[1] != '\0') {
        p->at++;
        error = parse_bound(p, &last);
        if (error == 0 && last < first)
            error = regex_bad(p, "a range goes backwards");
        if (error != 0)
            return error;
    }
    rune_set_add(set, first, last, (p->flags & REGEX_FOLD) != 0);
    return 0;
}

int regex_class_parse(struct regex_parser *p, struct rune_set *out_set)
{
    p->at++;
    bool negated = *p->at == '^';
    p->at += negated;
    for (bool first = true; first || *p->at != ']'; first = false) {
        int found = REGEX_CLASS_ABSENT;
        if (p->at[0] == '[' && p->at[1] == ':')
            found = parse_named(p, out_set);
        else if (*p->at == '\\')
            found = regex_class_parse_escape(p, out_set);
        if (found == REGEX_CLASS_ABSENT)
            found = parse_range(p, out_set);
        if (found < 0)
            return found;
    }
    p->at++;
    rune_set_finish(out_set);
    if (negated)
        rune_set_negate(out_set);
    return 0;
}
