/* SPDX-License-Identifier: MIT */
#include "store/archive_test.h"

START_TEST(gives_back_what_was_flushed)
{
    archive_test_begin();
    test_put_series(1, 600);
    for (uint32_t shard = 0; shard < 3; shard++) {
        uint32_t first = shard == 0 ? 1 : shard * SHARD_SERIES;
        uint32_t n = shard == 2 ? 600 - 2 * SHARD_SERIES : (shard + 1) * SHARD_SERIES - first;
        test_flush(first, n, 0, 100);
        test_flush(first, n, 100, 150);
    }
    for (int round = 0; round < 2; round++) {
        for (uint32_t series = 1; series < 600; series += 7)
            test_expect(series, 0, 150);
        archive_test_reopen();
        ck_assert_uint_eq(archive_next_series(archive), 601);
    }
    ck_assert_uint_eq(test_stats().tiers[TIER_RAW].packs, 6);
    ck_assert_uint_eq(test_stats().losses, 0);
    archive_test_end();
}
END_TEST

START_TEST(merging_loses_nothing_and_leaves_one_pack_a_day)
{
    archive_test_begin();
    test_put_series(1, 300);
    int64_t steps = 8640 + 100; /* a day and a little */
    for (int64_t at = 0; at < steps; at += 115) {
        test_flush(1, 255, at, MIN_OF(at + 115, steps));
        test_flush(256, 45, at, MIN_OF(at + 115, steps));
        int error;
        while (archive_upkeep(archive, T0 + at * STEP, 1000 + at * STEP, &error))
            ck_assert_int_eq(error, 0);
        ck_assert_uint_lt(test_stats().tiers[TIER_RAW].packs, 2 * 50);
    }
    for (uint32_t series = 1; series <= 300; series += 13)
        test_expect(series, 0, steps);
    ck_assert_int_eq(archive_settle(archive, T0 + MSEC_DAY + MSEC_HOUR), 0);
    struct archive_stats stats = test_stats();
    ck_assert_uint_eq(stats.tiers[TIER_RAW].packs, 4); /* two days of two shards */
    ck_assert_uint_eq(stats.tiers[TIER_RAW].samples, 300 * (uint64_t)steps);
    ck_assert_uint_eq(stats.free_bytes + stats.wal_bytes, 0);
    for (uint32_t series = 1; series <= 300; series += 13)
        test_expect(series, 0, steps);
    archive_test_reopen();
    for (uint32_t series = 1; series <= 300; series += 13)
        test_expect(series, 0, steps);
    archive_test_end();
}
END_TEST

UNIT_MAIN("archive", gives_back_what_was_flushed,
          merging_loses_nothing_and_leaves_one_pack_a_day)
