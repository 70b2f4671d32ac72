/* SPDX-License-Identifier: MIT */
#include "store/table.h"

#include "unit.h"

/* Names whose halves collide on purpose: few parts, few places. */
static struct hash128 name_of(uint32_t id)
{
    return (struct hash128){.low = id % 500 * 8, .high = id % 3};
}

static size_t count_candidates(struct table *table, struct hash128 name, uint32_t wanted)
{
    struct table_cursor cursor = {0};
    size_t found = 0;
    for (uint32_t id; (id = table_find(table, name, &cursor)) != 0;)
        found += id == wanted;
    return found;
}

START_TEST(each_id_is_a_candidate_of_its_name_once)
{
    enum {
        IDS = 3000
    };
    struct table table;
    bool there[IDS + 1] = {0};
    uint64_t random = 11;
    table_init(&table);
    ck_assert_uint_eq(count_candidates(&table, name_of(1), 1), 0); /* of an empty one */
    for (uint32_t id = 1; id <= IDS; id++) {
        table_add(&table, name_of(id), id);
        there[id] = true;
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint32_t victim = 1 + (uint32_t)(random >> 33) % id;
        if (there[victim] && random >> 62 != 0) {
            table_remove(&table, name_of(victim), victim);
            there[victim] = false;
        }
    }
    for (uint32_t id = 1; id <= IDS; id++)
        ck_assert_uint_eq(count_candidates(&table, name_of(id), id), there[id]);
    table_remove(&table, name_of(7), IDS + 9); /* nothing happens */
    table_deinit(&table);
}
END_TEST

START_TEST(aliases_have_whole_names)
{
    struct table table;
    const struct hash128 one = {1, 2}, other = {1, 3};
    table_init(&table);
    ck_assert_uint_eq(table_find_alias(&table, one), 0);
    table_add_alias(&table, one, 7);
    ck_assert_uint_eq(table_find_alias(&table, one), 7);
    ck_assert_uint_eq(table_find_alias(&table, other), 0);
    table_add_alias(&table, one, 8);
    ck_assert_uint_eq(table_find_alias(&table, one), 8);
    table_remove_alias(&table, one);
    table_remove_alias(&table, other);
    ck_assert_uint_eq(table_find_alias(&table, one), 0);
    table_deinit(&table);
}
END_TEST

UNIT_MAIN("table", each_id_is_a_candidate_of_its_name_once, aliases_have_whole_names)
