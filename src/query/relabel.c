/* SPDX-License-Identifier: MIT */
/*
 * relabel - label sets derived from others.
 *
 * Every set made during an evaluation hangs on a chain of blocks in the arena and is given back
 * at its end.  Sets lie outside the arena, so their bytes are counted against its ceiling.
 */
#include <assert.h>

#include "query/eval.h"

#define REFS_PER_BLOCK 128

struct label_refs {
    struct label_refs *older;
    size_t len;
    struct labels *items[REFS_PER_BLOCK];
};

static size_t labels_bytes(const struct labels *labels)
{
    size_t bytes = sizeof(*labels) + labels->count * sizeof(labels->pairs[0]);
    for (uint32_t i = 0; i < labels->count; i++)
        bytes += strlen(labels->pairs[i].name) + strlen(labels->pairs[i].value) + 2;
    return bytes;
}

int relabel_take(struct eval *eval, struct labels *labels)
{
    struct label_refs *block = eval->refs;
    if (block == NULL || block->len == REFS_PER_BLOCK) {
        block = arena_alloc(eval->arena, sizeof(*block));
        if (block == NULL) {
            labels_unref(labels);
            return QUERY_TOO_LARGE;
        }
        block->older = eval->refs;
        block->len = 0;
        eval->refs = block;
    }
    block->items[block->len++] = labels;
    return 0;
}

void relabel_release_all(struct eval *eval)
{
    for (struct label_refs *block = eval->refs; block != NULL; block = block->older) {
        for (size_t i = 0; i < block->len; i++)
            labels_unref(block->items[i]);
    }
    eval->refs = NULL;
}

int relabel_new(struct eval *eval, const struct label *pairs, size_t count,
                struct labels **out_labels)
{
    struct labels *labels = labels_new(pairs, count);
    if (labels == NULL)
        return eval_bad(eval, "a label of the result is too long, or there are too many");
    eval->label_bytes += labels_bytes(labels);
    int error = relabel_take(eval, labels);
    if (error != 0)
        return error;
    if (eval->label_bytes > eval->arena->ceiling)
        return QUERY_TOO_LARGE;
    *out_labels = labels;
    return 0;
}

int relabel_drop_name(struct eval *eval, struct labels *labels, struct labels **out_labels)
{
    if (labels_value(labels, LABEL_METRIC_NAME) == NULL) {
        *out_labels = labels;
        return 0;
    }
    static const struct label_filter all_but_name = {.keep = false};
    return relabel_filter(eval, labels, &all_but_name, out_labels);
}

int relabel_filter(struct eval *eval, const struct labels *labels,
                   const struct label_filter *filter, struct labels **out_labels)
{
    struct label pairs[LABELS_COUNT_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < labels->count; i++) {
        if (label_filter_keeps(filter, labels->pairs[i].name))
            pairs[count++] = labels->pairs[i];
    }
    if (count == 0) {
        *out_labels = eval->no_labels;
        return 0;
    }
    return relabel_new(eval, pairs, count, out_labels);
}

int relabel_set(struct eval *eval, struct labels *labels, const char *name, const char *value,
                struct labels **out_labels)
{
    const char *before = labels_value(labels, name);
    if (text_is(before == NULL ? "" : before, value)) {
        *out_labels = labels;
        return 0;
    }
    struct label pairs[LABELS_COUNT_MAX + 1];
    size_t count = 0;
    for (uint32_t i = 0; i < labels->count; i++) {
        if (!text_is(labels->pairs[i].name, name))
            pairs[count++] = labels->pairs[i];
    }
    pairs[count++] = (struct label){name, value};
    return relabel_new(eval, pairs, count, out_labels);
}
