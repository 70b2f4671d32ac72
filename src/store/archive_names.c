/* SPDX-License-Identifier: MIT */
/*
 * The series of a shard are one row, compressed together: neighbours have most of their labels
 * in common.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/checksum.h"
#include "base/macros.h"
#include "base/memory.h"
#include "store/archive_parts.h"
#include "store/bytes.h"

#define NAMES_HEADER_BYTES 8
#define NAMES_MAX_BYTES    ((size_t)64 << 20) /* 256 series of 64 labels of 2 KB, at most */
#define NAMES_EFFORT       3

static uint32_t names_checksum(uint32_t shard, const uint8_t *bytes, size_t len)
{
    return checksum_fold32(shard, bytes, len);
}

/* Decompresses into `out`.  0, -EBADMSG, -ENOMEM. */
static int unpack(uint32_t shard, const uint8_t *bytes, size_t len, struct buf *out)
{
    if (len < NAMES_HEADER_BYTES ||
        bytes_get_le(bytes, 4) != names_checksum(shard, bytes + 4, len - 4))
        return -EBADMSG;
    size_t size = bytes_get_le(bytes + 4, 4);
    if (size > NAMES_MAX_BYTES)
        return -EBADMSG;
    buf_reset(out);
    if (buf_reserve(out, MAX_OF(size, (size_t)1)) != 0)
        return -ENOMEM;
    size_t got =
        ZSTD_decompress(out->data, size, bytes + NAMES_HEADER_BYTES, len - NAMES_HEADER_BYTES);
    if (ZSTD_isError(got) || got != size)
        return -EBADMSG;
    out->len = size;
    return 0;
}

static int each_name(uint32_t shard, const struct buf *raw, names_fn *each, void *arg)
{
    if (raw->len == 0)
        return 0;
    const uint8_t *at = (const uint8_t *)raw->data, *end = at + raw->len;
    while (at < end) {
        uint8_t slot = *at++;
        uint64_t org, len;
        if (!bytes_get_varint(&at, end, &org) || !bytes_get_varint(&at, end, &len) ||
            len > (size_t)(end - at))
            return -EBADMSG;
        const struct archive_series series = {.id = shard * SHARD_SERIES + slot,
                                              .org = bytes_unzigzag(org),
                                              .labels = {(const char *)at, len}};
        int result = each(&series, arg);
        if (result != 0)
            return result;
        at += len;
    }
    return 0;
}

int names_decode(uint32_t shard, const void *bytes, size_t len, names_fn *each, void *arg)
{
    struct buf raw;
    buf_init(&raw, NAMES_MAX_BYTES);
    int error = unpack(shard, bytes, len, &raw);
    if (error == 0)
        error = each_name(shard, &raw, each, arg);
    buf_deinit(&raw);
    return error;
}

static int pack_names(uint32_t shard, const struct buf *raw, struct buf *out)
{
    size_t room = ZSTD_compressBound(raw->len);
    buf_reset(out);
    if (buf_reserve(out, NAMES_HEADER_BYTES + room) != 0)
        return -ENOMEM;
    uint8_t *bytes = (uint8_t *)out->data;
    size_t len =
        ZSTD_compress(bytes + NAMES_HEADER_BYTES, room, raw->data, raw->len, NAMES_EFFORT);
    if (ZSTD_isError(len))
        return -ENOMEM;
    out->len = NAMES_HEADER_BYTES + len;
    bytes_put_le(bytes + 4, raw->len, 4);
    bytes_put_le(bytes, names_checksum(shard, bytes + 4, out->len - 4), 4);
    return 0;
}

static int put_row(struct archive *archive, uint32_t shard, const struct buf *raw)
{
    int error = pack_names(shard, raw, &archive->scratch);
    if (error != 0)
        return error;
    sqlite3_stmt *put = archive->statements[ARCHIVE_PUT_NAMES];
    sqlite3_bind_int64(put, 1, shard);
    sqlite3_bind_blob64(put, 2, archive->scratch.data, archive->scratch.len, SQLITE_STATIC);
    return archive_run(archive, put);
}

/* The row's bytes, decompressed; none when there is no row.  One that is damaged was recorded
 * as a loss when the file was opened; it is written anew. */
