/* SPDX-License-Identifier: MIT */
#include "collect/fake_host.h"
#include "unit.h"

static const struct collect_options everything = {.cpu = true, .memory = true, .disk = true};

static struct fake_host host;
static struct collect *collect;

static void begin(void)
{
    fake_host_init(&host);
}

static void run(void)
{
    collect = fake_host_collect_new(&host, everything);
    fake_host_run(&host, collect);
}

static void end(void)
{
    collect_free(collect);
    fake_host_deinit(&host);
}

static void is(const char *series, double value)
{
    double got = fake_host_value(&host, series);
    ck_assert_msg(got == value, "%s is %g, not %g", series, got, value);
}

START_TEST(arrays_are_read_from_mdstat)
{
    begin();
    fake_host_write(
        &host, "proc/mdstat",
        "Personalities : [raid1] [raid6]\n\n"
        "md3 : active raid6 sda1[8] sdh1[7] sdd1[10](S) sdd2[11](S)\n"
        "      5853468288 blocks super 1.2 level 6, 64k chunk, algorithm 2 [8/7] [UUUUUUU_]\n"
        "      bitmap: 0/30 pages [0KB], 65536KB chunk\n\n"
        "md6 : active raid1 sdb2[2](F) sdc[1](S) sda2[0]\n"
        "      195310144 blocks [2/1] [U_]\n"
        "      [=>...]  recovery =  8.5% (16775552/195310144) finish=17.0min speed=259783K/sec\n\n"
        "md9 : active raid1 sdc2[2] sdd2[3]\n      523968 blocks super 1.2 [4/4] [UUUU]\n"
        "      resync=DELAYED\n\n"
        "md10 : active raid0 sda1[0] sdb1[1]\n       314159265 blocks 64k chunks\n\n"
        "md4 : inactive raid1 sda3[0](F) sdb3[1](S)\n      4883648 blocks [2/2] [UU]\n\n"
        "unused devices: <none>\n");
    run();
    is("node_md_blocks{device=\"md3\"}", 5853468288.0);
    is("node_md_disks_required{device=\"md3\"}", 8);
    is("node_md_disks{device=\"md3\",state=\"active\"}", 7);
    is("node_md_disks{device=\"md3\",state=\"spare\"}", 2);
    is("node_md_state{device=\"md3\",state=\"active\"}", 1);
    is("node_md_blocks_synced{device=\"md6\"}", 16775552);
    is("node_md_disks{device=\"md6\",state=\"failed\"}", 1);
    is("node_md_state{device=\"md6\",state=\"recovering\"}", 1);
    is("node_md_state{device=\"md6\",state=\"active\"}", 0);
    is("node_md_blocks_synced{device=\"md9\"}", 0);
    is("node_md_state{device=\"md9\",state=\"resync\"}", 1);
    is("node_md_disks{device=\"md10\",state=\"active\"}", 2);
    is("node_md_blocks_synced{device=\"md10\"}", 314159265);
    is("node_md_state{device=\"md4\",state=\"inactive\"}", 1);
    is("node_md_disks{device=\"md4\",state=\"active\"}", 0);
    ck_assert_uint_eq(fake_host_count(&host, "node_md_blocks{"), 5);
    end();
}
END_TEST

START_TEST(mdstat_may_be_anything)
{
    static const char *const texts[] = {
        "",
        "md",
        "md0",
        "md0 :",
        "md0 : active",
        "md0 : active raid1\n",
        "md0 : active\n   \n",
        "md0 : active\n [",
        "md0 : active\n 5 blocks [99999999999999999999/1]\n [/]\n",
        "md0 : active\n check (",
        "md\xff : active raid1 a[0]\n 1 blocks\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        begin();
        fake_host_write(&host, "proc/mdstat", texts[i]);
        run();
        ck_assert_uint_le(fake_host_count(&host, "node_md_blocks{"), 1);
        end();
    }
}
END_TEST

