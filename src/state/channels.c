/* SPDX-License-Identifier: MIT */
#include "state/channels.h"

#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"

#define CHANNEL_SELECT                                                                         \
    "SELECT id, org_id, kind, name, enabled, config, secrets, created_ms, updated_ms,"         \
    " last_delivered_ms, last_failed_ms, last_error, failures FROM channels"

void channel_deinit(struct channel *channel)
{
    free(channel->config);
    free(channel->secrets);
    channel->config = NULL;
    channel->secrets = NULL;
}

int channels_add(struct db *db, const struct channel *channel, int64_t *out_id)
{
    return db_run_for_id(
        db,
        "INSERT INTO channels (org_id, kind, name, enabled, config, secrets, created_ms,"
        " updated_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        DB_ARGS(db_int(channel->org), db_text(channel->kind), db_text(channel->name),
                db_int(channel->enabled), db_text(channel->config),
                db_blob(channel->secrets, channel->secrets_len), db_int(channel->created_ms),
                db_int(channel->updated_ms)),
        out_id);
}

int channels_update(struct db *db, const struct channel *channel)
{
    int64_t id;
    return db_run_for_id(
        db,
        "UPDATE channels SET name = $1, enabled = $2, config = $3, secrets = $4,"
        " updated_ms = $5 WHERE org_id = $6 AND id = $7 RETURNING id",
        DB_ARGS(db_text(channel->name), db_int(channel->enabled), db_text(channel->config),
                db_blob(channel->secrets, channel->secrets_len), db_int(channel->updated_ms),
                db_int(channel->org), db_int(channel->id)),
        &id);
}

int channels_remove(struct db *db, org_id org, int64_t id)
{
    int64_t removed;
    return db_run_for_id(db, "DELETE FROM channels WHERE org_id = $1 AND id = $2 RETURNING id",
                         DB_ARGS(db_int(org), db_int(id)), &removed);
}

static void read_channel(const struct db_row *row, struct channel *out)
{
    *out = (struct channel){.id = db_row_int(row, 0),
                            .org = db_row_int(row, 1),
                            .enabled = db_row_int(row, 4) != 0,
                            .config = memory_strdup(db_row_text(row, 5)),
                            .created_ms = db_row_int(row, 7),
                            .updated_ms = db_row_int(row, 8),
                            .last_delivered_ms = db_row_int(row, 9),
                            .last_failed_ms = db_row_int(row, 10),
                            .failures = db_row_int(row, 12)};
    text_copy(out->kind, sizeof(out->kind), db_row_text(row, 2));
    text_copy(out->name, sizeof(out->name), db_row_text(row, 3));
    text_copy(out->last_error, sizeof(out->last_error), db_row_text(row, 11));

    const void *sealed = db_row_blob(row, 6, &out->secrets_len);
    if (out->secrets_len > 0) {
        out->secrets = memory_alloc(out->secrets_len);
        memcpy(out->secrets, sealed, out->secrets_len);
    }
}

struct channel_search {
    struct channel *out;
    bool found;
};

static int take_channel(const struct db_row *row, void *arg)
{
    struct channel_search *search = arg;
    read_channel(row, search->out);
    search->found = true;
    return 0;
}

int channels_find(struct db *db, org_id org, int64_t id, struct channel *out_channel)
{
    struct channel_search search = {.out = out_channel};
    int error = db_run(db, CHANNEL_SELECT " WHERE org_id = $1 AND id = $2",
                       DB_ARGS(db_int(org), db_int(id)), take_channel, &search);
    if (error != 0)
        return error;
    return search.found ? 0 : -ENOENT;
}

int channels_load(struct db *db, int64_t id, struct channel *out_channel)
{
    struct channel_search search = {.out = out_channel};
    int error =
        db_run(db, CHANNEL_SELECT " WHERE id = $1", DB_ARGS(db_int(id)), take_channel, &search);
    if (error != 0)
        return error;
    return search.found ? 0 : -ENOENT;
}

struct channel_visit {
    channel_fn *fn;
    void *arg;
};

static int visit_channel(const struct db_row *row, void *arg)
{
    const struct channel_visit *visit = arg;
    struct channel channel;
    read_channel(row, &channel);
    int result = visit->fn(&channel, visit->arg);
    channel_deinit(&channel);
    return result;
}

int channels_each(struct db *db, org_id org, channel_fn *fn, void *arg)
{
    struct channel_visit visit = {fn, arg};
    return db_run(db, CHANNEL_SELECT " WHERE org_id = $1 ORDER BY name, id",
                  DB_ARGS(db_int(org)), visit_channel, &visit);
}

struct id_list {
    int64_t *ids;
    size_t len, max;
};

static int take_id(const struct db_row *row, void *arg)
{
    struct id_list *list = arg;
    if (list->len == list->max)
        return -E2BIG;
    list->ids[list->len++] = db_row_int(row, 0);
    return 0;
}

int channels_enabled(struct db *db, org_id org, int64_t *out_ids, size_t max, size_t *out_count)
{
    struct id_list list = {.ids = out_ids, .max = max};
    int error =
        db_run(db, "SELECT id FROM channels WHERE org_id = $1 AND enabled <> 0 ORDER BY id",
               DB_ARGS(db_int(org)), take_id, &list);
    *out_count = list.len;
    return error;
}

int channels_note_delivered(struct db *db, int64_t id, msec_t now)
{
    return db_run(db,
                  "UPDATE channels SET last_delivered_ms = $1, last_error = '', failures = 0"
                  " WHERE id = $2",
                  DB_ARGS(db_int(now), db_int(id)), NULL, NULL);
}

int channels_note_failed(struct db *db, int64_t id, const char *error, msec_t now)
{
    return db_run(db,
                  "UPDATE channels SET last_failed_ms = $1, last_error = $2,"
                  " failures = failures + 1 WHERE id = $3",
                  DB_ARGS(db_int(now), db_text(error), db_int(id)), NULL, NULL);
}
