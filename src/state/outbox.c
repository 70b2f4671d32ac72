/* SPDX-License-Identifier: MIT */
#include "state/outbox.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"

void outbox_item_deinit(struct outbox_item *item)
{
    free(item->message);
    item->message = NULL;
}

int outbox_add(struct db *db, const struct outbox_item *item)
{
    return db_run(db,
                  "INSERT INTO outbox (org_id, channel_id, alert_id, event_id,"
                  " idempotency_key, message, state, next_ms, created_ms)"
                  " VALUES ($1, $2, $3, $4, $5, $6, 'queued', COALESCE((SELECT held_until_ms"
                  "  FROM channels WHERE id = $7 AND held_until_ms > $8), $9), $10)"
                  " ON CONFLICT (idempotency_key) DO NOTHING",
                  DB_ARGS(db_int(item->org), db_int(item->channel_id),
                          db_int_or_null(item->alert_id), db_int_or_null(item->event_id),
                          db_text(item->idempotency_key), db_text(item->message),
                          db_int(item->channel_id), db_int(item->next_ms),
                          db_int(item->next_ms), db_int(item->created_ms)),
                  NULL, NULL);
}

struct id_visit {
    outbox_id_fn *fn;
    void *arg;
};

static int visit_id(const struct db_row *row, void *arg)
{
    const struct id_visit *visit = arg;
    return visit->fn(db_row_int(row, 0), visit->arg);
}

int outbox_due_channels(struct db *db, msec_t now, outbox_id_fn *fn, void *arg)
{
    struct id_visit visit = {fn, arg};
    return db_run(db,
                  "SELECT DISTINCT o.channel_id FROM outbox o"
                  " JOIN channels c ON c.id = o.channel_id AND c.enabled <> 0"
                  " WHERE o.state = 'queued' AND o.next_ms <= $1 AND o.digest_id IS NULL"
                  " ORDER BY o.channel_id",
                  DB_ARGS(db_int(now)), visit_id, &visit);
}

int outbox_due(struct db *db, const struct outbox_question *question, outbox_id_fn *fn,
               void *arg)
{
    struct id_visit visit = {fn, arg};
    return db_run(
        db,
        "SELECT o.id FROM outbox o"
        " WHERE o.channel_id = $1 AND o.state = 'queued' AND o.next_ms <= $2"
        " AND o.digest_id IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM outbox older"
        "  WHERE older.alert_id = o.alert_id AND older.channel_id = o.channel_id"
        "  AND older.state = 'queued' AND older.id < o.id)"
        " ORDER BY o.id LIMIT $3",
        DB_ARGS(db_int(question->channel_id), db_int(question->now), db_int(question->limit)),
        visit_id, &visit);
}

struct item_search {
    struct outbox_item *out;
    bool found;
};

static int take_item(const struct db_row *row, void *arg)
{
    struct item_search *search = arg;
    struct outbox_item *item = search->out;
    *item = (struct outbox_item){.id = db_row_int(row, 0),
                                 .org = db_row_int(row, 1),
                                 .channel_id = db_row_int(row, 2),
                                 .alert_id = db_row_int(row, 3),
                                 .event_id = db_row_int(row, 4),
                                 .message = memory_strdup(db_row_text(row, 6)),
                                 .attempts = db_row_int(row, 7),
                                 .next_ms = db_row_int(row, 8),
                                 .created_ms = db_row_int(row, 9)};
    text_copy(item->idempotency_key, sizeof(item->idempotency_key), db_row_text(row, 5));
    search->found = true;
    return 0;
}

int outbox_find(struct db *db, int64_t id, struct outbox_item *out_item)
{
    struct item_search search = {.out = out_item};
    int error = db_run(db,
                       "SELECT id, org_id, channel_id, alert_id, event_id, idempotency_key,"
                       " message, attempts, next_ms, created_ms FROM outbox"
                       " WHERE id = $1 AND state = 'queued'",
                       DB_ARGS(db_int(id)), take_item, &search);
    if (error != 0)
        return error;
    return search.found ? 0 : -ENOENT;
}

int outbox_next_due(struct db *db, msec_t now, msec_t *out_next)
{
    msec_t next = 0;
    int error =
        db_run_for_id(db,
                      "SELECT MIN(next_ms) FROM outbox WHERE state = 'queued' AND next_ms > $1"
                      " AND digest_id IS NULL",
                      DB_ARGS(db_int(now)), &next);
    if (error != 0)
        return error;
    *out_next = next;
    return 0;
}

