/* SPDX-License-Identifier: MIT */
#include "agent/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "unit.h"

#define NOW ((msec_t)1700000000000)

static char folder[64];
static const struct spool_limits wide = {(uint64_t)1 << 20, 7 * MSEC_DAY};

static void begin(void)
{
    unit_make_folder(folder, sizeof(folder));
}

static void path_of(char *out, size_t size, const char *name)
{
    ck_assert(file_join(out, size, folder, name));
}

static void clear(void)
{
    DIR *listing = opendir(folder);
    const struct dirent *entry;
    while ((entry = readdir(listing)) != NULL) {
        char path[400];
        path_of(path, sizeof(path), entry->d_name);
        unlink(path);
    }
    closedir(listing);
}

static void end(void)
{
    clear();
    ck_assert_int_eq(rmdir(folder), 0);
}

static struct spool *open_spool(const struct spool_limits *limits)
{
    struct spool *spool = NULL;
    ck_assert_int_eq(spool_open(folder, limits, &spool), 0);
    return spool;
}

/* Record `n` has its number as time and its text as body, repeated to `len` bytes. */
static int append(struct spool *spool, int n, size_t len)
{
    char body[9000];
    ck_assert_uint_lt(len, sizeof(body));
    memset(body, 'a' + n % 26, len);
    struct spool_record record = {NOW + n, (uint32_t)(n + 1), body, len};
    return spool_append(spool, &record);
}

/* Reads and acknowledges everything; returns how many records, which must be first, first+1... */
static int drain(struct spool *spool, int first)
{
    int n = first;
    struct buf body;
    buf_init(&body, 1 << 20);
    while (!spool_is_empty(spool)) {
        struct spool_record record;
        int error;
        while ((error = spool_next(spool, NOW + 1000, &body, &record)) == 0) {
            ck_assert_int_eq(record.at_ms, NOW + n);
            ck_assert_uint_eq(record.n_samples, (uint32_t)(n + 1));
            ck_assert_int_eq(body.data[body.len - 1], 'a' + n % 26);
            n++;
        }
        ck_assert_int_eq(error, -ENODATA);
        spool_ack(spool);
    }
    buf_deinit(&body);
    return n - first;
}

static size_t count_files(void)
{
    size_t count = 0;
    DIR *listing = opendir(folder);
    const struct dirent *entry;
    while ((entry = readdir(listing)) != NULL)
        count += entry->d_name[0] != '.';
    closedir(listing);
    return count;
}

START_TEST(gives_back_in_order_over_restarts)
{
    begin();
    struct spool *spool = open_spool(&wide);
    ck_assert(spool_is_empty(spool));
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(append(spool, i, 3000), 0); /* several segments of 128 KiB */
    spool_close(spool);
    ck_assert_uint_gt(count_files(), 2);

    spool = open_spool(&wide);
    for (int i = 100; i < 110; i++)
        ck_assert_int_eq(append(spool, i, 10), 0);
    ck_assert_int_eq(drain(spool, 0), 110);
    ck_assert_uint_eq(spool_stats(spool).bytes, 0);
    spool_close(spool);
    ck_assert_uint_eq(count_files(), 0);
    end();
}
END_TEST

START_TEST(remembers_what_was_acknowledged)
{
    begin();
    struct spool *spool = open_spool(&wide);
    struct spool_record record;
    struct buf body;
    buf_init(&body, 1 << 20);
    for (int i = 0; i < 10; i++)
        append(spool, i, 100);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(spool_next(spool, NOW, &body, &record), 0);
    spool_ack(spool);
    ck_assert_int_eq(spool_next(spool, NOW, &body, &record), 0);
    ck_assert_int_eq(record.at_ms, NOW + 4);
    spool_rewind(spool);
    ck_assert_int_eq(spool_next(spool, NOW, &body, &record), 0);
    ck_assert_int_eq(record.at_ms, NOW + 4); /* read again, not acknowledged */
    spool_close(spool);

    spool = open_spool(&wide);
    ck_assert_int_eq(drain(spool, 4), 6);
    spool_close(spool);
    buf_deinit(&body);
    end();
}
END_TEST

START_TEST(reads_what_is_written_meanwhile)
{
    begin();
    struct spool *spool = open_spool(&wide);
    for (int i = 0; i < 50; i++) {
        ck_assert_int_eq(append(spool, i, 500), 0);
        ck_assert_int_eq(drain(spool, i), 1);
    }
    ck_assert_uint_eq(count_files(), 0);
    spool_close(spool);
    end();
}
END_TEST

