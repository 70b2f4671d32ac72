/* SPDX-License-Identifier: MIT */
/*
 * A byte of the file is wrong: what it was part of is missing and recorded as a loss, all else is
 * served, nothing that is served is wrong, and work goes on.
 */
#include <fcntl.h>

#include "power_vfs.h"
#include "store/archive_test.h"

#define N_SERIES 300
#define N_STEPS  600

static struct buf whole; /* the undamaged file */

static void make_file(void)
{
    power_register();
    power_begin(0);
    unit_make_folder(archive_dir, sizeof(archive_dir));
    snprintf(archive_path, sizeof(archive_path), "%s/store.db", archive_dir);
    archive_test_options = (struct archive_options){.path = archive_path, .vfs = POWER_VFS};
    archive_test_open();
    test_put_series(1, N_SERIES);
    test_flush(1, 255, 0, 400);
    test_flush(256, N_SERIES - 255, 0, 400);
    ck_assert_int_eq(archive_settle(archive, T0 + 3 * MSEC_DAY), 0); /* rolled up */
    for (int64_t at = 400; at < N_STEPS; at += 50) {
        test_flush(1, 255, at, at + 50);
        test_flush(256, N_SERIES - 255, at, at + 50);
    }
    archive_test_end();
    size_t len;
    const uint8_t *bytes = power_bytes(archive_path, &len);
    buf_init(&whole, (size_t)64 << 20);
    ck_assert_int_eq(buf_append(&whole, bytes, len), 0);
}

static void write_file(size_t flip_at, uint8_t flip)
{
    char path[128];
    snprintf(path, sizeof(path), "%s-wal", archive_path);
    power_remove(path);
    power_remove(archive_path);
    whole.data[flip_at] = (char)(whole.data[flip_at] ^ flip);
    power_put(archive_path, whole.data, whole.len);
    whole.data[flip_at] = (char)(whole.data[flip_at] ^ flip);
}

static void check_samples(uint32_t series, const struct sample_list *samples)
{
    for (size_t i = 0; i < samples->len; i++) {
        int64_t at = (samples->items[i].at_ms - T0) / STEP - 1;
        struct sample want = test_sample(series, at);
        if (samples->items[i].at_ms != want.at_ms ||
            sample_bits(samples->items[i].value) != sample_bits(want.value) ||
            (i > 0 && samples->items[i].at_ms <= samples->items[i - 1].at_ms))
            ck_abort_msg("series %u: sample %zu is wrong", series, i);
    }
}

/* How many samples there are, all of them right; rollups where samples are gone are fine. */
static size_t read_all(void)
{
    size_t n = 0;
    struct sample_list samples = {0};
    struct rollup_list rollups = {0};
    const struct archive_range range = {T0, INT64_MAX, 0};
    struct archive_reader *reader = archive_reader_take(archive);
    ck_assert_ptr_nonnull(reader);
    ck_assert_int_eq(archive_reader_begin(reader), 0);
    for (uint32_t series = 1; series <= N_SERIES; series++) {
        samples.len = rollups.len = 0;
        if (series == 1 || series % SHARD_SERIES == 0)
            ck_assert_int_eq(archive_reader_seek(reader, series / SHARD_SERIES, &range), 0);
        if (archive_reader_read(reader, series, &samples, &rollups) != 0)
            ck_abort_msg("series %u cannot be read", series);
        check_samples(series, &samples);
        n += samples.len;
        for (size_t i = 0; i < rollups.len; i++)
            n += rollups.items[i].count;
    }
    archive_reader_give(archive, reader);
    sample_list_deinit(&samples);
    free(rollups.items);
    return n;
}

static int count_one(const struct archive_series *series, void *arg)
{
    char want[32];
    int len = snprintf(want, sizeof(want), "series %u", series->id);
    if (series->labels.len != (size_t)len ||
        memcmp(series->labels.data, want, (size_t)len) != 0)
        ck_abort_msg("series %u has wrong labels", series->id);
    ++*(size_t *)arg;
    return 0;
}

/* Damaged b-tree pages may make writing fail; what is said then is what head and server are told. */
static void work_on(void)
{
    int error = test_flush_result(1, 10, N_STEPS, N_STEPS + 10);
    ck_assert(error == 0 || error == -EBADMSG || error == -EIO);
    error = archive_settle(archive, T0 + 3 * MSEC_DAY);
    ck_assert(error == 0 || error == -EBADMSG || error == -EIO);
}

struct tally {
    size_t refused, losing, worst_missing, unwritable;
};

static void try_damage(size_t at, uint8_t flip, struct tally *tally)
{
    struct problem problem = {0};
    write_file(at, flip);
    int error = archive_open(&archive_test_options, &archive, &problem);
    if (error != 0) {
        ck_assert_msg(problem.text[0] != '\0', "at %zu: no reason is given", at);
        tally->refused++;
        return;
    }
    size_t n_series = 0, want = N_SERIES * (size_t)N_STEPS;
    ck_assert_int_eq(archive_load(archive, count_one, &n_series), 0);
    size_t got = read_all();
    bool is_noted = test_stats().losses > 0;
    ck_assert_msg(is_noted || (got == want && n_series == N_SERIES),
                  "at %zu: %zu samples and %zu series of %zu and %d, and no loss", at, got,
                  n_series, want, N_SERIES);
    ck_assert_uint_le(got, want);
    tally->losing += is_noted;
    tally->worst_missing = MAX_OF(tally->worst_missing, want - got);
    work_on();
    size_t after = read_all();
    ck_assert_uint_le(after, want + 100);
    archive_test_end();
}

