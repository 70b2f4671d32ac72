/* SPDX-License-Identifier: MIT */
#include "store/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "store/index_pairs.h"

void index_init(struct index *index)
{
    *index = (struct index){.next_id = 1, .seed = random_u64()};
    /* Readers that follow one another must not keep new series out. */
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&index->lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    map_init(&index->by_org);
}

void index_deinit(struct index *index)
{
    for (size_t i = 0; i < index->n_orgs; i++)
        index_org_free(index->orgs[i]);
    for (size_t i = 0; i < index->n_pages; i++) {
        if (index->pages[i] != NULL)
            VEC_DEINIT(&index->pages[i]->pool);
        free(index->pages[i]);
    }
    free(index->orgs);
    free(index->pages);
    map_deinit(&index->by_org);
    pthread_rwlock_destroy(&index->lock);
}

/* Its number; made when it is not there. */
static uint32_t make_org(struct index *index, org_id id)
{
    uintptr_t known = (uintptr_t)map_find(&index->by_org, &id, sizeof(id));
    if (known != 0)
        return (uint32_t)known - 1;
    index->orgs = memory_realloc(index->orgs, (index->n_orgs + 1) * sizeof(struct index_org *));
    index->orgs[index->n_orgs++] = index_org_new(id, index->seed);
    map_put(&index->by_org, &id, sizeof(id), (void *)(uintptr_t)index->n_orgs);
    return (uint32_t)index->n_orgs - 1;
}

static struct index_page *make_page(struct index *index, uint32_t id)
{
    size_t page = id / INDEX_PAGE_SERIES;
    if (page >= index->n_pages) {
        size_t n_pages = page + page / 2 + 1;
        index->pages = memory_realloc(index->pages, n_pages * sizeof(struct index_page *));
        memset(&index->pages[index->n_pages], 0,
               (n_pages - index->n_pages) * sizeof(struct index_page *));
        index->n_pages = n_pages;
    }
    if (index->pages[page] == NULL)
        index->pages[page] = memory_calloc(1, sizeof(struct index_page));
    return index->pages[page];
}

static void add(struct index *index, uint32_t id, uint32_t org_number,
                const struct label_slices *labels)
{
    struct index_org *org = index->orgs[org_number];
    struct index_page *page = make_page(index, id);
    struct index_ref *ref = &page->refs[id % INDEX_PAGE_SERIES];
    assert(ref->org == 0 && page->pool.len < 1 << 24);
    *ref = (struct index_ref){.org = org_number + 1,
                              .at = (uint32_t)page->pool.len & 0xffffff,
                              .count = (uint8_t)labels->len};
    for (size_t i = 0; i < labels->len; i++) {
        uint32_t pair = index_make_pair(org, labels->items[i].name, labels->items[i].value);
        VEC_PUSH(&page->pool, pair);
        id_list_add(&org->pairs.items[pair].ids, id);
    }
    id_list_add(&org->all, id);
    page->used++;
    index->n_series++;
}

static int check_limits(const struct index *index, const struct index_org *org,
                        const struct label_slices *labels, const struct index_limits *limits)
{
    if (org->all.len >= limits->per_org || index->next_id == UINT32_MAX)
        return -ENOSPC;
    for (size_t i = 0; i < labels->len; i++) {
        const struct label_slice *pair = &labels->items[i];
        if (!slice_is(pair->name, LABEL_INSTANCE))
            continue;
        uint32_t host = index_find_pair(org, pair->name, pair->value);
        return host != INDEX_NO_PAIR && org->pairs.items[host].ids.len >= limits->per_host
                   ? -EDQUOT
                   : 0;
    }
    return 0;
}

int index_add(struct index *index, org_id org, const struct label_slices *labels,
              const struct index_limits *limits, uint32_t *out_id)
{
    pthread_rwlock_wrlock(&index->lock);
    uint32_t number = make_org(index, org);
    int error = check_limits(index, index->orgs[number], labels, limits);
    if (error == 0) {
        *out_id = index->next_id++;
        add(index, *out_id, number, labels);
    }
    pthread_rwlock_unlock(&index->lock);
    return error;
}

