/* SPDX-License-Identifier: MIT */
#include "account/throttle.h"

#include <errno.h>
#include <stdio.h>

#include "unit.h"

static struct throttle throttle;
static const msec_t start = 1000000000;

START_TEST(the_sixth_try_within_a_minute_waits)
{
    throttle_init(&throttle);
    int retry = 0;
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(throttle_take(&throttle, "192.0.2.7", start + i * 1000, &retry), 0);
    ck_assert_int_eq(throttle_take(&throttle, "192.0.2.7", start + 10000, &retry), -EAGAIN);
    ck_assert_int_eq(retry, 50);
    ck_assert_int_eq(throttle_take(&throttle, "192.0.2.7", start + 59999, &retry), -EAGAIN);
    ck_assert_int_eq(retry, 1);

    /* Waiting does not count; the first try leaves the window after a minute. */
    ck_assert_int_eq(throttle_take(&throttle, "192.0.2.7", start + 60000, &retry), 0);
    ck_assert_int_eq(throttle_take(&throttle, "192.0.2.7", start + 60500, &retry), -EAGAIN);
    ck_assert_int_eq(throttle_take(&throttle, "192.0.2.8", start + 10000, &retry), 0);
    throttle_deinit(&throttle);
}
END_TEST

START_TEST(success_does_not_count)
{
    throttle_init(&throttle);
    int retry;
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(throttle_take(&throttle, "192.0.2.7", start + i, &retry), 0);
        throttle_give_back(&throttle, "192.0.2.7", start + i);
    }
    throttle_give_back(&throttle, "203.0.113.1", start);
    throttle_deinit(&throttle);
}
END_TEST

START_TEST(ipv6_counts_by_its_network)
{
    throttle_init(&throttle);
    int retry;
    for (int i = 0; i < 5; i++) {
        char peer[64];
        snprintf(peer, sizeof(peer), "2001:db8:1:2::%d", i + 1);
        ck_assert_int_eq(throttle_take(&throttle, peer, start, &retry), 0);
    }
    ck_assert_int_eq(throttle_take(&throttle, "2001:db8:1:2:ffff::9", start, &retry), -EAGAIN);
    ck_assert_int_eq(throttle_take(&throttle, "2001:db8:1:3::1", start, &retry), 0);

    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(throttle_take(&throttle, "::ffff:192.0.2.7", start, &retry), 0);
    ck_assert_int_eq(throttle_take(&throttle, "192.0.2.7", start, &retry), -EAGAIN);
    throttle_deinit(&throttle);
}
END_TEST

START_TEST(a_clock_set_back_locks_nobody_out)
{
    throttle_init(&throttle);
    int retry;
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(throttle_take(&throttle, "192.0.2.7", start, &retry), 0);
    ck_assert_int_eq(throttle_take(&throttle, "192.0.2.7", start - MSEC_HOUR, &retry), 0);
    throttle_deinit(&throttle);
}
END_TEST

START_TEST(many_peers_do_not_grow_it)
{
    throttle_init(&throttle);
    int retry;
    for (int i = 0; i < 100000; i++) {
        char peer[64];
        snprintf(peer, sizeof(peer), "no address %d", i);
        ck_assert_int_eq(throttle_take(&throttle, peer, start + i, &retry), 0);
    }
    ck_assert_int_eq(throttle_take(&throttle, "", start, &retry), 0);
    throttle_deinit(&throttle);
}
END_TEST

UNIT_MAIN("throttle", the_sixth_try_within_a_minute_waits, success_does_not_count,
          ipv6_counts_by_its_network, a_clock_set_back_locks_nobody_out,
          many_peers_do_not_grow_it)
