/* SPDX-License-Identifier: MIT */
/*
 * netdev - what every network interface has received and sent.
 *
 * The counters are published for all interfaces but the loopback and the host's ends of
 * containers' links, which come and go.  Rates, the vitals, are for real ones, so that a packet
 * is not counted on the card, on the bridge and on the link again: interfaces with a device
 * behind them; where there is none, as in a container, those not named like virtual ones; and
 * if that leaves nothing either, all.  A list in the options replaces all of this.
 *
 * A counter that fell was reset or has wrapped: no rate then.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/vec.h"
#include "collect/registry.h"
#include "model/vitals.h"

#define INTERFACES_MAX 1024
#define NAME_SIZE      32
#define REFRESH_NS     (60 * (int64_t)1000000000)

enum {
    RECEIVE_BYTES = 0,
    TRANSMIT_BYTES = 8,
    N_COLUMNS = 16
};

#define NETDEV(field)                                                                          \
    {                                                                                          \
        "node_network_" field "_total", "Network device statistic " field ".", METRIC_COUNTER  \
    }

/* In the order of the file's columns. */
static const struct metric metrics[N_COLUMNS] = {
    NETDEV("receive_bytes"),       NETDEV("receive_packets"),   NETDEV("receive_errs"),
    NETDEV("receive_drop"),        NETDEV("receive_fifo"),      NETDEV("receive_frame"),
    NETDEV("receive_compressed"),  NETDEV("receive_multicast"), NETDEV("transmit_bytes"),
    NETDEV("transmit_packets"),    NETDEV("transmit_errs"),     NETDEV("transmit_drop"),
    NETDEV("transmit_fifo"),       NETDEV("transmit_colls"),    NETDEV("transmit_carrier"),
    NETDEV("transmit_compressed"),
};
static const struct metric receive_metric = {
    VITAL_NET_RECEIVE, "Bytes received per second since the previous sample.", METRIC_GAUGE};
static const struct metric transmit_metric = {
    VITAL_NET_TRANSMIT, "Bytes sent per second since the previous sample.", METRIC_GAUGE};

struct interface {
    char name[NAME_SIZE];
    bool has_device, has_virtual_name;
    bool is_present, was_present;
    int64_t checked_ns; /* when has_device was */
    uint64_t columns[N_COLUMNS];
    uint64_t was_received, was_sent;
};

struct netdev_state {
    VEC(struct interface) interfaces;
    int64_t read_ns;
};

static const char *const unpublished[] = {"veth", "cali", "lxc", NULL};
static const char *const virtual_names[] = {
    "veth", "br-",    "docker", "virbr", "vnet",         "cni",       "flannel", "cali", "lxc",
    "lxd",  "podman", "ifb",    "dummy", "tun",          "tap",       "wg",      "bond", "team",
    "sit",  "gre",    "vxlan",  "kube",  "nodelocaldns", "tailscale", "zt",      NULL};

static bool has_prefix_of(const char *name, const char *const *prefixes)
{
    for (size_t i = 0; prefixes[i] != NULL; i++) {
        if (text_has_prefix(name, prefixes[i]))
            return true;
    }
    return false;
}

/* Interfaces stand in the file in the same order each time, nearly always. */
static struct interface *find_interface(struct netdev_state *state, struct slice name,
                                        size_t guess)
{
    if (guess < state->interfaces.len && slice_is(name, state->interfaces.items[guess].name))
        return &state->interfaces.items[guess];
    for (size_t i = 0; i < state->interfaces.len; i++) {
        if (slice_is(name, state->interfaces.items[i].name))
            return &state->interfaces.items[i];
    }
    if (state->interfaces.len == INTERFACES_MAX || name.len == 0 || name.len >= NAME_SIZE)
        return NULL;
    struct interface fresh = {0};
    text_copy_slice(fresh.name, sizeof(fresh.name), name);
    fresh.has_virtual_name = has_prefix_of(fresh.name, virtual_names);
    VEC_PUSH(&state->interfaces, fresh);
    return &state->interfaces.items[state->interfaces.len - 1];
}

/* "  eth0: 184168259    3944    0 ..." */
static void take_line(struct netdev_state *state, const char *line, size_t index)
{
    size_t len = strcspn(line, ":\n");
    if (line[len] != ':')
        return;
    struct interface *interface =
        find_interface(state, text_trim((struct slice){line, len}), index);
    if (interface == NULL)
        return;
    const char *at = line + len + 1;
    for (size_t i = 0; i < N_COLUMNS; i++) {
        if (!text_scan_u64(&at, &interface->columns[i]))
            return;
    }
    interface->is_present = true;
}

static void check_device(struct interface *interface, const struct host_root *root,
                         int64_t now_ns)
{
    if (interface->was_present && now_ns - interface->checked_ns < REFRESH_NS)
        return;
    char below[NAME_SIZE + 64], path[HOST_PATH_SIZE];
    snprintf(below, sizeof(below), "sys/class/net/%s/device", interface->name);
    interface->has_device = host_path(root, below, path, sizeof(path)) && file_exists(path);
    interface->checked_ns = now_ns;
}

