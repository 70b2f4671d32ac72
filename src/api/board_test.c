/* SPDX-License-Identifier: MIT */
#include "api/board.h"

#include <math.h>
#include <stdlib.h>

#include "model/vitals.h"
#include "unit.h"

#define HOST_ID 7

/* One series with one sample, as it comes out of the store. */
static struct batch_series series(struct sample *sample, const char *metric, const char *label,
                                  const char *value)
{
    const struct label pairs[] = {
        {LABEL_METRIC_NAME, metric}, {LABEL_INSTANCE, "web-1"}, {label, value}};
    return (struct batch_series){
        .labels = labels_new(pairs, 3), .samples = sample, .n_samples = 1};
}

static void arrive(struct board *board, struct batch_series *all, size_t count)
{
    const struct arrival arrival = {
        .org = 1, .host_id = HOST_ID, .host_name = "web-1", .series = all, .n_series = count};
    board_update(board, &arrival);
    for (size_t i = 0; i < count; i++)
        labels_unref(all[i].labels);
}

START_TEST(unknown_is_not_zero)
{
    struct board *board = board_new();
    struct vitals vitals;
    board_read(board, HOST_ID, &vitals);
    ck_assert(isnan(vitals.cpu) && isnan(vitals.disk) && isnan(vitals.services_down));
    struct sample other = {1000, 1};
    struct batch_series all[] = {series(&other, "node_cpu_seconds_total", "cpu", "0")};
    arrive(board, all, 1);
    board_read(board, HOST_ID, &vitals);
    ck_assert(isnan(vitals.cpu));
    board_free(board);
}
END_TEST

START_TEST(series_of_a_metric_become_one_number)
{
    struct board *board = board_new();
    struct sample cpu = {1000, 12.5}, root = {1000, 40}, home = {1000, 93}, eth0 = {1000, 100},
                  eth1 = {1000, 11}, up = {1000, 1}, down = {1000, 0};
    struct batch_series all[] = {
        series(&cpu, VITAL_CPU, "x", ""),
        series(&root, VITAL_DISK, "mountpoint", "/"),
        series(&home, VITAL_DISK, "mountpoint", "/home"),
        series(&eth0, VITAL_NET_RECEIVE, "device", "eth0"),
        series(&eth1, VITAL_NET_RECEIVE, "device", "eth1"),
        series(&up, VITAL_SERVICE_UP, "service", "a"),
        series(&down, VITAL_SERVICE_UP, "service", "b"),
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
    struct sample now = {5000, 50}, before = {4000, 99}, later = {6000, 10};
    struct batch_series one[] = {series(&now, VITAL_CPU, "x", "")};
    arrive(board, one, 1);
    struct batch_series old[] = {series(&before, VITAL_CPU, "x", "")};
    arrive(board, old, 1);
    struct vitals vitals;
    board_read(board, HOST_ID, &vitals);
    ck_assert_double_eq(vitals.cpu, 50);

    struct batch_series only_memory[] = {series(&later, VITAL_MEMORY, "x", "")};
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
