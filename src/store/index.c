/* SPDX-License-Identifier: MIT */
#include "store/index.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vec.h"
#include "store/index_parts.h"

void index_init(struct index *index)
{
    *index = (struct index){.next_id = 1};
    /* Readers that follow one another must not keep new series out. */
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&index->lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    map_init(&index->orgs);
}

static void free_ids(struct id_list *ids)
{
    free(ids->items);
    free(ids);
}

static void free_name(struct index_name *name)
{
    for (struct map_slot *slot = NULL; (slot = map_next(&name->values, slot)) != NULL;)
        free_ids(slot->value);
    map_deinit(&name->values);
    free(name);
}

static void free_org(struct index_org *org)
{
    for (struct map_slot *slot = NULL; (slot = map_next(&org->names, slot)) != NULL;)
        free_name(slot->value);
    map_deinit(&org->names);
    free(org->all.items);
    free(org);
}

void index_deinit(struct index *index)
{
    for (struct map_slot *slot = NULL; (slot = map_next(&index->orgs, slot)) != NULL;)
        free_org(slot->value);
    map_deinit(&index->orgs);
    for (size_t i = 0; i < index->n_pages; i++) {
        for (size_t j = 0; index->pages[i] != NULL && j < INDEX_PAGE_SERIES; j++)
            series_unref(index->pages[i]->series[j]);
        free(index->pages[i]);
    }
    free(index->pages);
    pthread_rwlock_destroy(&index->lock);
}

