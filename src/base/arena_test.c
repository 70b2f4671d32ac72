/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#include "unit.h"

START_TEST(memory_is_aligned_and_apart)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    char *before = NULL;
    for (size_t size = 1; size < 200; size++) {
        char *memory = arena_alloc(&arena, size);
        ck_assert_ptr_nonnull(memory);
        ck_assert_uint_eq((uintptr_t)memory % 16, 0);
        memset(memory, (int)size, size);
        if (before != NULL)
            ck_assert_int_eq((unsigned char)before[0], (int)size - 1);
        before = memory;
    }
    arena_deinit(&arena);
}
END_TEST

START_TEST(ceiling_is_kept)
{
    struct arena arena;
    arena_init(&arena, 10000);
    ck_assert_ptr_null(arena_alloc(&arena, 10001));
    ck_assert_ptr_null(arena_calloc(&arena, SIZE_MAX / 2, 3));
    size_t got = 0;
    while (arena_alloc(&arena, 100) != NULL)
        got++;
    ck_assert_uint_ge(got, 80);
    ck_assert_uint_le(arena.used, 10000);
    arena_reset(&arena);
    ck_assert_ptr_nonnull(arena_alloc(&arena, 100));
    arena_deinit(&arena);
}
END_TEST

START_TEST(texts_are_copied)
{
    struct arena arena;
    arena_init(&arena, 10000);
    ck_assert_str_eq(arena_strndup(&arena, "hello world", 5), "hello");
    ck_assert_str_eq(arena_printf(&arena, "%d-%s", 7, "x"), "7-x");
    arena_deinit(&arena);
}
END_TEST

UNIT_MAIN("arena", memory_is_aligned_and_apart, ceiling_is_kept, texts_are_copied)
