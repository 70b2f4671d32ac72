/* SPDX-License-Identifier: MIT */
/*
 * hwmon - temperatures, fans, voltages, currents and power, with the limits their makers set.
 *
 * A chip's directory has one file per number, "temp1_input", "fan2_min": the kind of sensor, its
 * number and what the number is.  Which files there are is looked up every minute, and so are
 * the numbers that do not measure; those that do are read every five seconds, as some sit behind
 * slow buses and heat takes its time.  A chip is named after the device it belongs to, as
 * node_exporter does.
 */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/vec.h"
#include "collect/families.h"
#include "collect/host_dir.h"
#include "collect/registry.h"
#include "model/vitals.h"

#define SENSORS_MAX  512
#define READINGS_MAX 4096
#define SCAN_NS      (60 * (int64_t)1000000000 - 500000000) /* half a second of leeway */
#define ELEMENT_SIZE 48
#define DIRECTORY    "sys/class/hwmon"

static const struct metric label_metric = {"node_hwmon_sensor_label",
                                           "Label for given chip and sensor", METRIC_GAUGE};
static const struct metric chip_metric = {
    "node_hwmon_chip_names", "Annotation metric for human-readable chip names", METRIC_GAUGE};
static const struct metric vital_metric = {VITAL_TEMPERATURE, "Temperature of a sensor.",
                                           METRIC_GAUGE};

static const char *const kinds[] = {
    "vrm",  "beep_enable", "update_interval", "in",     "cpu",      "fan",       "pwm",
    "temp", "curr",        "power",           "energy", "humidity", "intrusion", NULL};

/* How the numbers of a kind are told; the first line that fits.  NULL fits all. */
static const struct unit {
    const char *kind, *element;
    const char *suffix, *help; /* of the family; help goes before the element in brackets */
    double factor;
    enum metric_type type;
} units[] = {
    {"in", NULL, "_volts", "Hardware monitor for voltage", 1e-3, METRIC_GAUGE},
    {"cpu", NULL, "_volts", "Hardware monitor for voltage", 1e-3, METRIC_GAUGE},
    {"temp", NULL, "_celsius", "Hardware monitor for temperature", 1e-3, METRIC_GAUGE},
    {"curr", NULL, "_amps", "Hardware monitor for current", 1e-3, METRIC_GAUGE},
    {"energy", NULL, "_joule_total", "Hardware monitor for joules used so far", 1e-6,
     METRIC_COUNTER},
    {"power", "average_interval", "_seconds", "Hardware monitor power usage update interval",
     1e-3, METRIC_GAUGE},
    {"power", "average_interval_min", "_seconds",
     "Hardware monitor power usage update interval", 1e-3, METRIC_GAUGE},
    {"power", "average_interval_max", "_seconds",
     "Hardware monitor power usage update interval", 1e-3, METRIC_GAUGE},
    {"power", NULL, "_watt", "Hardware monitor for power usage in watts", 1e-6, METRIC_GAUGE},
    {"humidity", NULL, "",
     "Hardware monitor for humidity, as a ratio (multiply with 100.0 to get the humidity as a "
     "percentage)",
     1e-6, METRIC_GAUGE},
    {"fan", "input", "_rpm", "Hardware monitor for fan revolutions per minute", 1,
     METRIC_GAUGE},
    {"fan", "min", "_rpm", "Hardware monitor for fan revolutions per minute", 1, METRIC_GAUGE},
    {"fan", "max", "_rpm", "Hardware monitor for fan revolutions per minute", 1, METRIC_GAUGE},
    {"fan", "target", "_rpm", "Hardware monitor for fan revolutions per minute", 1,
     METRIC_GAUGE},
};

struct chip {
    char name[96], title[64]; /* title: of the driver; "" = not said */
};

struct sensor {
    size_t chip;
    char name[32], label[64];
    char title[160]; /* for people, and unique */
};

struct reading {
    size_t sensor;
    const struct metric *metric; /* NULL = the families are full */
    double factor, value;
    bool is_temperature; /* what the vital shows */
    char *path;          /* owned; NULL = does not measure, so is not read again */
};

struct hwmon_state {
    VEC(struct chip) chips;
    VEC(struct sensor) sensors;
    VEC(struct reading) readings;
    struct families families;
    bool is_scanned;
    int64_t scanned_ns;
};

