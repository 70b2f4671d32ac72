/* SPDX-License-Identifier: MIT */
/*
 * batch - what one request brings: series in their encoded form, each with its samples.
 *
 * Every protocol decodes into this, and everything behind the one door reads it.  All memory
 * belongs to the arena (or the request body) that the decoder was given.
 *
 * store_append() fills in which series of the store each one is and of what class.  Those who
 * come after it look at the tag first, and ask store_labels() for the few that concern them, so
 * that no text is touched for the rest.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "model/org.h"
#include "model/sample.h"

struct batch_series {
    const uint8_t *encoded; /* see labels.h */
    uint32_t encoded_len;
    uint32_t n_samples;
    uint32_t instance_at; /* where in `encoded` the value of LABEL_INSTANCE begins, and how long
                           * it is; 0 = the decoder did not see it, look for yourself */
    uint32_t instance_len;
    const struct sample *samples; /* in the order they came */
    uint32_t
        series;  /* set by store_append(): its id in the store; 0 = nothing of it was taken */
    uint8_t tag; /* likewise: its class, see store_options; 0 = none */
};

struct batch {
    org_id org;
    struct batch_series *series;
    size_t n_series;
    size_t n_samples;  /* over all series */
    bool has_metadata; /* the request may say what some metrics are, too */
};