/* How choosy to be: the first rule that any interface fulfils. */
enum reality {
    WITH_DEVICE,
    WITHOUT_VIRTUAL_NAME,
    ANY
};

static bool is_real(const struct interface *interface, enum reality reality)
{
    switch (reality) {
    case WITH_DEVICE: return interface->has_device;
    case WITHOUT_VIRTUAL_NAME: return !interface->has_virtual_name;
    case ANY: break;
    }
    return true;
}

static bool is_loopback(const struct interface *interface)
{
    return text_is(interface->name, "lo");
}

static enum reality find_reality(const struct netdev_state *state)
{
    for (enum reality reality = WITH_DEVICE; reality < ANY; reality++) {
        for (size_t i = 0; i < state->interfaces.len; i++) {
            const struct interface *interface = &state->interfaces.items[i];
            if (interface->is_present && !is_loopback(interface) && is_real(interface, reality))
                return reality;
        }
    }
    return ANY;
}

static void add_to_summary(struct collect_summary *summary, const char *name, double in,
                           double out)
{
    if (summary->n_interfaces == ARRAY_LEN(summary->interfaces))
        return;
    size_t at = summary->n_interfaces++;
    text_copy(summary->interfaces[at].name, sizeof(summary->interfaces[at].name), name);
    summary->interfaces[at].in_kib_per_s = in / 1024;
    summary->interfaces[at].out_kib_per_s = out / 1024;
}

static void emit_rates(struct source *source, const struct interface *interface,
                       int64_t span_ns, const struct emitter *out)
{
    double received, sent;
    bool has_received = counter_rate(interface->was_received, interface->columns[RECEIVE_BYTES],
                                     span_ns, &received);
    bool has_sent =
        counter_rate(interface->was_sent, interface->columns[TRANSMIT_BYTES], span_ns, &sent);
    if (has_received)
        emit_labelled(out, &receive_metric, "device", interface->name, received);
    if (has_sent)
        emit_labelled(out, &transmit_metric, "device", interface->name, sent);
    if (has_received && has_sent)
        add_to_summary(source->summary, interface->name, received, sent);
}

static void emit_interface(struct source *source, struct interface *interface,
                           enum reality reality, int64_t span_ns, const struct emitter *out)
{
    const char *const *list = source->options->interfaces;
    bool is_listed = list_has(list, interface->name);
    bool is_published =
        list_is_empty(list)
            ? !is_loopback(interface) &&
                  (!has_prefix_of(interface->name, unpublished) || reality == ANY)
            : is_listed;
    bool has_rates = list_is_empty(list)
                         ? !is_loopback(interface) && is_real(interface, reality)
                         : is_listed;
    if (is_published) {
        for (size_t i = 0; i < N_COLUMNS; i++)
            emit_labelled(out, &metrics[i], "device", interface->name,
                          (double)interface->columns[i]);
    }
    if (has_rates && interface->was_present)
        emit_rates(source, interface, span_ns, out);
    interface->was_received = interface->columns[RECEIVE_BYTES];
    interface->was_sent = interface->columns[TRANSMIT_BYTES];
}

static void forget_absent(struct netdev_state *state)
{
    size_t kept = 0;
    for (size_t i = 0; i < state->interfaces.len; i++) {
        if (state->interfaces.items[i].is_present)
            state->interfaces.items[kept++] = state->interfaces.items[i];
    }
    state->interfaces.len = kept;
}

static int netdev_collect(struct source *source, const struct tick *tick,
                          const struct emitter *out)
{
    struct netdev_state *state = source->state;
    const char *line;
    int error = source_read(source, &line);
    if (error != 0)
        return error;

    int64_t span_ns = tick->mono_ns - state->read_ns;
    state->read_ns = tick->mono_ns;
    for (size_t i = 0; i < state->interfaces.len; i++) {
        state->interfaces.items[i].was_present = state->interfaces.items[i].is_present;
        state->interfaces.items[i].is_present = false;
    }
    line = next_line(next_line(line)); /* two lines of headings */
    for (size_t index = 0; *line != '\0'; index++, line = next_line(line))
        take_line(state, line, index);

    forget_absent(state);
    for (size_t i = 0; i < state->interfaces.len; i++)
        check_device(&state->interfaces.items[i], source->root, tick->mono_ns);
    enum reality reality = find_reality(state);
    for (size_t i = 0; i < state->interfaces.len; i++)
        emit_interface(source, &state->interfaces.items[i], reality, span_ns, out);
    return 0;
}

static void netdev_teardown(struct source *source)
{
    struct netdev_state *state = source->state;
    VEC_DEINIT(&state->interfaces);
}

const struct collector netdev_collector = {
    .name = "netdev",
    .help = "Traffic, errors and drops per network interface, from /proc/net/dev.",
    .file = "proc/net/dev",
    .state_size = sizeof(struct netdev_state),
    .is_wanted = wants_network,
    .collect = netdev_collect,
    .teardown = netdev_teardown,
};
