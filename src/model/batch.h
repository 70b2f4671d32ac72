/* SPDX-License-Identifier: MIT */
/*
 * batch - what one request brings: series in their encoded form, each with its samples.
 *
 * Every protocol decodes into this, and everything behind the one door reads it.  All memory
 * belongs to the arena (or the request body) that the decoder was given, except the resolved
 * labels, which batch_release_labels() lets go.
 */
#pragma once

#include "base/arena.h"
#include "model/labels.h"
#include "model/org.h"
#include "model/sample.h"

struct batch_series {
    const uint8_t *encoded; /* see labels.h */
    uint32_t encoded_len;
    uint32_t n_samples;
    const struct sample *samples; /* in the order they came */
    struct labels *labels;        /* one reference; NULL until store_append() resolves it, and
                                   * after it when the series was refused */
};

struct batch {
    org_id org;
    struct batch_series *series;
    size_t n_series;
    size_t n_samples; /* over all series */
};

static inline void batch_release_labels(struct batch *batch)
{
    for (size_t i = 0; i < batch->n_series; i++) {
        labels_unref(batch->series[i].labels);
        batch->series[i].labels = NULL;
    }
}
