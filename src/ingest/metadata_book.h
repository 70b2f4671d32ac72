/* SPDX-License-Identifier: MIT */
/*
 * metadata_book - the latest type, help and unit of each metric, by organisation.
 *
 * In memory only: senders repeat it.  Bounded in metrics and bytes; when it is full, metrics that
 * it does not know are left out.  Thread safe.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "model/metadata.h"
#include "model/org.h"

#define METADATA_METRICS_MAX 20000 /* over all organisations */
#define METADATA_BYTES_MAX   ((size_t)8 * 1024 * 1024)
#define METADATA_NAME_MAX    ((size_t)256)  /* longer ones are left out */
#define METADATA_HELP_MAX    ((size_t)1024) /* longer ones are cut */
#define METADATA_UNIT_MAX    ((size_t)64)

struct metadata_book;

struct metadata_book *metadata_book_new(void);
void metadata_book_free(struct metadata_book *book);

/* What is known already changes only when `may_replace`.  False when nothing was written: no room,
 * a name that is not usable, or not allowed. */
bool metadata_book_put(struct metadata_book *book, org_id org, const struct metadata *metadata,
                       bool may_replace);

struct metadata_list {
    struct metadata *items; /* sorted by metric; in the arena, as are their texts */
    size_t len;
};

/* 0; -E2BIG (the arena's ceiling). */
int metadata_book_list(struct metadata_book *book, org_id org, struct arena *arena,
                       struct metadata_list *out_list);
