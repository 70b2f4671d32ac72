/* SPDX-License-Identifier: MIT */
#include "model/matcher.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "unit.h"

static bool fits(const char *pattern, const char *value)
{
    struct matcher is, is_not;
    struct problem problem = {0};
    ck_assert_int_eq(matcher_init(&is, MATCHER_REGEX, "l", pattern, &problem), 0);
    ck_assert_int_eq(matcher_init(&is_not, MATCHER_NOT_REGEX, "l", pattern, &problem), 0);
    bool matched = matcher_matches_value(&is, value);
    ck_assert_int_ne(matched, matcher_matches_value(&is_not, value));
    matcher_deinit(&is);
    matcher_deinit(&is_not);
    return matched;
}

START_TEST(compares_whole_values)
{
    struct matcher equal, differs;
    ck_assert_int_eq(matcher_init(&equal, MATCHER_EQUAL, "a", "web.1", NULL), 0);
    ck_assert_int_eq(matcher_init(&differs, MATCHER_NOT_EQUAL, "a", "web.1", NULL), 0);
    ck_assert(matcher_matches_value(&equal, "web.1"));
    ck_assert(!matcher_matches_value(&equal, "webx1"));
    ck_assert(!matcher_matches_value(&equal, ""));
    ck_assert(!matcher_matches_value(&differs, "web.1"));
    ck_assert(matcher_matches_value(&differs, ""));
    matcher_deinit(&equal);
    matcher_deinit(&differs);
}
END_TEST

struct row {
    const char *pattern, *value;
    bool matches;
};

static const struct row rows[] = {
    {"", "", true},
    {"", "a", false},
    {"web", "web", true},
    {"web", "web1", false},
    {"web", "aweb", false},
    {"a|b|c", "b", true},
    {"a|b|c", "bc", false},
    {"a||c", "", true},
    {"(a|b)", "a", true},
    {"(?:a|b)", "b", true},
    {"(a|b)", "(a", false},
    {"a\\.b|c", "a.b", true},
    {"a\\.b|c", "axb", false},
    {".*", "", true},
    {".*", "x\ny", true},
    {".+", "", false},
    {".+", "\n", true},
    {"pre.*", "pre", true},
    {"pre.*", "prefix", true},
    {"pre.*", "apre", false},
    {"pre.+", "pre", false},
    {"pre.+", "prex", true},
    {".*fix", "suffix", true},
    {".*fix", "fixed", false},
    {".+fix", "fix", false},
    {".*a.*", "bab", true},
    {".*a.*", "bbb", false},
    {".+a.+", "a", false},
    {".+a.+", "aa", false},
    {".+a.+", "aaa", true},
    {".+ab.+", "abxab", false},
    {".+ab.+", "xabaab", true},
    {"a.c", "a\nc", true},
    {"a.c",
     "a\xc3\xa4"
     "c",
     true},
    {"(?i)PRO.*", "production", true},
    {"((?i)pro).*", "PROduction", true},
    {".*(?i:TION)", "production", true},
    {"a$", "a\n", false},
    {"[0-9]+\\d{2,3}", "1234", true},
    {"[^]]+", "ab", true},
    {"[[:alpha:]+]+", "a+b", true},
    {"\\Qa.b(\\E", "a.b(", true},
    {"a+|b", "aab", false},
    {"ab|a", "ab", true},
    {"(?P<x>a|ab)(?<y>c)", "abc", true},
    {"a}+", "a}}", true},
    {"\\w+", "\xc3\xa4", false},
};

START_TEST(regular_expressions_are_anchored)
{
    const struct row *row = &rows[_i];
    ck_assert_msg(fits(row->pattern, row->value) == row->matches, "%s on %s", row->pattern,
                  row->value);
}
END_TEST

static const char *const refused[] = {
    "(",     "a**",    "[a",    "(?=a)b",  "(?!a)", "(?<=a)b", "(?<!a)", "(a)\\1",
    "a++b",  "a{2}+",  "(?>a)", "(*FAIL)", "\\Ka",  "a\\",     "(?x) a", "\\Cb+",
    "(?R)b", "\\k<a>", "*a",    "a{3,2}",  "(?1)",  "\xff.b+", "a.?\\Z"};

