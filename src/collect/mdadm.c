/* SPDX-License-Identifier: MIT */
/*
 * mdadm - the state of software RAID.
 *
 * An array takes two lines of /proc/mdstat, and a third while it is checked or rebuilt:
 *
 *     md6 : active raid1 sdb2[2](F) sdc[1](S) sda2[0]
 *           195310144 blocks [2/1] [U_]
 *           [=>...................]  recovery =  8.5% (16775552/195310144) finish=17.0min ...
 */
#include <string.h>

#include "base/text.h"
#include "collect/registry.h"

#define ARRAYS_MAX 256

static const struct metric blocks_metric = {"node_md_blocks",
                                            "Total number of blocks on device.", METRIC_GAUGE};
static const struct metric synced_metric = {"node_md_blocks_synced",
                                            "Number of blocks synced on device.", METRIC_GAUGE};
static const struct metric disks_metric = {
    "node_md_disks", "Number of active/failed/spare disks of device.", METRIC_GAUGE};
static const struct metric required_metric = {"node_md_disks_required",
                                              "Total number of disks of device.", METRIC_GAUGE};
static const struct metric state_metric = {"node_md_state", "Indicates the state of md-device.",
                                           METRIC_GAUGE};

enum array_state {
    ARRAY_ACTIVE,
    ARRAY_CHECK,
    ARRAY_INACTIVE,
    ARRAY_RECOVERING,
    ARRAY_RESYNC,
    ARRAY_STATE_COUNT
};
static const char *const state_names[] = {"active", "check", "inactive", "recovering",
                                          "resync"};
_Static_assert(ARRAY_LEN(state_names) == ARRAY_STATE_COUNT, "a name for each state");

struct array {
    char name[64];
    enum array_state state;
    uint64_t total, active, failed, spare;
    uint64_t blocks, synced;
};

static size_t count(struct slice line, const char *what)
{
    size_t found = 0, len = strlen(what);
    for (size_t i = 0; i + len <= line.len; i++)
        found += memcmp(line.data + i, what, len) == 0;
    return found;
}

static struct slice whole_line(const char *line)
{
    return (struct slice){line, strcspn(line, "\n")};
}

/* "md6 : active raid1 sdb2[2](F) sdc[1](S) sda2[0]" */
static bool read_devices(const char *line, struct array *array)
{
    struct slice whole = whole_line(line), name, colon, state;
    if (!text_next_word(&line, &name) || !text_next_word(&line, &colon) ||
        !slice_is(colon, ":") || !text_next_word(&line, &state) ||
        !text_copy_slice(array->name, sizeof(array->name), name) ||
        !text_is_utf8(array->name, strlen(array->name)))
        return false;
    array->state = slice_is(state, "inactive") ? ARRAY_INACTIVE : ARRAY_ACTIVE;
    array->failed = count(whole, "(F)");
    array->spare = count(whole, "(S)");
    if (count(whole, "raid0") > 0 || count(whole, "linear") > 0)
        array->total = array->active = count(whole, "[");
    return true;
}

/* "195310144 blocks super 1.2 [2/1] [U_]"; the numbers in brackets are how many there should be
 * and how many there are. */
static void read_blocks(const char *line, struct array *array)
{
    struct slice whole = whole_line(line);
    if (!text_scan_u64(&line, &array->blocks))
        return;
    array->synced = array->blocks;
    const char *end = whole.data + whole.len;
    for (const char *at = line; at < end; at++) {
        const char *number = at + 1;
        uint64_t total, active;
        if (array->state != ARRAY_INACTIVE && *at == '[' && text_scan_u64(&number, &total) &&
            *number++ == '/' && text_scan_u64(&number, &active) && *number == ']') {
            array->total = total;
            array->active = active;
        }
    }
}

/* "[=>....]  resync =  8.5% (16775552/195310144) finish=..." or "resync=DELAYED" */
static void read_progress(const char *line, struct array *array)
{
    struct slice whole = whole_line(line);
    if (count(whole, "recovery") > 0)
        array->state = ARRAY_RECOVERING;
    else if (count(whole, "resync") > 0)
        array->state = ARRAY_RESYNC;
    else if (count(whole, "check") > 0)
        array->state = ARRAY_CHECK;
    else
        return;
    const char *bracket = memchr(whole.data, '(', whole.len);
    array->synced = 0; /* waits for its turn */
    if (bracket != NULL) {
        bracket++;
        text_scan_u64(&bracket, &array->synced);
    }
}

static void emit_array(const struct array *array, const struct emitter *out)
{
    emit_labelled(out, &blocks_metric, "device", array->name, (double)array->blocks);
    emit_labelled(out, &synced_metric, "device", array->name, (double)array->synced);
    emit_labelled(out, &required_metric, "device", array->name, (double)array->total);
    const struct {
        const char *state;
        uint64_t count;
    } disks[] = {{"active", array->active}, {"failed", array->failed}, {"spare", array->spare}};
    struct label labels[] = {{"device", array->name}, {"state", ""}};
    for (size_t i = 0; i < ARRAY_LEN(disks); i++) {
        labels[1].value = disks[i].state;
        out->emit(out->arg, &disks_metric, labels, 2, (double)disks[i].count);
    }
    for (size_t i = 0; i < ARRAY_STATE_COUNT; i++) {
        labels[1].value = state_names[i];
        out->emit(out->arg, &state_metric, labels, 2, array->state == i);
    }
}

/* The lines of an array below its first are indented. */
static bool is_indented(const char *line)
{
    return *line == ' ' || *line == '\t';
}

static int mdadm_collect(struct source *source, const struct tick *tick,
                         const struct emitter *out)
{
    (void)tick;
    const char *line;
    if (host_read(source->root, "proc/mdstat", &line) != 0)
        return 0; /* no software RAID in this kernel */
    for (size_t n_arrays = 0; *line != '\0' && n_arrays < ARRAYS_MAX;) {
        struct array array = {0};
        const char *devices = line;
        line = next_line(line);
        if (is_indented(devices) || !text_has_prefix(devices, "md") ||
            !read_devices(devices, &array))
            continue;
        for (int i = 0; *line != '\0' && is_indented(line); i++, line = next_line(line)) {
            if (i == 0)
                read_blocks(line, &array);
            else
                read_progress(line, &array);
        }
        emit_array(&array, out);
        n_arrays++;
    }
    return 0;
}

const struct collector mdadm_collector = {
    .name = "mdadm",
    .help = "Software RAID, from /proc/mdstat.",
    .period_ms = 15 * MSEC_SECOND,
    .is_wanted = wants_disk,
    .collect = mdadm_collect,
};
