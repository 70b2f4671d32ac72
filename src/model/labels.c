/* SPDX-License-Identifier: MIT */
#include "model/labels.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"

/* One seed per process: label values come from outside. */
static uint64_t hash_seed(void)
{
    static uint64_t seed;
    uint64_t value = __atomic_load_n(&seed, __ATOMIC_RELAXED);
    if (value != 0)
        return value;
    value = random_u64() | 1;
    uint64_t expected = 0;
    return __atomic_compare_exchange_n(&seed, &expected, value, false, __ATOMIC_RELAXED,
                                       __ATOMIC_RELAXED)
               ? value
               : expected;
}

static int compare_slices(struct slice a, struct slice b)
{
    int order = memcmp(a.data, b.data, MIN_OF(a.len, b.len));
    return order != 0 ? order : a.len < b.len ? -1 : a.len > b.len;
}

static int compare_names(const void *a, const void *b)
{
    return compare_slices(((const struct label_slice *)a)->name,
                          ((const struct label_slice *)b)->name);
}

static bool is_valid(const struct label_slice *pair)
{
    return pair->name.len > 0 && pair->name.len <= LABELS_NAME_MAX_BYTES &&
           pair->value.len <= LABELS_VALUE_MAX_BYTES &&
           memchr(pair->name.data, '\0', pair->name.len) == NULL &&
           memchr(pair->value.data, '\0', pair->value.len) == NULL &&
           text_is_utf8(pair->name.data, pair->name.len) &&
           text_is_utf8(pair->value.data, pair->value.len);
}

static uint64_t hash_pairs(const struct label_slices *pairs)
{
    uint64_t hash = hash_seed();
    for (size_t i = 0; i < pairs->len; i++) {
        const struct label_slice *pair = &pairs->items[i];
        hash = hash_bytes(pair->name.data, pair->name.len, hash);
        hash = hash_bytes(pair->value.data, pair->value.len, hash);
    }
    return hash;
}

static char *copy_text(char **at, struct slice text)
{
    char *copy = *at;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    *at += text.len + 1;
    return copy;
}

bool labels_normalise(struct label_slices *pairs)
{
    struct label_slice *items = pairs->items;
    size_t kept = 0;
    bool sorted = true;
    for (size_t i = 0; i < pairs->len; i++) {
        if (items[i].value.len == 0)
            continue;
        if (!is_valid(&items[i]))
            return false;
        items[kept] = items[i];
        sorted = sorted && (kept == 0 || compare_names(&items[kept - 1], &items[kept]) < 0);
        kept++;
    }
    pairs->len = kept;
    if (sorted)
        return true;
    qsort(items, kept, sizeof(*items), compare_names);
    for (size_t i = 1; i < kept; i++) {
        if (compare_slices(items[i - 1].name, items[i].name) == 0)
            return false;
    }
    return true;
}

struct labels *labels_new_sorted(const struct label_slices *pairs)
{
    size_t text_len = 0;
    for (size_t i = 0; i < pairs->len; i++)
        text_len += pairs->items[i].name.len + pairs->items[i].value.len + 2;
    struct labels *labels =
        memory_alloc(sizeof(*labels) + pairs->len * sizeof(labels->pairs[0]) + text_len);
    labels->refs = 1;
    labels->count = (uint32_t)pairs->len;
    char *at = (char *)&labels->pairs[pairs->len];
    for (size_t i = 0; i < pairs->len; i++) {
        labels->pairs[i].name = copy_text(&at, pairs->items[i].name);
        labels->pairs[i].value = copy_text(&at, pairs->items[i].value);
    }
    labels->hash = hash_pairs(pairs);
    return labels;
}

struct labels *labels_new(const struct label *pairs, size_t count)
{
    if (count > LABELS_COUNT_MAX)
        return NULL;
    struct label_slices slices;
    slices.len = count;
    for (size_t i = 0; i < count; i++)
        slices.items[i] =
            (struct label_slice){slice_of(pairs[i].name), slice_of(pairs[i].value)};
    return labels_normalise(&slices) ? labels_new_sorted(&slices) : NULL;
}

struct labels *labels_ref(const struct labels *labels)
{
    struct labels *shared = (struct labels *)(uintptr_t)labels;
    unsigned before = __atomic_fetch_add(&shared->refs, 1, __ATOMIC_RELAXED);
    assert(before > 0);
    return shared;
}

void labels_unref(struct labels *labels)
{
    if (labels == NULL)
        return;
    unsigned before = __atomic_fetch_sub(&labels->refs, 1, __ATOMIC_ACQ_REL);
    assert(before > 0);
    if (before == 1)
        free(labels);
}

const char *labels_value(const struct labels *labels, const char *name)
{
    for (uint32_t i = 0; i < labels->count; i++) {
        int order = strcmp(labels->pairs[i].name, name);
        if (order == 0)
            return labels->pairs[i].value;
        if (order > 0)
            break;
    }
    return NULL;
}

const char *labels_metric_name(const struct labels *labels)
{
    const char *name = labels_value(labels, LABEL_METRIC_NAME);
    return name == NULL ? "" : name;
}

int labels_compare(const struct labels *a, const struct labels *b)
{
    for (uint32_t i = 0; i < a->count && i < b->count; i++) {
        int order = strcmp(a->pairs[i].name, b->pairs[i].name);
        if (order == 0)
            order = strcmp(a->pairs[i].value, b->pairs[i].value);
        if (order != 0)
            return order;
    }
    return a->count < b->count ? -1 : a->count > b->count;
}

bool labels_equal(const struct labels *a, const struct labels *b)
{
    return a == b || (a->hash == b->hash && labels_compare(a, b) == 0);
}

static void format_value(struct buf *out, const char *value)
{
    buf_append_char(out, '"');
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\')
            buf_append_char(out, '\\');
        if (*value == '\n')
            buf_append_text(out, "\\n");
        else
            buf_append_char(out, *value);
    }
    buf_append_char(out, '"');
}

void labels_format(struct buf *out, const struct labels *labels)
{
    buf_append_text(out, labels_metric_name(labels));
    const char *before = "{";
    for (uint32_t i = 0; i < labels->count; i++) {
        if (text_is(labels->pairs[i].name, LABEL_METRIC_NAME))
            continue;
        buf_printf(out, "%s%s=", before, labels->pairs[i].name);
        format_value(out, labels->pairs[i].value);
        before = ",";
    }
    if (*before == ',')
        buf_append_char(out, '}');
    else if (labels->count == 0)
        buf_append_text(out, "{}");
}
