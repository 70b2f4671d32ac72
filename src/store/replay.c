/* SPDX-License-Identifier: MIT */
/*
 * At start: the series that the archive knows, then the log.
 *
 * A sample in the log may be in the archive as well; that is found out when it is read or merged,
 * not here.  What an id below archive_next_series() meant that the archive does not know
 * any more was deleted.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store/internal.h"

struct replay {
    struct store *store;
    uint32_t archived; /* ids below were in the archive once */
    uint64_t segment;  /* the first one there is: dirty is what came from any of them */
};

static int load_series(const struct archive_series *series, void *arg)
{
    struct store *store = arg;
    if (store_restore_series(store, series->id, series->org, series->labels) != 0)
        store_count(&store->series_corrupt, 1);
    return 0;
}

static bool replay_series(void *arg, uint32_t id, org_id org, struct slice labels)
{
    struct replay *replay = arg;
    index_reserve(&replay->store->index, id + 1);
    if (id < replay->archived)
        return true;
    return store_restore_series(replay->store, id, org, labels) != -EINVAL;
}

static bool replay_samples(void *arg, uint32_t id, const struct sample *samples, size_t n)
{
    struct replay *replay = arg;
    struct shard *shard = shards_find(&replay->store->shards, id / SHARD_SERIES);
    uint32_t slot = id % SHARD_SERIES;
    if (shard == NULL || shard->series[slot].state != SERIES_ALIVE) {
        index_reserve(&replay->store->index, id + 1);
        return true;
    }
    pthread_mutex_lock(&shard->lock);
    for (size_t i = 0; i < n; i++)
        shard_add(shard, slot, samples[i], replay->segment);
    if (shard->late.len >= SHARD_LATE_MAX)
        shard_freeze(shard);
    pthread_mutex_unlock(&shard->lock);
    return true;
}

static bool replay_removed(void *arg, uint32_t id)
{
    struct replay *replay = arg;
    store_remove_series(replay->store, id, false);
    upkeep_doom(replay->store, &id, 1);
    return true;
}

static int load_archive(struct store *store, struct problem *problem)
{
    int error = archive_load(store->archive, load_series, store);
    if (error != 0)
        problem_set(problem, "store: %s: the list of series cannot be read: %s",
                    store->options.path, strerror(-error));
    return error;
}

static int load_log(struct store *store, struct problem *problem)
{
    struct replay replay = {
        .store = store,
        .archived = store->upkeep.series_stored,
        .segment = store->log.segments.items[0].number,
    };
    struct log_reader reader = {.samples = replay_samples,
                                .series = replay_series,
                                .removed = replay_removed,
                                .arg = &replay};
    struct log_losses losses;
    int error = log_read(&store->log, &reader, &losses);
    sample_list_deinit(&reader.scratch);
    store->log_losses = losses.places;
    if (error != 0)
        problem_set(problem, "store: the log of %s cannot be read: %s", store->options.path,
                    strerror(-error));
    return error;
}

int store_load(struct store *store, struct problem *problem)
{
    store->upkeep.series_stored = archive_next_series(store->archive);
    index_reserve(&store->index, store->upkeep.series_stored);
    int error = load_archive(store, problem);
    return error != 0 ? error : load_log(store, problem);
}
