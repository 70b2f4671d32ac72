/* SPDX-License-Identifier: MIT */
/*
 * random - unpredictable bytes from the kernel.  Thread safe.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *out, size_t len); /* aborts when the kernel has none */
uint64_t random_u64(void);
double random_unit(void); /* evenly from [0, 1), for jitter */
