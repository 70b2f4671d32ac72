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

START_TEST(numbers_of_every_kind_have_their_units)
{
    static const struct {
        const char *file, *text, *series;
        double value;
    } cases[] = {
        {"in0_input", "792\n", "node_hwmon_in_volts{chip=\"nct6779\",sensor=\"in0\"}", 0.792},
        {"in0_max", "1744\n", "node_hwmon_in_max_volts{chip=\"nct6779\",sensor=\"in0\"}",
         1.744},
        {"in0_alarm", "1\n", "node_hwmon_in_alarm{chip=\"nct6779\",sensor=\"in0\"}", 1},
        {"in0_beep", "0\n", "node_hwmon_in_beep_enabled{chip=\"nct6779\",sensor=\"in0\"}", 0},
        {"fan2_input", "1098\n", "node_hwmon_fan_rpm{chip=\"nct6779\",sensor=\"fan2\"}", 1098},
        {"fan2_min", "7\n", "node_hwmon_fan_min_rpm{chip=\"nct6779\",sensor=\"fan2\"}", 7},
        {"fan2_pulses", "2\n", "node_hwmon_fan_pulses{chip=\"nct6779\",sensor=\"fan2\"}", 2},
        {"curr1_input", "1500\n", "node_hwmon_curr_amps{chip=\"nct6779\",sensor=\"curr1\"}",
         1.5},
        {"power1_average", "2500000\n",
         "node_hwmon_power_average_watt{chip=\"nct6779\",sensor=\"power1\"}", 2.5},
        {"energy1_input", "3000000\n",
         "node_hwmon_energy_joule_total{chip=\"nct6779\",sensor=\"energy1\"}", 3},
        {"temp3_crit_alarm", "0\n",
         "node_hwmon_temp_crit_alarm_celsius{chip=\"nct6779\",sensor=\"temp3\"}", 0},
        {"pwm1", "153\n", "node_hwmon_pwm{chip=\"nct6779\",sensor=\"pwm1\"}", 153},
        {"pwm1_auto_point1_temp", "30000\n",
         "node_hwmon_pwm_auto_point1_temp{chip=\"nct6779\",sensor=\"pwm1\"}", 30000},
        {"intrusion0_alarm", "1\n",
         "node_hwmon_intrusion_alarm{chip=\"nct6779\",sensor=\"intrusion0\"}", 1},
        {"update_interval", "1000\n",
         "node_hwmon_update_interval_seconds{chip=\"nct6779\",sensor=\"update_interval0\"}", 1},
    };
    fake_host_init(&host);
    fake_host_write(&host, "sys/class/hwmon/hwmon3/name", "nct6779\n");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char path[128];
        snprintf(path, sizeof(path), "sys/class/hwmon/hwmon3/%s", cases[i].file);
        fake_host_write(&host, path, cases[i].text);
    }
    fake_host_write(&host, "sys/class/hwmon/hwmon3/fan2_label", "Left side  \n");
    fake_host_write(&host, "sys/class/hwmon/hwmon3/fan3_input", "fast\n");
    fake_host_write(&host, "sys/class/hwmon/hwmon3/fan99999_input", "1\n");
    fake_host_write(&host, "sys/class/hwmon/hwmon3/fan2_gr\xc3\xb6\xc3\x9f", "1\n");
    fake_host_write(&host, "sys/class/hwmon/hwmon3/inside", "1\n");
    collect = fake_host_collect_new(&host, (struct collect_options){0});
    fake_host_run(&host, collect);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        ck_assert_msg(fake_host_value(&host, cases[i].series) == cases[i].value, "%s",
                      cases[i].series);
    ck_assert_double_eq(
        fake_host_value(&host, "node_hwmon_chip_names{chip=\"nct6779\",chip_name=\"nct6779\"}"),
        1);
    ck_assert_double_eq(fake_host_value(&host, "node_hwmon_sensor_label{chip=\"nct6779\","
                                               "label=\"Left side  \",sensor=\"fan2\"}"),
                        1);
    ck_assert_uint_eq(fake_host_count(&host, "sentora_temperature"), 0);
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

UNIT_MAIN("hwmon", numbers_of_every_kind_have_their_units,
          sensors_are_named_after_device_driver_or_place, a_host_without_sensors_is_no_problem)
