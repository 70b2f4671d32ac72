/* SPDX-License-Identifier: MIT */
#include "collect/unit_table.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static struct unit_table table;

static struct unit *add(const char *name)
{
    char path[64];
    snprintf(path, sizeof(path), "/unit/%s", name);
    return unit_table_add(&table, path, name);
}

START_TEST(units_are_sorted_and_found)
{
    unit_table_init(&table);
    unit_table_begin(&table);
    struct unit *ssh = add("ssh.service");
    add("cron.service");
    add("zz.service");
    ck_assert_ptr_eq(add("ssh.service"), ssh);
    ck_assert_ptr_null(unit_table_add(&table, "/unit/other", "ssh.service"));
    unit_table_commit(&table);

    ck_assert_uint_eq(table.units.len, 3);
    ck_assert_str_eq(table.units.items[0]->name, "cron.service");
    ck_assert_ptr_eq(unit_table_find(&table, "/unit/ssh.service"), ssh);
    ck_assert_ptr_eq(unit_table_find_name(&table, "ssh.service"), ssh);
    ck_assert_ptr_null(unit_table_find_name(&table, "ssh"));
    ck_assert_ptr_null(unit_table_find_name(&table, "zzz"));
    unit_table_deinit(&table);
}
END_TEST

START_TEST(what_a_list_lacks_is_forgotten)
{
    unit_table_init(&table);
    unit_table_begin(&table);
    add("a.service");
    add("b.service");
    add("c.service");
    unit_table_commit(&table);
    unit_table_begin(&table);
    add("b.service");
    add("d.service");
    unit_table_commit(&table);
    ck_assert_uint_eq(table.units.len, 2);
    ck_assert_ptr_null(unit_table_find(&table, "/unit/a.service"));

    unit_table_remove(&table, "/unit/b.service");
    unit_table_remove(&table, "/unit/b.service");
    ck_assert_uint_eq(table.units.len, 1);
    unit_table_reset(&table);
    ck_assert_uint_eq(table.units.len, 0);
    unit_table_deinit(&table);
}
END_TEST

START_TEST(the_table_is_bounded)
{
    unit_table_init(&table);
    unit_table_begin(&table);
    for (int i = 0; i < UNITS_MAX; i++) {
        char name[32];
        snprintf(name, sizeof(name), "u%d.service", i);
        ck_assert_ptr_nonnull(add(name));
    }
    ck_assert_ptr_null(add("one-more.service"));
    unit_table_deinit(&table);
}
END_TEST

START_TEST(names_of_states_go_both_ways)
{
    for (enum unit_state state = UNIT_UNKNOWN; state < UNIT_STATE_COUNT; state++)
        ck_assert_int_eq(unit_state_from_name(unit_state_names[state]), state);
    ck_assert_int_eq(unit_state_from_name("maintenance"), UNIT_UNKNOWN);
    ck_assert_int_eq(unit_state_from_name(""), UNIT_UNKNOWN);
}
END_TEST

static struct unit unit_in(enum unit_state state, const char *type, bool is_enabled)
{
    struct unit unit = {.is_loaded = true, .is_enabled = is_enabled};
    snprintf(unit.type, sizeof(unit.type), "%s", type);
    unit_set_state(&unit, state);
    return unit;
}

START_TEST(up_means_doing_its_work)
{
    static const struct {
        enum unit_state state;
        const char *type;
        bool is_up;
    } cases[] = {
        {UNIT_ACTIVE, "simple", true},        {UNIT_RELOADING, "notify", true},
        {UNIT_ACTIVATING, "simple", false},   {UNIT_ACTIVATING, "oneshot", true},
        {UNIT_DEACTIVATING, "simple", false}, {UNIT_FAILED, "oneshot", false},
        {UNIT_INACTIVE, "oneshot", false},    {UNIT_UNKNOWN, "", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct unit unit = unit_in(cases[i].state, cases[i].type, false);
        ck_assert_msg(unit_is_up(&unit) == cases[i].is_up, "case %zu", i);
    }
}
END_TEST

START_TEST(stopped_services_are_missed_only_when_they_should_run)
{
    struct unit unit = unit_in(UNIT_INACTIVE, "simple", true);
    ck_assert(!unit_is_notable(&unit)); /* never started */
    unit_set_state(&unit, UNIT_ACTIVE);
    ck_assert(unit_is_notable(&unit));
    unit_set_state(&unit, UNIT_INACTIVE);
    ck_assert(unit_is_notable(&unit)); /* somebody stopped it */

    unit = unit_in(UNIT_ACTIVE, "dbus", false);
    unit_set_state(&unit, UNIT_INACTIVE);
    ck_assert(!unit_is_notable(&unit)); /* started on demand, left by itself */

    unit = unit_in(UNIT_ACTIVE, "oneshot", true);
    unit_set_state(&unit, UNIT_INACTIVE);
    ck_assert(!unit_is_notable(&unit)); /* did its work */

    unit = unit_in(UNIT_FAILED, "oneshot", false);
    ck_assert(unit_is_notable(&unit));
    unit = unit_in(UNIT_ACTIVE, "simple", true);
    unit.is_loaded = false;
    ck_assert(!unit_is_notable(&unit));
}
END_TEST

UNIT_MAIN("unit_table", units_are_sorted_and_found, what_a_list_lacks_is_forgotten,
          the_table_is_bounded, names_of_states_go_both_ways, up_means_doing_its_work,
          stopped_services_are_missed_only_when_they_should_run)