START_TEST(a_wrong_byte_costs_only_what_it_is_part_of)
{
    make_file();
    struct tally tally = {0};
    uint64_t mix = 1;
    for (size_t i = 0; i < 300; i++) {
        mix = mix * 6364136223846793005ull + 1442695040888963407ull;
        try_damage((mix >> 20) % whole.len, (uint8_t)(1u << (mix >> 60) % 8), &tally);
    }
    ck_assert_uint_le(tally.refused, 20);
    ck_assert_uint_ge(tally.losing, 50);
    ck_assert_uint_le(tally.worst_missing, 255 * 400); /* a pack, when its head is damaged */
    buf_deinit(&whole);
}
END_TEST

START_TEST(a_damaged_header_is_refused_or_harmless)
{
    make_file();
    struct tally tally = {0};
    for (size_t at = 0; at < 108; at++)
        try_damage(at, 0x55, &tally);
    ck_assert_uint_ge(tally.refused, 16);
    buf_deinit(&whole);
}
END_TEST

/* A whole page, as a disk loses them. */
START_TEST(a_lost_page_costs_only_what_lies_in_it)
{
    make_file();
    size_t pages = whole.len / 8192;
    struct tally tally = {0};
    for (size_t page = 1; page < pages; page++) {
        char saved[8192];
        memcpy(saved, whole.data + page * 8192, 8192);
        memset(whole.data + page * 8192, 0, 8192);
        try_damage(page * 8192, 0, &tally);
        memcpy(whole.data + page * 8192, saved, 8192);
    }
    ck_assert_uint_le(tally.refused, 3); /* meta, and what SQLite itself cannot do without */
    buf_deinit(&whole);
}
END_TEST

static void tell_loss(const struct archive_loss *loss, void *arg)
{
    ck_assert_ptr_nonnull(loss->what);
    ++*(size_t *)arg;
}

/* On the real file system: it is opened from outside. */
static void write_real_file(size_t flip_at, uint8_t flip)
{
    whole.data[flip_at] = (char)(whole.data[flip_at] ^ flip);
    int file = open(archive_path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    ck_assert_int_eq(write(file, whole.data, whole.len), (ssize_t)whole.len);
    close(file);
    whole.data[flip_at] = (char)(whole.data[flip_at] ^ flip);
}

START_TEST(verifying_finds_what_is_wrong)
{
    make_file();
    write_real_file(0, 0);
    struct problem problem = {0};
    size_t losses = 99, told = 0;
    ck_assert_int_eq(archive_verify(archive_path, tell_loss, &told, &losses, &problem), 0);
    ck_assert_uint_eq(losses + told, 0);
    struct archive_stats stats;
    ck_assert_int_eq(archive_inspect(archive_path, &stats, &problem), 0);
    ck_assert_uint_eq(stats.series, N_SERIES);
    ck_assert_uint_eq(stats.tiers[TIER_RAW].samples, N_SERIES * (uint64_t)N_STEPS);
    ck_assert_uint_gt(stats.tiers[TIER_5M].packs, 0);
    for (size_t at = whole.len / 2; at < whole.len - 8192 && told == 0; at += 1000) {
        write_real_file(at, 0x10);
        ck_assert_int_eq(archive_verify(archive_path, tell_loss, &told, &losses, &problem), 0);
        ck_assert_uint_eq(told, losses);
    }
    ck_assert_uint_gt(told, 0);
    ck_assert_int_ne(archive_inspect("/nonexistent/store.db", &stats, &problem), 0);
    buf_deinit(&whole);
}
END_TEST

static void expect_refusal(const char *sql, const char *words)
{
    sqlite3 *db;
    unit_make_folder(archive_dir, sizeof(archive_dir));
    snprintf(archive_path, sizeof(archive_path), "%s/store.db", archive_dir);
    archive_test_options = (struct archive_options){.path = archive_path};
    ck_assert_int_eq(sqlite3_open(archive_path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    struct problem problem = {0};
    ck_assert_int_lt(archive_open(&archive_test_options, &archive, &problem), 0);
    ck_assert_msg(strstr(problem.text, words) != NULL, "%s", problem.text);
}

START_TEST(other_files_are_refused)
{
    expect_refusal("CREATE TABLE x(y)", "not a store file");
    expect_refusal(
        "CREATE TABLE x(y); PRAGMA application_id = 1398035282; PRAGMA user_version = 1",
        "older version");
    expect_refusal(
        "CREATE TABLE x(y); PRAGMA application_id = 1398035282; PRAGMA user_version = 3",
        "format 3");
}
END_TEST

UNIT_MAIN("archive_damage", a_wrong_byte_costs_only_what_it_is_part_of,
          a_damaged_header_is_refused_or_harmless, a_lost_page_costs_only_what_lies_in_it,
          verifying_finds_what_is_wrong, other_files_are_refused)
