/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>

#include "base/macros.h"
#include "store/archive_parts.h"

static int put_part(uint32_t part, const void *data, size_t len, void *arg)
{
    struct pack_output *output = arg;
    if (part > UINT16_MAX)
        return -ENOBUFS;
    sqlite3_stmt *put = output->archive->statements[ARCHIVE_PUT_PART];
    sqlite3_bind_int64(put, 1, output->id << 16 | part);
    sqlite3_bind_blob64(put, 2, data, len, SQLITE_STATIC);
    return archive_run(output->archive, put);
}

void pack_output_begin(struct archive *archive, const struct pack_info *info,
                       struct pack_output *output)
{
    assert(archive->in_transaction);
    output->archive = archive;
    output->id = archive->next_pack++;
    pack_writer_init(&output->writer, info, archive->part_bytes, put_part, output);
}

static int put_head(struct pack_output *output)
{
    struct archive *archive = output->archive;
    buf_reset(&archive->scratch);
    int error = pack_writer_finish(&output->writer, output->id, &archive->scratch);
    if (error != 0)
        return error;
    sqlite3_stmt *put = archive->statements[ARCHIVE_PUT_PACK];
    sqlite3_bind_int64(put, 1, output->id);
    sqlite3_bind_blob64(put, 2, archive->scratch.data, archive->scratch.len, SQLITE_STATIC);
    error = archive_run(archive, put);
    if (error == 0)
        archive_add_pack(archive, &output->writer.info);
    return error;
}

int pack_output_end(struct pack_output *output)
{
    int error = output->writer.info.n_blocks == 0 ? 0 : put_head(output);
    pack_writer_deinit(&output->writer);
    return error;
}

void pack_output_abandon(struct pack_output *output)
{
    pack_writer_deinit(&output->writer);
}

/* --- a flush --- */

struct days {
    int32_t first, last;
};

static struct days days_of(const struct archive_item *items, size_t n)
{
    struct days days = {INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < n; i++) {
        days.first = MIN_OF(days.first, archive_day(items[i].samples[0].at_ms));
        days.last = MAX_OF(days.last, archive_day(items[i].samples[items[i].n - 1].at_ms));
    }
    return days;
}

/* How many of the samples, ascending, are at `at_ms` or before. */
static size_t count_until(const struct sample *samples, size_t n, msec_t at_ms)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (samples[middle].at_ms <= at_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int flush_day(struct archive *archive, const struct pack_info *info,
                     const struct archive_item *items, size_t n)
{
    struct pack_output output;
    pack_output_begin(archive, info, &output);
    msec_t start = archive_day_start(info->day);
    int error = 0;
    for (size_t i = 0; error == 0 && i < n; i++) {
        const struct archive_item *item = &items[i];
        size_t from = count_until(item->samples, item->n, start);
        size_t to = count_until(item->samples, item->n, start + MSEC_DAY);
        if (to > from)
            error = pack_writer_add(&output.writer, (uint8_t)(item->series % SHARD_SERIES),
                                    item->samples + from, to - from);
    }
    if (error != 0) {
        pack_output_abandon(&output);
        return error;
    }
    __atomic_fetch_add(&archive->samples_flushed, output.writer.info.n_samples,
                       __ATOMIC_RELAXED);
    return pack_output_end(&output);
}

/* The next day after `day` that any item has samples of. */
static int32_t next_day(const struct archive_item *items, size_t n, int32_t day)
{
    int32_t next = INT32_MAX;
    msec_t end = archive_day_start(day) + MSEC_DAY;
    for (size_t i = 0; i < n; i++) {
        size_t at = count_until(items[i].samples, items[i].n, end);
        if (at < items[i].n)
            next = MIN_OF(next, archive_day(items[i].samples[at].at_ms));
    }
    return next;
}

static void note_flush(const struct archive *archive, struct shard *shard)
{
    shard->check_due = 0;
    shard->flush_gap_ms = shard->flushed_at == 0 ? 0 : archive->clock - shard->flushed_at;
    shard->flushed_at = archive->clock;
}

int archive_flush(struct archive *archive, uint32_t shard, const struct archive_item *items,
                  size_t n)
{
    assert(archive->in_transaction);
    if (n == 0)
        return 0;
    for (size_t i = 0; i < n; i++) {
        assert(items[i].n > 0 && items[i].series / SHARD_SERIES == shard);
        assert(i == 0 || items[i].series > items[i - 1].series);
    }
    archive->next_series = MAX_OF(archive->next_series, items[n - 1].series + 1);
    struct days days = days_of(items, n);
    int error = 0;
    for (int32_t day = days.first; error == 0 && day <= days.last && day != INT32_MAX;) {
        const struct pack_info info = {
            .shard = shard, .day = day, .tier = TIER_RAW, .born = archive->clock};
        error = flush_day(archive, &info, items, n);
        day = days.first == days.last ? INT32_MAX : next_day(items, n, day);
    }
    __atomic_fetch_add(&archive->flushes, 1, __ATOMIC_RELAXED);
    note_flush(archive, archive_shard(archive, shard));
    archive->changed_at = archive->clock;
    archive->is_at_rest = false;
    return error;
}
