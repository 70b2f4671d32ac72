/* SPDX-License-Identifier: MIT */
/*
 * Answering selectors: begin with the matcher that leaves the fewest series, then check the rest.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vec.h"
#include "store/index_parts.h"

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* The ids whose value of the matcher's label matches; the label is present in all. */
static void collect_matching(const struct index_org *org, const struct matcher *matcher,
                             struct id_list *out)
{
    const struct index_name *name = map_find_text(&org->names, matcher->name);
    if (name == NULL)
        return;
    size_t n_lists = 0;
    for (struct map_slot *slot = NULL; (slot = map_next(&name->values, slot)) != NULL;) {
        CLEANUP(memory_freep) char *value = memory_strndup(slot->key, slot->key_len);
        if (!matcher_matches_value(matcher, value))
            continue;
        const struct id_list *ids = slot->value;
        for (size_t i = 0; i < ids->len; i++)
            VEC_PUSH(out, ids->items[i]);
        n_lists++;
    }
    if (n_lists > 1 && out->items != NULL)
        qsort(out->items, out->len, sizeof(*out->items), compare_ids);
}

static const struct id_list *ids_of_value(const struct index_org *org,
                                          const struct matcher *matcher)
{
    static const struct id_list none = {0};
    const struct index_name *name = map_find_text(&org->names, matcher->name);
    const struct id_list *ids =
        name == NULL ? NULL : map_find_text(&name->values, matcher->value);
    return ids == NULL ? &none : ids;
}

/* A plan to answer a selector: the ids to begin with, and which matchers they answer already. */
struct plan {
    const struct id_list *ids;
    uint64_t answered;       /* bit i: the i-th matcher; those over 64 are always checked */
    struct id_list matching; /* owned; what `ids` points to for a regular expression */
};

static uint64_t bit_of(size_t matcher)
{
    return matcher < 64 ? (uint64_t)1 << matcher : 0;
}

/* Equality first: its list is there already.  Then an expression that an absent label does not
 * match.  Else all series. */
static void make_plan(const struct index_org *org, const struct matcher *matchers,
                      size_t n_matchers, struct plan *out)
{
    *out = (struct plan){.ids = &org->all};
    for (size_t i = 0; i < n_matchers; i++) {
        if (matchers[i].op != MATCHER_EQUAL || matchers[i].value[0] == '\0')
            continue;
        const struct id_list *ids = ids_of_value(org, &matchers[i]);
        if (out->ids == &org->all || ids->len < out->ids->len) {
            out->ids = ids;
            out->answered = bit_of(i);
        }
    }
    for (size_t i = 0; i < n_matchers && out->ids == &org->all; i++) {
        if (matcher_matches_value(&matchers[i], ""))
            continue;
        collect_matching(org, &matchers[i], &out->matching);
        out->ids = &out->matching;
        out->answered = bit_of(i);
    }
}

/* Answers a regular expression per distinct value when there are fewer of those than series
 * left to check. */
static void narrow(const struct index_org *org, const struct matcher *matcher, uint64_t bit,
                   struct plan *plan)
{
    const struct index_name *name = map_find_text(&org->names, matcher->name);
    bool is_regex = matcher->op == MATCHER_REGEX || matcher->op == MATCHER_NOT_REGEX;
    if (!is_regex || (plan->answered & bit) != 0 || matcher_matches_value(matcher, "") ||
        (name != NULL && name->values.len >= plan->ids->len))
        return;
    struct id_list matching = {0}, both = {0};
    collect_matching(org, matcher, &matching);
    for (size_t i = 0, j = 0; i < plan->ids->len && j < matching.len;) {
        uint32_t a = plan->ids->items[i], b = matching.items[j];
        if (a == b)
            VEC_PUSH(&both, a);
        i += a <= b;
        j += b <= a;
    }
    VEC_DEINIT(&matching);
    VEC_DEINIT(&plan->matching);
    plan->matching = both;
    plan->ids = &plan->matching;
    plan->answered |= bit;
}

static bool matches(const struct labels *labels, const struct matcher *matchers,
                    size_t n_matchers, uint64_t answered)
{
    for (size_t i = 0; i < n_matchers; i++) {
        if ((answered & bit_of(i)) != 0)
            continue;
        const char *value = labels_value(labels, matchers[i].name);
        if (!matcher_matches_value(&matchers[i], value == NULL ? "" : value))
            return false;
    }
    return true;
}

void index_select(struct index *index, org_id org, const struct matcher *matchers,
                  size_t n_matchers, struct series_list *out)
{
    pthread_rwlock_rdlock(&index->lock);
    const struct index_org *found = index_find_org(index, org);
    struct plan plan = {0};
    if (found != NULL)
        make_plan(found, matchers, n_matchers, &plan);
    for (size_t i = 0; found != NULL && i < n_matchers; i++)
        narrow(found, &matchers[i], bit_of(i), &plan);
    for (size_t i = 0; found != NULL && i < plan.ids->len; i++) {
        struct series *series = *index_known_slot(index, plan.ids->items[i]);
        if (matches(series->labels, matchers, n_matchers, plan.answered))
            VEC_PUSH(out, series_ref(series));
    }
    pthread_rwlock_unlock(&index->lock);
    VEC_DEINIT(&plan.matching);
}

bool index_labels(struct index *index, org_id id, const char *label, index_text_fn *each,
                  void *arg)
{
    bool more = true;
    pthread_rwlock_rdlock(&index->lock);
    const struct index_org *org = index_find_org(index, id);
    const struct index_name *name =
        org == NULL || label == NULL ? NULL : map_find_text(&org->names, label);
    const struct map *texts = label == NULL && org != NULL ? &org->names
                              : name != NULL               ? &name->values
                                                           : NULL;
    for (struct map_slot *slot = NULL;
         more && texts != NULL && (slot = map_next(texts, slot)) != NULL;)
        more = each(slot->key, slot->key_len, arg);
    pthread_rwlock_unlock(&index->lock);
    return more;
}
