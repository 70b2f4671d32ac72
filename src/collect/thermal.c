/* SPDX-License-Identifier: MIT */
/*
 * thermal - zones that the kernel cools, and how hard it does.
 */
#include <stdio.h>

#include "base/text.h"
#include "collect/host_dir.h"
#include "collect/registry.h"

#define DIRECTORY "sys/class/thermal"

static const struct metric temp_metric = {"node_thermal_zone_temp",
                                          "Zone temperature in Celsius", METRIC_GAUGE};
static const struct metric current_metric = {"node_cooling_device_cur_state",
                                             "Current throttle state of the cooling device",
                                             METRIC_GAUGE};
static const struct metric max_metric = {"node_cooling_device_max_state",
                                         "Maximum throttle state of the cooling device",
                                         METRIC_GAUGE};

static void emit_zone(struct host_root *root, const char *directory, const char *number,
                      const struct emitter *out)
{
    char type[64];
    double millidegrees;
    if (!host_dir_text(root, directory, "type", type, sizeof(type)) ||
        !host_dir_number(root, directory, "temp", &millidegrees))
        return; /* a sensor that is switched off gives no temperature */
    const struct label labels[] = {{"type", type}, {"zone", number}};
    out->emit(out->arg, &temp_metric, labels, 2, millidegrees / 1000);
}

static void emit_cooler(struct host_root *root, const char *directory, const char *number,
                        const struct emitter *out)
{
    char type[64];
    double state;
    if (!host_dir_text(root, directory, "type", type, sizeof(type)))
        return;
    const struct label labels[] = {{"name", number}, {"type", type}};
    if (host_dir_number(root, directory, "cur_state", &state))
        out->emit(out->arg, &current_metric, labels, 2, state);
    if (host_dir_number(root, directory, "max_state", &state))
        out->emit(out->arg, &max_metric, labels, 2, state);
}

static int thermal_collect(struct source *source, const struct tick *tick,
                           const struct emitter *out)
{
    (void)tick;
    struct host_dir entries;
    host_dir_read(source->root, DIRECTORY, &entries);
    for (size_t i = 0; i < entries.len; i++) {
        char directory[320];
        snprintf(directory, sizeof(directory), DIRECTORY "/%s", entries.names[i]);
        const char *zone = text_after(entries.names[i], "thermal_zone");
        const char *cooler = text_after(entries.names[i], "cooling_device");
        if (zone != NULL)
            emit_zone(source->root, directory, zone, out);
        else if (cooler != NULL)
            emit_cooler(source->root, directory, cooler, out);
    }
    host_dir_deinit(&entries);
    return 0;
}

const struct collector thermal_collector = {
    .name = "thermal_zone",
    .help = "Thermal zones and cooling devices, from /sys/class/thermal.",
    .period_ms = 15 * MSEC_SECOND,
    .collect = thermal_collect,
};
