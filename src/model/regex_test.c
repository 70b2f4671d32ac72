/* SPDX-License-Identifier: MIT */
#include "model/regex.h"

#include <errno.h>
#include <pthread.h>

#include "base/buf.h"
#include "unit.h"

static bool fits(const char *pattern, const char *text)
{
    struct regex *regex;
    struct problem problem = {0};
    int error = regex_new(pattern, REGEX_MATCHES, &problem, &regex);
    ck_assert_msg(error == 0, "%s: %s", pattern, problem.text);
    bool matched = regex_matches(regex, text, strlen(text));
    ck_assert(matched == regex_matches(regex, text, strlen(text))); /* remembered */
    regex_free(regex);

    error = regex_new(pattern, REGEX_CAPTURES, &problem, &regex);
    ck_assert_msg(error == 0, "%s: %s", pattern, problem.text);
    struct slice groups[REGEX_GROUPS_MAX + 1];
    ck_assert(matched == regex_capture(regex, slice_of(text), groups));
    ck_assert(matched == regex_matches(regex, text, strlen(text)));
    regex_free(regex);
    return matched;
}

struct row {
    const char *pattern, *text;
    bool matches;
};

static const struct row rows[] = {
    {"", "", true},
    {"", "a", false},
    {"abc", "abc", true},
    {"abc", "abcd", false},
    {"abc", "xabc", false},
    {"|a", "", true},
    {"a|bc|d(e|f)", "df", true},
    {"a|bc|d(e|f)", "d", false},
    {"()", "", true},
    {"(()|())*", "", true},
    {"a*", "aaaa", true},
    {"a+", "", false},
    {"a?b", "b", true},
    {"(ab)*", "abab", true},
    {"(ab)*", "aba", false},
    {"(a*)*", "aaa", true},
    {"(a*)+b", "aab", true},
    {"(a|b)*?c", "abac", true},
    {"a{3}", "aaa", true},
    {"a{3}", "aa", false},
    {"a{2,}", "a", false},
    {"a{2,}", "aaaaa", true},
    {"a{2,4}", "aaaaa", false},
    {"a{0}b", "b", true},
    {"a{0}b", "ab", false},
    {"a{0,1}b", "ab", true},
    {"a{,2}", "a{,2}", true},
    {"a{x", "a{x", true},
    {"{", "{", true},
    {"(a{2}){3}", "aaaaaa", true},
    {"a{1000}", "a", false},
    {"x*|y{2}|(z)+", "zz", true},
    /* characters and classes */
    {".", "\n", true},
    {".", "\xC3\xA4", true},
    {".", "\xFF", true}, /* one broken byte is one character */
    {"..", "\xC3\xA4", false},
    {"\\x{FFFD}", "\x80", true},
    {"[^a]", "\n", true},
    {"[abc]+", "cab", true},
    {"[a-c]+", "d", false},
    {"[]a]+", "a]", true},
    {"[^]a]", "]", false},
    {"[a-]+", "a-", true},
    {"[-a]+", "a-", true},
    {"[a\\-z]+", "-", true},
    {"[a\\-z]", "b", false},
    {"[\\d-z]+", "5-z", true},
    {"[a-c-e]+", "-", true},
    {"[[:digit:]_]+", "1_2", true},
    {"[[:^digit:]]", "1", false},
    {"[[:word:]]", "_", true},
    {"[[:cntrl:]]", "\x7f", true},
    {"[[:ascii:]]", "\xC3\xA4", false},
    {"[[:alpha]+", "[a:", true}, /* never closed: plain characters */
    {"[\\]]", "]", true},
    {"[\\x41-\\x{43}]", "B", true},
    {"[\xC3\xA4-\xC3\xB6]", "\xC3\xA5", true},
    {"\\d\\D\\s\\S\\w\\W", "1a \x01_-", true},
    {"\\s", "\v", false},
    {"[[:space:]]", "\v", true},
    {"\\pL+\\pN", "\xC3\xA4z\xC2\xB2", true},
    {"\\PL", "a", false},
    {"\\p{^Lu}", "A", false},
    {"\\P{^Lu}", "A", true},
    {"[\\p{Lu}\\d]+", "A1", true},
    {"\\p{Any}", "\n", true},
    /* escapes */
    {"\\.\\*\\_\\/", ".*_/", true},
    {"\\x41\\x{1F600}\\101\\0?",
     "A\xF0\x9F\x98\x80"
     "A",
     true},
    {"\\a\\f\\t\\n\\r\\v", "\a\f\t\n\r\v", true},
    {"\\Qa.b|c\\E+", "a.b|cc", true},
    {"\\Qa.b", "a.b", true},
    {"\\Q\\E", "", true},
    {"\\Qab\\E*", "abbb", true},
    /* flags */
    {"(?i)abc", "aBC", true},
    {"(?i)[a-c]+", "ABc", true},
    {"(?i)[^a]", "A", false},
    {"(?i)k", "\xE2\x84\xAA", true},
    {"(?i)\\W", "\xE2\x84\xAA", false},
    {"(?i:a)b", "Ab", true},
    {"(?i:a)b", "AB", false},
    {"a(?i)b|c", "C", true},
    {"(a(?i)b)c", "aBC", false},
    {"(?i)a(?-i)b", "AB", false},
    {"(?i-s:A.)", "ab", true},
    {"(?-s).", "\n", false},
    {"(?-s:.)x", "\nx", false},
    {"(?U)a+b", "aab", true},
    {"(?is)a.", "A\n", true},
    /* places */
    {"^abc$", "abc", true},
    {"a^b", "ab", false},
    {"a$", "a\n", false},
    {"(?m)a$\n^b", "a\nb", true},
    {"(?m)a$.*", "ab", false},
    {"a\\nb", "a\nb", true},
    {"\\Aa\\z", "a", true},
    {"a\\z\\n", "a\n", false},
    {"\\bfoo\\b.*", "foo bar", true},
    {"\\bfoo\\b.*", "foobar", false},
    {".*\\Boo", "foo", true},
    {"\\B", "", true},
    {"\\b", "", false},
    {"(\\b|x)*a", "a", true},
    {"\xC3\xA4\\ba",
     "\xC3\xA4"
     "a",
     true}, /* words are ASCII */
    {"(^a|b)*", "ab", true},
    {"(^a|b)*", "ba", false},
    {"^*a", "a", true},
    /* groups */
    {"(?P<x>a)(?<y>b)", "ab", true},
    {"(((((a)))))", "a", true},
};

