/* SPDX-License-Identifier: MIT */
#include "notify/pace.h"

#include <assert.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/vec.h"

#define FULL_MS ((mspan_t)PACE_BURST * PACE_REFILL_MS)

void pace_deinit(struct pace *pace)
{
    VEC_DEINIT(pace);
}

/* The bucket as it is now; NULL when it is full.  Full ones met on the way are dropped. */
static struct pace_bucket *find(struct pace *pace, int64_t channel_id, mono_t now)
{
    struct pace_bucket *found = NULL;
    for (size_t i = 0; i < pace->len;) {
        struct pace_bucket *bucket = &pace->items[i];
        bucket->missing -= now - bucket->at;
        bucket->at = now;
        if (bucket->missing <= 0) {
            *bucket = pace->items[--pace->len];
            continue;
        }
        if (bucket->channel_id == channel_id)
            found = bucket;
        i++;
    }
    return found;
}

int pace_tokens(struct pace *pace, int64_t channel_id, mono_t now)
{
    const struct pace_bucket *bucket = find(pace, channel_id, now);
    return bucket == NULL ? PACE_BURST : (int)((FULL_MS - bucket->missing) / PACE_REFILL_MS);
}

void pace_take(struct pace *pace, int64_t channel_id, mono_t now)
{
    struct pace_bucket *bucket = find(pace, channel_id, now);
    if (bucket == NULL) {
        const struct pace_bucket full = {channel_id, 0, now};
        VEC_PUSH(pace, full);
        bucket = &pace->items[pace->len - 1];
    }
    bucket->missing += PACE_REFILL_MS;
    assert(bucket->missing <= FULL_MS);
}

mspan_t pace_wait(struct pace *pace, int64_t channel_id, mono_t now)
{
    const struct pace_bucket *bucket = find(pace, channel_id, now);
    return bucket == NULL ? 0 : MAX_OF(bucket->missing - (FULL_MS - PACE_REFILL_MS), 0);
}
