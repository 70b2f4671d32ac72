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

#define REFRESH_NS (60 * (int64_t)1000000000) /* a host's name can change */

static const struct metric uptime_metric = {VITAL_UPTIME, "Seconds since the host was started.",
                                            METRIC_GAUGE};
static const struct metric time_metric = {
    "node_time_seconds", "System time in seconds since epoch (1970).", METRIC_GAUGE};
static const struct metric uname_metric = {
    "node_uname_info", "Labeled system information as provided by the uname system call.",
    METRIC_GAUGE};

struct system_state {
    struct utsname name;
    int64_t named_ns; /* 0 = not yet */
};

static void emit_uname(struct system_state *state, const struct tick *tick,
                       const struct emitter *out)
{
    if (state->named_ns == 0 || tick->mono_ns - state->named_ns >= REFRESH_NS) {
        if (uname(&state->name) != 0)
            return;
        state->named_ns = tick->mono_ns;
    }
    const struct utsname *name = &state->name;
    const struct label labels[] = {
        {"domainname", name->domainname}, {"machine", name->machine},
        {"nodename", name->nodename},     {"release", name->release},
        {"sysname", name->sysname},       {"version", name->version},
    };
    out->emit(out->arg, &uname_metric, labels, ARRAY_LEN(labels), 1);
}

static int system_collect(struct source *source, const struct tick *tick,
                          const struct emitter *out)
{
    if (source->root->is_live) {
        emit_value(out, &time_metric, (double)tick->wall_ms / MSEC_SECOND);
        emit_uname(source->state, tick, out);
    }

    const char *at;
    double seconds;
    int error = source_read(source, &at);
    if (error != 0)
        return error;
    if (!text_scan_decimal(&at, &seconds))
        return -EPROTO;
    emit_value(out, &uptime_metric, seconds);
    return 0;
}

const struct collector system_collector = {
    .name = "system",
    .help = "Uptime and kernel version.",
    .file = "proc/uptime",
    .is_file_whole = true,
    .state_size = sizeof(struct system_state),
    .collect = system_collect,
};
