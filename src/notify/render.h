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

/* The host's page, for a digest the page of alerts, for a notice that of channels; nothing when the public address is not known. */
void render_link(struct buf *out, const struct message *message);

/* What happened, without the badge: "web-1: CPU is 95.4 %, over 80 %". */
void render_summary(struct buf *out, const struct message *message);

/* The facts below the summary, each a name and a clean line; none for a test message. */
#define RENDER_LABELS_MAX 16

struct render_fact {
    char name[64];
    char text[320];
};

struct render_facts {
    struct render_fact items[RENDER_LABELS_MAX + 8];
    size_t len;
};

void render_facts(struct render_facts *out_facts, const struct message *message);

/* 0xRRGGBB: how bad it is. */
unsigned render_colour(const struct message *message);

/* Text as one clean line of at most `max` characters; "…" stands for what is cut. */
void render_line(struct buf *out, const char *text, size_t max);
