/* SPDX-License-Identifier: MIT */
/*
 * engine - watches every host: judges the rules when samples arrive, and silence by the clock.
 *
 * One thread does the work; the door hands it arrivals without waiting.  A transition (fired,
 * resolved, acknowledged) is one database transaction that holds the alert's row, its event, the
 * outage if there is one, and whatever the sink queues for delivery: either all of it is there
 * or none.  When the database refuses, the transition waits in memory and is tried again.
 *
 * What is only pending lives in memory: a value that swings around its limit must not write to
 * the disk each time, and nobody is told about pending alerts.  After a restart the samples in
 * the store say since when the condition is true.
 *
 * Functions are thread safe.  Sink callbacks come from the engine's thread, or from the thread
 * that acknowledges or clears; they may read from the engine but not stop it.
 */
#pragma once

#include <stdint.h>

#include "alert/glance.h"
#include "alert/measure.h"
#include "model/alert.h"
#include "model/host.h"
#include "model/series_source.h"
#include "state/db.h"

struct alert_engine;

struct alert_sink {
    /* Inside the open transaction of the change: insert what must be delivered.  Non-zero
     * abandons the transaction; it will be tried again. */
    int (*queue)(void *arg, struct db *db, const struct alert_event *event);
    /* After commits.  Each may be NULL. */
    void (*changed)(void *arg, const struct alert_event *event);
    void (*outage_changed)(void *arg, const struct outage *outage);
    void (*host_state_changed)(void *arg, org_id org, int64_t host_id, enum host_state state);
};

struct alert_engine_options {
    struct db *db;               /* borrowed, outlives the engine */
    struct series_source source; /* what the rules read */
    const struct alert_sink *sink;
    void *sink_arg;
    const struct measure_kind *measure; /* NULL = PromQL over `source` */
    void *measure_arg;
    /* The number that a metric has in the glances of arrivals, 0 = none; NULL = all have none. */
    uint8_t (*metric_number)(const char *metric);
};

struct alert_engine_stats {
    uint64_t evaluations;   /* of one rule for one host */
    uint64_t evaluation_ns; /* spent in them */
    uint64_t errors;        /* evaluations that failed */
    uint64_t transitions;   /* committed */
    uint64_t retries;       /* transactions that failed and were tried again */
    uint64_t late;          /* arrivals that were merged because the engine was behind */
    uint64_t refused;       /* arrivals and conditions over a limit */
    uint64_t unsaved;       /* transitions waiting for the database now */
};

/* Seeds rules where an organisation has none, and loads hosts, open alerts and outages.
 * 0, or what the database says. */
int alert_engine_new(const struct alert_engine_options *options,
                     struct alert_engine **out_engine);
int alert_engine_start(struct alert_engine *engine); /* 0, -EAGAIN: no thread */
void alert_engine_stop(struct alert_engine *engine); /* writes what is unsaved, once */
void alert_engine_free(struct alert_engine *engine); /* stopped; NULL is fine */

/* Samples of the host are in the store.  `instance` is the host's label, `newest_at` the time of
 * the newest sample, `received` the server's clock.  Never waits. */
struct alert_arrival {
    org_id org;
    int64_t host_id;
    const char *instance; /* borrowed for the call */
    msec_t newest_at;     /* 0 = a sign of life without samples, such as a report */
    msec_t received;
    const struct glance *glance; /* borrowed: what samples came; NULL = not looked at */
};
void alert_engine_samples(struct alert_engine *engine, const struct alert_arrival *arrival);

/* The host was enrolled or deleted, or its interval or thresholds changed; host_id 0 = the rules
 * of the organisation changed.  Takes effect before the next samples are judged. */
void alert_engine_host_changed(struct alert_engine *engine, org_id org, int64_t host_id);

struct alert_acknowledgement {
    org_id org;
    int64_t alert_id;
    const char *who;
    const char *comment;
};
/* 0 with the alert as it is now, also when it was acknowledged or resolved before; -ENOENT;
 * or what the database or the sink says. */
int alert_engine_acknowledge(struct alert_engine *engine,
                             const struct alert_acknowledgement *acknowledgement,
                             struct alert *out_alert);

/* 0 with the outage; -EBUSY while it is ongoing, -ENOENT. */
int alert_engine_clear_outage(struct alert_engine *engine, org_id org, int64_t outage_id,
                              const char *who, struct outage *out_outage);

/* False when the engine does not know the host (then it is as good as waiting).  `down_since` is
 * the last report before the silence, 0 when the host is not down. */
struct alert_host_status {
    enum host_state state;
    msec_t down_since_ms;
    msec_t last_seen_ms; /* newer than in the database, which is written now and then */
    mspan_t interval_ms; /* told by the agent or learned; 0 = not known yet */
    unsigned open[SEVERITY_COUNT]; /* firing alerts */
};
bool alert_engine_host_status(struct alert_engine *engine, int64_t host_id,
                              struct alert_host_status *out_status);

struct alert_engine_stats alert_engine_stats(struct alert_engine *engine);
