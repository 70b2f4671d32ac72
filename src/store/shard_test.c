/* SPDX-License-Identifier: MIT */
#include "store/shard.h"

#include "store/shards.h"
#include "unit.h"

static struct shard *make_shard(void)
{
    struct shard *shard = shard_new(3);
    for (uint32_t slot = 0; slot < 4; slot++)
        shard->series[slot].state = SERIES_ALIVE;
    return shard;
}

static enum shard_add_result add(struct shard *shard, uint32_t slot, msec_t at_ms, double value,
                                 uint64_t segment)
{
    return shard_add(shard, slot, (struct sample){at_ms, value}, segment);
}

/* What memory has, normalised; the number of samples. */
static size_t read_slot(struct shard *shard, uint32_t slot, msec_t from_ms, msec_t to_ms,
                        struct sample_list *out)
{
    out->len = 0;
    shard_read(shard, slot, from_ms, to_ms, out);
    sample_list_normalise(out, 0);
    return out->len;
}

START_TEST(late_doubled_and_contradicting)
{
    CLEANUP(sample_list_deinit) struct sample_list list = {0};
    static const msec_t in_order[] = {500, 1000, 2000, 3000};
    struct shard *shard = make_shard();
    for (int round = 0; round < 3; round++) { /* open, frozen, frozen with more on top */
        if (round > 0)
            shard_freeze(shard);
        enum shard_add_result first = round == 0 ? SHARD_TAKEN : SHARD_DUPLICATE;
        ck_assert_int_eq(add(shard, 1, 1000, 1, 5), first);
        ck_assert_int_eq(add(shard, 1, 3000, 3, 5), first);
        ck_assert_int_eq(add(shard, 1, 2000, 2, 5), first); /* late */
        ck_assert_int_eq(add(shard, 1, 500, 0.5, 5), first);
        ck_assert_int_eq(add(shard, 1, 2000, 2, 5), SHARD_DUPLICATE);
        ck_assert_int_eq(add(shard, 1, 2000, 2.5, 5), SHARD_CONFLICT);
        ck_assert_int_eq(add(shard, 1, 1000, -1, 5), SHARD_CONFLICT);
        ck_assert_int_eq(add(shard, 1, 3000, -3, 5), SHARD_CONFLICT);
        ck_assert_int_eq(add(shard, 1, 4000 + round, 4, 5), SHARD_TAKEN);
        ck_assert_uint_eq(read_slot(shard, 1, INT64_MIN, INT64_MAX, &list), 5 + round);
        for (size_t i = 0; i < 4; i++)
            ck_assert_int_eq(list.items[i].at_ms, in_order[i]);
        ck_assert_uint_eq(read_slot(shard, 1, 501, 2000, &list), 2);
        ck_assert_uint_eq(read_slot(shard, 2, INT64_MIN, INT64_MAX, &list), 0);
    }
    ck_assert(shard_has_within(shard, 1, 600, 1000));
    ck_assert(!shard_has_within(shard, 1, 0, 499));
    ck_assert(!shard_has_within(shard, 1, 5000, 9000));
    ck_assert(!shard_has(shard, 2));
    shard_free(shard);
}
END_TEST

START_TEST(dirty_says_which_segments_are_needed)
{
    struct shard *shard = make_shard();
    ck_assert_uint_eq(shard_oldest_dirty(shard), 0);
    shard_freeze(shard); /* there is nothing */
    ck_assert_ptr_null(shard->frozen_first);
    add(shard, 0, 1000, 1, 7);
    add(shard, 0, 2000, 1, 8);
    ck_assert_uint_eq(shard_oldest_dirty(shard), 7);
    shard_freeze(shard);
    ck_assert_uint_eq(shard_oldest_dirty(shard), 7);
    add(shard, 0, 3000, 1, 9);
    add(shard, 1, 3000, 1, 9);
    shard_freeze(shard);
    add(shard, 0, 4000, 1, 11);
    shard_thaw(shard, 1);
    ck_assert_uint_eq(shard_oldest_dirty(shard), 9);
    shard_thaw(shard, 1);
    ck_assert_uint_eq(shard_oldest_dirty(shard), 11);
    CLEANUP(sample_list_deinit) struct sample_list list = {0};
    ck_assert_uint_eq(read_slot(shard, 0, INT64_MIN, INT64_MAX, &list), 1);
    shard_free(shard);
}
END_TEST

START_TEST(a_full_run_makes_way)
{
    enum {
        COUNT = 3 * RUN_SAMPLES_MAX
    };
    CLEANUP(sample_list_deinit) struct sample_list list = {0};
    struct shard *shard = make_shard();
    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(add(shard, 2, i, i, 4), SHARD_TAKEN);
    ck_assert_ptr_nonnull(shard->frozen_first);
    ck_assert_uint_eq(shard->frozen_first->dirty, 4);
    ck_assert_uint_eq(read_slot(shard, 2, INT64_MIN, INT64_MAX, &list), COUNT);
    ck_assert_int_eq(add(shard, 2, 17, 17, 4), SHARD_DUPLICATE);
    ck_assert_int_eq(add(shard, 2, 17, 18, 4), SHARD_CONFLICT);
    shard_free(shard);
}
END_TEST

START_TEST(one_series_is_forgotten_without_its_neighbours)
{
    CLEANUP(sample_list_deinit) struct sample_list list = {0};
    struct shard *shard = make_shard();
    for (uint32_t slot = 0; slot < 4; slot++) {
        for (int i = 5; i > 0; i--) /* all but the first are late */
            add(shard, slot, i * 10, slot, 1);
    }
    shard_forget(shard, 1);
    shard_forget(shard, 1);
    for (uint32_t slot = 0; slot < 4; slot++)
        ck_assert_uint_eq(read_slot(shard, slot, INT64_MIN, INT64_MAX, &list),
                          slot == 1 ? 0 : 5);
    shard_free(shard);
}
END_TEST

START_TEST(shards_are_found_by_number)
{
    static struct shards shards;
    shards_init(&shards);
    ck_assert_uint_eq(shards_end(&shards), 0);
    ck_assert_ptr_null(shards_find(&shards, 0));
    ck_assert_ptr_null(shards_find(&shards, (1u << 24) - 1));
    struct shard *last = shards_make(&shards, (1u << 24) - 1);
    ck_assert_ptr_eq(shards_find(&shards, (1u << 24) - 1), last);
    ck_assert_ptr_eq(shards_make(&shards, (1u << 24) - 1), last);
    ck_assert_uint_eq(shards_make(&shards, 5)->number, 5);
    ck_assert_ptr_null(shards_find(&shards, 4));
    ck_assert_uint_eq(shards_end(&shards), 1u << 24);
    shards_deinit(&shards);
}
END_TEST

UNIT_MAIN("shard", late_doubled_and_contradicting, dirty_says_which_segments_are_needed,
          a_full_run_makes_way, one_series_is_forgotten_without_its_neighbours,
          shards_are_found_by_number)
