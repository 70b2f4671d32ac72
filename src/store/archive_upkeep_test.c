/* SPDX-License-Identifier: MIT */
/*
 * What goes on in the background: rolling up, late samples, retention, limits, deleting.
 */
#include "store/archive_test.h"
#include "store/rollup.h"

#define DAY_STEPS 8640
#define SPAN_5M   ((uint32_t)(5 * MSEC_MINUTE))
#define SPAN_1H   ((uint32_t)MSEC_HOUR)

static void settle_after(int days)
{
    ck_assert_int_eq(archive_settle(archive, T0 + days * MSEC_DAY + 1), 0);
}

/* Rollups of samples `from` to `to` - 1. */
static void make_rollups(uint32_t series, int64_t from, int64_t to, uint32_t span_ms,
                         struct rollup_list *out)
{
    struct sample_list samples = {0};
    for (int64_t i = from; i < to; i++)
        sample_list_push(&samples, test_sample(series, i));
    rollup_build(samples.items, samples.len, span_ms, out);
    sample_list_deinit(&samples);
}

static void expect_equal(const struct rollup_list *got, const struct rollup_list *want)
{
    ck_assert_uint_eq(got->len, want->len);
    for (size_t i = 0; i < want->len; i++) {
        const struct rollup *a = &got->items[i], *b = &want->items[i];
        ck_assert_int_eq(a->end_ms, b->end_ms);
        ck_assert_uint_eq(a->span_ms, b->span_ms);
        ck_assert_uint_eq(a->count, b->count);
        ck_assert_int_eq(a->first_ms, b->first_ms);
        ck_assert_int_eq(a->last_ms, b->last_ms);
        ck_assert(a->first == b->first && a->last == b->last);
        ck_assert(a->min == b->min && a->max == b->max);
        ck_assert_double_eq_tol(a->resets, b->resets, 1e-6 * (1 + a->max * a->count));
        ck_assert_double_eq_tol(a->sum, b->sum, 1e-6 * (1 + a->max * a->count));
    }
}

/* Rollups of the span for samples `from` to `middle` - 1, then samples to `to` - 1. */
static void expect_mixed(uint32_t series, mspan_t step_ms, uint32_t span_ms, int64_t middle,
                         int64_t to)
{
    struct sample_list samples = {0};
    struct rollup_list rollups = {0}, want = {0};
    test_read(series, T0, INT64_MAX, step_ms, &samples, &rollups);
    make_rollups(series, 0, middle, span_ms, &want);
    expect_equal(&rollups, &want);
    ck_assert_uint_eq(samples.len, (size_t)(to - middle));
    for (size_t i = 0; i < samples.len; i++)
        ck_assert_int_eq(samples.items[i].at_ms,
                         test_sample(series, middle + (int64_t)i).at_ms);
    sample_list_deinit(&samples);
    rollup_list_deinit(&rollups);
    rollup_list_deinit(&want);
}

static void flush_days(int days)
{
    test_put_series(1, 24);
    for (int64_t at = 0; at < days * DAY_STEPS; at += DAY_STEPS / 3)
        test_flush(1, 24, at, at + DAY_STEPS / 3);
}

START_TEST(coarse_questions_are_answered_from_rollups)
{
    archive_test_begin();
    flush_days(3);
    settle_after(4); /* two days are a day old */
    for (uint32_t series = 1; series <= 24; series++) {
        test_expect(series, 0, 3 * DAY_STEPS);
        expect_mixed(series, 20 * MSEC_MINUTE, SPAN_5M, 3 * DAY_STEPS, 3 * DAY_STEPS);
        expect_mixed(series, 4 * MSEC_HOUR, SPAN_1H, 3 * DAY_STEPS, 3 * DAY_STEPS);
    }
    archive_test_end();

    archive_test_begin();
    flush_days(3);
    settle_after(3);
    for (uint32_t series = 1; series <= 24; series++) {
        expect_mixed(series, 19 * MSEC_MINUTE, SPAN_5M, 0, 3 * DAY_STEPS);
        expect_mixed(series, 20 * MSEC_MINUTE, SPAN_5M, 2 * DAY_STEPS, 3 * DAY_STEPS);
    }
    archive_test_end();
}
END_TEST

/* The bytes of the raw packs after upkeep at a time when nothing is rolled up yet. */
static uint64_t settled_bytes(int64_t steps, msec_t now_ms)
{
    archive_test_begin();
    test_put_series(1, 24);
    test_flush(1, 24, 0, steps);
    uint64_t before = test_stats().tiers[TIER_RAW].bytes;
    ck_assert_int_eq(archive_settle(archive, now_ms), 0);
    struct archive_stats stats = test_stats();
    ck_assert_uint_eq(stats.tiers[TIER_RAW].packs, 1);
    ck_assert_uint_eq(stats.merges, 1);
    ck_assert_uint_lt(stats.tiers[TIER_RAW].bytes, before);
    for (uint32_t series = 1; series <= 24; series++)
        test_expect(series, 0, steps);
    ck_assert_int_eq(archive_settle(archive, now_ms), 0);
    ck_assert_uint_eq(test_stats().merges, 1); /* once is enough */
    uint64_t after = test_stats().tiers[TIER_RAW].bytes;
    archive_test_end();
    return after;
}

