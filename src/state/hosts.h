/* SPDX-License-Identifier: MIT */
/*
 * hosts - the watched machines.
 *
 * A host is known by its name (the label `instance`) within its organisation, and belongs to the
 * machine whose agent enrolled it first.  Functions return what db_run() returns, and -ENOENT
 * for a host that the organisation does not have.  Thread safe.
 */
#pragma once

#include "base/buf.h"
#include "model/host.h"
#include "state/db.h"

/* A VEC that owns its items. */
struct host_list {
    struct host *items;
    size_t len, capacity;
};
void host_list_deinit(struct host_list *list);

struct host_enrolment {
    const char *name;
    const char *agent_id; /* "" = data without an agent, which owns nothing */
    const char *source;   /* "agent", "remote_write", ... */
};

/* Finds or makes the host.  A host without an agent is taken over by the first agent that asks.
 * -EEXIST when the name belongs to another agent_id, -EINVAL when the name is empty, too long or
 * not UTF-8. */
int hosts_enrol(struct db *db, org_id org, const struct host_enrolment *enrolment, msec_t now,
                struct host *out_host);

int hosts_find(struct db *db, org_id org, int64_t id, struct host *out_host);
int hosts_find_by_name(struct db *db, org_id org, const char *name, struct host *out_host);
int hosts_list(struct db *db, org_id org, struct host_list *list); /* appends, by name */
int hosts_list_all(struct db *db, struct host_list *list); /* of every organisation, by id */

/* JSON objects as the agent sent them, checked by the caller. */
int hosts_set_facts(struct db *db, org_id org, int64_t id, const char *json);
int hosts_set_report(struct db *db, org_id org, int64_t id, const char *json);
int hosts_append_facts(struct db *db, org_id org, int64_t id, struct buf *out);
int hosts_append_report(struct db *db, org_id org, int64_t id, struct buf *out);

int hosts_set_interval(struct db *db, org_id org, int64_t id, mspan_t interval);

/* Also sets first_seen_ms when it was never set.  Many in one transaction: the caller's. */
int hosts_set_last_seen(struct db *db, org_id org, int64_t id, msec_t at);

/* Its alerts, thresholds and tokens go with it.  An ongoing outage ends now and stays, so that it
 * can be cleared. */
int hosts_delete(struct db *db, org_id org, int64_t id, msec_t now);
