/* SPDX-License-Identifier: MIT */
/*
 * remote_write - Prometheus' remote write 1.0: a WriteRequest in protobuf, both directions.
 *
 *     WriteRequest { 1: TimeSeries*, 3: MetricMetadata* }
 *     TimeSeries   { 1: Label*, 2: Sample*, 3: exemplars, 4: histograms (both skipped) }
 *     Sample       { 1: double value, 2: int64 timestamp in ms }
 *     MetricMetadata { 1: type, 2: name of the family, 4: help, 5: unit }
 *
 * The reader is written by hand, checks every bound and allocates only from the arena.  The
 * labels of a series normally lie side by side and are then used where they lie, so the body
 * must live as long as the batch.  What labels say is not looked at here: store_append() does,
 * once per new series.  Thread safe.
 */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "model/batch.h"
#include "model/metadata.h"
#include "model/problem.h"

#define REMOTE_WRITE_BODY_MAX_BYTES   ((size_t)256 * 1024 * 1024) /* unpacked */
#define REMOTE_WRITE_LABELS_MAX_BYTES ((size_t)256 * 1024)        /* of one series, encoded */

/* `body` is what snappy_unpack() gave.  Leaves out_batch->org alone.  Series without samples
 * are left out.  0; -EINVAL with `problem` filled (malformed, or a limit above exceeded);
 * -E2BIG when the arena's ceiling is too low for it. */
int remote_write_decode(const void *body, size_t len, struct arena *arena,
                        struct batch *out_batch, struct problem *problem);

/* The same without the short cut for what senders usually send: tests compare the two.  It does
 * not say where the instance is. */
int remote_write_decode_slowly(const void *body, size_t len, struct arena *arena,
                               struct batch *out_batch, struct problem *problem);

/* Tells each metric that the request describes.  The texts live during the call.  Stops at what it
 * cannot read: metadata are a courtesy.  `body` was taken by remote_write_decode(). */
typedef void remote_write_metadata_fn(void *arg, const struct metadata *metadata);
void remote_write_metadata(const void *body, size_t len, remote_write_metadata_fn *fn,
                           void *arg);

/* Appends what describes a metric to a WriteRequest; errors are the buf's. */
int remote_write_encode_metadata(const struct metadata *metadata, struct buf *out);

/* Appends a WriteRequest; errors are the buf's. */
int remote_write_encode(const struct batch_series *series, size_t n_series, struct buf *out);
