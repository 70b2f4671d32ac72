/* SPDX-License-Identifier: MIT */
/*
 * prometheus_rules - our thresholds and open alerts, told as Prometheus tells rules and alerts.
 *
 * One group holds the organisation's thresholds.  A host may have another limit than its
 * organisation; the expression shows the organisation's.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "api/prometheus.h"
#include "state/alerts.h"
#include "state/rules.h"

#define GROUP_NAME "thresholds"
#define GROUP_FILE "sentora"
#define NEVER      "0001-01-01T00:00:00Z" /* how Prometheus writes a time that is not known */

/* What /rules and /alerts tell of. */
struct watch {
    struct rule_list rules;
    struct alert_list alerts;
};

static void release_watch(struct watch *watch)
{
    rule_list_deinit(&watch->rules);
    alert_list_deinit(&watch->alerts);
}

/* False: it was answered, and nothing is left to release. */
static bool read_watch(struct prometheus_call *call, struct watch *watch)
{
    static const struct alert_filter open = {.open_only = true, .limit = ALERTS_LIST_MAX};
    struct db *db = call->api->parts.db;
    *watch = (struct watch){0};
    int error = rules_list(db, call->org, &watch->rules);
    if (error == 0)
        error = alerts_list(db, call->org, &open, &watch->alerts);
    if (error == 0)
        return true;
    release_watch(watch);
    prometheus_fail_query(call, error, &(struct problem){0});
    return false;
}

static const struct rule *rule_of(const struct watch *watch, const struct alert *alert)
{
    for (size_t i = 0; i < watch->rules.len; i++) {
        if (watch->rules.items[i].id == alert->rule_id)
            return &watch->rules.items[i];
    }
    return NULL;
}

static void write_instant(struct json *json, const char *key, msec_t at)
{
    char text[48];
    time_t seconds = (time_t)(at / MSEC_SECOND);
    struct tm tm = {0};
    gmtime_r(&seconds, &tm);
    size_t len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + len, sizeof(text) - len, ".%03dZ", (int)(at % MSEC_SECOND));
    json_field_string(json, key, text);
}

/* The labels of what is measured; those that say whose alert it is win over them. */
static void write_alert_labels(struct json *json, const struct rule *rule,
                               const struct alert *alert)
{
    static const char *const ours[] = {"alertname", "instance", "severity"};
    json_key(json, "labels");
    json_object_begin(json);
    json_field_string(json, "alertname", rule == NULL ? alert->rule_key : rule->key);
    json_field_string(json, "instance", alert->host_name);
    json_field_string(json, "severity", alert_severity_names[alert->severity]);
    json_t *labels = json_loads(alert->labels, 0, NULL);
    const char *name;
    json_t *value;
    json_object_foreach(labels, name, value)
    {
        bool is_ours = false;
        for (size_t i = 0; i < ARRAY_LEN(ours); i++)
            is_ours |= text_is(name, ours[i]);
        if (!is_ours && json_is_string(value))
            json_field_string(json, name, json_string_value(value));
    }
    json_decref(labels);
    json_object_end(json);
}

static void write_alert(struct json *json, const struct rule *rule, const struct alert *alert)
{
    char value[40] = "NaN";
    if (!isnan(alert->value))
        snprintf(value, sizeof(value), "%e", alert->value);
    json_object_begin(json);
    write_alert_labels(json, rule, alert);
    json_key(json, "annotations");
    json_object_begin(json);
    json_field_string(json, "summary", alert->summary);
    json_object_end(json);
    json_field_string(json, "state", alert_state_names[alert->state]);
    write_instant(json, "activeAt", alert->since_ms);
    json_field_string(json, "value", value);
    json_object_end(json);
}

/* ---- /alerts ---- */

void prometheus_alerts(struct prometheus_call *call)
{
    struct watch watch;
    if (!read_watch(call, &watch))
        return;
    struct answer answer;
    prometheus_begin(call, &answer);
    json_object_begin(&answer.json);
    json_key(&answer.json, "alerts");
    json_array_begin(&answer.json);
    for (size_t i = 0; i < watch.alerts.len; i++)
        write_alert(&answer.json, rule_of(&watch, &watch.alerts.items[i]),
                    &watch.alerts.items[i]);
    json_array_end(&answer.json);
    json_object_end(&answer.json);
    release_watch(&watch);
    prometheus_end(&answer);
}

/* ---- /rules ---- */

