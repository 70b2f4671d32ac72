/* SPDX-License-Identifier: MIT */
/*
 * A merge reads its inputs series by series, so that no more than one series is in memory at a time,
 * and writes one pack in their place.  The last merge of a raw day rolls the samples up on the
 * way: they are decoded already.
 *
 * Damage: a block that cannot be read is left out and noted; the rest of the pack goes on.  The
 * rollups of such a series are not made, so that older ones made from the whole are not replaced
 * by worse.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/memory.h"
#include "store/archive_parts.h"
#include "store/rollup.h"

struct merge_input {
    struct pack_info info;
    struct pack_head head; /* open unless is_lost */
    bool is_lost;
};

struct merge {
    struct archive *archive;
    const struct merge_plan *plan;
    struct merge_input *inputs; /* owned */
    struct pack_output outputs[TIER_COUNT];
    bool has_output[TIER_COUNT];
    struct sample_list samples;                /* owned; of the series being merged */
    struct rollup_list rollups, hours, loaded; /* owned; likewise */
    bool is_damaged;                           /* the series */
    bool only_rolls;                           /* the input is one already, and stays */
    bool drops_raw; /* the samples of the day are gone: what came late goes as well */
};

static void note(struct merge *merge, const struct archive_loss *loss)
{
    merge->is_damaged = true;
    archive_note_loss(merge->archive, loss);
}

static int open_inputs(struct merge *merge)
{
    merge->inputs = memory_calloc(merge->plan->n, sizeof(*merge->inputs));
    for (size_t i = 0; i < merge->plan->n; i++) {
        struct merge_input *input = &merge->inputs[i];
        input->info = merge->plan->inputs[i];
        input->is_lost = true;
        int error = source_head(&merge->archive->source, input->info.id, &input->head);
        if (error == 0) {
            input->is_lost = false;
        } else if (error == -EBADMSG) {
            struct archive_loss loss = pack_loss(&input->info, "head of a pack");
            archive_note_loss(merge->archive, &loss);
        } else {
            return error;
        }
    }
    return 0;
}

static void begin_output(struct merge *merge, enum archive_tier tier, bool is_addition)
{
    int32_t days = archive_tier_days(tier);
    int32_t day = merge->plan->inputs[0].day;
    struct pack_info info = {
        .shard = merge->plan->shard,
        .tier = (uint8_t)tier,
        .level = tier == merge->plan->tier ? merge->plan->level : 0,
        .day = day - (day % days + days) % days,
        .is_rolled = tier == TIER_RAW && merge->plan->is_rolling,
        .is_addition = is_addition,
    };
    if (tier == merge->plan->tier) {
        const struct pack_info *oldest = &merge->plan->inputs[0];
        info.sequence = oldest->sequence;
        info.is_rolled = info.is_rolled || (merge->plan->n == 1 && oldest->is_rolled);
        info.is_addition = merge->plan->n == 1 && oldest->is_addition;
    }
    for (size_t i = 0; i < merge->plan->n && tier == merge->plan->tier; i++)
        info.born = MAX_OF(info.born, merge->plan->inputs[i].born);
    pack_output_begin(merge->archive, &info, &merge->outputs[tier]);
    merge->has_output[tier] = true;
}

/* Whether raw packs of the day were there and have been deleted: it is older than all samples that
 * are left, and has rollups. */
static bool is_day_gone(const struct merge *merge)
{
    const struct pack_list *list = &merge->archive->shards[merge->plan->shard].packs;
    int32_t day = merge->plan->inputs[0].day;
    msec_t start = archive_day_start(day);
    bool has_rollups = false;
    for (size_t i = 0; i < list->len; i++) {
        const struct pack_info *info = &list->items[i];
        if (info->tier == TIER_RAW && info->day < day)
            return false;
        has_rollups = has_rollups || (info->tier != TIER_RAW && info->to_ms > start &&
                                      info->from_ms <= start + MSEC_DAY);
    }
    return has_rollups;
}

/* When samples that are in the rollups already are among the inputs, then all of their day are,
 * and the new rollups are the whole truth.  Else they come on top of what there may be. */
static void begin_outputs(struct merge *merge)
{
    bool is_whole = false;
    for (size_t i = 0; i < merge->plan->n; i++)
        is_whole = is_whole || merge->plan->inputs[i].is_rolled;
    merge->drops_raw = merge->plan->is_rolling && !is_whole && is_day_gone(merge);
    merge->only_rolls = merge->plan->is_rolling && !merge->drops_raw && merge->plan->n == 1 &&
                        merge->plan->inputs[0].level == merge->plan->level;
    if (!merge->only_rolls && !merge->drops_raw)
        begin_output(merge, merge->plan->tier, false);
    if (merge->plan->is_rolling) {
        begin_output(merge, TIER_5M, !is_whole);
        begin_output(merge, TIER_1H, !is_whole);
    }
}

