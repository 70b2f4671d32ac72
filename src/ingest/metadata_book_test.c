/* SPDX-License-Identifier: MIT */
#include "ingest/metadata_book.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

static struct metadata_book *book;
static struct arena arena;

static struct metadata_list listed(org_id org)
{
    struct metadata_list list = {0};
    ck_assert_int_eq(metadata_book_list(book, org, &arena, &list), 0);
    return list;
}

static void begin(void)
{
    book = metadata_book_new();
    arena_init(&arena, (size_t)64 * 1024 * 1024);
}

static void end(void)
{
    metadata_book_free(book);
    arena_deinit(&arena);
}

START_TEST(keeps_the_latest_by_organisation)
{
    begin();
    const struct metadata first = {"b", "Old.", "", METADATA_GAUGE};
    const struct metadata second = {"b", "New.", "bytes", METADATA_COUNTER};
    const struct metadata other = {"a", "A.", "", METADATA_SUMMARY};
    ck_assert(metadata_book_put(book, 1, &first, true));
    ck_assert(metadata_book_put(book, 1, &second, true));
    ck_assert(metadata_book_put(book, 1, &second, true));
    ck_assert(metadata_book_put(book, 1, &other, true));
    ck_assert(metadata_book_put(book, 2, &first, true));
    ck_assert(!metadata_book_put(book, 2, &second, false));
    ck_assert_msg(metadata_book_put(book, 2, &first, false), "it says nothing new");
    struct metadata_list list = listed(1);
    ck_assert_uint_eq(list.len, 2);
    ck_assert_str_eq(list.items[0].metric, "a");
    ck_assert_str_eq(list.items[1].metric, "b");
    ck_assert_str_eq(list.items[1].help, "New.");
    ck_assert_str_eq(list.items[1].unit, "bytes");
    ck_assert_int_eq(list.items[1].type, METADATA_COUNTER);
    list = listed(2);
    ck_assert_uint_eq(list.len, 1);
    ck_assert_str_eq(list.items[0].help, "Old.");
    ck_assert_uint_eq(listed(3).len, 0);
    end();
}
END_TEST

START_TEST(is_bounded)
{
    begin();
    char name[64], help[2 * METADATA_HELP_MAX];
    memset(help, 'h', sizeof(help) - 1);
    help[sizeof(help) - 1] = '\0';
    size_t taken = 0;
    for (size_t i = 0; i < METADATA_METRICS_MAX + 1000; i++) {
        snprintf(name, sizeof(name), "metric_%zu", i);
        const struct metadata metadata = {name, i % 2 == 0 ? help : "", "", METADATA_GAUGE};
        taken += metadata_book_put(book, 1, &metadata, true);
    }
    ck_assert_uint_le(taken, METADATA_METRICS_MAX);
    ck_assert_uint_gt(taken, 1000);
    struct metadata_list list = listed(1);
    ck_assert_uint_eq(list.len, taken);
    ck_assert_uint_eq(strlen(list.items[0].help), METADATA_HELP_MAX);
    const struct metadata smaller = {list.items[0].metric, "", "", METADATA_GAUGE};
    ck_assert_msg(metadata_book_put(book, 1, &smaller, true), "what is known may still change");
    end();
}
END_TEST

START_TEST(refuses_names_that_are_none)
{
    begin();
    char name[METADATA_NAME_MAX + 2];
    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    const struct metadata nameless = {"", "", "", METADATA_GAUGE};
    const struct metadata endless = {name, "", "", METADATA_GAUGE};
    ck_assert(!metadata_book_put(book, 1, &nameless, true));
    ck_assert(!metadata_book_put(book, 1, &endless, true));
    ck_assert_uint_eq(listed(1).len, 0);
    char help[METADATA_HELP_MAX];
    memset(help, 'h', sizeof(help));
    help[sizeof(help) - 1] = '\0';
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof(name), "m%d", i);
        ck_assert(metadata_book_put(book, 1, &(struct metadata){name, help, "", METADATA_INFO},
                                    true));
    }
    struct arena small;
    struct metadata_list list = {0};
    arena_init(&small, 4096);
    ck_assert_int_eq(metadata_book_list(book, 1, &small, &list), -E2BIG);
    arena_deinit(&small);
    end();
}
END_TEST

UNIT_MAIN("metadata_book", keeps_the_latest_by_organisation, is_bounded,
          refuses_names_that_are_none)
