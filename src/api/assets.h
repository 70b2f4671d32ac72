/* SPDX-License-Identifier: MIT */
/*
 * assets - the dashboard's files, embedded in the program by script/embed.py.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct asset_form {
    const unsigned char *data; /* NULL = not in this form */
    size_t len;
};

struct asset {
    const char *path;  /* "/assets/index-1a2b3c.js" */
    const char *type;  /* Content-Type */
    const char *etag;  /* quoted, of the content */
    bool is_immutable; /* its name changes with its content */
    struct asset_form plain, brotli, gzip;
};

/* Sorted by path; empty in a build without dashboard. */
extern const struct asset assets[];
extern const size_t assets_count;
