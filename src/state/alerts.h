/* SPDX-License-Identifier: MIT */
/*
 * alerts - conditions that fired, and what happened to each since.
 *
 * One row per time that a condition became true; at most one of a condition (rule, host, labels)
 * is open.  The functions that change an alert also write its event; both belong into one
 * transaction, which is the caller's.  They return what db_run() returns.  Thread safe.
 */
#pragma once

#include "model/alert.h"
#include "state/db.h"

struct alert_list {
    struct alert *items;
    size_t len, capacity;
};
void alert_list_deinit(struct alert_list *list);

struct alert_filter {
    bool open_only;
    int64_t host_id; /* 0 = any */
    msec_t since_ms; /* fired at or after, or still open; 0 = ever */
    size_t limit;    /* 0 = 200; at most ALERTS_LIST_MAX */
};

#define ALERTS_LIST_MAX 1000

/* What happened to an alert, as /alerts/{id} tells it. */
struct alert_history_item {
    msec_t at_ms;
    enum alert_transition transition;
    double value;
    char actor[128];
    char detail[512];
};

struct alert_history {
    struct alert_history_item *items;
    size_t len, capacity;
};
void alert_history_deinit(struct alert_history *history);

/* A row for event->alert, which is firing.  Fills event->alert.id and event->id.
 * -EEXIST when the condition has an open alert, -ENOENT when the host was deleted. */
int alerts_insert_fired(struct db *db, struct alert_event *event);

/* Closes event->alert.id and fills the rest of event->alert from the row.
 * -ENOENT when there is no such alert, or it is not open. */
int alerts_resolve(struct db *db, struct alert_event *event);

/* Acknowledges a firing alert with event->alert's id, org, acked_by and ack_comment; fills the
 * rest.  -ENOENT when there is no such alert, -EALREADY when it is acknowledged or resolved. */
int alerts_acknowledge(struct db *db, struct alert_event *event);

int alerts_find(struct db *db, org_id org, int64_t id, struct alert *out_alert);
int alerts_list(struct db *db, org_id org, const struct alert_filter *filter,
                struct alert_list *list);                     /* appends, newest first */
int alerts_list_open(struct db *db, struct alert_list *list); /* of every organisation */
int alerts_list_history(struct db *db, org_id org, int64_t id, struct alert_history *history);

/* Removes up to `limit` alerts that resolved before `before`, with their history, oldest first. */
int alerts_prune(struct db *db, msec_t before, int64_t limit, int64_t *out_removed);
