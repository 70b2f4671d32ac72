/* SPDX-License-Identifier: MIT */
/*
 * backup - a data directory into one file, while its server runs, and back.
 *
 * What it promises: everything that was acknowledged before the backup began is in it.  That
 * holds because samples go from the log's segments into store.db, and a segment is deleted only after
 * that is committed: the segments are opened first, the database is copied after.  What was in a
 * segment that vanished before it could be opened is in the copy of the database; what is in both
 * is dropped as a duplicate when the store reads its log.
 */
#pragma once

#include <stdbool.h>

#include "ctl/bundle.h"

struct backup_result {
    struct bundle_summary summary;
    uint64_t file_bytes;
    char damage[256]; /* of a database, as it also is in the running server; "" = none */
};

/* Writes `file` as a whole or not at all.  0; -errno with the problem. */
int backup_make(const char *data, const char *file, struct backup_result *out_result,
                struct problem *problem);

struct restore_result {
    struct bundle_summary summary;
    char damage[256];
    char
        kept[64]; /* folder in `data` that what was there has gone to; "" = there was nothing */
};

/* Puts what `file` holds into the directory, which must be empty unless `force`, and not in use
 * by a server.  The file is checked before anything is touched. */
int backup_restore(const char *file, const char *data, bool force,
                   struct restore_result *out_result, struct problem *problem);
