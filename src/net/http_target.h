/* SPDX-License-Identifier: MIT */
/*
 * http_target - a request target taken apart: which path is meant, and which query.
 *
 * Dot segments are resolved after the escapes were undone, so that "%2e%2e" is no way around.
 */
#pragma once

#include "base/arena.h"
#include "base/text.h"

struct http_target {
    const char *path;       /* decoded and normalised; "*" for OPTIONS * */
    const char *query;      /* raw */
    struct slice authority; /* of an absolute target; len 0 when it has none */
};

/* Strings are in the arena.  0; -EINVAL malformed; -ENOMEM arena full. */
int http_target_parse(struct slice target, struct arena *arena, struct http_target *out_target);

/* The byte that "%XX" at `text` stands for, or -1. */
int http_unescape(const char *text, size_t len);

/* `path` with everything escaped that a path may not hold, in the arena; NULL when full. */
char *http_path_escape(const char *path, struct arena *arena);
