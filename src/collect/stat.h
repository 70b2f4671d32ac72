/* SPDX-License-Identifier: MIT */
/*
 * stat - the lines of /proc/stat that are not about processors.
 */
#pragma once

#include "collect/registry.h"

/* `line` may belong to any key; unknown ones are passed over. */
void stat_emit_line(const struct emitter *out, const char *line);
