/* SPDX-License-Identifier: MIT */
/*
 * What is done in the background, in the order of need:
 *
 *   merging      Of a day under way, neighbours of a level are merged when there are MERGE_PACKS
 *                of them; so a sample is written again once per level.  When the shard has been
 *                quiet for a while all its packs of the day become one.  When the day is over
 *                the last merge makes one pack of all and rolls it up; samples that come late
 *                make it do so again.
 *   purging      Packs that hold deleted series are written again without them.
 *   retention    Whole packs go whose days are past; beyond the size limit, the oldest.
 *   tightening   Free pages go back in small steps, and the WAL is cut when nothing happens.
 *
 * Each step is one transaction over one shard, so that pages that one merge frees are used by
 * the next.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "store/archive_parts.h"

#define MERGE_PACKS        16 /* of flushes */
#define MERGE_PACKS_LATER  32 /* of what was merged before */
#define MERGE_ROLLUPS      8
#define LEVEL_LAST         (ARCHIVE_LEVELS - 1) /* of a day that is through */
#define QUIET_MS           (2 * MSEC_MINUTE)
#define VERY_QUIET_MS      (30 * MSEC_MINUTE) /* then even little is merged with much */
#define LITTLE_FACTOR      8
#define ROLL_AGE_MS        MSEC_DAY /* of the end of a day */
#define QUIET_GAPS         4
#define DAY_GRACE_MS       (5 * MSEC_MINUTE)
#define CHECK_INTERVAL_MS  (10 * MSEC_SECOND)
#define RETAIN_INTERVAL_MS MSEC_MINUTE
#define LIMIT_INTERVAL_MS  (5 * MSEC_SECOND)
#define RETRY_MS           (5 * MSEC_SECOND)
#define DAMAGE_RETRY_MS    (10 * MSEC_MINUTE)
#define REST_MS            (20 * MSEC_SECOND)
#define VACUUM_PAGES       "128"
#define FREE_SHARE         32 /* of the file may be free while samples come in */
#define FREE_MIN_BYTES     ((uint64_t)4 << 20)

struct moment {
    msec_t now_ms;
    mono_t mono_ms;
};

/* --- what to merge --- */

/* The packs of one tier and one period of a shard. */
struct group {
    struct pack_info *packs; /* owned; ascending by sequence */
    size_t n;
};

static int32_t period_of(const struct pack_info *info)
{
    int32_t days = archive_tier_days(info->tier);
    return info->day - (info->day % days + days) % days;
}

static void group_packs(const struct pack_list *list, const struct pack_info *like,
                        struct group *group)
{
    group->n = 0;
    for (size_t i = 0; i < list->len; i++) {
        const struct pack_info *info = &list->items[i];
        if (info->tier == like->tier && period_of(info) == period_of(like))
            group->packs[group->n++] = *info;
    }
}

/* Whether no other pack of its group comes before it: groups are looked at once. */
static bool is_first_of_group(const struct pack_list *list, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (list->items[i].tier == list->items[at].tier &&
            period_of(&list->items[i]) == period_of(&list->items[at]))
            return false;
    }
    return true;
}

struct raw_day {
    uint64_t total, largest; /* samples */

    size_t n_packs, n_rolled;
    bool is_over;  /* the day */
    bool is_old;   /* it is to be rolled up */
    uint8_t level; /* the highest */
    bool is_dense; /* the largest has the codec that takes its time */
};

static struct raw_day look_at_day(const struct group *group, const struct moment *moment)
{
    struct raw_day day = {.n_packs = group->n};
    for (size_t i = 0; i < group->n; i++) {
        const struct pack_info *info = &group->packs[i];
        day.total += info->n_samples;
        if (info->n_samples > day.largest) {
            day.largest = info->n_samples;
            day.is_dense = info->level > PACK_LEVEL_QUICK;
        }
        day.n_rolled += info->is_rolled;
        day.level = MAX_OF(day.level, info->level);
    }
    msec_t end = archive_day_start(group->packs[0].day) + MSEC_DAY;
    day.is_over = moment->now_ms >= end + DAY_GRACE_MS;
    day.is_old = day.n_rolled > 0 || moment->now_ms >= end + ROLL_AGE_MS;
    return day;
}

/* How long nothing came into this day, when that is longer than it was between the last two
 * flushes by far; else 0. */
static mspan_t quiet_span(const struct archive *archive, const struct group *group,
                          const struct moment *moment)
{
    if (archive->is_hurried)
        return INT64_MAX;
    mono_t born = 0;
    for (size_t i = 0; i < group->n; i++)
        born = MAX_OF(born, group->packs[i].born);
    if (born == 0)
        return INT64_MAX;
    mspan_t gap = archive->shards[group->packs[0].shard].flush_gap_ms;
    mspan_t quiet = moment->mono_ms - born;
    return quiet >= QUIET_GAPS * gap ? quiet : 0;
}

