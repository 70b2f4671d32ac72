/* SPDX-License-Identifier: MIT */
#include "ingest/directory.h"

#include "unit.h"

START_TEST(names_belong_to_their_organisation)
{
    struct directory *directory = directory_new();
    directory_add(directory, 1, 10, "web");
    directory_add(directory, 2, 20, "web");
    ck_assert_int_eq(directory_find(directory, 1, SLICE("web")), 10);
    ck_assert_int_eq(directory_find(directory, 2, SLICE("web")), 20);
    ck_assert_int_eq(directory_find(directory, 3, SLICE("web")), 0);
    directory_remove(directory, 10);
    ck_assert_int_eq(directory_find(directory, 1, SLICE("web")), 0);
    ck_assert_int_eq(directory_find(directory, 2, SLICE("web")), 20);
    directory_remove(directory, 10);
    directory_free(directory);
}
END_TEST

START_TEST(renames_and_long_names)
{
    struct directory *directory = directory_new();
    char name[HOST_NAME_MAX_BYTES + 1];
    directory_add(directory, 1, 10, "old");
    directory_add(directory, 1, 10, "new");
    ck_assert_int_eq(directory_find(directory, 1, SLICE("old")), 0);
    ck_assert_int_eq(directory_find(directory, 1, SLICE("new")), 10);
    ck_assert(directory_name(directory, 10, name, sizeof(name)));
    ck_assert_str_eq(name, "new");
    ck_assert(!directory_name(directory, 11, name, sizeof(name)));

    char big[HOST_NAME_MAX_BYTES + 50];
    memset(big, 'x', sizeof(big));
    ck_assert_int_eq(directory_find(directory, 1, (struct slice){big, sizeof(big)}), 0);
    directory_free(directory);
}
END_TEST

UNIT_MAIN("directory", names_belong_to_their_organisation, renames_and_long_names)
