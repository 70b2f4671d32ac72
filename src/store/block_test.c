/* SPDX-License-Identifier: MIT */
#include "store/block.h"

#include <errno.h>

#include "base/macros.h"
#include "store/codec_samples.h"
#include "unit.h"

struct columns {
    struct buf times, values;
    struct block_times opened;
};

static struct block_bytes bytes_of(const struct buf *buf)
{
    return (struct block_bytes){(const uint8_t *)buf->data, buf->len};
}

static void encode(const struct sample_list *samples, struct columns *columns)
{
    buf_init(&columns->times, 64 << 20);
    buf_init(&columns->values, 64 << 20);
    ck_assert_int_eq(block_encode_times(samples->items, samples->len, &columns->times), 0);
    ck_assert_int_eq(block_encode_values(samples->items, samples->len, &columns->values), 0);
    ck_assert_int_eq(block_times_open(bytes_of(&columns->times), &columns->opened), 0);
    ck_assert_uint_eq(columns->opened.count, samples->len);
    ck_assert_int_eq(columns->opened.from_ms, samples->items[0].at_ms);
    ck_assert_int_eq(columns->opened.to_ms, samples->items[samples->len - 1].at_ms);
}

static void columns_deinit(struct columns *columns)
{
    block_times_close(&columns->opened);
    buf_deinit(&columns->times);
    buf_deinit(&columns->values);
}

static void check_read(const struct columns *columns, const struct sample_list *samples,
                       msec_t from_ms, msec_t to_ms)
{
    struct sample_list got = {0};
    ck_assert_int_eq(
        block_read(&columns->opened, bytes_of(&columns->values), from_ms, to_ms, &got), 0);
    check_range(&got, samples, from_ms, to_ms);
    sample_list_deinit(&got);
}

START_TEST(gives_back_what_it_was_given)
{
    static const size_t lengths[] = {1,   2,    3,    5,    64,   255, 256,
                                     720, 1023, 1024, 1025, 4097, 8640};
    for (unsigned i = 0; i < VALUE_KIND_COUNT * ARRAY_LEN(lengths); i++) {
        struct sample_list samples = {0};
        struct columns columns;
        make_samples(i % VALUE_KIND_COUNT, i % TIME_KIND_COUNT, lengths[i % ARRAY_LEN(lengths)],
                     i, &samples);
        encode(&samples, &columns);
        check_read(&columns, &samples, INT64_MIN, INT64_MAX);
        columns_deinit(&columns);
        sample_list_deinit(&samples);
    }
}
END_TEST

START_TEST(reads_any_range)
{
    uint64_t state = 11;
    for (unsigned i = 0; i < VALUE_KIND_COUNT * TIME_KIND_COUNT; i++) {
        struct sample_list samples = {0};
        struct columns columns;
        make_samples(i % VALUE_KIND_COUNT, i / VALUE_KIND_COUNT, 3000, i, &samples);
        encode(&samples, &columns);
        for (unsigned j = 0; j < 20; j++) {
            struct sample a = samples.items[random_next(&state) % 3000];
            struct sample b = samples.items[random_next(&state) % 3000];
            check_read(&columns, &samples, a.at_ms - (msec_t)(j % 3),
                       b.at_ms + (msec_t)(j % 2));
        }
        columns_deinit(&columns);
        sample_list_deinit(&samples);
    }
}
END_TEST

START_TEST(takes_the_whole_of_time)
{
    static const struct sample items[] = {{INT64_MIN, 1}, {-1, 2}, {0, 3}, {INT64_MAX, 4}};
    for (size_t first = 0; first < ARRAY_LEN(items); first++) {
        for (size_t n = 1; n <= ARRAY_LEN(items) - first; n++) {
            struct sample_list samples = {0};
            struct columns columns;
            for (size_t i = 0; i < n; i++)
                sample_list_push(&samples, items[first + i]);
            encode(&samples, &columns);
            check_read(&columns, &samples, INT64_MIN, INT64_MAX);
            check_read(&columns, &samples, -1, 0);
            check_read(&columns, &samples, INT64_MAX, INT64_MAX);
            check_read(&columns, &samples, INT64_MIN, INT64_MIN);
            columns_deinit(&columns);
            sample_list_deinit(&samples);
        }
    }
}
END_TEST

static void check_hostile(struct block_bytes times, struct block_bytes values)
{
    struct block_times opened;
    struct sample_list got = {0};
    int result = block_times_open(times, &opened);
    ck_assert(result == 0 || result == -EBADMSG);
    if (result != 0)
        return;
    result = block_read(&opened, values, INT64_MIN, INT64_MAX, &got);
    ck_assert(result == 0 || result == -EBADMSG);
    ck_assert_uint_eq(got.len, result == 0 ? opened.count : 0);
    for (size_t i = 1; i < got.len; i++)
        ck_assert_int_lt(got.items[i - 1].at_ms, got.items[i].at_ms);
    sample_list_deinit(&got);
    block_times_close(&opened);
}

START_TEST(survives_damaged_bytes)
{
    uint64_t state = 3;
    for (unsigned i = 0; i < 40 * VALUE_KIND_COUNT; i++) {
        struct sample_list samples = {0};
        struct columns columns;
        make_samples(i % VALUE_KIND_COUNT, i % TIME_KIND_COUNT, 1 + i * 3, i, &samples);
        encode(&samples, &columns);
        for (unsigned j = 0; j < 10; j++) {
            struct buf *victim = j % 3 == 0 ? &columns.times : &columns.values;
            size_t place = random_next(&state) % MIN_OF(victim->len, j % 2 ? 40u : SIZE_MAX);
            char saved = victim->data[place];
            victim->data[place] = (char)random_next(&state);
            check_hostile(bytes_of(&columns.times), bytes_of(&columns.values));
            victim->data[place] = saved;
        }
        columns_deinit(&columns);
        sample_list_deinit(&samples);
    }
}
END_TEST

