/* SPDX-License-Identifier: MIT */
/* last_report - what a summary wants to know from a host's last report beside its samples. */
#pragma once

#include "base/clock.h"
#include "model/host.h"
#include "state/db.h"

struct last_report {
    mspan_t ssh_window;     /* that failed logins are counted in; 0 = not told */
    char service_state[32]; /* "failed", "inactive", ...; "" = not told, or told as active */
};

/* `service` is the unit asked for, NULL = none.  What cannot be read is as good as not told. */
void last_report_read(struct db *db, const struct host *host, const char *service,
                      struct last_report *out_report);
