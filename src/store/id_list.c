/* SPDX-License-Identifier: MIT */
#include "store/id_list.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define FIRST_CAPACITY 4

void id_list_deinit(struct id_list *ids)
{
    if (ids->capacity > 0)
        free(ids->items);
    *ids = (struct id_list){0};
}

/* Where `id` is or would be. */
static uint32_t position(const struct id_list *ids, uint32_t id)
{
    const uint32_t *items = id_list_items(ids);
    if (ids->len == 0 || items[ids->len - 1] < id)
        return ids->len;
    uint32_t low = 0, high = ids->len;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (items[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint32_t *make_room(struct id_list *ids)
{
    if (ids->capacity == 0 && ids->len < ID_LIST_INSIDE)
        return ids->inside;
    if (ids->capacity == 0) {
        uint32_t *items = memory_alloc(FIRST_CAPACITY * sizeof(*items));
        memcpy(items, ids->inside, sizeof(ids->inside));
        ids->items = items;
        ids->capacity = FIRST_CAPACITY;
    } else if (ids->len == ids->capacity) {
        ids->capacity += ids->capacity / 2;
        ids->items = memory_realloc(ids->items, ids->capacity * sizeof(*ids->items));
    }
    return ids->items;
}

void id_list_add(struct id_list *ids, uint32_t id)
{
    uint32_t at = position(ids, id);
    uint32_t *items = make_room(ids);
    assert(at == ids->len || items[at] != id);
    memmove(&items[at + 1], &items[at], (ids->len - at) * sizeof(*items));
    items[at] = id;
    ids->len++;
}

void id_list_remove(struct id_list *ids, uint32_t id)
{
    uint32_t at = position(ids, id);
    uint32_t *items = ids->capacity == 0 ? ids->inside : ids->items;
    assert(at < ids->len && items[at] == id);
    ids->len--;
    memmove(&items[at], &items[at + 1], (ids->len - at) * sizeof(*items));
}

bool id_list_has(const struct id_list *ids, uint32_t id)
{
    uint32_t at = position(ids, id);
    return at < ids->len && id_list_items(ids)[at] == id;
}
