/* SPDX-License-Identifier: MIT */
#include "collect/fs_probe.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

/* A file system named "/hung..." answers only when it is let go. */
static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_moved = PTHREAD_COND_INITIALIZER;
static bool is_open;
static int n_asked, n_returned, n_elsewhere; /* elsewhere: not by the test's own thread */
static pthread_t own_thread;

static int fake_statvfs(const char *path, struct statvfs *out_status)
{
    pthread_mutex_lock(&gate_lock);
    n_asked++;
    n_elsewhere += !pthread_equal(pthread_self(), own_thread);
    while (strncmp(path, "/hung", 5) == 0 && !is_open)
        pthread_cond_wait(&gate_moved, &gate_lock);
    n_returned++;
    pthread_cond_broadcast(&gate_moved);
    pthread_mutex_unlock(&gate_lock);

    if (strcmp(path, "/missing") == 0) {
        errno = ENOENT;
        return -1;
    }
    out_status->f_blocks = strlen(path);
    return 0;
}

static void open_gate(int returned)
{
    pthread_mutex_lock(&gate_lock);
    is_open = true;
    pthread_cond_broadcast(&gate_moved);
    while (n_returned < returned)
        pthread_cond_wait(&gate_moved, &gate_lock);
    pthread_mutex_unlock(&gate_lock);
}

static int asked(void)
{
    pthread_mutex_lock(&gate_lock);
    int count = n_asked;
    pthread_mutex_unlock(&gate_lock);
    return count;
}

START_TEST(answers_come_back)
{
    struct fs_prober *prober = fs_prober_new(fake_statvfs);
    struct fs_probe *probes[] = {fs_probe_new("/"), fs_probe_new("/missing"),
                                 fs_probe_new("/home")};
    struct statvfs status;
    ck_assert_int_eq(fs_probe_result(prober, probes[0], &status), -ETIMEDOUT);

    for (int round = 0; round < 100; round++) {
        fs_prober_run(prober, probes, 3, 30000, 30000);
        ck_assert_int_eq(fs_probe_result(prober, probes[0], &status), 0);
        ck_assert_uint_eq(status.f_blocks, 1);
        ck_assert_int_eq(fs_probe_result(prober, probes[1], &status), -ENOENT);
        ck_assert_int_eq(fs_probe_result(prober, probes[2], &status), 0);
        ck_assert_uint_eq(status.f_blocks, 5);
    }
    fs_prober_run(prober, probes, 0, 1, 1);
    for (int i = 0; i < 3; i++)
        fs_probe_free(prober, probes[i]);
    fs_prober_free(prober);
}
END_TEST

START_TEST(a_hung_mount_holds_up_nobody_and_is_asked_once)
{
    struct fs_prober *prober = fs_prober_new(fake_statvfs);
    struct fs_probe *probes[] = {fs_probe_new("/a"), fs_probe_new("/hung"), fs_probe_new("/b")};
    struct statvfs status;
    for (int round = 0; round < 5; round++) {
        fs_prober_run(prober, probes, 3, 200, 30000);
        ck_assert_int_eq(fs_probe_result(prober, probes[0], &status), 0);
        ck_assert_int_eq(fs_probe_result(prober, probes[1], &status), -ETIMEDOUT);
        ck_assert_int_eq(fs_probe_result(prober, probes[2], &status), 0);
    }
    ck_assert_int_eq(asked(), 5 * 2 + 1);

    open_gate(5 * 2 + 1);
    /* The dismissed worker has its answer, but may not have delivered it yet. */
    while (fs_probe_result(prober, probes[1], &status) != 0)
        sched_yield();
    fs_prober_run(prober, probes, 3, 30000, 30000);
    ck_assert_int_eq(fs_probe_result(prober, probes[1], &status), 0);
    ck_assert_uint_eq(status.f_blocks, 5);
    for (int i = 0; i < 3; i++)
        fs_probe_free(prober, probes[i]);
    fs_prober_free(prober);
}
END_TEST

