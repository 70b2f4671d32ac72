/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/internal.h"

#define DELETE_WAIT_MS (30 * MSEC_SECOND)

const struct store_options store_defaults = {
    .retention = 15 * MSEC_DAY,
    .out_of_order = 7 * MSEC_DAY,
    .future = 10 * MSEC_MINUTE,
    .max_series_per_org = 1000000,
};

msec_t store_wall_ms(const struct store *store)
{
    return store->options.wall_ms != NULL ? store->options.wall_ms() : clock_wall_ms();
}

uint8_t store_classify(const struct store *store, const struct labels *labels)
{
    return store->options.classify != NULL ? store->options.classify(labels) : 0;
}

struct labels *store_labels(struct store *store, uint32_t id)
{
    struct series *series = index_find(&store->index, id);
    struct labels *labels = series == NULL ? NULL : labels_ref(series->labels);
    series_unref(series);
    return labels;
}

static void free_store(struct store *store)
{
    struct writer *writer = &store->writer;
    disk_close(&store->disk);
    series_list_deinit(&writer->full);
    series_list_deinit(&writer->doomed);
    pthread_mutex_destroy(&writer->lock);
    table_deinit(&store->table);
    index_deinit(&store->index);
    free(store);
}

int store_open(const struct store_options *options, struct store **out_store,
               struct problem *problem)
{
    struct store *store = aligned_alloc(_Alignof(struct store), sizeof(*store));
    if (store == NULL)
        return -ENOMEM;
    memset(store, 0, sizeof(*store));
    store->options = *options;
    store->epoch = STORE_EPOCH_FIRST;
    int error = disk_open(&store->disk, options->path, problem);
    if (error != 0) {
        free(store);
        return error;
    }
    store->options.path = store->disk.path;
    table_init(&store->table);
    index_init(&store->index);
    pthread_mutex_init(&store->writer.lock, NULL);
    store->max_file_bytes = options->max_file_bytes;
    error = store_load(store, problem);
    if (error == 0) {
        error = writer_start(store);
        if (error != 0)
            problem_set(problem, "store: cannot start a thread: %s", strerror(-error));
    }
    if (error != 0) {
        free_store(store);
        return error;
    }
    *out_store = store;
    return 0;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    writer_stop(store);
    free_store(store);
}

bool store_is_healthy(struct store *store, char *out_why, size_t size)
{
    int blocked = __atomic_load_n(&store->blocked, __ATOMIC_ACQUIRE);
    if (blocked == 0) {
        if (size > 0)
            out_why[0] = '\0';
        return true;
    }
    snprintf(out_why, size, "store: cannot write %s: %s", store->options.path,
             blocked == -ENOSPC    ? "no space left on the disk"
             : blocked == -EBADMSG ? "the file is damaged; stop the server, and restore it or "
                                     "move it away"
                                   : strerror(-blocked));
    return false;
}

void store_stats(struct store *store, struct store_stats *out_stats)
{
    *out_stats = (struct store_stats){
        .series = index_count(&store->index),
        .samples_appended = store_counter(&store->samples_appended),
        .samples_refused = store_counter(&store->samples_refused),
        .batches_committed = store_counter(&store->batches_committed),
        .commits = store_counter(&store->commits),
        .log_bytes = store_counter(&store->log_bytes),
        .chunk_bytes = store_counter(&store->disk.done_chunk_bytes),
        .chunks = store_counter(&store->disk.done_chunks),
        .file_bytes = disk_file_bytes(&store->disk),
        .series_corrupt = store_counter(&store->series_corrupt),
        .chunks_corrupt = store_counter(&store->chunks_corrupt),
        .log_records_corrupt = store_counter(&store->log_records_corrupt),
        .commit_seconds = (double)store_counter(&store->commit_ns) / 1e9,
    };
}

static bool all_gone(const struct series_list *list)
{
    for (size_t i = 0; i < list->len; i++) {
        if (!__atomic_load_n(&list->items[i]->is_gone, __ATOMIC_ACQUIRE))
            return false;
    }
    return true;
}

/* Until the writer has deleted the rows of all, or cannot. */
static int wait_until_gone(struct store *store, const struct series_list *list)
{
    struct writer *writer = &store->writer;
    mono_t due = clock_mono_ms() + DELETE_WAIT_MS;
    const struct timespec until = {due / 1000, due % 1000 * 1000000};
    int error = 0;
    pthread_mutex_lock(&writer->lock);
    while (error == 0 && !all_gone(list)) {
        error = __atomic_load_n(&store->blocked, __ATOMIC_ACQUIRE);
        if (error == 0)
            error = -pthread_cond_timedwait(&writer->moved, &writer->lock, &until);
    }
    pthread_mutex_unlock(&writer->lock);
    return error;
}

int store_delete_series(struct store *store, org_id org, const struct matcher *matchers,
                        size_t n_matchers)
{
    struct series_list found = {0};
    index_select(&store->index, org, matchers, n_matchers, &found);
    struct series_list killed = {0};
    for (size_t i = 0; i < found.len; i++) {
        if (store_kill_series(store, found.items[i], false)) {
            VEC_PUSH(&killed, series_ref(found.items[i]));
            writer_note_doomed(store, found.items[i]);
        }
    }
    series_list_deinit(&found);
    int error = wait_until_gone(store, &killed);
    series_list_deinit(&killed);
    return error;
}