/* The message and, when it is a digest, those that it tells of. */
static int finish(struct db *db, int64_t id, const char *state, const char *answer, msec_t now)
{
    return db_run(db,
                  "UPDATE outbox SET state = $1, attempts = attempts + 1, last_answer = $2,"
                  " finished_ms = $3 WHERE (id = $4 OR digest_id = $5) AND state = 'queued'",
                  DB_ARGS(db_text(state), db_text(answer), db_int(now), db_int(id), db_int(id)),
                  NULL, NULL);
}

int outbox_mark_delivered(struct db *db, int64_t id, const char *answer, msec_t now)
{
    return finish(db, id, "delivered", answer, now);
}

int outbox_mark_failed(struct db *db, int64_t id, const char *answer, msec_t now)
{
    return finish(db, id, "failed", answer, now);
}

int outbox_mark_retry(struct db *db, int64_t id, const char *answer, msec_t next)
{
    return db_run(db,
                  "UPDATE outbox SET attempts = attempts + 1, last_answer = $1, next_ms = $2"
                  " WHERE (id = $3 OR digest_id = $4) AND state = 'queued'",
                  DB_ARGS(db_text(answer), db_int(next), db_int(id), db_int(id)), NULL, NULL);
}

/* Due, never tried, and not in a digest: what a digest may be made of. */
#define FRESH                                                                                  \
    " channel_id = $1 AND state = 'queued' AND next_ms <= $2 AND attempts = 0"                 \
    " AND alert_id IS NOT NULL AND digest_id IS NULL"

int outbox_count_fresh(struct db *db, const struct outbox_question *question,
                       int64_t *out_count)
{
    return db_run_for_id(
        db, "SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE" FRESH " LIMIT $3)",
        DB_ARGS(db_int(question->channel_id), db_int(question->now), db_int(question->limit)),
        out_count);
}

struct message_visit {
    outbox_message_fn *fn;
    void *arg;
};

static int visit_message(const struct db_row *row, void *arg)
{
    const struct message_visit *visit = arg;
    return visit->fn(db_row_int(row, 0), db_row_text(row, 1), visit->arg);
}

int outbox_each_fresh(struct db *db, const struct outbox_question *question,
                      outbox_message_fn *fn, void *arg)
{
    struct message_visit visit = {fn, arg};
    return db_run(
        db, "SELECT id, message FROM outbox WHERE" FRESH " ORDER BY id LIMIT $3",
        DB_ARGS(db_int(question->channel_id), db_int(question->now), db_int(question->limit)),
        visit_message, &visit);
}

int outbox_fold(struct db *db, const struct outbox_question *question, int64_t last_id,
                const char *digest_key)
{
    return db_run(db,
                  "UPDATE outbox SET digest_id = (SELECT d.id FROM outbox d"
                  "  WHERE d.idempotency_key = $1)"
                  " WHERE channel_id = $2 AND state = 'queued' AND next_ms <= $3 AND id <= $4"
                  " AND attempts = 0 AND alert_id IS NOT NULL AND digest_id IS NULL",
                  DB_ARGS(db_text(digest_key), db_int(question->channel_id),
                          db_int(question->now), db_int(last_id)),
                  NULL, NULL);
}

static int set_held(struct db *db, int64_t channel_id, msec_t until)
{
    return db_run(db, "UPDATE channels SET held_until_ms = $1 WHERE id = $2",
                  DB_ARGS(db_int(until), db_int(channel_id)), NULL, NULL);
}

int outbox_hold_channel(struct db *db, int64_t channel_id, msec_t until)
{
    int error = set_held(db, channel_id, until);
    if (error != 0)
        return error;
    return db_run(db,
                  "UPDATE outbox SET next_ms = $1 WHERE channel_id = $2 AND state = 'queued'"
                  " AND next_ms < $3",
                  DB_ARGS(db_int(until), db_int(channel_id), db_int(until)), NULL, NULL);
}

int outbox_release_channel(struct db *db, int64_t channel_id, msec_t now)
{
    int error = set_held(db, channel_id, 0);
    if (error != 0)
        return error;
    return db_run(db,
                  "UPDATE outbox SET next_ms = $1 WHERE channel_id = $2 AND state = 'queued'"
                  " AND next_ms > $3",
                  DB_ARGS(db_int(now), db_int(channel_id), db_int(now)), NULL, NULL);
}

int outbox_fail_channel(struct db *db, int64_t channel_id, const char *answer, msec_t now)
{
    return db_run(db,
                  "UPDATE outbox SET state = 'failed', last_answer = $1, finished_ms = $2"
                  " WHERE channel_id = $3 AND state = 'queued'",
                  DB_ARGS(db_text(answer), db_int(now), db_int(channel_id)), NULL, NULL);
}

