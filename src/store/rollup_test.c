/* SPDX-License-Identifier: MIT */
#include "store/rollup.h"

#include <errno.h>
#include <math.h>

#include "base/macros.h"
#include "unit.h"

#define SPAN_5M ((uint32_t)(5 * MSEC_MINUTE))
#define SPAN_1H ((uint32_t)MSEC_HOUR)
#define START   ((msec_t)1700000000000)

static uint64_t state;

static uint64_t next_random(void)
{
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return state >> 33;
}

/* Whole numbers, so that sums are exact in any order. */
static void make_random(uint64_t seed, size_t n, struct sample_list *out)
{
    state = seed;
    msec_t at_ms = START + (msec_t)(next_random() % 1000000);
    double value = 0;
    for (size_t i = 0; i < n; i++) {
        at_ms += 1 + (msec_t)(next_random() % (seed % 3 == 0 ? 20000 : 400000));
        value += (double)(next_random() % 100);
        if (next_random() % 50 == 0)
            value = (double)(next_random() % 10);
        double kept = next_random() % 40 == 0 ? sample_stale_value() : value;
        sample_list_push(out, (struct sample){at_ms, kept});
    }
}

static bool is_in(const struct rollup *rollup, const struct sample *sample)
{
    return sample->at_ms > rollup->end_ms - rollup->span_ms &&
           sample->at_ms <= rollup->end_ms && !sample_value_is_stale(sample->value);
}

/* Against the definition in model/rollup.h, by looking at all samples again. */
static void check_rollup(const struct rollup *rollup, const struct sample_list *samples)
{
    struct rollup want = {0};
    for (size_t i = 0; i < samples->len; i++) {
        const struct sample *sample = &samples->items[i];
        if (!is_in(rollup, sample))
            continue;
        if (want.count == 0) {
            want.first_ms = sample->at_ms;
            want.first = want.min = want.max = sample->value;
        } else if (sample->value < want.last) {
            want.resets += want.last;
        }
        want.last_ms = sample->at_ms;
        want.last = sample->value;
        want.min = fmin(want.min, sample->value);
        want.max = fmax(want.max, sample->value);
        want.sum += sample->value;
        want.count++;
    }
    ck_assert_uint_eq(rollup->count, want.count);
    ck_assert_int_eq(rollup->first_ms, want.first_ms);
    ck_assert_int_eq(rollup->last_ms, want.last_ms);
    ck_assert(rollup->first == want.first && rollup->last == want.last);
    ck_assert(rollup->min == want.min && rollup->max == want.max);
    ck_assert(rollup->sum == want.sum && rollup->resets == want.resets);
}

static size_t count_values(const struct sample_list *samples)
{
    size_t count = 0;
    for (size_t i = 0; i < samples->len; i++)
        count += !sample_value_is_stale(samples->items[i].value);
    return count;
}

static void check_all(const struct rollup_list *rollups, const struct sample_list *samples,
                      uint32_t span_ms)
{
    size_t count = 0;
    for (size_t i = 0; i < rollups->len; i++) {
        ck_assert_uint_eq(rollups->items[i].span_ms, span_ms);
        ck_assert_int_eq(rollups->items[i].end_ms % span_ms, 0);
        ck_assert(i == 0 || rollups->items[i].end_ms > rollups->items[i - 1].end_ms);
        check_rollup(&rollups->items[i], samples);
        count += rollups->items[i].count;
    }
    ck_assert_uint_eq(count, count_values(samples));
}

START_TEST(holds_what_its_definition_says)
{
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct sample_list samples = {0};
        struct rollup_list minutes = {0}, hours = {0};
        make_random(seed, 400, &samples);
        rollup_build(samples.items, samples.len, SPAN_5M, &minutes);
        rollup_widen(minutes.items, minutes.len, SPAN_1H, &hours);
        check_all(&minutes, &samples, SPAN_5M);
        check_all(&hours, &samples, SPAN_1H);
        sample_list_deinit(&samples);
        rollup_list_deinit(&minutes);
        rollup_list_deinit(&hours);
    }
}
END_TEST

/* What PromQL's increase() makes of samples, without extrapolation. */
static double increase_of(const struct sample_list *samples)
{
    double first = (double)NAN, last = (double)NAN, resets = 0;
    for (size_t i = 0; i < samples->len; i++) {
        double value = samples->items[i].value;
        if (sample_value_is_stale(value))
            continue;
        if (isnan(first))
            first = value;
        else if (value < last)
            resets += last;
        last = value;
    }
    return last - first + resets;
}

START_TEST(gives_the_increase_across_resets)
{
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct sample_list samples = {0};
        struct rollup_list rollups = {0};
        make_random(seed, 500, &samples);
        rollup_build(samples.items, samples.len, seed % 2 ? SPAN_5M : SPAN_1H, &rollups);
        double increase = rollups.items[rollups.len - 1].last - rollups.items[0].first;
        for (size_t i = 0; i < rollups.len; i++) {
            increase += rollups.items[i].resets;
            if (i > 0 && rollups.items[i].first < rollups.items[i - 1].last)
                increase += rollups.items[i - 1].last;
        }
        ck_assert(increase == increase_of(&samples));
        sample_list_deinit(&samples);
        rollup_list_deinit(&rollups);
    }
}
END_TEST

