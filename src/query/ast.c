/* SPDX-License-Identifier: MIT */
#include "query/ast.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "query/aggregate.h"
#include "query/function.h"

#define NARROWED_BYTES_MAX ((size_t)64 * 1024 * 1024)

bool label_filter_names(const struct label_filter *filter, const char *name)
{
    for (size_t i = 0; i < filter->len; i++) {
        if (text_is(filter->names[i], name))
            return true;
    }
    return false;
}

bool label_filter_keeps(const struct label_filter *filter, const char *name)
{
    if (label_filter_names(filter, name))
        return filter->keep;
    return !filter->keep && (filter->with_name || !text_is(name, LABEL_METRIC_NAME));
}

void expr_free(struct expr *expr)
{
    if (expr == NULL || __atomic_sub_fetch(&expr->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (struct selector *selector = expr->selectors; selector != NULL;
         selector = selector->next) {
        for (size_t i = selector->n_shared; i < selector->n_matchers; i++)
            matcher_deinit(&selector->matchers[i]);
    }
    arena_deinit(&expr->arena);
    expr_free(expr->base);
    free(expr);
}

/* ---- narrowing: the same tree, with one more matcher in each selector ---- */

static int narrow_selector(struct expr *to, const struct selector *from,
                           const struct label *label, struct selector **out_selector)
{
    struct selector *selector = arena_calloc(&to->arena, 1, sizeof(*selector));
    size_t count = from->n_matchers;
    struct matcher *matchers = arena_alloc(&to->arena, (count + 1) * sizeof(*matchers));
    if (selector == NULL || matchers == NULL)
        return -ENOMEM;
    memcpy(matchers, from->matchers, count * sizeof(*matchers));
    int error = matcher_init(&matchers[count], MATCHER_EQUAL, label->name, label->value, NULL);
    assert(error == 0);
    (void)error;
    *selector = (struct selector){.matchers = matchers,
                                  .n_matchers = count + 1,
                                  .n_shared = count,
                                  .next = to->selectors};
    to->selectors = *out_selector = selector;
    return 0;
}

static int narrow_node(struct expr *to, const struct node *from, const struct label *label,
                       struct node **out_node)
{
    struct node *node = arena_memdup(&to->arena, from, sizeof(*from));
    if (node == NULL)
        return -ENOMEM;
    int error = 0;
    if (from->selector != NULL)
        error = narrow_selector(to, from->selector, label, &node->selector);
    if (from->n_children > 0) {
        node->children = arena_calloc(&to->arena, from->n_children, sizeof(*node->children));
        if (node->children == NULL)
            return -ENOMEM;
    }
    for (size_t i = 0; error == 0 && i < from->n_children; i++) {
        /* info() matches its series to those of its operand, which are narrowed. */
        if (i > 0 && from->kind == NODE_CALL && (from->function->traits & FUNCTION_TAKES_INFO))
            node->children[i] = from->children[i];
        else
            error = narrow_node(to, from->children[i], label, &node->children[i]);
    }
    *out_node = node;
    return error;
}

int expr_narrow(const struct expr *expr, const char *label, const char *value,
                struct expr **out_expr)
{
    struct expr *narrowed = memory_calloc(1, sizeof(*narrowed));
    narrowed->refs = 1;
    arena_init(&narrowed->arena, NARROWED_BYTES_MAX);
    narrowed->base = (struct expr *)(uintptr_t)expr;
    narrowed->text = expr->text;
    __atomic_fetch_add(&narrowed->base->refs, 1, __ATOMIC_RELAXED);

    struct label pair = {label, value};
    int error = narrow_node(narrowed, expr->root, &pair, &narrowed->root);
    if (error != 0) {
        expr_free(narrowed);
        return error;
    }
    *out_expr = narrowed;
    return 0;
}

/* ---- which labels survive ---- */

enum survival {
    LABEL_NEVER_WAS, /* the value comes from no selector */
    LABEL_KEPT,
    LABEL_LOST
};

static enum survival survival(const struct node *node, const char *label);

/* Of several operands that are worked out side by side. */
static enum survival survival_of_all(const struct node *node, const char *label)
{
    enum survival all = LABEL_NEVER_WAS;
    for (size_t i = 0; i < node->n_children; i++) {
        enum survival one = survival(node->children[i], label);
        all = MAX_OF(all, one);
    }
    return all;
}

static enum survival survival_in_call(const struct node *node, const char *label)
{
    static const char *const mixing[] = {"absent", "absent_over_time", "scalar"};
    const char *name = node->function->name;
    enum survival all = survival_of_all(node, label);
    if (all == LABEL_NEVER_WAS)
        return all;
    for (size_t i = 0; i < ARRAY_LEN(mixing); i++) {
        if (text_is(name, mixing[i]))
            return LABEL_LOST;
    }
    bool relabels = text_is(name, "label_replace") || text_is(name, "label_join");
    if (relabels && text_is(node->children[1]->text, label))
        return LABEL_LOST;
    bool reads_buckets = text_has_prefix(name, "histogram_");
    return reads_buckets && text_is(label, "le") ? LABEL_LOST : all;
}

static enum survival survival_in_aggregate(const struct node *node, const char *label)
{
    enum survival operand = survival(node->children[0], label);
    if (operand == LABEL_NEVER_WAS)
        return operand;
    if (!label_filter_keeps(&node->labels, label))
        return LABEL_LOST;
    const struct node *parameter = node->n_children > 1 ? node->children[1] : NULL;
    if (parameter != NULL && parameter->type == QUERY_STRING && text_is(parameter->text, label))
        return LABEL_LOST;
    if (parameter != NULL && survival(parameter, label) != LABEL_NEVER_WAS)
        return LABEL_LOST;
    return operand;
}

static enum survival survival_in_binary(const struct node *node, const char *label)
{
    bool vectors =
        node->children[0]->type == QUERY_VECTOR && node->children[1]->type == QUERY_VECTOR;
    enum survival left = survival(node->children[0], label);
    enum survival right = survival(node->children[1], label);
    enum survival all = MAX_OF(left, right);
    if (!vectors || all != LABEL_KEPT)
        return all;
    /* A vector made of nothing, as in `x or vector(0)`, would appear once per host. */
    return left == right && label_filter_keeps(&node->labels, label) ? LABEL_KEPT : LABEL_LOST;
}

static enum survival survival(const struct node *node, const char *label)
{
    switch (node->kind) {
    case NODE_SELECTOR:
    case NODE_RANGE: return LABEL_KEPT;
    case NODE_CALL: return survival_in_call(node, label);
    case NODE_AGGREGATE: return survival_in_aggregate(node, label);
    case NODE_BINARY: return survival_in_binary(node, label);
    default: return survival_of_all(node, label);
    }
}

bool expr_keeps_label(const struct expr *expr, const char *label)
{
    return !text_is(label, LABEL_METRIC_NAME) && survival(expr->root, label) == LABEL_KEPT;
}

bool expr_is_selector(const struct expr *expr, const struct matcher **out_matchers,
                      size_t *out_count)
{
    const struct node *root = expr->root;
    if (root->kind != NODE_SELECTOR || root->shift.at != AT_NONE || root->shift.has_offset)
        return false;
    *out_matchers = root->selector->matchers;
    *out_count = root->selector->n_matchers;
    return true;
}
