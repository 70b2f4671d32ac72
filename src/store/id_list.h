/* SPDX-License-Identifier: MIT */
/*
 * id_list - ascending ids of series, in sixteen bytes while there are only two.
 *
 * Most pairs of labels belong either to a handful of series or to thousands; ids are given in
 * ascending order, so adding is appending.  A list of zeros is empty.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_LIST_INSIDE 2

struct id_list {
    union {
        uint32_t inside[ID_LIST_INSIDE]; /* while capacity is 0 */
        uint32_t *items;                 /* owned */
    };
    uint32_t len, capacity;
};

static inline const uint32_t *id_list_items(const struct id_list *ids)
{
    return ids->capacity == 0 ? ids->inside : ids->items;
}

void id_list_deinit(struct id_list *ids);

/* The id is not in the list; it may be smaller than others, which costs. */
void id_list_add(struct id_list *ids, uint32_t id);

/* The id is in the list. */
void id_list_remove(struct id_list *ids, uint32_t id);

bool id_list_has(const struct id_list *ids, uint32_t id);