static int read_block(struct merge *merge, struct merge_input *input,
                      const struct pack_block *block)
{
    static const struct pack_range all = {INT64_MIN, INT64_MAX};
    const uint8_t *bytes;
    int error = source_block(&merge->archive->source, &input->head, block, &bytes);
    if (error == 0 && merge->plan->tier == TIER_RAW) {
        error = pack_read(&input->head, block, bytes, all, &merge->samples);
    } else if (error == 0) {
        merge->loaded.len = 0;
        error = pack_read_rollups(&input->head, block, bytes, all, &merge->loaded);
        if (error == 0)
            rollup_list_merge(&merge->rollups, &merge->loaded, input->info.is_addition);
    }
    if (error != -EBADMSG)
        return error;
    struct archive_loss loss = block_loss(&input->info, block, "block of a pack");
    note(merge, &loss);
    return 0;
}

/* All of the series, in the order of the packs: of equal times the first wins. */
static int gather(struct merge *merge, uint8_t slot)
{
    merge->samples.len = 0;
    merge->rollups.len = 0;
    merge->is_damaged = false;
    int error = 0;
    for (size_t i = 0; error == 0 && i < merge->plan->n; i++) {
        struct merge_input *input = &merge->inputs[i];
        merge->is_damaged = merge->is_damaged || input->is_lost;
        if (input->is_lost)
            continue;
        for (uint32_t block = input->head.first[slot];
             error == 0 && block < input->head.first[slot + 1]; block++)
            error = read_block(merge, input, &input->head.blocks[block]);
    }
    sample_list_normalise(&merge->samples, 0);
    return error;
}

static int write_samples(struct merge *merge, uint8_t slot)
{
    const struct sample_list *samples = &merge->samples;
    int error = !merge->has_output[TIER_RAW]
                    ? 0
                    : pack_writer_add(&merge->outputs[TIER_RAW].writer, slot, samples->items,
                                      samples->len);
    if (error != 0 || !merge->plan->is_rolling || merge->is_damaged)
        return error;
    merge->hours.len = 0;
    rollup_build(samples->items, samples->len, (uint32_t)(5 * MSEC_MINUTE), &merge->rollups);
    rollup_widen(merge->rollups.items, merge->rollups.len, (uint32_t)MSEC_HOUR, &merge->hours);
    error = pack_writer_add_rollups(&merge->outputs[TIER_5M].writer, slot, merge->rollups.items,
                                    merge->rollups.len);
    if (error == 0)
        error = pack_writer_add_rollups(&merge->outputs[TIER_1H].writer, slot,
                                        merge->hours.items, merge->hours.len);
    return error;
}

static int merge_series(struct merge *merge, uint8_t slot)
{
    int error = gather(merge, slot);
    if (error != 0)
        return error;
    if (merge->plan->tier == TIER_RAW)
        return merge->samples.len == 0 ? 0 : write_samples(merge, slot);
    return pack_writer_add_rollups(&merge->outputs[merge->plan->tier].writer, slot,
                                   merge->rollups.items, merge->rollups.len);
}

static int merge_all(struct merge *merge)
{
    const uint64_t *alive = merge->archive->shards[merge->plan->shard].alive;
    int error = 0;
    for (unsigned slot = 0; error == 0 && slot < SHARD_SERIES; slot++) {
        if ((alive[slot / 64] >> (slot % 64) & 1) != 0)
            error = merge_series(merge, (uint8_t)slot);
    }
    return error;
}

static int finish(struct merge *merge)
{
    source_rest(&merge->archive->source);
    int error = 0;
    if (merge->only_rolls)
        error = archive_mark_rolled(merge->archive, &merge->inputs[0].info);
    for (size_t i = 0; error == 0 && i < merge->plan->n && !merge->only_rolls; i++)
        error = archive_remove_pack(merge->archive, &merge->inputs[i].info);
    if (merge->has_output[merge->plan->tier])
        __atomic_fetch_add(&merge->archive->samples_merged,
                           merge->outputs[merge->plan->tier].writer.info.n_samples,
                           __ATOMIC_RELAXED);
    for (size_t tier = 0; tier < TIER_COUNT; tier++) {
        if (!merge->has_output[tier])
            continue;
        if (error == 0)
            error = pack_output_end(&merge->outputs[tier]);
        else
            pack_output_abandon(&merge->outputs[tier]);
    }
    __atomic_fetch_add(&merge->archive->merges, 1, __ATOMIC_RELAXED);
    return error;
}

static void abandon(struct merge *merge)
{
    for (size_t tier = 0; tier < TIER_COUNT; tier++) {
        if (merge->has_output[tier])
            pack_output_abandon(&merge->outputs[tier]);
    }
}

int archive_merge(struct archive *archive, const struct merge_plan *plan)
{
    assert(archive->in_transaction && plan->n > 0);
    assert(!plan->is_rolling || plan->tier == TIER_RAW);
    struct merge merge = {.archive = archive, .plan = plan};

    int error = open_inputs(&merge);
    if (error == 0) {
        begin_outputs(&merge);
        error = merge_all(&merge);
        if (error == 0)
            error = finish(&merge);
        else
            abandon(&merge);
    }
    for (size_t i = 0; i < plan->n; i++) {
        if (!merge.inputs[i].is_lost)
            pack_head_close(&merge.inputs[i].head);
    }
    free(merge.inputs);
    sample_list_deinit(&merge.samples);
    rollup_list_deinit(&merge.rollups);
    rollup_list_deinit(&merge.hours);
    rollup_list_deinit(&merge.loaded);
    return error;
}
