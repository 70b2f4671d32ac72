/* SPDX-License-Identifier: MIT */
/*
 * netstat - what the kernel counts of IP, ICMP, TCP and UDP, as far as somebody asks for it.
 *
 * /proc/net/netstat and snmp have two lines per protocol, names and numbers; snmp6 has one line
 * per number.  Where a name stands is looked up once and remembered.
 */
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "base/vec.h"
#include "collect/registry.h"

#define PREFIX        "node_netstat_"
#define PROTOCOLS_MAX 16
#define COLUMNS_MAX   512
#define LINES_MAX     512

#define NETSTAT(protocol, name)                                                                \
    {                                                                                          \
        PREFIX protocol "_" name, "Statistic " protocol name ".", METRIC_UNTYPED               \
    }

static const struct metric metrics[] = {
    NETSTAT("Icmp", "InErrors"),
    NETSTAT("Icmp", "InMsgs"),
    NETSTAT("Icmp", "OutMsgs"),
    NETSTAT("IpExt", "InOctets"),
    NETSTAT("IpExt", "OutOctets"),
    NETSTAT("Ip", "Forwarding"),
    NETSTAT("Tcp", "ActiveOpens"),
    NETSTAT("Tcp", "CurrEstab"),
    NETSTAT("Tcp", "InErrs"),
    NETSTAT("Tcp", "InSegs"),
    NETSTAT("Tcp", "OutRsts"),
    NETSTAT("Tcp", "OutSegs"),
    NETSTAT("Tcp", "PassiveOpens"),
    NETSTAT("Tcp", "RetransSegs"),
    NETSTAT("TcpExt", "ListenDrops"),
    NETSTAT("TcpExt", "ListenOverflows"),
    NETSTAT("TcpExt", "SyncookiesFailed"),
    NETSTAT("TcpExt", "SyncookiesRecv"),
    NETSTAT("TcpExt", "SyncookiesSent"),
    NETSTAT("TcpExt", "TCPOFOQueue"),
    NETSTAT("TcpExt", "TCPRcvQDrop"),
    NETSTAT("TcpExt", "TCPSynRetrans"),
    NETSTAT("TcpExt", "TCPTimeouts"),
    NETSTAT("Udp", "InDatagrams"),
    NETSTAT("Udp", "InErrors"),
    NETSTAT("Udp", "NoPorts"),
    NETSTAT("Udp", "OutDatagrams"),
    NETSTAT("Udp", "RcvbufErrors"),
    NETSTAT("Udp", "SndbufErrors"),
    NETSTAT("UdpLite", "InErrors"),
};

/* Named together in the file, "Ip6InOctets". */
static const struct named {
    const char *key;
    struct metric metric;
} metrics6[] = {
    {"Icmp6InErrors", NETSTAT("Icmp6", "InErrors")},
    {"Icmp6InMsgs", NETSTAT("Icmp6", "InMsgs")},
    {"Icmp6OutMsgs", NETSTAT("Icmp6", "OutMsgs")},
    {"Ip6InOctets", NETSTAT("Ip6", "InOctets")},
    {"Ip6OutOctets", NETSTAT("Ip6", "OutOctets")},
    {"Udp6InDatagrams", NETSTAT("Udp6", "InDatagrams")},
    {"Udp6InErrors", NETSTAT("Udp6", "InErrors")},
    {"Udp6NoPorts", NETSTAT("Udp6", "NoPorts")},
    {"Udp6OutDatagrams", NETSTAT("Udp6", "OutDatagrams")},
    {"Udp6RcvbufErrors", NETSTAT("Udp6", "RcvbufErrors")},
    {"Udp6SndbufErrors", NETSTAT("Udp6", "SndbufErrors")},
    {"UdpLite6InErrors", NETSTAT("UdpLite6", "InErrors")},
};

/* One pair of lines. */
struct protocol {
    uint64_t heading;                   /* hash of the names */
    VEC(const struct metric *) columns; /* NULL = nobody asks for it */
};

enum file {
    NETSTAT_FILE,
    SNMP_FILE,
    N_PAIRED_FILES
};

struct netstat_state {
    struct host_file paired[N_PAIRED_FILES];
    struct host_file snmp6;
    struct protocol protocols[N_PAIRED_FILES][PROTOCOLS_MAX];
    const struct named *lines6[LINES_MAX]; /* what stood there last; NULL = nothing of ours */
    size_t n_lines6;
};

static const struct metric *find_metric(struct slice protocol, struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(metrics); i++) {
        const char *key = metrics[i].name + sizeof(PREFIX) - 1;
        if (strncmp(key, protocol.data, protocol.len) == 0 && key[protocol.len] == '_' &&
            slice_is(name, key + protocol.len + 1))
            return &metrics[i];
    }
    return NULL;
}

