/* SPDX-License-Identifier: MIT */
#include "store/inspect.h"

#include "store/store_test.h"

static struct inspection inspect(void)
{
    struct inspection inspection;
    struct problem problem = {0};
    int error = inspect_store(test_path, &inspection, &problem);
    ck_assert_msg(error == 0, "%s (%d)", problem.text, error);
    ck_assert_uint_eq(inspection.log_damaged + inspection.archive.losses, 0);
    return inspection;
}

static const struct inspect_count *find(const struct inspect_counts *counts, const char *name)
{
    for (size_t i = 0; i < counts->items.len; i++) {
        if (text_is(counts->items.items[i]->name, name))
            return counts->items.items[i];
    }
    return NULL;
}

/* up{instance="host-N"}, `n` hosts from `first` on, three samples each. */
static void fill(int first, int n)
{
    for (int i = first; i < first + n; i++) {
        char name[32];
        snprintf(name, sizeof(name), "host-%d", i);
        for (int k = 0; k < 3; k++)
            ck_assert_int_eq(test_append_one(name, NOW_MS - 1000 * k, i), 0);
    }
}

static void check_counts(int n)
{
    struct inspection inspection = inspect();
    ck_assert_uint_eq(inspection.series, (uint64_t)n);
    ck_assert_uint_eq(inspection.metrics.items.len, 1);
    ck_assert_uint_eq(find(&inspection.metrics, "up")->series, (uint64_t)n);
    ck_assert_uint_eq(inspection.hosts.items.len, (size_t)n);
    ck_assert_uint_eq(find(&inspection.labels, "instance")->values, (uint64_t)n);
    ck_assert_uint_eq(inspection.log_samples + inspection.archive.tiers[TIER_RAW].samples,
                      (uint64_t)n * 3);
    inspection_deinit(&inspection);
}

START_TEST(an_open_store_is_seen_through_its_log)
{
    test_begin();
    test_open();
    struct inspection nothing = inspect();
    ck_assert_uint_eq(nothing.series + nothing.log_samples, 0);
    inspection_deinit(&nothing);
    fill(0, 40);
    check_counts(40);
    test_end();
}
END_TEST

START_TEST(log_and_archive_are_counted_once)
{
    test_begin();
    test_open();
    fill(0, 300);
    test_reopen(); /* closing has brought it into the archive */
    check_counts(300);
    fill(300, 5);
    check_counts(305);
    test_end();
}
END_TEST

START_TEST(most_series_come_first)
{
    test_begin();
    test_open();
    fill(0, 3);
    struct buf encoded;
    buf_init(&encoded, 1000);
    const struct sample sample = {NOW_MS, 1};
    for (int i = 0; i < 7; i++) {
        char path[16];
        snprintf(path, sizeof(path), "/%d", i % 4);
        buf_reset(&encoded);
        labels_encode_pair(&encoded, LABEL_METRIC_NAME, i < 4 ? "disk" : "inodes");
        labels_encode_pair(&encoded, LABEL_INSTANCE, "host-1");
        labels_encode_pair(&encoded, "path", path);
        struct batch_series series = {.encoded = (const uint8_t *)encoded.data,
                                      .encoded_len = (uint32_t)encoded.len,
                                      .samples = &sample,
                                      .n_samples = 1};
        struct batch batch = {ORG_FIRST, &series, 1, 1};
        struct store_refusals refusals;
        ck_assert_int_eq(store_append(store, &batch, &refusals), 0);
    }
    buf_deinit(&encoded);
    struct inspection inspection = inspect();
    ck_assert_str_eq(inspection.hosts.items.items[0]->name, "host-1");
    ck_assert_uint_eq(inspection.hosts.items.items[0]->series, 8);
    ck_assert_str_eq(inspection.metrics.items.items[0]->name, "disk");
    ck_assert_uint_eq(find(&inspection.labels, "path")->values, 4);
    ck_assert_uint_eq(find(&inspection.labels, "path")->series, 7);
    inspection_deinit(&inspection);
    test_end();
}
END_TEST

START_TEST(files_that_are_none)
{
    test_begin();
    struct inspection inspection;
    struct problem problem = {0};
    ck_assert_int_lt(inspect_store(test_path, &inspection, &problem), 0);
    ck_assert_int_ne(problem.text[0], '\0');
    FILE *file = fopen(test_path, "w");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < 2000; i++)
        fputs("no database ", file);
    fclose(file);
    ck_assert_int_lt(inspect_store(test_path, &inspection, &problem), 0);
    test_remove_files();
}
END_TEST

UNIT_MAIN("inspect", an_open_store_is_seen_through_its_log, log_and_archive_are_counted_once,
          most_series_come_first, files_that_are_none)
