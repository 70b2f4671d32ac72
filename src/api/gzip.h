/* SPDX-License-Identifier: MIT */
/*
 * gzip - answers made smaller for those who can unpack them.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

/* Whether an Accept-Encoding header (NULL = none came) names gzip and does not rule it out. */
bool gzip_is_accepted(const char *header);

/* Appends the packed form; 0, -ENOMEM, or the buf's error. */
int gzip_pack(const void *data, size_t len, struct buf *out);
