/* SPDX-License-Identifier: MIT */
/*
 * ssh_line - a line of a log file: when sshd said what, and which of its processes.
 *
 * Knows the classic time stamp ("Nov 20 09:17:28", local time, no year), RFC 3339 and the
 * whole of RFC 5424.
 */
#pragma once

#include "base/clock.h"
#include "base/text.h"

struct ssh_line {
    msec_t at_ms; /* never after `now_ms` */
    uint64_t pid; /* 0 = not said */
    struct slice message;
};

/* False when it is not a line of sshd's. */
bool ssh_line_parse(struct slice text, msec_t now_ms, struct ssh_line *out_line);
