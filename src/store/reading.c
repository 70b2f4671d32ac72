/* SPDX-License-Identifier: MIT */
#include "store/reading.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"

#define IDLE_MAX       8
#define KEEP_MAX_BYTES ((size_t)4 * 1024 * 1024) /* of scratch, while idle */

struct reading *reading_take(struct store *store, const struct archive_range *range)
{
    pthread_mutex_lock(&store->reading_lock);
    struct reading *reading = store->idle_readings;
    if (reading != NULL) {
        store->idle_readings = reading->next;
        store->n_idle_readings--;
    }
    pthread_mutex_unlock(&store->reading_lock);
    if (reading == NULL)
        reading = memory_calloc(1, sizeof(*reading));
    reading->store = store;
    reading->range = *range;
    reading->sought = false;
    return reading;
}

static void end_snapshot(struct reading *reading)
{
    if (reading->begun)
        archive_reader_end(reading->reader);
    reading->begun = reading->sought = false;
}

static void free_reading(struct reading *reading)
{
    if (reading->reader != NULL)
        archive_reader_give(reading->store->archive, reading->reader);
    sample_list_deinit(&reading->memory);
    sample_list_deinit(&reading->samples);
    VEC_DEINIT(&reading->rollups);
    free(reading);
}

void reading_give(struct reading *reading)
{
    struct store *store = reading->store;
    end_snapshot(reading);
    size_t kept =
        (reading->memory.capacity + reading->samples.capacity) * sizeof(struct sample) +
        reading->rollups.capacity * sizeof(struct rollup);
    pthread_mutex_lock(&store->reading_lock);
    bool keep = store->n_idle_readings < IDLE_MAX && kept <= KEEP_MAX_BYTES;
    if (keep) {
        reading->next = store->idle_readings;
        store->idle_readings = reading;
        store->n_idle_readings++;
    }
    pthread_mutex_unlock(&store->reading_lock);
    if (!keep)
        free_reading(reading);
}

void reading_free_idle(struct store *store)
{
    while (store->idle_readings != NULL) {
        struct reading *next = store->idle_readings->next;
        free_reading(store->idle_readings);
        store->idle_readings = next;
    }
    store->n_idle_readings = 0;
}

size_t reading_same_shard(const uint32_t *ids, size_t first, size_t end)
{
    size_t n = 1;
    while (first + n < end && ids[first + n] / SHARD_SERIES == ids[first] / SHARD_SERIES)
        n++;
    return n;
}

static void read_memory(struct reading *reading, struct shard *shard, const uint32_t *ids,
                        size_t n)
{
    const struct archive_range *range = &reading->range;
    pthread_mutex_lock(&shard->lock);
    for (size_t i = 0; i < n; i++) {
        shard_read(shard, ids[i] % SHARD_SERIES, range->from_ms, range->to_ms,
                   &reading->memory);
        reading->ends[i] = reading->memory.len;
    }
    pthread_mutex_unlock(&shard->lock);
}

static bool is_archived(struct reading *reading, uint32_t shard)
{
    msec_t from_ms, to_ms;
    return archive_bounds(reading->store->archive, shard, &from_ms, &to_ms) &&
           from_ms <= reading->range.to_ms && to_ms >= reading->range.from_ms;
}

/* Memory was read before; a snapshot is good when nothing was let go of since it was begun. */
static int seek(struct reading *reading, uint32_t shard)
{
    uint64_t thaws = store_counter_acquire(&reading->store->thaws);
    if (reading->begun && reading->thaws != thaws)
        end_snapshot(reading);
    if (reading->reader == NULL)
        reading->reader = archive_reader_take(reading->store->archive);
    if (reading->reader == NULL)
        return -EIO;
    int error = reading->begun ? 0 : archive_reader_begin(reading->reader);
    if (error != 0)
        return error;
    reading->begun = true;
    reading->thaws = thaws;
    if (reading->sought && reading->shard == shard)
        return 0;
    error = archive_reader_seek(reading->reader, shard, &reading->range);
    reading->sought = error == 0;
    reading->shard = shard;
    return error;
}

int reading_shard(struct reading *reading, const uint32_t *ids, size_t n)
{
    assert(n > 0 && n <= SHARD_SERIES);
    uint32_t number = ids[0] / SHARD_SERIES;
    struct shard *shard = shards_find(&reading->store->shards, number);
    reading->memory.len = 0;
    for (size_t i = 0; shard == NULL && i < n; i++)
        reading->ends[i] = 0;
    if (shard != NULL)
        read_memory(reading, shard, ids, n);
    reading->archived = is_archived(reading, number);
    return reading->archived ? seek(reading, number) : 0;
}

int reading_has_archived(struct reading *reading, uint32_t id, bool *out_has)
{
    *out_has = false;
    return reading->archived ? archive_reader_has(reading->reader, id, out_has) : 0;
}

/* Memory's part behind the archive's.  What lies where there are only rollups any more will
 * become part of these. */
static void add_memory(struct reading *reading, const struct sample *items, size_t n)
{
    struct sample_list *samples = &reading->samples;
    const struct rollup_list *rollups = &reading->rollups;
    msec_t after_ms = rollups->len == 0 ? INT64_MIN : rollups->items[rollups->len - 1].end_ms;
    for (size_t i = 0; i < n; i++) {
        if (items[i].at_ms > after_ms)
            sample_list_push(samples, items[i]);
    }
}

int reading_series(struct reading *reading, uint32_t id, size_t i)
{
    reading->samples.len = reading->rollups.len = 0;
    int error = 0;
    if (reading->archived)
        error = archive_reader_read(reading->reader, id, &reading->samples, &reading->rollups);
    size_t first = i == 0 ? 0 : reading->ends[i - 1];
    if (error != 0 || reading->ends[i] == first)
        return error;
    size_t sorted = reading->samples.len;
    add_memory(reading, reading->memory.items + first, reading->ends[i] - first);
    sample_list_normalise(&reading->samples, sorted);
    return 0;
}
