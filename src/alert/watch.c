/* SPDX-License-Identifier: MIT */
#include "alert/watch.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/vec.h"
#include "state/alerts.h"
#include "state/hosts.h"
#include "state/outages.h"

#define ARENA_MAX_BYTES ((size_t)32 * 1024 * 1024) /* what the rules of one arrival may read */

struct condition *condition_new(int64_t rule_id, const char *identity)
{
    struct condition *condition = memory_calloc(1, sizeof(*condition));
    condition->rule_id = rule_id;
    condition->identity = memory_strdup(identity);
    return condition;
}

void condition_free(struct condition *condition)
{
    if (condition == NULL)
        return;
    free(condition->identity);
    free(condition);
}

static struct rule_list *rules_of(const struct watch *watch, org_id org)
{
    struct org_rules *rules = map_find(&watch->orgs, &org, sizeof(org));
    return rules == NULL ? NULL : &rules->rules;
}

void watch_forget_prepared(struct watch *watch, struct watched_host *host)
{
    const struct rule_list *rules = rules_of(watch, host->host.org);
    for (size_t i = 0; host->prepared != NULL && i < rules->len; i++)
        watch->options.measure->release(host->prepared[i]);
    free(host->prepared);
    host->prepared = NULL;
}

static void free_host(struct watch *watch, struct watched_host *host)
{
    watch_forget_prepared(watch, host);
    rule_override_list_deinit(&host->overrides);
    for (size_t i = 0; i < host->conditions.len; i++)
        condition_free(host->conditions.items[i]);
    VEC_DEINIT(&host->conditions);
    condition_free(host->down);
    free(host);
}

struct watched_host *watch_find(const struct watch *watch, org_id org, int64_t host_id)
{
    struct watched_host *host = map_find(&watch->hosts, &host_id, sizeof(host_id));
    return host != NULL && host->host.org == org ? host : NULL;
}

const struct org_rules *watch_rules(const struct watch *watch, org_id org)
{
    return map_find(&watch->orgs, &org, sizeof(org));
}

struct rule watch_effective_rule(const struct watched_host *host, const struct rule *rule)
{
    struct rule effective = *rule;
    for (size_t i = 0; i < host->overrides.len; i++) {
        if (host->overrides.items[i].rule_id == rule->id)
            rule_apply_override(&effective, &host->overrides.items[i]);
    }
    return effective;
}

static mspan_t interval_of(const struct watched_host *host)
{
    return host->host.interval_ms != 0 ? host->host.interval_ms
                                       : silence_learned(&host->learner);
}

struct silence watch_silence(const struct watch *watch, const struct watched_host *host)
{
    const struct org_rules *rules = watch_rules(watch, host->host.org);
    if (rules == NULL || rules->down == NULL)
        return silence_of(interval_of(host), NULL);
    struct rule down = watch_effective_rule(host, rules->down);
    return silence_of(interval_of(host), &down);
}

bool watch_status(struct watch *watch, int64_t host_id, struct alert_host_status *out_status)
{
    pthread_mutex_lock(&watch->lock);
    const struct watched_host *host = map_find(&watch->hosts, &host_id, sizeof(host_id));
    if (host != NULL) {
        *out_status = (struct alert_host_status){
            .state = host->state,
            .down_since_ms = host->state == HOST_DOWN ? host->down_since : 0,
            .last_seen_ms = host->host.last_seen_ms,
            .interval_ms = interval_of(host),
        };
        memcpy(out_status->open, host->open, sizeof(out_status->open));
    }
    pthread_mutex_unlock(&watch->lock);
    return host != NULL;
}

struct alert_engine_stats watch_stats(struct watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    struct alert_engine_stats stats = watch->stats;
    pthread_mutex_unlock(&watch->lock);
    return stats;
}

void watch_set_state(struct watch *watch, struct watched_host *host, enum host_state state)
{
    if (host->state == state)
        return;
    pthread_mutex_lock(&watch->lock);
    host->state = state;
    host->down_since = state == HOST_DOWN ? host->host.last_seen_ms : 0;
    pthread_mutex_unlock(&watch->lock);
    const struct alert_sink *sink = watch->options.sink;
    if (sink->host_state_changed != NULL)
        sink->host_state_changed(watch->options.sink_arg, host->host.org, host->host.id, state);
}

/* Nothing has been heard of the host since the server started: it is down if it was before, and
 * up until its time is over otherwise. */
