/* SPDX-License-Identifier: MIT */
/*
 * inbox - what has happened to hosts and waits for the engine's thread.
 *
 * One entry per host: while the engine is behind, newer samples of a host take the place of older
 * ones, so that it judges the present and memory stays bounded by the number of hosts.  (A
 * mailbox keeps every message and refuses when full, which is the wrong way round here.)
 *
 * Any thread posts and never waits; one thread takes everything at once.  It takes no more than
 * every INBOX_PAUSE_MS, so that under load it is not woken for each arrival; after a quiet time
 * it is at once, and for a change always.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "alert/glance.h"
#include "base/clock.h"
#include "base/map.h"
#include "model/host.h"

#define INBOX_HOSTS_MAX 200000
#define INBOX_PAUSE_MS  10

struct inbox_entry {
    struct inbox_entry *next; /* in order of first post */
    org_id org;
    int64_t host_id; /* 0: the organisation's rules changed */
    bool has_changed;
    bool was_seen;
    char instance[HOST_NAME_MAX_BYTES + 1];
    msec_t newest_at; /* of the samples; 0 = none came */
    struct glance glance;
    msec_t received; /* newest */
    mono_t received_mono;
};

struct inbox {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct map entries; /* by organisation and host */
    struct inbox_entry *first, **last;
    bool is_closed;
    bool is_awaited;  /* somebody waits for the first entry */
    bool is_urgent;   /* a change is among the entries: no pause */
    mono_t taken_at;  /* when entries were taken last */
    uint64_t merged;  /* arrivals that met one still waiting */
    uint64_t refused; /* over INBOX_HOSTS_MAX, or closed */
};

void inbox_init(struct inbox *inbox);
void inbox_deinit(struct inbox *inbox); /* frees what was not taken */

void inbox_post_change(struct inbox *inbox, org_id org, int64_t host_id);

/* Samples, or without newest_at a sign of life.  `arrival` is copied. */
void inbox_post_arrival(struct inbox *inbox, const struct inbox_entry *arrival);

/* Everything that waits, oldest first, as a list that the caller frees with
 * inbox_entries_free(); waits until `until` for something to come.  NULL when the time is up or
 * the inbox is closed and empty. */
struct inbox_entry *inbox_take_all(struct inbox *inbox, mono_t until);
void inbox_entries_free(struct inbox_entry *first);

void inbox_close(struct inbox *inbox);
bool inbox_is_closed(struct inbox *inbox);
