/* SPDX-License-Identifier: MIT */
/*
 * internal - what the files of notify/ share.
 */
#pragma once

#include <curl/curl.h>
#include <pthread.h>

#include "notify/delivery.h"
#include "notify/notify.h"
#include "notify/pace.h"

struct notify {
    struct db *db;                 /* borrowed from the caller of notify_new() */
    const struct secrets *secrets; /* likewise */
    CURLM *multi;                  /* owned; others than the thread may only wake it up */
    pthread_t thread;

    pthread_mutex_t lock; /* guards the rest up to the next comment */
    bool running, stopping, woken;
    struct delivery *tests; /* owned; waiting for the thread */
    size_t n_tests;         /* waiting and under way */
    struct notify_stats stats;

    /* owned by the thread */
    struct delivery *in_flight; /* owned; those that ended stay until they are stored */
    size_t n_in_flight;
    msec_t next_due;
    msec_t next_paced; /* no message waits for a token longer */
    struct pace pace;
};

#define NOTIFY_LOOK_EVERY  MSEC_MINUTE /* the wall clock may have jumped */
#define NOTIFY_STORE_AGAIN (2 * MSEC_SECOND)

#define NOTIFY_ORG_CHANNELS_MAX 64

/* -- notify.c -- */

/* Of the dashboard, as messages have it; "" = not known. */
void notify_read_public_url(struct db *db, org_id org, char *out, size_t size);

/* -- start.c; on the thread -- */

/* Starts what is due and says in next_due when to look again. */
void start_due_messages(struct notify *notify);
void start_waiting_tests(struct notify *notify);
