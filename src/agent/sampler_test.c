/* SPDX-License-Identifier: MIT */
#include "agent/sampler.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "unit.h"
#include "wire/remote_write.h"
#include "wire/snappy.h"

static const struct metric load = {"node_load1", "Load.", METRIC_GAUGE};
static const struct metric disk = {"sentora_disk_usage_percent", "Disk.", METRIC_GAUGE};

static struct sampler sampler;
static struct arena arena;
static struct buf request;
static struct batch batch;

static void begin(void)
{
    sampler_init(&sampler, "web-1", "node");
    arena_init(&arena, (size_t)64 << 20);
    buf_init(&request, (size_t)64 << 20);
}

static void end(void)
{
    sampler_deinit(&sampler);
    arena_deinit(&arena);
    buf_deinit(&request);
}

static void emit_disk(const char *mountpoint, double value)
{
    sampler_emit(&sampler, &disk, (struct label[]){{"mountpoint", mountpoint}}, 1, value);
}

/* Packs and decodes what was packed. */
static size_t pack(void)
{
    size_t n_samples = 0;
    ck_assert_int_eq(sampler_pack(&sampler, &n_samples), 0);
    buf_reset(&request);
    arena_reset(&arena);
    ck_assert_int_eq(
        snappy_unpack(sampler_packed(&sampler)->data, sampler_packed(&sampler)->len, &request),
        0);
    ck_assert_int_eq(remote_write_decode(request.data, request.len, &arena, &batch, NULL), 0);
    ck_assert_uint_eq(batch.n_samples, n_samples);
    return n_samples;
}

static void series_is(size_t at, const char *text, msec_t at_ms, double value)
{
    struct labels *labels;
    struct buf name;
    ck_assert_uint_lt(at, batch.n_series);
    const struct batch_series *series = &batch.series[at];
    ck_assert_int_eq(labels_new_decoded(series->encoded, series->encoded_len, &labels), 0);
    buf_init(&name, 4096);
    labels_format(&name, labels);
    ck_assert_str_eq(buf_text(&name), text);
    ck_assert_uint_eq(series->n_samples, 1);
    ck_assert_int_eq(series->samples[0].at_ms, at_ms);
    ck_assert_double_eq(series->samples[0].value, value);
    buf_deinit(&name);
    labels_unref(labels);
}

START_TEST(adds_instance_and_job)
{
    begin();
    sampler_begin(&sampler, 1000);
    sampler_emit(&sampler, &load, NULL, 0, 0.5);
    emit_disk("/", 63);
    ck_assert_uint_eq(pack(), 2);
    series_is(0, "node_load1{instance=\"web-1\",job=\"node\"}", 1000, 0.5);
    series_is(1, "sentora_disk_usage_percent{instance=\"web-1\",job=\"node\",mountpoint=\"/\"}",
              1000, 63);
    end();
}
END_TEST

START_TEST(encodes_labels_once)
{
    begin();
    for (int i = 0; i < 20; i++) {
        sampler_begin(&sampler, i * 1000);
        sampler_emit(&sampler, &load, NULL, 0, i);
        if (i % 3 == 0) /* comes and goes, in the middle */
            emit_disk("/media", 3);
        emit_disk("/", 1);
        emit_disk("/home", 2);
        pack();
        ck_assert_uint_eq(sampler.n_encoded, 4);
        ck_assert_uint_eq(sampler.cursor, sampler.previous.len);
    }
    end();
}
END_TEST

START_TEST(marks_a_series_that_ended_once)
{
    begin();
    sampler_begin(&sampler, 1000);
    emit_disk("/", 1);
    emit_disk("/media", 2);
    pack();
    sampler_begin(&sampler, 2000);
    emit_disk("/", 1);
    ck_assert_uint_eq(pack(), 2);
    ck_assert(sample_value_is_stale(batch.series[1].samples[0].value));
    ck_assert_int_eq(batch.series[1].samples[0].at_ms, 2000);
    sampler_begin(&sampler, 3000);
    emit_disk("/", 1);
    ck_assert_uint_eq(pack(), 1);
    end();
}
END_TEST

START_TEST(takes_a_series_once_and_refuses_what_is_no_label_set)
{
    char big[LABELS_VALUE_MAX_BYTES + 2];
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    begin();
    sampler_begin(&sampler, 1000);
    emit_disk("/", 1);
    emit_disk("/", 2);
    emit_disk(big, 3);
    emit_disk("\xff\xfe", 4);
    ck_assert_uint_eq(pack(), 1);
    ck_assert_uint_eq(sampler.refused, 3);
    series_is(0, "sentora_disk_usage_percent{instance=\"web-1\",job=\"node\",mountpoint=\"/\"}",
              1000, 1);
    end();
}
END_TEST

