/* SPDX-License-Identifier: MIT */
/* views - what a host, an alert and an outage look like in JSON (docs/manual/api.md). */
#include <string.h>

#include "api/resource.h"
#include "state/hosts.h"

void view_time(struct json *json, const char *key, msec_t at)
{
    json_key(json, key);
    if (at == 0)
        json_none(json);
    else
        json_int(json, at);
}

static void write_vitals(struct json *json, const struct vitals *vitals)
{
    json_key(json, "vitals");
    json_object_begin(json);
    json_field_double(json, "cpu", vitals->cpu);
    json_field_double(json, "memory", vitals->memory);
    json_key(json, "disk");
    if (vitals->disk != vitals->disk) {
        json_none(json);
    } else {
        json_object_begin(json);
        json_field_string(json, "mountpoint", vitals->disk_mountpoint);
        json_field_double(json, "value", vitals->disk);
        json_object_end(json);
    }
    json_field_double(json, "load1", vitals->load1);
    json_field_double(json, "receive", vitals->receive);
    json_field_double(json, "transmit", vitals->transmit);
    json_field_double(json, "ssh_failed", vitals->ssh_failed);
    json_field_double(json, "uptime_s", vitals->uptime_s);
    json_field_double(json, "services_down", vitals->services_down);
    json_object_end(json);
}

static void write_open_alerts(struct json *json, const struct alert_host_status *status)
{
    unsigned total = 0;
    int worst = -1;
    for (int severity = 0; severity < SEVERITY_COUNT; severity++) {
        total += status->open[severity];
        if (status->open[severity] > 0)
            worst = severity;
    }
    json_field_int(json, "open_alerts", total);
    json_field_string(json, "worst", worst < 0 ? NULL : alert_severity_names[worst]);
}

/* A column that holds a JSON object is passed on as it is. */
static void write_stored(struct json *json, const char *key, struct buf *text)
{
    json_key(json, key);
    if (text->len == 0)
        json_raw(json, "{}", 2);
    else
        json_raw(json, text->data, text->len);
}

#define VIEW_STORED_MAX_BYTES ((size_t)1024 * 1024)

static void write_details(struct api *api, struct json *json, const struct host *host)
{
    struct buf text;
    buf_init(&text, VIEW_STORED_MAX_BYTES);
    hosts_append_facts(api->parts.db, host->org, host->id, &text);
    write_stored(json, "facts", &text);
    buf_reset(&text);
    hosts_append_report(api->parts.db, host->org, host->id, &text);
    write_stored(json, "report", &text);
    buf_deinit(&text);
}

void host_view_write(struct api *api, struct json *json, const struct host *host, bool whole)
{
    struct alert_host_status status = {.state = HOST_WAITING,
                                       .last_seen_ms = host->last_seen_ms,
                                       .interval_ms = host->interval_ms};
    alert_engine_host_status(api->parts.alerts, host->id, &status);
    struct vitals vitals;
    board_read(api->board, host->id, &vitals);

    json_object_begin(json);
    json_field_int(json, "id", host->id);
    json_field_string(json, "name", host->name);
    json_field_string(json, "source", host->source);
    json_field_string(json, "state", host_state_names[status.state]);
    json_field_int(json, "interval_ms", status.interval_ms);
    view_time(json, "created_ms", host->created_ms);
    view_time(json, "last_seen_ms", MAX_OF(status.last_seen_ms, host->last_seen_ms));
    view_time(json, "down_since_ms", status.down_since_ms);
    write_open_alerts(json, &status);
    write_vitals(json, &vitals);
    if (whole)
        write_details(api, json, host);
    json_object_end(json);
}

void alert_view_write(struct json *json, const struct alert *alert)
{
    json_field_int(json, "id", alert->id);
    json_field_string(json, "rule_key", alert->rule_key);
    json_field_int(json, "host_id", alert->host_id);
    json_field_string(json, "host_name", alert->host_name);
    json_key(json, "labels");
    json_raw(json, alert->labels, strlen(alert->labels));
    json_field_string(json, "state", alert_state_names[alert->state]);
    json_field_string(json, "severity", alert_severity_names[alert->severity]);
    json_field_string(json, "summary", alert->summary);
    json_field_string(json, "unit", alert->unit);
    json_field_double(json, "value", alert->value);
    json_field_double(json, "limit", alert->limit);
    view_time(json, "since_ms", alert->since_ms);
    view_time(json, "fired_ms", alert->fired_ms);
    view_time(json, "resolved_ms", alert->resolved_ms);
    view_time(json, "acked_ms", alert->acked_ms);
    json_field_string(json, "acked_by", alert->acked_by);
    json_field_string(json, "ack_comment", alert->ack_comment);
}

void outage_view_write(struct json *json, const struct outage *outage)
{
    json_object_begin(json);
    json_field_int(json, "id", outage->id);
    json_field_int(json, "host_id", outage->host_id);
    json_field_string(json, "host_name", outage->host_name);
    view_time(json, "last_seen_ms", outage->last_seen_ms);
    view_time(json, "detected_ms", outage->detected_ms);
    view_time(json, "ended_ms", outage->ended_ms);
    view_time(json, "cleared_ms", outage->cleared_ms);
    json_field_string(json, "cleared_by", outage->cleared_by);
    json_object_end(json);
}
