/* SPDX-License-Identifier: MIT */
/*
 * hwmon - temperatures of processors, disks and boards, with the limits their makers set.
 *
 * Sensors are looked for every minute and read every five seconds, as some sit behind slow
 * buses and heat takes its time; in between the last value is told again.  A chip is named
 * after the device it belongs to, as node_exporter does.
 */
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/vec.h"
#include "collect/registry.h"
#include "model/vitals.h"

#define SENSORS_MAX 256
#define PER_CHIP    64
#define SCAN_NS     (60 * (int64_t)1000000000)
#define READ_NS     (5 * (int64_t)1000000000 - 500000000) /* half a second of leeway */

static const struct metric temp_metric = {
    "node_hwmon_temp_celsius", "Hardware monitor for temperature (input)", METRIC_GAUGE};
static const struct metric max_metric = {
    "node_hwmon_temp_max_celsius", "Hardware monitor for temperature (max)", METRIC_GAUGE};
static const struct metric crit_metric = {
    "node_hwmon_temp_crit_celsius", "Hardware monitor for temperature (crit)", METRIC_GAUGE};
static const struct metric label_metric = {"node_hwmon_sensor_label",
                                           "Label for given chip and sensor", METRIC_GAUGE};
static const struct metric vital_metric = {VITAL_TEMPERATURE, "Temperature of a sensor.",
                                           METRIC_GAUGE};

struct sensor {
    char chip[64], name[16], label[48];
    char title[128]; /* for people, and unique */
    char *path;      /* owned */
    struct host_file input;
    double celsius, max, crit; /* NaN = not said */
};

struct hwmon_state {
    VEC(struct sensor) sensors;
    bool is_scanned;
    int64_t scanned_ns, read_ns;
};

static void forget_sensors(struct hwmon_state *state)
{
    for (size_t i = 0; i < state->sensors.len; i++) {
        host_file_close(&state->sensors.items[i].input);
        free(state->sensors.items[i].path);
    }
    state->sensors.len = 0;
}

static int clean(unsigned char c)
{
    return isalnum(c) || c == ':' ? tolower(c) : '_';
}

/* "coretemp.0" -> "coretemp_0" */
static void clean_name(char *name)
{
    for (; *name != '\0'; name++)
        *name = (char)clean((unsigned char)*name);
}

/* .../platform/coretemp.0 gives platform_coretemp_0 */
static bool name_after_device(const struct host_root *root, const char *directory, char *out,
                              size_t size)
{
    char below[128], path[HOST_PATH_SIZE], real[PATH_MAX];
    snprintf(below, sizeof(below), "%s/device", directory);
    if (!host_path(root, below, path, sizeof(path)) || realpath(path, real) == NULL)
        return false;
    char *name = strrchr(real, '/');
    if (name == NULL || name == real)
        return false;
    *name++ = '\0';
    const char *bus = strrchr(real, '/');
    int len = snprintf(out, size, "%s_%s", bus != NULL ? bus + 1 : "", name);
    clean_name(out);
    return len > 1 && (size_t)len < size;
}

static void name_chip(struct host_root *root, const char *directory, char *out, size_t size)
{
    char below[128];
    if (name_after_device(root, directory, out, size))
        return;
    snprintf(below, sizeof(below), "%s/name", directory);
    if (!host_read_line(root, below, out, size))
        text_copy(out, size, strrchr(directory, '/') + 1);
    clean_name(out);
}

static double read_celsius(struct host_root *root, struct host_file *file)
{
    const char *text;
    int64_t thousandths;
    if (host_file_read(root, file, &text) != 0 || text_to_i64(text, &thousandths) != 0)
        return (double)NAN;
    return (double)thousandths / 1000;
}

static double read_limit(struct host_root *root, const char *directory, const char *sensor,
                         const char *limit)
{
    char below[160];
    snprintf(below, sizeof(below), "%s/%s_%s", directory, sensor, limit);
    struct host_file file = HOST_FILE(below);
    double celsius = read_celsius(root, &file);
    host_file_close(&file);
    return celsius;
}

/* "platform_coretemp_0 Core 1"; a label that its chip has twice gives way to the sensor. */
static void set_title(const struct hwmon_state *state, struct sensor *sensor)
{
    const char *label = sensor->label[0] != '\0' ? sensor->label : sensor->name;
    snprintf(sensor->title, sizeof(sensor->title), "%s %s", sensor->chip, label);
    for (size_t i = 0; i < state->sensors.len; i++) {
        if (text_is(state->sensors.items[i].title, sensor->title))
            snprintf(sensor->title, sizeof(sensor->title), "%s %s #%zu", sensor->chip,
                     sensor->name, state->sensors.len);
    }
}