/* Quiet for so long that it is worth to make one pack of all. */
static bool is_quiet(const struct raw_day *day, mspan_t quiet_ms)
{
    bool adds_little =
        day->is_dense && (day->total - day->largest) * LITTLE_FACTOR < day->largest;
    bool is_first = day->is_over && (day->n_rolled == 0 || day->n_packs == 1);
    return quiet_ms >= (adds_little && !is_first ? VERY_QUIET_MS : QUIET_MS);
}

/* The last packs whose level is at most `level`. */
static size_t tail_of_level(const struct group *group, uint8_t level)
{
    size_t n = 0;
    while (n < group->n && group->packs[group->n - 1 - n].level <= level)
        n++;
    return n;
}

static bool plan_raw(const struct archive *archive, const struct group *group,
                     const struct moment *moment, struct merge_plan *plan)
{
    struct raw_day day = look_at_day(group, moment);
    bool quiet = is_quiet(&day, quiet_span(archive, group, moment));
    bool is_worth = group->n > 1 || !day.is_dense;
    plan->inputs = group->packs;
    plan->n = group->n;
    if (day.is_over && day.n_rolled < group->n && quiet && (day.is_old || is_worth)) {
        plan->is_rolling = day.is_old;
        plan->level = LEVEL_LAST;
        return true;
    }
    if (!day.is_over && is_worth && quiet) {
        plan->level = (uint8_t)MIN_OF(MAX_OF(day.level, PACK_LEVEL_QUICK) + 1, LEVEL_LAST - 1);
        return true;
    }
    for (uint8_t level = 0; level < LEVEL_LAST - 1; level++) {
        size_t n = tail_of_level(group, level);
        if (n < (level == 0 ? MERGE_PACKS : MERGE_PACKS_LATER))
            continue;
        plan->inputs = group->packs + group->n - n;
        plan->n = n;
        plan->level = level + 1;
        return true;
    }
    return false;
}

static bool plan_rollups(const struct group *group, const struct moment *moment,
                         struct merge_plan *plan)
{
    const struct pack_info *first = &group->packs[0];
    msec_t end =
        archive_day_start(period_of(first) + archive_tier_days(first->tier)) + MSEC_DAY;
    if (group->n < MERGE_ROLLUPS && (group->n < 2 || moment->now_ms < end))
        return false;
    plan->inputs = group->packs;
    plan->n = group->n;
    plan->level = (uint8_t)MIN_OF(first->level + 1, LEVEL_LAST);
    return true;
}

/* The next merge of the shard; group->packs has room for all its packs. */
static bool plan_merge(struct archive *archive, uint32_t number, const struct moment *moment,
                       struct group *group, struct merge_plan *plan)
{
    const struct pack_list *list = &archive->shards[number].packs;
    for (size_t i = 0; i < list->len; i++) {
        if (!is_first_of_group(list, i))
            continue;
        group_packs(list, &list->items[i], group);
        *plan = (struct merge_plan){.shard = number, .tier = list->items[i].tier};
        if (plan->tier == TIER_RAW ? plan_raw(archive, group, moment, plan)
                                   : plan_rollups(group, moment, plan))
            return true;
    }
    return false;
}

/* 1 when the pack holds series that do not exist, 0 when not, -errno. */
static int has_dead(struct archive *archive, const struct pack_info *info)
{
    const uint64_t *alive = archive->shards[info->shard].alive;
    struct pack_head head;
    int error = source_head(&archive->source, info->id, &head);
    if (error != 0)
        return error;
    int found = 0;
    for (uint32_t i = 0; i < head.info.n_blocks; i++) {
        uint8_t slot = head.blocks[i].slot;
        found |= (alive[slot / 64] >> (slot % 64) & 1) == 0;
    }
    pack_head_close(&head);
    return found;
}

/* A pack to be written again without its dead; when there is none the shard is clean. */
static bool plan_purge(struct archive *archive, uint32_t number, struct group *group,
                       struct merge_plan *plan)
{
    const struct pack_list *list = &archive->shards[number].packs;
    for (size_t i = 0; i < list->len; i++) {
        if (has_dead(archive, &list->items[i]) != 1)
            continue;
        group->packs[0] = list->items[i];
        group->n = 1;
        *plan = (struct merge_plan){.shard = number,
                                    .tier = list->items[i].tier,
                                    .inputs = group->packs,
                                    .n = 1,
                                    .level = list->items[i].level};
        return true;
    }
    return false;
}

/* --- steps, each in a transaction of its own --- */

static int commit_or_abandon(struct archive *archive, int error)
{
    if (error == 0)
        return archive_commit_locked(archive);
    archive_abandon_locked(archive);
    return error;
}

