/* SPDX-License-Identifier: MIT */
/*
 * One source per collector that is wanted, run in the order of the table.  Options are copied,
 * so that a caller may free its configuration.
 */
#include "collect/collect.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "collect/facts.h"
#include "collect/registry.h"

const char *const metric_type_names[] = {"gauge", "counter", "untyped"};
_Static_assert(ARRAY_LEN(metric_type_names) == METRIC_TYPE_COUNT, "a name for each type");

struct collect {
    struct collect_options options; /* its strings and lists are owned */
    struct host_root root;
    struct collect_summary summary;
    struct source *sources; /* owned */
    size_t n_sources;
    int64_t costs_ns; /* since when the sources' costs are summed */
};

#define NS_PER_MS       INT64_C(1000000)
#define COSTS_PERIOD_NS (60000 * NS_PER_MS)

static const struct metric cost_metric = {
    "sentora_agent_collector_seconds",
    "Time that one collection takes in a collector, on average over the last minute.",
    METRIC_GAUGE};

static const char **copy_list(const char *const *list)
{
    if (list_is_empty(list))
        return NULL;
    size_t count = 0;
    while (list[count] != NULL)
        count++;
    const char **copy = memory_calloc(count + 1, sizeof(*copy));
    for (size_t i = 0; i < count; i++)
        copy[i] = memory_strdup(list[i]);
    return copy;
}

static void free_text(const char *text)
{
    free((void *)(uintptr_t)text);
}

static void free_list(const char *const *list)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        free_text(list[i]);
    free((void *)(uintptr_t)list);
}

static void copy_options(struct collect_options *copy, const struct collect_options *options)
{
    *copy = *options;
    copy->root = memory_strdup(options->root != NULL ? options->root : "/");
    copy->disk_paths = copy_list(options->disk_paths);
    copy->interfaces = copy_list(options->interfaces);
    copy->service_list = copy_list(options->service_list);
    if (options->ssh_log_path != NULL)
        copy->ssh_log_path = memory_strdup(options->ssh_log_path);
    if (options->textfile_path != NULL)
        copy->textfile_path = memory_strdup(options->textfile_path);
    if (copy->ssh_window <= 0)
        copy->ssh_window = 10 * MSEC_MINUTE;
}

static void reset_summary(struct collect_summary *summary)
{
    /* Not the arrays: they are 30 KB, and mostly never touched. */
    summary->n_disks = summary->n_interfaces = summary->n_services = 0;
    summary->ssh_failed = 0;
    summary->cpu_percent = (double)NAN;
    summary->memory_percent = (double)NAN;
}

static void start_sources(struct collect *collect)
{
    collect->sources = memory_calloc(n_collectors, sizeof(*collect->sources));
    for (size_t i = 0; i < n_collectors; i++) {
        const struct collector *kind = collectors[i];
        if (kind->is_wanted != NULL && !kind->is_wanted(&collect->options))
            continue;
        struct source *source = &collect->sources[collect->n_sources++];
        source->kind = kind;
        source->options = &collect->options;
        source->root = &collect->root;
        source->summary = &collect->summary;
        source->file = HOST_FILE(kind->file);
        source->file.is_whole = kind->is_file_whole;
        source->cost_seconds = (double)NAN;
        recall_init(&source->recall);
        source->state = kind->state_size > 0 ? memory_calloc(1, kind->state_size) : NULL;
        if (kind->setup != NULL)
            kind->setup(source);
    }
}

int collect_new(const struct collect_options *options, struct collect **out_collect)
{
    struct collect *collect = memory_calloc(1, sizeof(*collect));
    copy_options(&collect->options, options);
    int error = host_root_init(&collect->root, collect->options.root);
    if (error != 0) {
        collect_free(collect);
        return error;
    }
    reset_summary(&collect->summary);
    start_sources(collect);
    *out_collect = collect;
    return 0;
}

