/* SPDX-License-Identifier: MIT */
#include "state/rules.h"

#include <assert.h>
#include <errno.h>
#include <math.h>

#include "base/macros.h"
#include "base/text.h"
#include "base/vec.h"
#include "model/vitals.h"

#define RULE_COLUMNS                                                                           \
    "id, org_id, key, title, expr, comparison, limit_value, clear_value, unit, for_ms,"        \
    " severity, summary, enabled, updated_ms"

/* What a new organisation starts with.  A service must be found down twice, so that a restart
 * between two reports alerts nobody. */
static const struct rule default_rules[] = {
    {
        .key = "cpu",
        .title = "CPU usage",
        .expr = VITAL_CPU,
        .comparison = RULE_ABOVE,
        .limit = 80,
        .clear = 75,
        .unit = "%",
        .for_ms = 60 * MSEC_SECOND,
        .severity = SEVERITY_WARNING,
        .summary = "{host}: CPU is {value}, over {limit}",
    },
    {
        .key = "memory",
        .title = "Memory usage",
        .expr = VITAL_MEMORY,
        .comparison = RULE_ABOVE,
        .limit = 85,
        .clear = 80,
        .unit = "%",
        .for_ms = 60 * MSEC_SECOND,
        .severity = SEVERITY_WARNING,
        .summary = "{host}: memory is {value} full, over {limit}",
    },
    {
        .key = "disk",
        .title = "Disk usage",
        .expr = VITAL_DISK,
        .comparison = RULE_ABOVE,
        .limit = 90,
        .clear = 88,
        .unit = "%",
        .for_ms = 60 * MSEC_SECOND,
        .severity = SEVERITY_WARNING,
        .summary = "{host}: disk {mountpoint} is {value} full, over {limit}",
    },
    {
        .key = "service",
        .title = "Service not active",
        .expr = VITAL_SERVICE_UP,
        .comparison = RULE_BELOW,
        .limit = 1,
        .clear = 1,
        .for_ms = 10 * MSEC_SECOND,
        .severity = SEVERITY_CRITICAL,
        .summary = "{host}: service {service} is {service_state}",
    },
    {
        .key = "ssh",
        .title = "Failed SSH logins",
        .expr = VITAL_SSH_FAILED,
        .comparison = RULE_AT_LEAST,
        .limit = 5,
        .clear = 5,
        .severity = SEVERITY_WARNING,
        .summary = "{host}: {value} failed SSH logins{in_window}, {limit} or more is the limit",
    },
    {
        .key = ALERT_RULE_HOST_DOWN,
        .title = "Host not reporting",
        .comparison = RULE_ABOVE,
        .limit = 3.5,
        .clear = 3.5,
        .unit = "intervals",
        .severity = SEVERITY_CRITICAL,
        .summary = "{host} has not reported for {silence} (expected every {interval})",
    },
};

void rule_list_deinit(struct rule_list *list)
{
    VEC_DEINIT(list);
}

void rule_override_list_deinit(struct rule_override_list *list)
{
    VEC_DEINIT(list);
}

void threshold_list_deinit(struct threshold_list *list)
{
    VEC_DEINIT(list);
}

static struct rule read_rule(const struct db_row *row)
{
    struct rule rule = {
        .id = db_row_int(row, 0),
        .org = db_row_int(row, 1),
        .comparison = (enum rule_comparison)db_row_name(row, 5, rule_comparison_names,
                                                        RULE_COMPARISON_COUNT),
        .limit = db_row_real(row, 6),
        .clear = db_row_real(row, 7),
        .for_ms = db_row_int(row, 9),
        .severity =
            (enum alert_severity)db_row_name(row, 10, alert_severity_names, SEVERITY_COUNT),
        .enabled = db_row_int(row, 12) != 0,
        .updated_ms = db_row_int(row, 13),
    };
    text_copy(rule.key, sizeof(rule.key), db_row_text(row, 2));
    text_copy(rule.title, sizeof(rule.title), db_row_text(row, 3));
    text_copy(rule.expr, sizeof(rule.expr), db_row_text(row, 4));
    text_copy(rule.unit, sizeof(rule.unit), db_row_text(row, 8));
    text_copy(rule.summary, sizeof(rule.summary), db_row_text(row, 11));
    return rule;
}

