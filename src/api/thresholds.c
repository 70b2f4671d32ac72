/* SPDX-License-Identifier: MIT */
/* thresholds - the rules as a form: the organisation's defaults, and what one host has. */
#include <errno.h>
#include <string.h>

#include "api/resource.h"
#include "state/hosts.h"
#include "state/rules.h"

/* `source` NULL for a default by itself. */
static void write_threshold(struct json *json, const struct rule *rule, const char *source)
{
    json_object_begin(json);
    json_field_string(json, "key", rule->key);
    json_field_string(json, "title", rule->title);
    json_field_string(json, "unit", rule->unit);
    json_field_string(json, "comparison", rule_comparison_names[rule->comparison]);
    json_field_double(json, "limit", rule->limit);
    json_field_double(json, "clear", rule->clear);
    json_field_double(json, "for_s", (double)rule->for_ms / MSEC_SECOND);
    json_field_string(json, "severity", alert_severity_names[rule->severity]);
    json_field_bool(json, "enabled", rule->enabled);
    if (source != NULL)
        json_field_string(json, "source", source);
    json_object_end(json);
}

static void answer_threshold(struct http_exchange *exchange, const struct rule *rule,
                             const char *source)
{
    struct answer answer;
    answer_begin(&answer, exchange);
    write_threshold(&answer.json, rule, source);
    answer_send(&answer, 200);
}

static void get_defaults(struct http_exchange *exchange, const struct route_params *params,
                         void *arg)
{
    struct api *api = arg;
    (void)params;
    struct rule_list rules = {0};
    int error = rules_list(api->parts.db, resource_who(exchange)->org, &rules);
    if (error != 0) {
        answer_error(exchange, error);
    } else {
        struct answer answer;
        answer_begin_list(&answer, exchange, "thresholds");
        for (size_t i = 0; i < rules.len; i++)
            write_threshold(&answer.json, &rules.items[i], NULL);
        answer_send_list(&answer);
    }
    rule_list_deinit(&rules);
}

struct threshold_form {
    struct body_number limit, clear, for_s;
    const char *severity;
    struct body_bool enabled;
};

#define THRESHOLD_VALUE_MAX 1e15
#define THRESHOLD_FOR_MAX_S ((double)RULE_FOR_MAX_MS / MSEC_SECOND)

static const struct body_field default_fields[] = {
    BODY_NUMBER(struct threshold_form, limit, "limit", -THRESHOLD_VALUE_MAX,
                THRESHOLD_VALUE_MAX),
    BODY_NUMBER(struct threshold_form, clear, "clear", -THRESHOLD_VALUE_MAX,
                THRESHOLD_VALUE_MAX),
    BODY_NUMBER(struct threshold_form, for_s, "for_s", 0, THRESHOLD_FOR_MAX_S),
    BODY_TEXT_OPTIONAL(struct threshold_form, severity, "severity", 20),
    BODY_BOOL(struct threshold_form, enabled, "enabled"),
};

static const struct body_field override_fields[] = {
    BODY_NUMBER(struct threshold_form, limit, "limit", -THRESHOLD_VALUE_MAX,
                THRESHOLD_VALUE_MAX),
    BODY_NUMBER(struct threshold_form, for_s, "for_s", 0, THRESHOLD_FOR_MAX_S),
    BODY_BOOL(struct threshold_form, enabled, "enabled"),
};

/* Puts what the form says into the rule.  False: it was answered. */
static bool apply_form(struct http_exchange *exchange, const struct threshold_form *form,
                       struct rule *rule)
{
    if (form->limit.is_set && !form->limit.is_null) {
        if (!form->clear.is_set)
            rule->clear = rule_clear_for(rule, form->limit.value);
        rule->limit = form->limit.value;
    }
    if (form->clear.is_set && !form->clear.is_null)
        rule->clear = form->clear.value;
    if (form->for_s.is_set && !form->for_s.is_null)
        rule->for_ms = (mspan_t)(form->for_s.value * MSEC_SECOND);
    if (form->enabled.is_set && !form->enabled.is_null)
        rule->enabled = form->enabled.value;
    if (form->severity != NULL) {
        int severity = 0;
        while (severity < SEVERITY_COUNT &&
               !text_is(alert_severity_names[severity], form->severity))
            severity++;
        if (severity == SEVERITY_COUNT) {
            answer_problem(exchange, 422, "severity",
                           "\"severity\" must be info, warning or critical.");
            return false;
        }
        rule->severity = (enum alert_severity)severity;
    }
    if (text_is(rule->unit, "%") && !(rule->limit >= 0 && rule->limit <= 100)) {
        answer_problem(exchange, 422, "limit", "A percentage must be from 0 to 100.");
        return false;
    }
    if (!rule_limits_are_valid(rule->comparison, rule->limit, rule->clear)) {
        answer_problem(exchange, 422, "clear",
                       "The value that ends the alert must not lie beyond the one that starts "
                       "it.");
        return false;
    }
    return true;
}

