/* SPDX-License-Identifier: MIT */
#include "collect/registry.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

const struct collector *const collectors[] = {
    &cpu_collector,          /* processor time, and the rest of /proc/stat */
    &loadavg_collector,      /* tasks that run or wait */
    &pressure_collector,     /* time lost waiting */
    &memory_collector,       /* RAM and swap */
    &vmstat_collector,       /* paging and swapping */
    &filesystem_collector,   /* space and inodes */
    &diskstats_collector,    /* block devices */
    &netdev_collector,       /* network interfaces */
    &netclass_collector,     /* ... and what they are */
    &bonding_collector,      /* links of bonds */
    &netstat_collector,      /* IP, TCP, UDP */
    &sockstat_collector,     /* sockets */
    &softnet_collector,      /* packets per processor */
    &udp_queues_collector,   /* bytes waiting in UDP sockets */
    &conntrack_collector,    /* tracked connections */
    &arp_collector,          /* neighbours */
    &services_collector,     /* systemd units */
    &ssh_collector,          /* failed log-ins */
    &hwmon_collector,        /* temperatures, fans, voltages */
    &thermal_collector,      /* thermal zones */
    &power_supply_collector, /* batteries and mains */
    &cpufreq_collector,      /* frequencies */
    &schedstat_collector,    /* waiting for a processor */
    &mdadm_collector,        /* software RAID */
    &xfs_collector,          /* XFS */
    &nvme_collector,         /* NVMe drives */
    &edac_collector,         /* errors of memory */
    &timex_collector,        /* the clock */
    &dmi_collector,          /* the machine */
    &os_release_collector,   /* the distribution */
    &textfile_collector,     /* what others measured */
    &system_collector,       /* uptime and kernel */
    &filefd_collector,       /* open files */
    &entropy_collector,      /* random bits */
};
const size_t n_collectors = ARRAY_LEN(collectors);

bool wants_cpu(const struct collect_options *options)
{
    return options->cpu;
}

bool wants_memory(const struct collect_options *options)
{
    return options->memory;
}

bool wants_disk(const struct collect_options *options)
{
    return options->disk;
}

bool wants_network(const struct collect_options *options)
{
    return options->network;
}

int source_read(struct source *source, const char **out_text)
{
    int error = host_file_read(source->root, &source->file, out_text);
    if (error != 0)
        source_set_problem(source, "cannot read /%s (%s)", source->file.path, strerror(-error));
    return error;
}

void source_set_problem(struct source *source, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(source->problem, sizeof(source->problem), format, args);
    va_end(args);
}

bool counter_rate(uint64_t before, uint64_t now, int64_t span_ns, double *out_per_second)
{
    if (now < before || span_ns <= 0)
        return false;
    *out_per_second = (double)(now - before) / ((double)span_ns / 1e9);
    return true;
}

bool list_has(const char *const *list, const char *name)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
        if (text_is(list[i], name))
            return true;
    }
    return false;
}
