/* SPDX-License-Identifier: MIT */
/*
 * Answering selectors: begin with the matcher that leaves the fewest series, then check the rest on
 * the numbers of pairs.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/index_pairs.h"

/* What is known of a value: bytes of `verdicts`. */
enum {
    VERDICT_UNKNOWN,
    VERDICT_YES,
    VERDICT_NO
};

/* A matcher against the tables of one organisation. */
struct check {
    const struct matcher *matcher;
    const struct index_name *name; /* NULL: no series has the label */
    uint32_t name_number;
    uint32_t pair;       /* of an equality with a value that is not empty */
    bool is_equality;    /* only `pair` decides */
    bool matches_absent; /* a series without the label */
    bool is_answered;    /* by the list that is begun with */
    uint8_t *verdicts;   /* owned; per value of the name */
};

/* A selector under way. */
struct selection {
    const struct index *index;
    const struct index_org *org;
    struct check *checks;
    size_t n_checks;
    struct id_vec united; /* owned; of the values of a regular expression */
};

static void make_checks(struct selection *selection, const struct matcher *matchers)
{
    const struct index_org *org = selection->org;
    for (size_t i = 0; i < selection->n_checks; i++) {
        const struct matcher *matcher = &matchers[i];
        struct check *check = &selection->checks[i];
        *check = (struct check){.matcher = matcher, .pair = INDEX_NO_PAIR};
        check->name = index_find_name(org, matcher->name, &check->name_number);
        check->is_equality = matcher->op == MATCHER_EQUAL && matcher->value[0] != '\0';
        if (check->is_equality)
            check->pair =
                index_find_pair(org, slice_of(matcher->name), slice_of(matcher->value));
        else
            check->matches_absent = matcher_matches_value(matcher, "");
    }
}

static bool value_matches(const struct index_org *org, struct check *check, uint32_t pair)
{
    const struct index_pair *known = &org->pairs.items[pair];
    if (check->verdicts == NULL)
        check->verdicts = memory_calloc(check->name->values.len, 1);
    uint8_t *verdict = &check->verdicts[known->at];
    if (*verdict == VERDICT_UNKNOWN)
        *verdict =
            matcher_matches_value(check->matcher, known->value) ? VERDICT_YES : VERDICT_NO;
    return *verdict == VERDICT_YES;
}

static bool passes(const struct index_org *org, struct check *check, const uint32_t *pairs,
                   size_t n_pairs)
{
    if (check->is_answered)
        return true;
    if (check->is_equality) {
        for (size_t i = 0; i < n_pairs; i++) {
            if (pairs[i] == check->pair)
                return check->pair != INDEX_NO_PAIR;
        }
        return false;
    }
    for (size_t i = 0; check->name != NULL && i < n_pairs; i++) {
        if (org->pairs.items[pairs[i]].name == check->name_number)
            return value_matches(org, check, pairs[i]);
    }
    return check->matches_absent;
}

static bool matches(struct selection *selection, uint32_t id)
{
    const struct index_ref *ref = index_ref(selection->index, id);
    assert(ref != NULL);
    const uint32_t *pairs = index_ref_pairs(selection->index, id, ref);
    for (size_t i = 0; i < selection->n_checks; i++) {
        if (!passes(selection->org, &selection->checks[i], pairs, ref->count))
            return false;
    }
    return true;
}

static void set_bits(uint64_t *bits, const struct id_list *ids)
{
    const uint32_t *items = id_list_items(ids);
    for (uint32_t i = 0; i < ids->len; i++)
        bits[items[i] / 64] |= (uint64_t)1 << items[i] % 64;
}

/* The ids of all values that match, ascending: through a bit for every id there is. */
static void unite(struct selection *selection, struct check *check)
{
    if (check->name == NULL)
        return;
    size_t n_words = (size_t)selection->index->next_id / 64 + 1;
    uint64_t *bits = memory_calloc(n_words, sizeof(*bits));
    for (size_t i = 0; i < check->name->values.len; i++) {
        uint32_t pair = check->name->values.items[i];
        if (value_matches(selection->org, check, pair))
            set_bits(bits, &selection->org->pairs.items[pair].ids);
    }
    for (size_t word = 0; word < n_words; word++) {
        for (uint64_t left = bits[word]; left != 0; left &= left - 1)
            VEC_PUSH(&selection->united, (uint32_t)(word * 64 + (size_t)__builtin_ctzll(left)));
    }
    free(bits);
}

