/* SPDX-License-Identifier: MIT */
#include "base/mailbox.h"

#include <errno.h>

#include "unit.h"

START_TEST(keeps_order_and_bound)
{
    struct mailbox box;
    int items[3];
    mailbox_init(&box, 2);
    ck_assert_int_eq(mailbox_push(&box, &items[0]), 0);
    ck_assert_int_eq(mailbox_push(&box, &items[1]), 0);
    ck_assert_int_eq(mailbox_push(&box, &items[2]), -EAGAIN);
    ck_assert_ptr_eq(mailbox_pop(&box, 0), &items[0]);
    ck_assert_ptr_eq(mailbox_pop(&box, 0), &items[1]);
    mono_t before = clock_mono_ms();
    ck_assert_ptr_null(mailbox_pop(&box, before + 30));
    ck_assert_int_ge(clock_mono_ms(), before + 30);
    mailbox_close(&box);
    ck_assert_int_eq(mailbox_push(&box, &items[0]), -EPIPE);
    ck_assert_ptr_null(mailbox_pop(&box, before + MSEC_DAY));
    mailbox_deinit(&box);
}
END_TEST

static void *push_many(void *arg)
{
    static int item;
    for (int i = 0; i < 10000; i++) {
        while (mailbox_push(arg, &item) == -EAGAIN)
            sched_yield();
    }
    return NULL;
}

START_TEST(loses_nothing_between_threads)
{
    struct mailbox box;
    mailbox_init(&box, 64);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, push_many, &box), 0);
    for (int got = 0; got < 30000; got++)
        ck_assert_ptr_nonnull(mailbox_pop(&box, clock_mono_ms() + 20000));
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    ck_assert_ptr_null(mailbox_pop(&box, 0));
    mailbox_deinit(&box);
}
END_TEST

UNIT_MAIN("mailbox", keeps_order_and_bound, loses_nothing_between_threads)
