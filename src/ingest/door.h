/* SPDX-License-Identifier: MIT */
/*
 * door - the one way in: every protocol's batch passes here.
 *
 * It checks that the sender may write what it writes, stores the batch, and tells who waits for
 * news: per host, the alert engine and the live stream.  A host's own token writes only series
 * whose label `instance` is that host; a sender with the right to add hosts makes one of each new
 * `instance` with job="node".  Series without a known host are stored all the same.
 * Thread safe.
 */
#pragma once

#include "ingest/directory.h"
#include "model/batch.h"
#include "model/principal.h"
#include "store/store.h"

struct door;

/* News of one host: `n_series` of the batch, neighbours in it, as the store left them (series 0
 * where it refused one).  Valid during the call. */
struct arrival {
    org_id org;
    int64_t host_id;
    const char *host_name;
    const struct batch_series *series;
    size_t n_series;
    msec_t newest_ms;   /* of its samples */
    msec_t received_ms; /* our clock */
};

struct door_sink {
    /* Samples of a host are in the store and can be queried. */
    void (*arrived)(void *arg, const struct arrival *arrival);
    /* A new host reports: returns its id, or 0 when it cannot be added now. */
    int64_t (*adopt)(void *arg, org_id org, const char *name);
    void *arg;
};

struct door *door_new(struct store *store, struct directory *directory,
                      const struct door_sink *sink);
void door_free(struct door *door);

struct door_outcome {
    struct store_refusals refusals;
    size_t foreign; /* series that this sender may not write */
};

/* 0: the batch is durable, except what out_outcome says was refused for good.
 * -EAGAIN, -ENOSPC, -EIO: it could not be made so, the sender must come again; -EACCES: the
 * sender may write nothing of this. */
int door_accept(struct door *door, const struct principal *who, struct batch *batch,
                struct door_outcome *out_outcome);

/* False while the store is too far behind to take a batch; that passes. */
bool door_has_room(struct door *door);

struct door_stats {
    uint64_t batches, series_foreign, hosts_adopted;
};
void door_stats(struct door *door, struct door_stats *out_stats);