/* The shortest list of an equality; *out_len its length.  NULL when there is no equality. */
static const uint32_t *shortest(const struct selection *selection, size_t *out_len)
{
    struct check *best = NULL;
    size_t best_len = SIZE_MAX;
    for (size_t i = 0; i < selection->n_checks; i++) {
        struct check *check = &selection->checks[i];
        if (!check->is_equality)
            continue;
        size_t len =
            check->pair == INDEX_NO_PAIR ? 0 : selection->org->pairs.items[check->pair].ids.len;
        if (len < best_len) {
            best = check;
            best_len = len;
        }
    }
    if (best == NULL)
        return NULL;
    best->is_answered = true;
    *out_len = best_len;
    static const uint32_t none;
    return best_len == 0 ? &none : id_list_items(&selection->org->pairs.items[best->pair].ids);
}

/* What to begin with: an equality's list is there already; then an expression that an absent label
 * does not match; else all series. */
static const uint32_t *candidates(struct selection *selection, size_t *out_len)
{
    const uint32_t *ids = shortest(selection, out_len);
    if (ids != NULL)
        return ids;
    for (size_t i = 0; i < selection->n_checks; i++) {
        struct check *check = &selection->checks[i];
        if (check->matches_absent)
            continue;
        unite(selection, check);
        check->is_answered = true;
        *out_len = selection->united.len;
        return selection->united.items;
    }
    *out_len = selection->org->all.len;
    return id_list_items(&selection->org->all);
}

static const struct index_org *find_org(const struct index *index, org_id id)
{
    uintptr_t known = (uintptr_t)map_find(&index->by_org, &id, sizeof(id));
    return known == 0 ? NULL : index->orgs[known - 1];
}

static void run(struct selection *selection, struct id_vec *out)
{
    size_t len = 0;
    const uint32_t *ids = candidates(selection, &len);
    for (size_t i = 0; i < len; i++) {
        if (matches(selection, ids[i]))
            VEC_PUSH(out, ids[i]);
    }
}

void index_select(struct index *index, org_id org, const struct matcher *matchers,
                  size_t n_matchers, struct id_vec *out)
{
    pthread_rwlock_rdlock(&index->lock);
    struct selection selection = {
        .index = index, .org = find_org(index, org), .n_checks = n_matchers};
    if (selection.org != NULL) {
        selection.checks = memory_calloc(n_matchers + 1, sizeof(*selection.checks));
        make_checks(&selection, matchers);
        run(&selection, out);
        for (size_t i = 0; i < n_matchers; i++)
            free(selection.checks[i].verdicts);
        free(selection.checks);
        VEC_DEINIT(&selection.united);
    }
    pthread_rwlock_unlock(&index->lock);
}

static bool each_of_all(const struct index_org *org, const char *label, index_text_fn *each,
                        void *arg)
{
    bool more = true;
    if (label == NULL) {
        for (size_t i = 0; more && i < org->name_list.len; i++) {
            const struct index_name *name = &org->name_list.items[i];
            if (name->values.len > 0)
                more = each(name->text, name->len, arg);
        }
        return more;
    }
    uint32_t number;
    const struct index_name *name = index_find_name(org, label, &number);
    for (size_t i = 0; name != NULL && more && i < name->values.len; i++) {
        const struct index_pair *pair = &org->pairs.items[name->values.items[i]];
        more = each(pair->value, pair->value_len, arg);
    }
    return more;
}

static bool each_of_series(const struct index *index, uint32_t id, const char *label,
                           index_text_fn *each, void *arg)
{
    const struct index_ref *ref = index_ref(index, id);
    if (ref == NULL)
        return true;
    const struct index_org *org = index->orgs[ref->org - 1];
    const uint32_t *pairs = index_ref_pairs(index, id, ref);
    bool more = true;
    for (size_t i = 0; more && i < ref->count; i++) {
        const struct index_pair *pair = &org->pairs.items[pairs[i]];
        const struct index_name *name = &org->name_list.items[pair->name];
        if (label == NULL)
            more = each(name->text, name->len, arg);
        else if (text_is(name->text, label))
            more = each(pair->value, pair->value_len, arg);
    }
    return more;
}

bool index_each_text(struct index *index, org_id org, const char *label,
                     const struct id_vec *among, index_text_fn *each, void *arg)
{
    bool more = true;
    pthread_rwlock_rdlock(&index->lock);
    const struct index_org *found = find_org(index, org);
    if (among == NULL)
        more = found == NULL || each_of_all(found, label, each, arg);
    for (size_t i = 0; among != NULL && more && i < among->len; i++)
        more = each_of_series(index, among->items[i], label, each, arg);
    pthread_rwlock_unlock(&index->lock);
    return more;
}
