/* SPDX-License-Identifier: MIT */
/*
 * absence - hosts that say nothing, and their return.
 *
 * Silence is counted by the monotonic clock.  When the whole process was stopped (a suspended
 * machine, a debugger), nobody could be heard, so counting begins anew as after a restart.
 */
#include <errno.h>
#include <math.h>

#include "alert/summary.h"
#include "alert/watch.h"
#include "base/macros.h"
#include "base/text.h"
#include "state/hosts.h"

#define TICK_MAX_MS         (1 * MSEC_SECOND)
#define CHECK_MIN_MS        100
#define STOPPED_MS          (5 * MSEC_SECOND) /* between two ticks: we did not run */
#define SEEN_WRITE_EVERY_MS (30 * MSEC_SECOND)
#define SEEN_WRITE_CHUNK    500 /* rows per transaction, so that others get in between */

static bool is_firing(const struct condition *condition)
{
    return condition != NULL && condition->machine.state == MACHINE_FIRING;
}

static mono_t silent_from(const struct watch *watch, const struct watched_host *host,
                          const struct silence *silence)
{
    return MAX_OF(host->received, watch->counted_from + silence->interval);
}

static mspan_t silent_for(const struct watched_host *host, struct watch_now now)
{
    if (host->received != 0)
        return now.mono - host->received;
    return MAX_OF(now.wall - host->host.last_seen_ms, (mspan_t)0);
}

static struct alert down_alert(const struct watched_host *host, const struct rule *rule,
                               const struct silence *silence, struct watch_now now)
{
    mspan_t silent = silent_for(host, now);
    struct alert alert = {.org = host->host.org,
                          .rule_id = rule->id,
                          .host_id = host->host.id,
                          .labels = "{}",
                          .state = ALERT_FIRING,
                          .severity = rule->severity,
                          .unit = "s",
                          .value = round((double)silent / MSEC_SECOND),
                          .limit = (double)silence->down_after / MSEC_SECOND,
                          .since_ms = MIN_OF(host->host.last_seen_ms, now.wall),
                          .fired_ms = now.wall,
                          .updated_ms = now.wall};
    text_copy(alert.rule_key, sizeof(alert.rule_key), rule->key);
    text_copy(alert.host_name, sizeof(alert.host_name), host->host.name);
    struct summary_facts facts = {.rule = rule,
                                  .host = host->host.name,
                                  .value = alert.value,
                                  .silence = silent,
                                  .interval = silence->interval};
    summary_write(&facts, alert.summary, sizeof(alert.summary));
    return alert;
}

static void begin_outage(struct watch *watch, struct watched_host *host,
                         const struct rule *rule, struct watch_now now)
{
    struct silence silence = watch_silence(watch, host);
    if (host->down == NULL)
        host->down = condition_new(rule->id, "{}");
    host->down->machine =
        (struct machine){.state = MACHINE_FIRING, .since = host->host.last_seen_ms};
    host->has_outage = true;
    struct change change = {
        .host = host,
        .condition = host->down,
        .event = {.transition = TRANSITION_FIRED,
                  .at_ms = now.wall,
                  .alert = down_alert(host, rule, &silence, now)},
        .outage_change = CHANGE_OUTAGE_BEGINS,
        .outage = {.org = host->host.org,
                   .host_id = host->host.id,
                   .last_seen_ms = host->host.last_seen_ms,
                   .detected_ms = now.wall},
    };
    text_copy(change.outage.host_name, sizeof(change.outage.host_name), host->host.name);
    journal_add(watch, &change, now.mono);
}

/* Without the rule, or with it switched off, the host is shown as down and nobody is told. */
static void go_down(struct watch *watch, struct watched_host *host, struct watch_now now)
{
    const struct org_rules *rules = watch_rules(watch, host->host.org);
    watch_set_state(watch, host, HOST_DOWN);
    if (rules == NULL || rules->down == NULL || is_firing(host->down))
        return;
    struct rule rule = watch_effective_rule(host, rules->down);
    if (rule.enabled)
        begin_outage(watch, host, &rule, now);
}

static void return_to_life(struct watch *watch, struct watched_host *host, struct watch_now now)
{
    bool was_firing = is_firing(host->down);
    struct change change = {
        .host = host,
        .condition = was_firing ? host->down : NULL,
        .event = {.transition = TRANSITION_RESOLVED,
                  .at_ms = now.wall,
                  .alert = {.org = host->host.org, .value = (double)NAN}},
        .outage_change = host->has_outage ? CHANGE_OUTAGE_ENDS : CHANGE_OUTAGE_NONE,
        .outage = {.org = host->host.org, .ended_ms = now.wall},
    };
    bool had_outage = host->has_outage;
    host->has_outage = false;
    if (was_firing)
        host->down->machine = (struct machine){.state = MACHINE_QUIET};
    if (was_firing || had_outage)
        journal_add(watch, &change, now.mono);
}