/* Where `id` is or would be. */
static size_t position(const struct id_list *ids, uint32_t id)
{
    if (ids->len > 0 && ids->items[ids->len - 1] < id)
        return ids->len;
    size_t low = 0, high = ids->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ids->items[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_id(struct id_list *ids, uint32_t id)
{
    size_t at = position(ids, id);
    assert(at == ids->len || ids->items[at] != id);
    VEC_PUSH(ids, id);
    memmove(&ids->items[at + 1], &ids->items[at], (ids->len - 1 - at) * sizeof(id));
    ids->items[at] = id;
}

static void remove_id(struct id_list *ids, uint32_t id)
{
    size_t at = position(ids, id);
    assert(at < ids->len && ids->items[at] == id);
    ids->len--;
    memmove(&ids->items[at], &ids->items[at + 1], (ids->len - at) * sizeof(id));
}

static struct index_org *make_org(struct index *index, org_id id)
{
    struct index_org *org = index_find_org(index, id);
    if (org == NULL) {
        org = memory_calloc(1, sizeof(*org));
        map_init(&org->names);
        map_put(&index->orgs, &id, sizeof(id), org);
    }
    return org;
}

static struct id_list *make_ids(struct index_org *org, const struct label *pair)
{
    struct index_name *name = map_find_text(&org->names, pair->name);
    if (name == NULL) {
        name = memory_calloc(1, sizeof(*name));
        map_init(&name->values);
        map_put_text(&org->names, pair->name, name);
    }
    struct id_list *ids = map_find_text(&name->values, pair->value);
    if (ids == NULL) {
        ids = memory_calloc(1, sizeof(*ids));
        map_put_text(&name->values, pair->value, ids);
    }
    return ids;
}

static void put_in_page(struct index *index, struct series *series)
{
    size_t page = series->id / INDEX_PAGE_SERIES;
    if (page >= index->n_pages) {
        index->pages = memory_realloc(index->pages, (page + 1) * sizeof(struct index_page *));
        memset(&index->pages[index->n_pages], 0,
               (page + 1 - index->n_pages) * sizeof(struct index_page *));
        index->n_pages = page + 1;
    }
    if (index->pages[page] == NULL)
        index->pages[page] = memory_calloc(1, sizeof(struct index_page));
    struct series **slot = index_known_slot(index, series->id);
    assert(*slot == NULL);
    *slot = series_ref(series);
    index->pages[page]->used++;
}

static void add(struct index *index, struct index_org *org, struct series *series)
{
    put_in_page(index, series);
    add_id(&org->all, series->id);
    for (uint32_t i = 0; i < series->labels->count; i++)
        add_id(make_ids(org, &series->labels->pairs[i]), series->id);
    index->n_series++;
}

int index_add_new(struct index *index, struct series *series, size_t max)
{
    pthread_rwlock_wrlock(&index->lock);
    struct index_org *org = make_org(index, series->org);
    bool full = org->all.len >= max || index->next_id == UINT32_MAX;
    if (!full) {
        series->id = index->next_id++;
        add(index, org, series);
    }
    pthread_rwlock_unlock(&index->lock);
    return full ? -ENOSPC : 0;
}

int index_add_stored(struct index *index, struct series *series)
{
    pthread_rwlock_wrlock(&index->lock);
    struct series **slot = index_slot(index, series->id);
    bool exists = slot != NULL && *slot != NULL;
    if (!exists)
        add(index, make_org(index, series->org), series);
    pthread_rwlock_unlock(&index->lock);
    if (exists)
        return -EEXIST;
    index_reserve_id(index, series->id);
    return 0;
}

void index_reserve_id(struct index *index, uint32_t id)
{
    pthread_rwlock_wrlock(&index->lock);
    if (id >= index->next_id)
        index->next_id = id == UINT32_MAX ? id : id + 1;
    pthread_rwlock_unlock(&index->lock);
}

static void remove_pair(struct index_org *org, const struct label *pair, uint32_t id)
{
    struct index_name *name = map_find_text(&org->names, pair->name);
    assert(name != NULL);
    struct id_list *ids = map_find_text(&name->values, pair->value);
    assert(ids != NULL);
    remove_id(ids, id);
    if (ids->len > 0)
        return;
    map_remove_text(&name->values, pair->value);
    free_ids(ids);
    if (name->values.len > 0)
        return;
    map_remove_text(&org->names, pair->name);
    free_name(name);
}

void index_remove(struct index *index, struct series *series)
{
    pthread_rwlock_wrlock(&index->lock);
    struct index_org *org = index_find_org(index, series->org);
    struct series **slot = index_slot(index, series->id);
    assert(org != NULL && slot != NULL && *slot == series);
    *slot = NULL;
    struct index_page **page = &index->pages[series->id / INDEX_PAGE_SERIES];
    if (--(*page)->used == 0) {
        free(*page);
        *page = NULL;
    }
    remove_id(&org->all, series->id);
    for (uint32_t i = 0; i < series->labels->count; i++)
        remove_pair(org, &series->labels->pairs[i], series->id);
    index->n_series--;
    pthread_rwlock_unlock(&index->lock);
    series_unref(series); /* the page's */
}

struct series *index_find(struct index *index, uint32_t id)
{
    pthread_rwlock_rdlock(&index->lock);
    struct series **slot = index_slot(index, id);
    struct series *series = slot == NULL || *slot == NULL ? NULL : series_ref(*slot);
    pthread_rwlock_unlock(&index->lock);
    return series;
}

struct series *index_next(struct index *index, uint32_t *id)
{
    struct series *found = NULL;
    pthread_rwlock_rdlock(&index->lock);
    uint64_t at = *id, end = (uint64_t)index->n_pages * INDEX_PAGE_SERIES;
    while (at < end && found == NULL) {
        if (index->pages[at / INDEX_PAGE_SERIES] == NULL) {
            at = (at / INDEX_PAGE_SERIES + 1) * INDEX_PAGE_SERIES;
            continue;
        }
        struct series *series = *index_known_slot(index, (uint32_t)at);
        if (series != NULL)
            found = series_ref(series);
        at++;
    }
    *id = (uint32_t)MIN_OF(at, (uint64_t)UINT32_MAX);
    pthread_rwlock_unlock(&index->lock);
    return found;
}

size_t index_count(struct index *index)
{
    pthread_rwlock_rdlock(&index->lock);
    size_t count = index->n_series;
    pthread_rwlock_unlock(&index->lock);
    return count;
}

void series_list_deinit(struct series_list *list)
{
    for (size_t i = 0; i < list->len; i++)
        series_unref(list->items[i]);
    VEC_DEINIT(list);
}
