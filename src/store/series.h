/* SPDX-License-Identifier: MIT */
/*
 * series - one series in memory: its newest samples, and what the file holds of it.
 *
 *   sample ──► in order: open chunk ──full──► sealed chunks ──writer commits──► (file)
 *        └──► late: sorted buffer ──full, or when the open chunk is sealed──►┘
 *
 * The open chunk takes what is later than everything before.  Late samples wait, sorted, and
 * become chunks of their own.  Sealed chunks do not change and are dropped once stored
 * (invariant 8 of docs/formats/store.md).
 *
 * Reference counted.  Fields below "under the lock" are guarded by the lock of the series'
 * shard (table.h), which the functions here expect to be held; sealed chunks are removed by the
 * writer only, so the writer may read them without it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/labels.h"
#include "model/org.h"
#include "store/chunk.h"

#define SERIES_LATE_MAX    256
#define SERIES_ALIASES_MAX 4

struct sealed_chunk {
    struct sealed_chunk *next;
    struct chunk chunk;
};

struct series {
    unsigned refs;
    uint32_t id;
    uint32_t shard;
    org_id org;
    uint64_t hash;         /* of org and the encoded labels */
    struct labels *labels; /* owned reference */
    uint8_t tag;           /* what store_options.classify said */
    bool is_stored;        /* its row is committed; atomic */
    bool is_gone;          /* it was deleted and its rows are too; atomic */

    /* under the lock */
    bool dead;   /* removed from the tables; takes no more samples */
    bool queued; /* it is on the writer's list of those with sealed chunks */
    uint8_t n_aliases;
    uint32_t dirty; /* log epoch of the oldest sample not sealed; 0 = none */
    msec_t last_ms; /* of the latest sample, anywhere; INT64_MIN = none */
    struct chunk open;
    struct sample_list late; /* sorted, times unique */
    struct sealed_chunk *sealed_first, *sealed_last;
    uint64_t accepted;                   /* number that the next accepted sample gets */
    uint64_t sealed_accepted;            /* all numbered below are sealed or in the file */
    uint64_t stored_accepted;            /* the watermark in the file */
    uint64_t replayed;                   /* at start: one above the highest number in the log */
    msec_t stored_from_ms, stored_to_ms; /* from > to = nothing in the file */
    uint64_t alias_hashes[SERIES_ALIASES_MAX];
};

enum series_add_result {
    SERIES_TAKEN = 1,
    SERIES_DUPLICATE,
    SERIES_CONFLICT, /* another value has that time */
    SERIES_UNSURE,   /* the file may have that time: look there, then series_add_late() */
};

/* Takes over the reference to labels. */
struct series *series_new(uint32_t id, org_id org, struct labels *take_labels);
struct series *series_ref(struct series *series);
void series_unref(struct series *series); /* NULL is fine */

/* Adds a sample, or says why not.  `epoch` is the log's (> 0). */
enum series_add_result series_add(struct series *series, struct sample sample, uint32_t epoch);

/* Adds a sample that neither memory nor file has. */
void series_add_late(struct series *series, struct sample sample, uint32_t epoch);

/* Moves the late buffer, or everything, into sealed chunks. */
void series_seal_late(struct series *series);
void series_seal_all(struct series *series);

/* Appends what is in memory within [from, to], in no particular order. */
void series_read(const struct series *series, msec_t from_ms, msec_t to_ms,
                 struct sample_list *out);

bool series_has_stored(const struct series *series);
bool series_is_empty(const struct series *series);

/* First and last time of everything; false when there is nothing. */
bool series_bounds(const struct series *series, msec_t *out_from_ms, msec_t *out_to_ms);

/* Forgets the samples in memory when all of them, and the sealed ones too, are older. */
void series_forget_older(struct series *series, msec_t cutoff_ms);

/* The oldest `count` sealed chunks are in the file now. */
void series_drop_sealed(struct series *series, size_t count);
