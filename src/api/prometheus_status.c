/* SPDX-License-Identifier: MIT */
/*
 * prometheus_status - what clients of Prometheus ask about the server, and about metrics.
 *
 * Grafana reads the version to know which functions there are: it is that of the language.  What we
 * have no part of, such as scraping, is answered with an empty list rather than with an error.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "api/prometheus.h"

#define LANGUAGE_VERSION "3.5.0"

static void write_time(struct json *json, const char *key, msec_t at)
{
    char text[40];
    time_t seconds = (time_t)(at / MSEC_SECOND);
    struct tm tm = {0};
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
    json_field_string(json, key, text);
}

void prometheus_buildinfo(struct prometheus_call *call)
{
    struct answer answer;
    prometheus_begin(call, &answer);
    json_object_begin(&answer.json);
    json_field_string(&answer.json, "version", LANGUAGE_VERSION);
    json_field_string(&answer.json, "revision", "sentora-" SENTORA_VERSION);
    json_field_string(&answer.json, "branch", "");
    json_field_string(&answer.json, "buildUser", "");
    json_field_string(&answer.json, "buildDate", "");
    json_field_string(&answer.json, "goVersion", "");
    json_object_end(&answer.json);
    prometheus_end(&answer);
}

void prometheus_runtimeinfo(struct prometheus_call *call)
{
    struct store_stats stats;
    char name[256] = "";
    store_stats(call->api->parts.store, &stats);
    gethostname(name, sizeof(name) - 1);
    struct answer answer;
    prometheus_begin(call, &answer);
    struct json *json = &answer.json;
    json_object_begin(json);
    write_time(json, "startTime", call->api->started_ms);
    json_field_string(json, "CWD", "");
    json_field_string(json, "hostname", name);
    write_time(json, "serverTime", clock_wall_ms());
    json_field_bool(json, "reloadConfigSuccess", true);
    write_time(json, "lastConfigTime", call->api->started_ms);
    json_field_int(json, "corruptionCount",
                   (int64_t)(stats.series_corrupt + stats.log_losses + stats.archive.losses));
    json_field_int(json, "goroutineCount", 0);
    json_field_int(json, "GOMAXPROCS", sysconf(_SC_NPROCESSORS_ONLN));
    json_field_string(json, "GOGC", "");
    json_field_string(json, "GODEBUG", "");
    json_field_string(json, "storageRetention", "");
    json_object_end(json);
    prometheus_end(&answer);
}

/* Ours has secrets in it and is not Prometheus' YAML. */
void prometheus_config(struct prometheus_call *call)
{
    struct answer answer;
    prometheus_begin(call, &answer);
    json_object_begin(&answer.json);
    json_field_string(&answer.json, "yaml", "");
    json_object_end(&answer.json);
    prometheus_end(&answer);
}

void prometheus_flags(struct prometheus_call *call)
{
    char samples[24], timeout[24], lookback[24];
    snprintf(samples, sizeof(samples), "%zu", PROMETHEUS_SAMPLES_MAX);
    snprintf(timeout, sizeof(timeout), "%llds", (long long)(PROMETHEUS_TIMEOUT / MSEC_SECOND));
    snprintf(lookback, sizeof(lookback), "%lldm",
             (long long)(QUERY_LOOKBACK_DEFAULT / MSEC_MINUTE));
    struct answer answer;
    prometheus_begin(call, &answer);
    json_object_begin(&answer.json);
    json_field_string(&answer.json, "query.lookback-delta", lookback);
    json_field_string(&answer.json, "query.max-samples", samples);
    json_field_string(&answer.json, "query.timeout", timeout);
    json_field_string(&answer.json, "web.enable-admin-api", "false");
    json_field_string(&answer.json, "web.enable-remote-write-receiver", "true");
    json_object_end(&answer.json);
    prometheus_end(&answer);
}

/* By the time that we listen, the log has been read. */
void prometheus_walreplay(struct prometheus_call *call)
{
    struct answer answer;
    prometheus_begin(call, &answer);
    json_object_begin(&answer.json);
    json_field_int(&answer.json, "min", 0);
    json_field_int(&answer.json, "max", 0);
    json_field_int(&answer.json, "current", 0);
    json_field_string(&answer.json, "state", "done");
    json_object_end(&answer.json);
    prometheus_end(&answer);
}

static void write_empty_list(struct json *json, const char *key)
{
    json_key(json, key);
    json_array_begin(json);
    json_array_end(json);
}

void prometheus_targets(struct prometheus_call *call)
{
    struct answer answer;
    prometheus_begin(call, &answer);
    json_object_begin(&answer.json);
    write_empty_list(&answer.json, "activeTargets");
    write_empty_list(&answer.json, "droppedTargets");
    json_key(&answer.json, "droppedTargetCounts");
    json_object_begin(&answer.json);
    json_object_end(&answer.json);
    json_object_end(&answer.json);
    prometheus_end(&answer);
}

void prometheus_target_metadata(struct prometheus_call *call)
{
    struct answer answer;
    prometheus_begin(call, &answer);
    json_array_begin(&answer.json);
    json_array_end(&answer.json);
    prometheus_end(&answer);
}

void prometheus_scrape_pools(struct prometheus_call *call)
{
    struct answer answer;
    prometheus_begin(call, &answer);
    json_object_begin(&answer.json);
    write_empty_list(&answer.json, "scrapePools");
    json_object_end(&answer.json);
    prometheus_end(&answer);
}

void prometheus_alertmanagers(struct prometheus_call *call)
{
    struct answer answer;
    prometheus_begin(call, &answer);
    json_object_begin(&answer.json);
    write_empty_list(&answer.json, "activeAlertmanagers");
    write_empty_list(&answer.json, "droppedAlertmanagers");
    json_object_end(&answer.json);
    prometheus_end(&answer);
}

/* ---- what is known of metrics ---- */

void prometheus_metadata(struct prometheus_call *call)
{
    size_t limit, per_metric;
    const char *only;
    struct metadata_list list = {0};
    if (!prometheus_read_limit(call, "limit", &limit) ||
        !prometheus_read_limit(call, "limit_per_metric", &per_metric) ||
        !prometheus_read_text(call, "metric", &only))
        return;
    int error = metadata_book_list(call->api->metadata, call->org, &call->arena, &list);
    if (error != 0) {
        prometheus_fail_query(call, error, &(struct problem){0});
        return;
    }
    struct answer answer;
    prometheus_begin(call, &answer);
    json_object_begin(&answer.json);
    size_t shown = 0;
    for (size_t i = 0; i < list.len && shown < limit; i++) {
        const struct metadata *item = &list.items[i];
        if (only != NULL && *only != '\0' && !text_is(item->metric, only))
            continue;
        shown++;
        json_key(&answer.json, item->metric);
        json_array_begin(&answer.json);
        json_object_begin(&answer.json);
        json_field_string(&answer.json, "type", metadata_type_names[item->type]);
        json_field_string(&answer.json, "help", item->help);
        json_field_string(&answer.json, "unit", item->unit);
        json_object_end(&answer.json);
        json_array_end(&answer.json);
    }
    json_object_end(&answer.json);
    prometheus_end(&answer);
}
