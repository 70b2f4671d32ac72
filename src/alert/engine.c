/* SPDX-License-Identifier: MIT */
#include "alert/engine.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>

#include "alert/inbox.h"
#include "alert/watch.h"
#include "base/memory.h"
#include "base/text.h"
#include "state/alerts.h"
#include "state/outages.h"

#define RELOAD_RETRY_MS (1 * MSEC_SECOND)

struct alert_engine {
    struct inbox inbox;
    struct watch watch; /* of the engine's thread while it runs */
    struct series_source source;
    pthread_t thread;
    bool is_running;
    /* owned by the engine's thread */
    struct inbox_entry *reloads; /* that failed; tried again at reload_at */
    mono_t reload_at;
};

static struct watch_now now_of(void)
{
    return (struct watch_now){clock_wall_ms(), clock_mono_ms()};
}

int alert_engine_new(const struct alert_engine_options *options,
                     struct alert_engine **out_engine)
{
    struct alert_engine *engine = memory_calloc(1, sizeof(*engine));
    engine->source = options->source;
    struct alert_engine_options own = *options;
    if (own.measure == NULL) {
        own.measure = &measure_by_query;
        own.measure_arg = &engine->source;
    }
    int error = watch_init(&engine->watch, &own, now_of());
    if (error != 0) {
        free(engine);
        return error;
    }
    inbox_init(&engine->inbox);
    *out_engine = engine;
    return 0;
}

void alert_engine_free(struct alert_engine *engine)
{
    if (engine == NULL)
        return;
    assert(!engine->is_running);
    inbox_entries_free(engine->reloads);
    inbox_deinit(&engine->inbox);
    watch_deinit(&engine->watch);
    free(engine);
}

static int reload(struct alert_engine *engine, const struct inbox_entry *entry)
{
    return entry->host_id == 0
               ? watch_reload_rules(&engine->watch, entry->org, now_of())
               : watch_reload_host(&engine->watch, entry->org, entry->host_id, now_of());
}

/* The database could not say what changed; it must be asked again. */
static void keep_reload(struct alert_engine *engine, const struct inbox_entry *entry)
{
    for (struct inbox_entry *kept = engine->reloads; kept != NULL; kept = kept->next) {
        if (kept->org == entry->org && kept->host_id == entry->host_id)
            return;
    }
    struct inbox_entry *kept = memory_alloc(sizeof(*kept));
    *kept = *entry;
    kept->next = engine->reloads;
    engine->reloads = kept;
    engine->reload_at = clock_mono_ms() + RELOAD_RETRY_MS;
}

static void retry_reloads(struct alert_engine *engine)
{
    if (engine->reloads == NULL || clock_mono_ms() < engine->reload_at)
        return;
    struct inbox_entry *first = engine->reloads;
    engine->reloads = NULL;
    for (struct inbox_entry *entry = first; entry != NULL; entry = entry->next) {
        if (reload(engine, entry) != 0)
            keep_reload(engine, entry);
    }
    inbox_entries_free(first);
}

/* A host that was enrolled a moment ago may speak before we were told of it. */
static struct watched_host *host_of(struct alert_engine *engine,
                                    const struct inbox_entry *entry)
{
    struct watched_host *host = watch_find(&engine->watch, entry->org, entry->host_id);
    if (host == NULL && reload(engine, entry) == 0)
        host = watch_find(&engine->watch, entry->org, entry->host_id);
    return host;
}

/* Changes first; then every sign of life, so that nobody counts as silent because the judging of
 * others took long; then the samples. */
static void work_on(struct alert_engine *engine, struct inbox_entry *first)
{
    for (struct inbox_entry *entry = first; entry != NULL; entry = entry->next) {
        if (entry->has_changed && reload(engine, entry) != 0)
            keep_reload(engine, entry);
    }
    for (struct inbox_entry *entry = first; entry != NULL; entry = entry->next) {
        struct watched_host *host = entry->was_seen ? host_of(engine, entry) : NULL;
        if (host != NULL)
            absence_end(&engine->watch, host, entry->newest_at,
                        (struct watch_now){entry->received, entry->received_mono});
    }
    for (struct inbox_entry *entry = first; entry != NULL; entry = entry->next) {
        struct watched_host *host = entry->newest_at != 0
                                        ? watch_find(&engine->watch, entry->org, entry->host_id)
                                        : NULL;
        if (host == NULL)
            continue;
        glance_merge(&host->glance, &entry->glance);
        judge_samples(&engine->watch, host, entry->instance, entry->newest_at, now_of());
    }
}

