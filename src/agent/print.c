/* SPDX-License-Identifier: MIT */
#include "agent/print.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "wire/exposition.h"

#define JSON_WINDOW       MSEC_SECOND
#define PROMETHEUS_WINDOW ((mspan_t)200)
#define ARENA_MAX_BYTES   ((size_t)32 * 1024 * 1024)

static void ignore(void *arg, const struct metric *metric, const struct label *labels,
                   size_t n_labels, double value)
{
    (void)arg;
    (void)metric;
    (void)labels;
    (void)n_labels;
    (void)value;
}

/* Two collections `window` apart, since rates need two; the second goes to `out`. */
static int collect_over(const struct settings *settings, mspan_t window,
                        const struct emitter *out, struct collect **out_collect)
{
    static const struct emitter nowhere = {ignore, NULL};
    struct collect_options options = settings_collect_options(settings);
    struct collect *collect;
    int error = collect_new(&options, &collect);
    if (error != 0)
        return error;
    collect_run(collect, &nowhere);
    struct timespec left = {.tv_sec = window / 1000, .tv_nsec = (window % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
    collect_run(collect, out != NULL ? out : &nowhere);
    *out_collect = collect;
    return 0;
}

/* A percentage (0 to 100) with one decimal; unknown is null. */
static void write_percent(struct json *json, double percent)
{
    json_double(json, isnan(percent) ? percent : (double)(int)(percent * 10 + 0.5) / 10);
}

static void write_disks(struct json *json, const struct collect_summary *summary)
{
    json_object_begin(json);
    for (size_t i = 0; i < summary->n_disks; i++) {
        json_key(json, summary->disks[i].path);
        write_percent(json, summary->disks[i].percent);
    }
    json_object_end(json);
}

static void write_network(struct json *json, const struct collect_summary *summary)
{
    json_object_begin(json);
    for (size_t i = 0; i < summary->n_interfaces; i++) {
        json_key(json, summary->interfaces[i].name);
        json_object_begin(json);
        json_field_double(json, "in", summary->interfaces[i].in_kib_per_s);
        json_field_double(json, "out", summary->interfaces[i].out_kib_per_s);
        json_object_end(json);
    }
    json_object_end(json);
}

static void write_services(struct json *json, const struct collect_summary *summary)
{
    json_object_begin(json);
    for (size_t i = 0; i < summary->n_services; i++)
        json_field_string(json, summary->services[i].name, summary->services[i].state);
    json_object_end(json);
}

static void write_ssh(struct json *json, const struct settings *settings, uint64_t failed)
{
    json_object_begin(json);
    json_field_int(json, "failed_attempts", (int64_t)failed);
    json_field_bool(json, "threshold_exceeded", (int64_t)failed >= settings->ssh_threshold);
    json_object_end(json);
}

static void write_timestamp(struct json *json, msec_t at_ms)
{
    char text[64];
    struct tm local;
    time_t seconds = (time_t)(at_ms / MSEC_SECOND);
    size_t len = 0;
    if (localtime_r(&seconds, &local) != NULL)
        len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &local);
    (void)snprintf(text + len, sizeof(text) - len, ".%06d", (int)(at_ms % MSEC_SECOND) * 1000);
    json_field_string(json, "timestamp", text);
}

void print_summary(const struct settings *settings, const struct collect_summary *summary,
                   bool has_ssh, msec_t at_ms, struct buf *out)
{
    char hostname[HOST_NAME_MAX + 1] = "";
    gethostname(hostname, HOST_NAME_MAX);
    struct json json;
    json_init(&json, out);
    json_object_begin(&json);
    json_key(&json, "cpu_usage");
    write_percent(&json, settings->cpu ? summary->cpu_percent : (double)NAN);
    json_key(&json, "ram_usage");
    write_percent(&json, settings->memory ? summary->memory_percent : (double)NAN);
    json_key(&json, "disk_usage");
    if (settings->disk)
        write_disks(&json, summary);
    else
        json_none(&json);
    json_key(&json, "network");
    if (settings->network)
        write_network(&json, summary);
    else
        json_none(&json);
    json_key(&json, "services");
    if (settings->services)
        write_services(&json, summary);
    else
        json_none(&json);
    json_key(&json, "ssh_brute_force");
    if (settings->ssh && has_ssh)
        write_ssh(&json, settings, summary->ssh_failed);
    else
        json_none(&json);
    write_timestamp(&json, at_ms);
    json_field_string(&json, "agent_name", settings->name);
    json_field_string(&json, "hostname", hostname);
    json_object_end(&json);
    buf_append_char(out, '\n');
}

/* The SSH part of the report is null when there is no log to read. */
static bool has_ssh(struct collect *collect)
{
    CLEANUP(buf_deinit) struct buf text;
    struct json json;
    buf_init(&text, (size_t)1024 * 1024);
    json_init(&json, &text);
    collect_write_ssh(collect, &json);
    return !slice_is((struct slice){text.data, text.len}, "null");
}

int print_json(const struct settings *settings, struct buf *out)
{
    struct collect *collect;
    int error = collect_over(settings, JSON_WINDOW, NULL, &collect);
    if (error != 0)
        return error;
    struct collect_summary summary;
    collect_summary(collect, &summary);
    print_summary(settings, &summary, has_ssh(collect), clock_wall_ms(), out);
    collect_free(collect);
    return out->error;
}

static void add_sample(void *arg, const struct metric *metric, const struct label *labels,
                       size_t n_labels, double value)
{
    struct exposition_family family = {metric->name, metric->help,
                                       metric_type_names[metric->type]};
    (void)exposition_add(arg, &family, labels, n_labels, value);
}

int print_prometheus(const struct settings *settings, struct buf *out)
{
    struct arena arena;
    struct exposition text;
    struct collect *collect;
    arena_init(&arena, ARENA_MAX_BYTES);
    exposition_init(&text, &arena);
    const struct emitter emitter = {add_sample, &text};
    int error = collect_over(settings, PROMETHEUS_WINDOW, &emitter, &collect);
    if (error == 0) {
        exposition_write(&text, out);
        collect_free(collect);
        error = out->error;
    }
    exposition_deinit(&text);
    arena_deinit(&arena);
    return error;
}
