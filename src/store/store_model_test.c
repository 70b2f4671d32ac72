/* SPDX-License-Identifier: MIT */
/*
 * Random batches (in order, late, doubled, contradicting), upkeep and restarts, against a model
 * that is an array per series.
 */
#include "store/store_test.h"

enum {
    SERIES = 5,
    SLOTS = 20000,
    BATCH_MAX = 200
};
#define STEP_MS  ((mspan_t)3000)
#define START_MS (NOW_MS - SLOTS * STEP_MS)

struct slot {
    bool present;
    uint64_t bits;
};

static struct slot model[SERIES][SLOTS];
static struct sample got[SLOTS];
static uint64_t random_state;
static bool had_conflicts;   /* memory may hold a value that the archive will overrule */
static int frontier[SERIES]; /* next slot in order */

static uint64_t next_random(void)
{
    random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
    return (random_state ^ random_state >> 29) >> 3;
}

static const char *instance_of(size_t series)
{
    static const char *const names[SERIES] = {"a", "b", "c", "d", "e"};
    return names[series];
}

static double random_value(void)
{
    uint64_t bits =
        next_random() % 3 == 0 ? next_random() << 3 : test_bits((double)(next_random() % 50));
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* A sample that is next in order, or late, or a double of one there is. */
static struct sample random_sample(size_t series)
{
    int at = frontier[series];
    if (next_random() % 5 == 0 && at > 0)
        at = (int)(next_random() % (uint64_t)at);
    else
        at += (int)(next_random() % 3);
    at = MIN_OF(at, SLOTS - 1);
    frontier[series] = MAX_OF(frontier[series], MIN_OF(at + 1, SLOTS - 1));
    struct sample sample = {START_MS + at * STEP_MS, random_value()};
    const struct slot *slot = &model[series][at];
    if (slot->present && next_random() % 2 == 0)
        memcpy(&sample.value, &slot->bits, sizeof(slot->bits));
    return sample;
}

static void append_random(void)
{
    struct sample samples[BATCH_MAX];
    size_t series = next_random() % SERIES, count = 1 + next_random() % BATCH_MAX;
    size_t conflicts = 0;
    for (size_t i = 0; i < count; i++) {
        samples[i] = random_sample(series);
        struct slot *slot = &model[series][(samples[i].at_ms - START_MS) / STEP_MS];
        uint64_t bits = test_bits(samples[i].value);
        conflicts += slot->present && slot->bits != bits;
        if (!slot->present)
            *slot = (struct slot){true, bits};
    }
    struct store_refusals refusals;
    ck_assert_int_eq(test_append(instance_of(series), samples, count, &refusals), 0);
    /* What memory has is compared at once; with the archive when it is read. */
    ck_assert_uint_le(refusals.duplicate_other_value, count);
    ck_assert(conflicts > 0 || had_conflicts || refusals.duplicate_other_value == 0);
    had_conflicts = had_conflicts || conflicts > 0;
    ck_assert_uint_eq(refusals.too_old + refusals.too_new + refusals.bad_labels, 0);
}

static void check_range(size_t series, int first, int last)
{
    size_t count = test_select(instance_of(series), START_MS + first * STEP_MS,
                               START_MS + last * STEP_MS, got, SLOTS);
    size_t at = 0, wrong = 0;
    for (int i = first; i <= last; i++) {
        const struct slot *slot = &model[series][i];
        if (!slot->present)
            continue;
        /* An assertion per sample would cost more than the store. */
        wrong += at >= count || got[at].at_ms != START_MS + i * STEP_MS ||
                 test_bits(got[at].value) != slot->bits;
        at++;
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(at, count);
}

static void check_some(void)
{
    size_t series = next_random() % SERIES;
    int first = (int)(next_random() % SLOTS);
    int last = first + (int)(next_random() % 3000);
    last = MIN_OF(last, SLOTS - 1);
    check_range(series, first, last);
}

static void run(uint64_t seed)
{
    random_state = seed;
    memset(model, 0, sizeof(model));
    memset(frontier, 0, sizeof(frontier));
    had_conflicts = false;
    test_begin();
    test_open();
    for (int step = 0; step < 250; step++) {
        append_random();
        if (next_random() % 4 == 0)
            check_some();
        if (next_random() % 15 == 0)
            ck_assert_int_eq(upkeep_settle(store), 0);
        if (next_random() % 20 == 0)
            test_reopen();
    }
    for (int round = 0; round < 2; round++) {
        for (size_t series = 0; series < SERIES; series++)
            check_range(series, 0, SLOTS - 1);
        ck_assert_int_eq(upkeep_settle(store), 0);
        test_reopen();
    }
    struct store_stats stats;
    store_stats(store, &stats);
    ck_assert_uint_eq(stats.archive.losses + stats.log_losses, 0);
    test_end();
}

START_TEST(the_store_equals_the_model)
{
    for (uint64_t seed = 1; seed <= 4; seed++)
        run(seed);
}
END_TEST

UNIT_MAIN("store_model", the_store_equals_the_model)