static struct watched_host *add_host(struct watch *watch, const struct host *row)
{
    struct watched_host *host = memory_calloc(1, sizeof(*host));
    host->host = *row;
    host->seen_saved_ms = row->last_seen_ms;
    host->state = row->last_seen_ms == 0 ? HOST_WAITING : HOST_UP;
    pthread_mutex_lock(&watch->lock);
    map_put(&watch->hosts, &row->id, sizeof(row->id), host);
    pthread_mutex_unlock(&watch->lock);
    return host;
}

static void remove_host(struct watch *watch, struct watched_host *host)
{
    journal_forget_host(watch, host);
    pthread_mutex_lock(&watch->lock);
    map_remove(&watch->hosts, &host->host.id, sizeof(host->host.id));
    pthread_mutex_unlock(&watch->lock);
    free_host(watch, host);
}

static int reload_overrides(struct watch *watch, struct watched_host *host)
{
    struct rule_override_list fresh = {0};
    int error = rules_list_overrides(watch->options.db, host->host.org, host->host.id, &fresh);
    if (error != 0) {
        rule_override_list_deinit(&fresh);
        return error;
    }
    rule_override_list_deinit(&host->overrides);
    host->overrides = fresh;
    return 0;
}

int watch_reload_host(struct watch *watch, org_id org, int64_t host_id, struct watch_now now)
{
    struct host row;
    int error = hosts_find(watch->options.db, org, host_id, &row);
    struct watched_host *host = watch_find(watch, org, host_id);
    if (error == -ENOENT && host != NULL)
        remove_host(watch, host);
    if (error != 0)
        return error == -ENOENT ? 0 : error;
    if (watch_rules(watch, org) == NULL)
        error = watch_reload_rules(watch, org, now);
    if (error == 0 && host == NULL)
        host = add_host(watch, &row);
    if (error == 0)
        error = reload_overrides(watch, host);
    if (error != 0)
        return error;

    pthread_mutex_lock(&watch->lock);
    row.last_seen_ms = MAX_OF(row.last_seen_ms, host->host.last_seen_ms);
    host->host = row;
    pthread_mutex_unlock(&watch->lock);
    judge_rules(watch, host, now);
    watch->next_check = 0;
    return 0;
}

static void number_metrics(const struct watch *watch, struct org_rules *rules)
{
    free(rules->metrics);
    rules->metrics = memory_calloc(rules->rules.len + 1, sizeof(*rules->metrics));
    for (size_t i = 0; i < rules->rules.len && watch->options.metric_number != NULL; i++)
        rules->metrics[i] = watch->options.metric_number(rules->rules.items[i].expr);
}

static void find_down_rule(struct org_rules *rules)
{
    rules->down = NULL;
    for (size_t i = 0; i < rules->rules.len; i++) {
        if (text_is(rules->rules.items[i].key, ALERT_RULE_HOST_DOWN))
            rules->down = &rules->rules.items[i];
    }
}

int watch_reload_rules(struct watch *watch, org_id org, struct watch_now now)
{
    struct rule_list fresh = {0};
    int error = rules_list(watch->options.db, org, &fresh);
    if (error == 0 && fresh.len == 0) {
        error = rules_seed(watch->options.db, org, now.wall);
        if (error == 0)
            error = rules_list(watch->options.db, org, &fresh);
    }
    if (error != 0) {
        rule_list_deinit(&fresh);
        return error == -ENOENT ? 0 : error; /* no such organisation: nothing to watch */
    }

    struct map_slot *slot = NULL;
    while ((slot = map_next(&watch->hosts, slot)) != NULL) {
        struct watched_host *host = slot->value;
        if (host->host.org == org)
            watch_forget_prepared(watch, host);
    }
    struct org_rules *rules = map_find(&watch->orgs, &org, sizeof(org));
    if (rules == NULL) {
        rules = memory_calloc(1, sizeof(*rules));
        rules->org = org;
        map_put(&watch->orgs, &org, sizeof(org), rules);
    }
    rule_list_deinit(&rules->rules);
    rules->rules = fresh;
    find_down_rule(rules);
    number_metrics(watch, rules);

    for (slot = NULL; (slot = map_next(&watch->hosts, slot)) != NULL;) {
        struct watched_host *host = slot->value;
        if (host->host.org == org)
            judge_rules(watch, host, now);
    }
    watch->next_check = 0;
    return 0;
}