START_TEST(threads_do_not_pile_up)
{
    enum {
        COUNT = FS_PROBE_LOST_MAX + 6
    };
    struct fs_prober *prober = fs_prober_new(fake_statvfs);
    struct fs_probe *probes[COUNT];
    for (int i = 0; i < COUNT; i++) {
        char path[16];
        snprintf(path, sizeof(path), "/hung%d", i);
        probes[i] = fs_probe_new(path);
    }
    for (int round = 0; round < 3; round++)
        fs_prober_run(prober, probes, COUNT, 50, 30000);
    ck_assert_int_le(asked(), FS_PROBE_LOST_MAX);

    int n_hung = asked();
    for (int i = 0; i < COUNT; i++)
        fs_probe_free(prober, probes[i]);
    fs_prober_free(prober);
    open_gate(n_hung);
}
END_TEST

START_TEST(the_whole_is_limited)
{
    struct fs_prober *prober = fs_prober_new(fake_statvfs);
    struct fs_probe *probes[] = {fs_probe_new("/hung1"), fs_probe_new("/hung2"),
                                 fs_probe_new("/hung3")};
    struct statvfs status;
    mono_t before = clock_mono_ms();
    fs_prober_run(prober, probes, 3, 30000, 50);
    ck_assert_int_lt(clock_mono_ms() - before, 20000);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(fs_probe_result(prober, probes[i], &status), -ETIMEDOUT);

    int n_hung = asked();
    for (int i = 0; i < 3; i++)
        fs_probe_free(prober, probes[i]);
    fs_prober_free(prober);
    open_gate(n_hung);
}
END_TEST

START_TEST(what_answers_from_memory_is_asked_in_place)
{
    own_thread = pthread_self();
    struct fs_prober *prober = fs_prober_new(fake_statvfs);
    struct fs_probe *probes[] = {fs_probe_new("/"), fs_probe_new("/missing")};
    struct statvfs status;
    for (int i = 0; i < 2; i++)
        fs_probe_set_direct(prober, probes[i], true);
    fs_prober_run(prober, probes, 2, 30000, 30000);
    ck_assert_int_eq(fs_probe_result(prober, probes[0], &status), 0);
    ck_assert_uint_eq(status.f_blocks, 1);
    ck_assert_int_eq(fs_probe_result(prober, probes[1], &status), -ENOENT);
    ck_assert_int_eq(n_elsewhere, 0);

    fs_probe_set_direct(prober, probes[0], false);
    fs_prober_run(prober, probes, 2, 30000, 30000);
    ck_assert_int_eq(fs_probe_result(prober, probes[0], &status), 0);
    ck_assert_int_eq(n_elsewhere, 1);
    for (int i = 0; i < 2; i++)
        fs_probe_free(prober, probes[i]);
    fs_prober_free(prober);
}
END_TEST

START_TEST(a_hung_question_is_not_repeated_in_place)
{
    struct fs_prober *prober = fs_prober_new(fake_statvfs);
    struct fs_probe *probe = fs_probe_new("/hung");
    struct statvfs status;
    fs_prober_run(prober, &probe, 1, 50, 30000);
    fs_probe_set_direct(prober, probe, true);
    fs_prober_run(prober, &probe, 1, 50, 30000);
    ck_assert_int_eq(fs_probe_result(prober, probe, &status), -ETIMEDOUT);
    ck_assert_int_eq(asked(), 1);
    fs_probe_free(prober, probe);
    fs_prober_free(prober);
    open_gate(1);
}
END_TEST

UNIT_MAIN("fs_probe", answers_come_back, what_answers_from_memory_is_asked_in_place,
          a_hung_question_is_not_repeated_in_place,
          a_hung_mount_holds_up_nobody_and_is_asked_once, threads_do_not_pile_up,
          the_whole_is_limited)
