/* SPDX-License-Identifier: MIT */
#include "base/map.h"

#include <stdbool.h>
#include <stdio.h>

#include "unit.h"

/* A map against a plain array, through random adds and removes. */
START_TEST(agrees_with_an_array)
{
    enum {
        KEYS = 500
    };
    static int values[KEYS];
    bool present[KEYS] = {false};
    struct map map;
    map_init(&map);
    srand(1);
    for (int round = 0; round < 20000; round++) {
        int i = rand() % KEYS;
        char key[16];
        snprintf(key, sizeof(key), "key-%d", i);
        if (rand() % 2 == 0) {
            void *replaced = map_put_text(&map, key, &values[i]);
            ck_assert_ptr_eq(replaced, present[i] ? &values[i] : NULL);
            present[i] = true;
        } else {
            ck_assert_ptr_eq(map_remove_text(&map, key), present[i] ? &values[i] : NULL);
            present[i] = false;
        }
    }
    size_t expected = 0;
    for (int i = 0; i < KEYS; i++) {
        char key[16];
        snprintf(key, sizeof(key), "key-%d", i);
        ck_assert_ptr_eq(map_find_text(&map, key), present[i] ? &values[i] : NULL);
        expected += present[i];
    }
    size_t seen = 0;
    for (struct map_slot *slot = NULL; (slot = map_next(&map, slot)) != NULL;)
        seen++;
    ck_assert_uint_eq(seen, expected);
    ck_assert_uint_eq(map.len, expected);
    map_deinit(&map);
}
END_TEST

UNIT_MAIN("map", agrees_with_an_array)
