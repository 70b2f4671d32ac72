/* SPDX-License-Identifier: MIT */
#include "state/hosts.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "base/vec.h"

#define HOST_COLUMNS                                                                           \
    "id, org_id, name, agent_id, source, interval_ms, created_ms, first_seen_ms, last_seen_ms"

void host_list_deinit(struct host_list *list)
{
    VEC_DEINIT(list);
}

static struct host read_host(const struct db_row *row)
{
    struct host host = {
        .id = db_row_int(row, 0),
        .org = db_row_int(row, 1),
        .interval_ms = db_row_int(row, 5),
        .created_ms = db_row_int(row, 6),
        .first_seen_ms = db_row_int(row, 7),
        .last_seen_ms = db_row_int(row, 8),
    };
    text_copy(host.name, sizeof(host.name), db_row_text(row, 2));
    text_copy(host.agent_id, sizeof(host.agent_id), db_row_text(row, 3));
    text_copy(host.source, sizeof(host.source), db_row_text(row, 4));
    return host;
}

static int push_host(const struct db_row *row, void *arg)
{
    struct host_list *list = arg;
    VEC_PUSH(list, read_host(row));
    return 0;
}

struct found_host {
    bool came;
    struct host host;
};

static int take_host(const struct db_row *row, void *arg)
{
    struct found_host *found = arg;
    *found = (struct found_host){true, read_host(row)};
    return 0;
}

static int run_for_host(struct db *db, const char *sql, struct db_args args,
                        struct host *out_host)
{
    struct found_host found = {0};
    int error = db_run(db, sql, args, take_host, &found);
    if (error != 0)
        return error;
    if (!found.came)
        return -ENOENT;
    *out_host = found.host;
    return 0;
}

/* A change that must meet exactly one row: its RETURNING says whether it did. */
static int run_on_host(struct db *db, const char *sql, struct db_args args)
{
    int64_t id;
    return db_run_for_id(db, sql, args, &id);
}

static bool enrolment_is_valid(const struct host_enrolment *enrolment)
{
    size_t name_len = strlen(enrolment->name);
    size_t agent_len = strlen(enrolment->agent_id);
    return name_len > 0 && name_len <= HOST_NAME_MAX_BYTES &&
           text_is_utf8(enrolment->name, name_len) &&
           agent_len < sizeof(((struct host *)NULL)->agent_id) &&
           text_is_utf8(enrolment->agent_id, agent_len);
}

int hosts_enrol(struct db *db, org_id org, const struct host_enrolment *enrolment, msec_t now,
                struct host *out_host)
{
    if (!enrolment_is_valid(enrolment))
        return -EINVAL;
    /* One statement decides, so that two agents asking at once cannot both get the name.  It
     * touches no row when the name belongs to another agent. */
    int error = run_for_host(db,
                             "INSERT INTO hosts (org_id, name, agent_id, source, created_ms)"
                             " VALUES ($1, $2, $3, $4, $5)"
                             " ON CONFLICT (org_id, name) DO UPDATE SET"
                             "  agent_id = CASE WHEN excluded.agent_id = '' THEN hosts.agent_id"
                             "    ELSE excluded.agent_id END,"
                             "  source = CASE WHEN excluded.agent_id = '' THEN hosts.source"
                             "    ELSE excluded.source END"
                             " WHERE excluded.agent_id = '' OR hosts.agent_id = ''"
                             "  OR hosts.agent_id = excluded.agent_id"
                             " RETURNING " HOST_COLUMNS,
                             DB_ARGS(db_int(org), db_text(enrolment->name),
                                     db_text(enrolment->agent_id), db_text(enrolment->source),
                                     db_int(now)),
                             out_host);
    /* -ENOENT from the database is an organisation that does not exist. */
    struct host other;
    if (error == -ENOENT && hosts_find_by_name(db, org, enrolment->name, &other) == 0)
        return -EEXIST;
    return error;
}

int hosts_find(struct db *db, org_id org, int64_t id, struct host *out_host)
{
    return run_for_host(db, "SELECT " HOST_COLUMNS " FROM hosts WHERE org_id = $1 AND id = $2",
                        DB_ARGS(db_int(org), db_int(id)), out_host);
}

