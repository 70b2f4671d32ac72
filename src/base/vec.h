/* SPDX-License-Identifier: MIT */
/*
 * vec - an array that grows.
 *
 *     VEC(struct alert) alerts = {0};
 *     VEC_PUSH(&alerts, alert);
 *     for (size_t i = 0; i < alerts.len; i++) use(alerts.items[i]);
 *     VEC_DEINIT(&alerts);
 *
 * Aborts when memory is out, so the number of items must be bounded by us, not by an outsider.
 */
#pragma once

#include "base/memory.h"

#define VEC(type)                                                                              \
    struct {                                                                                   \
        type *items; /* owned */                                                               \
        size_t len, capacity;                                                                  \
    }

#define VEC_PUSH(vec, item)                                                                    \
    do {                                                                                       \
        (vec)->items =                                                                         \
            vec_with_room((vec)->items, (vec)->len, &(vec)->capacity, sizeof(*(vec)->items));  \
        (vec)->items[(vec)->len++] = (item);                                                   \
    } while (0)

/* For VEC_PUSH: the items, moved when there was no room for one more. */
static inline void *vec_with_room(void *items, size_t len, size_t *capacity, size_t item_size)
{
    if (len < *capacity)
        return items;
    *capacity = *capacity == 0 ? 8 : *capacity * 2;
    return memory_realloc(items, *capacity * item_size);
}

/* Keeps no order: the last item takes the place of the one removed. */
#define VEC_REMOVE_SWAP(vec, at) ((vec)->items[(at)] = (vec)->items[--(vec)->len])

#define VEC_DEINIT(vec)                                                                        \
    do {                                                                                       \
        free((vec)->items);                                                                    \
        (vec)->items = NULL;                                                                   \
        (vec)->len = (vec)->capacity = 0;                                                      \
    } while (0)
