/* SPDX-License-Identifier: MIT */
/*
 * cpu - where processors spend their time, in total and each.
 *
 * /proc/stat counts in ticks of 1/100 s.  Two readers need them differently:
 * - counters must never go backwards, but the kernel's idle and iowait do now and then; each
 *   mode keeps its highest value, until idle falls so far that the processor must have been
 *   taken out and put back (CPU hot-plug), which starts it anew;
 * - percentages are over the window since the previous collection, the same one for the total
 *   and every core.  Busy is everything but idle and iowait; time given to guests is already
 *   in user and nice.
 * When not one tick passed, the window stays open and no percentage is given.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "collect/cpu_info.h"
#include "collect/registry.h"
#include "collect/stat.h"
#include "model/vitals.h"

#define TICKS_PER_SECOND  100.0
#define CORES_MAX         8192
#define HOTPLUG_IDLE_FALL UINT64_C(300) /* ticks */

enum mode {
    MODE_USER,
    MODE_NICE,
    MODE_SYSTEM,
    MODE_IDLE,
    MODE_IOWAIT,
    MODE_IRQ,
    MODE_SOFTIRQ,
    MODE_STEAL,
    MODE_GUEST,
    MODE_GUEST_NICE,
    MODE_COUNT
};
#define MODE_WALL_COUNT MODE_GUEST /* modes that add up to the time that passed */

static const char *const mode_names[] = {"user", "nice",    "system", "idle",  "iowait",
                                         "irq",  "softirq", "steal",  "guest", "guest_nice"};
_Static_assert(ARRAY_LEN(mode_names) == MODE_COUNT, "a name for each mode");

static const struct metric seconds_metric = {
    "node_cpu_seconds_total", "Seconds the CPUs spent in each mode.", METRIC_COUNTER};
static const struct metric guest_metric = {
    "node_cpu_guest_seconds_total", "Seconds the CPUs spent in guests (VMs) for each mode.",
    METRIC_COUNTER};
static const struct metric usage_metric = {
    VITAL_CPU, "Share of processor time in use since the previous sample.", METRIC_GAUGE};
static const struct metric core_metric = {
    VITAL_CORE, "Share of one core's time in use since the previous sample.", METRIC_GAUGE};
static const struct metric mode_metric = {
    "sentora_cpu_mode_percent",
    "Share of processor time in each mode since the previous sample.", METRIC_GAUGE};

struct core {
    char id[8]; /* as in the label */
    bool is_present, was_present;
    uint64_t now[MODE_COUNT];
    uint64_t window[MODE_COUNT];  /* at the start of the window */
    uint64_t highest[MODE_COUNT]; /* what the counters show */
};

struct cpu_state {
    struct core total;
    struct core *cores; /* owned; by number, some may be offline */
    size_t n_cores;
    struct cpu_info *info; /* owned */
};

static struct core *core_at(struct cpu_state *state, size_t number)
{
    if (number >= CORES_MAX)
        return NULL;
    if (number >= state->n_cores) {
        state->cores = memory_realloc(state->cores, (number + 1) * sizeof(*state->cores));
        memset(state->cores + state->n_cores, 0,
               (number + 1 - state->n_cores) * sizeof(*state->cores));
        state->n_cores = number + 1;
    }
    return &state->cores[number];
}

static void take_times(struct core *core, const char *at)
{
    uint64_t times[MODE_COUNT] = {0};
    for (size_t i = 0; i < MODE_COUNT && text_scan_u64(&at, &times[i]); i++)
        continue;
    memcpy(core->now, times, sizeof(times));
    core->is_present = true;
}

/* "cpu ..." is the total, "cpu12 ..." one core. */
static void take_line(struct cpu_state *state, const char *at)
{
    if (*at == ' ') {
        take_times(&state->total, at);
        return;
    }
    uint64_t number;
    if (!text_scan_u64(&at, &number))
        return;
    struct core *core = core_at(state, number);
    if (core == NULL)
        return;
    snprintf(core->id, sizeof(core->id), "%u", (unsigned)number);
    take_times(core, at);
}

