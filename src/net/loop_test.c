/* SPDX-License-Identifier: MIT */
#include "net/loop.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "unit.h"

static struct loop *loop;
static int order[64];
static int n_calls;

static void note(void *arg)
{
    ck_assert(loop_is_current(loop));
    order[n_calls++] = *(const int *)arg;
}

static void stop(void *arg)
{
    loop_stop(arg);
}

START_TEST(runs_posts_in_order)
{
    static int numbers[] = {0, 1, 2, 3, 4};
    ck_assert_int_eq(loop_new(&loop), 0);
    ck_assert(!loop_is_current(loop));
    for (int i = 0; i < 5; i++)
        loop_post(loop, note, &numbers[i]);
    loop_post(loop, stop, loop);
    loop_run(loop);
    ck_assert_int_eq(n_calls, 5);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(order[i], i);
    loop_free(loop);
    loop_free(NULL);
}
END_TEST

START_TEST(a_stop_before_the_run_is_not_lost)
{
    static int number = 7;
    ck_assert_int_eq(loop_new(&loop), 0);
    loop_post(loop, note, &number);
    loop_stop(loop);
    loop_run(loop);
    ck_assert_int_eq(n_calls, 1); /* what was posted is run all the same */
    loop_post(loop, note, &number);
    loop_post(loop, stop, loop);
    loop_run(loop); /* and it runs again */
    ck_assert_int_eq(n_calls, 2);
    loop_post(loop, note, &number); /* dropped */
    loop_free(loop);
    ck_assert_int_eq(n_calls, 2);
}
END_TEST

#define POSTS_PER_THREAD 5000

static atomic_int n_posted;
static int n_seen;

static void count(void *arg)
{
    (void)arg;
    if (++n_seen == 3 * POSTS_PER_THREAD)
        loop_stop(loop);
}

static void *post_many(void *arg)
{
    for (int i = 0; i < POSTS_PER_THREAD; i++) {
        loop_post(loop, count, arg);
        atomic_fetch_add(&n_posted, 1);
    }
    return NULL;
}

START_TEST(takes_posts_from_many_threads)
{
    pthread_t threads[3];
    ck_assert_int_eq(loop_new(&loop), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, post_many, NULL), 0);
    loop_run(loop);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(n_seen, 3 * POSTS_PER_THREAD);
    loop_free(loop);
}
END_TEST

struct beat {
    struct loop_timer *timer;
    int count;
    mono_t began, last;
};

static void on_beat(void *arg)
{
    struct beat *beat = arg;
    beat->last = clock_mono_ms();
    if (++beat->count == 4) {
        loop_timer_stop(beat->timer); /* from within */
        loop_stop(loop);
    }
}

START_TEST(beats_in_phase)
{
    struct beat beat = {.began = clock_mono_ms()};
    ck_assert_int_eq(loop_new(&loop), 0);
    beat.timer = loop_timer_start(loop, 10, on_beat, &beat);
    loop_run(loop);
    ck_assert_int_eq(beat.count, 4);
    ck_assert_int_ge(beat.last, beat.began + 39); /* never early */
    loop_free(loop);
}
END_TEST

START_TEST(fires_once)
{
    struct beat beat = {0};
    ck_assert_int_eq(loop_new(&loop), 0);
    beat.timer = loop_timer_once(loop, 1, on_beat, &beat);
    struct loop_timer *end = loop_timer_once(loop, 20, stop, loop);
    struct loop_timer *never = loop_timer_once(loop, MSEC_DAY, stop, loop);
    loop_run(loop);
    ck_assert_int_eq(beat.count, 1);
    loop_timer_stop(beat.timer);
    loop_timer_stop(end);
    loop_timer_stop(never);
    loop_timer_stop(NULL);
    loop_free(loop);
}
END_TEST

static void raise_it(void *arg)
{
    (void)arg;
    kill(getpid(), SIGUSR1);
}

START_TEST(hears_signals)
{
    ck_assert_int_eq(loop_new(&loop), 0);
    ck_assert_int_eq(loop_on_signal(loop, SIGUSR1, stop, loop), 0);
    loop_post(loop, raise_it, NULL);
    loop_run(loop);
    loop_free(loop);
}
END_TEST

START_TEST(survives_a_broken_pipe)
{
    int pipes[2];
    ck_assert_int_eq(loop_new(&loop), 0);
    ck_assert_int_eq(pipe(pipes), 0);
    close(pipes[0]);
    ck_assert_int_eq(write(pipes[1], "x", 1), -1);
    close(pipes[1]);
    ck_assert_ptr_nonnull(loop_events(loop));
    ck_assert_ptr_nonnull(loop_dns(loop));
    loop_dns_reload(loop);
    loop_free(loop);
}
END_TEST

UNIT_MAIN("loop", runs_posts_in_order, a_stop_before_the_run_is_not_lost,
          takes_posts_from_many_threads, beats_in_phase, fires_once, hears_signals,
          survives_a_broken_pipe)
