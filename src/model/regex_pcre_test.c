/* SPDX-License-Identifier: MIT */
/*
 * Random patterns of what RE2 and PCRE2 both know, on random texts: both must say the same, for
 * the whole and for every group.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include <pcre2.h>

#include "base/buf.h"
#include "model/regex.h"
#include "unit.h"

#define PATTERNS 4000
#define TEXTS    12

static uint64_t state = 0x9E3779B97F4A7C15u;

static unsigned below(unsigned limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 20) % limit);
}

static const char *const atoms[] = {
    "a",   "b",   "c",   "ab",   "\xC3\xA4", ".",           "[ab]",  "[^b]",   "[a-c1]",
    "\\d", "\\w", "\\W", "\\pL", "\\p{Lu}",  "[[:upper:]]", "\\x41", "(?i:a)", "(?i:\xC3\x84)",
    "\\b", "\\B", "^",   "$",    "\\z",      "[\\d_]",      "1",     "A",      "(?:b|)"};
static const char *const repeats[] = {"*",  "+",   "?",     "*?",     "+?",
                                      "??", "{2}", "{1,2}", "{0,2}?", "{1,}"};
static const char *const pieces[] = {"a", "b", "c",        "A",        "1",
                                     "_", " ", "\xC3\xA4", "\xC3\x84", "\n"};

/* Groups are not repeated when they can be empty: there the two differ in what they catch. */
static void make_pattern(struct buf *out, int depth, bool in_repeat)
{
    unsigned n_parts = 1 + below(3);
    for (unsigned i = 0; i < n_parts; i++) {
        if (i > 0 && below(4) == 0 && !in_repeat)
            buf_append_char(out, '|');
        unsigned kind = below(5);
        if (kind == 0 && depth > 0) {
            bool repeated = below(2) == 0;
            buf_append_text(out, repeated ? "(?:[abc1]" : "(");
            make_pattern(out, depth - 1, repeated);
            buf_append_char(out, ')');
            if (repeated)
                buf_append_text(out, repeats[below(ARRAY_LEN(repeats))]);
            continue;
        }
        const char *atom = atoms[below(ARRAY_LEN(atoms))];
        bool is_place = strchr("^$", *atom) != NULL || text_is(atom, "\\b") ||
                        text_is(atom, "\\B") || text_is(atom, "\\z") || text_is(atom, "(?:b|)");
        buf_append_text(out, atom);
        if (kind >= 3 && !is_place)
            buf_append_text(out, repeats[below(ARRAY_LEN(repeats))]);
    }
}

static void make_text(struct buf *out)
{
    unsigned len = below(9);
    for (unsigned i = 0; i < len; i++)
        buf_append_text(out, pieces[below(ARRAY_LEN(pieces))]);
}

static void compare_groups(const char *pattern, struct slice text, const struct slice *groups,
                           size_t n_groups, pcre2_match_data *match)
{
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(match);
    for (size_t i = 0; i <= n_groups; i++) {
        bool unset = ends[2 * i] == PCRE2_UNSET;
        ck_assert_msg(unset == (groups[i].data == NULL), "%s on %s: group %zu", pattern,
                      text.data, i);
        if (!unset)
            ck_assert_msg(groups[i].data == text.data + ends[2 * i] &&
                              groups[i].len == ends[2 * i + 1] - ends[2 * i],
                          "%s on %s: group %zu is %.*s", pattern, text.data, i,
                          (int)groups[i].len, groups[i].data);
    }
}

static void compare(const char *pattern, const struct regex *plain, const struct regex *regex,
                    pcre2_code *code)
{
    struct buf text;
    buf_init(&text, 256);
    pcre2_match_data *match = pcre2_match_data_create_from_pattern(code, NULL);
    for (int i = 0; i < TEXTS; i++) {
        buf_reset(&text);
        make_text(&text);
        const char *bytes = buf_text(&text);
        struct slice groups[REGEX_GROUPS_MAX + 1];
        bool wanted = pcre2_match(code, (PCRE2_SPTR)bytes, text.len, 0, 0, match, NULL) >= 0;
        ck_assert_msg(regex_matches(plain, bytes, text.len) == wanted, "%s on %s", pattern,
                      bytes);
        ck_assert_msg(regex_matches(regex, bytes, text.len) == wanted, "%s on %s", pattern,
                      bytes);
        struct slice whole = {bytes, text.len};
        ck_assert_msg(regex_capture(regex, whole, groups) == wanted, "%s on %s", pattern,
                      bytes);
        if (wanted)
            compare_groups(pattern, whole, groups, regex_group_count(regex), match);
    }
    pcre2_match_data_free(match);
    buf_deinit(&text);
}

START_TEST(says_what_pcre2_says)
{
    uint32_t options =
        PCRE2_UTF | PCRE2_DOTALL | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY;
    struct buf pattern;
    buf_init(&pattern, 4096);
    for (int i = 0; i < PATTERNS; i++) {
        buf_reset(&pattern);
        make_pattern(&pattern, 3, false);
        const char *text = buf_text(&pattern);
        struct regex *plain, *regex;
        struct problem problem = {0};
        ck_assert_msg(regex_new(text, REGEX_MATCHES, &problem, &plain) == 0, "%s: %s", text,
                      problem.text);
        ck_assert_int_eq(regex_new(text, REGEX_CAPTURES, &problem, &regex), 0);
        int number;
        PCRE2_SIZE offset;
        pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options,
                                         &number, &offset, NULL);
        ck_assert_msg(code != NULL, "%s: PCRE2 says %d at %zu", text, number, offset);
        compare(text, plain, regex, code);
        pcre2_code_free(code);
        regex_free(plain);
        regex_free(regex);
    }
    buf_deinit(&pattern);
}
END_TEST

UNIT_MAIN("regex_pcre", says_what_pcre2_says)
