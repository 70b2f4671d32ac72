/* SPDX-License-Identifier: MIT */
/* Segments: rolling, removing, damage, and writes that fail. */
#include "store/log_test.h"

#include "base/file.h"
#include "store/log_internal.h"

static void open_log(struct log *log)
{
    ck_assert_int_eq(log_open(log, test_folder, &log_io_posix), 0);
}

static void put_many(struct log *log, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++)
        ck_assert_int_eq(test_put(log, i), 0);
}

START_TEST(what_is_appended_is_read_again)
{
    struct log log;
    test_new_folder();
    open_log(&log);
    ck_assert_uint_eq(log_roll(&log), 0); /* nothing to roll */
    put_many(&log, 1, 50);
    ck_assert_int_eq(log_sync(&log), 0);
    ck_assert_uint_eq(log_roll(&log), 1);
    ck_assert_uint_eq(log_roll(&log), 1); /* the next one is empty still */
    put_many(&log, 50, 60);
    ck_assert_uint_gt(log_bytes(&log), 60 * 10);
    log_close(&log);
    ck_assert_uint_eq(test_read().places, 0);
    ck_assert_uint_eq(n_found, 59);

    open_log(&log); /* goes on behind */
    ck_assert_uint_eq(log_current(&log), 3);
    put_many(&log, 60, 65);
    ck_assert_int_eq(log_remove(&log, 1), 0);
    ck_assert_int_eq(log_probe(&log), 0);
    log_close(&log);
    ck_assert_uint_eq(test_read().places, 0);
    ck_assert_uint_eq(n_found, 15);
    ck_assert(!found[49] && found[50] && found[64]);
}
END_TEST

START_TEST(segments_end_when_they_are_large)
{
    struct log log;
    test_new_folder();
    open_log(&log);
    struct sample *samples = calloc(100000, sizeof(*samples));
    struct log_writer record = {0};
    log_record_begin(&record, LOG_RECORD_SAMPLES);
    log_record_put_samples(&record, 1, samples, 100000);
    log_record_end(&record);
    size_t n = LOG_SEGMENT_MAX_BYTES / record.len + 2;
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(log_append(&log, &record), 0);
    ck_assert_uint_eq(log_current(&log), 2);
    ck_assert_uint_ge(log_bytes(&log), n * record.len);
    ck_assert_int_eq(log_sync(&log), 0); /* the first one, too, and closes it */
    ck_assert_int_eq(log_remove(&log, UINT64_MAX), 0);
    ck_assert_uint_lt(log_bytes(&log), LOG_SEGMENT_MAX_BYTES);
    log_close(&log);
    log_writer_deinit(&record);
    free(samples);
}
END_TEST

/* One segment of some records, and where each ends. */
static size_t make_segment(struct buf *out, size_t *ends, size_t n)
{
    struct log log;
    char path[PATH_MAX];
    test_new_folder();
    open_log(&log);
    log_path(&log, 1, path);
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_eq(test_put(&log, (uint32_t)i + 1), 0);
        ends[i] = log_bytes(&log);
    }
    log_close(&log);
    buf_init(out, 1 << 20);
    ck_assert_int_eq(file_read(path, out), 0);
    ck_assert_uint_eq(out->len, ends[n - 1]);
    return out->len;
}

static struct log_losses read_bytes(const void *data, size_t len)
{
    struct log_losses losses = {0};
    struct log_reader reader = test_reader();
    log_read_bytes(data, len, &reader, &losses);
    sample_list_deinit(&reader.scratch);
    ck_assert_uint_eq(n_wrong, 0);
    return losses;
}

START_TEST(cut_anywhere_the_whole_records_remain)
{
    enum {
        N = 40
    };
    struct buf segment;
    size_t ends[N], len = make_segment(&segment, ends, N), whole = 0;
    for (size_t cut = 0; cut <= len; cut++) {
        while (whole < N && ends[whole] <= cut)
            whole++;
        const struct log_losses losses = read_bytes(segment.data, cut);
        ck_assert_uint_eq(n_found, whole);
        ck_assert_uint_eq(losses.places, 0); /* what was cut was never acknowledged */
    }
    /* Room that the file system made and did not fill. */
    ck_assert_int_eq(buf_reserve(&segment, 5000), 0);
    memset(segment.data + len, 0, 5000);
    ck_assert_uint_eq(read_bytes(segment.data, len + 5000).places, 0);
    ck_assert_uint_eq(n_found, N);
    buf_deinit(&segment);
}
END_TEST

