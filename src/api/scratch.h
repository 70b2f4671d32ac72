/* SPDX-License-Identifier: MIT */
/*
 * scratch - memory that requests use one after the other: a buffer and an arena.
 *
 * What a write unpacks to and is decoded into is ten times its size and gone when it is answered;
 * taken anew each time it costs more than the work in it.  A pool keeps a few that are not too
 * large.  Thread safe.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

struct scratch {
    struct scratch *next; /* of the pool */
    struct buf bytes;
    struct arena arena;
};

struct scratch_pool;

/* `ceiling` is that of each buffer and of each arena. */
struct scratch_pool *scratch_pool_new(size_t ceiling);
void scratch_pool_free(struct scratch_pool *pool); /* all were given back; NULL is fine */

/* An empty one, to be given back. */
struct scratch *scratch_take(struct scratch_pool *pool);
void scratch_give(struct scratch_pool *pool, struct scratch *scratch);
