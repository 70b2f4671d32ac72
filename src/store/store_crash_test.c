/* SPDX-License-Identifier: MIT */
/*
 * kill -9 at any moment: a child appends and reports each acknowledged batch through a pipe; the
 * parent kills it, opens the file and looks for everything that was reported.
 */
#include <signal.h>
#include <sys/wait.h>

#include "store/store_test.h"

enum {
    ROUNDS = 20,
    PER_BATCH = 40,
    SERIES = 3,
    SAMPLES_MAX = 200000,
    CHILD_BATCHES = 200
};

static struct sample got[SAMPLES_MAX];
static int report_fd;
static uint64_t random_state = 42;

static uint64_t next_random(void)
{
    random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
    return random_state >> 33;
}

static msec_t time_of(uint64_t number)
{
    return NOW_MS - 6 * MSEC_DAY + (msec_t)number * 100;
}

static void append_batch(uint64_t number)
{
    struct buf encoded[SERIES];
    struct batch_series series[SERIES];
    struct sample samples[PER_BATCH];
    for (size_t i = 0; i < PER_BATCH; i++)
        samples[i] = (struct sample){time_of(number * PER_BATCH + i), (double)number};
    for (size_t i = 0; i < SERIES; i++) {
        char instance[8];
        snprintf(instance, sizeof(instance), "s%zu", i);
        buf_init(&encoded[i], 1000);
        test_encode(&encoded[i], "up", instance);
        series[i] = (struct batch_series){.encoded = (const uint8_t *)encoded[i].data,
                                          .encoded_len = (uint32_t)encoded[i].len,
                                          .samples = samples,
                                          .n_samples = PER_BATCH};
    }
    struct batch batch = {ORG_FIRST, series, SERIES, (size_t)SERIES * PER_BATCH};
    struct store_refusals refusals;
    if (store_append(store, &batch, &refusals) == 0 &&
        write(report_fd, &number, sizeof(number)) != sizeof(number))
        _exit(1);
    for (size_t i = 0; i < SERIES; i++)
        buf_deinit(&encoded[i]);
}

static void child_main(uint64_t first)
{
    test_open();
    for (uint64_t number = first; number < first + CHILD_BATCHES; number++) {
        append_batch(number);
        if (number % 50 == 0)
            upkeep_settle(store);
    }
    for (;;)
        pause();
}

/* Lets the child acknowledge so many batches, kills it, and takes the rest of the reports. */
static uint64_t run_child(uint64_t first, uint64_t batches, bool *acknowledged)
{
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        close(fds[0]);
        report_fd = fds[1];
        child_main(first);
    }
    close(fds[1]);
    uint64_t number, next = first;
    for (uint64_t seen = 0; read(fds[0], &number, sizeof(number)) == sizeof(number); seen++) {
        acknowledged[number] = true;
        next = MAX_OF(next, number + 1);
        if (seen == batches)
            kill(child, SIGKILL);
    }
    close(fds[0]);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return next;
}

/* Every sample of every acknowledged batch is there with its value. */
static void check_all(const bool *acknowledged, uint64_t end)
{
    for (size_t i = 0; i < SERIES; i++) {
        char instance[8];
        snprintf(instance, sizeof(instance), "s%zu", i);
        size_t count = test_select(instance, 0, NOW_MS, got, SAMPLES_MAX);
        size_t at = 0, missing = 0;
        for (uint64_t n = 0; n < end * PER_BATCH; n++) {
            while (at < count && got[at].at_ms < time_of(n))
                at++;
            /* An assertion per sample would cost more than the store. */
            missing += acknowledged[n / PER_BATCH] &&
                       (at >= count || got[at].at_ms != time_of(n) ||
                        test_bits(got[at].value) != test_bits((double)(n / PER_BATCH)));
        }
        ck_assert_uint_eq(missing, 0);
    }
}

START_TEST(what_was_acknowledged_survives_kill_9)
{
    static bool acknowledged[SAMPLES_MAX / PER_BATCH];
    test_begin();
    uint64_t next = 0;
    for (int round = 0; round < ROUNDS; round++) {
        next = run_child(next, next_random() % 120, acknowledged);
        test_open();
        check_all(acknowledged, next);
        store_close(store);
        next += 10; /* leaves out what was sent without an answer, at times */
    }
    ck_assert_uint_gt(next, ROUNDS * 20);
    test_remove_files();
}
END_TEST

UNIT_MAIN("store_crash", what_was_acknowledged_survives_kill_9)
