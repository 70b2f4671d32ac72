/* SPDX-License-Identifier: MIT */
/*
 * What is known about the file: asked by any thread, mostly without waiting for who writes.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/macros.h"
#include "base/memory.h"
#include "base/vec.h"
#include "store/archive_parts.h"

uint32_t archive_next_series(struct archive *archive)
{
    pthread_mutex_lock(&archive->lock);
    uint32_t next = MAX_OF(archive->next_series, 1u);
    pthread_mutex_unlock(&archive->lock);
    return next;
}

bool archive_bounds(struct archive *archive, uint32_t shard, msec_t *out_from_ms,
                    msec_t *out_to_ms)
{
    msec_t from_ms = INT64_MAX, to_ms = INT64_MIN;
    pthread_mutex_lock(&archive->lock);
    if (shard < archive->n_shards) {
        const struct pack_list *list = &archive->shards[shard].packs;
        for (size_t i = 0; i < list->len; i++) {
            from_ms = MIN_OF(from_ms, list->items[i].from_ms);
            to_ms = MAX_OF(to_ms, list->items[i].to_ms);
        }
    }
    pthread_mutex_unlock(&archive->lock);
    if (from_ms > to_ms)
        return false;
    *out_from_ms = from_ms;
    *out_to_ms = to_ms;
    return true;
}

static int present_locked(struct archive *archive, uint32_t shard,
                          uint64_t bits[SHARD_SERIES / 64])
{
    const struct pack_list *list = &archive->shards[shard].packs;
    int error = 0;
    for (size_t i = 0; error == 0 && i < list->len; i++) {
        struct pack_head head;
        error = source_head(&archive->source, list->items[i].id, &head);
        if (error == 0) {
            for (uint32_t block = 0; block < head.info.n_blocks; block++)
                bits[head.blocks[block].slot / 64] |= (uint64_t)1
                                                      << (head.blocks[block].slot % 64);
            pack_head_close(&head);
        }
    }
    return error;
}

int archive_present(struct archive *archive, uint32_t shard,
                    uint64_t out_bits[SHARD_SERIES / 64])
{
    uint64_t bits[SHARD_SERIES / 64] = {0};
    int error = 0;
    pthread_mutex_lock(&archive->lock);
    if (shard < archive->n_shards)
        error = present_locked(archive, shard, bits);
    pthread_mutex_unlock(&archive->lock);
    if (error == 0)
        memcpy(out_bits, bits, sizeof(bits));
    return error;
}

static uint64_t size_of(const char *path, const char *suffix)
{
    char full[4096];
    struct stat info;
    int len = snprintf(full, sizeof(full), "%s%s", path, suffix);
    return len > 0 && (size_t)len < sizeof(full) && stat(full, &info) == 0
               ? (uint64_t)info.st_size
               : 0;
}

void archive_publish(struct archive *archive)
{
    int64_t free_pages = 0;
    archive_pragma(archive->db, "PRAGMA freelist_count", &free_pages);
    pthread_mutex_lock(&archive->facts_lock);
    memcpy(archive->facts.tiers, archive->totals, sizeof(archive->totals));
    memcpy(archive->facts.levels, archive->level_totals, sizeof(archive->level_totals));
    archive->facts.page_bytes = archive->page_bytes;
    archive->facts.free_bytes = (uint64_t)free_pages * archive->page_bytes;
    pthread_mutex_unlock(&archive->facts_lock);
}

void archive_stats(struct archive *archive, struct archive_stats *out_stats)
{
    pthread_mutex_lock(&archive->facts_lock);
    *out_stats = archive->facts;
    out_stats->losses = archive->n_losses;
    pthread_mutex_unlock(&archive->facts_lock);
    out_stats->file_bytes = size_of(archive->path, "");
    out_stats->wal_bytes = size_of(archive->path, "-wal");
    out_stats->flushes = __atomic_load_n(&archive->flushes, __ATOMIC_RELAXED);
    out_stats->merges = __atomic_load_n(&archive->merges, __ATOMIC_RELAXED);
    out_stats->samples_flushed = __atomic_load_n(&archive->samples_flushed, __ATOMIC_RELAXED);
    out_stats->samples_merged = __atomic_load_n(&archive->samples_merged, __ATOMIC_RELAXED);
}

static bool is_same_loss(const struct archive_loss *a, const struct archive_loss *b)
{
    return a->shard == b->shard && a->pack == b->pack && a->tier == b->tier &&
           a->from_series == b->from_series && a->what == b->what;
}

void archive_note_loss(struct archive *archive, const struct archive_loss *loss)
{
    pthread_mutex_lock(&archive->facts_lock);
    bool is_known = archive->n_losses == ARCHIVE_LOSSES_MAX;
    for (size_t i = 0; !is_known && i < archive->n_losses; i++)
        is_known = is_same_loss(&archive->losses[i], loss);
    if (!is_known) {
        archive->losses = vec_with_room(archive->losses, archive->n_losses,
                                        &archive->losses_capacity, sizeof(*archive->losses));
        archive->losses[archive->n_losses++] = *loss;
    }
    pthread_mutex_unlock(&archive->facts_lock);
}

size_t archive_losses(struct archive *archive, struct archive_loss *out, size_t max)
{
    pthread_mutex_lock(&archive->facts_lock);
    size_t n = MIN_OF(max, archive->n_losses);
    if (n > 0)
        memcpy(out, archive->losses, n * sizeof(*out));
    pthread_mutex_unlock(&archive->facts_lock);
    return n;
}