static int get_row(struct archive *archive, uint32_t shard, struct buf *raw)
{
    sqlite3_stmt *get = archive->statements[ARCHIVE_GET_NAMES];
    sqlite3_bind_int64(get, 1, shard);
    int code = sqlite3_step(get);
    int error = 0;
    if (code == SQLITE_ROW)
        error = unpack(shard, sqlite3_column_blob(get, 0), (size_t)sqlite3_column_bytes(get, 0),
                       raw);
    else if (code != SQLITE_DONE)
        error = archive_sqlite_error(archive->db);
    sqlite3_reset(get);
    if (code == SQLITE_DONE || error == -EBADMSG)
        buf_reset(raw);
    return error == -EBADMSG ? 0 : error;
}

static int append_name(struct buf *raw, const struct archive_series *series)
{
    uint8_t entry[1 + 2 * BYTES_VARINT_MAX];
    entry[0] = (uint8_t)(series->id % SHARD_SERIES);
    uint8_t *at = bytes_put_varint(entry + 1, bytes_zigzag(series->org));
    at = bytes_put_varint(at, series->labels.len);
    buf_append(raw, entry, (size_t)(at - entry));
    return buf_append(raw, series->labels.data, series->labels.len);
}

/* The first `n` are of one shard. */
static int put_names(struct archive *archive, uint32_t shard,
                     const struct archive_series *series, size_t n)
{
    struct buf raw;
    buf_init(&raw, NAMES_MAX_BYTES);
    int error = get_row(archive, shard, &raw);
    for (size_t i = 0; error == 0 && i < n; i++)
        error = append_name(&raw, &series[i]);
    if (error == 0)
        error = put_row(archive, shard, &raw);
    buf_deinit(&raw);
    if (error != 0)
        return error;
    struct shard *own = archive_shard(archive, shard);
    for (size_t i = 0; i < n; i++)
        own->alive[series[i].id % SHARD_SERIES / 64] |= (uint64_t)1 << (series[i].id % 64);
    archive_touch(archive, shard);
    return 0;
}

int archive_put_series(struct archive *archive, const struct archive_series *series, size_t n)
{
    assert(archive->in_transaction);
    for (size_t done = 0; done < n;) {
        uint32_t shard = series[done].id / SHARD_SERIES;
        size_t count = 1;
        while (done + count < n && series[done + count].id / SHARD_SERIES == shard)
            count++;
        int error = put_names(archive, shard, series + done, count);
        if (error != 0)
            return error;
        done += count;
        archive->next_series = MAX_OF(archive->next_series, series[done - 1].id + 1);
    }
    return 0;
}

int archive_put_new_shards(struct archive *archive)
{
    static const uint64_t none[SHARD_SERIES / 64];
    const struct buf nothing = {0};
    uint32_t from = archive_shards_below(archive->stored_next_series);
    uint32_t to = archive_shards_below(archive->next_series);
    int error = 0;
    for (uint32_t number = from; error == 0 && number < to; number++) {
        const struct shard *shard = archive_shard(archive, number);
        archive_touch(archive, number);
        if (memcmp(shard->alive, none, sizeof(none)) == 0)
            error = put_row(archive, number, &nothing);
    }
    return error;
}

/* --- deleting --- */

struct removal {
    const uint64_t *gone; /* bits */
    struct buf *kept;
};

static int keep_name(const struct archive_series *series, void *arg)
{
    struct removal *removal = arg;
    uint32_t slot = series->id % SHARD_SERIES;
    return (removal->gone[slot / 64] >> (slot % 64) & 1) != 0
               ? 0
               : append_name(removal->kept, series);
}

static int remove_names(struct archive *archive, uint32_t shard, const uint64_t *gone)
{
    struct buf raw, kept;
    buf_init(&raw, NAMES_MAX_BYTES);
    buf_init(&kept, NAMES_MAX_BYTES);
    struct removal removal = {gone, &kept};
    int error = get_row(archive, shard, &raw);
    if (error == 0)
        error = each_name(shard, &raw, keep_name, &removal);
    if (error == 0)
        error = put_row(archive, shard, &kept);
    buf_deinit(&raw);
    buf_deinit(&kept);
    return error;
}

/* Bits of the first `*n` ids, which are of one shard. */
static void bits_of(const uint32_t *ids, size_t n, uint64_t bits[SHARD_SERIES / 64])
{
    for (size_t i = 0; i < n; i++)
        bits[ids[i] % SHARD_SERIES / 64] |= (uint64_t)1 << (ids[i] % 64);
}