START_TEST(matches_what_re2_matches)
{
    const struct row *row = &rows[_i];
    ck_assert_msg(fits(row->pattern, row->text) == row->matches, "%s on %s", row->pattern,
                  row->text);
}
END_TEST

static const char *const refused[] = {"(",
                                      ")",
                                      "(a",
                                      "a)",
                                      "[a",
                                      "[",
                                      "[]",
                                      "[^",
                                      "*a",
                                      "a|*",
                                      "(*a)",
                                      "a**",
                                      "a+*",
                                      "a{2}{3}",
                                      "a??+",
                                      "a*+",
                                      "a++",
                                      "a{1001}",
                                      "a{1,1001}",
                                      "a{3,2}",
                                      "(a{100}){11}",
                                      "\\",
                                      "a\\",
                                      "\\1",
                                      "(a)\\1",
                                      "\\8",
                                      "\\C",
                                      "\\K",
                                      "\\G",
                                      "\\Z",
                                      "\\R",
                                      "\\X",
                                      "\\h",
                                      "\\k<a>",
                                      "\\g1",
                                      "\\E",
                                      "\\y",
                                      "\\x",
                                      "\\x4",
                                      "\\x{}",
                                      "\\x{110000}",
                                      "\\x{41",
                                      "\\p",
                                      "\\p{",
                                      "\\pQ",
                                      "\\p{Q}",
                                      "\\p{Greek}",
                                      "[z-a]",
                                      "[a-\\d]",
                                      "[[:nope:]]",
                                      "[[:d:]]",
                                      "[\\q]",
                                      "[a-",
                                      "(?",
                                      "(?i",
                                      "(?P",
                                      "(?P<",
                                      "(?P<a",
                                      "(?P<>a)",
                                      "(?P<a-b>a)",
                                      "(?P<a>x)(?P<a>y)",
                                      "(?P=a)",
                                      "(?P>a)",
                                      "(?=a)",
                                      "(?!a)",
                                      "(?<=a)",
                                      "(?<!a)",
                                      "(?>a)",
                                      "(?|a)",
                                      "(?#a)",
                                      "(?R)",
                                      "(?1)",
                                      "(?&a)",
                                      "(?(1)a)",
                                      "(?C1)",
                                      "(?x)a",
                                      "(?-)a",
                                      "(?i-)a",
                                      "(?i)*",
                                      "(?--i)",
                                      "(?^i)a",
                                      "\xff",
                                      "a\xc3",
                                      "[\x80]",
                                      "\\\xc3\xa4"};

