/* SPDX-License-Identifier: MIT */
/*
 * index_pairs - the tables behind the index: the pairs of an organisation, and which pairs each
 * series has.  Guarded by the index's lock.
 */
#pragma once

#include <assert.h>

#include "base/vec.h"
#include "store/index.h"

#define INDEX_PAGE_SERIES 256
#define INDEX_NO_PAIR     UINT32_MAX

/* One name="value". */
struct index_pair {
    char *value; /* owned; NULL = free, to be used again */
    uint32_t value_len;
    uint32_t name; /* number in names */
    uint32_t at;   /* where the name lists it; of a free one: the next free one */
    uint32_t hash;
    struct id_list ids; /* of the series that have it */
};

struct index_name {
    char *text; /* owned */
    size_t len;
    VEC(uint32_t) values; /* numbers of its pairs */
};

struct index_org {
    org_id id;
    uint64_t seed;
    struct id_list all;
    struct map names; /* text → number + 1 */
    VEC(struct index_name) name_list;
    VEC(struct index_pair) pairs;
    uint32_t first_free;
    uint32_t *slots; /* owned; pair + 1, 0 = free; open addressing */
    size_t n_slots, n_pairs;
};

struct index_org *index_org_new(org_id id, uint64_t seed);
void index_org_free(struct index_org *org);

/* The pair, or INDEX_NO_PAIR. */
uint32_t index_find_pair(const struct index_org *org, struct slice name, struct slice value);

/* The pair, made when it is not there. */
uint32_t index_make_pair(struct index_org *org, struct slice name, struct slice value);

/* Takes a series out of it; without any the pair goes. */
void index_leave_pair(struct index_org *org, uint32_t pair, uint32_t id);

const struct index_name *index_find_name(const struct index_org *org, const char *text,
                                         uint32_t *out_number);

/* --- which pairs a series has --- */

struct index_ref {
    uint32_t org;     /* number in orgs, + 1; 0 = there is no such series */
    uint32_t at : 24; /* in the page's pool */
    uint32_t count : 8;
};

struct index_page {
    struct index_ref refs[INDEX_PAGE_SERIES];
    VEC(uint32_t) pool; /* numbers of pairs */
    size_t used;
};

static inline const struct index_ref *index_ref(const struct index *index, uint32_t id)
{
    size_t page = id / INDEX_PAGE_SERIES;
    if (page >= index->n_pages || index->pages[page] == NULL)
        return NULL;
    const struct index_ref *ref = &index->pages[page]->refs[id % INDEX_PAGE_SERIES];
    return ref->org == 0 ? NULL : ref;
}

static inline const uint32_t *index_ref_pairs(const struct index *index, uint32_t id,
                                              const struct index_ref *ref)
{
    return index->pages[id / INDEX_PAGE_SERIES]->pool.items + ref->at;
}