START_TEST(zones_coolers_and_supplies)
{
    begin();
    fake_host_write(&host, "sys/class/thermal/thermal_zone0/type", "cpu-thermal\n");
    fake_host_write(&host, "sys/class/thermal/thermal_zone0/temp", "12376\n");
    fake_host_write(&host, "sys/class/thermal/thermal_zone1/type", "off\n");
    fake_host_write(&host, "sys/class/thermal/cooling_device0/type", "Processor\n");
    fake_host_write(&host, "sys/class/thermal/cooling_device0/cur_state", "0\n");
    fake_host_write(&host, "sys/class/thermal/cooling_device0/max_state", "3\n");
    fake_host_write(&host, "sys/class/power_supply/BAT0/type", "Battery\n");
    fake_host_write(&host, "sys/class/power_supply/BAT0/model_name", "LNV\xa0\n");
    fake_host_write(&host, "sys/class/power_supply/BAT0/capacity", "81\n");
    fake_host_write(&host, "sys/class/power_supply/BAT0/voltage_now", "11660000\n");
    fake_host_write(&host, "sys/class/power_supply/BAT0/temp", "305\n");
    fake_host_write(&host, "sys/class/power_supply/BAT0/energy_now", "full\n");
    run();
    is("node_thermal_zone_temp{type=\"cpu-thermal\",zone=\"0\"}", 12.376);
    ck_assert_uint_eq(fake_host_count(&host, "node_thermal"), 1);
    is("node_cooling_device_cur_state{name=\"0\",type=\"Processor\"}", 0);
    is("node_cooling_device_max_state{name=\"0\",type=\"Processor\"}", 3);
    is("node_power_supply_capacity{power_supply=\"BAT0\"}", 81);
    is("node_power_supply_voltage_volt{power_supply=\"BAT0\"}", 11.66);
    is("node_power_supply_temp_celsius{power_supply=\"BAT0\"}", 30.5);
    ck_assert_uint_eq(fake_host_count(&host, "node_power_supply_energy"), 0);
    is("node_power_supply_info{model_name=\"LNV\xef\xbf\xbd\",power_supply=\"BAT0\","
       "type=\"Battery\"}",
       1);
    end();
}
END_TEST

