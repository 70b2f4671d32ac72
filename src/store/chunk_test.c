/* SPDX-License-Identifier: MIT */
#include "store/chunk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
    return random_state ^ random_state >> 29;
}

static double from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* Zeros, infinities, NaNs with payloads, denormals, neighbours, the stale marker. */
static const uint64_t hard_bits[] = {
    0,
    0x8000000000000000,
    1,
    0x000fffffffffffff,
    0x0010000000000000,
    0x7fefffffffffffff,
    0x7ff0000000000000,
    0xfff0000000000000,
    0x7ff8000000000000,
    0x7ff8000000000001,
    0xfff8deadbeefcafe,
    0x7ff0000000000001,
    SAMPLE_STALE_BITS,
    0xffffffffffffffff,
    0x3ff0000000000000,
    0x3ff0000000000001,
    0x4059000000000000,
};

/* Fills a chunk, compares what each way of reading gives. */
static void check_round_trip(const struct sample *samples, size_t count)
{
    struct chunk chunk;
    struct sample_list list = {0};
    struct buf blob;
    chunk_init(&chunk, CHUNK_CODEC_XOR);
    buf_init(&blob, 100000);
    for (size_t i = 0; i < count; i++) {
        ck_assert(chunk_has_room(&chunk, samples[i].at_ms));
        chunk_append(&chunk, samples[i]);
    }
    ck_assert(chunk_read(&chunk, INT64_MIN, INT64_MAX, &list));
    ck_assert_uint_eq(list.len, count);
    ck_assert(memcmp(list.items, samples, count * sizeof(*samples)) == 0);

    ck_assert_int_eq(chunk_encode(&chunk, 7, &blob), 0);
    const struct chunk_row row = {7, chunk.from_ms, chunk.to_ms, (const uint8_t *)blob.data,
                                  blob.len};
    list.len = 0;
    ck_assert_int_eq(chunk_read_row(&row, INT64_MIN, INT64_MAX, &list), 0);
    ck_assert_uint_eq(list.len, count);
    ck_assert(memcmp(list.items, samples, count * sizeof(*samples)) == 0);

    struct chunk copy;
    chunk_copy(&chunk, &copy);
    list.len = 0;
    ck_assert(chunk_read(&copy, samples[count / 2].at_ms, samples[count / 2].at_ms, &list));
    ck_assert_uint_eq(list.len, 1);
    chunk_deinit(&copy);
    buf_deinit(&blob);
    sample_list_deinit(&list);
    chunk_deinit(&chunk);
}

START_TEST(hard_values_go_through)
{
    struct sample samples[ARRAY_LEN(hard_bits)];
    for (size_t shift = 0; shift < ARRAY_LEN(hard_bits); shift++) {
        for (size_t i = 0; i < ARRAY_LEN(hard_bits); i++) {
            uint64_t bits = hard_bits[(i * (shift + 1) + shift) % ARRAY_LEN(hard_bits)];
            samples[i] = (struct sample){(msec_t)i * 1000, from_bits(bits)};
        }
        check_round_trip(samples, ARRAY_LEN(hard_bits));
    }
}
END_TEST

/* Distances between samples that reach each class of times and its edges. */
static mspan_t random_distance(mspan_t before)
{
    static const mspan_t edges[] = {0,    -64,  -65,     63,      64,     -2048, -2049,
                                    2047, 2048, -524288, -524289, 524287, 524288};
    mspan_t distance = before;
    switch (next_random() % 4) {
    case 0: distance += edges[next_random() % ARRAY_LEN(edges)]; break;
    case 1: distance = 1 + (mspan_t)(next_random() % 80000); break;
    default: break;
    }
    return MIN_OF(MAX_OF(distance, (mspan_t)1), (mspan_t)80000);
}

START_TEST(random_samples_go_through)
{
    struct sample samples[CHUNK_SAMPLES_MAX];
    for (random_state = 1; random_state < 400; random_state++) {
        uint64_t seed = random_state;
        size_t count = 1 + next_random() % CHUNK_SAMPLES_MAX;
        msec_t at_ms = (msec_t)(next_random() >> 20) - ((msec_t)1 << 43);
        mspan_t distance = 1;
        uint64_t bits = 0;
        for (size_t i = 0; i < count; i++) {
            uint64_t choice = next_random() % 6;
            if (choice == 0)
                bits = next_random();
            else if (choice == 1)
                bits = hard_bits[next_random() % ARRAY_LEN(hard_bits)];
            else if (choice == 2)
                bits ^= (uint64_t)1 << next_random() % 64;
            else if (choice == 3)
                bits += next_random() % 1000;
            samples[i] = (struct sample){at_ms, from_bits(bits)};
            distance = random_distance(distance);
            at_ms += distance;
        }
        check_round_trip(samples, count);
        random_state = seed;
    }
}
END_TEST

START_TEST(times_at_the_ends_of_the_range)
{
    const struct sample early[] = {
        {INT64_MIN, 1}, {INT64_MIN + 1, 2}, {INT64_MIN + CHUNK_SPAN_MAX, 3}};
    const struct sample late[] = {
        {INT64_MAX - CHUNK_SPAN_MAX, 1}, {INT64_MAX - 1, 2}, {INT64_MAX, 3}};
    const struct sample middle[] = {{-1, 1}, {0, 2}, {1, 3}};
    check_round_trip(early, 3);
    check_round_trip(late, 3);
    check_round_trip(middle, 3);
}
END_TEST

