/* SPDX-License-Identifier: MIT */
/*
 * describe - tells the server what the metrics of a collection are: type and help.
 */
#pragma once

#include "agent/sampler.h"
#include "base/buf.h"

/* Appends a packed remote write request without samples that describes every metric of the
 * collection just ended, each once.  0; -ENODATA when there is none; -errno. */
int describe_metrics(const struct sampler *sampler, struct buf *out);
