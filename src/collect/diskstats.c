/* SPDX-License-Identifier: MIT */
/*
 * diskstats - reads, writes, discards and flushes of every block device.
 *
 * Counters are published for disks and what is stacked on them (device mapper, RAID), but not
 * for partitions, loop and RAM devices.  Rates, the vitals, are for disks alone: what goes
 * through a mapper reaches a disk below it and would count twice.
 */
#include <string.h>

#include "base/text.h"
#include "base/vec.h"
#include "collect/disk_info.h"
#include "collect/registry.h"
#include "model/vitals.h"

#define DEVICES_MAX     1024
#define NAME_SIZE       32
#define SECTOR_BYTES    512.0
#define MILLISECONDS    1e-3
#define INFO_REFRESH_NS (60 * (int64_t)1000000000)

enum {
    SECTORS_READ = 2,
    SECTORS_WRITTEN = 6,
    N_COLUMNS = 17
};

/* In the order of the file's columns; older kernels end after 11 or 15 of them. */
static const struct column {
    struct metric metric;
    double factor;
} columns[N_COLUMNS] = {
    {{"node_disk_reads_completed_total", "The total number of reads completed successfully.",
      METRIC_COUNTER},
     1},
    {{"node_disk_reads_merged_total", "The total number of reads merged.", METRIC_COUNTER}, 1},
    {{"node_disk_read_bytes_total", "The total number of bytes read successfully.",
      METRIC_COUNTER},
     SECTOR_BYTES},
    {{"node_disk_read_time_seconds_total", "The total number of seconds spent by all reads.",
      METRIC_COUNTER},
     MILLISECONDS},
    {{"node_disk_writes_completed_total", "The total number of writes completed successfully.",
      METRIC_COUNTER},
     1},
    {{"node_disk_writes_merged_total", "The number of writes merged.", METRIC_COUNTER}, 1},
    {{"node_disk_written_bytes_total", "The total number of bytes written successfully.",
      METRIC_COUNTER},
     SECTOR_BYTES},
    {{"node_disk_write_time_seconds_total",
      "This is the total number of seconds spent by all writes.", METRIC_COUNTER},
     MILLISECONDS},
    {{"node_disk_io_now", "The number of I/Os currently in progress.", METRIC_GAUGE}, 1},
    {{"node_disk_io_time_seconds_total", "Total seconds spent doing I/Os.", METRIC_COUNTER},
     MILLISECONDS},
    {{"node_disk_io_time_weighted_seconds_total", "The weighted # of seconds spent doing I/Os.",
      METRIC_COUNTER},
     MILLISECONDS},
    {{"node_disk_discards_completed_total",
      "The total number of discards completed successfully.", METRIC_COUNTER},
     1},
    {{"node_disk_discards_merged_total", "The total number of discards merged.",
      METRIC_COUNTER},
     1},
    {{"node_disk_discarded_sectors_total",
      "The total number of sectors discarded successfully.", METRIC_COUNTER},
     1},
    {{"node_disk_discard_time_seconds_total",
      "This is the total number of seconds spent by all discards.", METRIC_COUNTER},
     MILLISECONDS},
    {{"node_disk_flush_requests_total",
      "The total number of flush requests completed successfully", METRIC_COUNTER},
     1},
    {{"node_disk_flush_requests_time_seconds_total",
      "This is the total number of seconds spent by all flush requests.", METRIC_COUNTER},
     MILLISECONDS},
};
static const struct metric read_metric = {
    VITAL_DISK_READ, "Bytes read per second since the previous sample.", METRIC_GAUGE};
static const struct metric write_metric = {
    VITAL_DISK_WRITE, "Bytes written per second since the previous sample.", METRIC_GAUGE};

struct device {
    char name[NAME_SIZE];
    unsigned major, minor;
    bool is_disk;
    bool is_present, was_present;
    struct disk_info *info; /* owned */
    int64_t info_ns;
    size_t n_values;
    uint64_t values[N_COLUMNS];
    uint64_t was_read, was_written;
};

struct diskstats_state {
    VEC(struct device) devices;
    int64_t read_ns;
};

static size_t skip_digits(const char *text, size_t at, size_t len)
{
    while (at < len && text[at] >= '0' && text[at] <= '9')
        at++;
    return at;
}

static bool is_letters(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < 'a' || text.data[i] > 'z')
            return false;
    }
    return text.len > 0;
}

/* sda1, vdb2, xvda1, nvme0n1p1 */
static bool is_partition_stem(struct slice stem)
{
    if (stem.len > 4 && memcmp(stem.data, "nvme", 4) == 0) {
        size_t controller = skip_digits(stem.data, 4, stem.len);
        if (controller == 4 || controller == stem.len || stem.data[controller] != 'n')
            return false;
        size_t space = skip_digits(stem.data, controller + 1, stem.len);
        return space > controller + 1 && space + 1 == stem.len && stem.data[space] == 'p';
    }
    static const char *const kinds[] = {"hd", "sd", "vd", "xvd"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        size_t len = strlen(kinds[i]);
        if (stem.len > len && memcmp(stem.data, kinds[i], len) == 0 &&
            is_letters((struct slice){stem.data + len, stem.len - len}))
            return true;
    }
    return false;
}

