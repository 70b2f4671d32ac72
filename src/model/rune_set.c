/* SPDX-License-Identifier: MIT */
#include "model/rune_set.h"

#include <assert.h>

struct category {
    const char *name;
    const struct rune_range *ranges;
    size_t n_ranges;
};

#include "unicode_table.inc"

void rune_set_deinit(struct rune_set *set)
{
    VEC_DEINIT(&set->ranges);
}

static void add_range(struct rune_set *set, uint32_t first, uint32_t last)
{
    assert(first <= last && last <= RUNE_LAST);
    VEC_PUSH(&set->ranges, ((struct rune_range){first, last}));
}

/* The first pair whose letter is `rune` or above. */
static size_t find_fold(uint32_t rune)
{
    size_t low = 0, high = ARRAY_LEN(fold_pairs);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (fold_pairs[middle].first < rune)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool rune_has_case(uint32_t rune)
{
    size_t at = find_fold(rune);
    return at < ARRAY_LEN(fold_pairs) && fold_pairs[at].first == rune;
}

void rune_set_add(struct rune_set *set, uint32_t first, uint32_t last, bool fold)
{
    add_range(set, first, last);
    if (!fold)
        return;
    for (size_t i = find_fold(first); i < ARRAY_LEN(fold_pairs); i++) {
        if (fold_pairs[i].first > last)
            break;
        add_range(set, fold_pairs[i].last, fold_pairs[i].last);
    }
}

void rune_set_add_set(struct rune_set *set, const struct rune_set *other, bool negated)
{
    uint32_t next = 0; /* the first character not yet looked at */
    for (size_t i = 0; i < other->ranges.len; i++) {
        const struct rune_range *range = &other->ranges.items[i];
        if (!negated)
            add_range(set, range->first, range->last);
        else if (range->first > next)
            add_range(set, next, range->first - 1);
        next = range->last + 1;
    }
    if (negated && next <= RUNE_LAST)
        add_range(set, next, RUNE_LAST);
}

bool rune_set_add_category(struct rune_set *set, struct slice name, bool fold)
{
    if (slice_is(name, "Any")) {
        add_range(set, 0, RUNE_LAST);
        return true;
    }
    bool found = false;
    for (size_t i = 0; i < ARRAY_LEN(categories); i++) {
        const struct category *category = &categories[i];
        if (name.len == 0 || name.len > 2 || memcmp(category->name, name.data, name.len) != 0)
            continue;
        found = true;
        for (size_t k = 0; k < category->n_ranges; k++)
            rune_set_add(set, category->ranges[k].first, category->ranges[k].last, fold);
    }
    return found;
}

static int by_first(const void *a, const void *b)
{
    const struct rune_range *left = a, *right = b;
    return (left->first > right->first) - (left->first < right->first);
}

void rune_set_finish(struct rune_set *set)
{
    struct rune_range *ranges = set->ranges.items;
    size_t n = set->ranges.len, kept = 0;
    if (n == 0)
        return;
    qsort(ranges, n, sizeof(*ranges), by_first);
    for (size_t i = 1; i < n; i++) {
        if (ranges[i].first > ranges[kept].last + 1)
            ranges[++kept] = ranges[i];
        else
            ranges[kept].last = MAX_OF(ranges[kept].last, ranges[i].last);
    }
    set->ranges.len = kept + 1;
}

void rune_set_negate(struct rune_set *set)
{
    struct rune_set negated = {0};
    rune_set_add_set(&negated, set, true);
    rune_set_deinit(set);
    *set = negated;
}

bool rune_set_has(const struct rune_set *set, uint32_t rune)
{
    size_t low = 0, high = set->ranges.len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (set->ranges.items[middle].last < rune)
            low = middle + 1;
        else
            high = middle;
    }
    return low < set->ranges.len && set->ranges.items[low].first <= rune;
}

bool rune_set_equals(const struct rune_set *a, const struct rune_set *b)
{
    size_t len = a->ranges.len;
    return len == b->ranges.len && (len == 0 || memcmp(a->ranges.items, b->ranges.items,
                                                       len * sizeof(*a->ranges.items)) == 0);
}

/* How many bytes a character has that begins with `lead`; 0 when none does. */
static unsigned rune_size(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

uint32_t rune_next(const char **at, const char *end)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)*at;
    unsigned size = rune_size(bytes[0]);
    if (size == 1) {
        (*at)++;
        return bytes[0];
    }
    uint32_t rune = size == 0 ? 0 : bytes[0] & (0x7Fu >> size);
    bool good = size > 0 && (size_t)(end - *at) >= size;
    for (unsigned i = 1; good && i < size; i++) {
        good = (bytes[i] & 0xC0) == 0x80;
        rune = rune << 6 | (bytes[i] & 0x3F);
    }
    good = good && rune >= least[size] && rune <= RUNE_LAST && (rune < 0xD800 || rune > 0xDFFF);
    *at += good ? size : 1;
    return good ? rune : RUNE_INVALID;
}
