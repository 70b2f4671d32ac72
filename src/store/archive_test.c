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

UNIT_MAIN("archive", gives_back_what_was_flushed)
