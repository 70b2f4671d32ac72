/* SPDX-License-Identifier: MIT */
#include "store/block_quick.h"

#include <errno.h>

#include "base/macros.h"
#include "store/codec_samples.h"
#include "unit.h"

static struct block_bytes bytes_of(const struct buf *buf)
{
    return (struct block_bytes){(const uint8_t *)buf->data, buf->len};
}

START_TEST(gives_back_what_it_was_given)
{
    static const size_t lengths[] = {1, 2, 3, 16, 255, 320};
    for (unsigned i = 0; i < VALUE_KIND_COUNT * ARRAY_LEN(lengths); i++) {
        struct sample_list samples = {0}, got = {0};
        struct buf times, values;
        struct block_times opened;
        make_samples(i % VALUE_KIND_COUNT, i % TIME_KIND_COUNT, lengths[i % ARRAY_LEN(lengths)],
                     i, &samples);
        buf_init(&times, 1 << 20);
        buf_init(&values, 1 << 20);
        ck_assert_int_eq(block_encode_times(samples.items, samples.len, &times), 0);
        ck_assert_int_eq(block_quick_encode(samples.items, samples.len, &values), 0);
        ck_assert_int_eq(block_times_open(bytes_of(&times), &opened), 0);
        msec_t from_ms = samples.items[samples.len / 3].at_ms;
        ck_assert_int_eq(
            block_quick_read(&opened, bytes_of(&values), INT64_MIN, INT64_MAX, &got), 0);
        check_range(&got, &samples, INT64_MIN, INT64_MAX);
        got.len = 0;
        ck_assert_int_eq(
            block_quick_read(&opened, bytes_of(&values), from_ms, from_ms + 50000, &got), 0);
        check_range(&got, &samples, from_ms, from_ms + 50000);
        block_times_close(&opened);
        buf_deinit(&times);
        buf_deinit(&values);
        sample_list_deinit(&samples);
        sample_list_deinit(&got);
    }
}
END_TEST

START_TEST(refuses_what_is_malformed)
{
    struct block_times times = {.count = 3, .distance_ms = 1000};
    static const uint8_t wrong[][10] = {
        {0},           {0, 1, 1},       {32, 1},        {33, 1, 2, 3},
        {99, 1, 1, 1}, {0, 1, 1, 1, 1}, {0, 1, 1, 0x80}};
    static const size_t lengths[] = {0, 3, 2, 4, 4, 5, 4};
    struct sample_list got = {0};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        ck_assert_int_eq(block_quick_read(&times, (struct block_bytes){wrong[i], lengths[i]},
                                          INT64_MIN, INT64_MAX, &got),
                         -EBADMSG);
        ck_assert_uint_eq(got.len, 0);
    }
    sample_list_deinit(&got);
}
END_TEST

UNIT_MAIN("block_quick", gives_back_what_it_was_given, refuses_what_is_malformed)
