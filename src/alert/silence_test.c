/* SPDX-License-Identifier: MIT */
#include "alert/silence.h"

#include "base/macros.h"
#include "unit.h"

START_TEST(limits_follow_the_interval)
{
    static const struct {
        mspan_t interval, late, down;
    } cases[] = {
        {120000, 240000, 420000}, /* seven minutes for two-minute hosts */
        {10000, 20000, 35000},
        {1000, 3000, 5000},
        {1, 3000, 5000},
        {0, 120000, 210000},
        {INT64_MAX, 2 * MSEC_DAY, 7 * MSEC_DAY / 2},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct silence silence = silence_of(cases[i].interval, NULL);
        ck_assert_int_eq(silence.late_after, cases[i].late);
        ck_assert_int_eq(silence.down_after, cases[i].down);
    }
}
END_TEST

START_TEST(the_rule_says_another_limit)
{
    struct rule rule = {.limit = 10};
    ck_assert_int_eq(silence_of(10000, &rule).down_after, 100000);
    ck_assert_int_eq(silence_of(10000, &rule).late_after, 20000);
    rule.for_ms = 600000;
    ck_assert_int_eq(silence_of(10000, &rule).down_after, 600000);
    rule.for_ms = 15000;
    ck_assert_int_eq(silence_of(10000, &rule).down_after, 15000);
    ck_assert_int_eq(silence_of(10000, &rule).late_after, 15000);
    rule = (struct rule){.limit = 1e300};
    ck_assert_int_eq(silence_of(MSEC_DAY, &rule).down_after, 10000 * MSEC_DAY);
    rule.limit = -1;
    ck_assert_int_eq(silence_of(10000, &rule).down_after, 35000);
}
END_TEST

START_TEST(states_change_after_the_limits)
{
    struct silence silence = silence_of(120000, NULL);
    ck_assert_int_eq(silence_state(&silence, 1000, 1000), HOST_UP);
    ck_assert_int_eq(silence_state(&silence, 1000, 241000), HOST_UP);
    ck_assert_int_eq(silence_state(&silence, 1000, 241001), HOST_LATE);
    ck_assert_int_eq(silence_state(&silence, 1000, 1000 + 419000), HOST_LATE);
    ck_assert_int_eq(silence_state(&silence, 1000, 1000 + 421000), HOST_DOWN);
    ck_assert_int_eq(silence_state(&silence, 500000, 1000), HOST_UP); /* grace */
}
END_TEST

START_TEST(learns_the_median_gap)
{
    struct silence_learner learner = {0};
    msec_t at = 1700000000000;
    ck_assert_int_eq(silence_learned(&learner), 0);
    for (int i = 0; i < 4; i++)
        silence_learn(&learner, at += 14990);
    ck_assert_int_eq(silence_learned(&learner), 15000);

    silence_learn(&learner, at += 600000);  /* a pause */
    silence_learn(&learner, at += 3);       /* the rest of the same report */
    silence_learn(&learner, at -= 3600000); /* a clock that was set back */
    for (int i = 0; i < 3; i++)
        silence_learn(&learner, at += 15010);
    ck_assert_int_eq(silence_learned(&learner), 15000);

    for (int i = 0; i < 1000; i++)
        silence_learn(&learner, at += 1000);
    ck_assert_int_eq(silence_learned(&learner), 1000);
    ck_assert_uint_lt(learner.n_gaps, 2 * SILENCE_GAPS);
}
END_TEST

UNIT_MAIN("silence", limits_follow_the_interval, the_rule_says_another_limit,
          states_change_after_the_limits, learns_the_median_gap)
