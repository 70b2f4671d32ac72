/* SPDX-License-Identifier: MIT */
/*
 * macros - the few words that C lacks.
 */
#pragma once

#include <stddef.h>

#define ARRAY_LEN(array)                (sizeof(array) / sizeof((array)[0]))
#define PRINTF_LIKE(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#define MUST_USE                        __attribute__((warn_unused_result))

/* Runs fn(&variable) when the variable leaves its scope. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* The struct that `member` at `pointer` is embedded in. */
#define CONTAINER_OF(pointer, type, member)                                                    \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#define MIN_OF(a, b) ((a) < (b) ? (a) : (b))
#define MAX_OF(a, b) ((a) > (b) ? (a) : (b))