int outbox_prune(struct db *db, msec_t before, int64_t limit, int64_t *out_removed)
{
    return db_run_for_count(db,
                            "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox"
                            "  WHERE finished_ms < $1 AND state <> 'queued'"
                            "  ORDER BY finished_ms LIMIT $2) RETURNING 1",
                            DB_ARGS(db_int(before), db_int(limit)), out_removed);
}

int outbox_count_queued(struct db *db, int64_t *out_count)
{
    return db_run_for_id(db, "SELECT COUNT(*) FROM outbox WHERE state = 'queued'", DB_NO_ARGS,
                         out_count);
}

int outbox_count_channel(struct db *db, int64_t channel_id, int64_t *out_queued,
                         int64_t *out_failed)
{
    int error = db_run_for_id(
        db, "SELECT COUNT(*) FROM outbox WHERE channel_id = $1 AND state = 'queued'",
        DB_ARGS(db_int(channel_id)), out_queued);
    if (error != 0)
        return error;
    return db_run_for_id(
        db, "SELECT COUNT(*) FROM outbox WHERE channel_id = $1 AND state = 'failed'",
        DB_ARGS(db_int(channel_id)), out_failed);
}

struct delivery_visit {
    outbox_delivery_fn *fn;
    void *arg;
};

static int visit_delivery(const struct db_row *row, void *arg)
{
    const struct delivery_visit *visit = arg;
    struct outbox_delivery delivery = {.channel = db_row_text(row, 0),
                                       .state = db_row_text(row, 1),
                                       .attempts = db_row_int(row, 2),
                                       .next_ms = db_row_int(row, 3),
                                       .finished_ms = db_row_int(row, 4),
                                       .answer = db_row_text(row, 5)};
    return visit->fn(&delivery, visit->arg);
}

int outbox_each_of_alert(struct db *db, org_id org, int64_t alert_id, outbox_delivery_fn *fn,
                         void *arg)
{
    struct delivery_visit visit = {fn, arg};
    return db_run(db,
                  "SELECT c.name, o.state, o.attempts, o.next_ms, o.finished_ms, o.last_answer"
                  " FROM outbox o JOIN channels c ON c.id = o.channel_id"
                  " WHERE o.org_id = $1 AND o.alert_id = $2 ORDER BY o.id",
                  DB_ARGS(db_int(org), db_int(alert_id)), visit_delivery, &visit);
}

struct letter_visit {
    outbox_letter_fn *fn;
    void *arg;
};

static int visit_letter(const struct db_row *row, void *arg)
{
    const struct letter_visit *visit = arg;
    struct outbox_letter letter = {.id = db_row_int(row, 0),
                                   .state = db_row_text(row, 1),
                                   .message = db_row_text(row, 2),
                                   .answer = db_row_text(row, 3),
                                   .alert_id = db_row_int(row, 4),
                                   .digest_id = db_row_int(row, 5),
                                   .attempts = db_row_int(row, 6),
                                   .next_ms = db_row_int(row, 7),
                                   .created_ms = db_row_int(row, 8),
                                   .finished_ms = db_row_int(row, 9)};
    return visit->fn(&letter, visit->arg);
}

int outbox_each_letter(struct db *db, const struct outbox_letters *which, outbox_letter_fn *fn,
                       void *arg)
{
    struct letter_visit visit = {fn, arg};
    const char *state = which->state == NULL ? "" : which->state;
    return db_run(db,
                  "SELECT id, state, message, last_answer, alert_id, digest_id, attempts,"
                  " next_ms, created_ms, finished_ms FROM outbox"
                  " WHERE org_id = $1 AND channel_id = $2 AND ($3 = '' OR state = $4)"
                  " ORDER BY id DESC LIMIT $5",
                  DB_ARGS(db_int(which->org), db_int(which->channel_id), db_text(state),
                          db_text(state), db_int(which->limit)),
                  visit_letter, &visit);
}

/* A digest takes those that it tells of along; one of those leaves it. */
int outbox_requeue(struct db *db, int64_t channel_id, int64_t id, msec_t now,
                   int64_t *out_count)
{
    return db_run_for_count(
        db,
        "UPDATE outbox SET state = 'queued', attempts = 0, next_ms = $1, created_ms = $2,"
        " finished_ms = NULL, digest_id = CASE WHEN id = $3 THEN NULL ELSE digest_id END"
        " WHERE channel_id = $4 AND state = 'failed' AND ($5 = 0 OR id = $6 OR digest_id = $7)"
        " RETURNING 1",
        DB_ARGS(db_int(now), db_int(now), db_int(id), db_int(channel_id), db_int(id),
                db_int(id), db_int(id)),
        out_count);
}
