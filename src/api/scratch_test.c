/* SPDX-License-Identifier: MIT */
#include "api/scratch.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "unit.h"

#define CEILING ((size_t)8 * 1024 * 1024)

START_TEST(memory_is_used_again)
{
    struct scratch_pool *pool = scratch_pool_new(CEILING);
    struct scratch *first = scratch_take(pool), *second = scratch_take(pool);
    ck_assert_ptr_ne(first, second);
    ck_assert_int_eq(buf_append(&first->bytes, "abc", 3), 0);
    ck_assert_ptr_nonnull(arena_alloc(&first->arena, 1000));
    const char *memory = first->bytes.data;
    scratch_give(pool, second);
    scratch_give(pool, first);
    struct scratch *again = scratch_take(pool); /* the one used last */
    ck_assert_ptr_eq(again, first);
    ck_assert_uint_eq(again->bytes.len, 0);
    ck_assert_ptr_eq(again->bytes.data, memory);
    scratch_give(pool, again);
    scratch_pool_free(pool);
    scratch_pool_free(NULL);
}
END_TEST

START_TEST(what_grew_large_is_given_back)
{
    struct scratch_pool *pool = scratch_pool_new(CEILING);
    struct scratch *scratch = scratch_take(pool);
    ck_assert_int_eq(buf_reserve(&scratch->bytes, CEILING + 1), -ENOBUFS);
    buf_reset(&scratch->bytes);
    ck_assert_int_eq(buf_reserve(&scratch->bytes, CEILING), 0);
    ck_assert_ptr_null(arena_alloc(&scratch->arena, CEILING + 1));
    scratch_give(pool, scratch);
    scratch = scratch_take(pool);
    ck_assert_uint_eq(scratch->bytes.capacity, 0);
    ck_assert_ptr_nonnull(arena_alloc(&scratch->arena, CEILING / 2));
    scratch_give(pool, scratch);
    scratch = scratch_take(pool);
    ck_assert_uint_eq(scratch->arena.used, 0);
    scratch_give(pool, scratch);
    scratch_pool_free(pool);
}
END_TEST

static void *use_often(void *arg)
{
    for (int i = 0; i < 2000; i++) {
        struct scratch *scratch = scratch_take(arg);
        ck_assert_uint_eq(scratch->bytes.len, 0);
        ck_assert_int_eq(buf_append(&scratch->bytes, &i, sizeof(i)), 0);
        int kept;
        memcpy(&kept, scratch->bytes.data, sizeof(kept));
        ck_assert_int_eq(kept, i);
        scratch_give(arg, scratch);
    }
    return NULL;
}

START_TEST(many_threads_share_it)
{
    struct scratch_pool *pool = scratch_pool_new(CEILING);
    pthread_t threads[12]; /* more than are kept */
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, use_often, pool), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
    scratch_pool_free(pool);
}
END_TEST

UNIT_MAIN("scratch", memory_is_used_again, what_grew_large_is_given_back, many_threads_share_it)
