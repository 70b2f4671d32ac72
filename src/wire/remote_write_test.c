/* SPDX-License-Identifier: MIT */
#include "wire/remote_write.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "model/labels.h"
#include "unit.h"

#define ARENA_CEILING ((size_t)1 << 20)

static struct arena arena;
static struct buf body, encoded;
static struct problem problem;
static struct batch batch;

static void set_up(void)
{
    arena_init(&arena, ARENA_CEILING);
    buf_init(&body, 1 << 20);
    buf_init(&encoded, 1 << 20);
    memset(&problem, 0, sizeof(problem));
    memset(&batch, 0, sizeof(batch));
}

static void tear_down(void)
{
    buf_deinit(&body);
    buf_deinit(&encoded);
    arena_deinit(&arena);
}

static int decode(void)
{
    return remote_write_decode(body.data, body.len, &arena, &batch, &problem);
}

static int decode_bytes(const void *bytes, size_t len)
{
    /* In memory of exactly this size, so that a sanitizer sees a read past the end. */
    char *copy = malloc(len == 0 ? 1 : len);
    memcpy(copy, bytes, len);
    int error = remote_write_decode(copy, len, &arena, &batch, &problem);
    free(copy);
    return error;
}

static const char *text_of(const void *bytes, size_t len)
{
    static char text[300];
    ck_assert_uint_lt(len, sizeof(text));
    memcpy(text, bytes, len);
    text[len] = '\0';
    return text;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

START_TEST(what_is_encoded_is_decoded)
{
    set_up();
    labels_encode_pair(&encoded, "__name__", "up");
    const uint32_t one_label = (uint32_t)encoded.len;
    labels_encode_pair(&encoded, "instance", "web-1");
    const struct sample samples[] = {{0, 0},
                                     {1, -0.0},
                                     {-1, (double)INFINITY},
                                     {INT64_MAX, sample_stale_value()},
                                     {INT64_MIN, 0.1},
                                     {1700000000000, (double)NAN}};
    const struct batch_series series[] = {
        {.encoded = (const uint8_t *)encoded.data,
         .encoded_len = (uint32_t)encoded.len,
         .samples = samples,
         .n_samples = ARRAY_LEN(samples)},
        {.encoded = (const uint8_t *)encoded.data,
         .encoded_len = one_label,
         .samples = samples,
         .n_samples = 0},
        {.encoded = (const uint8_t *)encoded.data, .samples = samples + 5, .n_samples = 1},
    };
    ck_assert_int_eq(remote_write_encode(series, ARRAY_LEN(series), &body), 0);
    ck_assert_int_eq(decode(), 0);
    ck_assert_uint_eq(batch.n_series, 2); /* the one without samples is left out */
    ck_assert_uint_eq(batch.n_samples, ARRAY_LEN(samples) + 1);
    ck_assert_uint_eq(batch.series[0].encoded_len, encoded.len);
    ck_assert_mem_eq(batch.series[0].encoded, encoded.data, encoded.len);
    ck_assert_uint_eq(batch.series[1].encoded_len, 0);
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        ck_assert_int_eq(batch.series[0].samples[i].at_ms, samples[i].at_ms);
        ck_assert(bits_of(batch.series[0].samples[i].value) == bits_of(samples[i].value));
    }
    /* Side by side in the body means used in place. */
    ck_assert((const char *)batch.series[0].encoded > body.data &&
              (const char *)batch.series[0].encoded < body.data + body.len);
    tear_down();
}
END_TEST

START_TEST(an_empty_request_is_empty)
{
    set_up();
    ck_assert_int_eq(remote_write_decode(NULL, 0, &arena, &batch, &problem), 0);
    ck_assert_uint_eq(batch.n_series, 0);
    ck_assert_int_eq(decode_bytes("\x0a\x00", 2), 0); /* a series with nothing in it */
    ck_assert_uint_eq(batch.n_series, 0);
    tear_down();
}
END_TEST