START_TEST(times_at_the_ends_belong_to_the_span_before)
{
    ck_assert_int_eq(rollup_end(0, 1000), 0);
    ck_assert_int_eq(rollup_end(1, 1000), 1000);
    ck_assert_int_eq(rollup_end(1000, 1000), 1000);
    ck_assert_int_eq(rollup_end(1001, 1000), 2000);
    ck_assert_int_eq(rollup_end(-1, 1000), 0);
    ck_assert_int_eq(rollup_end(-1000, 1000), -1000);
}
END_TEST

START_TEST(nan_is_neither_least_nor_greatest)
{
    const struct sample samples[] = {
        {START, (double)NAN}, {START + 1, 3}, {START + 2, (double)NAN}, {START + 3, 1}};
    struct rollup_list rollups = {0};
    rollup_build(samples, ARRAY_LEN(samples), SPAN_1H, &rollups);
    ck_assert_uint_eq(rollups.len, 1);
    ck_assert_uint_eq(rollups.items[0].count, 4);
    ck_assert(rollups.items[0].min == 1 && rollups.items[0].max == 3);
    ck_assert(isnan(rollups.items[0].sum) && isnan(rollups.items[0].first));
    rollup_list_deinit(&rollups);
}
END_TEST

START_TEST(merging_joins_additions_and_replaces_the_rest)
{
    struct rollup_list old = {0}, fresh = {0};
    const struct sample early[] = {{START, 1}, {START + MSEC_HOUR, 2}};
    const struct sample late[] = {{START - MSEC_HOUR, 9}, {START + 1, 7}};
    for (int is_addition = 0; is_addition < 2; is_addition++) {
        old.len = fresh.len = 0;
        rollup_build(early, 2, SPAN_1H, &old);
        rollup_build(late, 2, SPAN_1H, &fresh);
        rollup_list_merge(&old, &fresh, is_addition);
        ck_assert_uint_eq(old.len, 3);
        ck_assert(old.items[0].max == 9 && old.items[2].max == 2);
        ck_assert_uint_eq(old.items[1].count, is_addition ? 2 : 1);
        ck_assert(old.items[1].max == 7 && old.items[1].min == (is_addition ? 1 : 7));
    }
    rollup_list_deinit(&old);
    rollup_list_deinit(&fresh);
}
END_TEST

static void encode(const struct rollup_list *rollups, struct buf *out,
                   struct block_times *out_times, struct buf *times)
{
    struct sample_list ends = {0};
    for (size_t i = 0; i < rollups->len; i++)
        sample_list_push(&ends, (struct sample){rollups->items[i].end_ms, 0});
    buf_init(times, 1 << 20);
    buf_init(out, 1 << 20);
    ck_assert_int_eq(block_encode_times(ends.items, ends.len, times), 0);
    ck_assert_int_eq(
        block_times_open((struct block_bytes){(uint8_t *)times->data, times->len}, out_times),
        0);
    ck_assert_int_eq(rollup_encode(rollups->items, rollups->len, out), 0);
    sample_list_deinit(&ends);
}

START_TEST(survives_encoding)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct sample_list samples = {0};
        struct rollup_list rollups = {0}, got = {0};
        struct buf bytes, columns;
        struct block_times times;
        make_random(seed, 300, &samples);
        rollup_build(samples.items, samples.len, SPAN_5M, &rollups);
        encode(&rollups, &bytes, &times, &columns);
        const struct block_bytes block = {(uint8_t *)bytes.data, bytes.len};
        ck_assert_int_eq(rollup_decode(&times, block, INT64_MIN, INT64_MAX, &got), 0);
        ck_assert_uint_eq(got.len, rollups.len);
        check_all(&got, &samples, SPAN_5M);
        got.len = 0;
        msec_t from_ms = rollups.items[rollups.len / 2].end_ms;
        ck_assert_int_eq(rollup_decode(&times, block, from_ms, INT64_MAX, &got), 0);
        ck_assert_uint_eq(got.len, rollups.len - rollups.len / 2);

        /* Any bytes: an error or rollups, and no more of them than times. */
        for (size_t i = 0; i < bytes.len; i++) {
            uint8_t *at = (uint8_t *)bytes.data + i, before = *at;
            *at = (uint8_t)next_random();
            got.len = 0;
            int error = rollup_decode(&times, block, INT64_MIN, INT64_MAX, &got);
            ck_assert(error == 0 || (error == -EBADMSG && got.len == 0));
            ck_assert_uint_le(got.len, rollups.len);
            const struct block_bytes cut = {block.data, i};
            got.len = 0;
            ck_assert_int_eq(rollup_decode(&times, cut, INT64_MIN, INT64_MAX, &got), -EBADMSG);
            *at = before;
        }
        block_times_close(&times);
        buf_deinit(&bytes);
        buf_deinit(&columns);
        sample_list_deinit(&samples);
        rollup_list_deinit(&rollups);
        rollup_list_deinit(&got);
    }
}
END_TEST

UNIT_MAIN("rollup", holds_what_its_definition_says, gives_the_increase_across_resets,
          times_at_the_ends_belong_to_the_span_before, nan_is_neither_least_nor_greatest,
          merging_joins_additions_and_replaces_the_rest, survives_encoding)
