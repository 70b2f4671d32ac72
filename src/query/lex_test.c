/* SPDX-License-Identifier: MIT */
#include "query/lex.h"

#include <errno.h>

#include "unit.h"

static void check_kinds(const char *text, const enum token_kind *kinds, size_t count)
{
    struct lexer lexer;
    struct problem problem = {0};
    lexer_init(&lexer, text);
    for (size_t i = 0; i < count; i++) {
        struct token token;
        ck_assert_int_eq(lex_next(&lexer, &token, &problem), 0);
        ck_assert_msg(token.kind == kinds[i], "%s: token %zu is %s", text, i,
                      token_names[token.kind]);
    }
}

#define CHECK_KINDS(text, ...)                                                                 \
    do {                                                                                       \
        const enum token_kind kinds[] = {__VA_ARGS__, TOKEN_END, TOKEN_END};                   \
        check_kinds(text, kinds, ARRAY_LEN(kinds));                                            \
    } while (0)

START_TEST(splits_expressions)
{
    CHECK_KINDS("a:b{c=~'d',e!=\"f\"}[5m:1m] # rest", TOKEN_WORD, TOKEN_LEFT_BRACE, TOKEN_WORD,
                TOKEN_REGEX_MATCH, TOKEN_STRING, TOKEN_COMMA, TOKEN_WORD, TOKEN_DIFFERS,
                TOKEN_STRING, TOKEN_RIGHT_BRACE, TOKEN_LEFT_BRACKET, TOKEN_DURATION,
                TOKEN_COLON, TOKEN_DURATION, TOKEN_RIGHT_BRACKET);
    CHECK_KINDS("1<=2>=3==4!~5^-.5e3%:x", TOKEN_NUMBER, TOKEN_LESS_EQUAL, TOKEN_NUMBER,
                TOKEN_GREATER_EQUAL, TOKEN_NUMBER, TOKEN_EQUAL, TOKEN_NUMBER,
                TOKEN_REGEX_DIFFERS, TOKEN_NUMBER, TOKEN_POWER, TOKEN_SUBTRACT, TOKEN_NUMBER,
                TOKEN_MODULO, TOKEN_WORD);
    CHECK_KINDS(" \t\r\n#only a remark", TOKEN_END);
}
END_TEST

static const struct {
    const char *text;
    enum token_kind kind;
    double value;
} numbers[] = {
    {"0", TOKEN_NUMBER, 0},
    {"1.", TOKEN_NUMBER, 1},
    {".25", TOKEN_NUMBER, 0.25},
    {"1e3", TOKEN_NUMBER, 1000},
    {"1E-2", TOKEN_NUMBER, 0.01},
    {"0x1f", TOKEN_NUMBER, 31},
    {"0755", TOKEN_NUMBER, 493},
    {"1_000_000", TOKEN_NUMBER, 1e6},
    {"1e999", TOKEN_NUMBER, __builtin_inf()},
    {"5m", TOKEN_DURATION, 300},
    {"1h30m", TOKEN_DURATION, 5400},
    {"250ms", TOKEN_DURATION, 0.25},
    {"1y2w3d4h5m6s7ms", TOKEN_DURATION, 33019506.007},
};

START_TEST(reads_numbers)
{
    struct lexer lexer;
    struct token token;
    lexer_init(&lexer, numbers[_i].text);
    ck_assert_int_eq(lex_next(&lexer, &token, NULL), 0);
    ck_assert_int_eq(token.kind, numbers[_i].kind);
    ck_assert(token.number == numbers[_i].value);
    ck_assert_int_eq(lex_next(&lexer, &token, NULL), 0);
    ck_assert_int_eq(token.kind, TOKEN_END);
}
END_TEST

static const char *const malformed[] = {"1x",
                                        "0x",
                                        "0xg",
                                        "1e",
                                        "1e+",
                                        "5mm",
                                        "1m1h",
                                        "1m1m",
                                        "5s5",
                                        "1__0",
                                        "99999999999999999999d",
                                        "'a",
                                        "\"a",
                                        "`a",
                                        "'a\nb'",
                                        "'a\\",
                                        "$",
                                        "!",
                                        "\x01",
                                        "&&",
                                        "\xc3\xa4",
                                        "~"};

START_TEST(refuses_malformed_tokens)
{
    struct lexer lexer;
    struct token token;
    struct problem problem = {0};
    lexer_init(&lexer, malformed[_i]);
    ck_assert_msg(lex_next(&lexer, &token, &problem) == -EINVAL, "%s", malformed[_i]);
    ck_assert_int_eq(problem.line, 1);
    ck_assert_int_eq(problem.column, 1);
    ck_assert_uint_gt(strlen(problem.text), 0);
}
END_TEST

static const struct {
    const char *quoted, *value; /* NULL: refused */
} strings[] = {
    {"\"a b\"", "a b"},
    {"'it''", "it"},
    {"'\\'\\\\'", "'\\"},
    {"\"\\n\\t\\x41\\101\\u00e4\\U0001F600\"", "\n\tAA\xc3\xa4\xf0\x9f\x98\x80"},
    {"`a\\n\nb`", "a\\n\nb"},
    {"''", ""},
    {"'\\q'", NULL},
    {"'\\x4'", NULL},
    {"'\\u12'", NULL},
    {"'\\ud800'", NULL},
    {"'\\U00110000'", NULL},
    {"'\\xff'", NULL},
    {"'\\0'", NULL},
    {"'\\000'", NULL},
    {"'\\777'", NULL},
    {"'\\\"'", NULL},
};

START_TEST(reads_strings)
{
    struct lexer lexer;
    struct token token;
    struct problem problem = {0};
    char out[64];
    lexer_init(&lexer, strings[_i].quoted);
    ck_assert_int_eq(lex_next(&lexer, &token, &problem), 0);
    int error = lex_unquote(strings[_i].quoted, &token, out, &problem);
    if (strings[_i].value == NULL) {
        ck_assert_msg(error == -EINVAL, "%s was taken", strings[_i].quoted);
    } else {
        ck_assert_int_eq(error, 0);
        ck_assert_str_eq(out, strings[_i].value);
    }
}
END_TEST

START_TEST(positions_count_characters)
{
    struct problem problem;
    const char *text = "a\n\xc3\xa4\xc3\xa4 b";
    ck_assert_int_eq(lex_problem(text, 7, &problem, "here %d", 1), -EINVAL);
    ck_assert_int_eq(problem.line, 2);
    ck_assert_int_eq(problem.column, 4);
    ck_assert_str_eq(problem.text, "here 1");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lex");
    TCase *tcase = tcase_create("lex");
    tcase_add_test(tcase, splits_expressions);
    tcase_add_loop_test(tcase, reads_numbers, 0, ARRAY_LEN(numbers));
    tcase_add_loop_test(tcase, refuses_malformed_tokens, 0, ARRAY_LEN(malformed));
    tcase_add_loop_test(tcase, reads_strings, 0, ARRAY_LEN(strings));
    tcase_add_test(tcase, positions_count_characters);
    suite_add_tcase(suite, tcase);
    return unit_run_suite(suite);
}