START_TEST(survives_bytes_cut_short)
{
    for (unsigned kind = 0; kind < VALUE_KIND_COUNT; kind++) {
        struct sample_list samples = {0};
        struct columns columns;
        make_samples(kind, TIME_JITTER, 200, kind, &samples);
        encode(&samples, &columns);
        for (size_t len = 0; len < columns.values.len; len++) {
            /* on the heap, so that a byte too far is seen */
            uint8_t *copy = memory_alloc(len + 1);
            memcpy(copy, columns.values.data, len);
            check_hostile(bytes_of(&columns.times), (struct block_bytes){copy, len});
            free(copy);
        }
        for (size_t len = 0; len < columns.times.len; len++) {
            uint8_t *copy = memory_alloc(len + 1);
            memcpy(copy, columns.times.data, len);
            check_hostile((struct block_bytes){copy, len}, bytes_of(&columns.values));
            free(copy);
        }
        columns_deinit(&columns);
        sample_list_deinit(&samples);
    }
}
END_TEST

START_TEST(wants_both_columns_of_one_length)
{
    struct sample_list samples = {0}, got = {0};
    struct columns one, other;
    make_samples(VALUE_COUNTER, TIME_REGULAR, 100, 1, &samples);
    encode(&samples, &one);
    samples.len = 99;
    encode(&samples, &other);
    ck_assert_int_eq(block_read(&one.opened, bytes_of(&other.values), 0, INT64_MAX, &got),
                     -EBADMSG);
    ck_assert_uint_eq(got.len, 0);
    sample_list_deinit(&got);
    columns_deinit(&one);
    columns_deinit(&other);
    sample_list_deinit(&samples);
}
END_TEST

START_TEST(holds_as_many_as_it_may)
{
    struct sample_list samples = {0};
    struct columns columns;
    make_samples(VALUE_COUNTER, TIME_JITTER, BLOCK_SAMPLES_MAX, 1, &samples);
    encode(&samples, &columns);
    check_read(&columns, &samples, INT64_MIN, INT64_MAX);
    check_read(&columns, &samples, samples.items[100000].at_ms, samples.items[100009].at_ms);
    columns_deinit(&columns);
    sample_list_deinit(&samples);
}
END_TEST

/* Bytes for each sample in a block of n. */
static double size_of(enum value_kind kind, size_t n)
{
    struct sample_list samples = {0};
    struct columns columns;
    make_samples(kind, TIME_REGULAR, n, 5, &samples);
    encode(&samples, &columns);
    ck_assert_uint_le(columns.times.len, 16);
    double size = (double)columns.values.len / (double)n;
    columns_deinit(&columns);
    sample_list_deinit(&samples);
    return size;
}

START_TEST(is_small)
{
    ck_assert_double_le(size_of(VALUE_CONSTANT, 8640), 0.001);
    ck_assert_double_le(size_of(VALUE_COUNTER, 8640), 2.12);
    ck_assert_double_le(size_of(VALUE_SLOW_COUNTER, 8640), 0.11);
    ck_assert_double_le(size_of(VALUE_SECONDS, 8640), 1.28);
    ck_assert_double_le(size_of(VALUE_PAGES, 8640), 1.55);
    ck_assert_double_le(size_of(VALUE_NOISE, 720), 1.5);
    ck_assert_double_le(size_of(VALUE_DECIMAL_GAUGE, 720), 1.7);
    ck_assert_double_le(size_of(VALUE_DOUBLES, 8640), 7.3);
    ck_assert_double_le(size_of(VALUE_BITS, 8640), 8.1);
    ck_assert_double_le(size_of(VALUE_BITS, 24), 9.5);
    ck_assert_double_le(size_of(VALUE_STALE, 8640), 1.5);
}
END_TEST

/* Bytes of a column of times for each of 8,640. */
static double times_size_of(enum time_kind kind)
{
    struct sample_list samples = {0};
    struct columns columns;
    make_samples(VALUE_CONSTANT, kind, 8640, 5, &samples);
    encode(&samples, &columns);
    double size = (double)columns.times.len / (double)samples.len;
    columns_deinit(&columns);
    sample_list_deinit(&samples);
    return size;
}

START_TEST(times_are_small)
{
    ck_assert_double_le(times_size_of(TIME_REGULAR), 0.002);
    ck_assert_double_le(times_size_of(TIME_GAPS), 0.11);
    ck_assert_double_le(times_size_of(TIME_JITTER), 0.58);
}
END_TEST

START_TEST(says_when_the_buffer_is_full)
{
    struct sample_list samples = {0};
    struct buf small;
    make_samples(VALUE_BITS, TIME_WILD, 100, 1, &samples);
    buf_init(&small, 50);
    ck_assert_int_eq(block_encode_times(samples.items, samples.len, &small), -ENOBUFS);
    buf_reset(&small);
    ck_assert_int_eq(block_encode_values(samples.items, samples.len, &small), -ENOBUFS);
    buf_deinit(&small);
    sample_list_deinit(&samples);
}
END_TEST

UNIT_MAIN("block", gives_back_what_it_was_given, reads_any_range, takes_the_whole_of_time,
          survives_damaged_bytes, survives_bytes_cut_short, wants_both_columns_of_one_length,
          holds_as_many_as_it_may, is_small, times_are_small, says_when_the_buffer_is_full)
