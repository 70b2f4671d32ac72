/* SPDX-License-Identifier: MIT */
/*
 * cpu_info - what kind of processors the host has: model, flags, bugs, isolation, throttling.
 *
 * /proc/cpuinfo is large and slow to make, and none of this changes quickly: it is read again
 * every minute, or at once when the number of processors changed.
 */
#pragma once

#include "collect/registry.h"

struct cpu_info;

struct cpu_info *cpu_info_new(void);
void cpu_info_free(struct cpu_info *info);

void cpu_info_emit(struct cpu_info *info, struct host_root *root, const struct tick *tick,
                   size_t n_cores, const struct emitter *out);