static void write_alerts_of(struct json *json, const struct watch *watch,
                            const struct rule *rule)
{
    json_key(json, "alerts");
    json_array_begin(json);
    for (size_t i = 0; i < watch->alerts.len; i++) {
        if (watch->alerts.items[i].rule_id == rule->id)
            write_alert(json, rule, &watch->alerts.items[i]);
    }
    json_array_end(json);
}

static enum alert_state state_of(const struct watch *watch, const struct rule *rule)
{
    enum alert_state state = ALERT_RESOLVED; /* = nothing is wrong */
    for (size_t i = 0; i < watch->alerts.len; i++) {
        const struct alert *alert = &watch->alerts.items[i];
        if (alert->rule_id == rule->id && state != ALERT_FIRING)
            state = alert->state;
    }
    return state;
}

static void write_rule(struct json *json, const struct watch *watch, const struct rule *rule,
                       bool with_alerts)
{
    char query[sizeof(rule->expr) + 64] = "";
    enum alert_state state = state_of(watch, rule);
    if (*rule->expr != '\0')
        snprintf(query, sizeof(query), "(%s) %s %.15g", rule->expr,
                 rule_comparison_names[rule->comparison], rule->limit);
    json_object_begin(json);
    json_field_string(json, "state",
                      state == ALERT_RESOLVED ? "inactive" : alert_state_names[state]);
    json_field_string(json, "name", rule->key);
    json_field_string(json, "query", query);
    json_field_double(json, "duration", (double)rule->for_ms / MSEC_SECOND);
    json_field_int(json, "keepFiringFor", 0);
    json_key(json, "labels");
    json_object_begin(json);
    json_field_string(json, "severity", alert_severity_names[rule->severity]);
    json_object_end(json);
    json_key(json, "annotations");
    json_object_begin(json);
    json_field_string(json, "title", rule->title);
    json_object_end(json);
    if (with_alerts)
        write_alerts_of(json, watch, rule);
    else
        json_key(json, "alerts"), json_array_begin(json), json_array_end(json);
    json_field_string(json, "health", "ok");
    json_field_double(json, "evaluationTime", 0);
    json_field_string(json, "lastEvaluation", NEVER);
    json_field_string(json, "type", "alerting");
    json_object_end(json);
}

/* A filter that is not given lets everything through. */
static bool is_wanted(const struct prometheus_call *call, const char *filter, const char *value)
{
    return !prometheus_has(call, filter, NULL) || prometheus_has(call, filter, value);
}

static void write_group(struct json *json, const struct prometheus_call *call,
                        const struct watch *watch)
{
    bool with_alerts = !prometheus_has(call, "exclude_alerts", "true");
    json_object_begin(json);
    json_field_string(json, "name", GROUP_NAME);
    json_field_string(json, "file", GROUP_FILE);
    json_key(json, "rules");
    json_array_begin(json);
    for (size_t i = 0; i < watch->rules.len; i++) {
        const struct rule *rule = &watch->rules.items[i];
        if (rule->enabled && is_wanted(call, "rule_name[]", rule->key))
            write_rule(json, watch, rule, with_alerts);
    }
    json_array_end(json);
    json_field_int(json, "interval", 0);
    json_field_int(json, "limit", 0);
    json_field_double(json, "evaluationTime", 0);
    json_field_string(json, "lastEvaluation", NEVER);
    json_object_end(json);
}

void prometheus_rules(struct prometheus_call *call)
{
    const char *type;
    struct watch watch;
    if (!prometheus_read_text(call, "type", &type))
        return;
    if (type != NULL && *type != '\0' && !text_is(type, "alert") && !text_is(type, "record")) {
        prometheus_fail(call, 400, "bad_data",
                        "invalid parameter \"type\": it must be alert or record");
        return;
    }
    if (!read_watch(call, &watch))
        return;
    bool wanted = (type == NULL || !text_is(type, "record")) &&
                  is_wanted(call, "rule_group[]", GROUP_NAME) &&
                  is_wanted(call, "file[]", GROUP_FILE);
    struct answer answer;
    prometheus_begin(call, &answer);
    json_object_begin(&answer.json);
    json_key(&answer.json, "groups");
    json_array_begin(&answer.json);
    if (wanted)
        write_group(&answer.json, call, &watch);
    json_array_end(&answer.json);
    json_object_end(&answer.json);
    release_watch(&watch);
    prometheus_end(&answer);
}