START_TEST(unknown_fields_are_skipped)
{
    set_up();
    buf_append(&body, "\x1a\x03\x01\x02\x03\xf8\x01\x96\x01", 9);
    struct buf series;
    buf_init(&series, 1000);
    buf_append(&series, "\x1a\x02zz", 4);
    labels_encode_pair(&series, "a", "b");
    buf_append(&series, "\x45\x01\x02\x03\x04\x22\x01z", 8);
    buf_append(&series, "\x12\x0d\x09\0\0\0\0\0\0\xf0\x3f\x10\x07\x18\x01", 15);
    buf_append(&series, "\x12\x02\x18\x01", 4);
    buf_append_char(&body, 0x0a);
    buf_append_char(&body, (char)series.len);
    buf_append(&body, series.data, series.len);
    ck_assert_int_eq(decode(), 0);
    ck_assert_uint_eq(batch.n_series, 1);
    ck_assert_uint_eq(batch.n_samples, 2);
    ck_assert_int_eq(batch.series[0].samples[0].at_ms, 7);
    ck_assert(bits_of(batch.series[0].samples[0].value) == bits_of(1.0));
    ck_assert_int_eq(batch.series[0].samples[1].at_ms, 0);
    ck_assert(bits_of(batch.series[0].samples[1].value) == 0);
    buf_deinit(&series);
    tear_down();
}
END_TEST

START_TEST(labels_that_lie_apart_are_joined)
{
    set_up();
    struct buf series;
    buf_init(&series, 1000);
    labels_encode_pair(&series, "a", "1");
    buf_append(&series, "\x12\x02\x10\x05", 4); /* a sample between the labels */
    buf_append(&series,
               "\x8a\x00\x86\x00\x0a\x01"
               "b\x12\x01"
               "2",
               10); /* tag and length in more bytes than needed */
    buf_append_char(&body, 0x0a);
    buf_append_char(&body, (char)series.len);
    buf_append(&body, series.data, series.len);
    labels_encode_pair(&encoded, "a", "1");
    labels_encode_pair(&encoded, "b", "2");
    ck_assert_int_eq(decode(), 0);
    ck_assert_uint_eq(batch.n_series, 1);
    ck_assert_uint_eq(batch.series[0].encoded_len, encoded.len);
    ck_assert_mem_eq(batch.series[0].encoded, encoded.data, encoded.len);
    ck_assert_int_eq(batch.series[0].samples[0].at_ms, 5);
    buf_deinit(&series);
    tear_down();
}
END_TEST

