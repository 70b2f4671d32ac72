/* SPDX-License-Identifier: MIT */
/*
 * system - how long the host is up, and which kernel it runs.
 *
 * uname(2) speaks of the live root only, so a captured tree has no node_uname_info.
 */
#include <errno.h>
#include <sys/utsname.h>

#include "base/text.h"
#include "collect/registry.h"
#include "model/vitals.h"

static const struct metric uptime_metric = {VITAL_UPTIME, "Seconds since the host was started.",
                                            METRIC_GAUGE};
static const struct metric uname_metric = {
    "node_uname_info", "Labeled system information as provided by the uname system call.",
    METRIC_GAUGE};

static void emit_uname(const struct emitter *out)
{
    struct utsname name;
    if (uname(&name) != 0)
        return;
    const struct label labels[] = {
        {"domainname", name.domainname}, {"machine", name.machine}, {"nodename", name.nodename},
        {"release", name.release},       {"sysname", name.sysname}, {"version", name.version},
    };
    out->emit(out->arg, &uname_metric, labels, ARRAY_LEN(labels), 1);
}

static int system_collect(struct source *source, const struct tick *tick,
                          const struct emitter *out)
{
    (void)tick;
    if (source->root->is_live)
        emit_uname(out);

    const char *at;
    struct slice word;
    char number[32];
    double seconds;
    int error = source_read(source, &at);
    if (error != 0)
        return error;
    if (!text_next_word(&at, &word) || !text_copy_slice(number, sizeof(number), word) ||
        text_to_double(number, &seconds) != 0)
        return -EPROTO;
    emit_value(out, &uptime_metric, seconds);
    return 0;
}

const struct collector system_collector = {
    .name = "system",
    .help = "Uptime and kernel version.",
    .file = "proc/uptime",
    .collect = system_collect,
};