struct org_ids {
    org_id *items;
    size_t len, capacity;
};

static int push_org(const struct db_row *row, void *arg)
{
    struct org_ids *orgs = arg;
    VEC_PUSH(orgs, db_row_int(row, 0));
    return 0;
}

static int load_rules(struct watch *watch, struct watch_now now)
{
    struct org_ids orgs = {0};
    int error = db_run(watch->options.db, "SELECT id FROM orgs ORDER BY id", DB_NO_ARGS,
                       push_org, &orgs);
    for (size_t i = 0; error == 0 && i < orgs.len; i++)
        error = watch_reload_rules(watch, orgs.items[i], now);
    VEC_DEINIT(&orgs);
    return error;
}

static int load_hosts(struct watch *watch)
{
    struct host_list CLEANUP(host_list_deinit) list = {0};
    int error = hosts_list_all(watch->options.db, &list);
    for (size_t i = 0; error == 0 && i < list.len; i++)
        error = reload_overrides(watch, add_host(watch, &list.items[i]));
    return error;
}

static void load_alert(struct watch *watch, const struct alert *alert)
{
    struct watched_host *host = watch_find(watch, alert->org, alert->host_id);
    if (host == NULL || alert->state != ALERT_FIRING)
        return;
    struct condition *condition = condition_new(alert->rule_id, alert->labels);
    condition->machine = (struct machine){.state = MACHINE_FIRING, .since = alert->since_ms};
    condition->alert_id = alert->id;
    host->open[alert->severity]++;
    if (text_is(alert->rule_key, ALERT_RULE_HOST_DOWN) && host->down == NULL)
        host->down = condition;
    else
        VEC_PUSH(&host->conditions, condition);
}

static int load_alerts(struct watch *watch)
{
    struct alert_list CLEANUP(alert_list_deinit) list = {0};
    int error = alerts_list_open(watch->options.db, &list);
    for (size_t i = 0; error == 0 && i < list.len; i++)
        load_alert(watch, &list.items[i]);
    return error;
}

static int load_outages(struct watch *watch)
{
    struct outage_list CLEANUP(outage_list_deinit) list = {0};
    int error = outages_list_ongoing(watch->options.db, &list);
    for (size_t i = 0; error == 0 && i < list.len; i++) {
        struct watched_host *host = watch_find(watch, list.items[i].org, list.items[i].host_id);
        if (host == NULL)
            continue;
        host->outage_id = list.items[i].id;
        host->has_outage = true;
    }
    return error;
}

static void mark_down(struct watch *watch)
{
    struct map_slot *slot = NULL;
    while ((slot = map_next(&watch->hosts, slot)) != NULL) {
        struct watched_host *host = slot->value;
        if (host->down == NULL && !host->has_outage)
            continue;
        host->state = HOST_DOWN;
        host->down_since = host->host.last_seen_ms;
    }
}

int watch_init(struct watch *watch, const struct alert_engine_options *options,
               struct watch_now now)
{
    assert(options->sink != NULL && options->sink->queue != NULL && options->measure != NULL);
    *watch = (struct watch){.options = *options, .counted_from = now.mono};
    pthread_mutex_init(&watch->lock, NULL);
    map_init(&watch->hosts);
    map_init(&watch->orgs);
    journal_init(&watch->journal);
    arena_init(&watch->arena, ARENA_MAX_BYTES);

    int error = load_rules(watch, now);
    if (error == 0)
        error = load_hosts(watch);
    if (error == 0)
        error = load_alerts(watch);
    if (error == 0)
        error = load_outages(watch);
    mark_down(watch);
    if (error != 0)
        watch_deinit(watch);
    return error;
}

void watch_deinit(struct watch *watch)
{
    journal_deinit(&watch->journal);
    struct map_slot *slot = NULL;
    while ((slot = map_next(&watch->hosts, slot)) != NULL)
        free_host(watch, slot->value);
    for (slot = NULL; (slot = map_next(&watch->orgs, slot)) != NULL;) {
        struct org_rules *rules = slot->value;
        rule_list_deinit(&rules->rules);
        free(rules->metrics);
        free(rules);
    }
    map_deinit(&watch->hosts);
    map_deinit(&watch->orgs);
    arena_deinit(&watch->arena);
    pthread_mutex_destroy(&watch->lock);
}