int index_add_stored(struct index *index, uint32_t id, org_id org,
                     const struct label_slices *labels)
{
    if (id == 0 || id == UINT32_MAX)
        return -EINVAL;
    pthread_rwlock_wrlock(&index->lock);
    bool exists = index_ref(index, id) != NULL;
    if (!exists)
        add(index, id, make_org(index, org), labels);
    index->next_id = MAX_OF(index->next_id, id + 1);
    pthread_rwlock_unlock(&index->lock);
    return exists ? -EEXIST : 0;
}

void index_reserve(struct index *index, uint32_t next_id)
{
    pthread_rwlock_wrlock(&index->lock);
    index->next_id = MAX_OF(index->next_id, next_id);
    pthread_rwlock_unlock(&index->lock);
}

uint32_t index_next_id(struct index *index)
{
    pthread_rwlock_rdlock(&index->lock);
    uint32_t id = index->next_id;
    pthread_rwlock_unlock(&index->lock);
    return id;
}

bool index_remove(struct index *index, uint32_t id)
{
    pthread_rwlock_wrlock(&index->lock);
    const struct index_ref *ref = index_ref(index, id);
    bool found = ref != NULL;
    if (found) {
        struct index_page **page = &index->pages[id / INDEX_PAGE_SERIES];
        struct index_org *org = index->orgs[ref->org - 1];
        const uint32_t *pairs = index_ref_pairs(index, id, ref);
        for (size_t i = 0; i < ref->count; i++)
            index_leave_pair(org, pairs[i], id);
        id_list_remove(&org->all, id);
        (*page)->refs[id % INDEX_PAGE_SERIES] = (struct index_ref){0};
        index->n_series--;
        if (--(*page)->used == 0) {
            VEC_DEINIT(&(*page)->pool);
            free(*page);
            *page = NULL;
        }
    }
    pthread_rwlock_unlock(&index->lock);
    return found;
}

/* Where the texts of a series lie; its organisation, or NULL when there is no such series. */
static const struct index_org *read_labels(const struct index *index, uint32_t id,
                                           struct label_slices *out)
{
    const struct index_ref *ref = index_ref(index, id);
    if (ref == NULL)
        return NULL;
    const struct index_org *org = index->orgs[ref->org - 1];
    const uint32_t *pairs = index_ref_pairs(index, id, ref);
    out->len = ref->count;
    for (size_t i = 0; i < ref->count; i++) {
        const struct index_pair *pair = &org->pairs.items[pairs[i]];
        const struct index_name *name = &org->name_list.items[pair->name];
        out->items[i].name = (struct slice){name->text, name->len};
        out->items[i].value = (struct slice){pair->value, pair->value_len};
    }
    return org;
}

struct labels *index_labels(struct index *index, uint32_t id)
{
    struct label_slices slices;
    pthread_rwlock_rdlock(&index->lock);
    bool found = read_labels(index, id, &slices) != NULL;
    struct labels *labels = found ? labels_new_sorted(&slices) : NULL;
    pthread_rwlock_unlock(&index->lock);
    return labels;
}

bool index_encode(struct index *index, uint32_t id, struct buf *out, org_id *out_org)
{
    struct label_slices slices;
    pthread_rwlock_rdlock(&index->lock);
    const struct index_org *org = read_labels(index, id, &slices);
    if (org != NULL) {
        labels_encode_slices(out, &slices);
        *out_org = org->id;
    }
    pthread_rwlock_unlock(&index->lock);
    return org != NULL;
}

size_t index_count(struct index *index)
{
    pthread_rwlock_rdlock(&index->lock);
    size_t count = index->n_series;
    pthread_rwlock_unlock(&index->lock);
    return count;
}