START_TEST(room_is_bounded_by_count_and_span)
{
    struct chunk chunk;
    chunk_init(&chunk, CHUNK_CODEC_XOR);
    ck_assert(chunk_has_room(&chunk, INT64_MAX));
    chunk_append(&chunk, (struct sample){-5, 1});
    ck_assert(chunk_has_room(&chunk, CHUNK_SPAN_MAX - 5));
    ck_assert(!chunk_has_room(&chunk, CHUNK_SPAN_MAX - 4));
    ck_assert(!chunk_has_room(&chunk, INT64_MAX));
    for (int i = 1; i < CHUNK_SAMPLES_MAX; i++)
        chunk_append(&chunk, (struct sample){i, from_bits(next_random())});
    ck_assert(!chunk_has_room(&chunk, CHUNK_SAMPLES_MAX));
    chunk_deinit(&chunk);
}
END_TEST

START_TEST(regular_data_is_small)
{
    struct chunk constant, counter;
    chunk_init(&constant, CHUNK_CODEC_XOR);
    chunk_init(&counter, CHUNK_CODEC_XOR);
    for (int i = 0; i < CHUNK_SAMPLES_MAX; i++) {
        chunk_append(&constant, (struct sample){i * 10000, 42.5});
        chunk_append(&counter, (struct sample){i * 10000, i * 3.0});
    }
    ck_assert_uint_lt(constant.bits / 8, 80); /* two bits a sample and the first */
    ck_assert_uint_lt(counter.bits / 8, CHUNK_SAMPLES_MAX * 4);
    chunk_deinit(&constant);
    chunk_deinit(&counter);
}
END_TEST

START_TEST(every_flipped_bit_is_found)
{
    struct chunk chunk;
    struct sample_list list = {0};
    struct buf blob;
    chunk_init(&chunk, CHUNK_CODEC_XOR);
    buf_init(&blob, 10000);
    for (int i = 0; i < 20; i++)
        chunk_append(&chunk, (struct sample){1000 + i * 7, from_bits(next_random())});
    ck_assert_int_eq(chunk_encode(&chunk, 7, &blob), 0);
    struct chunk_row row = {7, chunk.from_ms, chunk.to_ms, (const uint8_t *)blob.data,
                            blob.len};
    for (size_t bit = 0; bit < blob.len * 8; bit++) {
        blob.data[bit / 8] = (char)(blob.data[bit / 8] ^ 1 << bit % 8);
        ck_assert_int_eq(chunk_read_row(&row, INT64_MIN, INT64_MAX, &list), -EBADMSG);
        blob.data[bit / 8] = (char)(blob.data[bit / 8] ^ 1 << bit % 8);
    }
    for (row.len = 0; row.len < blob.len; row.len++)
        ck_assert_int_eq(chunk_read_row(&row, INT64_MIN, INT64_MAX, &list), -EBADMSG);
    ck_assert_int_eq(chunk_read_row(&row, INT64_MIN, INT64_MAX, &list), 0);
    /* The right bytes in the wrong row. */
    row.series = 8;
    ck_assert_int_eq(chunk_read_row(&row, INT64_MIN, INT64_MAX, &list), -EBADMSG);
    row.series = 7;
    row.to_ms++;
    ck_assert_int_eq(chunk_read_row(&row, INT64_MIN, INT64_MAX, &list), -EBADMSG);
    ck_assert_uint_eq(list.len, 20); /* failures left nothing behind */
    sample_list_deinit(&list);
    buf_deinit(&blob);
    chunk_deinit(&chunk);
}
END_TEST

START_TEST(rubbish_payloads_stay_in_bounds)
{
    struct sample_list list = {0};
    for (int round = 0; round < 20000; round++) {
        size_t len = 1 + next_random() % 40;
        uint8_t *payload = malloc(len); /* of exactly this size, for the sanitizer */
        for (size_t i = 0; i < len; i++)
            payload[i] = (uint8_t)next_random();
        struct chunk chunk = {.codec = CHUNK_CODEC_XOR,
                              .count = (uint16_t)(1 + next_random() % 100),
                              .bits = (uint32_t)len * 8,
                              .capacity = (uint32_t)len,
                              .payload = payload,
                              .from_ms = (msec_t)next_random() / 2,
                              .to_ms = INT64_MAX};
        if (!chunk_read(&chunk, INT64_MIN, INT64_MAX, &list))
            ck_assert_uint_eq(list.len, 0);
        list.len = 0;
        chunk_deinit(&chunk);
    }
    sample_list_deinit(&list);
}
END_TEST

START_TEST(lists_are_normalised)
{
    struct sample_list list = {0};
    static const msec_t times[] = {5, 3, 9, 3, 5, 1, 9, 2};
    for (size_t i = 0; i < ARRAY_LEN(times); i++)
        sample_list_push(&list, (struct sample){times[i], (double)i});
    sample_list_normalise(&list);
    static const struct sample expected[] = {{1, 5}, {2, 7}, {3, 1}, {5, 0}, {9, 2}};
    ck_assert_uint_eq(list.len, ARRAY_LEN(expected));
    ck_assert_mem_eq(list.items, expected, sizeof(expected));
    ck_assert_ptr_eq(sample_list_find(&list, 3), &list.items[2]);
    ck_assert_ptr_null(sample_list_find(&list, 4));
    ck_assert_ptr_null(sample_list_find(&list, 10));
    sample_list_deinit(&list);
    sample_list_normalise(&list);
    ck_assert_uint_eq(list.len, 0);
}
END_TEST

UNIT_MAIN("chunk", hard_values_go_through, random_samples_go_through,
          times_at_the_ends_of_the_range, room_is_bounded_by_count_and_span,
          regular_data_is_small, every_flipped_bit_is_found, rubbish_payloads_stay_in_bounds,
          lists_are_normalised)
