/* SPDX-License-Identifier: MIT */
/*
 * netclass - what network interfaces are: carrier, speed, MTU, addresses.
 *
 * Some two dozen small files per interface, which hardly ever change.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "collect/host_dir.h"
#include "collect/registry.h"

#define SYS_CLASS_NET     "sys/class/net"
#define INTERFACES_MAX    256
#define BYTES_PER_MEGABIT 125000.0

#define PROPERTY(name, type)                                                                   \
    {                                                                                          \
        "node_network_" name, "Network device property: " name, type                           \
    }

static const struct property {
    const char *file;
    struct metric metric;
} properties[] = {
    {"addr_assign_type", PROPERTY("address_assign_type", METRIC_GAUGE)},
    {"carrier", PROPERTY("carrier", METRIC_GAUGE)},
    {"carrier_changes", PROPERTY("carrier_changes_total", METRIC_COUNTER)},
    {"carrier_up_count", PROPERTY("carrier_up_changes_total", METRIC_COUNTER)},
    {"carrier_down_count", PROPERTY("carrier_down_changes_total", METRIC_COUNTER)},
    {"dev_id", PROPERTY("device_id", METRIC_GAUGE)},
    {"dormant", PROPERTY("dormant", METRIC_GAUGE)},
    {"flags", PROPERTY("flags", METRIC_GAUGE)},
    {"ifindex", PROPERTY("iface_id", METRIC_GAUGE)},
    {"iflink", PROPERTY("iface_link", METRIC_GAUGE)},
    {"link_mode", PROPERTY("iface_link_mode", METRIC_GAUGE)},
    {"mtu", PROPERTY("mtu_bytes", METRIC_GAUGE)},
    {"name_assign_type", PROPERTY("name_assign_type", METRIC_GAUGE)},
    {"netdev_group", PROPERTY("net_dev_group", METRIC_GAUGE)},
    {"tx_queue_len", PROPERTY("transmit_queue_length", METRIC_GAUGE)},
    {"type", PROPERTY("protocol_type", METRIC_GAUGE)},
};
static const struct metric speed_metric = PROPERTY("speed_bytes", METRIC_GAUGE);
static const struct metric up_metric = {
    "node_network_up", "Value is 1 if operstate is 'up', 0 otherwise.", METRIC_GAUGE};
static const struct metric info_metric = {
    "node_network_info", "Non-numeric data from /sys/class/net/<iface>, value is always 1.",
    METRIC_GAUGE};

static void emit_info(struct host_root *root, const char *directory, const char *name,
                      const struct emitter *out)
{
    static const char *const files[] = {"address", "broadcast", "duplex", "ifalias",
                                        "operstate"};
    enum {
        OPERSTATE = 4
    };
    char texts[ARRAY_LEN(files)][256];
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        if (!host_dir_line(root, directory, files[i], texts[i], sizeof(texts[0])) ||
            !text_is_utf8(texts[i], strlen(texts[i])))
            texts[i][0] = '\0';
    }
    emit_labelled(out, &up_metric, "device", name, text_is(texts[OPERSTATE], "up"));
    const struct label labels[] = {
        {"address", texts[0]}, {"broadcast", texts[1]}, {"device", name},
        {"duplex", texts[2]},  {"ifalias", texts[3]},   {"operstate", texts[OPERSTATE]},
    };
    out->emit(out->arg, &info_metric, labels, ARRAY_LEN(labels), 1);
}

static void emit_interface(struct host_root *root, const char *name, const struct emitter *out)
{
    char directory[320];
    double number;
    snprintf(directory, sizeof(directory), SYS_CLASS_NET "/%s", name);
    if (!host_dir_number(root, directory, "ifindex", &number))
        return; /* a file of the bonding driver, or an interface that has just gone */
    emit_info(root, directory, name, out);
    for (size_t i = 0; i < ARRAY_LEN(properties); i++) {
        if (host_dir_number(root, directory, properties[i].file, &number))
            emit_labelled(out, &properties[i].metric, "device", name, number);
    }
    /* -1 is a speed nobody knows. */
    if (host_dir_number(root, directory, "speed", &number) && number >= 0)
        emit_labelled(out, &speed_metric, "device", name, number * BYTES_PER_MEGABIT);
}

static int netclass_collect(struct source *source, const struct tick *tick,
                            const struct emitter *out)
{
    (void)tick;
    struct host_dir interfaces;
    host_dir_read(source->root, SYS_CLASS_NET, &interfaces);
    for (size_t i = 0; i < MIN_OF(interfaces.len, INTERFACES_MAX); i++) {
        /* Pairs of containers come and go by the hundred, and nobody looks at them. */
        if (!text_has_prefix(interfaces.names[i], "veth"))
            emit_interface(source->root, interfaces.names[i], out);
    }
    host_dir_deinit(&interfaces);
    return 0;
}

const struct collector netclass_collector = {
    .name = "netclass",
    .help = "Properties of network interfaces, from /sys/class/net.",
    .period_ms = 30 * MSEC_SECOND,
    .is_wanted = wants_network,
    .collect = netclass_collect,
};
