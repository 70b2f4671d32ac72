/* SPDX-License-Identifier: MIT */
#include "wire/form.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "model/labels.h"
#include "unit.h"
#include "wire/remote_write.h"
#include "wire/snappy.h"

#define AT     ((msec_t)1700000000000)
#define N_MANY 1500

static struct form form;
static struct form_series list[N_MANY];
static struct buf encodings[N_MANY];
static struct arena arena;
static struct buf request;
static struct batch batch;

static void begin(size_t n_series)
{
    form_init(&form);
    arena_init(&arena, (size_t)64 << 20);
    buf_init(&request, (size_t)64 << 20);
    for (size_t i = 0; i < n_series; i++) {
        char device[32];
        snprintf(device, sizeof(device), "eth%zu", i / 3);
        buf_init(&encodings[i], 4096);
        labels_encode_pair(&encodings[i], "__name__",
                           i % 3 == 0   ? "node_network_receive_bytes_total"
                           : i % 3 == 1 ? "node_network_transmit_bytes_total"
                                        : "node_network_receive_errs_total");
        labels_encode_pair(&encodings[i], "device", device);
        labels_encode_pair(&encodings[i], "instance", "web-1");
        list[i] = (struct form_series){.encoded = (const uint8_t *)encodings[i].data,
                                       .encoded_len = (uint32_t)encodings[i].len,
                                       .is_still = i % 3 == 2,
                                       .value = (double)i};
    }
}

static void end(size_t n_series)
{
    for (size_t i = 0; i < n_series; i++)
        buf_deinit(&encodings[i]);
    form_deinit(&form);
    arena_deinit(&arena);
    buf_deinit(&request);
}

/* What the server would read. */
static void check(size_t n_series, msec_t at_ms)
{
    buf_reset(&request);
    arena_reset(&arena);
    ck_assert_int_eq(snappy_unpack(form.packed.data, form.packed.len, &request), 0);
    ck_assert_int_eq(remote_write_decode(request.data, request.len, &arena, &batch, NULL), 0);
    ck_assert_uint_eq(batch.n_series, n_series);
    for (size_t i = 0; i < n_series; i++) {
        const struct batch_series *series = &batch.series[i];
        ck_assert_uint_eq(series->encoded_len, list[i].encoded_len);
        ck_assert_mem_eq(series->encoded, list[i].encoded, list[i].encoded_len);
        ck_assert_uint_eq(series->n_samples, 1);
        ck_assert_mem_eq(&series->samples[0].value, &list[i].value, sizeof(double));
        ck_assert_int_eq(series->samples[0].at_ms, at_ms);
    }
}

START_TEST(is_complete_as_built_and_as_filled)
{
    begin(N_MANY);
    ck_assert_int_eq(form_build(&form, list, N_MANY, AT), 0);
    check(N_MANY, AT);
    size_t packed = form.packed.len;
    ck_assert_uint_lt(packed, request.len / 2);
    ck_assert_uint_gt(request.len, 65536); /* further than a copy reaches */

    srandom(7);
    for (int round = 1; round <= 50; round++) {
        for (size_t i = 0; i < N_MANY; i++) {
            uint64_t bits =
                (uint64_t)random() << 40 ^ (uint64_t)random() << 20 ^ (uint64_t)random();
            if (list[i].is_still)
                continue;
            memcpy(&list[i].value, &bits, sizeof(bits));
            form_set_value(&form, i, list[i].value);
        }
        ck_assert(form_set_time(&form, AT + round * 999));
        check(N_MANY, AT + round * 999);
    }
    ck_assert_uint_eq(form.packed.len, packed);
    end(N_MANY);
}
END_TEST

START_TEST(values_and_labels_that_look_like_a_time_stay)
{
    uint64_t bits = 0x010203f8f9fafbfc;
    begin(3);
    memcpy(&list[2].value, &bits, sizeof(bits));
    uint8_t odd[] = {0x0a, 12, 0x0a, 1, 'a', 0x12, 7, 0x10, 0x80, 0xe8, 0xb0, 0xfb, 0xbd, 0x31};
    list[1].encoded = odd; /* its value is the tag and the time as in the sample */
    list[1].encoded_len = sizeof(odd);
    ck_assert_int_eq(form_build(&form, list, 3, 0), 0);
    check(3, 0);
    ck_assert_int_eq(form_build(&form, list, 3, AT), 0);
    check(3, AT);
    for (msec_t at = AT; at < AT + 100000; at += 777) {
        ck_assert(form_set_time(&form, at));
        check(3, at);
    }
    end(3);
}
END_TEST

START_TEST(a_time_of_another_length_takes_a_new_form)
{
    static const msec_t times[] = {0, 127, 128, AT, INT64_MAX, -1, INT64_MIN};
    begin(4);
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        if (!form_set_time(&form, times[i]))
            ck_assert_int_eq(form_build(&form, list, 4, times[i]), 0);
        check(4, times[i]);
    }
    ck_assert(!form_set_time(&form, 0));
    end(4);
}
END_TEST

START_TEST(one_series_and_none)
{
    begin(1);
    ck_assert_int_eq(form_build(&form, list, 1, AT), 0);
    check(1, AT);
    ck_assert_int_eq(form_build(&form, list, 0, AT), 0);
    ck_assert_uint_eq(form.packed.len, 1); /* a length of 0, and nothing */
    end(1);
}
END_TEST

START_TEST(is_bounded)
{
    static uint8_t labels[200 * 1024];
    begin(0);
    for (size_t i = 0; i < N_MANY; i++)
        list[i] = (struct form_series){.encoded = labels, .encoded_len = sizeof(labels)};
    ck_assert_int_eq(form_build(&form, list, N_MANY, AT), -ENOBUFS);
    ck_assert_uint_eq(form.packed.len, 0);
    end(0);
}
END_TEST

UNIT_MAIN("form", is_complete_as_built_and_as_filled,
          values_and_labels_that_look_like_a_time_stay,
          a_time_of_another_length_takes_a_new_form, one_series_and_none, is_bounded)