static int delete_of_shard(struct archive *archive, const uint32_t *ids, size_t n)
{
    uint32_t shard = ids[0] / SHARD_SERIES;
    uint64_t gone[SHARD_SERIES / 64] = {0};
    bits_of(ids, n, gone);
    int error = archive_begin_locked(archive);
    if (error == 0)
        error = remove_names(archive, shard, gone);
    if (error == 0) {
        archive_shard(archive, shard)->packs.has_dead = true;
        archive_touch(archive, shard);
        error = archive_commit_locked(archive);
    } else {
        archive_abandon_locked(archive);
    }
    if (error != 0)
        return error;
    struct shard *own = archive_shard(archive, shard);
    for (size_t i = 0; i < ARRAY_LEN(gone); i++)
        own->alive[i] &= ~gone[i];
    own->check_due = 0;
    return 0;
}

int archive_delete_series(struct archive *archive, const uint32_t *ids, size_t n)
{
    int error = 0;
    pthread_mutex_lock(&archive->lock);
    for (size_t done = 0; error == 0 && done < n;) {
        size_t count = 1;
        while (done + count < n && ids[done + count] / SHARD_SERIES == ids[done] / SHARD_SERIES)
            count++;
        error = delete_of_shard(archive, ids + done, count);
        done += count;
    }
    pthread_mutex_unlock(&archive->lock);
    return error;
}

/* --- loading --- */

struct loading {
    struct archive *archive;
    archive_series_fn *each; /* NULL = only `alive` */
    void *arg;
    int result;
};

static int load_one(const struct archive_series *series, void *arg)
{
    struct loading *loading = arg;
    if (loading->each != NULL) {
        loading->result = loading->each(series, loading->arg);
        return loading->result;
    }
    struct shard *shard = archive_shard(loading->archive, series->id / SHARD_SERIES);
    shard->alive[series->id % SHARD_SERIES / 64] |= (uint64_t)1 << (series->id % 64);
    return 0;
}

static void note_lost_names(struct archive *archive, uint32_t shard)
{
    archive_note_loss(
        archive, &(struct archive_loss){.shard = shard,
                                        .tier = TIER_COUNT,
                                        .from_series = shard * SHARD_SERIES,
                                        .to_series = shard * SHARD_SERIES + SHARD_SERIES - 1,
                                        .from_ms = INT64_MIN,
                                        .to_ms = INT64_MAX,
                                        .what = "list of series"});
}

/* Row by row, so that one that cannot be read costs no other. */
static int load_shard(struct loading *loading, uint32_t shard)
{
    struct archive *archive = loading->archive;
    sqlite3_stmt *get = archive->statements[ARCHIVE_GET_NAMES];
    sqlite3_bind_int64(get, 1, shard);
    int code = sqlite3_step(get);
    int error = -EBADMSG;
    if (code == SQLITE_ROW)
        error = names_decode(shard, sqlite3_column_blob(get, 0),
                             (size_t)sqlite3_column_bytes(get, 0), load_one, loading);
    else if (code != SQLITE_DONE)
        error = archive_sqlite_error(archive->db);
    sqlite3_reset(get);
    if (loading->result != 0)
        return loading->result;
    if (error == -EBADMSG || error == -EIO) {
        note_lost_names(archive, shard);
        /* Else what is in its packs were taken for dead. */
        memset(archive->shards[shard].alive, 0xff, sizeof(archive->shards[shard].alive));
        error = 0;
    }
    return error;
}

int archive_load(struct archive *archive, archive_series_fn *each, void *arg)
{
    struct loading loading = {archive, each, arg, 0};
    pthread_mutex_lock(&archive->lock);
    int error = 0;
    for (uint32_t shard = 0; error == 0 && shard < archive->n_shards; shard++)
        error = load_shard(&loading, shard);
    pthread_mutex_unlock(&archive->lock);
    return error;
}

int archive_load_alive(struct archive *archive)
{
    struct loading loading = {archive, NULL, NULL, 0};
    int error = 0;
    for (uint32_t shard = 0; error == 0 && shard < archive->n_shards; shard++)
        error = load_shard(&loading, shard);
    return error;
}
