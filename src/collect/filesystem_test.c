/* SPDX-License-Identifier: MIT */
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "collect/fake_host.h"
#include "unit.h"

static const struct collect_options only_disk = {.disk = true};

static struct fake_host host;
static struct collect *collect;

static void make(const char *path)
{
    char full[256];
    snprintf(full, sizeof(full), "%s/%s", host.path, path);
    ck_assert_int_eq(file_make_dirs(full, 0755), 0);
}

static void start(struct collect_options options, const char *mounts)
{
    fake_host_init(&host);
    fake_host_write(&host, "proc/1/mounts", mounts);
    fake_host_write(&host, "proc/diskstats", "");
    make("home/a b");
    make("data");
    collect = fake_host_collect_new(&host, options);
    fake_host_run(&host, collect);
}

static void stop(void)
{
    collect_free(collect);
    fake_host_deinit(&host);
}

START_TEST(every_real_mount_is_measured)
{
    start(only_disk, "/dev/sda1 / ext4 rw,relatime 0 0\nproc /proc proc rw 0 0\n"
                     "tmpfs /run tmpfs rw 0 0\n/dev/loop3 /snap/core squashfs ro 0 0\n"
                     "/dev/sdb1 /home/a\\040b xfs ro,relatime 0 0\n"
                     "overlay /var/lib/docker/overlay2/x/merged overlay rw 0 0\n");
    struct statvfs truth;
    ck_assert_int_eq(statvfs(host.path, &truth), 0);

    ck_assert_double_eq(
        fake_host_value(&host,
                        "node_filesystem_size_bytes{device=\"/dev/sda1\",fstype=\"ext4\","
                        "mountpoint=\"/\"}"),
        (double)truth.f_blocks * (double)truth.f_frsize);
    ck_assert_uint_eq(fake_host_count(&host, "node_filesystem_size_bytes"), 2);
    ck_assert_double_eq(
        fake_host_value(&host, "node_filesystem_readonly{device=\"/dev/sdb1\",fstype=\"xfs\","
                               "mountpoint=\"/home/a b\"}"),
        1);
    ck_assert_uint_eq(fake_host_count(&host, "sentora_disk_usage_percent"), 2);
    double percent = fake_host_value(&host, "sentora_disk_usage_percent{mountpoint=\"/\"}");
    ck_assert_double_ge(percent, 0);
    ck_assert_double_le(percent, 100);

    struct collect_summary summary;
    collect_summary(collect, &summary);
    ck_assert_uint_eq(summary.n_disks, 2);
    ck_assert_str_eq(summary.disks[0].path, "/");
    stop();
}
END_TEST

START_TEST(a_device_counts_once_at_its_shortest_path)
{
    start(only_disk, "/dev/sda2 /data ext4 rw 0 0\n/dev/sda2 /home/a\\040b ext4 rw 0 0\n"
                     "/dev/sda2 / ext4 rw 0 0\n");
    ck_assert_uint_eq(fake_host_count(&host, "sentora_disk_usage_percent"), 1);
    ck_assert(fake_host_has(&host, "sentora_disk_usage_percent{mountpoint=\"/\"}"));
    stop();
}
END_TEST

START_TEST(the_upper_of_two_mounts_in_one_place_is_seen)
{
    start(only_disk, "/dev/sda1 /data ext4 rw 0 0\n/dev/sdb1 /data xfs rw 0 0\n");
    ck_assert_uint_eq(fake_host_count(&host, "node_filesystem_size_bytes"), 1);
    ck_assert(fake_host_has(&host, "node_filesystem_size_bytes{device=\"/dev/sdb1\","
                                   "fstype=\"xfs\",mountpoint=\"/data\"}"));
    stop();
}
END_TEST

START_TEST(a_container_has_its_root)
{
    start(only_disk, "overlay / overlay rw 0 0\ntmpfs /dev tmpfs rw 0 0\n");
    ck_assert(fake_host_has(&host, "sentora_disk_usage_percent{mountpoint=\"/\"}"));
    ck_assert_uint_eq(fake_host_count(&host, "sentora_disk_usage_percent"), 1);
    stop();
}
END_TEST

START_TEST(listed_paths_are_taken_literally_and_fail_alone)
{
    static const char *const paths[] = {"/data", "/missing", NULL};
    struct collect_options options = only_disk;
    options.disk_paths = paths;
    start(options, "/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 /home/a\\040b xfs ro 0 0\n");

    ck_assert(fake_host_has(&host, "sentora_disk_usage_percent{mountpoint=\"/data\"}"));
    ck_assert_uint_eq(fake_host_count(&host, "sentora_disk_usage_percent"), 1);
    ck_assert_double_eq(fake_host_value(&host,
                                        "node_filesystem_device_error{device=\"/dev/sda1\","
                                        "fstype=\"ext4\",mountpoint=\"/missing\"}"),
                        1);
    char problems[512];
    fake_host_problems(collect, problems, sizeof(problems));
    ck_assert_ptr_nonnull(strstr(problems, "disk: /missing does not answer"));
    stop();
}
END_TEST

START_TEST(mounts_come_and_go)
{
    start(only_disk, "/dev/sda1 / ext4 rw 0 0\n");
    fake_host_write(&host, "proc/1/mounts",
                    "/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 /data xfs rw 0 0\n");
    fake_host_run(&host, collect);
    ck_assert_uint_eq(fake_host_count(&host, "sentora_disk_usage_percent"), 2);
    fake_host_write(&host, "proc/1/mounts", "/dev/sdb1 /data xfs rw 0 0\n");
    fake_host_run(&host, collect);
    ck_assert_uint_eq(fake_host_count(&host, "sentora_disk_usage_percent"), 1);
    stop();
}
END_TEST

START_TEST(nonsense_is_passed_over)
{
    start(only_disk, "\n/dev/sda1\n/dev/sda1 /\n/dev/sda1 / ext4\n/dev/sda1 /\\04 ext4 rw\n"
                     "/dev/sdc \\999 ext4 rw 0 0");
    ck_assert_uint_eq(fake_host_count(&host, "sentora_disk_usage_percent"), 0);
    ck_assert_uint_eq(fake_host_count(&host, "node_filesystem_device_error"), 2);
    stop();
}
END_TEST

UNIT_MAIN("filesystem", every_real_mount_is_measured, a_device_counts_once_at_its_shortest_path,
          the_upper_of_two_mounts_in_one_place_is_seen, a_container_has_its_root,
          listed_paths_are_taken_literally_and_fail_alone, mounts_come_and_go,
          nonsense_is_passed_over)
