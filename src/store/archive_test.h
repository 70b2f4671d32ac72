/* SPDX-License-Identifier: MIT */
/*
 * archive_test - what the tests of the archive share: a file of its own per test, data that can
 * be made again from its coordinates, and reading it back.
 */
#pragma once

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/archive_parts.h"
#include "unit.h"

#define DAY0 19700 /* of the data */
#define T0   (DAY0 * MSEC_DAY)
#define STEP (10 * MSEC_SECOND)

static char archive_dir[64];
static char archive_path[96];
static struct archive_options archive_test_options;
static struct archive *archive;

static inline void archive_test_open(void)
{
    struct problem problem = {0};
    int error = archive_open(&archive_test_options, &archive, &problem);
    ck_assert_msg(error == 0, "%s (%d)", problem.text, error);
}

static inline void archive_test_begin(void)
{
    unit_make_folder(archive_dir, sizeof(archive_dir));
    snprintf(archive_path, sizeof(archive_path), "%s/store.db", archive_dir);
    archive_test_options = (struct archive_options){.path = archive_path};
    archive_test_open();
}

static inline void archive_test_end(void)
{
    archive_close(archive);
    archive = NULL;
}

static inline void archive_test_reopen(void)
{
    archive_close(archive);
    archive_test_open();
}

/* The value of a series at its i-th sample: one in eight is constant, others count, with a
 * restart now and then, or go up and down. */
static inline double test_value(uint32_t series, int64_t i)
{
    uint64_t mix = ((uint64_t)series << 32 | (uint32_t)i) * 0x9e3779b97f4a7c15ull;
    mix ^= mix >> 29;
    switch (series % 8) {
    case 0: return series;
    case 1:
    case 2:
    case 3: return (double)((i % 5000) * 3 + (int64_t)(mix % 3));
    case 4: return (double)(mix % 1000) / 10;
    default: return (double)(i * (series % 100));
    }
}

static inline struct sample test_sample(uint32_t series, int64_t i)
{
    return (struct sample){T0 + (i + 1) * STEP, test_value(series, i)};
}

static inline void test_put_series(uint32_t first, uint32_t n)
{
    ck_assert_int_eq(archive_begin(archive), 0);
    for (uint32_t i = 0; i < n; i++) {
        char labels[32];
        int len = snprintf(labels, sizeof(labels), "series %u", first + i);
        const struct archive_series series = {
            .id = first + i, .org = ORG_FIRST, .labels = {labels, (size_t)len}};
        ck_assert_int_eq(archive_put_series(archive, &series, 1), 0);
    }
    ck_assert_int_eq(archive_commit(archive), 0);
}

/* Samples `from` to `to` - 1 of series `first` to `first` + n - 1, all of one shard. */
static inline int test_flush_result(uint32_t first, uint32_t n, int64_t from, int64_t to)
{
    struct archive_item *items = memory_calloc(n, sizeof(*items));
    size_t count = (size_t)(to - from);
    struct sample *samples = memory_calloc(n * count, sizeof(*samples));
    for (uint32_t s = 0; s < n; s++) {
        for (size_t i = 0; i < count; i++)
            samples[s * count + i] = test_sample(first + s, from + (int64_t)i);
        items[s] = (struct archive_item){first + s, samples + s * count, count};
    }
    int error = archive_begin(archive);
    if (error == 0) {
        error = archive_flush(archive, first / SHARD_SERIES, items, n);
        if (error == 0)
            error = archive_commit(archive);
        else
            archive_abandon(archive);
    }
    free(items);
    free(samples);
    return error;
}

static inline void test_flush(uint32_t first, uint32_t n, int64_t from, int64_t to)
{
    ck_assert_int_eq(test_flush_result(first, n, from, to), 0);
}

static inline void test_read(uint32_t series, msec_t from_ms, msec_t to_ms, mspan_t step_ms,
                             struct sample_list *samples, struct rollup_list *rollups)
{
    struct archive_reader *reader = archive_reader_take(archive);
    ck_assert_ptr_nonnull(reader);
    ck_assert_int_eq(archive_reader_begin(reader), 0);
    const struct archive_range range = {from_ms, to_ms, step_ms};
    ck_assert_int_eq(archive_reader_seek(reader, series / SHARD_SERIES, &range), 0);
    ck_assert_int_eq(archive_reader_read(reader, series, samples, rollups), 0);
    archive_reader_give(archive, reader);
}

/* Exactly the samples `from` to `to` - 1 are there, each once. */
static inline void test_expect(uint32_t series, int64_t from, int64_t to)
{
    struct sample_list samples = {0};
    struct rollup_list rollups = {0};
    test_read(series, INT64_MIN, INT64_MAX, 0, &samples, &rollups);
    ck_assert_uint_eq(rollups.len, 0);
    ck_assert_msg(samples.len == (size_t)(to - from), "series %u: %zu samples, not %zu", series,
                  samples.len, (size_t)(to - from));
    for (int64_t i = from; i < to; i++) {
        struct sample sample = test_sample(series, i);
        if (samples.items[i - from].at_ms != sample.at_ms ||
            sample_bits(samples.items[i - from].value) != sample_bits(sample.value))
            ck_abort_msg("series %u: sample %d is wrong", series, (int)i);
    }
    sample_list_deinit(&samples);
    free(rollups.items);
}

static inline struct archive_stats test_stats(void)
{
    struct archive_stats stats;
    archive_stats(archive, &stats);
    return stats;
}
