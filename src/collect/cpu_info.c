/* SPDX-License-Identifier: MIT */
/*
 * Flags and bugs are those of the first core, and only ones that somebody asks about: a list
 * of two hundred labels per host would help nobody.
 */
#include "collect/cpu_info.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/vec.h"

#define REFRESH_NS     (60 * (int64_t)1000000000)
#define PROCESSORS_MAX 8192
#define WORDS_MAX      16

static const struct metric info_metric = {"node_cpu_info",
                                          "CPU information from /proc/cpuinfo.", METRIC_GAUGE};
static const struct metric flag_metric = {
    "node_cpu_flag_info",
    "The `flags` field of CPU information from /proc/cpuinfo taken from the first core.",
    METRIC_GAUGE};
static const struct metric bug_metric = {
    "node_cpu_bug_info",
    "The `bugs` field of CPU information from /proc/cpuinfo taken from the first core.",
    METRIC_GAUGE};
static const struct metric isolated_metric = {
    "node_cpu_isolated",
    "Whether each core is isolated, information from /sys/devices/system/cpu/isolated.",
    METRIC_GAUGE};
static const struct metric core_throttles_metric = {
    "node_cpu_core_throttles_total", "Number of times this CPU core has been throttled.",
    METRIC_COUNTER};
static const struct metric package_throttles_metric = {
    "node_cpu_package_throttles_total", "Number of times this CPU package has been throttled.",
    METRIC_COUNTER};

enum field {
    CACHE,
    CORE,
    CPU,
    FAMILY,
    MICROCODE,
    MODEL,
    MODEL_NAME,
    PACKAGE,
    STEPPING,
    VENDOR,
    N_FIELDS
};

static const struct field_name {
    const char *key;   /* in /proc/cpuinfo */
    const char *label; /* sorted */
} field_names[N_FIELDS] = {
    [CACHE] = {"cache size", "cachesize"},
    [CORE] = {"core id", "core"},
    [CPU] = {"processor", "cpu"},
    [FAMILY] = {"cpu family", "family"},
    [MICROCODE] = {"microcode", "microcode"},
    [MODEL] = {"model", "model"},
    [MODEL_NAME] = {"model name", "model_name"},
    [PACKAGE] = {"physical id", "package"},
    [STEPPING] = {"stepping", "stepping"},
    [VENDOR] = {"vendor_id", "vendor"},
};

struct processor {
    char fields[N_FIELDS][16];
    char model_name[64]; /* the one field that is longer */
};

struct throttles {
    char core[16], package[16];
    bool is_first_of_package;
    bool has_core, has_package;
    uint64_t core_count, package_count;
};

struct words {
    char items[WORDS_MAX][24];
    size_t len;
};

struct cpu_info {
    bool is_read;
    int64_t read_ns;
    size_t n_cores;
    VEC(struct processor) processors;
    VEC(struct throttles) throttles;
    VEC(uint16_t) isolated;
    struct words flags, bugs;
};

struct cpu_info *cpu_info_new(void)
{
    return memory_calloc(1, sizeof(struct cpu_info));
}

void cpu_info_free(struct cpu_info *info)
{
    if (info == NULL)
        return;
    VEC_DEINIT(&info->processors);
    VEC_DEINIT(&info->throttles);
    VEC_DEINIT(&info->isolated);
    free(info);
}

static bool is_interesting_flag(struct slice word)
{
    return slice_is(word, "aes") || slice_is(word, "constant_tsc") ||
           ((word.len == 3 || word.len == 4) && memcmp(word.data, "avx", 3) == 0);
}

static bool is_interesting_bug(struct slice word)
{
    return slice_is(word, "cpu_meltdown") || slice_is(word, "mds") ||
           (word.len > 8 && memcmp(word.data, "spectre_", 8) == 0);
}

static void pick_words(struct words *words, const char *at,
                       bool (*is_interesting)(struct slice))
{
    struct slice word;
    while (words->len < WORDS_MAX && text_next_word(&at, &word)) {
        if (is_interesting(word))
            text_copy_slice(words->items[words->len++], sizeof(words->items[0]), word);
    }
}

static void take_field(struct cpu_info *info, struct slice key, const char *value)
{
    struct slice text = text_trim((struct slice){value, strcspn(value, "\n")});
    if (slice_is(key, "processor") && info->processors.len < PROCESSORS_MAX)
        VEC_PUSH(&info->processors, (struct processor){0});
    if (info->processors.len == 0)
        return;

    struct processor *processor = &info->processors.items[info->processors.len - 1];
    for (size_t i = 0; i < N_FIELDS; i++) {
        if (!slice_is(key, field_names[i].key))
            continue;
        if (i == MODEL_NAME)
            text_copy_slice(processor->model_name, sizeof(processor->model_name), text);
        else
            text_copy_slice(processor->fields[i], sizeof(processor->fields[i]), text);
        return;
    }
    if (info->processors.len == 1 && slice_is(key, "flags"))
        pick_words(&info->flags, value, is_interesting_flag);
    if (info->processors.len == 1 && slice_is(key, "bugs"))
        pick_words(&info->bugs, value, is_interesting_bug);
}

