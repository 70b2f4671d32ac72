/* SPDX-License-Identifier: MIT */
/*
 * throttle - five failures a minute for each peer, then a wait.
 *
 * An attempt is counted before it is tried and given back when it succeeds, so that many
 * attempts at once count too.  The table has a fixed size: when a set of four is full, the peer
 * that was seen longest ago makes room.  Thread safe.
 */
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "base/clock.h"

#define THROTTLE_FAILURES 5
#define THROTTLE_WINDOW   MSEC_MINUTE
#define THROTTLE_SETS     1024 /* a power of two */
#define THROTTLE_WAYS     4

struct throttle_peer {
    uint64_t key; /* 0 = free */
    msec_t tries[THROTTLE_FAILURES];
};

struct throttle {
    pthread_mutex_t lock;
    uint64_t seed;
    struct throttle_peer sets[THROTTLE_SETS][THROTTLE_WAYS];
};

void throttle_init(struct throttle *throttle);
void throttle_deinit(struct throttle *throttle);

/* `peer` is an address as text; IPv6 counts by /64, IPv4 inside IPv6 as IPv4.
 * 0; -EAGAIN with the seconds to wait, at least 1. */
int throttle_take(struct throttle *throttle, const char *peer, msec_t now, int *out_retry_s);

/* It was no failure: the same peer and instant as taken. */
void throttle_give_back(struct throttle *throttle, const char *peer, msec_t now);
