/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "collect/fake_host.h"
#include "unit.h"

#define PLATFORM "sys/devices/platform/coretemp.0"

static struct fake_host host;
static struct collect *collect;

static void link_below(const char *target, const char *path)
{
    char full[256];
    snprintf(full, sizeof(full), "%s/%s", host.path, path);
    ck_assert_int_eq(symlink(target, full), 0);
}

START_TEST(sensors_are_named_after_device_driver_or_place)
{
    fake_host_init(&host);
    fake_host_write(&host, PLATFORM "/hwmon/hwmon0/temp1_input", "55000\n");
    fake_host_write(&host, PLATFORM "/hwmon/hwmon0/temp1_label", "Core 0\n");
    fake_host_write(&host, PLATFORM "/hwmon/hwmon0/temp1_max", "84000\n");
    fake_host_write(&host, PLATFORM "/hwmon/hwmon0/temp1_crit", "100000\n");
    fake_host_write(&host, PLATFORM "/hwmon/hwmon0/temp2_input", "-1500\n");
    fake_host_write(&host, PLATFORM "/hwmon/hwmon0/temp2_label", "Core 0\n");
    link_below("../../../coretemp.0", PLATFORM "/hwmon/hwmon0/device");
    fake_host_write(&host, "sys/class/hwmon/hwmon1/name", "NVMe-1\n");
    fake_host_write(&host, "sys/class/hwmon/hwmon1/temp1_input", "40500\n");
    fake_host_write(&host, "sys/class/hwmon/hwmon4/temp1_input", "1\n");
    fake_host_write(&host, "sys/class/hwmon/hwmon5/fan1_input", "1000\n");
    fake_host_write(&host, "sys/class/hwmon/hwmon6/temp1_input", "broken\n");
    fake_host_write(&host, "sys/class/hwmon/hwmon7/device/temp3_input", "7000\n");
    link_below("../../devices/platform/coretemp.0/hwmon/hwmon0", "sys/class/hwmon/hwmon0");
    collect = fake_host_collect_new(&host, (struct collect_options){0});
    fake_host_run(&host, collect);

    static const struct {
        const char *series;
        double value;
    } wanted[] = {
        {"node_hwmon_temp_celsius{chip=\"platform_coretemp_0\",sensor=\"temp1\"}", 55},
        {"node_hwmon_temp_celsius{chip=\"platform_coretemp_0\",sensor=\"temp2\"}", -1.5},
        {"node_hwmon_temp_max_celsius{chip=\"platform_coretemp_0\",sensor=\"temp1\"}", 84},
        {"node_hwmon_temp_crit_celsius{chip=\"platform_coretemp_0\",sensor=\"temp1\"}", 100},
        {"node_hwmon_sensor_label{chip=\"platform_coretemp_0\",label=\"Core 0\",sensor=\"temp1\"}",
         1},
        {"node_hwmon_temp_celsius{chip=\"nvme_1\",sensor=\"temp1\"}", 40.5},
        {"sentora_temperature_celsius{sensor=\"nvme_1 temp1\"}", 40.5},
        {"node_hwmon_temp_celsius{chip=\"hwmon4\",sensor=\"temp1\"}", 0.001},
    };
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        ck_assert_msg(fake_host_value(&host, wanted[i].series) == wanted[i].value, "%s",
                      wanted[i].series);
    ck_assert_uint_eq(fake_host_count(&host, "node_hwmon_temp_celsius"), 5);
    ck_assert_uint_eq(fake_host_count(&host, "sentora_temperature_celsius"), 5);
    ck_assert_uint_eq(
        fake_host_count(&host,
                        "sentora_temperature_celsius{sensor=\"platform_coretemp_0 Core 0\"}"),
        1);

    fake_host_run(&host, collect); /* told again without being read */
    ck_assert_uint_eq(fake_host_count(&host, "sentora_temperature_celsius"), 5);
    collect_free(collect);
    fake_host_deinit(&host);
}
END_TEST

START_TEST(a_host_without_sensors_is_no_problem)
{
    fake_host_init(&host);
    collect = fake_host_collect_new(&host, (struct collect_options){0});
    fake_host_run(&host, collect);
    ck_assert_uint_eq(fake_host_count(&host, "sentora_temperature"), 0);
    char problems[512];
    fake_host_problems(collect, problems, sizeof(problems));
    ck_assert_ptr_null(strstr(problems, "hwmon"));
    collect_free(collect);
    fake_host_deinit(&host);
}
END_TEST

UNIT_MAIN("hwmon", sensors_are_named_after_device_driver_or_place,
          a_host_without_sensors_is_no_problem)