static const struct {
    const char *bytes;
    size_t len;
} malformed[] = {
#define CASE(text)                                                                             \
    {                                                                                          \
        text, sizeof(text) - 1                                                                 \
    }
    CASE("\x0a"),                                         /* tag and no more */
    CASE("\x0a\x05\x12"),                                 /* length past the end */
    CASE("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), /* length of 2^64-1 */
    CASE("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), /* varint over 64 bits */
    CASE("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
    CASE("\x02\x00"),                             /* field number 0 */
    CASE("\x08\x01"),                             /* time series as an integer */
    CASE("\x0b\x0c"),                             /* a group */
    CASE("\x0e\x00"),                             /* wire type 6 */
    CASE("\x0a\x02\x08\x01"),                     /* label as an integer */
    CASE("\x0a\x02\x10\x01"),                     /* sample as an integer */
    CASE("\x0a\x03\x12\x02\x08"),                 /* sample length past the series */
    CASE("\x0a\x04\x12\x02\x08\x01"),             /* value as an integer */
    CASE("\x0a\x0b\x12\x09\x11\0\0\0\0\0\0\0\0"), /* timestamp as a double */
    CASE("\x0a\x05\x12\x03\x09\0\0"),             /* truncated double */
    CASE("\x0a\x04\x12\x02\x10\x80"),             /* truncated timestamp */
    CASE("\x1a\x02\x01"),                         /* truncated metadata */
#undef CASE
};

START_TEST(malformed_requests_are_refused)
{
    for (size_t i = 0; i < ARRAY_LEN(malformed); i++) {
        set_up();
        ck_assert_int_eq(decode_bytes(malformed[i].bytes, malformed[i].len), -EINVAL);
        ck_assert(text_has_prefix(problem.text, "remote write: "));
        ck_assert_ptr_nonnull(strstr(problem.text, " at byte "));
        tear_down();
    }
}
END_TEST

START_TEST(every_prefix_is_refused_or_shorter)
{
    set_up();
    labels_encode_pair(&encoded, "__name__", "up");
    const struct sample samples[] = {{1700000000000, 1}, {1700000010000, 2}};
    const struct batch_series series = {.encoded = (const uint8_t *)encoded.data,
                                        .encoded_len = (uint32_t)encoded.len,
                                        .samples = samples,
                                        .n_samples = 2};
    const struct batch_series twice[] = {series, series};
    ck_assert_int_eq(remote_write_encode(twice, 2, &body), 0);
    for (size_t len = 0; len < body.len; len++) {
        int error = decode_bytes(body.data, len);
        if (len == 0 || len == body.len / 2)
            ck_assert_int_eq(error, 0);
        else
            ck_assert_int_eq(error, -EINVAL);
    }
    tear_down();
}
END_TEST

START_TEST(ceilings_hold)
{
    set_up();
    ck_assert_int_eq(
        remote_write_decode("", REMOTE_WRITE_BODY_MAX_BYTES + 1, &arena, &batch, &problem),
        -EINVAL);
    /* 4-byte series of an empty sample each grow to more than the arena may hold. */
    for (size_t i = 0; i < 100000; i++)
        buf_append(&body, "\x0a\x02\x12\x00", 4);
    ck_assert_int_eq(decode(), -E2BIG);
    ck_assert_ptr_null(batch.series); /* the output is left alone */
    tear_down();

    set_up();
    static char value[REMOTE_WRITE_LABELS_MAX_BYTES];
    memset(value, 'x', sizeof(value) - 1);
    labels_encode_pair(&encoded, "a", value);
    const struct sample sample = {1, 1};
    const struct batch_series series = {.encoded = (const uint8_t *)encoded.data,
                                        .encoded_len = (uint32_t)encoded.len,
                                        .samples = &sample,
                                        .n_samples = 1};
    ck_assert_int_eq(remote_write_encode(&series, 1, &body), 0);
    ck_assert_int_eq(decode(), -EINVAL);
    struct buf tiny;
    buf_init(&tiny, 100);
    ck_assert_int_eq(remote_write_encode(&series, 1, &tiny), -ENOBUFS);
    buf_deinit(&tiny);
    tear_down();
}
END_TEST

/* ---- the quick way against the general one ---- */

static void put_series(struct buf *out, const struct buf *series)
{
    buf_append_char(out, 0x0a);
    if (series->len >= 0x80)
        buf_append_char(out, (char)(series->len | 0x80));
    buf_append_char(out, (char)(series->len >= 0x80 ? series->len >> 7 : series->len));
    buf_append(out, series->data, series->len);
}

static void put_random_label(struct buf *out)
{
    static const char *const names[] = {"__name__", "instance", "job", "mode", "inst", ""};
    char value[200];
    size_t len = (size_t)rand() % (rand() % 9 == 0 ? 190 : 20);
    memset(value, 'v', len);
    value[len] = '\0';
    labels_encode_pair(out, names[rand() % (int)ARRAY_LEN(names)], value);
}

/* A sample as we encode it, with a time of any length; sometimes as others might. */
static void put_random_sample(struct buf *out)
{
    struct sample sample = {.at_ms =
                                (msec_t)((uint64_t)rand() * (uint64_t)rand() >> rand() % 62),
                            .value = (double)rand() / 7};
    if (rand() % 20 == 0)
        sample.at_ms = -sample.at_ms;
    struct buf whole;
    buf_init(&whole, 100);
    struct batch_series series = {.samples = &sample, .n_samples = 1};
    ck_assert_int_eq(remote_write_encode(&series, 1, &whole), 0);
    if (rand() % 30 == 0)
        buf_append(out, "\x12\x02\x10\x05", 4);
    else
        buf_append(out, whole.data + 2, whole.len - 2); /* without the series' head */
    buf_deinit(&whole);
}

static void fill_random_request(struct buf *out)
{
    struct buf series;
    buf_init(&series, 10000);
    for (int n = rand() % 6; n > 0; n--) {
        buf_reset(&series);
        for (int i = rand() % 6; i > 0; i--)
            put_random_label(&series);
        for (int i = rand() % 4; i > 0; i--)
            put_random_sample(&series);
        if (rand() % 30 == 0)
            put_random_label(&series);
        put_series(out, &series);
    }
    buf_deinit(&series);
}

static void check_same(const struct batch *quick, const struct batch *slow)
{
    ck_assert_uint_eq(quick->n_series, slow->n_series);
    ck_assert_uint_eq(quick->n_samples, slow->n_samples);
    for (size_t i = 0; i < quick->n_series; i++) {
        const struct batch_series *a = &quick->series[i], *b = &slow->series[i];
        ck_assert_uint_eq(a->encoded_len, b->encoded_len);
        ck_assert_uint_eq(a->n_samples, b->n_samples);
        if (a->encoded_len > 0)
            ck_assert_mem_eq(a->encoded, b->encoded, a->encoded_len);
        ck_assert_int_eq(memcmp(a->samples, b->samples, a->n_samples * sizeof(*a->samples)), 0);
        struct labels *labels = NULL;
        if (a->instance_at == 0 || labels_new_decoded(a->encoded, a->encoded_len, &labels) != 0)
            continue;
        const char *instance = labels_value(labels, "instance");
        ck_assert_str_eq(instance == NULL ? "" : instance,
                         text_of(a->encoded + a->instance_at, a->instance_len));
        labels_unref(labels);
    }
}

START_TEST(the_quick_way_reads_as_the_general_one)
{
    set_up();
    size_t n_taken = 0, n_seen = 0;
    for (unsigned seed = 1; seed <= 20000; seed++) {
        srand(seed);
        buf_reset(&body);
        arena_reset(&arena);
        fill_random_request(&body);
        for (int n = seed % 2 == 0 ? rand() % 4 : 0; n > 0 && body.len > 0; n--)
            body.data[(size_t)rand() % body.len] = (char)rand();
        size_t len = seed % 5 == 0 && body.len > 0 ? (size_t)rand() % body.len : body.len;
        char *exact = malloc(MAX_OF(len, (size_t)1));
        if (len > 0)
            memcpy(exact, body.data, len);
        struct batch slow = {0};
        struct problem why = {0};
        int error = remote_write_decode(exact, len, &arena, &batch, &problem);
        ck_assert_int_eq(remote_write_decode_slowly(exact, len, &arena, &slow, &why), error);
        if (error == 0) {
            check_same(&batch, &slow);
            n_taken++;
            for (size_t i = 0; i < batch.n_series; i++)
                n_seen += batch.series[i].instance_at > 0;
        } else {
            ck_assert_str_eq(problem.text, why.text);
        }
        free(exact);
    }
    ck_assert_uint_gt(n_taken, 5000);
    ck_assert_uint_gt(n_seen, 1000); /* so the quick way was taken */
    tear_down();
}
END_TEST

UNIT_MAIN("remote_write", what_is_encoded_is_decoded, an_empty_request_is_empty,
          unknown_fields_are_skipped, labels_that_lie_apart_are_joined,
          malformed_requests_are_refused, every_prefix_is_refused_or_shorter, ceilings_hold,
          the_quick_way_reads_as_the_general_one)
