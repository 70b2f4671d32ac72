/* SPDX-License-Identifier: MIT */
#include "store/log_record.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

static struct log_entry seen[8];
static struct sample seen_samples[8][4];
static size_t n_seen;

static void note(const struct log_entry *entry, void *arg)
{
    ck_assert_ptr_eq(arg, seen);
    ck_assert_uint_le(entry->n_samples, 4);
    memcpy(seen_samples[n_seen], entry->samples, entry->n_samples * sizeof(struct sample));
    seen[n_seen++] = *entry;
}

static const struct sample samples[] = {{1700000000000, 1}, {INT64_MAX, -0.0}, {INT64_MIN, 3}};
static const struct log_entry entries[] = {
    {UINT32_MAX, UINT64_MAX / 2, samples, 3}, {1, 0, samples, 1}, {77, 5, samples + 1, 2}};

static void write_record(struct buf *out)
{
    struct log_record_writer writer;
    ck_assert_int_eq(buf_reserve(out, log_record_size_max(3, 6)), 0);
    log_record_begin(&writer, out);
    for (size_t i = 0; i < ARRAY_LEN(entries); i++)
        log_record_add(&writer, &entries[i]);
    log_record_end(&writer);
}

static int read_record(const char *data, size_t len)
{
    n_seen = 0;
    return log_record_read((const uint8_t *)data, len, note, seen);
}

START_TEST(what_is_written_is_read)
{
    struct buf record;
    buf_init(&record, 10000);
    buf_append_text(&record, "before");
    write_record(&record);
    ck_assert_int_eq(read_record(record.data + 6, record.len - 6), 0);
    ck_assert_uint_eq(n_seen, ARRAY_LEN(entries));
    for (size_t i = 0; i < n_seen; i++) {
        ck_assert_uint_eq(seen[i].series, entries[i].series);
        ck_assert_uint_eq(seen[i].number, entries[i].number);
        ck_assert_uint_eq(seen[i].n_samples, entries[i].n_samples);
        ck_assert_mem_eq(seen_samples[i], entries[i].samples,
                         entries[i].n_samples * sizeof(struct sample));
    }
    buf_deinit(&record);
}
END_TEST

START_TEST(damage_is_found_before_anything_is_applied)
{
    struct buf record;
    buf_init(&record, 10000);
    write_record(&record);
    for (size_t bit = 0; bit < record.len * 8; bit++) {
        record.data[bit / 8] = (char)(record.data[bit / 8] ^ 1 << bit % 8);
        ck_assert_int_eq(read_record(record.data, record.len), -EBADMSG);
        ck_assert_uint_eq(n_seen, 0);
        record.data[bit / 8] = (char)(record.data[bit / 8] ^ 1 << bit % 8);
    }
    for (size_t len = 0; len < record.len; len++)
        ck_assert_int_eq(read_record(record.data, len), -EBADMSG);
    buf_deinit(&record);
}
END_TEST

/* The checksum is right, the entries are not. */
START_TEST(a_malformed_entry_is_refused)
{
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {
        {"\x02", 1},                              /* no number */
        {"\x02\x00\x00", 3},                      /* no samples */
        {"\x00\x00\x01\x00\0\0\0\0\0\0\0\0", 12}, /* series 0 */
        {"\x02\x00\x02\x00\0\0\0\0\0\0\0\0", 12}, /* a sample is missing */
        {"\x02\x00\xff\xff\xff\xff\x0f", 7},      /* far too many */
        {"\x02\x00\x01\xff", 4},                  /* cut off in the time */
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct buf record;
        struct log_record_writer writer;
        buf_init(&record, 100);
        buf_reserve(&record, log_record_size_max(1, 2));
        log_record_begin(&writer, &record);
        buf_append(&record, bad[i].bytes, bad[i].len);
        log_record_end(&writer);
        ck_assert_int_eq(read_record(record.data, record.len), -EBADMSG);
        buf_deinit(&record);
    }
}
END_TEST

UNIT_MAIN("log_record", what_is_written_is_read, damage_is_found_before_anything_is_applied,
          a_malformed_entry_is_refused)
