/* SPDX-License-Identifier: MIT */
/*
 * conntrack - how full the firewall's table of connections is, and what it could not take.
 *
 * Without the kernel's module there are no files, which is no problem.
 */
#include "base/text.h"
#include "collect/registry.h"

#define COLUMNS_MAX 32

static const struct level {
    const char *path;
    struct metric metric;
} levels[] = {
    {"proc/sys/net/netfilter/nf_conntrack_count",
     {"node_nf_conntrack_entries",
      "Number of currently allocated flow entries for connection tracking.", METRIC_GAUGE}},
    {"proc/sys/net/netfilter/nf_conntrack_max",
     {"node_nf_conntrack_entries_limit", "Maximum size of connection tracking table.",
      METRIC_GAUGE}},
};

static const struct column {
    const char *name; /* in the file's heading */
    struct metric metric;
} columns[] = {
    {"found",
     {"node_nf_conntrack_stat_found", "Number of searched entries which were successful.",
      METRIC_GAUGE}},
    {"invalid",
     {"node_nf_conntrack_stat_invalid", "Number of packets seen which can not be tracked.",
      METRIC_GAUGE}},
    {"ignore",
     {"node_nf_conntrack_stat_ignore",
      "Number of packets seen which are already connected to a conntrack entry.",
      METRIC_GAUGE}},
    {"insert",
     {"node_nf_conntrack_stat_insert", "Number of entries inserted into the list.",
      METRIC_GAUGE}},
    {"insert_failed",
     {"node_nf_conntrack_stat_insert_failed",
      "Number of entries for which list insertion was attempted but failed.", METRIC_GAUGE}},
    {"drop",
     {"node_nf_conntrack_stat_drop", "Number of packets dropped due to conntrack failure.",
      METRIC_GAUGE}},
    {"early_drop",
     {"node_nf_conntrack_stat_early_drop",
      "Number of dropped conntrack entries to make room for new ones, if maximum table size "
      "was reached.",
      METRIC_GAUGE}},
    {"search_restart",
     {"node_nf_conntrack_stat_search_restart",
      "Number of conntrack table lookups which had to be restarted due to hashtable resizes.",
      METRIC_GAUGE}},
};

/* Which of our columns each of the file's is; -1 = none. */
static size_t read_heading(const char *line, int kinds[COLUMNS_MAX])
{
    struct slice word;
    size_t count = 0;
    for (; count < COLUMNS_MAX && text_next_word(&line, &word); count++) {
        kinds[count] = -1;
        for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
            if (slice_is(word, columns[i].name))
                kinds[count] = (int)i;
        }
    }
    return count;
}

/* One line of hexadecimal numbers per processor. */
static void emit_stat(const char *text, const struct emitter *out)
{
    int kinds[COLUMNS_MAX];
    uint64_t sums[ARRAY_LEN(columns)] = {0};
    size_t n_columns = read_heading(text, kinds), n_lines = 0;
    for (const char *line = next_line(text); *line != '\0'; line = next_line(line), n_lines++) {
        const char *at = line;
        uint64_t number;
        for (size_t i = 0; i < n_columns && text_scan_hex(&at, &number); i++) {
            if (kinds[i] >= 0)
                sums[kinds[i]] += number;
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(columns) && n_lines > 0; i++)
        emit_value(out, &columns[i].metric, (double)sums[i]);
}

static int conntrack_collect(struct source *source, const struct tick *tick,
                             const struct emitter *out)
{
    (void)tick;
    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        char line[32];
        uint64_t number;
        if (!host_read_line(source->root, levels[i].path, line, sizeof(line)))
            return 0;
        if (text_to_u64(line, &number) == 0)
            emit_value(out, &levels[i].metric, (double)number);
    }
    const char *at;
    if (host_read(source->root, "proc/net/stat/nf_conntrack", &at) == 0)
        emit_stat(at, out);
    return 0;
}

const struct collector conntrack_collector = {
    .name = "conntrack",
    .help = "The table of tracked connections, from /proc/sys/net/netfilter.",
    .period_ms = 15 * MSEC_SECOND,
    .is_wanted = wants_network,
    .collect = conntrack_collect,
};
