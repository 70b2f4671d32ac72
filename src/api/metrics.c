/* SPDX-License-Identifier: MIT */
/* metrics - the server's own figures and every host's vitals, in text exposition format. */
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "api/resource.h"
#include "base/file.h"
#include "model/vitals.h"
#include "state/hosts.h"
#include "wire/exposition.h"

#define METRICS_MAX_BYTES ((size_t)64 * 1024 * 1024)

/* Where a figure comes from: an offset into the struct that holds all of them. */
struct figures {
    struct store_stats store;
    struct door_stats door;
    struct alert_engine_stats alerts;
    struct notify_stats notify;
    double cpu_seconds, resident_bytes, start_seconds, connections, subscribers;
    double alert_seconds, attempt_seconds, queue_seconds;
};

enum figure_type {
    FIGURE_U64,
    FIGURE_DOUBLE
};

static const struct figure {
    struct exposition_family family;
    enum figure_type type;
    size_t offset;
} table[] = {
#define COUNT(name, help, member)                                                              \
    {                                                                                          \
        {name, help, "counter"}, FIGURE_U64, offsetof(struct figures, member)                  \
    }
#define LEVEL(name, help, member)                                                              \
    {                                                                                          \
        {name, help, "gauge"}, FIGURE_U64, offsetof(struct figures, member)                    \
    }
#define TOTAL(name, help, member)                                                              \
    {                                                                                          \
        {name, help, "counter"}, FIGURE_DOUBLE, offsetof(struct figures, member)               \
    }
#define VALUE(name, help, member)                                                              \
    {                                                                                          \
        {name, help, "gauge"}, FIGURE_DOUBLE, offsetof(struct figures, member)                 \
    }
    LEVEL("sentora_store_series", "Series known to the store.", store.series),
    COUNT("sentora_store_samples_appended_total", "Samples taken.", store.samples_appended),
    COUNT("sentora_store_samples_refused_total", "Samples refused.", store.samples_refused),
    COUNT("sentora_store_batches_total", "Batches made durable.", store.batches),
    LEVEL("sentora_store_log_bytes", "Bytes in the log that are not in the archive yet.",
          store.log_bytes),
    COUNT("sentora_store_log_losses_total",
          "Places in the log that could not be read at start.", store.log_losses),
    LEVEL("sentora_store_raw_packs", "Packs of samples in the archive.",
          store.archive.tiers[TIER_RAW].packs),
    LEVEL("sentora_store_raw_bytes", "Their bytes.", store.archive.tiers[TIER_RAW].bytes),
    COUNT("sentora_store_flushes_total", "Packs written from memory.", store.archive.flushes),
    COUNT("sentora_store_merges_total", "Packs made of smaller ones.", store.archive.merges),
    COUNT("sentora_store_losses_total", "Places in the archive found damaged.",
          store.archive.losses),
    LEVEL("sentora_store_file_bytes", "Size of the store's file.", store.archive.file_bytes),
    COUNT("sentora_ingest_batches_total", "Requests with samples taken.", door.batches),
    COUNT("sentora_ingest_series_foreign_total",
          "Series refused because they are not the sender's.", door.series_foreign),
    COUNT("sentora_ingest_hosts_adopted_total", "Hosts added because samples named them.",
          door.hosts_adopted),
    COUNT("sentora_alert_evaluations_total", "Evaluations of one rule for one host.",
          alerts.evaluations),
    TOTAL("sentora_alert_evaluation_seconds_total", "Time spent evaluating rules.",
          alert_seconds),
    COUNT("sentora_alert_evaluation_errors_total", "Evaluations that failed.", alerts.errors),
    COUNT("sentora_alert_transitions_total", "Alerts fired, resolved or acknowledged.",
          alerts.transitions),
    COUNT("sentora_alert_retries_total", "Transitions whose transaction had to be repeated.",
          alerts.retries),
    COUNT("sentora_alert_arrivals_merged_total",
          "Arrivals judged together with a later one because evaluation was behind.",
          alerts.late),
    COUNT("sentora_alert_arrivals_refused_total", "Arrivals and conditions over a limit.",
          alerts.refused),
    LEVEL("sentora_alert_transitions_unsaved", "Transitions waiting for the database.",
          alerts.unsaved),
    LEVEL("sentora_notify_queued", "Messages waiting to be delivered.", notify.queued),
    COUNT("sentora_notify_delivered_total", "Messages delivered.", notify.delivered),
    COUNT("sentora_notify_failed_total", "Messages given up.", notify.failed),
    COUNT("sentora_notify_retried_total", "Attempts that will be repeated.", notify.retried),
    COUNT("sentora_notify_attempts_total", "Attempts to deliver.", notify.attempt_count),
    TOTAL("sentora_notify_attempt_seconds_total", "Time that attempts took.", attempt_seconds),
    COUNT("sentora_notify_first_attempts_total", "Messages that were tried at least once.",
          notify.first_attempt_count),
    TOTAL("sentora_notify_queue_seconds_total", "Time from queueing to the first attempt.",
          queue_seconds),
    VALUE("sentora_http_connections", "Open connections.", connections),
    VALUE("sentora_live_subscribers", "Open live streams.", subscribers),
    TOTAL("process_cpu_seconds_total", "CPU time of the server.", cpu_seconds),
    VALUE("process_resident_memory_bytes", "Resident memory of the server.", resident_bytes),
    VALUE("process_start_time_seconds", "Start of the server, Unix time.", start_seconds),
};

