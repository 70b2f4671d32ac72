/* SPDX-License-Identifier: MIT */
/*
 * inspect - what a store holds, found out from its files alone, read-only: a server may be
 * writing them meanwhile.
 *
 * Series are counted by what makes them many: the metric, the host (label `instance`), and the
 * names of labels with how many values each has.
 */
#pragma once

#include "base/map.h"
#include "base/vec.h"
#include "store/archive.h"

struct inspect_count {
    char *name; /* owned */
    uint64_t series;
    uint64_t values; /* different ones; of labels only */
};

struct inspect_counts {
    VEC(struct inspect_count *) items; /* owned; most series first */
};

struct inspection {
    struct archive_stats archive;
    uint64_t series; /* in the archive, and those that only the log has yet */
    struct inspect_counts metrics, hosts, labels;
    uint64_t log_segments, log_bytes, log_samples;
    uint64_t log_damaged; /* places in the log that could not be read */
};

/* `path` is that of store.db; the log is in the folder log/ beside it.  0; -errno with the problem.
 * Pair with inspection_deinit(). */
int inspect_store(const char *path, struct inspection *out_inspection, struct problem *problem);
void inspection_deinit(struct inspection *inspection);
