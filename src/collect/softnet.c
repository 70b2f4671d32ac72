/* SPDX-License-Identifier: MIT */
/*
 * softnet - packets that each processor took from the network's queues, and those it dropped.
 */
#include <stdio.h>

#include "base/text.h"
#include "collect/registry.h"

#define COLUMNS_MAX 16
#define CPU_COLUMN  12 /* where kernels since 5.10 say which processor it is */
#define CPUS_MAX    8192

static const struct metric metrics[] = {
    {"node_softnet_processed_total", "Number of processed packets", METRIC_COUNTER},
    {"node_softnet_dropped_total", "Number of dropped packets", METRIC_COUNTER},
    {"node_softnet_times_squeezed_total", "Number of times processing packets ran out of quota",
     METRIC_COUNTER},
};

static int softnet_collect(struct source *source, const struct tick *tick,
                           const struct emitter *out)
{
    (void)tick;
    const char *line;
    int error = source_read(source, &line);
    if (error != 0)
        return error;
    for (size_t index = 0; *line != '\0' && index < CPUS_MAX; index++, line = next_line(line)) {
        uint64_t columns[COLUMNS_MAX];
        size_t count = 0;
        const char *at = line;
        while (count < COLUMNS_MAX && text_scan_hex(&at, &columns[count]))
            count++;
        if (count < ARRAY_LEN(metrics))
            continue;
        char cpu[24];
        snprintf(cpu, sizeof(cpu), "%llu",
                 (unsigned long long)(count > CPU_COLUMN ? columns[CPU_COLUMN] : index));
        for (size_t i = 0; i < ARRAY_LEN(metrics); i++)
            emit_labelled(out, &metrics[i], "cpu", cpu, (double)columns[i]);
    }
    return 0;
}

const struct collector softnet_collector = {
    .name = "softnet",
    .help = "Packets taken and dropped per processor, from /proc/net/softnet_stat.",
    .file = "proc/net/softnet_stat",
    .period_ms = 5 * MSEC_SECOND,
    .is_wanted = wants_network,
    .collect = softnet_collect,
};
