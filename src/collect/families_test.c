/* SPDX-License-Identifier: MIT */
#include "collect/families.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

START_TEST(a_family_is_made_once)
{
    struct families families;
    char name[32] = "node_zfs_arc_hits";
    families_init(&families);
    const struct metric *metric = families_get(&families, name, "Hits.", METRIC_COUNTER);
    name[0] = 'x';
    ck_assert_str_eq(metric->name, "node_zfs_arc_hits");
    ck_assert_str_eq(metric->help, "Hits.");
    ck_assert_int_eq(metric->type, METRIC_COUNTER);
    ck_assert_ptr_eq(families_get(&families, "node_zfs_arc_hits", "", METRIC_GAUGE), metric);
    ck_assert_ptr_ne(families_get(&families, "node_zfs_arc_hit", "", METRIC_GAUGE), metric);
    families_deinit(&families);
}
END_TEST

START_TEST(names_are_checked_and_bounded)
{
    static const char *const bad[] = {"", "1st", "a-b", "a b", "x\xc3\xb6"};
    struct families families;
    char name[400];
    families_init(&families);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_ptr_null(families_get(&families, bad[i], "", METRIC_GAUGE));
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    ck_assert_ptr_null(families_get(&families, name, "", METRIC_GAUGE));
    for (int i = 0; i < FAMILIES_MAX + 5; i++) {
        snprintf(name, sizeof(name), "m%d", i);
        const struct metric *metric = families_get(&families, name, "", METRIC_GAUGE);
        ck_assert_int_eq(metric != NULL, i < FAMILIES_MAX);
    }
    families_deinit(&families);
}
END_TEST

UNIT_MAIN("families", a_family_is_made_once, names_are_checked_and_bounded)
