/* SPDX-License-Identifier: MIT */
/*
 * cpufreq - how fast each processor runs, and may.
 *
 * Asking for the present frequency wakes the processor, so it is not done in every collection.
 */
#include <stdio.h>

#include "base/text.h"
#include "collect/host_dir.h"
#include "collect/registry.h"

#define DIRECTORY           "sys/devices/system/cpu"
#define HERTZ_PER_KILOHERTZ 1000

static const struct {
    const char *file;
    struct metric metric;
} frequencies[] = {
    {"cpuinfo_cur_freq",
     {"node_cpu_frequency_hertz", "Current CPU thread frequency in hertz.", METRIC_GAUGE}},
    {"cpuinfo_min_freq",
     {"node_cpu_frequency_min_hertz", "Minimum CPU thread frequency in hertz.", METRIC_GAUGE}},
    {"cpuinfo_max_freq",
     {"node_cpu_frequency_max_hertz", "Maximum CPU thread frequency in hertz.", METRIC_GAUGE}},
    {"scaling_cur_freq",
     {"node_cpu_scaling_frequency_hertz", "Current scaled CPU thread frequency in hertz.",
      METRIC_GAUGE}},
    {"scaling_min_freq",
     {"node_cpu_scaling_frequency_min_hertz", "Minimum scaled CPU thread frequency in hertz.",
      METRIC_GAUGE}},
    {"scaling_max_freq",
     {"node_cpu_scaling_frequency_max_hertz", "Maximum scaled CPU thread frequency in hertz.",
      METRIC_GAUGE}},
};

static int cpufreq_collect(struct source *source, const struct tick *tick,
                           const struct emitter *out)
{
    (void)tick;
    struct host_dir cpus;
    host_dir_read(source->root, DIRECTORY, &cpus);
    for (size_t i = 0; i < cpus.len; i++) {
        char directory[320];
        double kilohertz;
        const char *number = text_after(cpus.names[i], "cpu");
        if (number == NULL || *number < '0' || *number > '9')
            continue;
        snprintf(directory, sizeof(directory), DIRECTORY "/%s/cpufreq", cpus.names[i]);
        for (size_t k = 0; k < ARRAY_LEN(frequencies); k++) {
            if (host_dir_number(source->root, directory, frequencies[k].file, &kilohertz))
                emit_labelled(out, &frequencies[k].metric, "cpu", number,
                              kilohertz * HERTZ_PER_KILOHERTZ);
        }
    }
    host_dir_deinit(&cpus);
    return 0;
}

const struct collector cpufreq_collector = {
    .name = "cpufreq",
    .help = "Frequencies of processors, from /sys/devices/system/cpu.",
    .period_ms = 15 * MSEC_SECOND,
    .is_wanted = wants_cpu,
    .collect = cpufreq_collect,
};
