/* SPDX-License-Identifier: MIT */
#include "agent/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

void outbox_init(struct outbox *outbox, struct spool *spool)
{
    *outbox = (struct outbox){.spool = spool};
    parcel_queue_init(&outbox->queue, OUTBOX_MEMORY_MAX_BYTES);
}

void outbox_deinit(struct outbox *outbox)
{
    outbox_spill(outbox);
    parcel_queue_deinit(&outbox->queue);
}

static void note_error(struct outbox *outbox, int error)
{
    if (error == outbox->spool_error)
        return;
    if (error != 0)
        log_error("spool", "cannot write, keeping the newest %zu KiB in memory: %s",
                  OUTBOX_MEMORY_MAX_BYTES / 1024, strerror(-error));
    else
        log_info("spool", "writing works again");
    outbox->spool_error = error;
}

static void drop_oldest(struct outbox *outbox)
{
    struct parcel *oldest = parcel_queue_pop(&outbox->queue);
    outbox->dropped += oldest->n_samples;
    free(oldest);
}

void outbox_spill(struct outbox *outbox)
{
    const struct parcel *oldest;
    while (outbox->spool != NULL && (oldest = outbox->queue.first) != NULL) {
        struct spool_record record = {oldest->at_ms, oldest->n_samples, oldest->body,
                                      oldest->len};
        int error = spool_append(outbox->spool, &record);
        if (error == -EMSGSIZE) {
            drop_oldest(outbox);
            continue;
        }
        note_error(outbox, error);
        if (error != 0)
            return;
        free(parcel_queue_pop(&outbox->queue));
    }
}

void outbox_push(struct outbox *outbox, const struct spool_record *record)
{
    if (!parcel_queue_has_room(&outbox->queue, record->len))
        outbox_spill(outbox);
    while (!parcel_queue_has_room(&outbox->queue, record->len))
        drop_oldest(outbox);
    parcel_queue_push(&outbox->queue,
                      parcel_new(record->at_ms, record->n_samples, record->body, record->len));
}

void outbox_return(struct outbox *outbox, struct parcel *take_parcel)
{
    parcel_queue_push_front(&outbox->queue, take_parcel);
}

struct parcel *outbox_pop(struct outbox *outbox)
{
    return parcel_queue_pop(&outbox->queue);
}

bool outbox_is_clear(const struct outbox *outbox)
{
    return outbox->queue.first == NULL;
}

bool outbox_has_spooled(const struct outbox *outbox)
{
    return outbox->spool != NULL && !spool_is_empty(outbox->spool);
}