static int push_rule(const struct db_row *row, void *arg)
{
    struct rule_list *list = arg;
    VEC_PUSH(list, read_rule(row));
    return 0;
}

static int seed_rule(struct db *db, org_id org, const struct rule *rule, msec_t now)
{
    return db_run(
        db,
        "INSERT INTO rules (org_id, key, title, expr, comparison, limit_value, clear_value,"
        "  unit, for_ms, severity, summary, enabled, updated_ms)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12)"
        " ON CONFLICT (org_id, key) DO NOTHING",
        DB_ARGS(db_int(org), db_text(rule->key), db_text(rule->title), db_text(rule->expr),
                db_text(rule_comparison_names[rule->comparison]), db_real(rule->limit),
                db_real(rule->clear), db_text(rule->unit), db_int(rule->for_ms),
                db_text(alert_severity_names[rule->severity]), db_text(rule->summary),
                db_int(now)),
        NULL, NULL);
}

int rules_seed(struct db *db, org_id org, msec_t now)
{
    bool ours = !db_in_transaction(db);
    int error = ours ? db_begin(db) : 0;
    for (size_t i = 0; error == 0 && i < ARRAY_LEN(default_rules); i++)
        error = seed_rule(db, org, &default_rules[i], now);
    if (!ours || !db_in_transaction(db))
        return error;
    if (error == 0)
        return db_commit(db);
    db_abandon(db);
    return error;
}

int rules_list(struct db *db, org_id org, struct rule_list *list)
{
    return db_run(db, "SELECT " RULE_COLUMNS " FROM rules WHERE org_id = $1 ORDER BY id",
                  DB_ARGS(db_int(org)), push_rule, list);
}

int rules_find(struct db *db, org_id org, const char *key, struct rule *out_rule)
{
    struct rule_list CLEANUP(rule_list_deinit) list = {0};
    int error = db_run(db, "SELECT " RULE_COLUMNS " FROM rules WHERE org_id = $1 AND key = $2",
                       DB_ARGS(db_int(org), db_text(key)), push_rule, &list);
    if (error != 0)
        return error;
    if (list.len == 0)
        return -ENOENT;
    *out_rule = list.items[0];
    return 0;
}

static bool for_is_valid(mspan_t for_ms)
{
    return for_ms >= 0 && for_ms <= RULE_FOR_MAX_MS;
}

int rules_update(struct db *db, const struct rule *rule, msec_t now)
{
    if (!rule_limits_are_valid(rule->comparison, rule->limit, rule->clear) ||
        !for_is_valid(rule->for_ms))
        return -EINVAL;
    int64_t id;
    return db_run_for_id(
        db,
        "UPDATE rules SET limit_value = $1, clear_value = $2, for_ms = $3, severity = $4,"
        "  enabled = $5, updated_ms = $6 WHERE org_id = $7 AND id = $8 RETURNING id",
        DB_ARGS(db_real(rule->limit), db_real(rule->clear), db_int(rule->for_ms),
                db_text(alert_severity_names[rule->severity]), db_int(rule->enabled),
                db_int(now), db_int(rule->org), db_int(rule->id)),
        &id);
}

static int push_override(const struct db_row *row, void *arg)
{
    struct rule_override_list *list = arg;
    struct rule_override override = {
        .rule_id = db_row_int(row, 0),
        .host_id = db_row_int(row, 1),
        .has_limit = !db_row_is_null(row, 2),
        .has_for = !db_row_is_null(row, 3),
        .has_enabled = !db_row_is_null(row, 4),
        .limit = db_row_is_null(row, 2) ? 0 : db_row_real(row, 2),
        .for_ms = db_row_int(row, 3),
        .enabled = db_row_int(row, 4) != 0,
    };
    VEC_PUSH(list, override);
    return 0;
}