int hosts_find_by_name(struct db *db, org_id org, const char *name, struct host *out_host)
{
    return run_for_host(db,
                        "SELECT " HOST_COLUMNS " FROM hosts WHERE org_id = $1 AND name = $2",
                        DB_ARGS(db_int(org), db_text(name)), out_host);
}

int hosts_list(struct db *db, org_id org, struct host_list *list)
{
    return db_run(db, "SELECT " HOST_COLUMNS " FROM hosts WHERE org_id = $1 ORDER BY name, id",
                  DB_ARGS(db_int(org)), push_host, list);
}

int hosts_list_all(struct db *db, struct host_list *list)
{
    return db_run(db, "SELECT " HOST_COLUMNS " FROM hosts ORDER BY id", DB_NO_ARGS, push_host,
                  list);
}

int hosts_set_facts(struct db *db, org_id org, int64_t id, const char *json)
{
    return run_on_host(db,
                       "UPDATE hosts SET facts = $1 WHERE org_id = $2 AND id = $3 RETURNING id",
                       DB_ARGS(db_text(json), db_int(org), db_int(id)));
}

int hosts_set_report(struct db *db, org_id org, int64_t id, const char *json)
{
    return run_on_host(
        db, "UPDATE hosts SET report = $1 WHERE org_id = $2 AND id = $3 RETURNING id",
        DB_ARGS(db_text(json), db_int(org), db_int(id)));
}

struct text_row {
    bool came;
    struct buf *out;
};

static int append_text(const struct db_row *row, void *arg)
{
    struct text_row *found = arg;
    found->came = true;
    return buf_append_text(found->out, db_row_text(row, 0));
}

static int run_for_text(struct db *db, const char *sql, struct db_args args, struct buf *out)
{
    struct text_row found = {false, out};
    int error = db_run(db, sql, args, append_text, &found);
    return error != 0 || found.came ? error : -ENOENT;
}

int hosts_append_facts(struct db *db, org_id org, int64_t id, struct buf *out)
{
    return run_for_text(db, "SELECT facts FROM hosts WHERE org_id = $1 AND id = $2",
                        DB_ARGS(db_int(org), db_int(id)), out);
}

int hosts_append_report(struct db *db, org_id org, int64_t id, struct buf *out)
{
    return run_for_text(db, "SELECT report FROM hosts WHERE org_id = $1 AND id = $2",
                        DB_ARGS(db_int(org), db_int(id)), out);
}

int hosts_set_interval(struct db *db, org_id org, int64_t id, mspan_t interval)
{
    assert(interval >= 0);
    return run_on_host(
        db, "UPDATE hosts SET interval_ms = $1 WHERE org_id = $2 AND id = $3 RETURNING id",
        DB_ARGS(db_int(interval), db_int(org), db_int(id)));
}

int hosts_set_last_seen(struct db *db, org_id org, int64_t id, msec_t at)
{
    return run_on_host(db,
                       "UPDATE hosts SET last_seen_ms = $1,"
                       " first_seen_ms = coalesce(first_seen_ms, $2)"
                       " WHERE org_id = $3 AND id = $4 RETURNING id",
                       DB_ARGS(db_int(at), db_int(at), db_int(org), db_int(id)));
}

static int delete_rows(struct db *db, org_id org, int64_t id, msec_t now)
{
    int error = db_run(db,
                       "UPDATE outages SET ended_ms = $1"
                       " WHERE org_id = $2 AND host_id = $3 AND ended_ms IS NULL",
                       DB_ARGS(db_int(now), db_int(org), db_int(id)), NULL, NULL);
    if (error == 0)
        error = db_run(db, "DELETE FROM alerts WHERE org_id = $1 AND host_id = $2",
                       DB_ARGS(db_int(org), db_int(id)), NULL, NULL);
    if (error == 0)
        error = run_on_host(db, "DELETE FROM hosts WHERE org_id = $1 AND id = $2 RETURNING id",
                            DB_ARGS(db_int(org), db_int(id)));
    return error;
}

int hosts_delete(struct db *db, org_id org, int64_t id, msec_t now)
{
    bool ours = !db_in_transaction(db);
    int error = ours ? db_begin(db) : 0;
    if (error != 0)
        return error;
    error = delete_rows(db, org, id, now);
    if (!ours)
        return error;
    if (error == 0)
        return db_commit(db);
    db_abandon(db);
    return error;
}
