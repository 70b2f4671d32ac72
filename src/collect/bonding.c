/* SPDX-License-Identifier: MIT */
/*
 * bonding - of how many links a bond is made, and how many of them work.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "collect/registry.h"

#define SYS_CLASS_NET "sys/class/net"

static const struct metric slaves_metric = {
    "node_bonding_slaves", "Number of configured slaves per bonding interface.", METRIC_GAUGE};
static const struct metric active_metric = {
    "node_bonding_active", "Number of active slaves per bonding interface.", METRIC_GAUGE};

/* Drivers of old have the slave's directory as "slave_eth0". */
static bool is_up(struct host_root *root, const char *master, const char *slave)
{
    char path[256], state[16];
    snprintf(path, sizeof(path), SYS_CLASS_NET "/%s/lower_%s/bonding_slave/mii_status", master,
             slave);
    if (!host_read_line(root, path, state, sizeof(state))) {
        snprintf(path, sizeof(path), SYS_CLASS_NET "/%s/slave_%s/bonding_slave/mii_status",
                 master, slave);
        if (!host_read_line(root, path, state, sizeof(state)))
            return false;
    }
    return text_is(state, "up");
}

static void emit_master(struct host_root *root, const char *master, const struct emitter *out)
{
    char path[128], slaves[2048], slave[32];
    size_t n_slaves = 0, n_active = 0;
    snprintf(path, sizeof(path), SYS_CLASS_NET "/%s/bonding/slaves", master);
    if (!host_read_line(root, path, slaves, sizeof(slaves)))
        slaves[0] = '\0';
    const char *at = slaves;
    struct slice word;
    while (text_next_word(&at, &word)) {
        n_slaves++;
        n_active += text_copy_slice(slave, sizeof(slave), word) && is_up(root, master, slave);
    }
    emit_labelled(out, &active_metric, "master", master, (double)n_active);
    emit_labelled(out, &slaves_metric, "master", master, (double)n_slaves);
}

static int bonding_collect(struct source *source, const struct tick *tick,
                           const struct emitter *out)
{
    (void)tick;
    char masters[2048], master[32];
    if (!host_read_line(source->root, SYS_CLASS_NET "/bonding_masters", masters,
                        sizeof(masters)))
        return 0; /* nothing is bonded here */
    const char *at = masters;
    struct slice word;
    while (text_next_word(&at, &word)) {
        if (text_copy_slice(master, sizeof(master), word))
            emit_master(source->root, master, out);
    }
    return 0;
}

const struct collector bonding_collector = {
    .name = "bonding",
    .help = "Links of bonds, from /sys/class/net.",
    .period_ms = 15 * MSEC_SECOND,
    .is_wanted = wants_network,
    .collect = bonding_collect,
};