/* What a crash can leave: the file cut at any byte.  Whole records survive, the tail goes. */
START_TEST(survives_a_cut_at_every_length)
{
    begin();
    struct spool *spool = open_spool(&wide);
    static const size_t lens[] = {1, 40, 7, 100};
    uint64_t ends[ARRAY_LEN(lens)];
    uint64_t size = SEGMENT_HEADER_BYTES;
    for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
        ck_assert_int_eq(append(spool, (int)i, lens[i]), 0);
        ends[i] = size += SEGMENT_RECORD_HEADER_BYTES + lens[i];
    }
    spool_close(spool);
    char path[128];
    struct buf whole;
    buf_init(&whole, 4096);
    path_of(path, sizeof(path), "0000000000000001.spool");
    ck_assert_int_eq(file_read(path, &whole), 0);
    ck_assert_uint_eq(whole.len, size);

    for (size_t len = 0; len <= whole.len; len++) {
        ck_assert_int_eq(file_write_atomic(path, whole.data, len, 0600), 0);
        int expected = 0;
        for (size_t i = 0; i < ARRAY_LEN(ends); i++)
            expected += ends[i] <= len;
        spool = open_spool(&wide);
        ck_assert_int_eq(append(spool, expected, 5), 0); /* goes behind, into a new segment */
        ck_assert_int_eq(drain(spool, 0), expected + 1);
        ck_assert_uint_eq(spool_stats(spool).bytes, 0);
        spool_close(spool);
        ck_assert_uint_eq(count_files(), 0);
    }
    buf_deinit(&whole);
    end();
}
END_TEST

START_TEST(survives_a_flipped_bit_at_every_byte)
{
    begin();
    struct spool *spool = open_spool(&wide);
    for (int i = 0; i < 3; i++)
        append(spool, i, 20);
    spool_close(spool);
    char path[128];
    struct buf whole;
    buf_init(&whole, 4096);
    path_of(path, sizeof(path), "0000000000000001.spool");
    ck_assert_int_eq(file_read(path, &whole), 0);

    for (size_t at = 0; at < whole.len; at++) {
        whole.data[at] ^= 0x10;
        ck_assert_int_eq(file_write_atomic(path, whole.data, whole.len, 0600), 0);
        whole.data[at] ^= 0x10;
        spool = open_spool(&wide);
        int got = drain(spool, 0); /* a prefix of the records, unchanged */
        ck_assert_int_le(got, 3);
        ck_assert(at < SEGMENT_HEADER_BYTES || at >= SEGMENT_HEADER_BYTES + 44 || got == 0);
        spool_close(spool);
        clear();
    }
    buf_deinit(&whole);
    end();
}
END_TEST

START_TEST(drops_the_oldest_over_its_limit_and_counts)
{
    static const struct spool_limits small = {SPOOL_MIN_BYTES, 7 * MSEC_DAY};
    begin();
    struct spool *spool = open_spool(&small);
    uint64_t appended = 0;
    for (int i = 0; i < 200; i++) {
        ck_assert_int_eq(append(spool, i, 1000), 0);
        appended += (uint64_t)i + 1;
        ck_assert_uint_le(spool_stats(spool).bytes, SPOOL_MIN_BYTES);
    }
    uint64_t dropped = spool_stats(spool).dropped_full;
    ck_assert_uint_gt(dropped, 0);

    struct buf body;
    struct spool_record record;
    buf_init(&body, 1 << 20);
    uint64_t kept = 0;
    while (!spool_is_empty(spool)) {
        while (spool_next(spool, NOW, &body, &record) == 0)
            kept += record.n_samples;
        spool_ack(spool);
    }
    ck_assert_uint_eq(kept + dropped, appended);
    ck_assert_int_eq(append(spool, 1, 8999), 0);
    spool_close(spool);
    buf_deinit(&body);
    end();
}
END_TEST

START_TEST(an_answer_for_a_batch_that_was_dropped_forgets_nothing_else)
{
    static const struct spool_limits small = {SPOOL_MIN_BYTES, 7 * MSEC_DAY};
    begin();
    struct spool *spool = open_spool(&small);
    struct buf body;
    struct spool_record record;
    buf_init(&body, 1 << 20);
    int next = 0;
    for (; next < 8; next++)
        append(spool, next, 8000);
    ck_assert_int_eq(spool_next(spool, NOW, &body, &record), 0); /* under way ... */
    ck_assert_int_eq(record.at_ms, NOW + 0);
    for (; next < 12; next++)
        append(spool, next, 8000); /* ... while it is dropped */
    spool_ack(spool);
    ck_assert_int_eq(spool_next(spool, NOW, &body, &record), 0);
    int first = (int)(record.at_ms - NOW);
    ck_assert_int_gt(first, 0);
    spool_rewind(spool);
    ck_assert_int_eq(drain(spool, first), 12 - first);
    spool_close(spool);
    buf_deinit(&body);
    end();
}
END_TEST

