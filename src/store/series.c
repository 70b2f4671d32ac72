/* SPDX-License-Identifier: MIT */
#include "store/series.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct series *series_new(uint32_t id, org_id org, struct labels *take_labels)
{
    struct series *series = memory_calloc(1, sizeof(*series));
    series->refs = 1;
    series->id = id;
    series->org = org;
    series->labels = take_labels;
    series->last_ms = INT64_MIN;
    series->stored_from_ms = INT64_MAX;
    series->stored_to_ms = INT64_MIN;
    chunk_init(&series->open, CHUNK_CODEC_XOR);
    return series;
}

struct series *series_ref(struct series *series)
{
    unsigned before = __atomic_fetch_add(&series->refs, 1, __ATOMIC_RELAXED);
    assert(before > 0);
    return series;
}

static void free_sealed(struct sealed_chunk *sealed)
{
    chunk_deinit(&sealed->chunk);
    free(sealed);
}

void series_unref(struct series *series)
{
    if (series == NULL)
        return;
    unsigned before = __atomic_fetch_sub(&series->refs, 1, __ATOMIC_ACQ_REL);
    assert(before > 0);
    if (before > 1)
        return;
    while (series->sealed_first != NULL) {
        struct sealed_chunk *next = series->sealed_first->next;
        free_sealed(series->sealed_first);
        series->sealed_first = next;
    }
    chunk_deinit(&series->open);
    sample_list_deinit(&series->late);
    labels_unref(series->labels);
    free(series);
}

bool series_has_stored(const struct series *series)
{
    return series->stored_from_ms <= series->stored_to_ms;
}

bool series_is_empty(const struct series *series)
{
    return series->open.count == 0 && series->late.len == 0 && series->sealed_first == NULL &&
           !series_has_stored(series);
}

/* Takes over the chunk's payload; the chunk is empty after. */
static void push_sealed(struct series *series, struct chunk *chunk)
{
    struct sealed_chunk *sealed = memory_calloc(1, sizeof(*sealed));
    sealed->chunk = *chunk;
    chunk_init(chunk, chunk->codec);
    if (series->sealed_last != NULL)
        series->sealed_last->next = sealed;
    else
        series->sealed_first = sealed;
    series->sealed_last = sealed;
}

void series_seal_late(struct series *series)
{
    struct chunk chunk;
    chunk_init(&chunk, CHUNK_CODEC_XOR);
    for (size_t i = 0; i < series->late.len; i++) {
        if (!chunk_has_room(&chunk, series->late.items[i].at_ms))
            push_sealed(series, &chunk);
        chunk_append(&chunk, series->late.items[i]);
    }
    if (chunk.count > 0)
        push_sealed(series, &chunk);
    sample_list_deinit(&series->late); /* most series never need it again */
}

void series_seal_all(struct series *series)
{
    series_seal_late(series);
    if (series->open.count > 0)
        push_sealed(series, &series->open);
    series->sealed_accepted = series->accepted;
    series->dirty = 0;
}

static void mark_dirty(struct series *series, uint32_t epoch)
{
    assert(epoch > 0 && !series->dead);
    if (series->dirty == 0)
        series->dirty = epoch;
}

static void add_in_order(struct series *series, struct sample sample, uint32_t epoch)
{
    if (!chunk_has_room(&series->open, sample.at_ms))
        series_seal_all(series);
    mark_dirty(series, epoch);
    chunk_append(&series->open, sample);
    series->last_ms = sample.at_ms;
    series->accepted++;
}

void series_add_late(struct series *series, struct sample sample, uint32_t epoch)
{
    assert(sample.at_ms <= series->last_ms);
    mark_dirty(series, epoch);
    struct sample_list *late = &series->late;
    sample_list_push(late, sample);
    size_t at = late->len - 1;
    for (; at > 0 && late->items[at - 1].at_ms > sample.at_ms; at--)
        late->items[at] = late->items[at - 1];
    late->items[at] = sample;
    assert(at == 0 || late->items[at - 1].at_ms < sample.at_ms);
    series->accepted++;
    if (late->len >= SERIES_LATE_MAX)
        series_seal_late(series);
}