START_TEST(forgets_series_that_do_not_come_back)
{
    begin();
    for (int i = 0; i < 2000; i++) {
        char name[32];
        snprintf(name, sizeof(name), "/run/%d", i);
        sampler_begin(&sampler, i);
        emit_disk(name, 1);
        size_t n_samples;
        ck_assert_int_eq(sampler_pack(&sampler, &n_samples), 0);
    }
    ck_assert_uint_lt(sampler.by_key.len, 600);
    end();
}
END_TEST

START_TEST(bounds_the_number_of_series)
{
    begin();
    sampler_begin(&sampler, 1);
    for (int i = 0; i < SAMPLER_SERIES_MAX + 10; i++) {
        char name[32];
        snprintf(name, sizeof(name), "/run/%d", i);
        emit_disk(name, 1);
    }
    ck_assert_uint_eq(sampler.refused, 10);
    ck_assert_uint_eq(pack(), SAMPLER_SERIES_MAX);
    end();
}
END_TEST

START_TEST(says_when_there_is_nothing)
{
    size_t n_samples = 7;
    begin();
    sampler_begin(&sampler, 1000);
    ck_assert_int_eq(sampler_pack(&sampler, &n_samples), -ENODATA);
    ck_assert_uint_eq(n_samples, 7);
    end();
}
END_TEST

START_TEST(a_steady_collection_is_not_packed_anew)
{
    uint64_t packed_at_20 = 0;
    begin();
    for (int i = 1; i <= 600; i++) {
        sampler_begin(&sampler, 1700000000000 + i * 1000);
        sampler_emit(&sampler, &load, NULL, 0, i);
        emit_disk("/", 40);
        emit_disk("/home", i < 200 ? i % 2 : 1);
        pack();
        if (i == 20)
            packed_at_20 = sampler.n_packed;
        series_is(0, "node_load1{instance=\"web-1\",job=\"node\"}", 1700000000000 + i * 1000,
                  i);
        ck_assert_double_eq(batch.series[1].samples[0].value, 40);
        ck_assert_double_eq(batch.series[2].samples[0].value, i < 200 ? i % 2 : 1);
    }
    ck_assert_uint_le(packed_at_20, 3);
    ck_assert_uint_le(sampler.n_packed, packed_at_20 + 2); /* every 256, to see what rests */
    end();
}
END_TEST

START_TEST(a_value_that_moves_after_a_rest_is_sent)
{
    begin();
    for (int i = 1; i <= 3000; i++) {
        sampler_begin(&sampler, 1700000000000 + i);
        emit_disk("/", i / 100);
        emit_disk("/home", -0.0);
        pack();
        ck_assert_double_eq(batch.series[0].samples[0].value, i / 100);
    }
    /* A move each 100 collections, which soon is often enough to keep the gap. */
    ck_assert_uint_lt(sampler.n_packed, 30);
    end();
}
END_TEST

START_TEST(what_ended_comes_back_with_its_value)
{
    begin();
    for (int i = 1; i <= 40; i++) {
        sampler_begin(&sampler, 1700000000000 + i);
        emit_disk("/", i);
        if (i % 5 != 0)
            emit_disk("/media", i % 3);
        emit_disk("/home", i);
        size_t n = pack();
        ck_assert_uint_eq(n, 3);
        ck_assert_double_eq(batch.series[0].samples[0].value, i);
        ck_assert_double_eq(batch.series[i % 5 == 0 ? 1 : 2].samples[0].value, i);
        if (i % 5 == 0)
            ck_assert(sample_value_is_stale(batch.series[2].samples[0].value));
        else
            ck_assert_double_eq(batch.series[1].samples[0].value, i % 3);
    }
    end();
}
END_TEST

UNIT_MAIN("sampler", a_steady_collection_is_not_packed_anew,
          a_value_that_moves_after_a_rest_is_sent, what_ended_comes_back_with_its_value,
          adds_instance_and_job, encodes_labels_once, marks_a_series_that_ended_once,
          takes_a_series_once_and_refuses_what_is_no_label_set,
          forgets_series_that_do_not_come_back, bounds_the_number_of_series,
          says_when_there_is_nothing)
