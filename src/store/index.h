/* SPDX-License-Identifier: MIT */
/*
 * index - which series have a label: (organisation, name, value) to ascending ids.
 *
 * A selector is answered from its most selective matcher; the others are checked against the
 * series found.  Regular expressions are tried on the distinct values of the label, not on
 * the series.  Thread safe: one lock, taken for reading by selectors, for writing by new and
 * dropped series.
 */
#pragma once

#include <pthread.h>

#include "base/map.h"
#include "model/series_source.h"
#include "store/series.h"

#define INDEX_PAGE_SERIES 4096

struct id_list {
    uint32_t *items; /* owned; ascending */
    size_t len, capacity;
};

struct series_list {
    struct series **items; /* owned; each with a reference */
    size_t len, capacity;
};

struct index_page;

struct index {
    pthread_rwlock_t lock;
    struct map orgs;           /* org_id → struct index_org */
    struct index_page **pages; /* owned; series by id, in pages */
    size_t n_pages;
    uint32_t next_id;
    size_t n_series;
};

void index_init(struct index *index);
void index_deinit(struct index *index);

/* Gives the series the next id and adds it.  0; -ENOSPC when the organisation has `max` series
 * or ids have run out. */
int index_add_new(struct index *index, struct series *series, size_t max);

/* Adds a series that has its id from the file; ids come in any order.  -EEXIST. */
int index_add_stored(struct index *index, struct series *series);

/* Ids up to `id` are not given to new series any more. */
void index_reserve_id(struct index *index, uint32_t id);

void index_remove(struct index *index, struct series *series);

/* With a reference, or NULL. */
struct series *index_find(struct index *index, uint32_t id);

/* The series with the next id at or above *id, with a reference; *id moves behind it.  NULL
 * at the end. */
struct series *index_next(struct index *index, uint32_t *id);

size_t index_count(struct index *index);

/* The series of the organisation that all matchers match, with references. */
void index_select(struct index *index, org_id org, const struct matcher *matchers,
                  size_t n_matchers, struct series_list *out);

/* Label names (label == NULL) or values of the whole organisation, each passed to `each`, in no
 * order; the text is valid during the call.  False when `each` said false. */
typedef bool index_text_fn(const char *text, size_t len, void *arg);
bool index_labels(struct index *index, org_id org, const char *label, index_text_fn *each,
                  void *arg);

void series_list_deinit(struct series_list *list);
