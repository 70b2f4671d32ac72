/* SPDX-License-Identifier: MIT */
/*
 * loadavg - how many tasks run or wait for a disk, averaged over 1, 5 and 15 minutes.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "collect/registry.h"
#include "model/vitals.h"

static const struct metric metrics[] = {
    {VITAL_LOAD1, "1m load average.", METRIC_GAUGE},
    {VITAL_LOAD5, "5m load average.", METRIC_GAUGE},
    {VITAL_LOAD15, "15m load average.", METRIC_GAUGE},
};

static int loadavg_collect(struct source *source, const struct tick *tick,
                           const struct emitter *out)
{
    (void)tick;
    const char *at;
    int error = source_read(source, &at);
    if (error != 0)
        return error;

    for (size_t i = 0; i < ARRAY_LEN(metrics); i++) {
        double load;
        if (!text_scan_decimal(&at, &load))
            return -EPROTO;
        emit_value(out, &metrics[i], load);
    }
    return 0;
}

const struct collector loadavg_collector = {
    .name = "loadavg",
    .help = "Load averages from /proc/loadavg.",
    .file = "proc/loadavg",
    .is_file_whole = true,
    .is_wanted = wants_cpu,
    .collect = loadavg_collect,
};
