/* SPDX-License-Identifier: MIT */
/*
 * journal - transitions that must reach the database, in order per host.
 *
 * Usually a change is saved the moment it is added.  When that fails it stays in the list and so
 * do later ones of its host; all of them are tried again after a back-off.  What cannot ever be
 * saved, because host or alert were deleted meanwhile, is let go.
 */
#include <assert.h>
#include <errno.h>

#include "alert/watch.h"
#include "base/macros.h"
#include "base/memory.h"
#include "state/alerts.h"
#include "state/hosts.h"
#include "state/outages.h"

#define RETRY_FIRST_MS 250
#define RETRY_MAX_MS   (30 * MSEC_SECOND)

enum saved {
    SAVED,
    SAVED_POINTLESS, /* what it is about was deleted */
    SAVED_REFUSED,   /* by the sink: others may fare better */
    SAVED_FAILED,    /* by the database: the others will fail too */
};

void journal_init(struct journal *journal)
{
    *journal = (struct journal){.retry_wait = RETRY_FIRST_MS};
    journal->last = &journal->first;
}

void journal_deinit(struct journal *journal)
{
    while (journal->first != NULL) {
        struct change *next = journal->first->next;
        free(journal->first);
        journal->first = next;
    }
}

bool journal_is_full(const struct journal *journal)
{
    return journal->len >= WATCH_CHANGES_MAX;
}

static int save_alert(struct watch *watch, struct change *change)
{
    if (change->condition == NULL)
        return 0;
    if (change->event.transition == TRANSITION_FIRED)
        return alerts_insert_fired(watch->options.db, &change->event);
    change->event.alert.id = change->condition->alert_id;
    int error = alerts_resolve(watch->options.db, &change->event);
    change->is_alert_gone = error == -ENOENT;
    return change->is_alert_gone ? 0 : error;
}

static int save_outage(struct watch *watch, struct change *change)
{
    struct outage *outage = &change->outage;
    switch (change->outage_change) {
    case CHANGE_OUTAGE_NONE: return 0;
    case CHANGE_OUTAGE_BEGINS:
        outage->alert_id = change->condition == NULL ? 0 : change->event.alert.id;
        return outages_begin(watch->options.db, outage);
    case CHANGE_OUTAGE_ENDS:
        outage->id = change->host->outage_id;
        return outages_end(watch->options.db, outage);
    }
    return 0;
}

/* The last report counts with the change: without it a restart would see an older one, and give
 * the next silence the name of this one. */
static int save_seen(struct watch *watch, const struct change *change)
{
    const struct host *host = &change->host->host;
    if (change->outage_change == CHANGE_OUTAGE_NONE)
        return 0;
    return hosts_set_last_seen(watch->options.db, host->org, host->id, host->last_seen_ms);
}

static enum saved save_in_transaction(struct watch *watch, struct change *change)
{
    int error = save_alert(watch, change);
    if (error == 0)
        error = save_outage(watch, change);
    if (error == 0)
        error = save_seen(watch, change);
    if (error == -ENOENT || error == -EEXIST)
        return SAVED_POINTLESS;
    if (error != 0)
        return SAVED_FAILED;
    if (change->condition != NULL && !change->is_alert_gone &&
        watch->options.sink->queue(watch->options.sink_arg, watch->options.db,
                                   &change->event) != 0)
        return SAVED_REFUSED;
    return SAVED;
}

/* Works on a copy, so that a change that fails is as it was. */
static enum saved save(struct watch *watch, struct change *change)
{
    struct change attempt = *change;
    if (db_begin(watch->options.db) != 0)
        return SAVED_FAILED;
    enum saved result = save_in_transaction(watch, &attempt);
    if (result != SAVED) {
        db_abandon(watch->options.db);
        return result;
    }
    if (db_commit(watch->options.db) != 0)
        return SAVED_FAILED;
    *change = attempt;
    return SAVED;
}

static void publish_alert(struct watch *watch, const struct change *change)
{
    const struct alert_event *event = &change->event;
    bool has_fired = event->transition == TRANSITION_FIRED;
    unsigned *open = &change->host->open[event->alert.severity];
    change->condition->alert_id = has_fired ? event->alert.id : 0;
    pthread_mutex_lock(&watch->lock);
    watch->stats.transitions++;
    if (has_fired)
        ++*open;
    else if (*open > 0)
        --*open;
    pthread_mutex_unlock(&watch->lock);
    if (watch->options.sink->changed != NULL)
        watch->options.sink->changed(watch->options.sink_arg, event);
}

