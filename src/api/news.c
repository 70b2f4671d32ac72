/* SPDX-License-Identifier: MIT */
/* news - what happens in the server becomes events of the live stream. */
#include <math.h>
#include <string.h>

#include "api/resource.h"
#include "base/vec.h"
#include "model/series_source.h"
#include "model/vitals.h"
#include "state/hosts.h"

#define NEWS_MAX_BYTES ((size_t)1024 * 1024)

/* An event being written. */
struct news {
    struct buf data;
    struct json json;
};

static void begin(struct news *news)
{
    buf_init(&news->data, NEWS_MAX_BYTES);
    json_init(&news->json, &news->data);
}

static void publish(struct api *api, struct news *news, org_id org, int64_t detail_of,
                    const char *event)
{
    if (news->data.error == 0)
        live_publish(api->parts.live, org, detail_of, event,
                     (struct slice){news->data.data, news->data.len});
    buf_deinit(&news->data);
}

void api_host_changed(struct api *api, org_id org, int64_t host_id)
{
    if (!live_has_audience(api->parts.live))
        return;
    struct host host;
    struct news news;
    begin(&news);
    if (hosts_find(api->parts.db, org, host_id, &host) == 0) {
        host_view_write(api, &news.json, &host, false);
        publish(api, &news, org, 0, "host");
        return;
    }
    json_object_begin(&news.json);
    json_field_int(&news.json, "id", host_id);
    json_object_end(&news.json);
    publish(api, &news, org, 0, "host_removed");
}

/* The gauges that charts append point by point. */
static bool is_charted(const char *metric)
{
    static const char *const prefixes[] = {"sentora_", "node_load", "node_memory_"};
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        if (text_has_prefix(metric, prefixes[i]))
            return !text_has_suffix(metric, "_total");
    }
    return false;
}

#define TAG_CHARTED ((uint8_t)0x80)

uint8_t api_series_tag(const struct labels *labels)
{
    uint8_t charted = is_charted(labels_metric_name(labels)) ? TAG_CHARTED : 0;
    return (uint8_t)(board_tag(labels) | charted);
}

uint8_t api_vital_by_name(const char *metric)
{
    return board_tag_of(metric);
}

uint8_t api_vital_by_tag(uint8_t tag)
{
    return tag & BOARD_TAG_MASK;
}

static void write_series(struct json *json, const struct labels *labels, double value)
{
    json_object_begin(json);
    json_field_string(json, "name", labels_metric_name(labels));
    json_key(json, "labels");
    json_object_begin(json);
    for (uint32_t i = 0; i < labels->count; i++) {
        const struct label *pair = &labels->pairs[i];
        if (!text_is(pair->name, LABEL_METRIC_NAME) && !text_is(pair->name, LABEL_INSTANCE) &&
            !text_is(pair->name, LABEL_JOB))
            json_field_string(json, pair->name, pair->value);
    }
    json_object_end(json);
    json_field_double(json, "value", value);
    json_object_end(json);
}

static void publish_samples(struct api *api, const struct arrival *arrival)
{
    struct news news;
    begin(&news);
    json_object_begin(&news.json);
    json_field_int(&news.json, "host_id", arrival->host_id);
    json_field_int(&news.json, "at_ms", arrival->newest_ms);
    json_key(&news.json, "series");
    json_array_begin(&news.json);
    for (size_t i = 0; i < arrival->n_series; i++) {
        const struct batch_series *series = &arrival->series[i];
        const struct sample *newest = &series->samples[series->n_samples - 1];
        if ((series->tag & TAG_CHARTED) == 0 || newest->at_ms != arrival->newest_ms)
            continue;
        struct labels *labels = store_labels(api->parts.store, series->series);
        if (labels != NULL)
            write_series(&news.json, labels, newest->value);
        labels_unref(labels);
    }
    json_array_end(&news.json);
    json_object_end(&news.json);
    publish(api, &news, arrival->org, arrival->host_id, "samples");
}

/* The newest sample of each series that is a vital. */
static void update_board(struct api *api, const struct arrival *arrival)
{
    struct vitals fresh;
    vitals_reset(&fresh);
    for (size_t i = 0; i < arrival->n_series; i++) {
        const struct batch_series *series = &arrival->series[i];
        if ((series->tag & BOARD_TAG_MASK) == 0)
            continue;
        struct labels *labels = board_tag_needs_labels(series->tag)
                                    ? store_labels(api->parts.store, series->series)
                                    : NULL;
        vitals_fold(&fresh, series->tag, series->samples[series->n_samples - 1], labels);
        labels_unref(labels);
    }
    board_update(api->board, arrival->host_id, &fresh);
}

void api_host_arrived(struct api *api, const struct arrival *arrival)
{
    update_board(api, arrival);
    if (live_is_watched(api->parts.live, arrival->host_id))
        publish_samples(api, arrival);
    api_host_changed(api, arrival->org, arrival->host_id);
}

void api_alert_changed(struct api *api, const struct alert_event *event)
{
    struct news news;
    begin(&news);
    json_object_begin(&news.json);
    alert_view_write(&news.json, &event->alert);
    json_object_end(&news.json);
    publish(api, &news, event->alert.org, 0, "alert");
    api_host_changed(api, event->alert.org, event->alert.host_id);
}

void api_outage_changed(struct api *api, const struct outage *outage)
{
    struct news news;
    begin(&news);
    outage_view_write(&news.json, outage);
    publish(api, &news, outage->org, 0, "outage");
}

#define NEWS_LOAD_MAX_BYTES ((size_t)256 * 1024 * 1024)
#define NEWS_LOAD_WINDOW    (5 * MSEC_MINUTE)

/* One host's newest samples of the last minutes, as if they arrived now. */
static void load_host(struct api *api, const struct host *host, msec_t now, struct arena *arena)
{
    struct problem problem;
    struct matcher matchers[2];
    if (matcher_init(&matchers[0], MATCHER_EQUAL, LABEL_INSTANCE, host->name, &problem) != 0)
        return;
    if (matcher_init(&matchers[1], MATCHER_REGEX, LABEL_METRIC_NAME, "sentora_.+|node_load1",
                     &problem) != 0) {
        matcher_deinit(&matchers[0]);
        return;
    }
    struct series_source source = store_source(api->parts.store);
    struct series_request request = {.org = host->org,
                                     .matchers = matchers,
                                     .n_matchers = ARRAY_LEN(matchers),
                                     .from_ms = now - NEWS_LOAD_WINDOW,
                                     .to_ms = now,
                                     .max_samples = 1000000};
    struct series_set set = {0};
    if (source.kind->select(source.source, &request, arena, &set) == 0) {
        struct vitals fresh;
        vitals_reset(&fresh);
        for (size_t i = 0; i < set.len; i++)
            vitals_fold(&fresh, board_tag(set.items[i].labels),
                        set.items[i].samples[set.items[i].n_samples - 1], set.items[i].labels);
        board_update(api->board, host->id, &fresh);
        series_set_release(&set);
    }
    matcher_deinit(&matchers[0]);
    matcher_deinit(&matchers[1]);
}

void api_load_vitals(struct api *api, msec_t now)
{
    struct host_list hosts = {0};
    struct arena arena;
    arena_init(&arena, NEWS_LOAD_MAX_BYTES);
    if (hosts_list_all(api->parts.db, &hosts) == 0) {
        for (size_t i = 0; i < hosts.len; i++) {
            load_host(api, &hosts.items[i], now, &arena);
            arena_reset(&arena);
        }
    }
    arena_deinit(&arena);
    host_list_deinit(&hosts);
}