int rules_list_overrides(struct db *db, org_id org, int64_t host_id,
                         struct rule_override_list *list)
{
    return db_run(db,
                  "SELECT rule_id, host_id, limit_value, for_ms, enabled FROM rule_overrides"
                  " WHERE org_id = $1 AND ($2 = 0 OR host_id = $3) ORDER BY id",
                  DB_ARGS(db_int(org), db_int(host_id), db_int(host_id)), push_override, list);
}

int rules_set_override(struct db *db, org_id org, const struct rule_override *override,
                       msec_t now)
{
    if ((override->has_limit && !isfinite(override->limit)) ||
        (override->has_for && !for_is_valid(override->for_ms)))
        return -EINVAL;
    if (!override->has_limit && !override->has_for && !override->has_enabled)
        return rules_delete_override(db, org, override->rule_id, override->host_id);
    /* Rule and host are selected by organisation: an id of another one finds nothing. */
    int64_t id;
    return db_run_for_id(
        db,
        "INSERT INTO rule_overrides"
        "  (org_id, rule_id, host_id, limit_value, for_ms, enabled, updated_ms)"
        " SELECT $1, rules.id, hosts.id, $2, $3, $4, $5 FROM rules, hosts"
        "  WHERE rules.org_id = $6 AND rules.id = $7 AND hosts.org_id = $8 AND hosts.id = $9"
        " ON CONFLICT (rule_id, host_id) DO UPDATE SET limit_value = excluded.limit_value,"
        "  for_ms = excluded.for_ms, enabled = excluded.enabled,"
        "  updated_ms = excluded.updated_ms"
        " RETURNING id",
        DB_ARGS(db_int(org), override->has_limit ? db_real(override->limit) : db_null(),
                override->has_for ? db_int(override->for_ms) : db_null(),
                override->has_enabled ? db_int(override->enabled) : db_null(), db_int(now),
                db_int(org), db_int(override->rule_id), db_int(org), db_int(override->host_id)),
        &id);
}

int rules_delete_override(struct db *db, org_id org, int64_t rule_id, int64_t host_id)
{
    return db_run(
        db, "DELETE FROM rule_overrides WHERE org_id = $1 AND rule_id = $2 AND host_id = $3",
        DB_ARGS(db_int(org), db_int(rule_id), db_int(host_id)), NULL, NULL);
}

static struct threshold threshold_of(const struct rule *rule,
                                     const struct rule_override_list *overrides)
{
    struct threshold threshold = {.rule = *rule};
    for (size_t i = 0; i < overrides->len; i++) {
        if (overrides->items[i].rule_id == rule->id) {
            rule_apply_override(&threshold.rule, &overrides->items[i]);
            threshold.is_override = true;
        }
    }
    return threshold;
}

int rules_list_thresholds(struct db *db, org_id org, int64_t host_id,
                          struct threshold_list *list)
{
    assert(host_id != 0);
    struct rule_list CLEANUP(rule_list_deinit) rules = {0};
    struct rule_override_list CLEANUP(rule_override_list_deinit) overrides = {0};
    int error = rules_list(db, org, &rules);
    if (error == 0)
        error = rules_list_overrides(db, org, host_id, &overrides);
    for (size_t i = 0; error == 0 && i < rules.len; i++)
        VEC_PUSH(list, threshold_of(&rules.items[i], &overrides));
    return error;
}

int rules_find_threshold(struct db *db, org_id org, int64_t host_id, const char *key,
                         struct threshold *out_threshold)
{
    assert(host_id != 0);
    struct rule_override_list CLEANUP(rule_override_list_deinit) overrides = {0};
    struct rule rule;
    int error = rules_find(db, org, key, &rule);
    if (error == 0)
        error = rules_list_overrides(db, org, host_id, &overrides);
    if (error == 0)
        *out_threshold = threshold_of(&rule, &overrides);
    return error;
}
