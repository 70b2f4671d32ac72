/* SPDX-License-Identifier: MIT */
/*
 * print - one collection on stdout: `--print json` and `--print prometheus`.
 */
#pragma once

#include "agent/settings.h"
#include "base/buf.h"

/* Collects (over 1 s for json, 200 ms for prometheus) and appends the text to `out`. 0, -errno. */
int print_json(const struct settings *settings, struct buf *out);
int print_prometheus(const struct settings *settings, struct buf *out);

/* The JSON of earlier systems' agents, from numbers measured before. */
void print_summary(const struct settings *settings, const struct collect_summary *summary,
                   bool has_ssh, msec_t at_ms, struct buf *out);