START_TEST(a_lone_flush_is_made_small)
{
    uint64_t under_way = settled_bytes(DAY_STEPS / 3, T0 + MSEC_DAY / 2);
    ck_assert_uint_eq(under_way, settled_bytes(DAY_STEPS / 3, T0 + MSEC_DAY + MSEC_HOUR));
}
END_TEST

START_TEST(retention_deletes_tier_by_tier)
{
    archive_test_begin();
    archive->options.retention[TIER_RAW] = 3 * MSEC_DAY;
    archive->options.retention[TIER_5M] = 20 * MSEC_DAY;
    archive->options.retention[TIER_1H] = 200 * MSEC_DAY;
    flush_days(3);
    settle_after(5); /* the first day ended four days ago, the second three */
    ck_assert_uint_eq(test_stats().tiers[TIER_RAW].packs, 1);
    ck_assert_int_gt(test_stats().tiers[TIER_RAW].from_ms, T0 + 2 * MSEC_DAY);
    for (uint32_t series = 1; series <= 24; series += 5) /* fine questions: what there is */
        expect_mixed(series, 0, SPAN_5M, 2 * DAY_STEPS, 3 * DAY_STEPS);
    settle_after(40);
    ck_assert_uint_eq(test_stats().tiers[TIER_RAW].packs + test_stats().tiers[TIER_5M].packs,
                      0);
    for (uint32_t series = 1; series <= 24; series += 5)
        expect_mixed(series, 0, SPAN_1H, 3 * DAY_STEPS, 3 * DAY_STEPS);
    archive_test_reopen();
    expect_mixed(3, 0, SPAN_1H, 3 * DAY_STEPS, 3 * DAY_STEPS);
    uint64_t bits[SHARD_SERIES / 64];
    ck_assert_int_eq(archive_present(archive, 0, bits), 0);
    ck_assert_uint_eq(bits[0], 0x1fffffe);
    archive->options.retention[TIER_1H] = 200 * MSEC_DAY;
    settle_after(300);
    ck_assert_int_eq(archive_present(archive, 0, bits), 0);
    ck_assert_uint_eq(bits[0], 0);
    struct archive_stats stats = test_stats();
    ck_assert_uint_eq(stats.tiers[TIER_1H].packs, 0);
    ck_assert_int_gt(stats.tiers[TIER_1H].from_ms, stats.tiers[TIER_1H].to_ms);
    archive_test_end();
}
END_TEST

START_TEST(late_samples_are_rolled_up_with_the_others)
{
    archive_test_begin();
    test_put_series(1, 2);
    test_flush(1, 1, 0, 4000);
    test_flush(1, 1, 5000, DAY_STEPS);
    settle_after(3);
    ck_assert_uint_eq(test_stats().tiers[TIER_5M].packs, 1);
    test_flush(1, 2, 4000, 5000); /* before the day is rolled up again: joined as it is read */
    struct rollup_list rollups = {0}, want = {0};
    struct sample_list samples = {0};
    test_read(2, T0, INT64_MAX, MSEC_HOUR, &samples, &rollups);
    make_rollups(2, 4000, 5000, SPAN_5M, &want);
    expect_equal(&rollups, &want);
    test_expect(1, 0, DAY_STEPS);
    settle_after(3);
    ck_assert_uint_eq(test_stats().tiers[TIER_RAW].packs, 1);
    expect_mixed(1, MSEC_HOUR, SPAN_5M, DAY_STEPS, DAY_STEPS);
    rollups.len = 0;
    test_read(2, T0, INT64_MAX, MSEC_HOUR, &samples, &rollups);
    expect_equal(&rollups, &want);
    ck_assert_uint_eq(samples.len, 0);
    rollup_list_deinit(&rollups);
    rollup_list_deinit(&want);
    archive_test_end();
}
END_TEST

/* When raw samples are gone already, what comes late is joined with the rollups there are. */
START_TEST(late_samples_of_a_day_that_is_gone_are_added)
{
    archive_test_begin();
    test_put_series(1, 1);
    test_flush(1, 1, 0, 3000);
    settle_after(3);
    archive->options.retention[TIER_RAW] = MSEC_DAY;
    settle_after(3);
    ck_assert_uint_eq(test_stats().tiers[TIER_RAW].packs, 0);
    archive->options.retention[TIER_RAW] = 0;
    test_flush(1, 1, 3000, DAY_STEPS);
    expect_mixed(1, 10 * MSEC_HOUR, SPAN_1H, 3240, DAY_STEPS);
    settle_after(3);
    for (int round = 0; round < 2; round++) {
        expect_mixed(1, 0, SPAN_5M, DAY_STEPS, DAY_STEPS);
        expect_mixed(1, 10 * MSEC_HOUR, SPAN_1H, DAY_STEPS, DAY_STEPS);
        archive_test_reopen();
    }
    archive_test_end();
}
END_TEST

