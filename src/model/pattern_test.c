/* SPDX-License-Identifier: MIT */
#include "model/pattern.h"

#include <string.h>

#include "unit.h"

static void check_words(const char *pattern, size_t count, const char *last)
{
    char *words;
    size_t found;
    ck_assert(pattern_read_words(pattern, &words, &found));
    ck_assert_uint_eq(found, count);
    const char *word = words;
    for (size_t i = 1; i < found; i++)
        word += strlen(word) + 1;
    ck_assert_str_eq(word, last);
    free(words);
}

START_TEST(reads_words)
{
    check_words("", 1, "");
    check_words("a", 1, "a");
    check_words("a|b", 2, "b");
    check_words("a|", 2, "");
    check_words("(a|b\\.c)", 2, "b.c");
    check_words("(?:a|b)", 2, "b");
}
END_TEST

START_TEST(leaves_other_patterns_alone)
{
    static const char *const others[] = {"a.c",   "a*",     "(a)(b)", "(a|b)c", "\\d",
                                         "[ab]c", "(a|(b)", "a\\",    "(?i:a)", "^a"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        char *words;
        size_t count;
        ck_assert_msg(!pattern_read_words(others[i], &words, &count), "%s", others[i]);
    }
}
END_TEST

static void check_affix(const char *pattern, enum pattern_gap before, const char *word,
                        enum pattern_gap after)
{
    struct pattern_affix affix;
    ck_assert(pattern_read_affix(pattern, &affix));
    ck_assert_int_eq((int)affix.before, (int)before);
    ck_assert_int_eq((int)affix.after, (int)after);
    ck_assert_str_eq(affix.word, word);
    free(affix.word);
}

START_TEST(reads_a_word_with_gaps)
{
    check_affix("web.*", PATTERN_GAP_NONE, "web", PATTERN_GAP_ANY);
    check_affix(".+web", PATTERN_GAP_SOME, "web", PATTERN_GAP_NONE);
    check_affix(".*a\\.b.+", PATTERN_GAP_ANY, "a.b", PATTERN_GAP_SOME);
    check_affix(".*", PATTERN_GAP_ANY, "", PATTERN_GAP_NONE);
    struct pattern_affix affix;
    ck_assert(!pattern_read_affix("a.*b", &affix));
    ck_assert(!pattern_read_affix(".*?a", &affix));
    ck_assert(!pattern_read_affix("ab?.*", &affix));
}
END_TEST

UNIT_MAIN("pattern", reads_words, leaves_other_patterns_alone, reads_a_word_with_gaps)
