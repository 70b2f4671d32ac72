/* SPDX-License-Identifier: MIT */
/*
 * judge - the rules of one host, at the time of its newest samples.
 *
 * A judgement looks back less than one interval, so that it sees what these samples say and not
 * what earlier ones did: a series that a sender drops without a word would be found for minutes.
 * Only what breaches is kept in memory; so a rule without a condition that no sample which came
 * can make true is judged at a glance.
 *
 * After a restart nothing is pending any more, but the samples of before are still there: what
 * is true at a host's first judgement is looked up backwards, so that `for` goes on counting.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "alert/last_report.h"
#include "alert/summary.h"
#include "alert/watch.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/vec.h"
#include "state/hosts.h"

#define BEHIND_MAX          3 /* older arrivals in a row that mean a clock was set back */
#define AHEAD_MAX_MS        MSEC_MINUTE
#define LOOKBACK_UNKNOWN_MS (5 * MSEC_SECOND)
#define GAP_MIN_MS          (10 * MSEC_SECOND)
#define RECALL_MAX          64 /* intervals looked up backwards */

struct judgement {
    struct watch *watch;
    struct watched_host *host;
    const struct rule *rule; /* as it counts for the host */
    void **prepared;         /* the rule's place in host->prepared */
    msec_t at;
    mspan_t interval, lookback, gap_max;
    bool may_recall; /* first judgement of the host since we started */
    struct watch_now now;
};

static bool speaks_of_report(const struct rule *rule)
{
    return strstr(rule->summary, "{in_window}") != NULL ||
           strstr(rule->summary, "{service_state}") != NULL;
}

static void fire(const struct judgement *judgement, struct condition *condition)
{
    const struct rule *rule = judgement->rule;
    const struct host *host = &judgement->host->host;
    msec_t now = judgement->now.wall;
    struct change change = {
        .host = judgement->host,
        .condition = condition,
        .event = {.transition = TRANSITION_FIRED,
                  .at_ms = now,
                  .alert = {.org = host->org,
                            .rule_id = rule->id,
                            .host_id = host->id,
                            .state = ALERT_FIRING,
                            .severity = rule->severity,
                            .value = condition->measured->value,
                            .limit = rule->limit,
                            /* A host's clock may be ahead of ours. */
                            .since_ms = MIN_OF(condition->machine.since, now),
                            .fired_ms = now,
                            .updated_ms = now}},
    };
    struct alert *alert = &change.event.alert;
    text_copy(alert->rule_key, sizeof(alert->rule_key), rule->key);
    text_copy(alert->host_name, sizeof(alert->host_name), host->name);
    text_copy(alert->labels, sizeof(alert->labels), condition->identity);
    text_copy(alert->unit, sizeof(alert->unit), rule->unit);
    struct last_report report = {0};
    if (speaks_of_report(rule))
        last_report_read(judgement->watch->options.db, host,
                         labels_value(condition->measured->labels, "service"), &report);
    struct summary_facts facts = {.rule = rule,
                                  .host = host->name,
                                  .labels = condition->measured->labels,
                                  .value = condition->measured->value,
                                  .window = report.ssh_window,
                                  .service_state = report.service_state};
    summary_write(&facts, alert->summary, sizeof(alert->summary));
    journal_add(judgement->watch, &change, judgement->now.mono);
}

/* How a condition ended. */
struct ending {
    double value; /* NaN = there is none */
    const char *detail;
};

static void resolve(struct watch *watch, struct watched_host *host, struct condition *condition,
                    struct ending ending, struct watch_now now)
{
    struct change change = {
        .host = host,
        .condition = condition,
        .event = {.transition = TRANSITION_RESOLVED,
                  .at_ms = now.wall,
                  .alert = {.org = host->host.org, .value = ending.value}},
    };
    text_copy(change.event.detail, sizeof(change.event.detail), ending.detail);
    journal_add(watch, &change, now.mono);
}

static void remove_condition(struct watched_host *host, size_t at)
{
    condition_free(host->conditions.items[at]);
    VEC_REMOVE_SWAP(&host->conditions, at);
}

static const struct rule *rule_by_id(const struct org_rules *rules, int64_t id)
{
    for (size_t i = 0; rules != NULL && i < rules->rules.len; i++) {
        if (rules->rules.items[i].id == id)
            return &rules->rules.items[i];
    }
    return NULL;
}

static bool is_rule_on(const struct watched_host *host, const struct rule *rule)
{
    return rule != NULL && watch_effective_rule(host, rule).enabled;
}

