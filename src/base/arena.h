/* SPDX-License-Identifier: MIT */
/*
 * arena - memory with one lifetime: allocate often, free once.
 *
 * Used per HTTP request, per query, per evaluation.  The ceiling, in bytes, is stated at init;
 * over it arena_alloc() returns NULL, which its user turns into "too large".
 * The arena owns everything it hands out.  One thread at a time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* owned; newest first */
    char *next;                 /* first free byte in the newest block */
    size_t left;                /* free bytes in the newest block */
    size_t used;                /* bytes taken from malloc */
    size_t ceiling;             /* `used` never exceeds it */
};

void arena_init(struct arena *arena, size_t ceiling);
void arena_deinit(struct arena *arena);

/* Frees everything handed out; keeps one block for reuse. */
void arena_reset(struct arena *arena);

/* Aligned to 16 bytes.  NULL when over the ceiling or out of memory. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_calloc(struct arena *arena, size_t count, size_t size);
void *arena_memdup(struct arena *arena, const void *data, size_t len);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t len); /* adds a NUL */
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