/* True when memory has a sample at that time. */
static bool find_in_memory(const struct series *series, msec_t at_ms, uint64_t *out_bits)
{
    const struct sample *late = sample_list_find(&series->late, at_ms);
    if (late != NULL) {
        *out_bits = sample_bits(late->value);
        return true;
    }
    CLEANUP(sample_list_deinit) struct sample_list found = {0};
    bool read = chunk_read(&series->open, at_ms, at_ms, &found);
    for (const struct sealed_chunk *sealed = series->sealed_first;
         sealed != NULL && found.len == 0; sealed = sealed->next)
        read = chunk_read(&sealed->chunk, at_ms, at_ms, &found) && read;
    assert(read); /* we built them */
    if (found.len == 0)
        return false;
    *out_bits = sample_bits(found.items[0].value);
    return true;
}

enum series_add_result series_add(struct series *series, struct sample sample, uint32_t epoch)
{
    if (sample.at_ms > series->last_ms) {
        add_in_order(series, sample, epoch);
        return SERIES_TAKEN;
    }
    uint64_t bits = series->open.last_bits;
    bool is_last = series->open.count > 0 && sample.at_ms == series->open.to_ms;
    if (is_last || find_in_memory(series, sample.at_ms, &bits)) {
        if (bits != sample_bits(sample.value))
            return SERIES_CONFLICT;
        series->accepted++;
        return SERIES_DUPLICATE;
    }
    if (sample.at_ms >= series->stored_from_ms && sample.at_ms <= series->stored_to_ms)
        return SERIES_UNSURE;
    series_add_late(series, sample, epoch);
    return SERIES_TAKEN;
}

void series_read(const struct series *series, msec_t from_ms, msec_t to_ms,
                 struct sample_list *out)
{
    bool read = true;
    for (const struct sealed_chunk *sealed = series->sealed_first; sealed != NULL;
         sealed = sealed->next)
        read = chunk_read(&sealed->chunk, from_ms, to_ms, out) && read;
    for (size_t i = 0; i < series->late.len; i++) {
        const struct sample *sample = &series->late.items[i];
        if (sample->at_ms >= from_ms && sample->at_ms <= to_ms)
            sample_list_push(out, *sample);
    }
    read = chunk_read(&series->open, from_ms, to_ms, out) && read;
    assert(read); /* we built them */
}

static void widen(msec_t *from_ms, msec_t *to_ms, msec_t more_from_ms, msec_t more_to_ms)
{
    *from_ms = MIN_OF(*from_ms, more_from_ms);
    *to_ms = MAX_OF(*to_ms, more_to_ms);
}

bool series_bounds(const struct series *series, msec_t *out_from_ms, msec_t *out_to_ms)
{
    msec_t from_ms = series->stored_from_ms, to_ms = series->stored_to_ms;
    for (const struct sealed_chunk *sealed = series->sealed_first; sealed != NULL;
         sealed = sealed->next)
        widen(&from_ms, &to_ms, sealed->chunk.from_ms, sealed->chunk.to_ms);
    if (series->late.len > 0)
        widen(&from_ms, &to_ms, series->late.items[0].at_ms,
              series->late.items[series->late.len - 1].at_ms);
    if (series->open.count > 0)
        widen(&from_ms, &to_ms, series->open.from_ms, series->open.to_ms);
    *out_from_ms = from_ms;
    *out_to_ms = to_ms;
    return from_ms <= to_ms;
}

void series_forget_older(struct series *series, msec_t cutoff_ms)
{
    if (series->sealed_first != NULL || series->last_ms >= cutoff_ms)
        return;
    chunk_deinit(&series->open);
    sample_list_deinit(&series->late);
    series->sealed_accepted = series->accepted;
    series->dirty = 0;
}

void series_drop_sealed(struct series *series, size_t count)
{
    for (; count > 0; count--) {
        struct sealed_chunk *sealed = series->sealed_first;
        assert(sealed != NULL);
        series->sealed_first = sealed->next;
        if (series->sealed_first == NULL)
            series->sealed_last = NULL;
        free_sealed(sealed);
    }
}
