/* SPDX-License-Identifier: MIT */
/*
 * filefd - how many files are open on the whole host, and how many may be.
 */
#include <errno.h>

#include "base/text.h"
#include "collect/registry.h"

static const struct metric allocated_metric = {
    "node_filefd_allocated", "File descriptor statistics: allocated.", METRIC_GAUGE};
static const struct metric maximum_metric = {
    "node_filefd_maximum", "File descriptor statistics: maximum.", METRIC_GAUGE};

static int filefd_collect(struct source *source, const struct tick *tick,
                          const struct emitter *out)
{
    (void)tick;
    const char *at;
    uint64_t allocated, unused, maximum;
    int error = source_read(source, &at);
    if (error != 0)
        return error;
    if (!text_scan_u64(&at, &allocated) || !text_scan_u64(&at, &unused) ||
        !text_scan_u64(&at, &maximum))
        return -EPROTO;
    emit_value(out, &allocated_metric, (double)allocated);
    emit_value(out, &maximum_metric, (double)maximum);
    return 0;
}

const struct collector filefd_collector = {
    .name = "filefd",
    .help = "Open files of the whole host, from /proc/sys/fs/file-nr.",
    .file = "proc/sys/fs/file-nr",
    .is_file_whole = true,
    .collect = filefd_collect,
};