void collect_free(struct collect *collect)
{
    if (collect == NULL)
        return;
    for (size_t i = 0; i < collect->n_sources; i++) {
        struct source *source = &collect->sources[i];
        if (source->kind->teardown != NULL)
            source->kind->teardown(source);
        host_file_close(&source->file);
        recall_deinit(&source->recall);
        free(source->state);
    }
    free(collect->sources);
    if (collect->root.text.ceiling > 0)
        host_root_deinit(&collect->root);
    free_text(collect->options.root);
    free_text(collect->options.ssh_log_path);
    free_text(collect->options.textfile_path);
    free_list(collect->options.disk_paths);
    free_list(collect->options.interfaces);
    free_list(collect->options.service_list);
    free(collect);
}

static void run_source(struct source *source, const struct tick *tick,
                       const struct emitter *out)
{
    source->problem[0] = '\0';
    int error = source->kind->collect(source, tick, out);
    if (error != 0 && source->problem[0] == '\0')
        source_set_problem(source, "%s", strerror(-error));
}

/* Half a second of leeway, so that a period of so many collections is so many. */
static bool is_due(const struct source *source, const struct tick *tick)
{
    int64_t period_ns = source->kind->period_ms * NS_PER_MS - 500 * NS_PER_MS;
    return source->read_ns == 0 || tick->mono_ns - source->read_ns >= period_ns;
}

static void run_or_recall(struct source *source, const struct tick *tick,
                          const struct emitter *out)
{
    if (source->kind->period_ms == 0) {
        run_source(source, tick, out);
    } else if (is_due(source, tick)) {
        struct emitter recorder = recall_begin(&source->recall, out);
        run_source(source, tick, &recorder);
        recall_end(&source->recall);
        source->read_ns = tick->mono_ns;
    } else {
        recall_emit(&source->recall, out);
    }
}

/* Averages of a minute: a series that moves with every collection would cost more than it says.
 */
static void emit_costs(struct collect *collect, const struct tick *tick,
                       const struct emitter *out)
{
    bool is_due = tick->mono_ns - collect->costs_ns >= COSTS_PERIOD_NS;
    for (size_t i = 0; i < collect->n_sources; i++) {
        struct source *source = &collect->sources[i];
        if (is_due) {
            source->cost_seconds = (double)source->spent_ns / 1e9 / (double)source->n_spent;
            source->spent_ns = source->n_spent = 0;
        }
        if (!isnan(source->cost_seconds))
            emit_labelled(out, &cost_metric, "collector", source->kind->name,
                          source->cost_seconds);
    }
    if (is_due)
        collect->costs_ns = tick->mono_ns;
}

void collect_run(struct collect *collect, const struct emitter *out)
{
    assert(out->emit != NULL);
    struct tick tick = {.wall_ms = clock_wall_ms(), .mono_ns = clock_mono_ns()};
    if (collect->costs_ns == 0)
        collect->costs_ns = tick.mono_ns;

    reset_summary(&collect->summary);
    int64_t before_ns = tick.mono_ns;
    for (size_t i = 0; i < collect->n_sources; i++) {
        struct source *source = &collect->sources[i];
        run_or_recall(source, &tick, out);
        int64_t now_ns = clock_mono_ns();
        source->spent_ns += now_ns - before_ns;
        source->n_spent++;
        before_ns = now_ns;
    }
    emit_costs(collect, &tick, out);
}

void collect_problems(struct collect *collect, struct buf *out)
{
    for (size_t i = 0; i < collect->n_sources; i++) {
        const struct source *source = &collect->sources[i];
        if (source->problem[0] != '\0')
            buf_printf(out, "%s: %s\n", source->kind->name, source->problem);
    }
}

void collect_write_facts(struct collect *collect, struct json *json)
{
    facts_write(&collect->root, json);
}

/* Writes what the collector has to report, or `absent` when it is switched off. */
static void write_part(struct collect *collect, const char *name, struct json *json,
                       const char *absent)
{
    for (size_t i = 0; i < collect->n_sources; i++) {
        struct source *source = &collect->sources[i];
        if (strcmp(source->kind->name, name) == 0) {
            source->kind->write_report(source, json);
            return;
        }
    }
    json_raw(json, absent, strlen(absent));
}

void collect_write_services(struct collect *collect, struct json *json)
{
    write_part(collect, "services", json, "[]");
}

void collect_write_ssh(struct collect *collect, struct json *json)
{
    write_part(collect, "ssh", json, "null");
}

void collect_summary(struct collect *collect, struct collect_summary *out_summary)
{
    *out_summary = collect->summary;
}
