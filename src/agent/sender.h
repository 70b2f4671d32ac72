/* SPDX-License-Identifier: MIT */
/*
 * sender - brings samples and reports to the server, and loses none while it is away.
 *
 * One request at a time over one kept connection.  What is sent next:
 *
 * *     not enrolled ──► enrol ──► live parcels ──► report ──► spool, oldest first, at a bounded rate
 *
 * A healthy server costs no disk writes: parcels wait in a small queue in memory for their turn.
 * As soon as the server does not take something, the queue goes to the spool and new parcels
 * follow it there, until an answer says that the server is back.  When the spool cannot be
 * written either, the newest parcels are kept in memory (see outbox.h).
 *
 * The sender logs, on every change between good and bad once.  Everything on the loop's thread.
 */
#pragma once

#include "agent/identity.h"
#include "agent/spool.h"
#include "model/problem.h"
#include "net/loop.h"

struct sender;

struct sender_options {
    struct loop *loop;
    const char *url;    /* base */
    const char *verify; /* see http_client.h */
    const char *name;
    const char *token;         /* for enrolment; NULL = none was given */
    const char *state;         /* where the identity is kept */
    struct identity *identity; /* borrowed; changed by enrolment */
    struct spool *spool;       /* borrowed; NULL = memory only */
};

struct sender_stats {
    uint64_t requests_ok, requests_refused, requests_failed;
    uint64_t samples_sent;
    uint64_t samples_refused; /* given up: the server will never take them */
    uint64_t samples_dropped; /* given up: no room on disk nor in memory */
    size_t queue_bytes;
    bool is_away; /* the last request failed */
};

/* 0; -EINVAL with a problem (URL or verify file). */
int sender_new(const struct sender_options *options, struct sender **out_sender,
               struct problem *problem);

/* What is still queued goes to the spool. */
void sender_free(struct sender *sender);

/* Takes a copy of one packed collection. */
void sender_push(struct sender *sender, const struct spool_record *record);

/* The newest report; one that was not sent yet is replaced. */
void sender_set_report(struct sender *sender, const void *json, size_t len);

/* Calls done(arg) once when queue and report were sent (sender_is_drained() is true then) or a
 * request failed.  No retries after that, and the spool is not replayed any more. */
void sender_drain(struct sender *sender, loop_fn *done, void *arg);
bool sender_is_drained(const struct sender *sender);

struct sender_stats sender_stats(const struct sender *sender);
