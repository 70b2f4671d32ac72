/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_ALIGN       16
#define ARENA_FIRST_BYTES 4096
#define ARENA_BLOCK_BYTES ((size_t)256 * 1024)

struct arena_block {
    struct arena_block *older;
    size_t size; /* with this header */
    _Alignas(ARENA_ALIGN) char bytes[];
};

void arena_init(struct arena *arena, size_t ceiling)
{
    assert(ceiling > 0);
    *arena = (struct arena){.ceiling = ceiling};
}

void arena_deinit(struct arena *arena)
{
    struct arena_block *block = arena->blocks;
    while (block != NULL) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
    *arena = (struct arena){.ceiling = arena->ceiling};
}

void arena_reset(struct arena *arena)
{
    struct arena_block *keep = arena->blocks;
    if (keep == NULL)
        return;
    struct arena_block *block = keep->older;
    while (block != NULL) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
    keep->older = NULL;
    arena->next = keep->bytes;
    arena->left = keep->size - sizeof(*keep);
    arena->used = keep->size;
}

/* Blocks double from a page to ARENA_BLOCK_BYTES, so that a small request stays small. */
static int add_block(struct arena *arena, size_t need)
{
    size_t size = arena->blocks == NULL ? ARENA_FIRST_BYTES : arena->blocks->size * 2;
    size = MIN_OF(size, ARENA_BLOCK_BYTES);
    if (need > size - sizeof(struct arena_block))
        size = need + sizeof(struct arena_block);
    if (size > arena->ceiling - arena->used)
        size = need + sizeof(struct arena_block);
    if (size < need || size > arena->ceiling - arena->used)
        return -1;

    struct arena_block *block = malloc(size);
    if (block == NULL)
        return -1;
    block->older = arena->blocks;
    block->size = size;
    arena->blocks = block;
    arena->next = block->bytes;
    arena->left = size - sizeof(*block);
    arena->used += size;
    return 0;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    assert(arena->used <= arena->ceiling);
    if (size > arena->ceiling)
        return NULL;
    size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (size > arena->left && add_block(arena, size) != 0)
        return NULL;

    void *memory = arena->next;
    arena->next += size;
    arena->left -= size;
    return memory;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    void *memory = arena_alloc(arena, total);
    if (memory != NULL)
        memset(memory, 0, total);
    return memory;
}

void *arena_memdup(struct arena *arena, const void *data, size_t len)
{
    void *memory = arena_alloc(arena, len);
    if (memory != NULL && len > 0)
        memcpy(memory, data, len);
    return memory;
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
    char *copy = arena_alloc(arena, len + 1);
    if (copy == NULL)
        return NULL;
    if (len > 0)
        memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    assert(len >= 0);
    char *text = arena_alloc(arena, (size_t)len + 1);
    if (text != NULL)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}
