/* SPDX-License-Identifier: MIT */
/*
 * mailbox - how threads hand work to a thread: a bounded queue of pointers.
 *
 * Ownership of a message moves with it.  When the box is full, push refuses, and its caller
 * decides what to do; nothing waits for room.  Any thread pushes, any thread pops: one for a
 * thread's inbox, several for a pool of workers.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"

struct mailbox {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    void **slots; /* owned; ring of `capacity` */
    size_t capacity, first, len;
    bool closed;
};

void mailbox_init(struct mailbox *box, size_t capacity);
void mailbox_deinit(struct mailbox *box); /* must be empty: the owner drains it first */

/* 0, -EAGAIN when full, -EPIPE when closed.  `message` is not NULL. */
int mailbox_push(struct mailbox *box, void *message);

/* The oldest message; waits until `until` (CLOCK_MONOTONIC ms) at most.  NULL when the time is
 * up, or at once when the box is closed and empty. */
void *mailbox_pop(struct mailbox *box, mono_t until);

/* No more pushes; wakes the popper. */
void mailbox_close(struct mailbox *box);
bool mailbox_is_closed(struct mailbox *box);
