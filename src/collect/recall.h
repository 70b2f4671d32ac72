/* SPDX-License-Identifier: MIT */
/*
 * recall - what a collector emitted, to be told again without reading anything.
 *
 * For sources that change rarely or cost much: they are read once in a while, and every
 * collection in between has the same samples.
 */
#pragma once

#include "base/buf.h"
#include "base/vec.h"
#include "collect/collect.h"

struct recalled {
    const struct metric *metric;
    double value;
    uint32_t first_label, n_labels;
};

struct recall {
    VEC(struct recalled) samples;
    VEC(struct label) labels; /* into `text`; while recording their offsets */
    struct buf text;
    const struct emitter *out; /* borrowed while recording */
};

void recall_init(struct recall *recall);
void recall_deinit(struct recall *recall);

/* Forgets, then records everything that goes through the emitter, which passes it on to `out`. */
struct emitter recall_begin(struct recall *recall, const struct emitter *out);
void recall_end(struct recall *recall);

void recall_emit(const struct recall *recall, const struct emitter *out);