static void add_sensor(struct hwmon_state *state, struct host_root *root, const char *directory,
                       const char *chip, unsigned number)
{
    char below[160];
    struct sensor sensor = {.celsius = (double)NAN};
    snprintf(sensor.name, sizeof(sensor.name), "temp%u", number);
    snprintf(below, sizeof(below), "%s/%s_input", directory, sensor.name);
    sensor.path = memory_strdup(below);
    sensor.input = HOST_FILE(sensor.path);
    sensor.celsius = read_celsius(root, &sensor.input);
    if (isnan(sensor.celsius)) {
        host_file_close(&sensor.input);
        free(sensor.path);
        return;
    }
    text_copy(sensor.chip, sizeof(sensor.chip), chip);
    snprintf(below, sizeof(below), "%s/%s_label", directory, sensor.name);
    if (!host_read_line(root, below, sensor.label, sizeof(sensor.label)) ||
        !text_is_utf8(sensor.label, strlen(sensor.label)))
        sensor.label[0] = '\0';
    sensor.max = read_limit(root, directory, sensor.name, "max");
    sensor.crit = read_limit(root, directory, sensor.name, "crit");
    set_title(state, &sensor);
    VEC_PUSH(&state->sensors, sensor);
}

/* The numbers of the "temp7_input" in a directory. */
static size_t list_sensors(const struct host_root *root, const char *directory,
                           unsigned numbers[PER_CHIP])
{
    char path[HOST_PATH_SIZE];
    size_t count = 0;
    DIR *dir = host_path(root, directory, path, sizeof(path)) ? opendir(path) : NULL;
    if (dir == NULL)
        return 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL && count < PER_CHIP;) {
        uint64_t number;
        const char *at = text_after(entry->d_name, "temp");
        if (at != NULL && text_scan_u64(&at, &number) && text_is(at, "_input") && number < 1000)
            numbers[count++] = (unsigned)number;
    }
    closedir(dir);
    return count;
}

static void scan_chip(struct hwmon_state *state, struct host_root *root, const char *entry)
{
    char directory[64], device[80], chip[64];
    unsigned numbers[PER_CHIP];
    snprintf(directory, sizeof(directory), "sys/class/hwmon/%.32s", entry);
    snprintf(device, sizeof(device), "%s/device", directory);

    /* Drivers of old kept the files with the device. */
    const char *place = directory;
    size_t count = list_sensors(root, place, numbers);
    if (count == 0) {
        place = device;
        count = list_sensors(root, place, numbers);
    }
    if (count == 0)
        return;
    name_chip(root, directory, chip, sizeof(chip));
    for (size_t i = 0; i < count && state->sensors.len < SENSORS_MAX; i++)
        add_sensor(state, root, place, chip, numbers[i]);
}

static void scan(struct hwmon_state *state, struct host_root *root)
{
    char path[HOST_PATH_SIZE];
    forget_sensors(state);
    DIR *dir = host_path(root, "sys/class/hwmon", path, sizeof(path)) ? opendir(path) : NULL;
    if (dir == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (text_has_prefix(entry->d_name, "hwmon"))
            scan_chip(state, root, entry->d_name);
    }
    closedir(dir);
}

static void emit_sensor(const struct sensor *sensor, const struct emitter *out)
{
    const struct label labels[] = {{"chip", sensor->chip}, {"sensor", sensor->name}};
    out->emit(out->arg, &temp_metric, labels, 2, sensor->celsius);
    if (!isnan(sensor->max))
        out->emit(out->arg, &max_metric, labels, 2, sensor->max);
    if (!isnan(sensor->crit))
        out->emit(out->arg, &crit_metric, labels, 2, sensor->crit);
    if (sensor->label[0] != '\0') {
        const struct label named[] = {
            {"chip", sensor->chip}, {"label", sensor->label}, {"sensor", sensor->name}};
        out->emit(out->arg, &label_metric, named, 3, 1);
    }
    emit_labelled(out, &vital_metric, "sensor", sensor->title, sensor->celsius);
}

static int hwmon_collect(struct source *source, const struct tick *tick,
                         const struct emitter *out)
{
    struct hwmon_state *state = source->state;
    if (!state->is_scanned || tick->mono_ns - state->scanned_ns >= SCAN_NS) {
        scan(state, source->root);
        state->is_scanned = true;
        state->scanned_ns = state->read_ns = tick->mono_ns;
    } else if (tick->mono_ns - state->read_ns >= READ_NS) {
        for (size_t i = 0; i < state->sensors.len; i++)
            state->sensors.items[i].celsius =
                read_celsius(source->root, &state->sensors.items[i].input);
        state->read_ns = tick->mono_ns;
    }
    for (size_t i = 0; i < state->sensors.len; i++) {
        if (!isnan(state->sensors.items[i].celsius))
            emit_sensor(&state->sensors.items[i], out);
    }
    return 0;
}

static void hwmon_teardown(struct source *source)
{
    struct hwmon_state *state = source->state;
    forget_sensors(state);
    VEC_DEINIT(&state->sensors);
}

const struct collector hwmon_collector = {
    .name = "hwmon",
    .help = "Temperatures, from /sys/class/hwmon.",
    .state_size = sizeof(struct hwmon_state),
    .collect = hwmon_collect,
    .teardown = hwmon_teardown,
};