START_TEST(refuses_what_re2_refuses)
{
    struct regex *regex = NULL;
    struct problem problem = {0};
    ck_assert_msg(regex_new(refused[_i], REGEX_MATCHES, &problem, &regex) == -EINVAL,
                  "%s was taken", refused[_i]);
    ck_assert_uint_gt(strlen(problem.text), 0);
    ck_assert_ptr_null(regex);
}
END_TEST

static void check_size(const char *part, int times, bool taken)
{
    struct buf pattern;
    buf_init(&pattern, 1 << 22);
    for (int i = 0; i < times; i++)
        buf_append_text(&pattern, part);
    struct regex *regex = NULL;
    struct problem problem = {0};
    int error = regex_new(buf_text(&pattern), REGEX_CAPTURES, &problem, &regex);
    ck_assert_msg((error == 0) == taken, "%d times %s: %s", times, part, problem.text);
    regex_free(regex);
    buf_deinit(&pattern);
}

START_TEST(sizes_have_limits)
{
    check_size("a", REGEX_STEPS_MAX - 1, true);
    check_size("a", REGEX_STEPS_MAX, false);
    check_size("a{1000}", 9, true);
    check_size("a{1000}", 10, false);
    check_size("(?:(?:a?){30}){30}", 11, false);
    check_size("(a)", REGEX_GROUPS_MAX, true);
    check_size("(a)", REGEX_GROUPS_MAX + 1, false);
    check_size("(?:", 100000, false);
    check_size("a|", 3000, true);
    check_size("[\\pL\\pN]", 100, true);
}
END_TEST

START_TEST(too_many_different_classes)
{
    struct buf pattern;
    buf_init(&pattern, 1 << 20);
    for (int i = 0; i < 9000; i++)
        buf_printf(&pattern, "\\x{%x}", 0x1000 + i * 2);
    struct regex *regex = NULL;
    struct problem problem = {0};
    ck_assert_int_eq(regex_new(buf_text(&pattern), REGEX_MATCHES, &problem, &regex), -EINVAL);
    buf_deinit(&pattern);
}
END_TEST

struct capture {
    const char *pattern, *text;
    const char *groups[4]; /* from 1 on; NULL = took no part */
};

static const struct capture captures[] = {
    {"(a+)(b+)", "aab", {"aa", "b"}},
    {"(.*)-(.*)", "a-b-c", {"a-b", "c"}},
    {"(.*?)-(.*)", "a-b-c", {"a", "b-c"}},
    {"(?U)(.*)-(.*)", "a-b-c", {"a", "b-c"}},
    {"(a|ab)(c|bcd)(d*)", "abcd", {"a", "bcd", ""}},
    {"(a)|(b)", "b", {NULL, "b"}},
    {"(a(b)?)+", "aba", {"a", "b"}},
    {"(a)*", "aaa", {"a"}},
    {"(a*)*", "aaa", {"aaa"}},
    {"(a|b)*?(b*)", "abb", {"a", "bb"}},
    {"((x)|y)*z", "xyz", {"y", "x"}},
    {"(a{2}){2}", "aaaa", {"aa"}},
    {"(?:a)(b)(?i:(C))", "abc", {"b", "c"}},
    {"([^:]+)(?::(\\d+))?", "host:9100", {"host", "9100"}},
    {"([^:]+)(?::(\\d+))?", "host", {"host", NULL}},
    {"(\\b)(.)(\\b)", "a", {"", "a", ""}},
    {"(.)(\xC3\xA4)", "\xC3\xB6\xC3\xA4", {"\xC3\xB6", "\xC3\xA4"}},
};

