/* SPDX-License-Identifier: MIT */
/*
 * registry - what a collector is, and which there are.
 *
 * A collector is a const descriptor at the end of its file; registry.c lists them all.  A
 * struct source is one collector at work on one host.  Every function gets its source; what a
 * collector remembers between collections is `state`, zeroed before setup().
 *
 * A collector that cannot measure says why in `problem` (one line) and leaves the samples out.
 * A source that this kernel simply lacks (pressure, entropy) is no problem.
 */
#pragma once

#include <math.h>

#include "base/clock.h"
#include "base/macros.h"
#include "collect/collect.h"
#include "collect/host_root.h"
#include "collect/recall.h"

#define SOURCE_PROBLEM_SIZE 256

/* The moment of a collection, on both clocks. */
struct tick {
    msec_t wall_ms;
    int64_t mono_ns;
};

struct source {
    const struct collector *kind;
    const struct collect_options *options; /* borrowed from the struct collect */
    struct host_root *root;                /* likewise, shared by all sources */
    struct collect_summary *summary;       /* likewise */
    struct host_file file;                 /* kind->file, see source_read() */
    void *state;                           /* owned; kind->state_size bytes */
    char problem[SOURCE_PROBLEM_SIZE];     /* "" = none */
    struct recall recall;                  /* with a period: what was read last */
    int64_t read_ns;                       /* when; 0 = never */
    int64_t spent_ns, n_spent; /* time used since `cost` was told, in how many runs */
    double cost_seconds;       /* of one run, on average over a while; NaN = unknown */
};

struct collector {
    const char *name;
    const char *help;
    const char *file;   /* what source_read() reads; NULL = several or none */
    bool is_file_whole; /* see struct host_file */
    /* For what changes rarely or costs much: read no more often than this, and told again from
     * memory in between.  0 = read in every collection. */
    mspan_t period_ms;
    size_t state_size;
    bool (*is_wanted)(const struct collect_options *options); /* NULL = always */
    void (*setup)(struct source *source);                     /* NULL = nothing to do */
    /* 0, or -errno when there is nothing to say beyond strerror(). */
    int (*collect)(struct source *source, const struct tick *tick, const struct emitter *out);
    void (*write_report)(struct source *source, struct json *json); /* NULL = no part in it */
    void (*teardown)(struct source *source);
};

extern const struct collector arp_collector;
extern const struct collector bonding_collector;
extern const struct collector conntrack_collector;
extern const struct collector cpu_collector;
extern const struct collector cpufreq_collector;
extern const struct collector diskstats_collector;
extern const struct collector dmi_collector;
extern const struct collector edac_collector;
extern const struct collector entropy_collector;
extern const struct collector filefd_collector;
extern const struct collector filesystem_collector;
extern const struct collector hwmon_collector;
extern const struct collector loadavg_collector;
extern const struct collector mdadm_collector;
extern const struct collector memory_collector;
extern const struct collector netclass_collector;
extern const struct collector netdev_collector;
extern const struct collector netstat_collector;
extern const struct collector nvme_collector;
extern const struct collector os_release_collector;
extern const struct collector power_supply_collector;
extern const struct collector pressure_collector;
extern const struct collector schedstat_collector;
extern const struct collector services_collector;
extern const struct collector sockstat_collector;
extern const struct collector softnet_collector;
extern const struct collector ssh_collector;
extern const struct collector system_collector;
extern const struct collector textfile_collector;
extern const struct collector thermal_collector;
extern const struct collector timex_collector;
extern const struct collector udp_queues_collector;
extern const struct collector vmstat_collector;
extern const struct collector xfs_collector;

extern const struct collector *const collectors[];
extern const size_t n_collectors;

/* For is_wanted: what belongs to a switch of the configuration. */
bool wants_cpu(const struct collect_options *options);
bool wants_memory(const struct collect_options *options);
bool wants_disk(const struct collect_options *options);
bool wants_network(const struct collect_options *options);

/* Reads the collector's file.  0, or -errno with the problem told. */
int source_read(struct source *source, const char **out_text);

void source_set_problem(struct source *source, const char *format, ...) PRINTF_LIKE(2, 3);

static inline void emit_value(const struct emitter *out, const struct metric *metric,
                              double value)
{
    out->emit(out->arg, metric, NULL, 0, value);
}

static inline void emit_labelled(const struct emitter *out, const struct metric *metric,
                                 const char *name, const char *label, double value)
{
    out->emit(out->arg, metric, &(struct label){name, label}, 1, value);
}

/* Growth of a counter per second.  False when it went backwards (a reset or a wrap, which say
 * nothing about a rate) or no time passed. */
bool counter_rate(uint64_t before, uint64_t now, int64_t span_ns, double *out_per_second);

/* Is `name` in the NULL-terminated list? */
bool list_has(const char *const *list, const char *name);
static inline bool list_is_empty(const char *const *list)
{
    return list == NULL || list[0] == NULL;
}
