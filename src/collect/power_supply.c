/* SPDX-License-Identifier: MIT */
/*
 * power_supply - batteries and mains.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "collect/host_dir.h"
#include "collect/registry.h"

#define DIRECTORY "sys/class/power_supply"
#define MICRO     1e6

#define SUPPLY(name)                                                                           \
    {                                                                                          \
        "node_power_supply_" name, name " value of /sys/class/power_supply/<power_supply>.",   \
            METRIC_GAUGE                                                                       \
    }

static const struct number {
    const char *file;
    struct metric metric;
    double divisor;
} numbers[] = {
    {"authentic", SUPPLY("authentic"), 1},
    {"calibrate", SUPPLY("calibrate"), 1},
    {"capacity", SUPPLY("capacity"), 1},
    {"capacity_alert_max", SUPPLY("capacity_alert_max"), 1},
    {"capacity_alert_min", SUPPLY("capacity_alert_min"), 1},
    {"cycle_count", SUPPLY("cyclecount"), 1},
    {"online", SUPPLY("online"), 1},
    {"present", SUPPLY("present"), 1},
    {"time_to_empty_now", SUPPLY("time_to_empty_seconds"), 1},
    {"time_to_full_now", SUPPLY("time_to_full_seconds"), 1},
    {"current_boot", SUPPLY("current_boot"), MICRO},
    {"current_max", SUPPLY("current_max"), MICRO},
    {"current_now", SUPPLY("current_ampere"), MICRO},
    {"energy_empty", SUPPLY("energy_empty"), MICRO},
    {"energy_empty_design", SUPPLY("energy_empty_design"), MICRO},
    {"energy_full", SUPPLY("energy_full"), MICRO},
    {"energy_full_design", SUPPLY("energy_full_design"), MICRO},
    {"energy_now", SUPPLY("energy_watthour"), MICRO},
    {"voltage_boot", SUPPLY("voltage_boot"), MICRO},
    {"voltage_max", SUPPLY("voltage_max"), MICRO},
    {"voltage_max_design", SUPPLY("voltage_max_design"), MICRO},
    {"voltage_min", SUPPLY("voltage_min"), MICRO},
    {"voltage_min_design", SUPPLY("voltage_min_design"), MICRO},
    {"voltage_now", SUPPLY("voltage_volt"), MICRO},
    {"voltage_ocv", SUPPLY("voltage_ocv"), MICRO},
    {"charge_control_limit", SUPPLY("charge_control_limit"), MICRO},
    {"charge_control_limit_max", SUPPLY("charge_control_limit_max"), MICRO},
    {"charge_counter", SUPPLY("charge_counter"), MICRO},
    {"charge_empty", SUPPLY("charge_empty"), MICRO},
    {"charge_empty_design", SUPPLY("charge_empty_design"), MICRO},
    {"charge_full", SUPPLY("charge_full"), MICRO},
    {"charge_full_design", SUPPLY("charge_full_design"), MICRO},
    {"charge_now", SUPPLY("charge_ampere"), MICRO},
    {"charge_term_current", SUPPLY("charge_term_current"), MICRO},
    {"constant_charge_current", SUPPLY("constant_charge_current"), MICRO},
    {"constant_charge_current_max", SUPPLY("constant_charge_current_max"), MICRO},
    {"constant_charge_voltage", SUPPLY("constant_charge_voltage"), MICRO},
    {"constant_charge_voltage_max", SUPPLY("constant_charge_voltage_max"), MICRO},
    {"input_current_limit", SUPPLY("input_current_limit"), MICRO},
    {"power_now", SUPPLY("power_watt"), MICRO},
    {"precharge_current", SUPPLY("precharge_current"), MICRO},
    {"temp", SUPPLY("temp_celsius"), 10},
    {"temp_alert_max", SUPPLY("temp_alert_max_celsius"), 10},
    {"temp_alert_min", SUPPLY("temp_alert_min_celsius"), 10},
    {"temp_ambient", SUPPLY("temp_ambient_celsius"), 10},
    {"temp_ambient_max", SUPPLY("temp_ambient_max_celsius"), 10},
    {"temp_ambient_min", SUPPLY("temp_ambient_min_celsius"), 10},
    {"temp_max", SUPPLY("temp_max_celsius"), 10},
    {"temp_min", SUPPLY("temp_min_celsius"), 10},
};
static const struct metric info_metric = {
    "node_power_supply_info", "info of /sys/class/power_supply/<power_supply>.", METRIC_GAUGE};

/* Files and labels at once, but for the name of the supply, which is a label too. */
#define SELF "power_supply"
static const char *const texts[] = {
    "capacity_level", "charge_type",   "health", "manufacturer", "model_name", SELF,
    "scope",          "serial_number", "status", "technology",   "type",       "usb_type",
};

static void emit_info(struct host_root *root, const char *directory, const char *name,
                      const struct emitter *out)
{
    char values[ARRAY_LEN(texts)][128];
    struct label labels[ARRAY_LEN(texts)];
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (text_is(texts[i], SELF))
            labels[count++] = (struct label){SELF, name};
        else if (host_dir_text(root, directory, texts[i], values[i], sizeof(values[0])))
            labels[count++] = (struct label){texts[i], values[i]};
    }
    out->emit(out->arg, &info_metric, labels, count, 1);
}

static int power_supply_collect(struct source *source, const struct tick *tick,
                                const struct emitter *out)
{
    (void)tick;
    struct host_dir supplies;
    host_dir_read(source->root, DIRECTORY, &supplies);
    for (size_t i = 0; i < supplies.len; i++) {
        char directory[320];
        double number;
        snprintf(directory, sizeof(directory), DIRECTORY "/%s", supplies.names[i]);
        for (size_t k = 0; k < ARRAY_LEN(numbers); k++) {
            if (host_dir_number(source->root, directory, numbers[k].file, &number))
                emit_labelled(out, &numbers[k].metric, SELF, supplies.names[i],
                              number / numbers[k].divisor);
        }
        emit_info(source->root, directory, supplies.names[i], out);
    }
    host_dir_deinit(&supplies);
    return 0;
}

const struct collector power_supply_collector = {
    .name = "powersupplyclass",
    .help = "Batteries and mains, from /sys/class/power_supply.",
    .period_ms = 30 * MSEC_SECOND,
    .collect = power_supply_collect,
};