static void *run(void *arg)
{
    struct alert_engine *engine = arg;
    pthread_setname_np(pthread_self(), "alert");
    mono_t until = 0;
    bool is_closed = false;
    while (!is_closed) {
        struct inbox_entry *entries = inbox_take_all(&engine->inbox, until);
        is_closed = entries == NULL && inbox_is_closed(&engine->inbox);
        work_on(engine, entries);
        inbox_entries_free(entries);
        retry_reloads(engine);
        until = watch_tick(&engine->watch, now_of());
    }
    journal_flush(&engine->watch);
    absence_write_seen(&engine->watch, true);
    return NULL;
}

int alert_engine_start(struct alert_engine *engine)
{
    assert(!engine->is_running);
    int error = -pthread_create(&engine->thread, NULL, run, engine);
    engine->is_running = error == 0;
    return error;
}

void alert_engine_stop(struct alert_engine *engine)
{
    if (!engine->is_running)
        return;
    inbox_close(&engine->inbox);
    pthread_join(engine->thread, NULL);
    engine->is_running = false;
}

void alert_engine_samples(struct alert_engine *engine, const struct alert_arrival *arrival)
{
    struct inbox_entry entry = {.org = arrival->org,
                                .host_id = arrival->host_id,
                                .newest_at = arrival->newest_at,
                                .received = arrival->received,
                                .received_mono = clock_mono_ms()};
    if (arrival->glance != NULL)
        entry.glance = *arrival->glance;
    else
        entry.glance.is_blind = true;
    if (arrival->instance != NULL)
        text_copy(entry.instance, sizeof(entry.instance), arrival->instance);
    inbox_post_arrival(&engine->inbox, &entry);
}

void alert_engine_host_changed(struct alert_engine *engine, org_id org, int64_t host_id)
{
    inbox_post_change(&engine->inbox, org, host_id);
}

bool alert_engine_host_status(struct alert_engine *engine, int64_t host_id,
                              struct alert_host_status *out_status)
{
    return watch_status(&engine->watch, host_id, out_status);
}

struct alert_engine_stats alert_engine_stats(struct alert_engine *engine)
{
    struct alert_engine_stats stats = watch_stats(&engine->watch);
    pthread_mutex_lock(&engine->inbox.lock);
    stats.late = engine->inbox.merged;
    stats.refused += engine->inbox.refused;
    pthread_mutex_unlock(&engine->inbox.lock);
    return stats;
}

/* Acknowledging and clearing touch only the database, whose transactions order them with what
 * the engine's thread does. */
static int acknowledge(const struct alert_engine_options *options, struct alert_event *event)
{
    int error = db_begin(options->db);
    if (error != 0)
        return error;
    error = alerts_acknowledge(options->db, event);
    if (error == 0)
        error = options->sink->queue(options->sink_arg, options->db, event);
    if (error == 0)
        return db_commit(options->db);
    db_abandon(options->db);
    return error;
}

int alert_engine_acknowledge(struct alert_engine *engine,
                             const struct alert_acknowledgement *acknowledgement,
                             struct alert *out_alert)
{
    const struct alert_engine_options *options = &engine->watch.options;
    struct alert_event event = {
        .transition = TRANSITION_ACKNOWLEDGED,
        .at_ms = clock_wall_ms(),
        .alert = {.id = acknowledgement->alert_id, .org = acknowledgement->org},
    };
    text_copy(event.alert.acked_by, sizeof(event.alert.acked_by), acknowledgement->who);
    text_copy(event.alert.ack_comment, sizeof(event.alert.ack_comment),
              acknowledgement->comment);
    int error = acknowledge(options, &event);
    if (error != 0 && error != -EALREADY)
        return error;
    *out_alert = event.alert;
    if (error == 0 && options->sink->changed != NULL)
        options->sink->changed(options->sink_arg, &event);
    return 0;
}

int alert_engine_clear_outage(struct alert_engine *engine, org_id org, int64_t outage_id,
                              const char *who, struct outage *out_outage)
{
    const struct alert_engine_options *options = &engine->watch.options;
    struct outage outage = {.id = outage_id, .org = org};
    int error = outages_clear(options->db, who, clock_wall_ms(), &outage);
    if (error != 0)
        return error;
    *out_outage = outage;
    if (options->sink->outage_changed != NULL)
        options->sink->outage_changed(options->sink_arg, &outage);
    return 0;
}