START_TEST(refuses_what_re2_refuses)
{
    struct matcher matcher;
    struct problem problem = {0};
    ck_assert_msg(matcher_init(&matcher, MATCHER_REGEX, "l", refused[_i], &problem) == -EINVAL,
                  "%s was taken", refused[_i]);
    ck_assert_uint_gt(strlen(problem.text), 0);
}
END_TEST

START_TEST(expensive_patterns_cost_no_more)
{
    static const char *const expensive[] = {
        "(a|a)*(a|a)*(a|a)*b", "(a|a?)+c",       "(a*)*b",
        "(.*)*(.*)*x",         "(a?){50}a{50}z", "(a|b|ab)*bc.{9}"};
    char value[LABELS_VALUE_MAX_BYTES];
    memset(value, 'a', sizeof(value) - 1);
    strcpy(value + sizeof(value) - 4, "bca"); /* so that a look for b or c decides nothing */
    ck_assert(!fits(expensive[_i], value));
}
END_TEST

START_TEST(lists_of_words_can_be_read)
{
    struct matcher matcher;
    ck_assert_int_eq(matcher_init(&matcher, MATCHER_REGEX, "l", "(a|b\\.c||a)", NULL), 0);
    ck_assert(matcher_has_words(&matcher));
    size_t cursor = 0, n = 0, n_bytes = 0;
    for (const char *word; (word = matcher_next_word(&matcher, &cursor)) != NULL; n++)
        n_bytes += strlen(word);
    ck_assert_uint_eq(n, 3); /* "a" once */
    ck_assert_uint_eq(n_bytes, 4);
    matcher_deinit(&matcher);

    ck_assert_int_eq(matcher_init(&matcher, MATCHER_REGEX, "l", "a.*", NULL), 0);
    ck_assert(!matcher_has_words(&matcher));
    matcher_deinit(&matcher);
    ck_assert_int_eq(matcher_init(&matcher, MATCHER_EQUAL, "l", "a", NULL), 0);
    ck_assert(!matcher_has_words(&matcher));
    matcher_deinit(&matcher);
}
END_TEST

START_TEST(long_lists_of_words)
{
    struct buf pattern;
    buf_init(&pattern, 1 << 20);
    for (int i = 0; i < 5000; i++)
        buf_printf(&pattern, "%shost-%d", i == 0 ? "" : "|", i);
    ck_assert(fits(buf_text(&pattern), "host-0"));
    ck_assert(fits(buf_text(&pattern), "host-4999"));
    ck_assert(!fits(buf_text(&pattern), "host-5000"));
    ck_assert(!fits(buf_text(&pattern), ""));
    buf_deinit(&pattern);
}
END_TEST

START_TEST(absent_labels_are_empty)
{
    struct labels *labels =
        labels_new((struct label[]){{"__name__", "up"}, {"job", "node"}}, 2);
    struct matcher matchers[3];
    ck_assert_int_eq(matcher_init(&matchers[0], MATCHER_EQUAL, "__name__", "up", NULL), 0);
    ck_assert_int_eq(matcher_init(&matchers[1], MATCHER_EQUAL, "zone", "", NULL), 0);
    ck_assert_int_eq(matcher_init(&matchers[2], MATCHER_NOT_REGEX, "zone", ".+", NULL), 0);
    ck_assert(matcher_all_match(matchers, 3, labels));
    matcher_deinit(&matchers[2]);
    ck_assert_int_eq(matcher_init(&matchers[2], MATCHER_REGEX, "zone", ".+", NULL), 0);
    ck_assert(!matcher_all_match(matchers, 3, labels));
    ck_assert(matcher_all_match(NULL, 0, labels));
    for (int i = 0; i < 3; i++)
        matcher_deinit(&matchers[i]);
    labels_unref(labels);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("matcher");
    TCase *tcase = tcase_create("matcher");
    tcase_add_test(tcase, compares_whole_values);
    tcase_add_loop_test(tcase, regular_expressions_are_anchored, 0, ARRAY_LEN(rows));
    tcase_add_loop_test(tcase, refuses_what_re2_refuses, 0, ARRAY_LEN(refused));
    tcase_add_loop_test(tcase, expensive_patterns_cost_no_more, 0, 6);
    tcase_add_test(tcase, lists_of_words_can_be_read);
    tcase_add_test(tcase, long_lists_of_words);
    tcase_add_test(tcase, absent_labels_are_empty);
    suite_add_tcase(suite, tcase);
    return unit_run_suite(suite);
}