void absence_resolve(struct watch *watch, struct watched_host *host, const char *detail,
                     struct watch_now now)
{
    if (!is_firing(host->down))
        return;
    struct change change = {
        .host = host,
        .condition = host->down,
        .event = {.transition = TRANSITION_RESOLVED,
                  .at_ms = now.wall,
                  .alert = {.org = host->host.org, .value = (double)NAN}},
    };
    text_copy(change.event.detail, sizeof(change.event.detail), detail);
    host->down->machine = (struct machine){.state = MACHINE_QUIET};
    journal_add(watch, &change, now.mono);
}

void absence_end(struct watch *watch, struct watched_host *host, msec_t newest_at,
                 struct watch_now received)
{
    pthread_mutex_lock(&watch->lock);
    host->host.last_seen_ms = received.wall;
    if (host->host.first_seen_ms == 0)
        host->host.first_seen_ms = received.wall;
    if (newest_at != 0)
        silence_learn(&host->learner, newest_at);
    pthread_mutex_unlock(&watch->lock);
    host->received = received.mono;
    host->is_seen_unsaved = true;
    if (host->state == HOST_DOWN)
        return_to_life(watch, host, received);
    watch_set_state(watch, host, HOST_UP);
}

/* Returns when this host must be looked at again, if nothing is heard of it. */
static mono_t check_host(struct watch *watch, struct watched_host *host, struct watch_now now)
{
    struct silence silence = watch_silence(watch, host);
    mono_t from = silent_from(watch, host, &silence);
    enum host_state state = silence_state(&silence, from, now.mono);
    if (state == HOST_DOWN) {
        if (!journal_is_full(&watch->journal))
            go_down(watch, host, now);
        return now.mono + TICK_MAX_MS;
    }
    if (host->state != HOST_DOWN)
        watch_set_state(watch, host, state);
    return from + (state == HOST_UP ? silence.late_after : silence.down_after) + 1;
}

static void check_hosts(struct watch *watch, struct watch_now now)
{
    mono_t next = now.mono + TICK_MAX_MS;
    struct map_slot *slot = NULL;
    while ((slot = map_next(&watch->hosts, slot)) != NULL) {
        struct watched_host *host = slot->value;
        if (host->host.last_seen_ms != 0) {
            mono_t at = check_host(watch, host, now);
            next = MIN_OF(next, at);
        }
    }
    watch->next_check = MAX_OF(next, now.mono + CHECK_MIN_MS);
}

static int write_seen_rows(struct watch *watch, struct watched_host *const *hosts, size_t len)
{
    struct db *db = watch->options.db;
    int error = db_begin(db);
    if (error != 0)
        return error;
    for (size_t i = 0; error == 0 && i < len; i++) {
        const struct host *host = &hosts[i]->host;
        error = hosts_set_last_seen(db, host->org, host->id, host->last_seen_ms);
        if (error == -ENOENT) /* deleted just now; we shall hear of it */
            error = 0;
    }
    if (error == 0)
        return db_commit(db);
    db_abandon(db);
    return error;
}

/* When it fails the rows stay due, and are written some time later. */
static void write_seen(struct watch *watch, struct watched_host *const *hosts, size_t len)
{
    if (len == 0 || write_seen_rows(watch, hosts, len) != 0)
        return;
    for (size_t i = 0; i < len; i++) {
        hosts[i]->is_seen_unsaved = false;
        hosts[i]->seen_saved_ms = hosts[i]->host.last_seen_ms;
    }
}

void absence_write_seen(struct watch *watch, bool all)
{
    struct watched_host *due[SEEN_WRITE_CHUNK];
    size_t len = 0;
    struct map_slot *slot = NULL;
    while ((slot = map_next(&watch->hosts, slot)) != NULL) {
        struct watched_host *host = slot->value;
        mspan_t age = host->host.last_seen_ms - host->seen_saved_ms;
        if (!host->is_seen_unsaved || (!all && age >= 0 && age < SEEN_WRITE_EVERY_MS))
            continue;
        due[len++] = host;
        if (len == SEEN_WRITE_CHUNK) {
            write_seen(watch, due, len);
            len = 0;
        }
    }
    write_seen(watch, due, len);
}

mono_t watch_tick(struct watch *watch, struct watch_now now)
{
    if (watch->last_tick != 0 && now.mono - watch->last_tick > STOPPED_MS)
        watch->counted_from = now.mono;
    watch->last_tick = now.mono;

    journal_retry(watch, now.mono);
    if (now.mono >= watch->next_check)
        check_hosts(watch, now);
    if (now.mono >= watch->next_seen_write) {
        absence_write_seen(watch, false);
        watch->next_seen_write = now.mono + TICK_MAX_MS;
    }
    mono_t next = MIN_OF(watch->next_check, now.mono + TICK_MAX_MS);
    if (watch->journal.first != NULL)
        next = MIN_OF(next, MAX_OF(watch->journal.retry_at, now.mono + 1));
    return next;
}
