/* SPDX-License-Identifier: MIT */
#include "state/users.h"

#include <errno.h>

#include "base/text.h"

#define USER_COLUMNS "id, org_id, email, name, role, password_hash, created_ms"

int users_ensure_org(struct db *db, msec_t now)
{
    return db_run(db,
                  "INSERT INTO orgs (id, name, created_ms) VALUES ($1, 'default', $2)"
                  " ON CONFLICT (id) DO NOTHING",
                  DB_ARGS(db_int(ORG_FIRST), db_int(now)), NULL, NULL);
}

struct name_search {
    char *out;
    size_t size;
    bool found;
};

static int take_name(const struct db_row *row, void *arg)
{
    struct name_search *search = arg;
    text_copy(search->out, search->size, db_row_text(row, 0));
    search->found = true;
    return 0;
}

int users_org_name(struct db *db, org_id org, char *out_name, size_t size)
{
    struct name_search search = {out_name, size, false};
    int error = db_run(db, "SELECT name FROM orgs WHERE id = $1", DB_ARGS(db_int(org)),
                       take_name, &search);
    if (error != 0)
        return error;
    return search.found ? 0 : -ENOENT;
}

int users_add(struct db *db, const struct user *user, int64_t *out_id)
{
    return db_run_for_id(db,
                         "INSERT INTO users (org_id, email, name, role, password_hash,"
                         " created_ms) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
                         DB_ARGS(db_int(user->org), db_text(user->email), db_text(user->name),
                                 db_text(user->role), db_text(user->password_hash),
                                 db_int(user->created_ms)),
                         out_id);
}

int users_update(struct db *db, const struct user *user)
{
    int64_t id;
    return db_run_for_id(db,
                         "UPDATE users SET email = $1, name = $2, role = $3,"
                         " password_hash = $4 WHERE id = $5 RETURNING id",
                         DB_ARGS(db_text(user->email), db_text(user->name), db_text(user->role),
                                 db_text(user->password_hash), db_int(user->id)),
                         &id);
}

struct user_search {
    struct user *out;
    bool found;
};

static int take_user(const struct db_row *row, void *arg)
{
    struct user_search *search = arg;
    struct user *user = search->out;
    *user = (struct user){
        .id = db_row_int(row, 0), .org = db_row_int(row, 1), .created_ms = db_row_int(row, 6)};
    text_copy(user->email, sizeof(user->email), db_row_text(row, 2));
    text_copy(user->name, sizeof(user->name), db_row_text(row, 3));
    text_copy(user->role, sizeof(user->role), db_row_text(row, 4));
    text_copy(user->password_hash, sizeof(user->password_hash), db_row_text(row, 5));
    search->found = true;
    return 0;
}

static int find_one(struct db *db, const char *sql, struct db_value by, struct user *out_user)
{
    struct user_search search = {.out = out_user};
    int error = db_run(db, sql, (struct db_args){&by, 1}, take_user, &search);
    if (error != 0)
        return error;
    return search.found ? 0 : -ENOENT;
}

int users_find(struct db *db, int64_t id, struct user *out_user)
{
    return find_one(db, "SELECT " USER_COLUMNS " FROM users WHERE id = $1", db_int(id),
                    out_user);
}

int users_find_email(struct db *db, const char *email, struct user *out_user)
{
    return find_one(db, "SELECT " USER_COLUMNS " FROM users WHERE email = $1", db_text(email),
                    out_user);
}

int users_find_without_password(struct db *db, org_id org, struct user *out_user)
{
    return find_one(db,
                    "SELECT " USER_COLUMNS " FROM users WHERE org_id = $1"
                    " AND password_hash = '' AND role = 'admin' ORDER BY id LIMIT 1",
                    db_int(org), out_user);
}

int users_any_has_password(struct db *db, org_id org, bool *out_any)
{
    int64_t id;
    int error = db_run_for_id(
        db, "SELECT id FROM users WHERE org_id = $1 AND password_hash <> '' LIMIT 1",
        DB_ARGS(db_int(org)), &id);
    if (error != 0 && error != -ENOENT)
        return error;
    *out_any = error == 0;
    return 0;
}
