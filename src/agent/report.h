/* SPDX-License-Identifier: MIT */
/*
 * report - facts, services and SSH failures as one JSON document, when there is news in it.
 *
 * Sent when services or SSH failures differ from the last one, and every REPORT_PERIOD.  Facts
 * hardly change and cost much to read, so they are read once per period.
 */
#pragma once

#include "base/buf.h"
#include "collect/collect.h"

#define REPORT_PERIOD MSEC_MINUTE

struct report {
    struct buf text;
    struct buf facts;   /* as they were read last */
    uint64_t sent_hash; /* of what was given out last */
    mono_t sent_at;     /* when; 0 = never */
};

void report_init(struct report *report);
void report_deinit(struct report *report);

/* Builds the report; true when it is to be sent, and then it stands in report->text. */
bool report_build(struct report *report, struct collect *collect, mspan_t interval,
                  msec_t wall_now, mono_t now);
