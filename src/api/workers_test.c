/* SPDX-License-Identifier: MIT */
#include "api/workers.h"

#include <errno.h>
#include <pthread.h>

#include "unit.h"

static int done; /* atomic */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void count(void *arg)
{
    (void)arg;
    __atomic_fetch_add(&done, 1, __ATOMIC_RELAXED);
}

static void wait_at_gate(void *arg)
{
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    count(arg);
}

START_TEST(everything_queued_is_run)
{
    done = 0;
    struct workers *workers = workers_new(3, 1000);
    for (int i = 0; i < 500; i++)
        ck_assert_int_eq(workers_run(workers, count, NULL), 0);
    workers_free(workers);
    ck_assert_int_eq(done, 500);
}
END_TEST

START_TEST(a_full_queue_refuses)
{
    done = 0;
    struct workers *workers = workers_new(1, 4);
    pthread_mutex_lock(&gate);
    int taken = 0;
    while (workers_run(workers, wait_at_gate, NULL) == 0)
        taken++;
    ck_assert_int_ge(taken, 4);
    ck_assert_int_le(taken, 5); /* one may run, four wait */
    ck_assert_int_eq(workers_run(workers, count, NULL), -EAGAIN);
    pthread_mutex_unlock(&gate);
    workers_free(workers);
    ck_assert_int_eq(done, taken);
}
END_TEST

UNIT_MAIN("workers", everything_queued_is_run, a_full_queue_refuses)
