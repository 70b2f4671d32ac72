/* SPDX-License-Identifier: MIT */
/*
 * hash - a fast 64-bit hash of bytes, for tables in memory.
 *
 * Multiply-and-fold over 16 bytes at a time.  Not for files (it may change between versions)
 * and not for secrets; tables that outsiders can fill seed it with random_u64().
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *data, size_t len, uint64_t seed);
uint64_t hash_u64(uint64_t value, uint64_t seed);
