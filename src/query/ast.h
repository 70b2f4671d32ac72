/* SPDX-License-Identifier: MIT */
/*
 * ast - an expression as a tree, with its types checked.
 *
 * Nodes live in the expression's arena and never change after parsing.  Only matchers own
 * memory of their own (compiled patterns); they hang on the expression's list of selectors.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "model/matcher.h"
#include "query/query.h"

#define EXPR_DEPTH_MAX 400 /* of the tree; bounds the recursion of everything that walks it */

enum node_kind {
    NODE_NUMBER,
    NODE_STRING,
    NODE_SELECTOR,
    NODE_RANGE,    /* selector[5m] */
    NODE_SUBQUERY, /* expression[5m:1m] */
    NODE_CALL,
    NODE_AGGREGATE,
    NODE_BINARY,
    NODE_NEGATE,
    NODE_KIND_COUNT
};

enum binary_op {
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_MODULO,
    OP_POWER,
    OP_ATAN2,
    OP_EQUAL,
    OP_DIFFERS,
    OP_LESS,
    OP_LESS_EQUAL,
    OP_GREATER,
    OP_GREATER_EQUAL,
    OP_AND,
    OP_OR,
    OP_UNLESS,
    OP_COUNT
};

static inline bool op_is_comparison(enum binary_op op)
{
    return op >= OP_EQUAL && op <= OP_GREATER_EQUAL;
}

static inline bool op_is_set(enum binary_op op)
{
    return op >= OP_AND;
}

/* Some label names, and whether they are the ones to keep or the ones to leave out (with the
 * metric's name, unless `with_name`): by/without, on/ignoring. */
struct label_filter {
    const char **names;
    size_t len;
    bool keep;
    bool with_name;
};

bool label_filter_names(const struct label_filter *filter, const char *name);
bool label_filter_keeps(const struct label_filter *filter, const char *name);

/* @ and offset. */
enum at_kind {
    AT_NONE,
    AT_FIXED,
    AT_START,
    AT_END
};

struct time_shift {
    enum at_kind at;
    msec_t at_ms; /* AT_FIXED */
    mspan_t offset_ms;
    bool has_offset;
};

struct selector {
    struct matcher *matchers; /* in the arena; those from n_shared on are owned */
    size_t n_matchers;
    size_t n_shared;       /* borrowed from the expression this one narrows */
    bool is_named;         /* the first one is the metric's name, written before the braces */
    bool has_implied_name; /* the last one is a metric's name that was not written */
    struct selector *next;
};

enum match_cardinality {
    MATCH_ONE_TO_ONE,
    MATCH_MANY_TO_ONE, /* group_left */
    MATCH_ONE_TO_MANY, /* group_right */
};

struct function;
struct aggregation;

struct node {
    enum node_kind kind;
    enum query_type type;
    size_t at;               /* offset in the text: of the operator, for a binary one */
    size_t start;            /* offset of its first byte */
    unsigned depth;          /* 1 for a leaf */
    unsigned parens;         /* pairs around it */
    bool is_implied;         /* an argument that was not written */
    bool is_invariant;       /* the same at every step */
    struct time_shift shift; /* selector, range (its own copy), subquery */

    double number;                         /* NODE_NUMBER */
    bool is_duration;                      /* NODE_NUMBER: written as 5m */
    const char *text;                      /* NODE_STRING */
    struct selector *selector;             /* NODE_SELECTOR, NODE_RANGE */
    mspan_t range_ms, step_ms;             /* NODE_RANGE, NODE_SUBQUERY (step 0 = default) */
    const struct function *function;       /* NODE_CALL */
    const struct aggregation *aggregation; /* NODE_AGGREGATE */
    enum binary_op op;                     /* NODE_BINARY */
    bool returns_bool;                     /* NODE_BINARY */
    bool has_matching;                     /* NODE_BINARY: on or ignoring was written */
    enum match_cardinality cardinality;    /* NODE_BINARY */
    struct label_filter labels;            /* NODE_BINARY, NODE_AGGREGATE */
    struct label_filter include;           /* NODE_BINARY: group_left(...) */

    /* Call: its arguments.  Aggregate: the operand, then the parameter if it takes one.
     * Binary: left and right.  Negate, subquery: one. */
    struct node **children;
    size_t n_children;
};

struct expr {
    unsigned refs; /* atomic: the caller's, and one for each expression that narrows this one */
    struct expr *base; /* owned reference, NULL unless narrowed */
    struct arena arena;
    const char *text; /* as it was written; in the arena, or in that of the base */
    struct node *root;
    struct selector *selectors; /* all of them */
};
