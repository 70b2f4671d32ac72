/* SPDX-License-Identifier: MIT */
#include "store/log_record.h"

#include <string.h>

#include "base/checksum.h"
#include "store/bytes.h"
#include "unit.h"

static char seen[4096]; /* by a reader, as text */

static bool see_samples(void *arg, uint32_t id, const struct sample *samples, size_t n)
{
    char *at = seen + strlen(seen), *end = seen + sizeof(seen);
    ck_assert_ptr_eq(arg, seen);
    at += snprintf(at, (size_t)(end - at), "%u:", id);
    for (size_t i = 0; i < n; i++)
        at += snprintf(at, (size_t)(end - at), "%lld=%g,", (long long)samples[i].at_ms,
                       samples[i].value);
    snprintf(at, (size_t)(end - at), " ");
    return true;
}

static bool see_series(void *arg, uint32_t id, org_id org, struct slice labels)
{
    (void)arg;
    size_t len = strlen(seen);
    snprintf(seen + len, sizeof(seen) - len, "%u@%lld(%.*s) ", id, (long long)org,
             (int)labels.len, labels.data);
    return true;
}

static bool see_removed(void *arg, uint32_t id)
{
    (void)arg;
    size_t len = strlen(seen);
    snprintf(seen + len, sizeof(seen) - len, "-%u ", id);
    return id != 13; /* there it wants no more */
}

static bool read_records(const uint8_t *data, size_t len)
{
    struct log_reader reader = {
        .samples = see_samples, .series = see_series, .removed = see_removed, .arg = seen};
    seen[0] = '\0';
    bool valid = true;
    for (size_t at = 0; valid && at < len;) {
        size_t record = log_record_check(data + at, len - at);
        valid = record > 0 && log_record_read(data + at, record, &reader);
        at += record;
    }
    sample_list_deinit(&reader.scratch);
    return valid;
}

static const struct sample samples[] = {
    {1700000000000, 1}, {INT64_MAX, -0.0}, {INT64_MIN, 3}, {1700000000000, 4}};

static void write_records(struct log_writer *out)
{
    log_record_begin(out, LOG_RECORD_SERIES);
    log_record_put_series(out, UINT32_MAX - 1, -5, SLICE("some labels"));
    log_record_put_series(out, 1, 7, SLICE(""));
    log_record_end(out);
    log_record_begin(out, LOG_RECORD_SAMPLES);
    log_record_put_samples(out, UINT32_MAX - 1, samples, 3);
    log_record_put_samples(out, 1, samples, 1);
    log_record_put_samples(out, 2, samples, 1);
    log_record_put_samples(out, 3, samples + 3, 1);
    log_record_put_samples(out, 3, samples + 2, 1);
    log_record_end(out);
    log_record_begin(out, LOG_RECORD_REMOVED);
    log_record_put_removed(out, 9);
    log_record_end(out);
}

START_TEST(what_is_written_is_read)
{
    struct log_writer records = {0}, both = {0};
    log_record_begin(&records, LOG_RECORD_SAMPLES); /* of nothing: it is taken back */
    log_record_end(&records);
    ck_assert_uint_eq(records.len, 0);
    write_records(&records);
    ck_assert(read_records(records.data, records.len));
    ck_assert_str_eq(
        seen, "4294967294@-5(some labels) 1@7() "
              "4294967294:1700000000000=1,9223372036854775807=-0,-9223372036854775808=3, "
              "1:1700000000000=1, 2:1700000000000=1, 3:1700000000000=4, "
              "3:-9223372036854775808=3, -9 ");
    log_writer_join(&both, &records);
    log_writer_join(&both, &records);
    ck_assert(read_records(both.data, both.len));
    log_writer_deinit(&records);
    log_writer_deinit(&both);
}
END_TEST

/* The usual case: the next series, one sample, the same time. */
START_TEST(a_scrape_takes_nine_bytes_a_sample)
{
    struct log_writer record = {0};
    log_record_begin(&record, LOG_RECORD_SAMPLES);
    for (uint32_t id = 1000; id < 1200; id++)
        log_record_put_samples(&record, id, samples, 1);
    log_record_end(&record);
    ck_assert_uint_le(record.len, 200 * 9 + LOG_RECORD_HEAD_BYTES + 20);
    log_writer_deinit(&record);
}
END_TEST

START_TEST(damage_is_found)
{
    struct log_writer record = {0};
    log_record_begin(&record, LOG_RECORD_SAMPLES);
    log_record_put_samples(&record, 5, samples, 3);
    log_record_end(&record);
    ck_assert_uint_eq(log_record_check(record.data, record.len), record.len);
    ck_assert_uint_eq(log_record_check(record.data, record.len + 0), record.len);
    for (size_t bit = 0; bit < record.len * 8; bit++) {
        record.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_uint_eq(log_record_check(record.data, record.len), 0);
        record.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t len = 0; len < record.len; len++) {
        ck_assert_uint_eq(log_record_check(record.data, len), 0);
        ck_assert_int_eq(log_record_is_cut(record.data, len), len >= LOG_RECORD_HEAD_BYTES);
    }
    ck_assert(!log_record_is_cut(record.data, record.len));
    log_writer_deinit(&record);
}
END_TEST

/* The checksum is right, what it covers is not. */
START_TEST(malformed_bodies_are_refused)
{
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {
        {"\x02\x08", 2},                         /* an unknown bit */
        {"\x02\x00\0\0\0", 5},                   /* half a value */
        {"\x02\x01", 2},                         /* no id */
        {"\x02\x01\x01\0\0\0\0\0\0\0\0", 11},    /* id 0 */
        {"\x02\x02\x01\0\0\0\0\0\0\0\0", 11},    /* a sample is missing */
        {"\x02\x02\xff\xff\xff\xff\x0f\0\0", 9}, /* far too many */
        {"\x02\x04\xff", 3},                     /* cut off in the time */
        {"\x01\x01\x01\x05xx", 6},               /* labels are missing */
        {"\x01\x00\x01\x00", 4},                 /* id 0 */
        {"\x03\x00", 2},                         /* likewise */
        {"\x03\x0d", 2},                         /* the reader wants no more */
        {"\x09\x00", 2},                         /* an unknown kind */
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct log_writer record = {0};
        log_record_begin(&record, LOG_RECORD_REMOVED);
        log_record_put_series(&record, 1, 1, (struct slice){bad[i].bytes, bad[i].len});
        memcpy(record.data + LOG_RECORD_HEAD_BYTES, bad[i].bytes, bad[i].len);
        record.len = LOG_RECORD_HEAD_BYTES + bad[i].len;
        log_record_end(&record);
        ck_assert_uint_eq(log_record_check(record.data, record.len), record.len);
        ck_assert_msg(!read_records(record.data, record.len), "%zu", i);
        log_writer_deinit(&record);
    }
}
END_TEST

UNIT_MAIN("log_record", what_is_written_is_read, a_scrape_takes_nine_bytes_a_sample,
          damage_is_found, malformed_bodies_are_refused)