void judge_rules(struct watch *watch, struct watched_host *host, struct watch_now now)
{
    static const char detail[] = "rule switched off";
    const struct org_rules *rules = watch_rules(watch, host->host.org);
    /* Downwards: resolving may take the condition out, the last one comes in its place. */
    for (size_t i = host->conditions.len; i-- > 0;) {
        struct condition *condition = host->conditions.items[i];
        if (is_rule_on(host, rule_by_id(rules, condition->rule_id)))
            continue;
        bool was_firing = condition->machine.state == MACHINE_FIRING;
        condition->machine = (struct machine){.state = MACHINE_QUIET};
        if (was_firing)
            resolve(watch, host, condition, (struct ending){(double)NAN, detail}, now);
        else if (condition->unsaved == 0)
            remove_condition(host, i);
    }
    if (!is_rule_on(host, rules == NULL ? NULL : rules->down))
        absence_resolve(watch, host, detail, now);
}

static struct condition *find_condition(const struct watched_host *host, int64_t rule_id,
                                        const char *identity)
{
    for (size_t i = 0; i < host->conditions.len; i++) {
        struct condition *condition = host->conditions.items[i];
        if (condition->rule_id == rule_id && text_is(condition->identity, identity))
            return condition;
    }
    return NULL;
}

/* When two series are one condition, the one that is further over the limit counts. */
static bool is_worse(const struct rule *rule, double value, double than)
{
    bool upper = rule->comparison == RULE_ABOVE || rule->comparison == RULE_AT_LEAST;
    return isnan(than) || (upper ? value > than : value < than);
}

static bool has_conditions(const struct watched_host *host, const struct rule *rule)
{
    for (size_t i = 0; i < host->conditions.len; i++) {
        if (host->conditions.items[i]->rule_id == rule->id)
            return true;
    }
    return false;
}

static void count_refused(struct watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    watch->stats.refused++;
    pthread_mutex_unlock(&watch->lock);
}

/* Finds the conditions that the measurements are about, and begins new ones. */
static void match(const struct judgement *judgement, const struct measurements *measurements)
{
    struct watched_host *host = judgement->host;
    const struct rule *rule = judgement->rule;
    bool has_any = has_conditions(host, rule);
    for (size_t i = 0; i < measurements->len; i++) {
        const struct measurement *measured = &measurements->items[i];
        bool is_true = rule_compare(rule->comparison, measured->value, rule->limit);
        if (!is_true && !has_any)
            continue;
        char identity[sizeof(((struct alert *)NULL)->labels)];
        summary_write_identity(measured->labels, identity, sizeof(identity));
        struct condition *condition = find_condition(host, rule->id, identity);
        if (condition == NULL && !is_true)
            continue;
        if (condition == NULL && host->conditions.len >= WATCH_CONDITIONS_MAX) {
            count_refused(judgement->watch);
            continue;
        }
        if (condition == NULL) {
            condition = condition_new(rule->id, identity);
            VEC_PUSH(&host->conditions, condition);
            has_any = true;
        }
        if (condition->measured == NULL ||
            is_worse(rule, measured->value, condition->measured->value))
            condition->measured = measured;
    }
}

static int measure(const struct judgement *judgement, struct measurements *out_measurements)
{
    const struct alert_engine_options *options = &judgement->watch->options;
    const struct host *host = &judgement->host->host;
    if (*judgement->prepared == NULL) {
        struct problem problem;
        int error =
            options->measure->prepare(options->measure_arg, judgement->rule,
                                      judgement->host->instance, judgement->prepared, &problem);
        if (error != 0)
            return error;
    }
    struct measure_request request = {.org = host->org,
                                      .prepared = *judgement->prepared,
                                      .at_ms = judgement->at,
                                      .lookback = judgement->lookback,
                                      .arena = &judgement->watch->arena};
    return options->measure->run(options->measure_arg, &request, out_measurements);
}

static bool is_true_in(const struct measurements *measurements, const struct rule *rule,
                       const char *identity)
{
    for (size_t i = 0; i < measurements->len; i++) {
        const struct measurement *measured = &measurements->items[i];
        char other[sizeof(((struct alert *)NULL)->labels)];
        if (!rule_compare(rule->comparison, measured->value, rule->limit))
            continue;
        summary_write_identity(measured->labels, other, sizeof(other));
        if (text_is(other, identity))
            return true;
    }
    return false;
}

/* Moves the beginning of a pending condition back to where its samples say. */
static void recall(const struct judgement *judgement, struct condition *condition)
{
    struct machine *machine = &condition->machine;
    for (int i = 0; i < RECALL_MAX; i++) {
        if (judgement->at - machine->since >= judgement->rule->for_ms)
            return;
        /* A little later than one interval ago: samples do not come to the millisecond. */
        struct judgement earlier = *judgement;
        earlier.at = machine->since - judgement->interval * 3 / 4;
        struct measurements measurements = {0};
        bool was_true = measure(&earlier, &measurements) == 0 &&
                        is_true_in(&measurements, judgement->rule, condition->identity);
        measurements_release(&measurements);
        if (!was_true)
            return;
        machine->since -= judgement->interval;
    }
}

