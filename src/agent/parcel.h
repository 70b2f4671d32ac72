/* SPDX-License-Identifier: MIT */
/*
 * parcel - collections packed for the wire that wait in memory, oldest first.
 *
 * The queue is bounded in bytes; who pushes makes room before, by taking the oldest out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct parcel {
    struct parcel *next; /* in its queue */
    msec_t at_ms;
    uint32_t n_samples;
    size_t len;
    char body[]; /* one snappy block with a remote write request */
};

struct parcel_queue {
    struct parcel *first, *last; /* owned */
    size_t n_parcels;
    size_t bytes; /* of bodies; never over max_bytes unless one alone is */
    size_t max_bytes;
};

struct parcel *parcel_new(msec_t at_ms, uint32_t n_samples, const void *body, size_t len);

void parcel_queue_init(struct parcel_queue *queue, size_t max_bytes);
void parcel_queue_deinit(struct parcel_queue *queue);

/* True when `len` more bytes fit, or when the queue is empty. */
bool parcel_queue_has_room(const struct parcel_queue *queue, size_t len);

void parcel_queue_push(struct parcel_queue *queue, struct parcel *take_parcel);
void parcel_queue_push_front(struct parcel_queue *queue, struct parcel *take_parcel);

/* The oldest, now the caller's to free(); NULL when empty. */
struct parcel *parcel_queue_pop(struct parcel_queue *queue);

/* Halves a parcel by its series, first half first.  0; -E2BIG: it has one series only;
 * -EINVAL, -ENOMEM. */
int parcel_split(const struct parcel *parcel, struct parcel *out_halves[2]);