START_TEST(catches_groups)
{
    const struct capture *capture = &captures[_i];
    struct regex *regex;
    struct problem problem = {0};
    struct slice groups[REGEX_GROUPS_MAX + 1];
    ck_assert_int_eq(regex_new(capture->pattern, REGEX_CAPTURES, &problem, &regex), 0);
    ck_assert(regex_capture(regex, slice_of(capture->text), groups));
    ck_assert(slice_is(groups[0], capture->text));
    for (size_t i = 0; i < regex_group_count(regex); i++) {
        const char *wanted = capture->groups[i];
        ck_assert_msg(wanted == NULL
                          ? groups[i + 1].data == NULL
                          : groups[i + 1].data != NULL && slice_is(groups[i + 1], wanted),
                      "%s: group %zu is %.*s", capture->pattern, i + 1, (int)groups[i + 1].len,
                      groups[i + 1].data);
    }
    regex_free(regex);
}
END_TEST

START_TEST(finds_groups_by_name)
{
    struct regex *regex;
    ck_assert_int_eq(regex_new("(?P<host>[^:]+)(:)(?<port>\\d+)", REGEX_CAPTURES, NULL, &regex),
                     0);
    ck_assert_uint_eq(regex_group_count(regex), 3);
    ck_assert_uint_eq(regex_find_group(regex, SLICE("host")), 1);
    ck_assert_uint_eq(regex_find_group(regex, SLICE("port")), 3);
    ck_assert_uint_eq(regex_find_group(regex, SLICE("por")), 0);
    ck_assert_uint_eq(regex_find_group(regex, SLICE("")), 0);
    regex_free(regex);
}
END_TEST

/* More states than the automaton may remember: each text of a's and b's leads to another one. */
START_TEST(forgets_and_goes_on)
{
    struct regex *regex;
    struct problem problem = {0};
    ck_assert_int_eq(regex_new("(a|b)*a(a|b){200}", REGEX_MATCHES, &problem, &regex), 0);
    char text[2000];
    uint64_t random = 88172645463325252u;
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < sizeof(text); i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            text[i] = random % 2 == 0 ? 'a' : 'b';
        }
        ck_assert(regex_matches(regex, text, sizeof(text)) ==
                  (text[sizeof(text) - 201] == 'a'));
    }
    regex_free(regex);
}
END_TEST

static void *match_often(void *context)
{
    struct regex *regex = context;
    for (int i = 0; i < 2000; i++) {
        char text[32];
        int len = snprintf(text, sizeof(text), "web-%d.example", i);
        if (regex_matches(regex, text, (size_t)len) != (i % 10 == 7))
            return context;
    }
    return NULL;
}

START_TEST(many_threads_at_once)
{
    struct regex *regex;
    ck_assert_int_eq(regex_new("web-\\d*7\\.[a-z]+", REGEX_MATCHES, NULL, &regex), 0);
    pthread_t threads[8];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, match_often, regex), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        void *answer;
        ck_assert_int_eq(pthread_join(threads[i], &answer), 0);
        ck_assert_ptr_null(answer);
    }
    regex_free(regex);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("regex");
    TCase *tcase = tcase_create("regex");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, matches_what_re2_matches, 0, ARRAY_LEN(rows));
    tcase_add_loop_test(tcase, refuses_what_re2_refuses, 0, ARRAY_LEN(refused));
    tcase_add_loop_test(tcase, catches_groups, 0, ARRAY_LEN(captures));
    tcase_add_test(tcase, sizes_have_limits);
    tcase_add_test(tcase, too_many_different_classes);
    tcase_add_test(tcase, finds_groups_by_name);
    tcase_add_test(tcase, forgets_and_goes_on);
    tcase_add_test(tcase, many_threads_at_once);
    suite_add_tcase(suite, tcase);
    return unit_run_suite(suite);
}
