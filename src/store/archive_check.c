/* SPDX-License-Identifier: MIT */
/*
 * Looking at a file from outside, while a server may have it open: read-only, without its lock.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "store/archive_parts.h"

struct inspection {
    struct archive archive; /* never written */
    archive_loss_fn *each;
    void *arg;
    size_t n_told;
};

/* Tells what was noted since the last time. */
static void tell(struct inspection *inspection)
{
    for (; inspection->n_told < inspection->archive.n_losses; inspection->n_told++) {
        if (inspection->each != NULL)
            inspection->each(&inspection->archive.losses[inspection->n_told], inspection->arg);
    }
}

static int count_series(const struct archive_series *series, void *arg)
{
    (void)series;
    ++*(uint64_t *)arg;
    return 0;
}

/* Reads every block of a pack and decodes it. */
static int check_pack(struct inspection *inspection, const struct pack_info *info)
{
    static const struct pack_range all = {INT64_MIN, INT64_MAX};
    struct archive *archive = &inspection->archive;
    struct pack_head head;
    struct archive_loss loss = pack_loss(info, "head of a pack");
    int error = source_head(&archive->source, info->id, &head);
    if (error == -EBADMSG || error == -EIO)
        archive_note_loss(archive, &loss);
    if (error != 0)
        return error == -ENOMEM ? error : 0;
    struct sample_list samples = {0};
    struct rollup_list rollups = {0};
    for (uint32_t i = 0; i < head.info.n_blocks && error != -ENOMEM; i++) {
        const uint8_t *bytes;
        samples.len = rollups.len = 0;
        error = source_block(&archive->source, &head, &head.blocks[i], &bytes);
        if (error == 0)
            error = info->tier == TIER_RAW
                        ? pack_read(&head, &head.blocks[i], bytes, all, &samples)
                        : pack_read_rollups(&head, &head.blocks[i], bytes, all, &rollups);
        loss = block_loss(info, &head.blocks[i], "block of a pack");
        if (error != 0 && error != -ENOMEM)
            archive_note_loss(archive, &loss);
    }
    sample_list_deinit(&samples);
    free(rollups.items);
    pack_head_close(&head);
    return error == -ENOMEM ? error : 0;
}

static int check_shard(struct inspection *inspection, uint32_t number)
{
    struct pack_list *list = &inspection->archive.shards[number].packs;
    int error = 0;
    for (size_t i = 0; error == 0 && i < list->len; i++) {
        error = check_pack(inspection, &list->items[i]);
        tell(inspection);
    }
    return error;
}

static int check_all(struct inspection *inspection)
{
    int error = 0;
    for (uint32_t i = 0; error == 0 && i < inspection->archive.n_shards; i++)
        error = check_shard(inspection, i);
    return error;
}

int archive_inspect(const char *path, struct archive_stats *out_stats, struct problem *problem)
{
    struct inspection inspection = {0};
    int error = archive_open_readonly(&inspection.archive, path, problem);
    if (error != 0)
        return error;
    uint64_t n_series = 0;
    error = archive_load(&inspection.archive, count_series, &n_series);
    archive_publish(&inspection.archive);
    if (error == 0) {
        archive_stats(&inspection.archive, out_stats);
        out_stats->series = n_series;
    }
    archive_close_readonly(&inspection.archive);
    return error;
}

int archive_verify(const char *path, archive_loss_fn *each, void *arg, size_t *out_losses,
                   struct problem *problem)
{
    struct inspection inspection = {.each = each, .arg = arg};
    int error = archive_open_readonly(&inspection.archive, path, problem);
    if (error != 0)
        return error;
    tell(&inspection);
    error = check_all(&inspection);
    if (error == 0)
        *out_losses = inspection.archive.n_losses;
    archive_close_readonly(&inspection.archive);
    return error;
}
