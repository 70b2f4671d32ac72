/* SPDX-License-Identifier: MIT */
/*
 * tree - a YAML file as nodes that know where they stand.
 *
 * One document of maps, lists and scalars.  Aliases, keys that are not plain text and repeated
 * keys are refused, and size, depth and number of nodes are bounded, so that no file can make
 * us work long.  All nodes live in the arena that the caller passes.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "model/problem.h"

#define TREE_BYTES_MAX ((size_t)1024 * 1024)
#define TREE_DEPTH_MAX 32
#define TREE_NODES_MAX 20000

enum tree_kind {
    TREE_NULL,
    TREE_SCALAR,
    TREE_LIST,
    TREE_MAP,
    TREE_KIND_COUNT
};

/* How people call them: "nothing", "a value", "a list", "a section". */
extern const char *const tree_kind_names[TREE_KIND_COUNT];

struct tree_node {
    enum tree_kind kind;
    int line, column; /* of the value, from 1 */
    const char *key;  /* in a map; NULL elsewhere */
    int key_line, key_column;
    const char *text;        /* TREE_SCALAR */
    struct tree_node *first; /* children of a list or map, in the order of the file */
    struct tree_node *next;  /* sibling */
};

/* An empty text is a TREE_NULL root.  0; -EINVAL with the problem (without its file). */
int tree_parse(const char *text, size_t len, struct arena *arena,
               const struct tree_node **out_root, struct problem *problem);
