/* SPDX-License-Identifier: MIT */
/*
 * bundle - many files in one, each with a digest: what a backup is made of.
 *
 * docs/formats/backup.md specifies the bytes.  A bundle is written front to back and is valid only
 * with the trailer that bundle_finish() puts; one that was cut short anywhere is found out.
 */
#pragma once

#include <sodium.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "model/problem.h"

#define BUNDLE_NAME_MAX     100
#define BUNDLE_DIGEST_BYTES 32
#define BUNDLE_ENTRIES_MAX  100000

struct bundle_entry {
    char name[BUNDLE_NAME_MAX + 1]; /* "state.db", "log/00000001.log" */
    mode_t mode;                    /* permissions */
    uint64_t size;
};

/* ---- writing ---- */

struct bundle_writer {
    int file; /* borrowed */
    uint64_t offset;
    uint32_t n_entries;
    uint64_t data_bytes;
    crypto_generichash_state digests; /* of the header and all entries' digests so far */
};

/* `file` is empty and open for writing.  0, -errno. */
int bundle_begin(struct bundle_writer *writer, int file, msec_t now_ms);

/* Copies `source` from its beginning to its end, wherever that is when it gets there.  0, -errno. */
int bundle_add(struct bundle_writer *writer, const char *name, int source);

/* Puts the trailer, and all of it on the disk. */
int bundle_finish(struct bundle_writer *writer);

/* ---- reading ---- */

struct bundle_summary {
    msec_t made_ms;
    uint32_t n_entries;
    uint64_t data_bytes;
};

/* What to do with the entries; each returns 0 or -errno, which ends the reading. */
struct bundle_sink {
    int (*begin)(void *arg, const struct bundle_entry *entry);
    int (*data)(void *arg, const void *bytes, size_t len);
    int (*end)(void *arg); /* its digest was right */
};

/* Reads from the start and checks everything; `sink` NULL only checks.  0; -errno with the problem;
 * -EBADMSG: it is not a whole, undamaged bundle. */
int bundle_read(int file, const struct bundle_sink *sink, void *arg,
                struct bundle_summary *out_summary, struct problem *problem);
