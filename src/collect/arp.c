/* SPDX-License-Identifier: MIT */
/*
 * arp - neighbours known on each interface.
 */
#include <string.h>

#include "base/text.h"
#include "base/vec.h"
#include "collect/registry.h"

#define DEVICES_MAX 256
#define COLUMNS     6 /* the last is the device */

static const struct metric entries_metric = {"node_arp_entries", "ARP entries by device",
                                             METRIC_GAUGE};

struct device {
    char name[32];
    uint64_t count;
};

struct devices {
    VEC(struct device) list;
};

static void count(struct devices *devices, struct slice name)
{
    for (size_t i = 0; i < devices->list.len; i++) {
        if (slice_is(name, devices->list.items[i].name)) {
            devices->list.items[i].count++;
            return;
        }
    }
    struct device fresh = {.count = 1};
    if (devices->list.len < DEVICES_MAX &&
        text_copy_slice(fresh.name, sizeof(fresh.name), name))
        VEC_PUSH(&devices->list, fresh);
}

static int arp_collect(struct source *source, const struct tick *tick,
                       const struct emitter *out)
{
    (void)tick;
    const char *line;
    int error = source_read(source, &line);
    if (error != 0)
        return error;

    struct devices devices = {0};
    for (line = next_line(line); *line != '\0'; line = next_line(line)) {
        const char *at = line;
        struct slice word;
        size_t n_words = 0;
        while (n_words < COLUMNS && text_next_word(&at, &word))
            n_words++;
        if (n_words == COLUMNS)
            count(&devices, word);
    }
    for (size_t i = 0; i < devices.list.len; i++)
        emit_labelled(out, &entries_metric, "device", devices.list.items[i].name,
                      (double)devices.list.items[i].count);
    VEC_DEINIT(&devices.list);
    return 0;
}

const struct collector arp_collector = {
    .name = "arp",
    .help = "Neighbours per interface, from /proc/net/arp.",
    .file = "proc/net/arp",
    .period_ms = 15 * MSEC_SECOND,
    .is_wanted = wants_network,
    .collect = arp_collect,
};
