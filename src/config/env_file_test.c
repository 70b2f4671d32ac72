/* SPDX-License-Identifier: MIT */
#include "config/env_file.h"

#include <string.h>

#include "unit.h"

static struct arena arena;
static struct env_file file;
static struct problem problem;

static void begin(const char *text)
{
    arena_deinit(&arena);
    arena_init(&arena, 1 << 20);
    env_file_init(&file, slice_of(text), &arena);
}

static void next_is(const char *key, const char *value, int line)
{
    struct env_pair pair = {0};
    ck_assert_int_eq(env_file_next(&file, &pair, &problem), ENV_FILE_PAIR);
    ck_assert_str_eq(pair.key, key);
    ck_assert_str_eq(pair.value, value);
    ck_assert_int_eq(pair.line, line);
}

static void next_is_bad(int line, const char *part)
{
    struct env_pair pair = {0};
    ck_assert_int_eq(env_file_next(&file, &pair, &problem), ENV_FILE_BAD);
    ck_assert_int_eq(problem.line, line);
    ck_assert_msg(strstr(problem.text, part) != NULL, "%s", problem.text);
}

static void next_is_end(void)
{
    struct env_pair pair = {0};
    ck_assert_int_eq(env_file_next(&file, &pair, &problem), ENV_FILE_END);
}

START_TEST(reads_every_form)
{
    begin("# c\n\nA=1\r\n  export B = two words  # note\nC='a $x \"q\" # no'\n"
          "D=\"l1\\nl2 \\\"q\\\" \\$ \\q\"  # note\nE=\nF=a#b\nG=x=y\nH=#none");
    next_is("A", "1", 3);
    next_is("B", "two words", 4);
    next_is("C", "a $x \"q\" # no", 5);
    next_is("D", "l1\nl2 \"q\" $ \\q", 6);
    next_is("E", "", 7);
    next_is("F", "a#b", 8);
    next_is("G", "x=y", 9);
    next_is("H", "", 10);
    next_is_end();
}
END_TEST

START_TEST(goes_on_behind_bad_lines)
{
    begin("no equals\n=x\n1A=x\nA B=x\nA='open\nB=\"x\" y\nC=\"x\\\"\nexport=1\nGOOD=1");
    next_is_bad(1, "KEY=VALUE");
    next_is_bad(2, "KEY=VALUE");
    next_is_bad(3, "KEY=VALUE");
    next_is_bad(4, "KEY=VALUE");
    next_is_bad(5, "closing quote is missing");
    next_is_bad(6, "behind the closing quote");
    next_is_bad(7, "closing quote is missing");
    next_is("export", "1", 8);
    next_is("GOOD", "1", 9);
    next_is_end();
}
END_TEST

START_TEST(takes_a_byte_order_mark_and_nothing)
{
    begin("\xef\xbb\xbf"
          "A=1");
    next_is("A", "1", 1);
    begin("");
    next_is_end();
    env_file_init(&file, (struct slice){NULL, 0}, &arena);
    next_is_end();
}
END_TEST

START_TEST(refuses_a_nul)
{
    arena_deinit(&arena);
    arena_init(&arena, 1 << 20);
    env_file_init(&file, SLICE("A=x\0y\nB=2"), &arena);
    next_is_bad(1, "KEY=VALUE");
    next_is("B", "2", 2);
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN("env_file", reads_every_form, goes_on_behind_bad_lines,
          takes_a_byte_order_mark_and_nothing, refuses_a_nul)
