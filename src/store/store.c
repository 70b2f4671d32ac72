/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "store/reading.h"

#define DELETE_WAIT_MS (30 * MSEC_SECOND)

const struct store_options store_defaults = {
    .retention = 15 * MSEC_DAY,
    .retention_5m = 90 * MSEC_DAY,
    .retention_1h = 730 * MSEC_DAY,
    .out_of_order = 7 * MSEC_DAY,
    .future = 10 * MSEC_MINUTE,
    .max_series_per_org = 1000000,
    .max_series_per_host = 50000,
};

msec_t store_wall_ms(const struct store *store)
{
    return store->options.wall_ms != NULL ? store->options.wall_ms() : clock_wall_ms();
}

msec_t store_oldest_ms(const struct store *store)
{
    const struct store_options *options = &store->options;
    mspan_t longest = MAX_OF(options->retention, options->retention_5m);
    return store_wall_ms(store) - MAX_OF(longest, options->retention_1h);
}

struct labels *store_labels(struct store *store, uint32_t id)
{
    return index_labels(&store->index, id);
}

static void free_store(struct store *store)
{
    reading_free_idle(store);
    archive_close(store->archive);
    if (store->log.io != NULL)
        log_close(&store->log);
    shards_deinit(&store->shards);
    table_deinit(&store->table);
    index_deinit(&store->index);
    VEC_DEINIT(&store->upkeep.doomed);
    pthread_mutex_destroy(&store->upkeep.lock);
    pthread_mutex_destroy(&store->defining);
    pthread_mutex_destroy(&store->reading_lock);
    free((char *)(uintptr_t)store->options.path);
    free(store);
}

static struct store *make_store(const struct store_options *options)
{
    struct store *store = aligned_alloc(_Alignof(struct store), sizeof(*store));
    if (store == NULL)
        return NULL;
    memset(store, 0, sizeof(*store));
    store->options = *options;
    store->options.path = memory_strdup(options->path);
    random_bytes(&store->name_key, sizeof(store->name_key));
    table_init(&store->table);
    index_init(&store->index);
    shards_init(&store->shards);
    pthread_mutex_init(&store->defining, NULL);
    pthread_mutex_init(&store->reading_lock, NULL);
    pthread_mutex_init(&store->upkeep.lock, NULL);
    store->max_file_bytes = store->upkeep.max_bytes = options->max_file_bytes;
    return store;
}

static int open_archive(struct store *store, struct problem *problem)
{
    const struct store_options *options = &store->options;
    const struct archive_options archive = {
        .path = options->path,
        .retention = {options->retention, options->retention_5m, options->retention_1h},
        .max_bytes = options->max_file_bytes,
        .vfs = options->vfs,
    };
    return archive_open(&archive, &store->archive, problem);
}

static int open_log(struct store *store, struct problem *problem)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(store->options.path, '/');
    int dir_len = slash == NULL ? 1 : (int)(slash - store->options.path);
    snprintf(folder, sizeof(folder), "%.*s/log", dir_len,
             slash == NULL ? "." : store->options.path);
    const struct log_io *io = store->options.log_io;
    int error = log_open(&store->log, folder, io == NULL ? &log_io_posix : io);
    if (error != 0) {
        store->log.io = NULL;
        problem_set(problem, "store: cannot use the folder %s: %s", folder, strerror(-error));
    }
    return error;
}

static int start(struct store *store, struct problem *problem)
{
    int error = open_archive(store, problem);
    if (error == 0)
        error = open_log(store, problem);
    if (error == 0)
        error = store_load(store, problem);
    if (error != 0)
        return error;
    error = upkeep_start(store);
    if (error != 0)
        problem_set(problem, "store: cannot start a thread: %s", strerror(-error));
    return error;
}

int store_open(const struct store_options *options, struct store **out_store,
               struct problem *problem)
{
    struct store *store = make_store(options);
    if (store == NULL)
        return -ENOMEM;
    int error = start(store, problem);
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
    upkeep_stop(store);
    free_store(store);
}

bool store_is_healthy(struct store *store, char *out_why, size_t size)
{
    int blocked = store_blocked(store);
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
        .batches = store_counter(&store->batches),
        .log_bytes = log_bytes(&store->log),
        .log_losses = store_counter(&store->log_losses),
        .series_corrupt = store_counter(&store->series_corrupt),
    };
    archive_stats(store->archive, &out_stats->archive);
}

/* So that a restart does not bring them back from the log. */
static int log_removal(struct store *store, const struct id_vec *ids)
{
    struct log_writer record = {0};
    log_record_begin(&record, LOG_RECORD_REMOVED);
    for (size_t i = 0; i < ids->len; i++)
        log_record_put_removed(&record, ids->items[i]);
    log_record_end(&record);
    int error = log_append(&store->log, &record);
    log_writer_deinit(&record);
    return error;
}

/* Until upkeep has deleted so many, or cannot. */
static int wait_until_gone(struct store *store, uint64_t count)
{
    struct upkeep *upkeep = &store->upkeep;
    mono_t due = clock_mono_ms() + DELETE_WAIT_MS;
    const struct timespec until = {due / 1000, due % 1000 * 1000000};
    int error = 0;
    pthread_mutex_lock(&upkeep->lock);
    while (error == 0 && upkeep->doomed_done < count) {
        error = store_blocked(store);
        if (error == 0)
            error = -pthread_cond_timedwait(&upkeep->moved, &upkeep->lock, &until);
    }
    pthread_mutex_unlock(&upkeep->lock);
    return error;
}

int store_delete_series(struct store *store, org_id org, const struct matcher *matchers,
                        size_t n_matchers)
{
    struct id_vec ids = {0};
    index_select(&store->index, org, matchers, n_matchers, &ids);
    int error = ids.len == 0 ? 0 : log_removal(store, &ids);
    if (error == 0 && ids.len > 0) {
        for (size_t i = 0; i < ids.len; i++)
            store_remove_series(store, ids.items[i], false);
        error = wait_until_gone(store, upkeep_doom(store, ids.items, ids.len));
    }
    VEC_DEINIT(&ids);
    return error;
}
