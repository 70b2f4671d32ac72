/* SPDX-License-Identifier: MIT */
/*
 * index_parts - what index.c and index_select.c share: the tables behind the index.  All of it is
 * guarded by the index's lock.
 */
#pragma once

#include <assert.h>

#include "store/index.h"

struct index_page {
    struct series *series[INDEX_PAGE_SERIES]; /* owned references */
    size_t used;
};

/* Values of one label name. */
struct index_name {
    struct map values; /* value → struct id_list, owned */
};

struct index_org {
    struct map names;   /* name → struct index_name, owned */
    struct id_list all; /* of the organisation */
};

static inline struct index_org *index_find_org(const struct index *index, org_id org)
{
    return map_find(&index->orgs, &org, sizeof(org));
}

/* NULL when the page of the id is not there. */
static inline struct series **index_slot(struct index *index, uint32_t id)
{
    size_t page = id / INDEX_PAGE_SERIES;
    if (page >= index->n_pages || index->pages[page] == NULL)
        return NULL;
    return &index->pages[page]->series[id % INDEX_PAGE_SERIES];
}

/* The slot of an id whose page is there. */
static inline struct series **index_known_slot(struct index *index, uint32_t id)
{
    struct series **slot = index_slot(index, id);
    assert(slot != NULL);
    return slot;
}
