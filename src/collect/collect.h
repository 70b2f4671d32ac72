/* SPDX-License-Identifier: MIT */
/*
 * collect - measures one Linux host: counters of the kernel, vitals, services, SSH failures.
 *
 * Everything is read below a root directory ("/" or a captured tree).  A collector that cannot
 * read its source says so once and leaves its samples out: absent and zero are different facts.
 * One thread at a time; what can hang (statfs on a dead network mount) runs on a thread of its
 * own behind collect_run().
 */
#pragma once

#include <stdbool.h>

#include "base/clock.h"
#include "base/json.h"
#include "model/labels.h"

enum metric_type {
    METRIC_GAUGE,
    METRIC_COUNTER,
    METRIC_UNTYPED,
    METRIC_TYPE_COUNT
};

extern const char *const metric_type_names[METRIC_TYPE_COUNT]; /* "gauge", ... */

/* A family; const, one per name in the whole program, and there as long as the collectors are.
 * node_exporter's name, help and type where it has the metric. */
struct metric {
    const char *name;
    const char *help;
    enum metric_type type;
};

/* Takes samples as they are measured.  `labels` are borrowed for the call, without the metric
 * name, instance and job; sorted by name. */
struct emitter {
    void (*emit)(void *arg, const struct metric *metric, const struct label *labels,
                 size_t n_labels, double value);
    void *arg;
};

struct collect_options {
    const char *root;                               /* "/" */
    bool cpu, memory, disk, network, services, ssh; /* false: not collected at all */
    const char *const *disk_paths;   /* NULL-terminated; NULL or empty = every real mount */
    const char *const *interfaces;   /* likewise: every real interface */
    const char *const *service_list; /* always reported, also when absent; ".service" is added
                                      * when there is no dot */
    const char *ssh_log_path;  /* NULL = auth.log, secure or the journal, whichever is there */
    const char *textfile_path; /* directory of *.prom files; NULL = none */
    mspan_t ssh_window;        /* sliding; default 10 min */
};

struct collect;

/* Logs nothing; what is not available is told by collect_problems(). */
int collect_new(const struct collect_options *options, struct collect **out_collect);
void collect_free(struct collect *collect);

/* One collection: emits every sample.  Rates (CPU percent, bytes per second) are over the time
 * since the previous call; the first call gives none of them.  Never blocks longer than 1 s. */
void collect_run(struct collect *collect, const struct emitter *out);

/* What a collection cost and found missing: "services: no system bus (...)", one per line. */
void collect_problems(struct collect *collect, struct buf *out);

/* The parts of the report, each writes one JSON value (docs/manual/api.md: facts, services, ssh). */
void collect_write_facts(struct collect *collect, struct json *json);
void collect_write_services(struct collect *collect, struct json *json);
void collect_write_ssh(struct collect *collect, struct json *json);

/* The newest numbers by themselves, for `--print json` (seed 000's shape). */
struct collect_summary {
    double cpu_percent, memory_percent; /* NaN = unknown */
    struct {
        char path[256];
        double percent;
    } disks[64];
    size_t n_disks;
    struct {
        char name[32];
        double in_kib_per_s, out_kib_per_s;
    } interfaces[64];
    size_t n_interfaces;
    struct {
        char name[128];
        char state[32];
    } services[64]; /* those of service_list */
    size_t n_services;
    uint64_t ssh_failed;
};
void collect_summary(struct collect *collect, struct collect_summary *out_summary);