static bool is_published(struct slice name)
{
    struct slice stem = name;
    while (stem.len > 0 && stem.data[stem.len - 1] >= '0' && stem.data[stem.len - 1] <= '9')
        stem.len--;
    if (stem.len == name.len)
        return true;
    return !slice_is(stem, "ram") && !slice_is(stem, "loop") && !slice_is(stem, "fd") &&
           !is_partition_stem(stem);
}

static bool is_disk(const char *name)
{
    static const char *const others[] = {"dm-", "md", "zram", "sr", "bcache", "drbd"};
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        if (text_has_prefix(name, others[i]))
            return false;
    }
    bool is_card_partition = text_has_prefix(name, "mmcblk") && strchr(name + 6, 'p') != NULL;
    return !is_card_partition;
}

static struct device *find_device(struct diskstats_state *state, struct slice name,
                                  size_t guess)
{
    if (guess < state->devices.len && slice_is(name, state->devices.items[guess].name))
        return &state->devices.items[guess];
    for (size_t i = 0; i < state->devices.len; i++) {
        if (slice_is(name, state->devices.items[i].name))
            return &state->devices.items[i];
    }
    if (state->devices.len == DEVICES_MAX || name.len >= NAME_SIZE)
        return NULL;
    struct device fresh = {0};
    text_copy_slice(fresh.name, sizeof(fresh.name), name);
    fresh.is_disk = is_disk(fresh.name);
    VEC_PUSH(&state->devices, fresh);
    return &state->devices.items[state->devices.len - 1];
}

/* " 254       0 vda 1775784 15386 ..."; true when it is one that we publish */
static bool take_line(struct diskstats_state *state, const char *at, size_t guess)
{
    uint64_t major, minor;
    struct slice name;
    if (!text_scan_u64(&at, &major) || !text_scan_u64(&at, &minor) ||
        !text_next_word(&at, &name) || !is_published(name))
        return false;
    struct device *device = find_device(state, name, guess);
    if (device == NULL)
        return false;
    device->major = (unsigned)major;
    device->minor = (unsigned)minor;
    device->n_values = 0;
    while (device->n_values < N_COLUMNS &&
           text_scan_u64(&at, &device->values[device->n_values]))
        device->n_values++;
    device->is_present = device->n_values > SECTORS_WRITTEN;
    return true;
}

static void emit_rates(const struct device *device, int64_t span_ns, const struct emitter *out)
{
    double sectors;
    if (counter_rate(device->was_read, device->values[SECTORS_READ], span_ns, &sectors))
        emit_labelled(out, &read_metric, "device", device->name, sectors * SECTOR_BYTES);
    if (counter_rate(device->was_written, device->values[SECTORS_WRITTEN], span_ns, &sectors))
        emit_labelled(out, &write_metric, "device", device->name, sectors * SECTOR_BYTES);
}

static void emit_device(struct device *device, int64_t span_ns, const struct emitter *out)
{
    for (size_t i = 0; i < device->n_values; i++)
        emit_labelled(out, &columns[i].metric, "device", device->name,
                      (double)device->values[i] * columns[i].factor);
    if (device->is_disk && device->was_present)
        emit_rates(device, span_ns, out);
    device->was_read = device->values[SECTORS_READ];
    device->was_written = device->values[SECTORS_WRITTEN];
    disk_info_emit(device->info, device->name, out);
}

static void refresh_info(struct device *device, struct host_root *root, int64_t now_ns)
{
    if (device->info != NULL && now_ns - device->info_ns < INFO_REFRESH_NS)
        return;
    disk_info_free(device->info);
    device->info = disk_info_new(root, device->major, device->minor);
    device->info_ns = now_ns;
}

static void forget_absent(struct diskstats_state *state)
{
    size_t kept = 0;
    for (size_t i = 0; i < state->devices.len; i++) {
        if (state->devices.items[i].is_present)
            state->devices.items[kept++] = state->devices.items[i];
        else
            disk_info_free(state->devices.items[i].info);
    }
    state->devices.len = kept;
}

static int diskstats_collect(struct source *source, const struct tick *tick,
                             const struct emitter *out)
{
    struct diskstats_state *state = source->state;
    const char *line;
    int error = source_read(source, &line);
    if (error != 0)
        return error;

    int64_t span_ns = tick->mono_ns - state->read_ns;
    state->read_ns = tick->mono_ns;
    for (size_t i = 0; i < state->devices.len; i++) {
        state->devices.items[i].was_present = state->devices.items[i].is_present;
        state->devices.items[i].is_present = false;
    }
    for (size_t index = 0; *line != '\0'; line = next_line(line))
        index += take_line(state, line, index);

    forget_absent(state);
    for (size_t i = 0; i < state->devices.len; i++) {
        refresh_info(&state->devices.items[i], source->root, tick->mono_ns);
        emit_device(&state->devices.items[i], span_ns, out);
    }
    return 0;
}

static void diskstats_teardown(struct source *source)
{
    struct diskstats_state *state = source->state;
    for (size_t i = 0; i < state->devices.len; i++)
        disk_info_free(state->devices.items[i].info);
    VEC_DEINIT(&state->devices);
}

const struct collector diskstats_collector = {
    .name = "diskstats",
    .help = "Reads and writes per disk, from /proc/diskstats.",
    .file = "proc/diskstats",
    .state_size = sizeof(struct diskstats_state),
    .is_wanted = wants_disk,
    .collect = diskstats_collect,
    .teardown = diskstats_teardown,
};
