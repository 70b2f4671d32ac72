/* SPDX-License-Identifier: MIT */
/*
 * watch - what the engine knows and does, without its thread.
 *
 *   watch.c     hosts and rules in memory: load, reload, publish
 *   judge.c     samples arrived: every rule of the host through its machines
 *   absence.c   nothing arrived: late, down, an outage; and the return
 *   journal.c   transitions into the database, again and again until they are there
 *
 * Time is a parameter, so that tests need none.  One thread calls everything here but
 * watch_status(), watch_stats() and what they read, which `lock` guards.
 *
 * Invariants
 *  1. A condition has at most one open alert; a condition in memory is not quiet, or has
 *     unsaved changes.
 *  2. The changes of one host reach the database in the order in which they happened.
 *  3. alert_id is that of the open alert once its firing is saved, 0 before and after.
 *  4. A host is HOST_DOWN from the moment it was found silent to its next sign of life.
 */
#pragma once

#include <pthread.h>

#include "alert/engine.h"
#include "alert/glance.h"
#include "alert/machine.h"
#include "alert/silence.h"
#include "base/map.h"
#include "state/rules.h"

#define WATCH_CONDITIONS_MAX 256  /* per host */
#define WATCH_CHANGES_MAX    4096 /* unsaved; when it is full nothing more is judged */

struct watch_now {
    msec_t wall;
    mono_t mono;
};

/* A condition that is not quiet. */
struct condition {
    int64_t rule_id;
    char *identity; /* owned; JSON, see summary.h */
    struct machine machine;
    int64_t alert_id;
    unsigned unsaved;                   /* changes of it in the journal */
    const struct measurement *measured; /* during a judgement only; NULL = absent */
};

struct watched_host {
    struct host host;
    struct rule_override_list overrides;
    char instance[HOST_NAME_MAX_BYTES + 1]; /* that `prepared` was narrowed to */
    void **prepared;                        /* owned; one per rule of the org; NULL = not yet */
    struct {
        struct condition **items; /* owned */
        size_t len, capacity;
    } conditions;
    msec_t judged_at;     /* newest samples that were judged */
    unsigned behind;      /* arrivals in a row that were older */
    struct glance glance; /* of what arrived since */
    mono_t received;      /* last sign of life; 0 = none since start */
    bool is_seen_unsaved; /* host.last_seen_ms is newer than the row */
    msec_t seen_saved_ms; /* what the row has */
    struct silence_learner learner;
    struct condition *down; /* alert of host_down; owned; NULL = none */
    int64_t outage_id;      /* that is ongoing and saved; 0 = none */
    bool has_outage;        /* it is ongoing, saved or not */
    unsigned unsaved;       /* changes of the host in the journal */
    /* guarded by watch->lock */
    enum host_state state;
    msec_t down_since;
    unsigned open[SEVERITY_COUNT];
};

struct org_rules {
    org_id org;
    struct rule_list rules;
    const struct rule *down; /* in `rules`; NULL = the organisation has none */
    uint8_t *metrics; /* owned; for each rule the number of the metric that its expression
                              * is, 0 = it is more than that, or has none */
};

enum change_outage {
    CHANGE_OUTAGE_NONE,
    CHANGE_OUTAGE_BEGINS,
    CHANGE_OUTAGE_ENDS
};

struct change {
    struct change *next;
    struct watched_host *host;
    struct condition *condition; /* NULL: only the outage changes */
    struct alert_event event;
    bool is_alert_gone; /* its row was deleted meanwhile: nothing to tell */
    enum change_outage outage_change;
    struct outage outage;
};

struct journal {
    struct change *first, **last; /* owned, oldest first */
    size_t len;
    mono_t retry_at;    /* 0 = nothing failed */
    mspan_t retry_wait; /* the next back-off */
};

struct watch {
    struct alert_engine_options options;
    pthread_mutex_t lock;
    struct map hosts; /* id → watched_host; changed under `lock` */
    struct map orgs;  /* id → org_rules */
    struct journal journal;
    struct arena arena;  /* of one judgement */
    mono_t counted_from; /* silence is counted from here at the earliest */
    mono_t last_tick;    /* 0 = none yet */
    mono_t next_check;   /* no host falls silent before */
    mono_t next_seen_write;
    struct alert_engine_stats stats; /* guarded by `lock` */
};

/* -- watch.c -- */
int watch_init(struct watch *watch, const struct alert_engine_options *options,
               struct watch_now now);
void watch_deinit(struct watch *watch);

/* The rules of the organisation changed, or one host did.  -errno: the database; the old ones
 * stay. */
int watch_reload_rules(struct watch *watch, org_id org, struct watch_now now);
int watch_reload_host(struct watch *watch, org_id org, int64_t host_id, struct watch_now now);

struct watched_host *watch_find(const struct watch *watch, org_id org, int64_t host_id);
const struct org_rules *watch_rules(const struct watch *watch, org_id org); /* NULL = none */

/* The rule as it counts for the host. */
struct rule watch_effective_rule(const struct watched_host *host, const struct rule *rule);
struct silence watch_silence(const struct watch *watch, const struct watched_host *host);

bool watch_status(struct watch *watch, int64_t host_id, struct alert_host_status *out_status);
struct alert_engine_stats watch_stats(struct watch *watch);
void watch_set_state(struct watch *watch, struct watched_host *host, enum host_state state);

/* Prepared expressions of the host are made anew when they are needed. */
void watch_forget_prepared(struct watch *watch, struct watched_host *host);

struct condition *condition_new(int64_t rule_id, const char *identity);
void condition_free(struct condition *condition); /* NULL is fine */

/* -- judge.c -- */
/* Samples up to `newest_at` of the host are there. */
void judge_samples(struct watch *watch, struct watched_host *host, const char *instance,
                   msec_t newest_at, struct watch_now now);
/* Resolves what fires by rules that are switched off or gone. */
void judge_rules(struct watch *watch, struct watched_host *host, struct watch_now now);

/* -- absence.c -- */
/* A sign of life, received at `received` / `received_mono`. */
void absence_end(struct watch *watch, struct watched_host *host, msec_t newest_at,
                 struct watch_now received);
/* Finds who is silent, writes who was seen, retries what is unsaved.  Call at least once a
 * second; returns when it wants to be called next. */
mono_t watch_tick(struct watch *watch, struct watch_now now);
/* Writes every last_seen that the database does not have. */
void absence_write_seen(struct watch *watch, bool all);
/* Resolves the alert of host_down and leaves the outage: its rule is switched off. */
void absence_resolve(struct watch *watch, struct watched_host *host, const char *detail,
                     struct watch_now now);

/* -- journal.c -- */
void journal_init(struct journal *journal);
void journal_deinit(struct journal *journal);
bool journal_is_full(const struct journal *journal);

/* Saves the change now, or keeps it until that works. */
void journal_add(struct watch *watch, const struct change *change, mono_t now);
void journal_retry(struct watch *watch, mono_t now); /* when it is time */
void journal_flush(struct watch *watch);             /* once, whatever the time */
void journal_forget_host(struct watch *watch, const struct watched_host *host);
