/* SPDX-License-Identifier: MIT */
/*
 * alert - a condition that became true on a host, and the outage of a host that fell silent.
 *
 *            evaluate: true                 for elapsed            evaluate: cleared
 *   (none) ─────────────────► pending ─────────────────► firing ─────────────────► resolved
 *                                └──── cleared before ────► (none)
 *
 * One alert per condition: rule, host and the labels that tell apart what is measured.
 */
#pragma once

#include "base/clock.h"
#include "model/host.h"
#include "model/org.h"

enum alert_state {
    ALERT_PENDING,
    ALERT_FIRING,
    ALERT_RESOLVED,
    ALERT_STATE_COUNT
};
enum alert_severity {
    SEVERITY_INFO,
    SEVERITY_WARNING,
    SEVERITY_CRITICAL,
    SEVERITY_COUNT
};

/* What happened to an alert and is told to people. */
enum alert_transition {
    TRANSITION_FIRED,
    TRANSITION_RESOLVED,
    TRANSITION_ACKNOWLEDGED,
    TRANSITION_COUNT,
};

extern const char *const alert_state_names[ALERT_STATE_COUNT];
extern const char *const alert_severity_names[SEVERITY_COUNT];
extern const char *const alert_transition_names[TRANSITION_COUNT]; /* "fired", ... */

#define ALERT_RULE_HOST_DOWN "host_down"

struct alert {
    int64_t id;
    org_id org;
    int64_t rule_id;
    char rule_key[32];
    int64_t host_id;
    char host_name[HOST_NAME_MAX_BYTES + 1];
    char labels[1024]; /* JSON object of what is measured, e.g. {"mountpoint":"/"} */
    enum alert_state state;
    enum alert_severity severity;
    char summary[512]; /* "web-1: disk / is 93.2 % full, over 90 %" */
    char unit[16];
    double value, limit;                                /* NaN = none */
    msec_t since_ms, fired_ms, resolved_ms, updated_ms; /* 0 = not yet */
    msec_t acked_ms;
    char acked_by[128];
    char ack_comment[512];
};

/* A transition as it was, for the outbox, the live stream and the history. */
struct alert_event {
    int64_t id; /* row of alert_events */
    enum alert_transition transition;
    msec_t at_ms;
    char detail[512];   /* why, where it is not plain: "no longer reported", a comment */
    struct alert alert; /* after the transition */
};

struct outage {
    int64_t id;
    org_id org;
    int64_t host_id;
    char host_name[HOST_NAME_MAX_BYTES + 1];
    int64_t alert_id;
    msec_t last_seen_ms, detected_ms, ended_ms, cleared_ms; /* 0 = not yet */
    char cleared_by[128];
};
