/* SPDX-License-Identifier: MIT */
/*
 * sampler - takes what collectors emit and makes one remote write request of it.
 *
 * Of a series is kept what was emitted: the metric's name and the labels.  Since collectors emit
 * in the same order each time, the series of a sample is mostly the one behind the last, found by
 * one comparison.  As long as the series are those of
 * last time, values go straight into the gaps of a request that is packed already (see form.h);
 * a steady collection neither packs nor allocates.  A series that was there last time and is not
 * now gets one stale marker, so that the server knows that it ended.
 *
 *     sampler_begin(&sampler, now);
 *     collect_run(collect, &(struct emitter){sampler_emit, &sampler});
 *     sampler_pack(&sampler, &n_samples);
 *
 * Invariant: `order[0..n_order)` are the series of the collection under way or just ended, in
 * order of emission, each once.
 */
#pragma once

#include "base/buf.h"
#include "base/vec.h"
#include "collect/collect.h"
#include "wire/form.h"

#define SAMPLER_SERIES_MAX 20000

struct sampler_series; /* one that was emitted */

/* Finds a series by metric name and labels, which stand in it. */
struct sampler_index {
    struct sampler_series **slots; /* owned, and what they point to */
    size_t capacity;               /* a power of two, at least twice `len` */
    size_t len;
    uint64_t seed;
};

struct sampler {
    char *instance; /* owned */
    char *job;      /* owned */
    struct sampler_index by_key;
    VEC(struct sampler_series *) order;    /* emitted in this collection */
    VEC(struct sampler_series *) previous; /* in the one before */
    size_t cursor;                         /* in `previous`: what probably comes next */
    struct form form;                      /* its series are those of `previous` or `order` */
    bool
        is_form_good; /* so far this collection's series are the form's, and its still values */
    struct buf key;
    msec_t at_ms;
    uint32_t collection; /* number of the collection under way: enough for 136 years */
    uint64_t n_encoded;  /* series met so far */
    uint64_t n_packed;   /* forms built so far */
    uint64_t refused; /* samples over SAMPLER_SERIES_MAX, or with labels that are too large */
};

void sampler_init(struct sampler *sampler, const char *instance, const char *job);
void sampler_deinit(struct sampler *sampler);

/* Starts a collection whose samples are of `at_ms`. */
void sampler_begin(struct sampler *sampler, msec_t at_ms);

/* The function for struct emitter; `arg` is the sampler. */
void sampler_emit(void *arg, const struct metric *metric, const struct label *labels,
                  size_t n_labels, double value);

/* Ends the collection: the request is complete in sampler_packed() until the next one begins.
 * 0; -ENODATA when there is not one sample; -errno. */
int sampler_pack(struct sampler *sampler, size_t *out_n_samples);
static inline const struct buf *sampler_packed(const struct sampler *sampler)
{
    return &sampler->form.packed;
}

/* The metric of the nth sample, of sampler->order.len, of the collection just ended. */
const struct metric *sampler_metric(const struct sampler *sampler, size_t nth);