static void step(const struct judgement *judgement, size_t at)
{
    struct watched_host *host = judgement->host;
    struct condition *condition = host->conditions.items[at];
    const struct measurement *measured = condition->measured;
    struct machine_input input = {
        .at = judgement->at,
        .is_present = measured != NULL,
        .value = measured == NULL ? (double)NAN : measured->value,
        .gap_max = judgement->gap_max,
    };
    enum machine_output output = machine_step(&condition->machine, judgement->rule, &input);
    if (judgement->may_recall && condition->machine.state == MACHINE_PENDING) {
        recall(judgement, condition);
        output = machine_step(&condition->machine, judgement->rule, &input);
    }
    switch (output) {
    case MACHINE_STAYS:
        condition->measured = NULL;
        if (condition->machine.state == MACHINE_QUIET && condition->unsaved == 0)
            remove_condition(host, at);
        return;
    case MACHINE_FIRES:
        fire(judgement, condition);
        condition->measured = NULL; /* firing, so it is still there */
        return;
    case MACHINE_RESOLVES:
        condition->measured = NULL;
        resolve(judgement->watch, host, condition, (struct ending){input.value, ""},
                judgement->now);
        return;
    case MACHINE_VANISHES:
        resolve(judgement->watch, host, condition,
                (struct ending){(double)NAN, "no longer reported"}, judgement->now);
        return;
    }
}

static void judge_measurements(const struct judgement *judgement,
                               const struct measurements *measurements)
{
    match(judgement, measurements);
    for (size_t i = judgement->host->conditions.len; i-- > 0;) {
        if (judgement->host->conditions.items[i]->rule_id == judgement->rule->id)
            step(judgement, i);
    }
}

/* An evaluation that fails changes no state: not knowing is neither good nor bad news. */
static void judge_rule(const struct judgement *judgement)
{
    struct watch *watch = judgement->watch;
    struct measurements measurements = {0};
    int64_t began = clock_mono_ns();
    int error = measure(judgement, &measurements);
    if (error == 0)
        judge_measurements(judgement, &measurements);
    else
        judgement->host->glance.is_blind = true; /* so that the next one looks at everything */
    measurements_release(&measurements);
    arena_reset(&watch->arena);

    pthread_mutex_lock(&watch->lock);
    watch->stats.evaluations++;
    watch->stats.evaluation_ns += (uint64_t)(clock_mono_ns() - began);
    watch->stats.errors += error != 0;
    pthread_mutex_unlock(&watch->lock);
}

/* Rules that a glance has answered. */
static void count_plain(struct watch *watch, uint64_t n)
{
    if (n == 0)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->stats.evaluations += n;
    pthread_mutex_unlock(&watch->lock);
}

/* Samples older than those judged last are history coming in late, and change nothing now;
 * unless the host's clock was set back, and they are the present. */
static bool is_present(struct watched_host *host, msec_t newest_at, msec_t wall)
{
    if (newest_at < host->judged_at && host->judged_at <= wall + AHEAD_MAX_MS &&
        ++host->behind < BEHIND_MAX)
        return false;
    host->behind = 0;
    host->judged_at = newest_at;
    return true;
}

static void remember_instance(struct watch *watch, struct watched_host *host,
                              const char *instance)
{
    if (text_is(host->instance, instance))
        return;
    watch_forget_prepared(watch, host);
    text_copy(host->instance, sizeof(host->instance), instance);
}

void judge_samples(struct watch *watch, struct watched_host *host, const char *instance,
                   msec_t newest_at, struct watch_now now)
{
    const struct org_rules *rules = watch_rules(watch, host->host.org);
    bool is_first = host->judged_at == 0;
    if (rules == NULL || !is_present(host, newest_at, now.wall))
        return;
    if (journal_is_full(&watch->journal)) {
        count_refused(watch);
        return;
    }
    remember_instance(watch, host, instance);
    judge_rules(watch, host, now);
    if (host->prepared == NULL)
        host->prepared = memory_calloc(rules->rules.len, sizeof(*host->prepared));

    uint64_t n_plain = 0;
    const struct glance glance = host->glance;
    host->glance = (struct glance){0};
    mspan_t interval = watch_silence(watch, host).interval;
    bool is_known = host->host.interval_ms != 0 || silence_learned(&host->learner) != 0;
    for (size_t i = 0; i < rules->rules.len; i++) {
        struct rule rule = watch_effective_rule(host, &rules->rules.items[i]);
        if (&rules->rules.items[i] == rules->down || !rule.enabled)
            continue;
        if (!glance_allows(&glance, rules->metrics[i], &rule) && !has_conditions(host, &rule)) {
            n_plain++;
            continue;
        }
        struct judgement judgement = {
            .watch = watch,
            .host = host,
            .rule = &rule,
            .prepared = &host->prepared[i],
            .at = newest_at,
            .interval = interval,
            .lookback = is_known ? interval * 3 / 4 : LOOKBACK_UNKNOWN_MS,
            .gap_max = MAX_OF(interval * 7 / 2, GAP_MIN_MS),
            .may_recall = is_first && is_known,
            .now = now,
        };
        judge_rule(&judgement);
    }
    count_plain(watch, n_plain);
}
