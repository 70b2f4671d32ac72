/* SPDX-License-Identifier: MIT */
#include "notify/pace.h"

#include "unit.h"

START_TEST(a_burst_and_then_one_at_a_time)
{
    struct pace pace = {0};
    mono_t now = 1000;
    for (int left = PACE_BURST; left > 0; left--) {
        ck_assert_int_eq(pace_tokens(&pace, 7, now), left);
        ck_assert_int_eq(pace_wait(&pace, 7, now), 0);
        pace_take(&pace, 7, now);
    }
    ck_assert_int_eq(pace_tokens(&pace, 7, now), 0);
    ck_assert_int_eq(pace_wait(&pace, 7, now), PACE_REFILL_MS);
    ck_assert_int_eq(pace_wait(&pace, 7, now + PACE_REFILL_MS - 1), 1);
    now += PACE_REFILL_MS;
    ck_assert_int_eq(pace_tokens(&pace, 7, now), 1);
    pace_take(&pace, 7, now);
    ck_assert_int_eq(pace_tokens(&pace, 7, now), 0);
    pace_deinit(&pace);
}
END_TEST

START_TEST(channels_do_not_share_and_full_ones_are_forgotten)
{
    struct pace pace = {0};
    for (int64_t channel = 1; channel <= 100; channel++)
        pace_take(&pace, channel, 5);
    ck_assert_uint_eq(pace.len, 100);
    ck_assert_int_eq(pace_tokens(&pace, 1, 5), PACE_BURST - 1);
    ck_assert_int_eq(pace_tokens(&pace, 101, 5), PACE_BURST);
    ck_assert_int_eq(pace_tokens(&pace, 1, 5 + PACE_REFILL_MS), PACE_BURST);
    ck_assert_uint_eq(pace.len, 0);
    pace_deinit(&pace);
}
END_TEST

UNIT_MAIN("pace", a_burst_and_then_one_at_a_time,
          channels_do_not_share_and_full_ones_are_forgotten)
