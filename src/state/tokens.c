/* SPDX-License-Identifier: MIT */
#include "state/tokens.h"

#include <errno.h>
#include <stdbool.h>

#include "base/text.h"

#define TOKEN_SELECT                                                                           \
    "SELECT t.id, t.org_id, t.kind, t.name, t.host_id, t.user_id, t.created_ms,"               \
    " t.last_used_ms, h.name, u.role FROM tokens t"                                            \
    " LEFT JOIN hosts h ON h.id = t.host_id LEFT JOIN users u ON u.id = t.user_id"

int tokens_add(struct db *db, const struct token *token,
               const uint8_t secret_hash[STATE_HASH_BYTES], int64_t *out_id)
{
    return db_run_for_id(db,
                         "INSERT INTO tokens (org_id, kind, name, secret_hash, host_id,"
                         " user_id, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)"
                         " RETURNING id",
                         DB_ARGS(db_int(token->org), db_text(token->kind), db_text(token->name),
                                 db_blob(secret_hash, STATE_HASH_BYTES),
                                 db_int_or_null(token->host_id), db_int_or_null(token->user_id),
                                 db_int(token->created_ms)),
                         out_id);
}

static void read_token(const struct db_row *row, struct token *out)
{
    *out = (struct token){.id = db_row_int(row, 0),
                          .org = db_row_int(row, 1),
                          .host_id = db_row_int(row, 4),
                          .user_id = db_row_int(row, 5),
                          .created_ms = db_row_int(row, 6),
                          .last_used_ms = db_row_int(row, 7)};
    text_copy(out->kind, sizeof(out->kind), db_row_text(row, 2));
    text_copy(out->name, sizeof(out->name), db_row_text(row, 3));
    text_copy(out->host_name, sizeof(out->host_name), db_row_text(row, 8));
    text_copy(out->user_role, sizeof(out->user_role), db_row_text(row, 9));
}

struct token_search {
    struct token *out;
    bool found;
};

static int take_token(const struct db_row *row, void *arg)
{
    struct token_search *search = arg;
    read_token(row, search->out);
    search->found = true;
    return 0;
}

int tokens_find(struct db *db, const uint8_t secret_hash[STATE_HASH_BYTES],
                struct token *out_token)
{
    struct token_search search = {.out = out_token};
    int error = db_run(db, TOKEN_SELECT " WHERE t.secret_hash = $1 AND t.revoked_ms IS NULL",
                       DB_ARGS(db_blob(secret_hash, STATE_HASH_BYTES)), take_token, &search);
    if (error != 0)
        return error;
    return search.found ? 0 : -ENOENT;
}

struct token_visit {
    token_fn *fn;
    void *arg;
};

static int visit_token(const struct db_row *row, void *arg)
{
    const struct token_visit *visit = arg;
    struct token token;
    read_token(row, &token);
    return visit->fn(&token, visit->arg);
}

int tokens_each(struct db *db, org_id org, token_fn *fn, void *arg)
{
    struct token_visit visit = {fn, arg};
    return db_run(db,
                  TOKEN_SELECT " WHERE t.org_id = $1 AND t.revoked_ms IS NULL ORDER BY t.id",
                  DB_ARGS(db_int(org)), visit_token, &visit);
}

int tokens_touch(struct db *db, int64_t id, msec_t used)
{
    return db_run(db, "UPDATE tokens SET last_used_ms = $1 WHERE id = $2",
                  DB_ARGS(db_int(used), db_int(id)), NULL, NULL);
}

int tokens_revoke(struct db *db, org_id org, int64_t id, msec_t now)
{
    int64_t revoked;
    return db_run_for_id(db,
                         "UPDATE tokens SET revoked_ms = $1 WHERE org_id = $2 AND id = $3"
                         " AND revoked_ms IS NULL RETURNING id",
                         DB_ARGS(db_int(now), db_int(org), db_int(id)), &revoked);
}

int tokens_revoke_host(struct db *db, org_id org, int64_t host_id, msec_t now)
{
    return db_run(db,
                  "UPDATE tokens SET revoked_ms = $1 WHERE org_id = $2 AND host_id = $3"
                  " AND revoked_ms IS NULL",
                  DB_ARGS(db_int(now), db_int(org), db_int(host_id)), NULL, NULL);
}

int tokens_revoke_named(struct db *db, org_id org, const char *name, msec_t now)
{
    return db_run(db,
                  "UPDATE tokens SET revoked_ms = $1 WHERE org_id = $2 AND kind = 'enrol'"
                  " AND name = $3 AND revoked_ms IS NULL",
                  DB_ARGS(db_int(now), db_int(org), db_text(name)), NULL, NULL);
}

int tokens_prune(struct db *db, msec_t before, int64_t limit, int64_t *out_removed)
{
    return db_run_for_count(db,
                            "DELETE FROM tokens WHERE id IN (SELECT id FROM tokens"
                            "  WHERE revoked_ms < $1 ORDER BY revoked_ms LIMIT $2) RETURNING 1",
                            DB_ARGS(db_int(before), db_int(limit)), out_removed);
}