START_TEST(refuses_what_can_never_fit)
{
    static const struct spool_limits small = {SPOOL_MIN_BYTES, 7 * MSEC_DAY};
    static char huge[SPOOL_MIN_BYTES];
    begin();
    struct spool *spool = open_spool(&small);
    append(spool, 0, 100);
    struct spool_record record = {NOW, 1, huge, sizeof(huge)};
    ck_assert_int_eq(spool_append(spool, &record), -EMSGSIZE);
    ck_assert_int_eq(drain(spool, 0), 1);
    spool_close(spool);
    end();
}
END_TEST

START_TEST(passes_over_what_is_too_old)
{
    static const struct spool_limits brief = {(uint64_t)1 << 20, MSEC_HOUR};
    begin();
    struct spool *spool = open_spool(&brief);
    struct buf body;
    struct spool_record record;
    buf_init(&body, 1 << 20);
    append(spool, 0, 10);
    append(spool, 1, 10);
    append(spool, 2, 10);
    ck_assert_int_eq(spool_next(spool, NOW + MSEC_HOUR + 2, &body, &record), 0);
    ck_assert_int_eq(record.at_ms, NOW + 2);
    ck_assert_uint_eq(body.len, 10);
    ck_assert_uint_eq(spool_stats(spool).dropped_age, 1 + 2);
    ck_assert_int_eq(spool_next(spool, NOW + 3 * MSEC_HOUR, &body, &record), -ENODATA);
    spool_ack(spool);
    ck_assert(spool_is_empty(spool));
    spool_close(spool);
    buf_deinit(&body);
    end();
}
END_TEST

/* A file size limit stands in for the full disk: writes come back short, then fail. */
START_TEST(keeps_its_files_whole_on_a_full_disk)
{
    begin();
    signal(SIGXFSZ, SIG_IGN);
    struct spool *spool = open_spool(&wide);
    ck_assert_int_eq(append(spool, 0, 1000), 0);
    struct rlimit limit = {2500, RLIM_INFINITY}, before;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit.rlim_max = before.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(append(spool, 1, 1000), 0);
    ck_assert_int_lt(append(spool, 2, 1000), 0); /* short */
    ck_assert_int_lt(append(spool, 2, 1000), 0);
    ck_assert_int_eq(append(spool, 2, 300), 0); /* a smaller one still fits */
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_int_eq(append(spool, 3, 1000), 0); /* recovered by itself */
    ck_assert_uint_eq(spool_stats(spool).torn, 0);
    ck_assert_int_eq(drain(spool, 0), 4);
    spool_close(spool);
    end();
}
END_TEST

START_TEST(touches_only_its_own_files)
{
    begin();
    char path[128];
    path_of(path, sizeof(path), "notes.txt");
    ck_assert_int_eq(file_write_atomic(path, "mine", 4, 0600), 0);
    path_of(path, sizeof(path), "0000000000000007.spool");
    ck_assert_int_eq(file_write_atomic(path, "garbage", 7, 0600), 0);
    struct spool *spool = open_spool(&wide);
    ck_assert_int_eq(append(spool, 0, 10), 0);
    ck_assert_int_eq(drain(spool, 0), 1);
    ck_assert_uint_eq(spool_stats(spool).torn, 1);
    ck_assert_uint_eq(spool_stats(spool).bytes, 0);
    spool_close(spool);
    ck_assert_uint_eq(count_files(), 1);
    end();
}
END_TEST

START_TEST(says_when_the_caller_has_no_room)
{
    begin();
    struct spool *spool = open_spool(&wide);
    struct buf body;
    struct spool_record record;
    append(spool, 0, 100);
    append(spool, 1, 100);
    buf_init(&body, 150);
    ck_assert_int_eq(spool_next(spool, NOW, &body, &record), 0);
    ck_assert_int_eq(spool_next(spool, NOW, &body, &record), -ENOBUFS);
    ck_assert_int_eq(body.error, 0);
    ck_assert_uint_eq(body.len, 100);
    spool_ack(spool);
    buf_reset(&body);
    ck_assert_int_eq(spool_next(spool, NOW, &body, &record), 0);
    ck_assert_int_eq(record.at_ms, NOW + 1);
    spool_close(spool);
    buf_deinit(&body);
    end();
}
END_TEST

START_TEST(says_when_its_folder_cannot_be)
{
    struct spool *spool = NULL;
    ck_assert_int_lt(spool_open("/proc/nowhere/spool", &wide, &spool), 0);
    ck_assert_ptr_null(spool);
}
END_TEST

UNIT_MAIN("spool", gives_back_in_order_over_restarts, remembers_what_was_acknowledged,
          reads_what_is_written_meanwhile, survives_a_cut_at_every_length,
          survives_a_flipped_bit_at_every_byte, drops_the_oldest_over_its_limit_and_counts,
          an_answer_for_a_batch_that_was_dropped_forgets_nothing_else,
          refuses_what_can_never_fit, passes_over_what_is_too_old,
          keeps_its_files_whole_on_a_full_disk, touches_only_its_own_files,
          says_when_the_caller_has_no_room, says_when_its_folder_cannot_be)