/* "temp1_crit_alarm" is kind "temp", number 1, element "crit_alarm". */
struct parts {
    char kind[24], sensor[32], element[ELEMENT_SIZE];
};

static void forget(struct hwmon_state *state)
{
    for (size_t i = 0; i < state->readings.len; i++)
        free(state->readings.items[i].path);
    state->chips.len = state->sensors.len = state->readings.len = 0;
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

static struct chip name_chip(struct host_root *root, const char *directory)
{
    struct chip chip = {0};
    if (host_dir_line(root, directory, "name", chip.title, sizeof(chip.title)))
        clean_name(chip.title);
    if (name_after_device(root, directory, chip.name, sizeof(chip.name)))
        return chip;
    if (chip.title[0] != '\0')
        text_copy(chip.name, sizeof(chip.name), chip.title);
    else
        text_copy(chip.name, sizeof(chip.name), strrchr(directory, '/') + 1);
    clean_name(chip.name);
    return chip;
}

static bool take_apart(const char *file, struct parts *out_parts)
{
    for (size_t i = 0; kinds[i] != NULL; i++) {
        const char *at = text_after(file, kinds[i]);
        if (at == NULL)
            continue;
        uint64_t number = 0;
        if (*at >= '0' && *at <= '9' && (!text_scan_u64(&at, &number) || number > 9999))
            return false;
        if (*at != '\0' && *at != '_')
            continue; /* "in" of "intrusion0_alarm" */
        text_copy(out_parts->kind, sizeof(out_parts->kind), kinds[i]);
        snprintf(out_parts->sensor, sizeof(out_parts->sensor), "%s%u", kinds[i],
                 (unsigned)number);
        return text_copy(out_parts->element, sizeof(out_parts->element),
                         *at == '_' ? at + 1 : at);
    }
    return false;
}

/* "platform_coretemp_0 Core 1"; a label that its chip has twice gives way to the sensor. */
static void set_title(const struct hwmon_state *state, struct sensor *sensor)
{
    const char *chip = state->chips.items[sensor->chip].name;
    struct slice label = text_trim((struct slice){sensor->label, strlen(sensor->label)});
    if (label.len == 0)
        label = (struct slice){sensor->name, strlen(sensor->name)};
    snprintf(sensor->title, sizeof(sensor->title), "%s %.*s", chip, (int)label.len, label.data);
    for (size_t i = 0; i < state->sensors.len; i++) {
        if (text_is(state->sensors.items[i].title, sensor->title))
            snprintf(sensor->title, sizeof(sensor->title), "%s %s #%zu", chip, sensor->name,
                     state->sensors.len);
    }
}

/* Labels are told as they are, blanks included. */
static void read_label(struct host_root *root, const char *directory, struct sensor *sensor)
{
    char path[256];
    const char *text;
    snprintf(path, sizeof(path), "%s/%s_label", directory, sensor->name);
    if (host_read(root, path, &text) != 0)
        return;
    struct slice line = {text, strcspn(text, "\n")};
    if (!text_is_utf8(line.data, line.len) ||
        !text_copy_slice(sensor->label, sizeof(sensor->label), line))
        sensor->label[0] = '\0';
}

/* The sensor of the chip that was added last; files come in the order of their names, so those
 * of one sensor need not be together. */
static bool find_sensor(struct hwmon_state *state, struct host_root *root,
                        const char *directory, const char *name, size_t *out_sensor)
{
    size_t chip = state->chips.len - 1;
    for (size_t i = state->sensors.len; i > 0 && state->sensors.items[i - 1].chip == chip;
         i--) {
        if (text_is(state->sensors.items[i - 1].name, name)) {
            *out_sensor = i - 1;
            return true;
        }
    }
    if (state->sensors.len == SENSORS_MAX)
        return false;
    struct sensor sensor = {.chip = chip};
    text_copy(sensor.name, sizeof(sensor.name), name);
    read_label(root, directory, &sensor);
    set_title(state, &sensor);
    VEC_PUSH(&state->sensors, sensor);
    *out_sensor = state->sensors.len - 1;
    return true;
}

static bool read_value(struct host_root *root, const char *path, double *out_value)
{
    const char *text;
    return host_read(root, path, &text) == 0 && text_to_double(text, out_value) == 0;
}

static const struct metric *plain_family(struct hwmon_state *state, const struct parts *parts,
                                         const char *name)
{
    char full[160], help[160];
    snprintf(full, sizeof(full), "%s", name);
    if (text_is(parts->element, "fault") || text_is(parts->element, "alarm")) {
        snprintf(help, sizeof(help), "Hardware sensor %s status (%s)", parts->element,
                 parts->kind);
    } else if (text_is(parts->element, "beep")) {
        snprintf(full, sizeof(full), "%s_enabled", name);
        snprintf(help, sizeof(help), "Hardware monitor sensor has beeping enabled");
    } else {
        snprintf(help, sizeof(help), "Hardware monitor %s element %s", parts->kind,
                 parts->element);
    }
    return families_get(&state->families, full, help, METRIC_GAUGE);
}

/* Kinds that are but one number of the whole chip. */
static bool chip_family(struct hwmon_state *state, const struct parts *parts,
                        struct reading *reading)
{
    if (text_is(parts->kind, "update_interval")) {
        reading->factor = 1e-3;
        reading->metric = families_get(&state->families, "node_hwmon_update_interval_seconds",
                                       "Hardware monitor update interval", METRIC_GAUGE);
    } else if (text_is(parts->kind, "vrm")) {
        reading->metric = families_get(&state->families, "node_hwmon_voltage_regulator_version",
                                       "Hardware voltage regulator", METRIC_GAUGE);
    } else if (text_is(parts->kind, "beep_enable")) {
        reading->metric = families_get(&state->families, "node_hwmon_beep_enabled",
                                       "Hardware beep enabled", METRIC_GAUGE);
    } else {
        return false;
    }
    return true;
}

static void choose_family(struct hwmon_state *state, const struct parts *parts,
                          struct reading *reading)
{
    char name[128], full[160], help[224];
    reading->factor = 1;
    if (chip_family(state, parts, reading))
        return;
    bool is_input = text_is(parts->element, "input") || parts->element[0] == '\0';
    snprintf(name, sizeof(name), "node_hwmon_%s%s%s", parts->kind, is_input ? "" : "_",
             is_input ? "" : parts->element);
    clean_name(name);
    const struct unit *unit = NULL;
    bool is_plain = text_is(parts->element, "fault") || text_is(parts->element, "alarm") ||
                    text_is(parts->element, "beep") ||
                    (text_is(parts->kind, "temp") && text_is(parts->element, "type"));
    for (size_t i = 0; i < ARRAY_LEN(units) && unit == NULL && !is_plain; i++) {
        bool fits = text_is(units[i].kind, parts->kind) &&
                    (units[i].element == NULL || text_is(units[i].element, parts->element));
        unit = fits ? &units[i] : NULL;
    }
    if (unit == NULL) {
        reading->metric = plain_family(state, parts, name);
        return;
    }
    snprintf(full, sizeof(full), "%s%s", name, unit->suffix);
    snprintf(help, sizeof(help), "%s (%s)", unit->help, is_input ? "input" : parts->element);
    reading->factor = unit->factor;
    reading->metric = families_get(&state->families, full, help, unit->type);
}

static bool measures(const struct parts *parts)
{
    return parts->element[0] == '\0' || text_is(parts->element, "input") ||
           text_is(parts->element, "average") || text_has_suffix(parts->element, "alarm") ||
           text_is(parts->element, "fault");
}

static void add_file(struct hwmon_state *state, struct host_root *root, const char *directory,
                     const char *file)
{
    char path[384];
    struct parts parts;
    struct reading reading = {0};
    if (state->readings.len == READINGS_MAX || !take_apart(file, &parts) ||
        text_is(parts.element, "label"))
        return;
    snprintf(path, sizeof(path), "%s/%s", directory, file);
    if (!read_value(root, path, &reading.value) ||
        !find_sensor(state, root, directory, parts.sensor, &reading.sensor))
        return;
    choose_family(state, &parts, &reading);
    reading.is_temperature = text_is(parts.kind, "temp") && text_is(parts.element, "input");
    reading.path = measures(&parts) ? memory_strdup(path) : NULL;
    VEC_PUSH(&state->readings, reading);
}

static size_t add_files(struct hwmon_state *state, struct host_root *root,
                        const char *directory)
{
    struct host_dir files;
    size_t before = state->readings.len;
    host_dir_read(root, directory, &files);
    for (size_t i = 0; i < files.len; i++)
        add_file(state, root, directory, files.names[i]);
    host_dir_deinit(&files);
    return state->readings.len - before;
}

static void scan(struct hwmon_state *state, struct host_root *root)
{
    struct host_dir chips;
    forget(state);
    host_dir_read(root, DIRECTORY, &chips);
    for (size_t i = 0; i < chips.len; i++) {
        char directory[64], device[80];
        if (!text_has_prefix(chips.names[i], "hwmon"))
            continue;
        snprintf(directory, sizeof(directory), DIRECTORY "/%.32s", chips.names[i]);
        snprintf(device, sizeof(device), "%s/device", directory);
        VEC_PUSH(&state->chips, name_chip(root, directory));
        /* Drivers of old kept the files with the device. */
        if (add_files(state, root, directory) == 0)
            add_files(state, root, device);
    }
    host_dir_deinit(&chips);
}

static void emit_names(const struct hwmon_state *state, const struct emitter *out)
{
    for (size_t i = 0; i < state->chips.len; i++) {
        const struct chip *chip = &state->chips.items[i];
        const struct label labels[] = {{"chip", chip->name}, {"chip_name", chip->title}};
        if (chip->title[0] != '\0')
            out->emit(out->arg, &chip_metric, labels, 2, 1);
    }
    for (size_t i = 0; i < state->sensors.len; i++) {
        const struct sensor *sensor = &state->sensors.items[i];
        const struct label labels[] = {{"chip", state->chips.items[sensor->chip].name},
                                       {"label", sensor->label},
                                       {"sensor", sensor->name}};
        if (sensor->label[0] != '\0')
            out->emit(out->arg, &label_metric, labels, 3, 1);
    }
}

static void emit_readings(const struct hwmon_state *state, const struct emitter *out)
{
    for (size_t i = 0; i < state->readings.len; i++) {
        const struct reading *reading = &state->readings.items[i];
        const struct sensor *sensor = &state->sensors.items[reading->sensor];
        const struct label labels[] = {{"chip", state->chips.items[sensor->chip].name},
                                       {"sensor", sensor->name}};
        double value = reading->value * reading->factor;
        if (reading->factor < 1) /* exact, as one does it by hand */
            value = reading->value / (1 / reading->factor);
        if (reading->metric == NULL || isnan(value))
            continue;
        out->emit(out->arg, reading->metric, labels, 2, value);
        if (reading->is_temperature)
            emit_labelled(out, &vital_metric, "sensor", sensor->title, value);
    }
}

static int hwmon_collect(struct source *source, const struct tick *tick,
                         const struct emitter *out)
{
    struct hwmon_state *state = source->state;
    if (!state->is_scanned || tick->mono_ns - state->scanned_ns >= SCAN_NS) {
        scan(state, source->root);
        state->is_scanned = true;
        state->scanned_ns = tick->mono_ns;
    } else {
        for (size_t i = 0; i < state->readings.len; i++) {
            struct reading *reading = &state->readings.items[i];
            if (reading->path != NULL &&
                !read_value(source->root, reading->path, &reading->value))
                reading->value = (double)NAN;
        }
    }
    emit_names(state, out);
    emit_readings(state, out);
    return 0;
}

static void hwmon_setup(struct source *source)
{
    struct hwmon_state *state = source->state;
    families_init(&state->families);
}

static void hwmon_teardown(struct source *source)
{
    struct hwmon_state *state = source->state;
    forget(state);
    VEC_DEINIT(&state->chips);
    VEC_DEINIT(&state->sensors);
    VEC_DEINIT(&state->readings);
    families_deinit(&state->families);
}

const struct collector hwmon_collector = {
    .name = "hwmon",
    .help = "Temperatures, fans, voltages, currents and power, from /sys/class/hwmon.",
    .period_ms = 5 * MSEC_SECOND,
    .state_size = sizeof(struct hwmon_state),
    .setup = hwmon_setup,
    .collect = hwmon_collect,
    .teardown = hwmon_teardown,
};
