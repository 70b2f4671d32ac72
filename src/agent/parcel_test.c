/* SPDX-License-Identifier: MIT */
#include "agent/parcel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sampler.h"
#include "unit.h"

static struct parcel *make(int n_series)
{
    static const struct metric metric = {"m", "M.", METRIC_GAUGE};
    struct sampler sampler;
    size_t n_samples;
    sampler_init(&sampler, "host", "node");
    sampler_begin(&sampler, 5000);
    for (int i = 0; i < n_series; i++) {
        char value[32];
        snprintf(value, sizeof(value), "%d", i);
        sampler_emit(&sampler, &metric, (struct label[]){{"n", value}}, 1, i);
    }
    ck_assert_int_eq(sampler_pack(&sampler, &n_samples), 0);
    struct parcel *parcel =
        parcel_new(5000, (uint32_t)n_samples, sampler_packed(&sampler)->data,
                   sampler_packed(&sampler)->len);
    sampler_deinit(&sampler);
    return parcel;
}

START_TEST(queues_first_in_first_out_within_its_bound)
{
    struct parcel_queue queue;
    parcel_queue_init(&queue, 10);
    ck_assert_ptr_null(parcel_queue_pop(&queue));
    ck_assert(parcel_queue_has_room(&queue, 1000)); /* one alone may be larger */
    parcel_queue_push(&queue, parcel_new(1, 1, "1234", 4));
    parcel_queue_push(&queue, parcel_new(2, 1, "123456", 6));
    ck_assert(parcel_queue_has_room(&queue, 0));
    ck_assert(!parcel_queue_has_room(&queue, 1));
    parcel_queue_push_front(&queue, parcel_new(0, 1, "x", 1));
    ck_assert_uint_eq(queue.bytes, 11);
    for (int i = 0; i < 3; i++) {
        struct parcel *parcel = parcel_queue_pop(&queue);
        ck_assert_int_eq(parcel->at_ms, i);
        free(parcel);
    }
    ck_assert_uint_eq(queue.bytes, 0);
    parcel_queue_push_front(&queue, parcel_new(7, 1, "x", 1));
    parcel_queue_push(&queue, parcel_new(8, 1, "y", 1));
    ck_assert_uint_eq(queue.n_parcels, 2);
    parcel_queue_deinit(&queue);
    ck_assert_ptr_null(queue.first);
}
END_TEST

START_TEST(splits_down_to_single_series)
{
    struct parcel_queue queue;
    parcel_queue_init(&queue, 1 << 20);
    parcel_queue_push(&queue, make(101));
    uint32_t singles = 0;
    struct parcel *parcel;
    while ((parcel = parcel_queue_pop(&queue)) != NULL) {
        struct parcel *halves[2];
        int error = parcel_split(parcel, halves);
        if (error == 0) {
            ck_assert_uint_eq(halves[0]->n_samples + halves[1]->n_samples, parcel->n_samples);
            ck_assert_int_eq(halves[0]->at_ms, 5000);
            parcel_queue_push_front(&queue, halves[1]);
            parcel_queue_push_front(&queue, halves[0]);
        } else {
            ck_assert_int_eq(error, -E2BIG);
            ck_assert_uint_eq(parcel->n_samples, 1);
            singles++;
        }
        free(parcel);
    }
    ck_assert_uint_eq(singles, 101);
}
END_TEST

START_TEST(does_not_split_nonsense)
{
    struct parcel *halves[2] = {NULL, NULL};
    struct parcel *parcel = parcel_new(1, 1, "not snappy at all", 17);
    ck_assert_int_lt(parcel_split(parcel, halves), 0);
    ck_assert_ptr_null(halves[0]);
    free(parcel);
}
END_TEST

UNIT_MAIN("parcel", queues_first_in_first_out_within_its_bound, splits_down_to_single_series,
          does_not_split_nonsense)
