/* SPDX-License-Identifier: MIT */
/*
 * metadata - what a metric is: its type, a sentence of help, its unit.
 */
#pragma once

enum metadata_type { /* numbered as remote write 1.0 does */
    METADATA_UNKNOWN,
    METADATA_COUNTER,
    METADATA_GAUGE,
    METADATA_HISTOGRAM,
    METADATA_GAUGE_HISTOGRAM,
    METADATA_SUMMARY,
    METADATA_INFO,
    METADATA_STATESET,
    METADATA_TYPE_COUNT
};

extern const char *const metadata_type_names[METADATA_TYPE_COUNT]; /* "counter", ... */

struct metadata {
    const char *metric;
    const char *help, *unit; /* "" = not known */
    enum metadata_type type;
};
