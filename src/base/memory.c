/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

static void *must(void *pointer)
{
    if (pointer == NULL) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return pointer;
}

void *memory_alloc(size_t size)
{
    return must(malloc(size > 0 ? size : 1));
}

void *memory_calloc(size_t count, size_t size)
{
    return must(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *memory_realloc(void *old, size_t size)
{
    return must(realloc(old, size > 0 ? size : 1));
}

char *memory_strndup(const char *text, size_t len)
{
    char *copy = memory_alloc(len + 1);
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *memory_strdup(const char *text)
{
    return memory_strndup(text, strlen(text));
}
