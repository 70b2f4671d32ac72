/* SPDX-License-Identifier: MIT */
/*
 * memory - RAM and swap: every line of /proc/meminfo, and how full they are.
 *
 * The kernel decides which lines there are, so families are made from their names: the unit
 * becomes "_bytes" (kB there means KiB) and parentheses an underscore, as node_exporter does.
 * A family stays once it was seen; there are about sixty.
 *
 * Memory in use is what is not available.  Kernels before 3.14 do not say what is available:
 * free + buffers + cached stand for it there.
 */
#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "collect/registry.h"
#include "model/vitals.h"

#define FAMILIES_MAX 256
#define KEY_SIZE     48

static const struct metric usage_metric = {
    VITAL_MEMORY, "Share of memory that is not available for new work.", METRIC_GAUGE};
static const struct metric swap_metric = {VITAL_SWAP, "Share of swap space in use.",
                                          METRIC_GAUGE};

struct family {
    struct metric metric; /* points to name and help */
    char key[];           /* as the kernel spells it, without the colon; then name, help */
};

enum key {
    TOTAL,
    AVAILABLE,
    FREE,
    BUFFERS,
    CACHED,
    SWAP_TOTAL,
    SWAP_FREE,
    KEY_COUNT
};
static const char *const keys[] = {"MemTotal", "MemAvailable", "MemFree", "Buffers",
                                   "Cached",   "SwapTotal",    "SwapFree"};
_Static_assert(ARRAY_LEN(keys) == KEY_COUNT, "a spelling for each key");

struct memory_state {
    struct family *families[FAMILIES_MAX]; /* owned; in the order of the file */
    size_t n_families;
    double kib[KEY_COUNT]; /* NaN when the line is missing */
};

/* Active(anon) -> Active_anon */
static void spell_field(struct slice key, char out[KEY_SIZE])
{
    text_copy_slice(out, KEY_SIZE, key);
    char *end = out;
    for (const char *at = out; *at != '\0'; at++) {
        if (*at != ')')
            *end++ = *at == '(' ? '_' : *at;
    }
    *end = '\0';
}

static struct family *family_new(struct slice key, bool is_kib)
{
    char field[KEY_SIZE], name[KEY_SIZE + 24], help[KEY_SIZE + 40];
    const char *unit = is_kib ? "_bytes" : "";
    spell_field(key, field);
    snprintf(name, sizeof(name), "node_memory_%s%s", field, unit);
    snprintf(help, sizeof(help), "Memory information field %s%s.", field, unit);

    size_t key_size = key.len + 1, name_size = strlen(name) + 1, help_size = strlen(help) + 1;
    struct family *family = memory_alloc(sizeof(*family) + key_size + name_size + help_size);
    text_copy_slice(family->key, key_size, key);
    char *own_name = family->key + key_size, *own_help = own_name + name_size;
    memcpy(own_name, name, name_size);
    memcpy(own_help, help, help_size);
    family->metric = (struct metric){own_name, own_help, METRIC_GAUGE};
    return family;
}

/* The file has the same lines each time, so the guess is nearly always right. */
static const struct metric *find_metric(struct memory_state *state, struct slice key,
                                        size_t guess, bool is_kib)
{
    if (guess < state->n_families && slice_is(key, state->families[guess]->key))
        return &state->families[guess]->metric;
    for (size_t i = 0; i < state->n_families; i++) {
        if (slice_is(key, state->families[i]->key))
            return &state->families[i]->metric;
    }
    if (state->n_families == FAMILIES_MAX || key.len >= KEY_SIZE)
        return NULL;
    state->families[state->n_families] = family_new(key, is_kib);
    return &state->families[state->n_families++]->metric;
}

static bool is_key(struct slice key)
{
    for (size_t i = 0; i < key.len; i++) {
        char c = key.data[i];
        bool is_fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') || c == '_' || c == '(' || c == ')';
        if (!is_fine)
            return false;
    }
    return key.len > 0;
}

static void note_key(struct memory_state *state, struct slice key, uint64_t kib)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (slice_is(key, keys[i]))
            state->kib[i] = (double)kib;
    }
}

/* "MemTotal:        3742148 kB" */
static void emit_line(struct memory_state *state, const char *line, size_t index,
                      const struct emitter *out)
{
    struct slice key = {line, strcspn(line, ":\n")};
    const char *at = line + key.len;
    uint64_t value;
    if (*at != ':' || !is_key(key))
        return;
    at++;
    if (!text_scan_u64(&at, &value))
        return;
    bool is_kib = text_has_prefix(at, " kB");
    const struct metric *metric = find_metric(state, key, index, is_kib);
    if (metric != NULL)
        emit_value(out, metric, is_kib ? (double)value * 1024 : (double)value);
    note_key(state, key, value);
}

static void emit_vitals(const struct memory_state *state, struct collect_summary *summary,
                        const struct emitter *out)
{
    double total = state->kib[TOTAL], available = state->kib[AVAILABLE];
    if (isnan(available))
        available = state->kib[FREE] + state->kib[BUFFERS] + state->kib[CACHED];
    if (total > 0 && !isnan(available)) {
        summary->memory_percent = (total - MIN_OF(available, total)) / total * 100;
        emit_value(out, &usage_metric, summary->memory_percent);
    }

    double swap_total = state->kib[SWAP_TOTAL], swap_free = state->kib[SWAP_FREE];
    if (swap_total > 0 && !isnan(swap_free))
        emit_value(out, &swap_metric,
                   (swap_total - MIN_OF(swap_free, swap_total)) / swap_total * 100);
}

static int memory_collect(struct source *source, const struct tick *tick,
                          const struct emitter *out)
{
    (void)tick;
    struct memory_state *state = source->state;
    const char *line;
    int error = source_read(source, &line);
    if (error != 0)
        return error;

    for (size_t i = 0; i < KEY_COUNT; i++)
        state->kib[i] = (double)NAN;
    for (size_t index = 0; *line != '\0'; index++, line = next_line(line))
        emit_line(state, line, index, out);
    emit_vitals(state, source->summary, out);
    return 0;
}

static void memory_teardown(struct source *source)
{
    struct memory_state *state = source->state;
    for (size_t i = 0; i < state->n_families; i++)
        free(state->families[i]);
}

const struct collector memory_collector = {
    .name = "memory",
    .help = "RAM and swap from /proc/meminfo.",
    .file = "proc/meminfo",
    .is_file_whole = true,
    .state_size = sizeof(struct memory_state),
    .is_wanted = wants_memory,
    .collect = memory_collect,
    .teardown = memory_teardown,
};
