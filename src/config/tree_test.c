/* SPDX-License-Identifier: MIT */
#include "config/tree.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "unit.h"

static struct arena arena;
static struct problem problem;
static const struct tree_node *root;

static int parse(const char *text)
{
    arena_deinit(&arena);
    arena_init(&arena, (size_t)16 << 20);
    problem = (struct problem){0};
    root = NULL;
    return tree_parse(text, strlen(text), &arena, &root, &problem);
}

START_TEST(keeps_order_and_places)
{
    ck_assert_int_eq(
        parse("# hello\nserver:\n  url: http://x/\n  list:\n    - a\n    - 'b c'\n"), 0);
    ck_assert_int_eq(root->kind, TREE_MAP);
    const struct tree_node *server = root->first;
    ck_assert_str_eq(server->key, "server");
    ck_assert_int_eq(server->key_line, 2);
    ck_assert_int_eq(server->key_column, 1);
    const struct tree_node *url = server->first;
    ck_assert_str_eq(url->text, "http://x/");
    ck_assert_int_eq(url->line, 3);
    ck_assert_int_eq(url->column, 8);
    ck_assert_int_eq(url->next->kind, TREE_LIST);
    ck_assert_str_eq(url->next->first->next->text, "b c");
    ck_assert_int_eq(url->next->first->next->line, 6);
    ck_assert_ptr_null(url->next->next);
}
END_TEST

START_TEST(tells_null_from_empty_text)
{
    ck_assert_int_eq(parse("a:\nb: ~\nc: ''\nd: null\ne: 'null'\n"), 0);
    const struct tree_node *a = root->first;
    ck_assert_int_eq(a->kind, TREE_NULL);
    ck_assert_int_eq(a->next->kind, TREE_NULL);
    ck_assert_int_eq(a->next->next->kind, TREE_SCALAR);
    ck_assert_int_eq(a->next->next->next->kind, TREE_NULL);
    ck_assert_int_eq(a->next->next->next->next->kind, TREE_SCALAR);
    ck_assert_int_eq(parse(""), 0);
    ck_assert_int_eq(root->kind, TREE_NULL);
    ck_assert_int_eq(parse("# only a comment\n"), 0);
    ck_assert_int_eq(root->kind, TREE_NULL);
}
END_TEST

static void refuses(const char *text, int line, int column, const char *part)
{
    ck_assert_int_eq(parse(text), -EINVAL);
    ck_assert_int_eq(problem.line, line);
    ck_assert_int_eq(problem.column, column);
    ck_assert_msg(strstr(problem.text, part) != NULL, "%s", problem.text);
}

START_TEST(names_the_place_of_what_it_refuses)
{
    refuses("a: 1\nb: [1, 2\nc: 3\n", 3, 2, "not valid YAML");
    refuses("a:\n\tb: 1\n", 2, 1, "not valid YAML");
    refuses("a: &x 1\nb: *x\n", 2, 4, "aliases");
    refuses("a: 1\nb: 2\na: 3\n", 3, 1, "given twice, first in line 1");
    refuses("? [1, 2]\n: 3\n", 1, 3, "key must be plain text");
    refuses("a: 1\n---\nb: 2\n", 2, 1, "second document");
    refuses("a: \"x\\0y\"\n", 1, 4, "NUL");
}
END_TEST

START_TEST(refuses_bytes_that_are_not_text)
{
    ck_assert_int_eq(parse("a: 1\nb: \xff\xfe\n"), -EINVAL);
    ck_assert_msg(strstr(problem.text, "UTF-8") != NULL, "%s", problem.text);
    ck_assert_int_eq(parse("a: \x01\n"), -EINVAL);
}
END_TEST

START_TEST(bounds_depth_nodes_and_size)
{
    struct buf text;
    buf_init(&text, 4 << 20);
    for (int i = 0; i < 1000; i++)
        buf_append_char(&text, '[');
    refuses(buf_text(&text), 1, TREE_DEPTH_MAX + 2, "nested too deeply");

    buf_reset(&text);
    for (int i = 0; i < TREE_NODES_MAX + 5; i++)
        buf_append_text(&text, "- a\n");
    ck_assert_int_eq(parse(buf_text(&text)), -EINVAL);
    ck_assert_msg(strstr(problem.text, "too many") != NULL, "%s", problem.text);

    buf_reset(&text);
    while (text.len <= TREE_BYTES_MAX)
        buf_append_text(&text,
                        "################################################################");
    ck_assert_int_eq(parse(buf_text(&text)), -EINVAL);
    ck_assert_msg(strstr(problem.text, "larger") != NULL, "%s", problem.text);
    buf_deinit(&text);
}
END_TEST

START_TEST(survives_an_alias_bomb)
{
    refuses("a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b]\n", 2, 8, "aliases");
}
END_TEST

START_TEST(survives_every_cut_of_a_file)
{
    static const char text[] = "a:\n  - {x: 1, y: [2, \"\\u00e4\"]}\n  - |\n    text\nb: 'q'\n";
    for (size_t len = 0; len < sizeof(text); len++) {
        char cut[sizeof(text)];
        text_copy_slice(cut, sizeof(cut), (struct slice){text, len});
        int error = parse(cut);
        ck_assert(error == 0 || (error == -EINVAL && problem.text[0] != '\0'));
    }
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN("tree", keeps_order_and_places, tells_null_from_empty_text,
          names_the_place_of_what_it_refuses, refuses_bytes_that_are_not_text,
          bounds_depth_nodes_and_size, survives_an_alias_bomb, survives_every_cut_of_a_file)
