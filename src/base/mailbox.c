/* SPDX-License-Identifier: MIT */
#include "base/mailbox.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"

void mailbox_init(struct mailbox *box, size_t capacity)
{
    assert(capacity > 0);
    *box = (struct mailbox){.capacity = capacity};
    box->slots = memory_calloc(capacity, sizeof(*box->slots));
    pthread_mutex_init(&box->lock, NULL);

    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&box->filled, &attributes);
    pthread_condattr_destroy(&attributes);
}

void mailbox_deinit(struct mailbox *box)
{
    assert(box->len == 0);
    pthread_cond_destroy(&box->filled);
    pthread_mutex_destroy(&box->lock);
    free(box->slots);
}

int mailbox_push(struct mailbox *box, void *message)
{
    assert(message != NULL);
    pthread_mutex_lock(&box->lock);
    int error = box->closed ? -EPIPE : box->len == box->capacity ? -EAGAIN : 0;
    if (error == 0) {
        box->slots[(box->first + box->len++) % box->capacity] = message;
        pthread_cond_signal(&box->filled);
    }
    pthread_mutex_unlock(&box->lock);
    return error;
}

void *mailbox_pop(struct mailbox *box, mono_t until)
{
    struct timespec deadline = {.tv_sec = until / 1000, .tv_nsec = (until % 1000) * 1000000};
    void *message = NULL;

    pthread_mutex_lock(&box->lock);
    while (box->len == 0 && !box->closed) {
        if (pthread_cond_timedwait(&box->filled, &box->lock, &deadline) == ETIMEDOUT)
            break;
    }
    if (box->len > 0) {
        message = box->slots[box->first];
        box->first = (box->first + 1) % box->capacity;
        box->len--;
    }
    pthread_mutex_unlock(&box->lock);
    return message;
}

void mailbox_close(struct mailbox *box)
{
    pthread_mutex_lock(&box->lock);
    box->closed = true;
    pthread_cond_broadcast(&box->filled);
    pthread_mutex_unlock(&box->lock);
}

bool mailbox_is_closed(struct mailbox *box)
{
    pthread_mutex_lock(&box->lock);
    bool closed = box->closed;
    pthread_mutex_unlock(&box->lock);
    return closed;
}