static void emit_counters(struct core *core, const struct emitter *out)
{
    if (core->highest[MODE_IDLE] >= core->now[MODE_IDLE] + HOTPLUG_IDLE_FALL)
        memset(core->highest, 0, sizeof(core->highest));
    for (size_t i = 0; i < MODE_COUNT; i++)
        core->highest[i] = MAX_OF(core->highest[i], core->now[i]);

    struct label labels[] = {{"cpu", core->id}, {"mode", ""}};
    for (size_t i = 0; i < MODE_WALL_COUNT; i++) {
        labels[1].value = mode_names[i];
        out->emit(out->arg, &seconds_metric, labels, 2,
                  (double)core->highest[i] / TICKS_PER_SECOND);
    }
    labels[1].value = "user";
    out->emit(out->arg, &guest_metric, labels, 2,
              (double)core->highest[MODE_GUEST] / TICKS_PER_SECOND);
    labels[1].value = "nice";
    out->emit(out->arg, &guest_metric, labels, 2,
              (double)core->highest[MODE_GUEST_NICE] / TICKS_PER_SECOND);
}

/* Ticks spent in each mode over the window; returns their sum. */
static uint64_t window_ticks(const struct core *core, uint64_t ticks[MODE_WALL_COUNT])
{
    uint64_t sum = 0;
    for (size_t i = 0; i < MODE_WALL_COUNT; i++) {
        ticks[i] = core->now[i] > core->window[i] ? core->now[i] - core->window[i] : 0;
        sum += ticks[i];
    }
    return sum;
}

static double busy_percent(const uint64_t ticks[MODE_WALL_COUNT], uint64_t sum)
{
    if (sum == 0)
        return 0;
    return (double)(sum - ticks[MODE_IDLE] - ticks[MODE_IOWAIT]) / (double)sum * 100;
}

static void start_window(struct cpu_state *state)
{
    memcpy(state->total.window, state->total.now, sizeof(state->total.window));
    state->total.was_present = true;
    for (size_t i = 0; i < state->n_cores; i++) {
        struct core *core = &state->cores[i];
        memcpy(core->window, core->now, sizeof(core->window));
        core->was_present = core->is_present;
    }
}

static void emit_percents(struct cpu_state *state, struct collect_summary *summary,
                          const struct emitter *out)
{
    uint64_t ticks[MODE_WALL_COUNT];
    uint64_t sum = window_ticks(&state->total, ticks);
    if (!state->total.was_present) {
        start_window(state);
        return;
    }
    if (sum == 0)
        return;

    summary->cpu_percent = busy_percent(ticks, sum);
    emit_value(out, &usage_metric, summary->cpu_percent);
    for (size_t i = 0; i < MODE_WALL_COUNT; i++)
        emit_labelled(out, &mode_metric, "mode", mode_names[i],
                      (double)ticks[i] / (double)sum * 100);

    for (size_t i = 0; i < state->n_cores; i++) {
        const struct core *core = &state->cores[i];
        if (!core->is_present || !core->was_present)
            continue;
        sum = window_ticks(core, ticks);
        emit_labelled(out, &core_metric, "core", core->id, busy_percent(ticks, sum));
    }
    start_window(state);
}

static int cpu_collect(struct source *source, const struct tick *tick,
                       const struct emitter *out)
{
    struct cpu_state *state = source->state;
    const char *text;
    int error = source_read(source, &text);
    if (error != 0)
        return error;

    state->total.is_present = false;
    for (size_t i = 0; i < state->n_cores; i++)
        state->cores[i].is_present = false;
    for (const char *line = text; *line != '\0'; line = next_line(line)) {
        const char *rest = text_after(line, "cpu");
        if (rest != NULL)
            take_line(state, rest);
        else
            stat_emit_line(out, line);
    }

    size_t n_present = 0;
    for (size_t i = 0; i < state->n_cores; i++) {
        if (!state->cores[i].is_present)
            continue;
        emit_counters(&state->cores[i], out);
        n_present++;
    }
    if (state->total.is_present)
        emit_percents(state, source->summary, out);
    cpu_info_emit(state->info, source->root, tick, n_present, out);
    return 0;
}

static void cpu_setup(struct source *source)
{
    struct cpu_state *state = source->state;
    state->info = cpu_info_new();
}

static void cpu_teardown(struct source *source)
{
    struct cpu_state *state = source->state;
    free(state->cores);
    cpu_info_free(state->info);
}

const struct collector cpu_collector = {
    .name = "cpu",
    .help = "Processor time by mode, in total and per core, from /proc/stat.",
    .file = "proc/stat",
    .is_file_whole = true,
    .state_size = sizeof(struct cpu_state),
    .is_wanted = wants_cpu,
    .setup = cpu_setup,
    .collect = cpu_collect,
    .teardown = cpu_teardown,
};
