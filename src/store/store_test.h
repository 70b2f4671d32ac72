/* SPDX-License-Identifier: MIT */
/*
 * store_test - what the tests of the store share: a file of its own per test, a clock that stands
 * still, batches from a few words.
 */
#pragma once

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/internal.h"
#include "unit.h"

#define NOW_MS ((msec_t)1700000000000)

static msec_t test_now_ms = NOW_MS;
static char test_dir[64];
static char test_path[96];
static struct store_options test_options;
static struct store *store;

static inline msec_t test_wall_ms(void)
{
    return __atomic_load_n(&test_now_ms, __ATOMIC_RELAXED);
}

static inline void test_open(void)
{
    struct problem problem = {0};
    int error = store_open(&test_options, &store, &problem);
    ck_assert_msg(error == 0, "%s (%d)", problem.text, error);
}

static inline void test_reopen(void)
{
    store_close(store);
    test_open();
}

static inline void test_begin(void)
{
    unit_make_folder(test_dir, sizeof(test_dir));
    snprintf(test_path, sizeof(test_path), "%s/series.db", test_dir);
    test_options = store_defaults;
    test_options.path = test_path;
    test_options.wall_ms = test_wall_ms;
    test_now_ms = NOW_MS;
}

static inline void test_remove_files(void)
{
    unit_remove_tree(test_dir);
}

static inline void test_end(void)
{
    store_close(store);
    store = NULL;
    test_remove_files();
}

/* The encoded labels {__name__=name, instance=instance}. */
static inline void test_encode(struct buf *out, const char *name, const char *instance)
{
    buf_reset(out);
    labels_encode_pair(out, LABEL_METRIC_NAME, name);
    labels_encode_pair(out, LABEL_INSTANCE, instance);
}

/* Appends to one series. */
static inline int test_append(const char *instance, const struct sample *samples, size_t count,
                              struct store_refusals *out_refusals)
{
    struct buf encoded;
    buf_init(&encoded, 10000);
    test_encode(&encoded, "up", instance);
    struct batch_series series = {.encoded = (const uint8_t *)encoded.data,
                                  .encoded_len = (uint32_t)encoded.len,
                                  .samples = samples,
                                  .n_samples = (uint32_t)count};
    struct batch batch = {ORG_FIRST, &series, 1, count};
    struct store_refusals refusals = {0};
    int error = store_append(store, &batch, &refusals);
    buf_deinit(&encoded);
    if (out_refusals != NULL)
        *out_refusals = refusals;
    return error;
}

static inline int test_append_one(const char *instance, msec_t at_ms, double value)
{
    const struct sample sample = {at_ms, value};
    return test_append(instance, &sample, 1, NULL);
}

static inline struct matcher test_matcher(enum matcher_op op, const char *name,
                                          const char *value)
{
    struct matcher matcher;
    ck_assert_int_eq(matcher_init(&matcher, op, name, value, NULL), 0);
    return matcher;
}

/* Samples of up{instance=} within [from, to], at most one series; the number of samples. */
static inline size_t test_select(const char *instance, msec_t from_ms, msec_t to_ms,
                                 struct sample *out, size_t max)
{
    struct matcher matcher = test_matcher(MATCHER_EQUAL, LABEL_INSTANCE, instance);
    struct arena arena;
    arena_init(&arena, (size_t)64 << 20);
    const struct series_request request = {.org = ORG_FIRST,
                                           .matchers = &matcher,
                                           .n_matchers = 1,
                                           .from_ms = from_ms,
                                           .to_ms = to_ms,
                                           .max_samples = max};
    struct series_source source = store_source(store);
    struct series_set set = {0};
    ck_assert_int_eq(source.kind->select(source.source, &request, &arena, &set), 0);
    ck_assert_uint_le(set.len, 1);
    size_t count = set.len == 0 ? 0 : set.items[0].n_samples;
    for (size_t i = 0; i < count; i++)
        out[i] = set.items[0].samples[i];
    series_set_release(&set);
    arena_deinit(&arena);
    matcher_deinit(&matcher);
    return count;
}

static inline uint64_t test_bits(double value)
{
    return sample_bits(value);
}
