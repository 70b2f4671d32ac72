/* SPDX-License-Identifier: MIT */
/*
 * index - the names of series: which labels a series has, and which series have a label.
 *
 * Each organisation has its own table of *pairs* (name="value"), each text once.  A series is the
 * list of its pairs' numbers, a pair knows the ascending ids of its series; so a new series
 * costs a look-up and an append per label and no allocation of its own.  struct labels are made
 * when somebody asks.
 *
 * A selector is answered from its most selective matcher; the others are checked on the numbers of
 * the pairs, a regular expression at most once per value.
 *
 * Thread safe: one lock, taken for reading by selectors, for writing by new and dropped series.
 */
#pragma once

#include <pthread.h>

#include "base/map.h"
#include "model/matcher.h"
#include "model/org.h"
#include "store/id_list.h"

struct index_page;
struct index_org;

struct index {
    pthread_rwlock_t lock;

    /* under `lock` */
    uint64_t seed;
    struct map by_org;         /* org_id → struct index_org */
    struct index_org **orgs;   /* owned */
    struct index_page **pages; /* owned; by id / INDEX_PAGE_SERIES */
    size_t n_orgs, n_pages, n_series;
    uint32_t next_id;
};

struct index_limits {
    size_t per_org, per_host; /* series; a host is a value of the label `instance` */
};

void index_init(struct index *index);
void index_deinit(struct index *index);

/* Adds a series that is not there yet, under the next id.  0; -ENOSPC when the organisation has
 * all it may have or ids have run out, -EDQUOT when the host has. */
int index_add(struct index *index, org_id org, const struct label_slices *labels,
              const struct index_limits *limits, uint32_t *out_id);

/* The same for one that has its id from the disk.  -EEXIST, -EINVAL for id 0. */
int index_add_stored(struct index *index, uint32_t id, org_id org,
                     const struct label_slices *labels);

/* Ids below are not given to new series any more. */
void index_reserve(struct index *index, uint32_t next_id);
uint32_t index_next_id(struct index *index); /* above all that were given */

/* False when there is none. */
bool index_remove(struct index *index, uint32_t id);

/* A reference, or NULL when there is none. */
struct labels *index_labels(struct index *index, uint32_t id);

/* Appends the encoded labels; false when there is none. */
bool index_encode(struct index *index, uint32_t id, struct buf *out, org_id *out_org);

size_t index_count(struct index *index);

/* Ids found, ascending; grown as needed. */
struct id_vec {
    uint32_t *items; /* owned */
    size_t len, capacity;
};

/* The series of the organisation that all matchers match. */
void index_select(struct index *index, org_id org, const struct matcher *matchers,
                  size_t n_matchers, struct id_vec *out);

/* Label names (label == NULL) or values of the whole organisation, or with `among` of these series
 * alone, each passed to `each`, in no order, possibly more than once; the text is valid during
 * the call.  False when `each` said false. */
typedef bool index_text_fn(const char *text, size_t len, void *arg);
bool index_each_text(struct index *index, org_id org, const char *label,
                     const struct id_vec *among, index_text_fn *each, void *arg);
