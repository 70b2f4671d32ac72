/* SPDX-License-Identifier: MIT */
/*
 * memory - malloc for small things of a size we chose: never NULL, aborts instead.
 *
 * Anything whose size an outsider decides goes through a buf or an arena, which have ceilings
 * and return errors.  Thread safe.
 */
#pragma once

#include <stddef.h>
#include <stdlib.h>

void *memory_alloc(size_t size);
void *memory_calloc(size_t count, size_t size);
void *memory_realloc(void *old, size_t size);
char *memory_strdup(const char *text);
char *memory_strndup(const char *text, size_t len);

/* For CLEANUP(memory_freep) on any pointer. */
static inline void memory_freep(void *pointer)
{
    free(*(void **)pointer);
}