static void put_default(struct http_exchange *exchange, const struct route_params *params,
                        void *arg)
{
    struct api *api = arg;
    org_id org = resource_who(exchange)->org;
    struct rule rule = {0};
    int error = rules_find(api->parts.db, org, params->values[0], &rule);
    if (error != 0) {
        answer_error(exchange, error);
        return;
    }
    struct threshold_form form = {0};
    CLEANUP(body_decrefp) json_t *document = NULL;
    if (!body_read(exchange, BODY_FORM(default_fields, struct threshold_form), &form,
                   &document) ||
        !apply_form(exchange, &form, &rule))
        return;
    error = rules_update(api->parts.db, &rule, clock_wall_ms());
    if (error != 0) {
        answer_error(exchange, error);
        return;
    }
    alert_engine_host_changed(api->parts.alerts, org, 0);
    answer_threshold(exchange, &rule, NULL);
}

/* Finds the host and the threshold that counts for it; false: it was answered. */
static bool find_effective(struct api *api, struct http_exchange *exchange,
                           const struct route_params *params, struct host *out_host,
                           struct threshold *out_threshold)
{
    int64_t id;
    if (!resource_id(exchange, params, &id))
        return false;
    org_id org = resource_who(exchange)->org;
    int error = hosts_find(api->parts.db, org, id, out_host);
    if (error == 0 && params->len > 1) {
        error = rules_find_threshold(api->parts.db, org, id, params->values[1], out_threshold);
        if (error == -ENOENT) {
            answer_problem(exchange, 404, NULL, "There is no threshold %.100s.",
                           params->values[1]);
            return false;
        }
    }
    if (error != 0)
        answer_error(exchange, error);
    return error == 0;
}

static const char *source_name(const struct threshold *threshold)
{
    return threshold->is_override ? "host" : "default";
}

static void get_effective(struct http_exchange *exchange, const struct route_params *params,
                          void *arg)
{
    struct api *api = arg;
    struct host host;
    if (!find_effective(api, exchange, params, &host, NULL))
        return;
    struct threshold_list thresholds = {0};
    int error = rules_list_thresholds(api->parts.db, host.org, host.id, &thresholds);
    if (error != 0) {
        answer_error(exchange, error);
    } else {
        struct answer answer;
        answer_begin_list(&answer, exchange, "thresholds");
        for (size_t i = 0; i < thresholds.len; i++)
            write_threshold(&answer.json, &thresholds.items[i].rule,
                            source_name(&thresholds.items[i]));
        answer_send_list(&answer);
    }
    threshold_list_deinit(&thresholds);
}

/* Answers with what counts now, after the change took effect. */
static void answer_effective(struct api *api, struct http_exchange *exchange,
                             const struct route_params *params, const struct host *host,
                             int error)
{
    struct threshold threshold = {0};
    if (error == 0) {
        alert_engine_host_changed(api->parts.alerts, host->org, host->id);
        error = rules_find_threshold(api->parts.db, host->org, host->id, params->values[1],
                                     &threshold);
    }
    if (error != 0)
        answer_error(exchange, error);
    else
        answer_threshold(exchange, &threshold.rule, source_name(&threshold));
}

static void put_override(struct http_exchange *exchange, const struct route_params *params,
                         void *arg)
{
    struct api *api = arg;
    struct host host;
    struct threshold threshold = {0};
    if (!find_effective(api, exchange, params, &host, &threshold))
        return;
    struct threshold_form form = {0};
    CLEANUP(body_decrefp) json_t *document = NULL;
    if (!body_read(exchange, BODY_FORM(override_fields, struct threshold_form), &form,
                   &document) ||
        !apply_form(exchange, &form, &threshold.rule))
        return;
    const struct rule_override override = {
        .rule_id = threshold.rule.id,
        .host_id = host.id,
        .has_limit = form.limit.is_set && !form.limit.is_null,
        .has_for = form.for_s.is_set && !form.for_s.is_null,
        .has_enabled = form.enabled.is_set && !form.enabled.is_null,
        .limit = form.limit.value,
        .for_ms = (mspan_t)(form.for_s.value * MSEC_SECOND),
        .enabled = form.enabled.value,
    };
    int error = rules_set_override(api->parts.db, host.org, &override, clock_wall_ms());
    answer_effective(api, exchange, params, &host, error);
}

static void delete_override(struct http_exchange *exchange, const struct route_params *params,
                            void *arg)
{
    struct api *api = arg;
    struct host host;
    struct threshold threshold = {0};
    if (!find_effective(api, exchange, params, &host, &threshold))
        return;
    int error = rules_delete_override(api->parts.db, host.org, threshold.rule.id, host.id);
    answer_effective(api, exchange, params, &host, error);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/v1/thresholds", get_defaults, RIGHT_READ},
    {HTTP_PUT, "/api/v1/thresholds/{key}", put_default, RIGHT_CONFIGURE},
    {HTTP_GET, "/api/v1/hosts/{id}/thresholds", get_effective, RIGHT_READ},
    {HTTP_PUT, "/api/v1/hosts/{id}/thresholds/{key}", put_override, RIGHT_CONFIGURE},
    {HTTP_DELETE, "/api/v1/hosts/{id}/thresholds/{key}", delete_override, RIGHT_CONFIGURE},
};

const struct resource thresholds_resource = {routes, ARRAY_LEN(routes)};