static int run_plan(struct archive *archive, const struct merge_plan *plan)
{
    int error = archive_begin_locked(archive);
    if (error != 0)
        return error;
    return commit_or_abandon(archive, archive_merge(archive, plan));
}

static int mark_clean(struct archive *archive, uint32_t number)
{
    int error = archive_begin_locked(archive);
    if (error != 0)
        return error;
    archive->shards[number].packs.has_dead = false;
    archive_touch(archive, number);
    return archive_commit_locked(archive);
}

/* 1: something was done; 0: there is nothing to do; -errno. */
static int merge_shard(struct archive *archive, uint32_t number, const struct moment *moment)
{
    struct shard *shard = &archive->shards[number];
    if (shard->packs.len == 0 || shard->is_damaged)
        return 0;
    struct group group = {memory_alloc(shard->packs.len * sizeof(*group.packs)), 0};
    struct merge_plan plan;
    bool is_planned = plan_merge(archive, number, moment, &group, &plan);
    bool is_dirty = shard->packs.has_dead;
    if (!is_planned && is_dirty)
        is_planned = plan_purge(archive, number, &group, &plan);
    int error = 0;
    if (is_planned)
        error = run_plan(archive, &plan);
    else if (is_dirty)
        error = mark_clean(archive, number);
    free(group.packs);
    return error != 0 ? error : is_planned || is_dirty;
}

/* One that cannot be merged because it is damaged is left alone for a while: the others go on. */
static int merge_next(struct archive *archive, const struct moment *moment)
{
    for (size_t i = 0; i < archive->n_shards; i++) {
        uint32_t number = archive->upkeep_shard % (uint32_t)archive->n_shards;
        struct shard *shard = &archive->shards[number];
        if (shard->check_due <= moment->mono_ms || archive->is_hurried) {
            int result = merge_shard(archive, number, moment);
            if (result == 1)
                return 1;
            bool is_local = result == -EBADMSG || result == -EIO;
            shard->check_due =
                moment->mono_ms + (is_local ? DAMAGE_RETRY_MS : CHECK_INTERVAL_MS);
            if (result < 0 && !is_local)
                return result;
        }
        archive->upkeep_shard = number + 1;
    }
    return 0;
}

static msec_t end_of(const struct pack_info *info)
{
    return archive_day_start(period_of(info) + archive_tier_days(info->tier));
}

static bool is_past(const struct archive *archive, const struct pack_info *info, msec_t now_ms)
{
    mspan_t retention = archive->options.retention[info->tier];
    return retention > 0 && end_of(info) <= now_ms - retention;
}

/* Deletes what is past of one shard.  1, 0, -errno. */
static int retain_shard(struct archive *archive, uint32_t number, msec_t now_ms)
{
    const struct pack_list *list = &archive->shards[number].packs;
    int error = 0;
    for (size_t i = list->len; error == 0 && i > 0; i--) {
        const struct pack_info info = list->items[i - 1];
        if (!is_past(archive, &info, now_ms))
            continue;
        if (!archive->in_transaction)
            error = archive_begin_locked(archive);
        if (error == 0)
            error = archive_remove_pack(archive, &info);
    }
    if (!archive->in_transaction)
        return error;
    error = commit_or_abandon(archive, error);
    return error != 0 ? error : 1;
}

/* From and to of the tiers, which deleting makes smaller. */
static void recount_bounds(struct archive *archive)
{
    for (size_t tier = 0; tier < TIER_COUNT; tier++) {
        archive->totals[tier].from_ms = INT64_MAX;
        archive->totals[tier].to_ms = INT64_MIN;
    }
    for (size_t i = 0; i < archive->n_shards; i++) {
        const struct pack_list *list = &archive->shards[i].packs;
        for (size_t k = 0; k < list->len; k++) {
            struct archive_tier_stats *total = &archive->totals[list->items[k].tier];
            total->from_ms = MIN_OF(total->from_ms, list->items[k].from_ms);
            total->to_ms = MAX_OF(total->to_ms, list->items[k].to_ms);
        }
    }
    archive_publish(archive);
}

static int retain_next(struct archive *archive, const struct moment *moment)
{
    if (moment->mono_ms < archive->retain_due && !archive->is_hurried)
        return 0;
    for (uint32_t i = 0; i < archive->n_shards; i++) {
        int result =
            archive->shards[i].is_damaged ? 0 : retain_shard(archive, i, moment->now_ms);
        if (result != 0)
            return result;
    }
    archive->retain_due = moment->mono_ms + RETAIN_INTERVAL_MS;
    recount_bounds(archive);
    return 0;
}

/* The pack that goes first when there is no room: raw before rollups, then the oldest. */
static bool is_sooner(const struct pack_info *a, const struct pack_info *b)
{
    return a->tier != b->tier ? a->tier < b->tier : end_of(a) < end_of(b);
}

