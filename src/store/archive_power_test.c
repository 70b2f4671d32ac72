/* SPDX-License-Identifier: MIT */
/*
 * The power goes at every operation in turn, and a disk fills up at every operation in turn.
 * After each cut the archive opens without a word of damage; everything that was synced is
 * there, and of what was only committed a beginning: no flush before one that is missing.
 */
#include "power_vfs.h"
#include "store/archive_test.h"

#define N_FLUSHES 40
#define N_STEPS   5 /* samples of a flush */

static uint64_t power_cut_at;

/* How far the work got: flushes that were committed, and those that are safe. */
struct progress {
    int committed, synced;
    bool is_through;
};

static void open_on_power_vfs(void)
{
    unit_make_folder(archive_dir, sizeof(archive_dir));
    snprintf(archive_path, sizeof(archive_path), "%s/store.db", archive_dir);
    archive_test_options = (struct archive_options){.path = archive_path, .vfs = POWER_VFS};
}

/* Two shards, flushed in turn and in one transaction now and then synced, merged as they grow,
 * rolled up in the end.  Ends where something fails. */
static bool put_names(void)
{
    bool done = archive_begin(archive) == 0;
    if (!done)
        return false;
    for (uint32_t id = 250; done && id < 262; id++) {
        const struct archive_series series = {id, ORG_FIRST, SLICE("labels")};
        done = archive_put_series(archive, &series, 1) == 0;
    }
    if (!done) {
        archive_abandon(archive);
        return false;
    }
    return archive_commit(archive) == 0;
}

static bool upkeep_some(int64_t at)
{
    int error = 0;
    for (int i = 0; i < 3 && archive_upkeep(archive, T0 + at * STEP, 1000 + at * 100, &error);
         i++) {
    }
    return error == 0;
}

static void work(struct progress *progress)
{
    if (!put_names())
        return;
    for (int i = 0; i < N_FLUSHES; i++) {
        int64_t at = (i / 2) * N_STEPS;
        if (test_flush_result(i % 2 == 0 ? 250 : 256, 6, at, at + N_STEPS) != 0)
            return;
        progress->committed = i + 1;
        if (i % 5 == 4) {
            if (archive_sync(archive) != 0)
                return;
            progress->synced = i + 1;
        }
        if (!upkeep_some(at))
            return;
    }
    progress->is_through = archive_settle(archive, T0 + 3 * MSEC_DAY) == 0;
}

/* Flushes of the shard that are there; all of its series must agree, and have a beginning. */
static int count_flushes(uint32_t first)
{
    size_t n = 0;
    for (uint32_t series = first; series < first + 6; series++) {
        struct sample_list samples = {0};
        struct rollup_list rollups = {0};
        test_read(series, T0, INT64_MAX, 0, &samples, &rollups);
        for (size_t i = 0; i < samples.len; i++)
            ck_assert_int_eq(samples.items[i].at_ms, test_sample(series, (int64_t)i).at_ms);
        ck_assert(series == first || samples.len == n);
        n = samples.len;
        sample_list_deinit(&samples);
        free(rollups.items);
    }
    ck_assert_uint_eq(n % N_STEPS, 0);
    return (int)(n / N_STEPS);
}

static void check_after_cut(const struct progress *progress)
{
    struct problem problem = {0};
    int error = archive_open(&archive_test_options, &archive, &problem);
    ck_assert_msg(error == 0, "%s", problem.text);
    struct archive_loss loss;
    ck_assert_msg(archive_losses(archive, &loss, 1) == 0, "%s of shard %u", loss.what,
                  loss.shard);
    int even = count_flushes(250), odd = count_flushes(256);
    ck_assert_msg(even == odd || even == odd + 1, "%d and %d flushes", even, odd);
    ck_assert_msg(even + odd >= progress->synced,
                  "%d flushes are there, %d were synced (cut %d)", even + odd, progress->synced,
                  (int)power_cut_at);
    ck_assert_int_le(even + odd, progress->committed + 1); /* the last may have got there */

    /* And it works on. */
    ck_assert_int_eq(archive_settle(archive, T0 + 3 * MSEC_DAY), 0);
    ck_assert_int_eq(count_flushes(250), even);
    ck_assert_int_eq(count_flushes(256), odd);
    ck_assert_uint_eq(test_stats().losses, 0);
    archive_test_end();
}

static struct progress work_until_cut(uint64_t cut)
{
    power_cut_at = cut;
    struct progress progress = {0};
    struct problem problem = {0};
    power_begin(cut);
    if (archive_open(&archive_test_options, &archive, &problem) == 0) {
        work(&progress);
        archive_test_end();
    }
    return progress;
}

static void cut_everywhere(uint64_t seed)
{
    power_register();
    open_on_power_vfs();
    struct progress whole = work_until_cut(0);
    ck_assert(whole.is_through && whole.committed == N_FLUSHES);
    uint64_t n = power_operations();
    ck_assert_uint_gt(n, 200);
    for (uint64_t cut = 1; cut <= n; cut++) {
        struct progress progress = work_until_cut(cut);
        power_restore(cut * 31 + seed);
        check_after_cut(&progress);
    }
    power_begin(0);
}

/* In parts, because each has a time limit of its own. */
#define CUT_TEST(seed)                                                                         \
    START_TEST(a_power_cut_loses_nothing_that_was_synced_##seed)                               \
    {                                                                                          \
        cut_everywhere(seed);                                                                  \
    }                                                                                          \
    END_TEST

CUT_TEST(1)
CUT_TEST(2)
CUT_TEST(3)
CUT_TEST(4)
CUT_TEST(5)
CUT_TEST(6)

START_TEST(a_full_disk_changes_nothing_and_passes)
{
    power_register();
    open_on_power_vfs();
    work_until_cut(0);
    uint64_t n = power_operations();
    for (uint64_t full = 40; full <= n; full += 3) {
        struct progress progress = {0};
        struct problem problem = {0};
        power_begin(0);
        power_fill_disk(full, 10);
        if (archive_open(&archive_test_options, &archive, &problem) != 0)
            continue;
        work(&progress);
        power_fill_disk(UINT64_MAX - 10, 0); /* there is room again */
        ck_assert_int_eq(archive_probe(archive), 0);
        ck_assert_int_eq(count_flushes(250) + count_flushes(256), progress.committed);
        ck_assert_int_eq(archive_settle(archive, T0 + 3 * MSEC_DAY), 0);
        ck_assert_int_eq(count_flushes(250) + count_flushes(256), progress.committed);
        struct archive_loss loss;
        ck_assert_msg(archive_losses(archive, &loss, 1) == 0, "full at %d: %s of shard %u",
                      (int)full, loss.what, loss.shard);
        archive_test_end();
    }
    power_begin(0);
}
END_TEST

UNIT_MAIN("archive_power", a_power_cut_loses_nothing_that_was_synced_1,
          a_power_cut_loses_nothing_that_was_synced_2,
          a_power_cut_loses_nothing_that_was_synced_3,
          a_power_cut_loses_nothing_that_was_synced_4,
          a_power_cut_loses_nothing_that_was_synced_5,
          a_power_cut_loses_nothing_that_was_synced_6, a_full_disk_changes_nothing_and_passes)
