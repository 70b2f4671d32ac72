/* SPDX-License-Identifier: MIT */
/*
 * fs_probe - statvfs() that cannot hold anybody up.
 *
 * A dead network mount blocks its caller without end and cannot be interrupted, so a worker
 * thread asks.  When it does not come back in time it is left to wait alone, the mount counts
 * as hung until it does, and another worker takes over.  A hung mount is not asked again, so
 * there is never more than one thread per mount, and never more than FS_PROBE_LOST_MAX of them:
 * after that nothing is asked until one returns.
 *
 * Handing over to a thread and back costs more than the question.  A probe of which its user
 * knows that it answers from memory is asked in place, and where all are such there is no thread.
 *
 * Probes belong to the prober's user, from one thread; a probe freed while its question is
 * open lives on until the answer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/statvfs.h>

#include "base/clock.h"

#define FS_PROBE_LOST_MAX 8

typedef int fs_probe_fn(const char *path, struct statvfs *out_status);

struct fs_prober;
struct fs_probe;

/* `ask` is statvfs() but in tests. */
struct fs_prober *fs_prober_new(fs_probe_fn *ask);
void fs_prober_free(struct fs_prober *prober);

struct fs_probe *fs_probe_new(const char *path);
void fs_probe_free(struct fs_prober *prober, struct fs_probe *probe);

/* Whether to ask in place from now on; false to begin with. */
void fs_probe_set_direct(struct fs_prober *prober, struct fs_probe *probe, bool is_direct);

/* Asks for all probes and returns when all have answers, or hang.  `patience` is how long one
 * of them may take; the whole lasts no longer than `limit`. */
void fs_prober_run(struct fs_prober *prober, struct fs_probe *const *probes, size_t count,
                   mspan_t patience, mspan_t limit);

/* The answer to the last question: 0, -errno of statvfs(), -ETIMEDOUT when there is none. */
int fs_probe_result(struct fs_prober *prober, const struct fs_probe *probe,
                    struct statvfs *out_status);
