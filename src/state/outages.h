/* SPDX-License-Identifier: MIT */
/*
 * outages - the silences of hosts, kept until a person clears them.
 *
 * One row per host and last report before the silence.  An outage that has not ended cannot be
 * cleared.  Functions return what db_run() returns; -ENOENT for an outage that the organisation
 * does not have.  Thread safe.
 */
#pragma once

#include "model/alert.h"
#include "state/db.h"

struct outage_list {
    struct outage *items;
    size_t len, capacity;
};
void outage_list_deinit(struct outage_list *list);

struct outage_filter {
    bool cleared;    /* also those that were cleared */
    int64_t host_id; /* 0 = any */
    size_t limit;    /* 0 = 200; at most OUTAGES_LIST_MAX */
};

#define OUTAGES_LIST_MAX 1000

/* Begins the outage; fills outage->id.  When the silence since this last report has a row
 * already, that row is open again instead of a second one. */
int outages_begin(struct db *db, struct outage *outage);

/* Ends outage->id at ended_ms and fills the rest. */
int outages_end(struct db *db, struct outage *outage);

/* Clears outage->id of outage->org and fills the rest.  -EBUSY while it is ongoing; clearing
 * again changes nothing and is no error. */
int outages_clear(struct db *db, const char *who, msec_t now, struct outage *outage);

int outages_find(struct db *db, org_id org, int64_t id, struct outage *out_outage);
int outages_list(struct db *db, org_id org, const struct outage_filter *filter,
                 struct outage_list *list);                        /* appends, newest first */
int outages_list_ongoing(struct db *db, struct outage_list *list); /* of every organisation */

/* Removes up to `limit` outages that a person cleared before `before`, oldest first. */
int outages_prune(struct db *db, msec_t before, int64_t limit, int64_t *out_removed);
