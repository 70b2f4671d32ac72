/* SPDX-License-Identifier: MIT */
/*
 * exposition - writes samples in Prometheus' text format 0.0.4.
 *
 * Samples are added in any order and written by family: families sorted by name, HELP and TYPE
 * once for each, samples of a family in the order they were added.  Everything added is copied
 * into the arena given at init; over its ceiling exposition_add() refuses.
 *
 *     struct exposition text;
 *     exposition_init(&text, &arena);
 *     exposition_add(&text, &family, labels, n_labels, 12.5);
 *     exposition_write(&text, &buf);
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "model/labels.h"

#define EXPOSITION_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct exposition_family {
    const char *name;
    const char *help; /* NULL = no HELP line */
    const char *type; /* "gauge", "counter", "untyped", "histogram", "summary" */
};

struct exposition_group; /* a family and its samples */

struct exposition {
    struct arena *arena; /* borrowed */
    struct map by_name;  /* name -> struct exposition_group */
    VEC(struct exposition_group *) groups;
};

void exposition_init(struct exposition *text, struct arena *arena);
void exposition_deinit(struct exposition *text);

/* The first family of a name gives help and type.  0, -ENOBUFS (the arena is full). */
int exposition_add(struct exposition *text, const struct exposition_family *family,
                   const struct label *labels, size_t n_labels, double value);

/* Errors are the buf's. */
void exposition_write(struct exposition *text, struct buf *out);

/* One line `name{a="b"} value`, for those who keep order themselves. */
void exposition_write_sample(struct buf *out, const char *name, const struct label *labels,
                             size_t n_labels, double value);
void exposition_write_head(struct buf *out, const struct exposition_family *family);
