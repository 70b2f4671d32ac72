/* SPDX-License-Identifier: MIT */
#include "store/run.h"

#include "store/codec_samples.h"
#include "unit.h"

/* As many as fit; the rest of the list is cut off. */
static void fill(struct run *run, struct sample_list *samples)
{
    size_t n = 0;
    while (n < samples->len && run_append(run, samples->items[n]))
        n++;
    samples->len = n;
    ck_assert_uint_eq(run->count, n);
}

static void check_all(const struct run *run, const struct sample_list *samples)
{
    struct sample_list got = {0};
    run_read(run, INT64_MIN, INT64_MAX, &got);
    check_range(&got, samples, INT64_MIN, INT64_MAX);
    sample_list_deinit(&got);
}

START_TEST(gives_back_what_it_was_given)
{
    static const size_t lengths[] = {1, 2, 3, 4, 17, 120, 1000, 10000};
    for (unsigned i = 0; i < VALUE_KIND_COUNT * TIME_KIND_COUNT * 8; i++) {
        struct run run = {0};
        struct sample_list samples = {0};
        make_samples(i % VALUE_KIND_COUNT, i / 8 % TIME_KIND_COUNT, lengths[i % 8], i,
                     &samples);
        fill(&run, &samples);
        ck_assert_uint_ge(samples.len, lengths[i % 8] < 1000 ? lengths[i % 8] : 1000);
        check_all(&run, &samples);
        ck_assert_int_eq(run_from_ms(&run), samples.items[0].at_ms);
        ck_assert_int_eq(run.to_ms, samples.items[samples.len - 1].at_ms);
        sample_list_deinit(&samples);
        run_reset(&run);
    }
}
END_TEST

START_TEST(can_be_read_after_every_append)
{
    for (unsigned kind = 0; kind < VALUE_KIND_COUNT; kind++) {
        struct run run = {0};
        struct sample_list samples = {0}, sofar;
        make_samples(kind, kind % TIME_KIND_COUNT, 150, kind, &samples);
        for (sofar = samples, sofar.len = 1; sofar.len <= samples.len; sofar.len++) {
            ck_assert(run_append(&run, samples.items[sofar.len - 1]));
            check_all(&run, &sofar);
        }
        run_reset(&run);
        sample_list_deinit(&samples);
    }
}
END_TEST

START_TEST(reads_and_finds_within_a_range)
{
    struct run run = {0};
    struct sample_list samples = {0};
    uint64_t state = 5;
    make_samples(VALUE_MIXED, TIME_JITTER, 300, 9, &samples);
    fill(&run, &samples);
    for (unsigned i = 0; i < 500; i++) {
        struct sample_list got = {0};
        msec_t from = samples.items[0].at_ms - 20000 + (msec_t)(random_next(&state) % 3040000);
        msec_t to = from + (msec_t)(random_next(&state) % 100000) - 10;
        run_read(&run, from, to, &got);
        check_range(&got, &samples, from, to);
        sample_list_deinit(&got);
        double value;
        struct sample one = samples.items[random_next(&state) % 300];
        ck_assert(run_find(&run, one.at_ms, &value));
        ck_assert_uint_eq(sample_bits(value), sample_bits(one.value));
        ck_assert(!run_find(&run, one.at_ms + 1, &value));
    }
    sample_list_deinit(&samples);
    run_reset(&run);
}
END_TEST

START_TEST(refuses_when_full_and_stays_as_it_was)
{
    struct run run = {0};
    ck_assert(run_append(&run, (struct sample){-5000000000000, 1}));
    ck_assert(!run_append(&run, (struct sample){5000000000000, 1}));
    ck_assert(run_append(&run, (struct sample){-5000000000000 + UINT32_MAX, 2}));
    ck_assert(!run_append(&run, (struct sample){-5000000000000 + UINT32_MAX + 1LL, 2}));
    ck_assert_uint_eq(run.count, 2);
    run_reset(&run);
    ck_assert_uint_eq(run.count, 0);

    struct sample_list samples = {0};
    make_samples(VALUE_CONSTANT, TIME_REGULAR, RUN_SAMPLES_MAX + 5, 1, &samples);
    fill(&run, &samples);
    ck_assert_uint_eq(samples.len, RUN_SAMPLES_MAX);
    check_all(&run, &samples);
    run_reset(&run);
    samples.len = 0;
    make_samples(VALUE_BITS, TIME_WILD, 10000, 1, &samples);
    fill(&run, &samples);
    ck_assert_uint_lt(samples.len, 10000);
    ck_assert_uint_le(run_memory(&run), RUN_BYTES_MAX);
    check_all(&run, &samples);
    run_reset(&run);
    sample_list_deinit(&samples);
}
END_TEST

static size_t bytes_for(enum value_kind value_kind, enum time_kind time_kind, size_t n)
{
    struct run run = {0};
    struct sample_list samples = {0};
    make_samples(value_kind, time_kind, n, 3, &samples);
    fill(&run, &samples);
    size_t bytes = run.len + run.tail_len;
    sample_list_deinit(&samples);
    run_reset(&run);
    return bytes;
}

START_TEST(is_small)
{
    ck_assert_uint_le(sizeof(struct run), 56);
    ck_assert_uint_le(bytes_for(VALUE_CONSTANT, TIME_REGULAR, 500), RUN_TAIL_BYTES);
    ck_assert_uint_le(bytes_for(VALUE_NOISE, TIME_REGULAR, 500), 1020);
    ck_assert_uint_le(bytes_for(VALUE_SECONDS, TIME_REGULAR, 500), 1020);
    ck_assert_uint_le(bytes_for(VALUE_PAGES, TIME_REGULAR, 500), 1020);
    ck_assert_uint_le(bytes_for(VALUE_COUNTER, TIME_JITTER, 500), 3000);
}
END_TEST

START_TEST(keeps_its_scale_over_a_stale_marker)
{
    struct run run = {0};
    for (int i = 0; i < 100; i++)
        ck_assert(
            run_append(&run, (struct sample){1000 + i * 1000, (double)(100000 + i) / 100}));
    size_t before = run.len + run.tail_len;
    ck_assert(run_append(&run, (struct sample){200000, sample_stale_value()}));
    for (int i = 0; i < 100; i++)
        ck_assert(
            run_append(&run, (struct sample){300000 + i * 1000, (double)(200000 + i) / 100}));
    ck_assert_uint_le(run.len + run.tail_len, 2 * before + 30);
    run_reset(&run);
}
END_TEST

UNIT_MAIN("run", gives_back_what_it_was_given, can_be_read_after_every_append,
          reads_and_finds_within_a_range, refuses_when_full_and_stays_as_it_was, is_small,
          keeps_its_scale_over_a_stale_marker)
