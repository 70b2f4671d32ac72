/* SPDX-License-Identifier: MIT */
/* The kernel writes one number per key, and for softirq the total and then one per vector. */
#include "collect/stat.h"

#include "base/text.h"

static const struct field {
    const char *key;
    struct metric metric;
} fields[] = {
    {"intr ", {"node_intr_total", "Total number of interrupts serviced.", METRIC_COUNTER}},
    {"ctxt ",
     {"node_context_switches_total", "Total number of context switches.", METRIC_COUNTER}},
    {"btime ", {"node_boot_time_seconds", "Node boot time, in unixtime.", METRIC_GAUGE}},
    {"processes ", {"node_forks_total", "Total number of forks.", METRIC_COUNTER}},
    {"procs_running ",
     {"node_procs_running", "Number of processes in runnable state.", METRIC_GAUGE}},
    {"procs_blocked ",
     {"node_procs_blocked", "Number of processes blocked waiting for I/O to complete.",
      METRIC_GAUGE}},
};

static const struct metric softirqs = {"node_softirqs_total", "Number of softirq calls.",
                                       METRIC_COUNTER};
static const char *const softirq_vectors[] = {"hi",      "timer",        "net_tx",  "net_rx",
                                              "block",   "block_iopoll", "tasklet", "sched",
                                              "hrtimer", "rcu"};

static void emit_softirqs(const struct emitter *out, const char *at)
{
    uint64_t total, count;
    if (!text_scan_u64(&at, &total))
        return;
    for (size_t i = 0; i < ARRAY_LEN(softirq_vectors) && text_scan_u64(&at, &count); i++)
        emit_labelled(out, &softirqs, "vector", softirq_vectors[i], (double)count);
}

void stat_emit_line(const struct emitter *out, const char *line)
{
    const char *rest = text_after(line, "softirq ");
    if (rest != NULL) {
        emit_softirqs(out, rest);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        uint64_t value;
        rest = text_after(line, fields[i].key);
        if (rest != NULL && text_scan_u64(&rest, &value)) {
            emit_value(out, &fields[i].metric, (double)value);
            return;
        }
    }
}