static void publish(struct watch *watch, const struct change *change)
{
    if (change->condition != NULL && !change->is_alert_gone)
        publish_alert(watch, change);
    if (change->outage_change == CHANGE_OUTAGE_NONE)
        return;
    change->host->outage_id =
        change->outage_change == CHANGE_OUTAGE_BEGINS ? change->outage.id : 0;
    if (watch->options.sink->outage_changed != NULL)
        watch->options.sink->outage_changed(watch->options.sink_arg, &change->outage);
}

/* A condition that is over lives on only for its unsaved changes. */
static void release_condition(struct watched_host *host, struct condition *condition)
{
    if (condition == NULL || --condition->unsaved > 0 ||
        condition->machine.state != MACHINE_QUIET)
        return;
    if (condition == host->down) {
        host->down = NULL;
        condition_free(condition);
        return;
    }
    for (size_t i = 0; i < host->conditions.len; i++) {
        if (host->conditions.items[i] == condition) {
            host->conditions.items[i] = host->conditions.items[--host->conditions.len];
            condition_free(condition);
            return;
        }
    }
}

static void count_unsaved(struct watch *watch, bool is_retry)
{
    pthread_mutex_lock(&watch->lock);
    watch->stats.unsaved = watch->journal.len;
    watch->stats.retries += is_retry;
    pthread_mutex_unlock(&watch->lock);
}

static void let_go(struct change *change)
{
    change->host->unsaved--;
    release_condition(change->host, change->condition);
    free(change);
}

/* Saves what can be saved, oldest first; the host of a change that fails waits with all it has. */
static bool save_list(struct watch *watch)
{
    struct journal *journal = &watch->journal;
    const struct watched_host *blocked[16];
    size_t n_blocked = 0;
    struct change **at = &journal->first;
    while (*at != NULL && n_blocked < ARRAY_LEN(blocked)) {
        struct change *change = *at;
        bool is_blocked = false;
        for (size_t i = 0; i < n_blocked; i++)
            is_blocked |= blocked[i] == change->host;
        enum saved result = is_blocked ? SAVED_REFUSED : save(watch, change);
        if (result == SAVED_FAILED)
            return false;
        if (result == SAVED_REFUSED) {
            if (!is_blocked)
                blocked[n_blocked++] = change->host;
            at = &change->next;
            continue;
        }
        *at = change->next;
        if (*at == NULL)
            journal->last = at;
        journal->len--;
        if (result == SAVED)
            publish(watch, change);
        let_go(change);
    }
    return n_blocked == 0;
}

void journal_flush(struct watch *watch)
{
    if (watch->journal.first == NULL)
        return;
    save_list(watch);
    count_unsaved(watch, true);
}

static void back_off(struct journal *journal, mono_t now)
{
    journal->retry_at = now + journal->retry_wait;
    journal->retry_wait = MIN_OF(2 * journal->retry_wait, RETRY_MAX_MS);
}

void journal_retry(struct watch *watch, mono_t now)
{
    struct journal *journal = &watch->journal;
    if (journal->first == NULL || now < journal->retry_at)
        return;
    if (save_list(watch)) {
        journal->retry_at = 0;
        journal->retry_wait = RETRY_FIRST_MS;
    } else {
        back_off(journal, now);
    }
    count_unsaved(watch, true);
}

void journal_add(struct watch *watch, const struct change *change, mono_t now)
{
    struct journal *journal = &watch->journal;
    struct change *added = memory_alloc(sizeof(*added));
    *added = *change;
    added->next = NULL;
    added->host->unsaved++;
    if (added->condition != NULL)
        added->condition->unsaved++;

    if (added->host->unsaved == 1) {
        enum saved result = save(watch, added);
        if (result == SAVED)
            publish(watch, added);
        if (result == SAVED || result == SAVED_POINTLESS) {
            let_go(added);
            return;
        }
    }
    *journal->last = added;
    journal->last = &added->next;
    journal->len++;
    if (journal->retry_at == 0)
        back_off(journal, now);
    count_unsaved(watch, false);
}

void journal_forget_host(struct watch *watch, const struct watched_host *host)
{
    struct journal *journal = &watch->journal;
    struct change **at = &journal->first;
    while (*at != NULL) {
        struct change *change = *at;
        if (change->host != host) {
            at = &change->next;
            continue;
        }
        *at = change->next;
        journal->len--;
        free(change);
    }
    journal->last = at;
    count_unsaved(watch, false);
}
