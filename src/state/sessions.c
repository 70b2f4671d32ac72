/* SPDX-License-Identifier: MIT */
#include "state/sessions.h"

#include <errno.h>
#include <stdbool.h>

#include "base/text.h"

#define SESSION_COLUMNS                                                                        \
    "id, org_id, user_id, created_ms, expires_ms, last_seen_ms, peer, user_agent"

int sessions_add(struct db *db, const struct session *session,
                 const uint8_t secret_hash[STATE_HASH_BYTES], int64_t *out_id)
{
    return db_run_for_id(db,
                         "INSERT INTO sessions (org_id, user_id, secret_hash, created_ms,"
                         " expires_ms, last_seen_ms, peer, user_agent)"
                         " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
                         DB_ARGS(db_int(session->org), db_int(session->user_id),
                                 db_blob(secret_hash, STATE_HASH_BYTES),
                                 db_int(session->created_ms), db_int(session->expires_ms),
                                 db_int(session->last_seen_ms), db_text(session->peer),
                                 db_text(session->user_agent)),
                         out_id);
}

static void read_session(const struct db_row *row, struct session *out)
{
    *out = (struct session){.id = db_row_int(row, 0),
                            .org = db_row_int(row, 1),
                            .user_id = db_row_int(row, 2),
                            .created_ms = db_row_int(row, 3),
                            .expires_ms = db_row_int(row, 4),
                            .last_seen_ms = db_row_int(row, 5)};
    text_copy(out->peer, sizeof(out->peer), db_row_text(row, 6));
    text_copy(out->user_agent, sizeof(out->user_agent), db_row_text(row, 7));
}

struct session_search {
    struct session *out;
    bool found;
};

static int take_session(const struct db_row *row, void *arg)
{
    struct session_search *search = arg;
    read_session(row, search->out);
    search->found = true;
    return 0;
}

int sessions_find(struct db *db, const uint8_t secret_hash[STATE_HASH_BYTES],
                  struct session *out_session)
{
    struct session_search search = {.out = out_session};
    int error = db_run(db, "SELECT " SESSION_COLUMNS " FROM sessions WHERE secret_hash = $1",
                       DB_ARGS(db_blob(secret_hash, STATE_HASH_BYTES)), take_session, &search);
    if (error != 0)
        return error;
    return search.found ? 0 : -ENOENT;
}

struct session_visit {
    session_fn *fn;
    void *arg;
};

static int visit_session(const struct db_row *row, void *arg)
{
    const struct session_visit *visit = arg;
    struct session session;
    read_session(row, &session);
    return visit->fn(&session, visit->arg);
}

int sessions_each(struct db *db, int64_t user_id, msec_t now, session_fn *fn, void *arg)
{
    struct session_visit visit = {fn, arg};
    return db_run(db,
                  "SELECT " SESSION_COLUMNS " FROM sessions"
                  " WHERE user_id = $1 AND expires_ms > $2 ORDER BY last_seen_ms DESC, id",
                  DB_ARGS(db_int(user_id), db_int(now)), visit_session, &visit);
}

int sessions_touch(struct db *db, int64_t id, msec_t seen, msec_t expires)
{
    return db_run(db, "UPDATE sessions SET last_seen_ms = $1, expires_ms = $2 WHERE id = $3",
                  DB_ARGS(db_int(seen), db_int(expires), db_int(id)), NULL, NULL);
}

int sessions_remove(struct db *db, int64_t user_id, int64_t id)
{
    int64_t removed;
    return db_run_for_id(db, "DELETE FROM sessions WHERE user_id = $1 AND id = $2 RETURNING id",
                         DB_ARGS(db_int(user_id), db_int(id)), &removed);
}

int sessions_remove_others(struct db *db, int64_t user_id, int64_t keep_id)
{
    return db_run(db, "DELETE FROM sessions WHERE user_id = $1 AND id <> $2",
                  DB_ARGS(db_int(user_id), db_int(keep_id)), NULL, NULL);
}

int sessions_remove_expired(struct db *db, msec_t now)
{
    int error = db_run(db, "DELETE FROM sessions WHERE expires_ms <= $1", DB_ARGS(db_int(now)),
                       NULL, NULL);
    if (error != 0)
        return error;
    return db_run(db, "DELETE FROM signin_links WHERE expires_ms <= $1", DB_ARGS(db_int(now)),
                  NULL, NULL);
}

int sessions_put_link(struct db *db, org_id org, const uint8_t secret_hash[STATE_HASH_BYTES],
                      msec_t now, msec_t expires)
{
    int error = sessions_remove_links(db, org);
    if (error != 0)
        return error;
    return db_run(db,
                  "INSERT INTO signin_links (secret_hash, org_id, created_ms, expires_ms)"
                  " VALUES ($1, $2, $3, $4)",
                  DB_ARGS(db_blob(secret_hash, STATE_HASH_BYTES), db_int(org), db_int(now),
                          db_int(expires)),
                  NULL, NULL);
}

int sessions_use_link(struct db *db, const uint8_t secret_hash[STATE_HASH_BYTES], msec_t now,
                      org_id *out_org)
{
    return db_run_for_id(
        db,
        "UPDATE signin_links SET used_ms = $1 WHERE secret_hash = $2"
        " AND used_ms IS NULL AND expires_ms > $3 RETURNING org_id",
        DB_ARGS(db_int(now), db_blob(secret_hash, STATE_HASH_BYTES), db_int(now)), out_org);
}

int sessions_remove_links(struct db *db, org_id org)
{
    return db_run(db, "DELETE FROM signin_links WHERE org_id = $1", DB_ARGS(db_int(org)), NULL,
                  NULL);
}
