/* SPDX-License-Identifier: MIT */
#include "store/sample_list.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"

struct sample *sample_list_reserve(struct sample_list *list, size_t n)
{
    if (list->capacity - list->len < n) {
        list->capacity = MAX_OF(list->len + n, 2 * list->capacity);
        list->items = memory_realloc(list->items, list->capacity * sizeof(*list->items));
    }
    return list->len == 0 ? list->items : list->items + list->len;
}

static bool is_ascending(const struct sample_list *list, size_t sorted)
{
    for (size_t i = MAX_OF(sorted, 1); i < list->len; i++) {
        if (list->items[i - 1].at_ms >= list->items[i].at_ms)
            return false;
    }
    return true;
}

/* Stable: a merge sort from the bottom up, since runs are mostly sorted already. */
static void sort_samples(struct sample *items, struct sample *spare, size_t len)
{
    for (size_t width = 1; width < len; width *= 2) {
        for (size_t start = 0; start < len; start += 2 * width) {
            size_t middle = MIN_OF(start + width, len), end = MIN_OF(start + 2 * width, len);
            size_t left = start, right = middle;
            for (size_t i = start; i < end; i++) {
                bool take_left =
                    right >= end || (left < middle && items[left].at_ms <= items[right].at_ms);
                spare[i] = items[take_left ? left++ : right++];
            }
        }
        memcpy(items, spare, len * sizeof(*items));
    }
}

void sample_list_normalise(struct sample_list *list, size_t sorted)
{
    if (is_ascending(list, sorted))
        return;
    struct sample *spare = memory_alloc(list->len * sizeof(*spare));
    sort_samples(list->items, spare, list->len);
    free(spare);
    size_t kept = 1;
    for (size_t i = 1; i < list->len; i++) {
        if (list->items[i].at_ms != list->items[kept - 1].at_ms)
            list->items[kept++] = list->items[i];
    }
    list->len = kept;
}

const struct sample *sample_list_find(const struct sample_list *list, msec_t at_ms)
{
    size_t low = 0, high = list->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->items[middle].at_ms < at_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->len && list->items[low].at_ms == at_ms ? &list->items[low] : NULL;
}
