/* SPDX-License-Identifier: MIT */
#include "agent/parcel.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "wire/remote_write.h"
#include "wire/snappy.h"

#define UNPACKED_MAX_BYTES ((size_t)16 * 1024 * 1024)

struct parcel *parcel_new(msec_t at_ms, uint32_t n_samples, const void *body, size_t len)
{
    struct parcel *parcel = memory_alloc(sizeof(*parcel) + len);
    *parcel = (struct parcel){.at_ms = at_ms, .n_samples = n_samples, .len = len};
    memcpy(parcel->body, body, len);
    return parcel;
}

void parcel_queue_init(struct parcel_queue *queue, size_t max_bytes)
{
    *queue = (struct parcel_queue){.max_bytes = max_bytes};
}

void parcel_queue_deinit(struct parcel_queue *queue)
{
    struct parcel *parcel;
    while ((parcel = parcel_queue_pop(queue)) != NULL)
        free(parcel);
}

bool parcel_queue_has_room(const struct parcel_queue *queue, size_t len)
{
    return queue->first == NULL || queue->bytes + len <= queue->max_bytes;
}

void parcel_queue_push(struct parcel_queue *queue, struct parcel *take_parcel)
{
    take_parcel->next = NULL;
    if (queue->last != NULL)
        queue->last->next = take_parcel;
    else
        queue->first = take_parcel;
    queue->last = take_parcel;
    queue->n_parcels++;
    queue->bytes += take_parcel->len;
}

void parcel_queue_push_front(struct parcel_queue *queue, struct parcel *take_parcel)
{
    take_parcel->next = queue->first;
    queue->first = take_parcel;
    if (queue->last == NULL)
        queue->last = take_parcel;
    queue->n_parcels++;
    queue->bytes += take_parcel->len;
}

struct parcel *parcel_queue_pop(struct parcel_queue *queue)
{
    struct parcel *parcel = queue->first;
    if (parcel == NULL)
        return NULL;
    queue->first = parcel->next;
    if (queue->first == NULL)
        queue->last = NULL;
    assert(queue->n_parcels > 0 && queue->bytes >= parcel->len);
    queue->n_parcels--;
    queue->bytes -= parcel->len;
    parcel->next = NULL;
    return parcel;
}

static struct parcel *pack(msec_t at_ms, const struct batch_series *series, size_t n_series)
{
    CLEANUP(buf_deinit) struct buf request;
    CLEANUP(buf_deinit) struct buf packed;
    buf_init(&request, UNPACKED_MAX_BYTES);
    buf_init(&packed, UNPACKED_MAX_BYTES * 7 / 6 + 32);
    if (remote_write_encode(series, n_series, &request) != 0 ||
        snappy_pack(request.data, request.len, &packed) != 0)
        return NULL;
    uint32_t n_samples = 0;
    for (size_t i = 0; i < n_series; i++)
        n_samples += series[i].n_samples;
    return parcel_new(at_ms, n_samples, packed.data, packed.len);
}

static int split_batch(const struct batch *batch, msec_t at_ms, struct parcel *out_halves[2])
{
    if (batch->n_series < 2)
        return -E2BIG;
    size_t middle = batch->n_series / 2;
    struct parcel *left = pack(at_ms, batch->series, middle);
    struct parcel *right = pack(at_ms, batch->series + middle, batch->n_series - middle);
    if (left == NULL || right == NULL) {
        free(left);
        free(right);
        return -ENOMEM;
    }
    out_halves[0] = left;
    out_halves[1] = right;
    return 0;
}

int parcel_split(const struct parcel *parcel, struct parcel *out_halves[2])
{
    CLEANUP(buf_deinit) struct buf request;
    CLEANUP(arena_deinit) struct arena arena;
    struct batch batch = {0};
    buf_init(&request, UNPACKED_MAX_BYTES);
    arena_init(&arena, UNPACKED_MAX_BYTES);

    int error = snappy_unpack(parcel->body, parcel->len, &request);
    if (error == 0)
        error = remote_write_decode(request.data, request.len, &arena, &batch, NULL);
    if (error == 0)
        error = split_batch(&batch, parcel->at_ms, out_halves);
    return error;
}
