/* SPDX-License-Identifier: MIT */
/*
 * schedstat - how long each processor ran tasks, and how long tasks waited for it.
 */
#include "base/text.h"
#include "collect/registry.h"

#define COLUMNS  9
#define FIRST    6 /* running, waiting, timeslices */
#define NS_PER_S 1e9

static const struct {
    struct metric metric;
    double divisor;
} columns[] = {
    {{"node_schedstat_running_seconds_total", "Number of seconds CPU spent running a process.",
      METRIC_COUNTER},
     NS_PER_S},
    {{"node_schedstat_waiting_seconds_total",
      "Number of seconds spent by processing waiting for this CPU.", METRIC_COUNTER},
     NS_PER_S},
    {{"node_schedstat_timeslices_total", "Number of timeslices executed by CPU.",
      METRIC_COUNTER},
     1},
};

/* "cpu0 498494191 0 3533438552 2553969831 3853684107 2465731542 2045936778163039 ..." */
static void emit_line(const char *line, const struct emitter *out)
{
    struct slice word;
    char cpu[16];
    uint64_t numbers[COLUMNS];
    const char *name = text_after(line, "cpu");
    if (name == NULL || !text_next_word(&name, &word) ||
        !text_copy_slice(cpu, sizeof(cpu), word))
        return;
    for (size_t i = 0; i < COLUMNS; i++) {
        if (!text_scan_u64(&name, &numbers[i]))
            return;
    }
    for (size_t i = 0; i < ARRAY_LEN(columns); i++)
        emit_labelled(out, &columns[i].metric, "cpu", cpu,
                      (double)numbers[FIRST + i] / columns[i].divisor);
}

static int schedstat_collect(struct source *source, const struct tick *tick,
                             const struct emitter *out)
{
    (void)tick;
    const char *line;
    if (host_read(source->root, "proc/schedstat", &line) != 0)
        return 0; /* not in every kernel */
    for (; *line != '\0'; line = next_line(line))
        emit_line(line, out);
    return 0;
}

const struct collector schedstat_collector = {
    .name = "schedstat",
    .help = "Time that tasks ran and waited per processor, from /proc/schedstat.",
    .period_ms = 5 * MSEC_SECOND,
    .is_wanted = wants_cpu,
    .collect = schedstat_collect,
};