static void read_cpuinfo(struct cpu_info *info, struct host_root *root)
{
    info->processors.len = 0;
    info->flags.len = info->bugs.len = 0;

    const char *line;
    if (host_read(root, "proc/cpuinfo", &line) != 0)
        return;
    for (; *line != '\0'; line = next_line(line)) {
        size_t key_len = strcspn(line, ":\n");
        if (line[key_len] == ':')
            take_field(info, text_trim((struct slice){line, key_len}), line + key_len + 1);
    }
}

/* "1,3-5,9" */
static void read_isolated(struct cpu_info *info, struct host_root *root)
{
    info->isolated.len = 0;
    char line[256];
    if (!host_read_line(root, "sys/devices/system/cpu/isolated", line, sizeof(line)))
        return;
    const char *at = line;
    uint64_t first, last;
    while (text_scan_u64(&at, &first)) {
        last = first;
        if (*at == '-') {
            at++;
            if (!text_scan_u64(&at, &last))
                return;
        }
        for (uint64_t cpu = first; cpu <= MIN_OF(last, PROCESSORS_MAX); cpu++)
            VEC_PUSH(&info->isolated, (uint16_t)cpu);
        if (*at == ',')
            at++;
    }
}

static bool read_cpu_file(struct host_root *root, size_t cpu, const char *name, char *out,
                          size_t size)
{
    char path[128];
    snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%zu/%s", cpu, name);
    return host_read_line(root, path, out, size);
}

static void add_throttles(struct cpu_info *info, const struct throttles *throttles)
{
    struct throttles item = *throttles;
    item.is_first_of_package = true;
    for (size_t i = 0; i < info->throttles.len; i++) {
        const struct throttles *other = &info->throttles.items[i];
        if (!text_is(other->package, item.package))
            continue;
        if (text_is(other->core, item.core))
            return; /* the other thread of the same core */
        item.is_first_of_package = false;
    }
    VEC_PUSH(&info->throttles, item);
}

static void read_throttles(struct cpu_info *info, struct host_root *root)
{
    info->throttles.len = 0;
    for (size_t cpu = 0; cpu < PROCESSORS_MAX; cpu++) {
        struct throttles item = {0};
        char number[32];
        if (!read_cpu_file(root, cpu, "topology/physical_package_id", item.package,
                           sizeof(item.package)) ||
            !read_cpu_file(root, cpu, "topology/core_id", item.core, sizeof(item.core)))
            break;
        item.has_core = read_cpu_file(root, cpu, "thermal_throttle/core_throttle_count", number,
                                      sizeof(number)) &&
                        text_to_u64(number, &item.core_count) == 0;
        item.has_package = read_cpu_file(root, cpu, "thermal_throttle/package_throttle_count",
                                         number, sizeof(number)) &&
                           text_to_u64(number, &item.package_count) == 0;
        if (!item.has_core && !item.has_package)
            break; /* this kind of processor does not count them */
        add_throttles(info, &item);
    }
}

static void emit_processors(const struct cpu_info *info, const struct emitter *out)
{
    for (size_t i = 0; i < info->processors.len; i++) {
        const struct processor *processor = &info->processors.items[i];
        struct label labels[N_FIELDS];
        for (size_t f = 0; f < N_FIELDS; f++) {
            labels[f].name = field_names[f].label;
            labels[f].value = f == MODEL_NAME ? processor->model_name : processor->fields[f];
        }
        out->emit(out->arg, &info_metric, labels, N_FIELDS, 1);
    }
    for (size_t i = 0; i < info->flags.len; i++)
        emit_labelled(out, &flag_metric, "flag", info->flags.items[i], 1);
    for (size_t i = 0; i < info->bugs.len; i++)
        emit_labelled(out, &bug_metric, "bug", info->bugs.items[i], 1);
    for (size_t i = 0; i < info->isolated.len; i++) {
        char cpu[8];
        snprintf(cpu, sizeof(cpu), "%u", info->isolated.items[i]);
        emit_labelled(out, &isolated_metric, "cpu", cpu, 1);
    }
}

static void emit_throttles(const struct cpu_info *info, const struct emitter *out)
{
    for (size_t i = 0; i < info->throttles.len; i++) {
        const struct throttles *item = &info->throttles.items[i];
        const struct label labels[] = {{"core", item->core}, {"package", item->package}};
        if (item->has_core)
            out->emit(out->arg, &core_throttles_metric, labels, 2, (double)item->core_count);
        if (item->has_package && item->is_first_of_package)
            out->emit(out->arg, &package_throttles_metric, labels + 1, 1,
                      (double)item->package_count);
    }
}

void cpu_info_emit(struct cpu_info *info, struct host_root *root, const struct tick *tick,
                   size_t n_cores, const struct emitter *out)
{
    bool is_due = !info->is_read || info->n_cores != n_cores ||
                  tick->mono_ns - info->read_ns >= REFRESH_NS;
    if (is_due) {
        read_cpuinfo(info, root);
        read_isolated(info, root);
        read_throttles(info, root);
        info->is_read = true;
        info->n_cores = n_cores;
        info->read_ns = tick->mono_ns;
    }
    emit_processors(info, out);
    emit_throttles(info, out);
}