START_TEST(processors_and_memory)
{
    begin();
    fake_host_write(&host, "proc/schedstat",
                    "version 15\ntimestamp 15819019232\n"
                    "cpu0 1 0 3 4 5 6 2045936778163039 343796328169361 4767485306\n"
                    "domain0 03 1 2 3\ncpu1 1 2 3\ncpu2 1 2 3 4 5 6 x 8 9\n");
    fake_host_write(&host, "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "1699981\n");
    fake_host_write(&host, "sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq", "3700000\n");
    fake_host_write(&host, "sys/devices/system/cpu/cpufreq/policy0", "");
    fake_host_write(&host, "sys/devices/system/edac/mc/mc0/ce_count", "1\n");
    fake_host_write(&host, "sys/devices/system/edac/mc/mc0/ue_count", "5\n");
    fake_host_write(&host, "sys/devices/system/edac/mc/mc0/ce_noinfo_count", "2\n");
    fake_host_write(&host, "sys/devices/system/edac/mc/mc0/csrow0/ce_count", "3\n");
    fake_host_write(&host, "sys/devices/system/edac/mc/power/x", "");
    run();
    is("node_schedstat_running_seconds_total{cpu=\"0\"}", 2045936.778163039);
    is("node_schedstat_waiting_seconds_total{cpu=\"0\"}", 343796.328169361);
    is("node_schedstat_timeslices_total{cpu=\"0\"}", 4767485306.0);
    ck_assert_uint_eq(fake_host_count(&host, "node_schedstat"), 3);
    is("node_cpu_scaling_frequency_hertz{cpu=\"0\"}", 1699981000);
    is("node_cpu_scaling_frequency_max_hertz{cpu=\"0\"}", 3.7e9);
    is("node_edac_correctable_errors_total{controller=\"0\"}", 1);
    is("node_edac_uncorrectable_errors_total{controller=\"0\"}", 5);
    is("node_edac_csrow_correctable_errors_total{controller=\"0\",csrow=\"unknown\"}", 2);
    is("node_edac_csrow_correctable_errors_total{controller=\"0\",csrow=\"0\"}", 3);
    ck_assert_uint_eq(fake_host_count(&host, "node_edac"), 4);
    end();
}
END_TEST

START_TEST(machine_drives_distribution_and_clock)
{
    begin();
    fake_host_write(&host, "sys/class/dmi/id/sys_vendor", "Dell Inc.\n");
    fake_host_write(&host, "sys/class/dmi/id/product_name", "PowerEdge R6515\n");
    fake_host_write(&host, "sys/class/dmi/id/product_version", "\n");
    fake_host_write(&host, "sys/class/nvme/nvme0/model", "Samsung SSD 970 PRO 512GB\n");
    fake_host_write(&host, "sys/class/nvme/nvme0/state", "live\n");
    fake_host_write(
        &host, "etc/os-release",
        "# comment\nNAME=\"Debian GNU/Linux\"\nID=debian\nVERSION_ID='12.5'\n"
        "PRETTY_NAME=\"a \\\"b\\\" c\"\nHOME_URL=\"x\"\nVERSION\n=x\nID_LIKE=\"\xff\"\n");
    fake_host_write(&host, "sys/devices/system/clocksource/clocksource0/available_clocksource",
                    "tsc hpet \n");
    fake_host_write(&host, "sys/devices/system/clocksource/clocksource0/current_clocksource",
                    "tsc\n");
    run();
    is("node_dmi_info{product_name=\"PowerEdge R6515\",system_vendor=\"Dell Inc.\"}", 1);
    is("node_nvme_info{device=\"nvme0\",firmware_revision=\"\",model=\"Samsung SSD 970 PRO "
       "512GB\",serial=\"\",state=\"live\"}",
       1);
    is("node_os_info{build_id=\"\",id=\"debian\",id_like=\"\",image_id=\"\",image_version=\"\","
       "name=\"Debian GNU/Linux\",pretty_name=\"a \"b\" c\",variant=\"\",variant_id=\"\","
       "version=\"\",version_codename=\"\",version_id=\"12.5\"}",
       1);
    is("node_os_version{id=\"debian\",id_like=\"\",name=\"Debian GNU/Linux\"}", 12.5);
    is("node_time_clocksource_available_info{clocksource=\"hpet\",device=\"0\"}", 1);
    is("node_time_clocksource_current_info{clocksource=\"tsc\",device=\"0\"}", 1);
    ck_assert_uint_eq(fake_host_count(&host, "node_time_clocksource"), 3);
    ck_assert_uint_eq(fake_host_count(&host, "node_timex"), 0); /* not of this host */
    end();
}
END_TEST

START_TEST(xfs_counts_per_file_system)
{
    begin();
    fake_host_write(
        &host, "sys/fs/xfs/sda1/stats/stats",
        "extent_alloc 1 872 0 7\nig 5 1 0 4\nrw 28 x\ntrans 4 40 0\nvnodes\n\nabt 1 "
        "2 3 4 5 6 7 8 9\ndir 99999999999999999999\n");
    fake_host_write(&host, "sys/fs/xfs/stats/stats/stats", "rw 1 1\n");
    run();
    is("node_xfs_extent_allocation_blocks_allocated_total{device=\"sda1\"}", 872);
    is("node_xfs_inode_operation_missed_total{device=\"sda1\"}", 4);
    is("node_xfs_write_calls_total{device=\"sda1\"}", 28);
    is("node_xfs_allocation_btree_records_deleted_total{device=\"sda1\"}", 4);
    ck_assert_uint_eq(fake_host_count(&host, "node_xfs"), 13);
    end();
}
END_TEST

UNIT_MAIN("hardware", xfs_counts_per_file_system, arrays_are_read_from_mdstat,
          mdstat_may_be_anything, zones_coolers_and_supplies, processors_and_memory,
          machine_drives_distribution_and_clock)
