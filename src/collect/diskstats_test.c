/* SPDX-License-Identifier: MIT */
#include "collect/fake_host.h"
#include "unit.h"

static const struct collect_options only_disk = {.disk = true};

static struct fake_host host;
static struct collect *collect;

static void start(const char *diskstats)
{
    fake_host_init(&host);
    fake_host_write(&host, "proc/diskstats", diskstats);
    fake_host_write(&host, "proc/1/mounts", "");
    collect = fake_host_collect_new(&host, only_disk);
    fake_host_run(&host, collect);
}

static void stop(void)
{
    collect_free(collect);
    fake_host_deinit(&host);
}

START_TEST(columns_become_families)
{
    start("   8  0 sda 10 11 12 13 20 21 22 23 1 30 31 40 41 42 43 50 51\n");
    ck_assert_double_eq(
        fake_host_value(&host, "node_disk_reads_completed_total{device=\"sda\"}"), 10);
    ck_assert_double_eq(fake_host_value(&host, "node_disk_read_bytes_total{device=\"sda\"}"),
                        12 * 512);
    ck_assert_double_eq(fake_host_value(&host, "node_disk_written_bytes_total{device=\"sda\"}"),
                        22 * 512);
    ck_assert_double_eq_tol(
        fake_host_value(&host, "node_disk_io_time_seconds_total{device=\"sda\"}"), 0.03, 1e-12);
    ck_assert_double_eq(
        fake_host_value(&host, "node_disk_discarded_sectors_total{device=\"sda\"}"), 42);
    ck_assert_double_eq_tol(
        fake_host_value(&host, "node_disk_flush_requests_time_seconds_total{device=\"sda\"}"),
        0.051, 1e-12);
    ck_assert_uint_eq(fake_host_count(&host, "sentora_disk_"), 0);
    stop();
}
END_TEST

START_TEST(old_kernels_have_fewer_columns)
{
    start("   8  0 sda 10 11 12 13 20 21 22 23 1 30 31\n   8 16 sdb 1 2 3\n");
    ck_assert(fake_host_has(&host, "node_disk_io_now{device=\"sda\"}"));
    ck_assert(!fake_host_has(&host, "node_disk_discards_completed_total{device=\"sda\"}"));
    ck_assert_uint_eq(fake_host_count(&host, "node_disk_reads_completed_total"), 1);
    stop();
}
END_TEST

START_TEST(partitions_and_pseudo_devices_are_left_out)
{
    start("8 0 sda 1 0 0 0 0 0 0 0 0 0 0\n8 1 sda1 1 0 0 0 0 0 0 0 0 0 0\n"
          "65 0 sdaa 1 0 0 0 0 0 0 0 0 0 0\n65 1 sdaa1 1 0 0 0 0 0 0 0 0 0 0\n"
          "7 0 loop0 1 0 0 0 0 0 0 0 0 0 0\n1 0 ram0 1 0 0 0 0 0 0 0 0 0 0\n"
          "2 0 fd0 1 0 0 0 0 0 0 0 0 0 0\n259 0 nvme0n1 1 0 0 0 0 0 0 0 0 0 0\n"
          "259 1 nvme0n1p2 1 0 0 0 0 0 0 0 0 0 0\n202 1 xvda1 1 0 0 0 0 0 0 0 0 0 0\n"
          "253 0 dm-0 1 0 0 0 0 0 0 0 0 0 0\n9 0 md0 1 0 0 0 0 0 0 0 0 0 0\n"
          "1 2\nnonsense\n8 0\n");
    ck_assert_uint_eq(fake_host_count(&host, "node_disk_io_now"), 5);
    const char *const kept[] = {"sda", "sdaa", "nvme0n1", "dm-0", "md0"};
    for (size_t i = 0; i < 5; i++) {
        char series[64];
        snprintf(series, sizeof(series), "node_disk_io_now{device=\"%s\"}", kept[i]);
        ck_assert_msg(fake_host_has(&host, series), "%s", series);
    }
    stop();
}
END_TEST

START_TEST(rates_are_of_disks_and_never_negative)
{
    start("8 0 sda 1 0 100 0 1 0 900 0 0 0 0\n253 0 dm-0 1 0 100 0 1 0 900 0 0 0 0\n");
    fake_host_write(&host, "proc/diskstats",
                    "8 0 sda 1 0 300 0 1 0 5 0 0 0 0\n253 0 dm-0 1 0 300 0 1 0 950 0 0 0 0\n"
                    "8 16 sdb 1 0 300 0 1 0 950 0 0 0 0\n");
    fake_host_run(&host, collect);
    ck_assert_double_gt(
        fake_host_value(&host, "sentora_disk_read_bytes_per_second{device=\"sda\"}"), 0);
    ck_assert_uint_eq(fake_host_count(&host, "sentora_disk_"), 1);
    stop();
}
END_TEST

START_TEST(udev_describes_the_device)
{
    fake_host_init(&host);
    fake_host_write(&host, "proc/1/mounts", "");
    fake_host_write(&host, "proc/diskstats", "8 0 sda 1 0 0 0 0 0 0 0 0 0 0\n");
    fake_host_write(&host, "run/udev/data/b8:0",
                    "S:disk/by-id/x\nE:ID_MODEL=Fast One\nE:ID_SERIAL_SHORT=S1\n"
                    "E:ID_FS_TYPE=ext4\nE:ID_FS_UUID=u-1\nE:ID_ATA=1\n"
                    "E:ID_ATA_WRITE_CACHE=1\nE:ID_ATA_ROTATION_RATE_RPM=7200\nE:ID_WWN=\xff\n");
    collect = fake_host_collect_new(&host, only_disk);
    fake_host_run(&host, collect);
    ck_assert(fake_host_has(&host, "node_disk_info{device=\"sda\",major=\"8\",minor=\"0\","
                                   "model=\"Fast One\",path=\"\",revision=\"\",serial=\"S1\","
                                   "wwn=\"\"}"));
    ck_assert(fake_host_has(&host, "node_disk_filesystem_info{device=\"sda\",type=\"ext4\","
                                   "usage=\"\",uuid=\"u-1\",version=\"\"}"));
    ck_assert_double_eq(
        fake_host_value(&host, "node_disk_ata_rotation_rate_rpm{device=\"sda\"}"), 7200);
    ck_assert_uint_eq(fake_host_count(&host, "node_disk_device_mapper_info"), 0);
    stop();
}
END_TEST

UNIT_MAIN("diskstats", columns_become_families, old_kernels_have_fewer_columns,
          partitions_and_pseudo_devices_are_left_out, rates_are_of_disks_and_never_negative,
          udev_describes_the_device)
