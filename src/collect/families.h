/* SPDX-License-Identifier: MIT */
/*
 * families - metrics whose names come from the kernel.
 *
 * Made once per name, and kept until the end: a struct metric outlives its samples.
 */
#pragma once

#include "base/map.h"
#include "collect/collect.h"

#define FAMILIES_MAX 1024

struct families {
    struct map by_name; /* owned values */
};

void families_init(struct families *families);
void families_deinit(struct families *families);

/* NULL when the name is no metric's name, or there are too many. */
const struct metric *families_get(struct families *families, const char *name, const char *help,
                                  enum metric_type type);
