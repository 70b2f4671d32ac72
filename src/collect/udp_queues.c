/* SPDX-License-Identifier: MIT */
/*
 * udp_queues - bytes that wait in the queues of all UDP sockets.
 *
 * The kernel walks all its hash table for that, however few sockets there are.
 */
#include "base/text.h"
#include "collect/registry.h"

static const struct metric queues_metric = {
    "node_udp_queues", "Number of allocated memory in the kernel for UDP datagrams in bytes.",
    METRIC_GAUGE};

static const struct {
    const char *path, *ip;
} files[] = {{"proc/net/udp", "v4"}, {"proc/net/udp6", "v6"}};

/* "0: 00000000:0016 00000000:0000 0A 00000015:00000000 ..." */
static void add_line(const char *at, uint64_t *tx, uint64_t *rx)
{
    struct slice word;
    uint64_t sending, receiving;
    for (int i = 0; i < 4; i++) {
        if (!text_next_word(&at, &word))
            return;
    }
    if (!text_scan_hex(&at, &sending) || *at != ':')
        return;
    at++;
    if (text_scan_hex(&at, &receiving)) {
        *tx += sending;
        *rx += receiving;
    }
}

static int udp_queues_collect(struct source *source, const struct tick *tick,
                              const struct emitter *out)
{
    (void)tick;
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        const char *line;
        uint64_t tx = 0, rx = 0;
        if (host_read(source->root, files[i].path, &line) != 0)
            continue;
        for (line = next_line(line); *line != '\0'; line = next_line(line))
            add_line(line, &tx, &rx);
        struct label labels[] = {{"ip", files[i].ip}, {"queue", "rx"}};
        out->emit(out->arg, &queues_metric, labels, 2, (double)rx);
        labels[1].value = "tx";
        out->emit(out->arg, &queues_metric, labels, 2, (double)tx);
    }
    return 0;
}

const struct collector udp_queues_collector = {
    .name = "udp_queues",
    .help = "Bytes in the queues of UDP sockets, from /proc/net/udp and udp6.",
    .period_ms = 30 * MSEC_SECOND,
    .is_wanted = wants_network,
    .collect = udp_queues_collect,
};