START_TEST(the_oldest_goes_when_the_file_is_too_large)
{
    archive_test_begin();
    flush_days(4);
    settle_after(4);
    uint64_t before = test_stats().file_bytes;
    archive_set_max_bytes(archive, before * 3 / 4);
    settle_after(4);
    struct archive_stats stats = test_stats();
    ck_assert_uint_le(stats.file_bytes, before * 3 / 4);
    ck_assert_uint_lt(stats.tiers[TIER_RAW].packs, 4);
    ck_assert_uint_gt(stats.tiers[TIER_RAW].packs, 0);
    ck_assert_int_gt(stats.tiers[TIER_RAW].from_ms, T0 + MSEC_DAY);
    ck_assert_int_le(stats.tiers[TIER_5M].from_ms, T0 + MSEC_DAY);
    archive_test_end();
}
END_TEST

START_TEST(deleted_series_leave_the_packs)
{
    archive_test_begin();
    test_put_series(1, 300);
    test_flush(1, 255, 0, 50);
    test_flush(256, 45, 0, 50);
    uint32_t ids[] = {1, 3, 255, 256, 300};
    ck_assert_int_eq(archive_delete_series(archive, ids, ARRAY_LEN(ids)), 0);
    archive_test_reopen(); /* what is to be done is not forgotten */
    settle_after(1);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        test_expect(ids[i], 0, 0);
    for (uint32_t series = 2; series < 300; series += 2) {
        if (series != 256)
            test_expect(series, 0, 50);
    }
    ck_assert_uint_eq(test_stats().tiers[TIER_RAW].samples, 295 * 50);
    ck_assert_uint_eq(archive_next_series(archive), 301);
    archive_test_end();
}
END_TEST

START_TEST(the_first_of_two_values_stays)
{
    archive_test_begin();
    test_put_series(1, 1);
    for (int i = 0; i < 20; i++) {
        const struct sample sample = {T0 + 1000, i};
        const struct archive_item item = {1, &sample, 1};
        ck_assert_int_eq(archive_begin(archive), 0);
        ck_assert_int_eq(archive_flush(archive, 0, &item, 1), 0);
        ck_assert_int_eq(archive_commit(archive), 0);
        int error;
        while (archive_upkeep(archive, T0 + 2000, 1000 + i, &error)) {
        }
        struct sample_list samples = {0};
        struct rollup_list rollups = {0};
        test_read(1, T0, T0 + MSEC_DAY, 0, &samples, &rollups);
        ck_assert_uint_eq(samples.len, 1);
        ck_assert(samples.items[0].value == 0);
        sample_list_deinit(&samples);
    }
    ck_assert_uint_lt(test_stats().tiers[TIER_RAW].packs, 20);
    archive_test_end();
}
END_TEST

static void upkeep_at(mono_t mono_ms)
{
    int error;
    while (archive_upkeep(archive, T0 + MSEC_HOUR, mono_ms, &error)) {
    }
    ck_assert_int_eq(error, 0);
}

START_TEST(a_shard_at_rest_is_dense_however_little_came_last)
{
    archive_test_begin();
    test_put_series(1, 24);
    mono_t mono = 1000;
    for (int64_t at = 0; at < 1600; at += 100, mono += 100) {
        upkeep_at(mono);
        test_flush(1, 24, at, at + 100);
    }
    upkeep_at(mono); /* sixteen packs are one, quickly coded */
    ck_assert_uint_eq(test_stats().levels[1].packs, 1);
    test_flush(1, 24, 1600, 1610);
    upkeep_at(mono);
    const struct archive_stats busy = test_stats();
    ck_assert_uint_eq(busy.tiers[TIER_RAW].packs, 2);
    upkeep_at(mono + 3 * MSEC_MINUTE);
    const struct archive_stats rest = test_stats();
    ck_assert_uint_eq(rest.tiers[TIER_RAW].packs, 1);
    ck_assert_uint_eq(rest.levels[0].packs + rest.levels[1].packs, 0);
    ck_assert_uint_lt(rest.tiers[TIER_RAW].bytes, busy.tiers[TIER_RAW].bytes);
    for (uint32_t series = 1; series <= 24; series++)
        test_expect(series, 0, 1610);

    test_flush(1, 24, 1610, 1620); /* little beside what is dense: not worth it yet */
    upkeep_at(mono + 6 * MSEC_MINUTE);
    upkeep_at(mono + 10 * MSEC_MINUTE);
    ck_assert_uint_eq(test_stats().tiers[TIER_RAW].packs, 2);
    upkeep_at(mono + 2 * MSEC_HOUR);
    ck_assert_uint_eq(test_stats().tiers[TIER_RAW].packs, 1);
    archive_test_end();
}
END_TEST

UNIT_MAIN("archive_upkeep", a_shard_at_rest_is_dense_however_little_came_last,
          a_lone_flush_is_made_small, coarse_questions_are_answered_from_rollups,
          retention_deletes_tier_by_tier, late_samples_are_rolled_up_with_the_others,
          late_samples_of_a_day_that_is_gone_are_added,
          the_oldest_goes_when_the_file_is_too_large, deleted_series_leave_the_packs,
          the_first_of_two_values_stays)
