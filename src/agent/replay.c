/* SPDX-License-Identifier: MIT */
/*
 * Requests in protobuf that stand one behind the other are one request, so records are unpacked
 * side by side and packed again as one.
 */
#include "agent/replay.h"

#include <stdlib.h>

#include "wire/snappy.h"

#define REQUEST_AIM_BYTES  ((size_t)256 * 1024) /* unpacked */
#define RECORDS_MAX        64
#define UNPACKED_MAX_BYTES ((size_t)20 * 1024 * 1024)
#define PACKED_MAX_BYTES   (UNPACKED_MAX_BYTES * 7 / 6 + 32)

void replay_init(struct replay *replay, struct spool *spool)
{
    *replay = (struct replay){.spool = spool, .max_records = RECORDS_MAX};
    buf_init(&replay->body, PACKED_MAX_BYTES);
}

void replay_deinit(struct replay *replay)
{
    buf_deinit(&replay->body);
}

bool replay_fill(struct replay *replay, msec_t now)
{
    CLEANUP(buf_deinit) struct buf packed;
    CLEANUP(buf_deinit) struct buf requests;
    buf_init(&packed, SEGMENT_BODY_MAX_BYTES + 1);
    buf_init(&requests, UNPACKED_MAX_BYTES);
    replay->n_records = 0;
    replay->n_samples = 0;
    while (replay->n_records < replay->max_records && requests.len < REQUEST_AIM_BYTES) {
        struct spool_record record;
        buf_reset(&packed);
        if (spool_next(replay->spool, now, &packed, &record) != 0)
            break;
        if (snappy_unpack(packed.data, packed.len, &requests) != 0) {
            replay->unusable += record.n_samples;
            continue;
        }
        replay->n_records++;
        replay->n_samples += record.n_samples;
    }
    buf_reset(&replay->body);
    if (replay->n_records > 0 && snappy_pack(requests.data, requests.len, &replay->body) == 0)
        return true;
    replay->unusable += replay->n_samples;
    replay_confirm(replay);
    return false;
}

/* Batches are large and rare: their memory goes back. */
static void forget_body(struct replay *replay)
{
    buf_deinit(&replay->body);
    buf_init(&replay->body, PACKED_MAX_BYTES);
}

void replay_confirm(struct replay *replay)
{
    spool_ack(replay->spool);
    if (spool_is_empty(replay->spool))
        replay->max_records = RECORDS_MAX;
    forget_body(replay);
}

void replay_abandon(struct replay *replay)
{
    spool_rewind(replay->spool);
    forget_body(replay);
}

enum replay_shrunk replay_shrink(struct replay *replay, struct parcel *out_halves[2])
{
    if (replay->n_records > 1) {
        replay->max_records = replay->n_records / 2;
        replay_abandon(replay);
        return REPLAY_SMALLER;
    }
    struct parcel *whole =
        parcel_new(clock_wall_ms(), replay->n_samples, replay->body.data, replay->body.len);
    int error = parcel_split(whole, out_halves);
    free(whole);
    replay_confirm(replay);
    return error == 0 ? REPLAY_HALVED : REPLAY_HOPELESS;
}