static const struct pack_info *find_oldest(const struct archive *archive)
{
    const struct pack_info *oldest = NULL;
    for (size_t i = 0; i < archive->n_shards; i++) {
        const struct pack_list *list = &archive->shards[i].packs;
        for (size_t k = 0; k < list->len && !archive->shards[i].is_damaged; k++) {
            if (oldest == NULL || is_sooner(&list->items[k], oldest))
                oldest = &list->items[k];
        }
    }
    return oldest;
}

static uint64_t used_bytes(struct archive *archive)
{
    int64_t pages = 0, free_pages = 0;
    archive_pragma(archive->db, "PRAGMA page_count", &pages);
    archive_pragma(archive->db, "PRAGMA freelist_count", &free_pages);
    return (uint64_t)(pages - free_pages) * archive->page_bytes;
}

static int limit_next(struct archive *archive, const struct moment *moment)
{
    size_t max_bytes = __atomic_load_n(&archive->max_bytes, __ATOMIC_RELAXED);
    if (max_bytes == 0 || (moment->mono_ms < archive->limit_due && !archive->is_hurried))
        return 0;
    const struct pack_info *oldest = NULL;
    if (used_bytes(archive) > max_bytes)
        oldest = find_oldest(archive);
    if (oldest == NULL) {
        archive->limit_due = moment->mono_ms + LIMIT_INTERVAL_MS;
        return 0;
    }
    const struct pack_info info = *oldest;
    int error = archive_begin_locked(archive);
    if (error == 0)
        error = commit_or_abandon(archive, archive_remove_pack(archive, &info));
    return error != 0 ? error : 1;
}

/* Gives some free pages back: all when nothing happens, else only what is far too much. */
static int vacuum_next(struct archive *archive, bool is_resting)
{
    int64_t pages = 0, free_pages = 0;
    if (archive_pragma(archive->db, "PRAGMA page_count", &pages) != 0 ||
        archive_pragma(archive->db, "PRAGMA freelist_count", &free_pages) != 0)
        return -EIO;
    uint64_t free_bytes = (uint64_t)free_pages * archive->page_bytes;
    bool is_much = free_bytes > FREE_MIN_BYTES && free_pages > pages / FREE_SHARE;
    if (free_pages == 0 || (!is_resting && !is_much))
        return 0;
    source_rest(&archive->source);
    int code = sqlite3_exec(archive->db, "PRAGMA incremental_vacuum(" VACUUM_PAGES ")", NULL,
                            NULL, NULL);
    archive_publish(archive);
    return code == SQLITE_OK ? 1 : archive_sqlite_error(archive->db);
}

/* With readers at work it is tried again later. */
static void cut_wal(struct archive *archive)
{
    sqlite3_busy_timeout(archive->db, 0);
    int code =
        sqlite3_wal_checkpoint_v2(archive->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite3_busy_timeout(archive->db, 5000);
    archive->is_at_rest = code == SQLITE_OK;
}

static int tighten(struct archive *archive, const struct moment *moment)
{
    bool is_resting = archive->is_hurried || moment->mono_ms - archive->changed_at >= REST_MS;
    if (archive->is_at_rest && !archive->is_hurried)
        return 0;
    int result = vacuum_next(archive, is_resting);
    if (result == 0 && is_resting)
        cut_wal(archive);
    return result;
}

static int next_step(struct archive *archive, const struct moment *moment)
{
    typedef int step_fn(struct archive *, const struct moment *);
    static step_fn *const steps[] = {limit_next, merge_next, retain_next};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        int result = steps[i](archive, moment);
        if (result == 1) {
            archive->changed_at = moment->mono_ms;
            archive->is_at_rest = false;
        }
        if (result != 0)
            return result;
    }
    return tighten(archive, moment);
}

bool archive_upkeep(struct archive *archive, msec_t now_ms, mono_t mono_ms, int *out_error)
{
    const struct moment moment = {now_ms, mono_ms};
    pthread_mutex_lock(&archive->lock);
    archive->clock = mono_ms;
    int result = mono_ms < archive->retry_due ? 0 : next_step(archive, &moment);
    if (result < 0)
        archive->retry_due = mono_ms + RETRY_MS;
    pthread_mutex_unlock(&archive->lock);
    *out_error = MIN_OF(result, 0);
    return result == 1;
}

int archive_settle(struct archive *archive, msec_t now_ms)
{
    int result = 1;
    while (result == 1) {
        pthread_mutex_lock(&archive->lock);
        const struct moment moment = {now_ms, archive->clock};
        archive->is_hurried = true;
        result = next_step(archive, &moment);
        archive->is_hurried = false;
        pthread_mutex_unlock(&archive->lock);
    }
    return result;
}
