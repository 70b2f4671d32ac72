/* SPDX-License-Identifier: MIT */
#include "api/board.h"

#include <math.h>
#include <stdlib.h>

#include "model/vitals.h"
#include "unit.h"

#define HOST_ID 7

/* One series with its newest sample. */
struct series {
    struct sample newest;
    const char *metric, *label, *value;
};

static void arrive(struct board *board, const struct series *all, size_t count)
{
    struct vitals fresh;
    vitals_reset(&fresh);
    for (size_t i = 0; i < count; i++) {
        const struct label pairs[] = {{LABEL_METRIC_NAME, all[i].metric},
                                      {LABEL_INSTANCE, "web-1"},
                                      {all[i].label, all[i].value}};
        struct labels *labels = labels_new(pairs, ARRAY_LEN(pairs));
        uint8_t tag = board_tag(labels);
        ck_assert_uint_eq(tag & ~BOARD_TAG_MASK, 0);
        vitals_fold(&fresh, tag, all[i].newest, board_tag_needs_labels(tag) ? labels : NULL);
        labels_unref(labels);
    }
    board_update(board, HOST_ID, &fresh);
}

START_TEST(unknown_is_not_zero)
{
    struct board *board = board_new();
    struct vitals vitals;
    board_read(board, HOST_ID, &vitals);
    ck_assert(isnan(vitals.cpu) && isnan(vitals.disk) && isnan(vitals.services_down));
    const struct series all[] = {{{1000, 1}, "node_cpu_seconds_total", "cpu", "0"}};
    arrive(board, all, 1);
    board_read(board, HOST_ID, &vitals);
    ck_assert(isnan(vitals.cpu));
    board_free(board);
}
END_TEST

START_TEST(series_of_a_metric_become_one_number)
{
    struct board *board = board_new();
    const struct series all[] = {
        {{1000, 12.5}, VITAL_CPU, "x", ""},
        {{1000, 40}, VITAL_DISK, "mountpoint", "/"},
        {{1000, 93}, VITAL_DISK, "mountpoint", "/home"},
        {{1000, 100}, VITAL_NET_RECEIVE, "device", "eth0"},
        {{1000, 11}, VITAL_NET_RECEIVE, "device", "eth1"},
        {{1000, 1}, VITAL_SERVICE_UP, "service", "a"},
        {{1000, 0}, VITAL_SERVICE_UP, "service", "b"},
    };
    arrive(board, all, ARRAY_LEN(all));
    struct vitals vitals;
    board_read(board, HOST_ID, &vitals);
    ck_assert_double_eq(vitals.cpu, 12.5);
    ck_assert_double_eq(vitals.disk, 93);
    ck_assert_str_eq(vitals.disk_mountpoint, "/home");
    ck_assert_double_eq(vitals.receive, 111);
    ck_assert_double_eq(vitals.services_down, 1);
    board_free(board);
}
END_TEST

START_TEST(replayed_samples_change_nothing)
{
    struct board *board = board_new();
    const struct series one[] = {{{5000, 50}, VITAL_CPU, "x", ""}};
    arrive(board, one, 1);
    const struct series old[] = {{{4000, 99}, VITAL_CPU, "x", ""}};
    arrive(board, old, 1);
    struct vitals vitals;
    board_read(board, HOST_ID, &vitals);
    ck_assert_double_eq(vitals.cpu, 50);

    const struct series only_memory[] = {{{6000, 10}, VITAL_MEMORY, "x", ""}};
    arrive(board, only_memory, 1);
    board_read(board, HOST_ID, &vitals);
    ck_assert_double_eq(vitals.cpu, 50);
    ck_assert_double_eq(vitals.memory, 10);
    ck_assert_int_eq(vitals.at_ms, 6000);

    board_remove(board, HOST_ID);
    board_read(board, HOST_ID, &vitals);
    ck_assert(isnan(vitals.memory));
    board_free(board);
}
END_TEST

UNIT_MAIN("board", unknown_is_not_zero, series_of_a_metric_become_one_number,
          replayed_samples_change_nothing)
