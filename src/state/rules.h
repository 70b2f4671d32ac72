/* SPDX-License-Identifier: MIT */
/*
 * rules - the organisation's thresholds and what differs for one host.
 *
 * Functions return what db_run() returns; -ENOENT for a rule or host that the organisation does
 * not have, -EINVAL for numbers that make no rule.  Thread safe.
 */
#pragma once

#include "model/rule.h"
#include "state/db.h"

struct rule_list {
    struct rule *items;
    size_t len, capacity;
};
void rule_list_deinit(struct rule_list *list);

struct rule_override_list {
    struct rule_override *items;
    size_t len, capacity;
};
void rule_override_list_deinit(struct rule_override_list *list);

/* A rule as it counts for one host. */
struct threshold {
    struct rule rule;
    bool is_override; /* source "host" instead of "default" */
};

struct threshold_list {
    struct threshold *items;
    size_t len, capacity;
};
void threshold_list_deinit(struct threshold_list *list);

/* Gives the organisation those default rules that it lacks; changes none that it has.  Takes part
 * in the caller's transaction when there is one. */
int rules_seed(struct db *db, org_id org, msec_t now);

int rules_list(struct db *db, org_id org, struct rule_list *list); /* appends, in order of id */
int rules_find(struct db *db, org_id org, const char *key, struct rule *out_rule);

/* Stores limit, clear, for_ms, severity and enabled of a rule that was found before. */
int rules_update(struct db *db, const struct rule *rule, msec_t now);

/* Every override of the organisation, or of one host (host_id != 0). */
int rules_list_overrides(struct db *db, org_id org, int64_t host_id,
                         struct rule_override_list *list);
int rules_set_override(struct db *db, org_id org, const struct rule_override *override,
                       msec_t now);
/* Back to the default; 0 also when there was none. */
int rules_delete_override(struct db *db, org_id org, int64_t rule_id, int64_t host_id);

/* What counts for the host, per rule. */
int rules_list_thresholds(struct db *db, org_id org, int64_t host_id,
                          struct threshold_list *list);
int rules_find_threshold(struct db *db, org_id org, int64_t host_id, const char *key,
                         struct threshold *out_threshold);