/* "TcpExt: SyncookiesSent SyncookiesRecv ..." */
static void read_heading(struct protocol *protocol, const char *line)
{
    struct slice word, title;
    protocol->columns.len = 0;
    if (!text_next_word(&line, &title) || title.len < 2)
        return;
    title.len--;
    while (protocol->columns.len < COLUMNS_MAX && text_next_word(&line, &word))
        VEC_PUSH(&protocol->columns, find_metric(title, word));
}

static void emit_numbers(const struct protocol *protocol, const char *line,
                         const struct emitter *out)
{
    struct slice word;
    if (!text_next_word(&line, &word))
        return;
    for (size_t i = 0; i < protocol->columns.len && text_next_word(&line, &word); i++) {
        const char *at = word.data;
        uint64_t number;
        if (protocol->columns.items[i] != NULL && text_scan_u64(&at, &number))
            emit_value(out, protocol->columns.items[i], (double)number);
    }
}

static void emit_paired(struct netstat_state *state, enum file file, const char *line,
                        const struct emitter *out)
{
    for (size_t i = 0; i < PROTOCOLS_MAX && *line != '\0'; i++) {
        struct protocol *protocol = &state->protocols[file][i];
        const char *numbers = next_line(line);
        size_t title = strcspn(line, ":\n");
        if (line[title] != ':' || strncmp(line, numbers, title + 1) != 0)
            return; /* not what we know */
        uint64_t heading = hash_bytes(line, (size_t)(numbers - line), 0);
        if (heading != protocol->heading)
            read_heading(protocol, line);
        protocol->heading = heading;
        emit_numbers(protocol, numbers, out);
        line = next_line(numbers);
    }
}

static bool is_line_of(const char *line, const struct named *named)
{
    const char *rest = text_after(line, named->key);
    return rest != NULL && (*rest == ' ' || *rest == '\t');
}

static const struct named *find_named(const char *line)
{
    for (size_t i = 0; i < ARRAY_LEN(metrics6); i++) {
        if (is_line_of(line, &metrics6[i]))
            return &metrics6[i];
    }
    return NULL;
}

/* Lines are added by new kernels only, so that the layout is that of last time. */
static bool has_layout(const struct netstat_state *state, const char *line)
{
    size_t index = 0;
    for (; *line != '\0'; line = next_line(line), index++) {
        if (index >= state->n_lines6 ||
            (state->lines6[index] != NULL && !is_line_of(line, state->lines6[index])))
            return false;
    }
    return index == state->n_lines6;
}

static void learn_layout(struct netstat_state *state, const char *line)
{
    state->n_lines6 = 0;
    for (; *line != '\0' && state->n_lines6 < LINES_MAX; line = next_line(line))
        state->lines6[state->n_lines6++] = find_named(line);
}

static void emit_snmp6(struct netstat_state *state, const char *text, const struct emitter *out)
{
    if (!has_layout(state, text))
        learn_layout(state, text);
    const char *line = text;
    for (size_t i = 0; i < state->n_lines6; i++, line = next_line(line)) {
        uint64_t number;
        if (state->lines6[i] == NULL)
            continue;
        const char *at = line + strlen(state->lines6[i]->key);
        if (text_scan_u64(&at, &number))
            emit_value(out, &state->lines6[i]->metric, (double)number);
    }
}

static int netstat_collect(struct source *source, const struct tick *tick,
                           const struct emitter *out)
{
    (void)tick;
    struct netstat_state *state = source->state;
    const char *text;
    int failed = 0;
    for (enum file file = NETSTAT_FILE; file < N_PAIRED_FILES; file++) {
        int error = host_file_read(source->root, &state->paired[file], &text);
        if (error == 0)
            emit_paired(state, file, text, out);
        else
            failed = error;
    }
    /* Where there is no IPv6 there is no file. */
    if (host_file_read(source->root, &state->snmp6, &text) == 0)
        emit_snmp6(state, text, out);
    return failed;
}

static void netstat_setup(struct source *source)
{
    struct netstat_state *state = source->state;
    state->paired[NETSTAT_FILE] = HOST_FILE("proc/net/netstat");
    state->paired[SNMP_FILE] = HOST_FILE("proc/net/snmp");
    state->snmp6 = HOST_FILE("proc/net/snmp6");
}

static void netstat_teardown(struct source *source)
{
    struct netstat_state *state = source->state;
    for (size_t file = 0; file < N_PAIRED_FILES; file++) {
        host_file_close(&state->paired[file]);
        for (size_t i = 0; i < PROTOCOLS_MAX; i++)
            VEC_DEINIT(&state->protocols[file][i].columns);
    }
    host_file_close(&state->snmp6);
}

const struct collector netstat_collector = {
    .name = "netstat",
    .help = "Counters of IP, ICMP, TCP and UDP, from /proc/net/netstat, snmp and snmp6.",
    .state_size = sizeof(struct netstat_state),
    .period_ms = 5 * MSEC_SECOND,
    .is_wanted = wants_network,
    .setup = netstat_setup,
    .collect = netstat_collect,
    .teardown = netstat_teardown,
};
