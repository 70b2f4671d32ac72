/* SPDX-License-Identifier: MIT */
/*
 * nvme - which NVMe drives there are.
 */
#include <stdio.h>

#include "collect/host_dir.h"
#include "collect/registry.h"

#define DIRECTORY "sys/class/nvme"

static const struct metric info_metric = {
    "node_nvme_info", "Non-numeric data from /sys/class/nvme/<device>, value is always 1.",
    METRIC_GAUGE};

static int nvme_collect(struct source *source, const struct tick *tick,
                        const struct emitter *out)
{
    (void)tick;
    static const char *const files[] = {"firmware_rev", "model", "serial", "state"};
    struct host_dir drives;
    host_dir_read(source->root, DIRECTORY, &drives);
    for (size_t i = 0; i < drives.len; i++) {
        char directory[320], values[ARRAY_LEN(files)][128];
        snprintf(directory, sizeof(directory), DIRECTORY "/%s", drives.names[i]);
        for (size_t k = 0; k < ARRAY_LEN(files); k++) {
            if (!host_dir_text(source->root, directory, files[k], values[k], sizeof(values[0])))
                values[k][0] = '\0';
        }
        const struct label labels[] = {{"device", drives.names[i]},
                                       {"firmware_revision", values[0]},
                                       {"model", values[1]},
                                       {"serial", values[2]},
                                       {"state", values[3]}};
        out->emit(out->arg, &info_metric, labels, ARRAY_LEN(labels), 1);
    }
    host_dir_deinit(&drives);
    return 0;
}

const struct collector nvme_collector = {
    .name = "nvme",
    .help = "NVMe drives, from /sys/class/nvme.",
    .period_ms = MSEC_MINUTE,
    .is_wanted = wants_disk,
    .collect = nvme_collect,
};
