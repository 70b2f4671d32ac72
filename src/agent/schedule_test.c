/* SPDX-License-Identifier: MIT */
#include "agent/schedule.h"

#include "unit.h"

START_TEST(keeps_its_phase_whatever_the_work_takes)
{
    struct schedule schedule;
    schedule_init(&schedule, 1000, 100);
    ck_assert_int_eq(schedule_wait(&schedule, 990), 10);
    mono_t now = 1000;
    for (int i = 0; i < 1000; i++) {
        ck_assert_int_eq(schedule_wait(&schedule, now), 0);
        schedule_advance(&schedule, now);
        ck_assert_int_eq(schedule.due, 1000 + (i + 1) * 100);
        now = schedule.due + i % 37; /* timers are late by a bit, never adding up */
    }
    ck_assert_uint_eq(schedule.skipped, 0);
}
END_TEST

START_TEST(counts_what_it_could_not_run)
{
    struct schedule schedule;
    schedule_init(&schedule, 0, 10);
    schedule_advance(&schedule, 9);
    ck_assert_int_eq(schedule.due, 10);
    ck_assert_uint_eq(schedule.skipped, 0);
    schedule_advance(&schedule, 45); /* stands for 10; 20, 30 and 40 are gone */
    ck_assert_int_eq(schedule.due, 50);
    ck_assert_uint_eq(schedule.skipped, 3);
    schedule_advance(&schedule, 60); /* exactly on the next one */
    ck_assert_int_eq(schedule.due, 70);
    ck_assert_uint_eq(schedule.skipped, 4);
}
END_TEST

START_TEST(an_early_timer_runs_its_own_tick)
{
    struct schedule schedule;
    schedule_init(&schedule, 1000, 100);
    schedule_advance(&schedule, 999);
    ck_assert_int_eq(schedule.due, 1100);
    ck_assert_int_eq(schedule_wait(&schedule, 999), 101);
}
END_TEST

START_TEST(survives_a_pause_of_years)
{
    struct schedule schedule;
    schedule_init(&schedule, 0, 1);
    schedule_advance(&schedule, 100 * 365 * MSEC_DAY);
    ck_assert_int_eq(schedule.due, 100 * 365 * MSEC_DAY + 1);
    ck_assert_uint_eq(schedule.skipped, (uint64_t)(100 * 365 * MSEC_DAY));
}
END_TEST

UNIT_MAIN("schedule", keeps_its_phase_whatever_the_work_takes, counts_what_it_could_not_run,
          an_early_timer_runs_its_own_tick, survives_a_pause_of_years)