static double resident_bytes(void)
{
    struct buf text;
    buf_init(&text, 4096);
    uint64_t size = 0, pages = 0;
    if (file_read("/proc/self/statm", &text) == 0) {
        const char *cursor = buf_text(&text);
        if (!text_scan_u64(&cursor, &size) || !text_scan_u64(&cursor, &pages))
            pages = 0;
    }
    buf_deinit(&text);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void read_figures(struct api *api, struct figures *out)
{
    store_stats(api->parts.store, &out->store);
    door_stats(api->parts.door, &out->door);
    out->alerts = alert_engine_stats(api->parts.alerts);
    notify_read_stats(api->parts.notify, &out->notify);
    out->alert_seconds = (double)out->alerts.evaluation_ns / 1e9;
    out->attempt_seconds = (double)out->notify.attempt_ms / 1e3;
    out->queue_seconds = (double)out->notify.first_attempt_ms / 1e3;
    out->cpu_seconds = (double)clock_cpu_ns() / 1e9;
    out->resident_bytes = resident_bytes();
    out->start_seconds = (double)api->started_ms / 1e3;
    out->connections = api->server == NULL ? 0 : (double)http_server_connections(api->server);
    out->subscribers = (double)live_subscribers(api->parts.live);
}

static void add_figures(struct exposition *text, const struct figures *figures)
{
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        const char *at = (const char *)figures + table[i].offset;
        double value;
        if (table[i].type == FIGURE_DOUBLE)
            memcpy(&value, at, sizeof(value));
        else {
            uint64_t whole;
            memcpy(&whole, at, sizeof(whole));
            value = (double)whole;
        }
        exposition_add(text, &table[i].family, NULL, 0, value);
    }
}

/* What the board knows is one gauge for a host, or none. */
struct vital {
    const char *name, *help;
    double value;
};

static void add_vital(struct exposition *text, const struct label *labels, size_t n_labels,
                      struct vital vital)
{
    const struct exposition_family family = {vital.name, vital.help, "gauge"};
    if (!isnan(vital.value))
        exposition_add(text, &family, labels, n_labels, vital.value);
}

static void add_host(struct api *api, struct exposition *text, const struct host *host)
{
    struct vitals vitals;
    board_read(api->board, host->id, &vitals);
    struct alert_host_status status = {.state = HOST_WAITING};
    alert_engine_host_status(api->parts.alerts, host->id, &status);

    const struct label labels[] = {{"instance", host->name},
                                   {"mountpoint", vitals.disk_mountpoint}};
    bool reports = status.state == HOST_UP || status.state == HOST_LATE;
    add_vital(text, labels, 1,
              (struct vital){"sentora_host_up", "1 when the host reports, 0 when it does not.",
                             reports ? 1 : 0});
    if (!reports)
        return;
    add_vital(text, labels, 1, (struct vital){VITAL_CPU, "CPU in use, percent.", vitals.cpu});
    add_vital(text, labels, 1,
              (struct vital){VITAL_MEMORY, "Memory in use, percent.", vitals.memory});
    add_vital(text, labels, 2,
              (struct vital){VITAL_DISK, "The fullest disk, percent.", vitals.disk});
    add_vital(text, labels, 1, (struct vital){VITAL_LOAD1, "1m load average.", vitals.load1});
    add_vital(text, labels, 1,
              (struct vital){VITAL_NET_RECEIVE,
                             "Received over all interfaces, bytes per second.",
                             vitals.receive});
    add_vital(text, labels, 1,
              (struct vital){VITAL_NET_TRANSMIT, "Sent over all interfaces, bytes per second.",
                             vitals.transmit});
    add_vital(text, labels, 1,
              (struct vital){VITAL_SSH_FAILED, "Failed SSH logins in the window.",
                             vitals.ssh_failed});
    add_vital(text, labels, 1,
              (struct vital){VITAL_UPTIME, "Time since boot, seconds.", vitals.uptime_s});
}

static void get_metrics(struct http_exchange *exchange, const struct route_params *params,
                        void *arg)
{
    static const struct http_header headers[] = {{"Content-Type", EXPOSITION_CONTENT_TYPE}};
    struct api *api = arg;
    (void)params;
    struct host_list hosts = {0};
    int error = hosts_list(api->parts.db, resource_who(exchange)->org, &hosts);
    struct arena arena;
    arena_init(&arena, METRICS_MAX_BYTES);
    struct exposition text;
    exposition_init(&text, &arena);
    struct figures figures = {0};
    read_figures(api, &figures);
    add_figures(&text, &figures);
    for (size_t i = 0; error == 0 && i < hosts.len; i++)
        add_host(api, &text, &hosts.items[i]);

    struct buf body;
    buf_init(&body, METRICS_MAX_BYTES);
    exposition_write(&text, &body);
    if (error == 0 && body.error == 0)
        http_respond(exchange, &(struct http_answer){.status = 200,
                                                     .headers = headers,
                                                     .n_headers = ARRAY_LEN(headers),
                                                     .body = body.data,
                                                     .len = body.len});
    else
        answer_error(exchange, error != 0 ? error : body.error);
    buf_deinit(&body);
    exposition_deinit(&text);
    arena_deinit(&arena);
    host_list_deinit(&hosts);
}

static const struct route routes[] = {
    {HTTP_GET, "/metrics", get_metrics, RIGHT_READ},
};

const struct resource metrics_resource = {routes, ARRAY_LEN(routes)};
