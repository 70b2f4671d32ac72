/* SPDX-License-Identifier: MIT */
#include "store/shard.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct shard *shard_new(uint32_t number)
{
    struct shard *shard = memory_calloc(1, sizeof(*shard));
    shard->number = number;
    pthread_mutex_init(&shard->lock, NULL);
    return shard;
}

static void free_frozen(struct frozen *frozen)
{
    for (size_t i = 0; i < SHARD_SERIES; i++)
        run_reset(&frozen->runs[i]);
    free(frozen->runs);
    VEC_DEINIT(&frozen->late);
    free(frozen);
}

void shard_free(struct shard *shard)
{
    if (shard == NULL)
        return;
    while (shard->frozen_first != NULL)
        shard_thaw(shard, 1);
    for (size_t i = 0; i < SHARD_SERIES; i++)
        run_reset(&shard->series[i].run);
    VEC_DEINIT(&shard->late);
    pthread_mutex_destroy(&shard->lock);
    free(shard);
}

/* Where a sample is or would be. */
static size_t late_position(const struct late_list *late, uint32_t slot, msec_t at_ms)
{
    size_t low = 0, high = late->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct late_sample *item = &late->items[middle];
        if (item->slot < slot || (item->slot == slot && item->sample.at_ms < at_ms))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t late_list_slot(const struct late_list *late, uint32_t slot, size_t *out_first)
{
    *out_first = late_position(late, slot, INT64_MIN);
    return late_position(late, slot + 1, INT64_MIN) - *out_first;
}

static bool late_find(const struct late_list *late, uint32_t slot, msec_t at_ms,
                      double *out_value)
{
    size_t at = late_position(late, slot, at_ms);
    if (at == late->len || late->items[at].slot != slot ||
        late->items[at].sample.at_ms != at_ms)
        return false;
    *out_value = late->items[at].sample.value;
    return true;
}

static void late_insert(struct late_list *late, uint32_t slot, struct sample sample)
{
    const struct late_sample item = {slot, sample};
    size_t at = late_position(late, slot, sample.at_ms);
    VEC_PUSH(late, item);
    memmove(&late->items[at + 1], &late->items[at],
            (late->len - 1 - at) * sizeof(*late->items));
    late->items[at] = item;
}

/* The value that memory has at that time. */
static bool find(const struct shard *shard, uint32_t slot, msec_t at_ms, double *out_value)
{
    for (const struct frozen *frozen = shard->frozen_first; frozen != NULL;
         frozen = frozen->next) {
        const struct run *run = &frozen->runs[slot];
        if ((run->count > 0 && run_find(run, at_ms, out_value)) ||
            late_find(&frozen->late, slot, at_ms, out_value))
            return true;
    }
    const struct run *run = &shard->series[slot].run;
    return (run->count > 0 && run_find(run, at_ms, out_value)) ||
           late_find(&shard->late, slot, at_ms, out_value);
}

static struct frozen *push_frozen(struct shard *shard)
{
    struct frozen *frozen = memory_calloc(1, sizeof(*frozen));
    frozen->runs = memory_calloc(SHARD_SERIES, sizeof(*frozen->runs));
    frozen->dirty = shard->dirty;
    if (shard->frozen_last != NULL)
        shard->frozen_last->next = frozen;
    else
        shard->frozen_first = frozen;
    shard->frozen_last = frozen;
    return frozen;
}

/* A run that is full makes way for the next one. */
static void append(struct shard *shard, uint32_t slot, struct sample sample)
{
    struct run *run = &shard->series[slot].run;
    if (run_append(run, sample))
        return;
    push_frozen(shard)->runs[slot] = *run;
    *run = (struct run){0};
    bool fits = run_append(run, sample);
    assert(fits);
}

enum shard_add_result shard_add(struct shard *shard, uint32_t slot, struct sample sample,
                                uint64_t segment)
{
    const struct run *run = &shard->series[slot].run;
    bool in_order = run->count == 0 || sample.at_ms > run->to_ms;
    assert(shard->series[slot].state == SERIES_ALIVE && segment > 0);
    if (!in_order || (run->count == 0 && shard->frozen_first != NULL)) {
        double value;
        if (find(shard, slot, sample.at_ms, &value))
            return sample_bits(value) == sample_bits(sample.value) ? SHARD_DUPLICATE
                                                                   : SHARD_CONFLICT;
    }
    if (shard->dirty == 0)
        shard->dirty = segment;
    if (in_order)
        append(shard, slot, sample);
    else
        late_insert(&shard->late, slot, sample);
    return SHARD_TAKEN;
}

static void read_late(const struct late_list *late, uint32_t slot, msec_t from_ms, msec_t to_ms,
                      struct sample_list *out)
{
    for (size_t at = late_position(late, slot, from_ms);
         at < late->len && late->items[at].slot == slot &&
         late->items[at].sample.at_ms <= to_ms;
         at++)
        sample_list_push(out, late->items[at].sample);
}

static void read_run(const struct run *run, msec_t from_ms, msec_t to_ms,
                     struct sample_list *out)
{
    if (run->count > 0 && run->to_ms >= from_ms && run_from_ms(run) <= to_ms)
        run_read(run, from_ms, to_ms, out);
}

void shard_read(const struct shard *shard, uint32_t slot, msec_t from_ms, msec_t to_ms,
                struct sample_list *out)
{
    for (const struct frozen *frozen = shard->frozen_first; frozen != NULL;
         frozen = frozen->next) {
        read_late(&frozen->late, slot, from_ms, to_ms, out);
        read_run(&frozen->runs[slot], from_ms, to_ms, out);
    }
    read_late(&shard->late, slot, from_ms, to_ms, out);
    read_run(&shard->series[slot].run, from_ms, to_ms, out);
}

static bool late_has(const struct late_list *late, uint32_t slot, msec_t from_ms, msec_t to_ms)
{
    size_t at = late_position(late, slot, from_ms);
    return at < late->len && late->items[at].slot == slot &&
           late->items[at].sample.at_ms <= to_ms;
}

static bool run_overlaps(const struct run *run, msec_t from_ms, msec_t to_ms)
{
    return run->count > 0 && run->to_ms >= from_ms && run_from_ms(run) <= to_ms;
}

bool shard_has_within(const struct shard *shard, uint32_t slot, msec_t from_ms, msec_t to_ms)
{
    if (run_overlaps(&shard->series[slot].run, from_ms, to_ms) ||
        late_has(&shard->late, slot, from_ms, to_ms))
        return true;
    for (const struct frozen *frozen = shard->frozen_first; frozen != NULL;
         frozen = frozen->next) {
        if (run_overlaps(&frozen->runs[slot], from_ms, to_ms) ||
            late_has(&frozen->late, slot, from_ms, to_ms))
            return true;
    }
    return false;
}

bool shard_has(const struct shard *shard, uint32_t slot)
{
    return shard_has_within(shard, slot, INT64_MIN, INT64_MAX);
}

void shard_freeze(struct shard *shard)
{
    if (shard->dirty == 0)
        return;
    struct frozen *frozen = push_frozen(shard);
    for (size_t i = 0; i < SHARD_SERIES; i++) {
        frozen->runs[i] = shard->series[i].run;
        shard->series[i].run = (struct run){0};
    }
    frozen->late = shard->late;
    shard->late = (struct late_list){0};
    shard->dirty = 0;
}

uint64_t shard_oldest_dirty(const struct shard *shard)
{
    uint64_t oldest = shard->dirty;
    for (const struct frozen *frozen = shard->frozen_first; frozen != NULL;
         frozen = frozen->next)
        oldest = oldest == 0 ? frozen->dirty : MIN_OF(oldest, frozen->dirty);
    return oldest;
}

void shard_thaw(struct shard *shard, size_t count)
{
    for (; count > 0; count--) {
        struct frozen *frozen = shard->frozen_first;
        assert(frozen != NULL);
        shard->frozen_first = frozen->next;
        if (frozen->next == NULL)
            shard->frozen_last = NULL;
        free_frozen(frozen);
    }
}

void shard_forget(struct shard *shard, uint32_t slot)
{
    run_reset(&shard->series[slot].run);
    size_t first, count = late_list_slot(&shard->late, slot, &first);
    if (count == 0)
        return;
    memmove(&shard->late.items[first], &shard->late.items[first + count],
            (shard->late.len - first - count) * sizeof(*shard->late.items));
    shard->late.len -= count;
}
