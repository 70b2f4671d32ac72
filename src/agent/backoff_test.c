/* SPDX-License-Identifier: MIT */
#include "agent/backoff.h"

#include "unit.h"

START_TEST(doubles_up_to_its_maximum)
{
    struct backoff backoff;
    backoff_init(&backoff, 1000, 60000);
    static const mspan_t ceilings[] = {2000, 4000, 8000, 16000, 32000, 60000, 60000};
    for (size_t i = 0; i < sizeof(ceilings) / sizeof(ceilings[0]); i++) {
        mspan_t wait = backoff_fail(&backoff, 0.999999, 0);
        ck_assert_int_ge(wait, ceilings[i] - 1);
        ck_assert_int_le(wait, ceilings[i]);
    }
    for (int i = 0; i < 1000; i++)
        ck_assert_int_le(backoff_fail(&backoff, 0.999999, 0), 60000);
    backoff_reset(&backoff);
    ck_assert_int_le(backoff_fail(&backoff, 0.999999, 0), 2000);
}
END_TEST

START_TEST(jitter_covers_the_whole_span_but_never_hammers)
{
    struct backoff backoff;
    backoff_init(&backoff, 1000, 60000);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(backoff_fail(&backoff, 0, 0), 1000);
    ck_assert_int_eq(backoff_fail(&backoff, 0.5, 0), 30500);
}
END_TEST

START_TEST(honours_what_the_server_asks_for)
{
    struct backoff backoff;
    backoff_init(&backoff, 1000, 60000);
    ck_assert_int_eq(backoff_fail(&backoff, 0, 90000), 90000);
    ck_assert_int_eq(backoff_retry_after("7", 600000), 7000);
    ck_assert_int_eq(backoff_retry_after("0", 600000), 0);
    ck_assert_int_eq(backoff_retry_after("99999999999999", 600000), 600000);
    ck_assert_int_eq(backoff_retry_after("-5", 600000), 0);
    ck_assert_int_eq(backoff_retry_after("Fri, 20 Nov 2026 11:00:00 GMT", 600000), 0);
    ck_assert_int_eq(backoff_retry_after(NULL, 600000), 0);
}
END_TEST

UNIT_MAIN("backoff", doubles_up_to_its_maximum, jitter_covers_the_whole_span_but_never_hammers,
          honours_what_the_server_asks_for)
