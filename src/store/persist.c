/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>

#include "store/internal.h"

static void widen(struct disk_state *state, const struct chunk *chunk)
{
    state->from_ms = MIN_OF(state->from_ms, chunk->from_ms);
    state->to_ms = MAX_OF(state->to_ms, chunk->to_ms);
}

/* Under the lock: what is to be written, and the state once it is. */
static void collect_locked(struct series *series, uint32_t epoch, struct persist_item *item)
{
    uint64_t accepted = series->sealed_accepted;
    if (series->dirty != 0 && series->dirty <= epoch) {
        series_seal_late(series);
        if (series->open.count > 0)
            chunk_copy(&series->open, &item->open);
        item->dirty = series->dirty;
        series->dirty = 0;
        accepted = series->accepted;
    }
    item->state = (struct disk_state){series->id, series->stored_from_ms, series->stored_to_ms,
                                      MAX_OF(accepted, series->stored_accepted)};
    item->first = series->sealed_first;
    for (const struct sealed_chunk *sealed = series->sealed_first; sealed != NULL;
         sealed = sealed->next) {
        widen(&item->state, &sealed->chunk);
        item->n_sealed++;
    }
    if (item->open.count > 0)
        widen(&item->state, &item->open);
    /* Only who took it off the writer's list may say so: a series that is on the list twice
     * would be written, and its sealed chunks dropped, twice. */
    if (epoch == PERSIST_SEALED_ONLY)
        series->queued = false;
}

void persist_collect(struct store *store, struct series *series, uint32_t epoch,
                     struct persist_list *out)
{
    struct persist_item item = {0};
    table_lock(&store->table, series->shard);
    if (!series->dead)
        collect_locked(series, epoch, &item);
    table_unlock(&store->table, series->shard);
    if (item.n_sealed == 0 && item.open.count == 0 && item.dirty == 0)
        return;
    item.series = series_ref(series);
    VEC_PUSH(out, item);
}

static int write_item(struct store *store, const struct persist_item *item)
{
    int error = 0;
    const struct sealed_chunk *sealed = item->first;
    for (size_t i = 0; error == 0 && i < item->n_sealed; i++) {
        error = disk_put_chunk(&store->disk, item->series->id, &sealed->chunk);
        if (i + 1 < item->n_sealed) /* behind the last one appenders may be adding */
            sealed = sealed->next;
    }
    if (error == 0 && item->open.count > 0)
        error = disk_put_chunk(&store->disk, item->series->id, &item->open);
    return error != 0 ? error : disk_put_state(&store->disk, &item->state);
}

/* Invariant 8: memory forgets only now. */
static void finish_item(struct store *store, struct persist_item *item, bool committed)
{
    struct series *series = item->series;
    table_lock(&store->table, series->shard);
    if (committed) {
        series_drop_sealed(series, item->n_sealed);
        series->stored_from_ms = item->state.from_ms;
        series->stored_to_ms = item->state.to_ms;
        series->stored_accepted = item->state.accepted;
    } else {
        if (item->dirty != 0)
            series->dirty = item->dirty;
        if (series->sealed_first != NULL && !series->queued && !series->dead)
            writer_note_full(store, series);
    }
    table_unlock(&store->table, series->shard);
    chunk_deinit(&item->open);
    series_unref(series);
}

int persist_commit(struct store *store, struct persist_list *list)
{
    if (list->len == 0)
        return 0;
    int error = disk_begin(&store->disk);
    for (size_t i = 0; error == 0 && i < list->len; i++)
        error = write_item(store, &list->items[i]);
    if (error == 0)
        error = disk_commit(&store->disk);
    if (error != 0)
        disk_abandon(&store->disk);
    for (size_t i = 0; i < list->len; i++)
        finish_item(store, &list->items[i], error == 0);
    VEC_DEINIT(list);
    writer_set_result(store, error);
    return error;
}
