/* SPDX-License-Identifier: MIT */
/*
 * vmstat - paging, swapping, page faults and kills for want of memory.
 *
 * /proc/vmstat has some two hundred lines; these are the ones that node_exporter publishes by
 * default.
 */
#include "base/text.h"
#include "collect/registry.h"

#define VMSTAT(key)                                                                            \
    {                                                                                          \
        key " ",                                                                               \
        {                                                                                      \
            "node_vmstat_" key, "/proc/vmstat information field " key ".", METRIC_UNTYPED      \
        }                                                                                      \
    }

static const struct field {
    const char *key;
    struct metric metric;
} fields[] = {
    VMSTAT("oom_kill"), VMSTAT("pgfault"), VMSTAT("pgmajfault"), VMSTAT("pgpgin"),
    VMSTAT("pgpgout"),  VMSTAT("pswpin"),  VMSTAT("pswpout"),
};

static void emit_line(const struct emitter *out, const char *line)
{
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        const char *at = text_after(line, fields[i].key);
        uint64_t value;
        if (at != NULL && text_scan_u64(&at, &value))
            emit_value(out, &fields[i].metric, (double)value);
    }
}

static int vmstat_collect(struct source *source, const struct tick *tick,
                          const struct emitter *out)
{
    (void)tick;
    const char *line;
    int error = source_read(source, &line);
    if (error != 0)
        return error;
    for (; *line != '\0'; line = next_line(line)) {
        if (*line == 'o' || *line == 'p')
            emit_line(out, line);
    }
    return 0;
}

const struct collector vmstat_collector = {
    .name = "vmstat",
    .help = "Paging, swapping and kills for want of memory, from /proc/vmstat.",
    .file = "proc/vmstat",
    .is_wanted = wants_memory,
    .collect = vmstat_collect,
};
