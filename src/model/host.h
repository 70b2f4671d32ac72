/* SPDX-License-Identifier: MIT */
/*
 * host - a watched machine, as the server knows it.
 */
#pragma once

#include "base/clock.h"
#include "model/org.h"

#define HOST_NAME_MAX_BYTES 200

enum host_state {
    HOST_WAITING, /* never reported */
    HOST_UP,
    HOST_LATE, /* two intervals missed */
    HOST_DOWN, /* three and a half */
    HOST_STATE_COUNT,
};

extern const char *const host_state_names[HOST_STATE_COUNT]; /* "waiting", "up", ... */

struct host {
    int64_t id;
    org_id org;
    char name[HOST_NAME_MAX_BYTES + 1]; /* the label `instance` */
    char agent_id[65];
    char source[32];
    mspan_t interval_ms;                            /* 0 = not known yet */
    msec_t created_ms, first_seen_ms, last_seen_ms; /* 0 = never */
};
