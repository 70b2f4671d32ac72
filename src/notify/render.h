/* SPDX-License-Identifier: MIT */
/*
 * render - a message in words, for every channel that people read.
 *
 * What comes out is UTF-8 and has no control characters but the newlines put here, whatever the
 * message holds; nothing in it can begin a new header or a new tag.  Errors are the buf's.
 */
#pragma once

#include "base/buf.h"
#include "notify/message.h"

/* One line: "[CRITICAL] web-1: CPU is 95.4 %, over 80 %". */
void render_subject(struct buf *out, const struct message *message);

void render_text(struct buf *out, const struct message *message);
void render_html(struct buf *out, const struct message *message);

/* The host's page; nothing when the public address is not known. */
void render_link(struct buf *out, const struct message *message);

/* Text as one clean line of at most `max` characters; "…" stands for what is cut. */
void render_line(struct buf *out, const char *text, size_t max);