START_TEST(damage_costs_what_lies_in_it)
{
    enum {
        N = 20
    };
    struct buf segment;
    size_t ends[N], len = make_segment(&segment, ends, N);
    for (size_t at = LOG_HEAD_BYTES; at < len; at++) {
        segment.data[at] ^= 0x40;
        const struct log_losses losses = read_bytes(segment.data, len);
        ck_assert_uint_eq(n_found, N - 1);
        /* In the last one a length that is too long looks like a write that was cut. */
        ck_assert(losses.places == 1 || at >= ends[N - 2]);
        segment.data[at] ^= 0x40;
    }
    memset(segment.data + ends[4], 0, ends[9] - ends[4]); /* a page */
    ck_assert_uint_eq(read_bytes(segment.data, len).places, 1);
    ck_assert_uint_eq(n_found, N - 5);
    memset(segment.data, 0, LOG_HEAD_BYTES); /* the head of the file */
    ck_assert_uint_eq(read_bytes(segment.data, len).places, 2);
    ck_assert_uint_eq(n_found, N - 5);
    buf_deinit(&segment);
}
END_TEST

START_TEST(a_missing_segment_is_noticed)
{
    struct log log;
    char path[PATH_MAX];
    test_new_folder();
    open_log(&log);
    for (uint32_t i = 1; i <= 5; i++) {
        put_many(&log, i, i + 1);
        log_roll(&log);
    }
    ck_assert_int_eq(unlink(log_path(&log, 3, path)), 0);
    log_close(&log);
    ck_assert_uint_eq(test_read().places, 1);
    ck_assert_uint_eq(n_found, 4);
}
END_TEST

/* --- writes that fail --- */

static size_t room; /* bytes until the disk is full */
static bool truncate_fails;

static ssize_t full_write(int file, const void *data, size_t len)
{
    if (room == 0)
        return -ENOSPC;
    size_t part = len < room ? len : room;
    room -= part;
    return log_io_posix.write(file, data, part);
}

static int full_truncate(int file, uint64_t len)
{
    return truncate_fails ? -EIO : log_io_posix.truncate(file, len);
}

/* Fills the disk again and again, with a little more room each time. */
static void fill_and_go_on(bool no_truncate)
{
    struct log_io io = log_io_posix;
    struct log log;
    bool acknowledged[RECORDS_MAX] = {0};
    uint32_t number = 1;
    size_t refused = 0;
    io.write = full_write;
    io.truncate = full_truncate;
    truncate_fails = no_truncate;
    test_new_folder();
    ck_assert_int_eq(log_open(&log, test_folder, &io), 0);
    for (size_t round = 0; round < 200; round++) {
        room = round;
        int error;
        while ((error = test_put(&log, number)) == 0)
            acknowledged[number++] = true;
        ck_assert_int_eq(error, -ENOSPC);
        ck_assert_int_eq(log_probe(&log), -ENOSPC);
        number++;
        refused++;
    }
    room = SIZE_MAX;
    ck_assert_int_eq(log_probe(&log), 0);
    ck_assert_int_eq(test_put(&log, number), 0);
    acknowledged[number] = true;
    log_close(&log);
    ck_assert_uint_eq(test_read().places, 0);
    for (size_t i = 0; i < RECORDS_MAX; i++)
        ck_assert_int_eq(found[i], acknowledged[i]);
    ck_assert_uint_gt(refused, 100);
}

START_TEST(a_full_disk_loses_nothing_acknowledged)
{
    fill_and_go_on(false);
    fill_and_go_on(true);
}
END_TEST

UNIT_MAIN("log", what_is_appended_is_read_again, segments_end_when_they_are_large,
          cut_anywhere_the_whole_records_remain, damage_costs_what_lies_in_it,
          a_missing_segment_is_noticed, a_full_disk_loses_nothing_acknowledged)
