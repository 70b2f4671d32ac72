/* SPDX-License-Identifier: MIT */
/*
 * A series that the table does not know under the name it came by.  Mostly it is new; its labels
 * may also come in an unusual form (other order, empty values, longer varints), or another
 * thread was faster.  The name of the sorted form decides.
 */
#include <assert.h>
#include <errno.h>

#include "store/internal.h"

#define ENCODED_MAX_BYTES                                                                      \
    ((size_t)LABELS_COUNT_MAX * (LABELS_NAME_MAX_BYTES + LABELS_VALUE_MAX_BYTES + 16))
#define ALIASES_MAX 4 /* of one series; what comes in yet another form is decoded each time */

struct hash128 store_name(const struct store *store, org_id org, const void *encoded,
                          size_t len)
{
    return hash128_bytes(&store->name_key, encoded, len, (uint64_t)org);
}

static bool has_metric_name(const struct label_slices *labels)
{
    for (size_t i = 0; i < labels->len; i++) {
        if (slice_is(labels->items[i].name, LABEL_METRIC_NAME))
            return true;
    }
    return false;
}

/* The name of the sorted form. */
static struct hash128 sorted_name(const struct store *store, org_id org,
                                  const struct label_slices *labels)
{
    struct buf encoded;
    buf_init(&encoded, ENCODED_MAX_BYTES);
    labels_encode_slices(&encoded, labels);
    assert(encoded.error == 0);
    struct hash128 name = store_name(store, org, encoded.data, encoded.len);
    buf_deinit(&encoded);
    return name;
}

static uint8_t classify(const struct store *store, const struct label_slices *slices)
{
    if (store->options.classify == NULL)
        return 0;
    struct labels *labels = labels_new_sorted(slices);
    uint8_t tag = store->options.classify(labels);
    labels_unref(labels);
    return tag;
}

/* Of an id that was given. */
static struct shard *known_shard(struct store *store, uint32_t id)
{
    struct shard *shard = shards_find(&store->shards, id / SHARD_SERIES);
    assert(shard != NULL);
    return shard;
}

static uint32_t find(struct store *store, struct hash128 name)
{
    struct table_cursor cursor = {0};
    for (uint32_t id; (id = table_find(&store->table, name, &cursor)) != 0;) {
        struct shard *shard = known_shard(store, id);
        const struct series *series = &shard->series[id % SHARD_SERIES];
        pthread_mutex_lock(&shard->lock);
        bool found = series->state == SERIES_ALIVE && hash128_equal(series->name, name);
        pthread_mutex_unlock(&shard->lock);
        if (found)
            return id;
    }
    return 0;
}

/* Makes it known to shard and table, once it has an id. */
static void settle(struct store *store, uint32_t id, struct hash128 name, uint8_t tag,
                   bool is_defined)
{
    struct shard *shard = shards_make(&store->shards, id / SHARD_SERIES);
    struct series *series = &shard->series[id % SHARD_SERIES];
    pthread_mutex_lock(&shard->lock);
    assert(series->state == SERIES_NONE);
    *series = (struct series){.name = name,
                              .next = id + 1,
                              .state = SERIES_ALIVE,
                              .tag = tag,
                              .is_defined = is_defined};
    shard->n_alive++;
    pthread_mutex_unlock(&shard->lock);
    table_add(&store->table, name, id);
}

static void remember_alias(struct store *store, uint32_t id, struct hash128 alias)
{
    struct shard *shard = known_shard(store, id);
    struct series *series = &shard->series[id % SHARD_SERIES];
    pthread_mutex_lock(&shard->lock);
    bool room = series->state == SERIES_ALIVE && series->n_aliases < ALIASES_MAX;
    series->n_aliases += room;
    pthread_mutex_unlock(&shard->lock);
    if (room)
        table_add_alias(&store->table, alias, id);
}

enum define_result store_define(struct store *store, org_id org, struct hash128 name,
                                struct slice encoded, uint32_t *out_id)
{
    struct label_slices labels;
    if (labels_read_encoded(encoded.data, encoded.len, &labels) != 0 ||
        !has_metric_name(&labels))
        return DEFINE_BAD_LABELS;
    const struct hash128 sorted = sorted_name(store, org, &labels);
    const struct index_limits limits = {store->options.max_series_per_org,
                                        store->options.max_series_per_host};
    int error = 0;
    pthread_mutex_lock(&store->defining);
    uint32_t id = find(store, sorted);
    if (id == 0)
        error = index_add(&store->index, org, &labels, &limits, &id);
    else
        error = -EEXIST;
    if (error == 0)
        settle(store, id, sorted, classify(store, &labels), false);
    pthread_mutex_unlock(&store->defining);
    if (error == -ENOSPC || error == -EDQUOT)
        return error == -ENOSPC ? DEFINE_ORG_FULL : DEFINE_HOST_FULL;
    if (!hash128_equal(sorted, name))
        remember_alias(store, id, name);
    *out_id = id;
    return DEFINE_DONE;
}

int store_restore_series(struct store *store, uint32_t id, org_id org, struct slice encoded)
{
    struct label_slices labels;
    if (labels_read_encoded(encoded.data, encoded.len, &labels) != 0)
        return -EINVAL;
    int error = index_add_stored(&store->index, id, org, &labels);
    if (error == 0)
        settle(store, id, store_name(store, org, encoded.data, encoded.len),
               classify(store, &labels), true);
    return error;
}

bool store_remove_series(struct store *store, uint32_t id, bool only_empty)
{
    struct shard *shard = shards_find(&store->shards, id / SHARD_SERIES);
    if (shard == NULL)
        return false;
    uint32_t slot = id % SHARD_SERIES;
    struct series *series = &shard->series[slot];
    pthread_mutex_lock(&shard->lock);
    bool remove = series->state == SERIES_ALIVE && !(only_empty && shard_has(shard, slot));
    if (remove) {
        shard_forget(shard, slot);
        series->state = SERIES_DEAD;
        shard->n_alive--;
    }
    struct hash128 name = series->name;
    pthread_mutex_unlock(&shard->lock);
    if (remove) {
        table_remove(&store->table, name, id);
        index_remove(&store->index, id);
    }
    return remove;
}
