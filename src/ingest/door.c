/* SPDX-License-Identifier: MIT */
#include "ingest/door.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

struct door {
    struct store *store;         /* borrowed from the server */
    struct directory *directory; /* likewise */
    struct door_sink sink;
    uint64_t batches, series_foreign, hosts_adopted; /* atomic */
};

struct door *door_new(struct store *store, struct directory *directory,
                      const struct door_sink *sink)
{
    struct door *door = memory_calloc(1, sizeof(*door));
    door->store = store;
    door->directory = directory;
    door->sink = *sink;
    return door;
}

void door_free(struct door *door)
{
    free(door);
}

static void count(uint64_t *counter, size_t by)
{
    __atomic_fetch_add(counter, by, __ATOMIC_RELAXED);
}

static bool instance_of(const struct batch_series *series, struct slice *out_name)
{
    if (series->instance_at != 0) {
        *out_name = (struct slice){(const char *)series->encoded + series->instance_at,
                                   series->instance_len};
        return true;
    }
    return labels_encoded_value(series->encoded, series->encoded_len, LABEL_INSTANCE, out_name);
}

/* Moves the series that carry the host's name to the front and cuts the others off. */
static void keep_own(struct batch *batch, const char *host_name, struct door_outcome *outcome)
{
    size_t kept = 0;
    for (size_t i = 0; i < batch->n_series; i++) {
        struct slice name;
        if (instance_of(&batch->series[i], &name) && slice_is(name, host_name)) {
            batch->series[kept++] = batch->series[i];
            continue;
        }
        if (outcome->foreign++ == 0)
            snprintf(outcome->refusals.detail, sizeof(outcome->refusals.detail),
                     "this token may write only series with instance=\"%s\"", host_name);
        batch->n_samples -= batch->series[i].n_samples;
    }
    batch->n_series = kept;
}

static int check_sender(struct door *door, const struct principal *who, struct batch *batch,
                        struct door_outcome *outcome)
{
    if (principal_may(who, RIGHT_INGEST))
        return 0;
    char host_name[HOST_NAME_MAX_BYTES + 1];
    if (!principal_may(who, RIGHT_INGEST_HOST) ||
        !directory_name(door->directory, who->host_id, host_name, sizeof(host_name)))
        return -EACCES;
    keep_own(batch, host_name, outcome);
    count(&door->series_foreign, outcome->foreign);
    return batch->n_series == 0 && outcome->foreign > 0 ? -EACCES : 0;
}

/* The host of a series: known, or added when its sender may. 0 = none. */
static int64_t owner_of(struct door *door, const struct principal *who,
                        const struct batch_series *series, struct slice name)
{
    int64_t id = directory_find(door->directory, who->org, name);
    if (id != 0 || !principal_may(who, RIGHT_ENROL) || name.len > HOST_NAME_MAX_BYTES)
        return id;

    struct slice job;
    if (!labels_encoded_value(series->encoded, series->encoded_len, LABEL_JOB, &job) ||
        !slice_is(job, "node") || !text_is_utf8(name.data, name.len) || name.len == 0)
        return 0;
    char text[HOST_NAME_MAX_BYTES + 1];
    text_copy_slice(text, sizeof(text), name);
    id = door->sink.adopt(door->sink.arg, who->org, text);
    if (id != 0)
        count(&door->hosts_adopted, 1);
    return id;
}

static msec_t newest_of(const struct batch_series *series, size_t n_series)
{
    msec_t newest = INT64_MIN;
    for (size_t i = 0; i < n_series; i++) {
        for (uint32_t k = 0; k < series[i].n_samples; k++)
            newest = MAX_OF(newest, series[i].samples[k].at_ms);
    }
    return newest;
}

/* Walks the runs of neighbouring series with one instance, and tells of each. */
static void announce(struct door *door, const struct principal *who, const struct batch *batch,
                     msec_t received_ms)
{
    size_t first = 0;
    while (first < batch->n_series) {
        struct slice name;
        bool named = instance_of(&batch->series[first], &name);
        size_t end = first + 1;
        struct slice next;
        while (
            end < batch->n_series && instance_of(&batch->series[end], &next) == named &&
            (!named || (next.len == name.len && memcmp(next.data, name.data, name.len) == 0)))
            end++;

        const struct batch_series *series = &batch->series[first];
        int64_t host_id = named ? owner_of(door, who, series, name) : 0;
        char host_name[HOST_NAME_MAX_BYTES + 1];
        msec_t newest_ms = newest_of(series, end - first);
        if (host_id != 0 && newest_ms != INT64_MIN &&
            directory_name(door->directory, host_id, host_name, sizeof(host_name))) {
            struct arrival arrival = {who->org,    host_id,   host_name,  series,
                                      end - first, newest_ms, received_ms};
            door->sink.arrived(door->sink.arg, &arrival);
        }
        first = end;
    }
}

int door_accept(struct door *door, const struct principal *who, struct batch *batch,
                struct door_outcome *out_outcome)
{
    struct door_outcome outcome = {0};
    msec_t received_ms = clock_wall_ms();
    batch->org = who->org;
    int error = check_sender(door, who, batch, &outcome);
    if (error == 0) {
        struct store_refusals refusals = {0};
        error = store_append(door->store, batch, &refusals);
        if (outcome.foreign > 0)
            text_copy(refusals.detail, sizeof(refusals.detail), outcome.refusals.detail);
        outcome.refusals = refusals;
    }
    if (error == 0) {
        count(&door->batches, 1);
        announce(door, who, batch, received_ms);
    }
    *out_outcome = outcome;
    return error;
}

bool door_has_room(struct door *door)
{
    return store_has_room(door->store);
}

void door_stats(struct door *door, struct door_stats *out_stats)
{
    *out_stats = (struct door_stats){
        .batches = __atomic_load_n(&door->batches, __ATOMIC_RELAXED),
        .series_foreign = __atomic_load_n(&door->series_foreign, __ATOMIC_RELAXED),
        .hosts_adopted = __atomic_load_n(&door->hosts_adopted, __ATOMIC_RELAXED),
    };
}
