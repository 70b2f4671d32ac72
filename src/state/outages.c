/* SPDX-License-Identifier: MIT */
#include "state/outages.h"

#include <assert.h>
#include <errno.h>

#include "base/macros.h"
#include "base/text.h"
#include "base/vec.h"

#define OUTAGE_COLUMNS                                                                         \
    "id, org_id, host_id, host_name, alert_id, last_seen_ms, detected_ms, ended_ms,"           \
    " cleared_ms, cleared_by"
#define OUTAGES_LIST_DEFAULT 200

void outage_list_deinit(struct outage_list *list)
{
    VEC_DEINIT(list);
}

static struct outage read_outage(const struct db_row *row)
{
    struct outage outage = {
        .id = db_row_int(row, 0),
        .org = db_row_int(row, 1),
        .host_id = db_row_int(row, 2),
        .alert_id = db_row_int(row, 4),
        .last_seen_ms = db_row_int(row, 5),
        .detected_ms = db_row_int(row, 6),
        .ended_ms = db_row_int(row, 7),
        .cleared_ms = db_row_int(row, 8),
    };
    text_copy(outage.host_name, sizeof(outage.host_name), db_row_text(row, 3));
    text_copy(outage.cleared_by, sizeof(outage.cleared_by), db_row_text(row, 9));
    return outage;
}

static int push_outage(const struct db_row *row, void *arg)
{
    struct outage_list *list = arg;
    VEC_PUSH(list, read_outage(row));
    return 0;
}

struct found_outage {
    bool came;
    struct outage outage;
};

static int take_outage(const struct db_row *row, void *arg)
{
    struct found_outage *found = arg;
    *found = (struct found_outage){true, read_outage(row)};
    return 0;
}

static int run_for_outage(struct db *db, const char *sql, struct db_args args,
                          struct outage *out_outage)
{
    struct found_outage found = {0};
    int error = db_run(db, sql, args, take_outage, &found);
    if (error != 0)
        return error;
    if (!found.came)
        return -ENOENT;
    *out_outage = found.outage;
    return 0;
}

int outages_begin(struct db *db, struct outage *outage)
{
    assert(outage->last_seen_ms > 0 && outage->ended_ms == 0);
    return db_run_for_id(
        db,
        "INSERT INTO outages (org_id, host_id, host_name, alert_id, last_seen_ms, detected_ms)"
        " VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (host_id, last_seen_ms) DO UPDATE SET alert_id = excluded.alert_id,"
        "  ended_ms = NULL, cleared_ms = NULL, cleared_by = ''"
        " RETURNING id",
        DB_ARGS(db_int(outage->org), db_int(outage->host_id), db_text(outage->host_name),
                db_int_or_null(outage->alert_id), db_int(outage->last_seen_ms),
                db_int(outage->detected_ms)),
        &outage->id);
}

int outages_end(struct db *db, struct outage *outage)
{
    assert(outage->ended_ms > 0);
    return run_for_outage(
        db,
        "UPDATE outages SET ended_ms = coalesce(ended_ms, $1) WHERE org_id = $2 AND id = $3"
        " RETURNING " OUTAGE_COLUMNS,
        DB_ARGS(db_int(outage->ended_ms), db_int(outage->org), db_int(outage->id)), outage);
}

int outages_clear(struct db *db, const char *who, msec_t now, struct outage *outage)
{
    org_id org = outage->org;
    int64_t id = outage->id;
    int error =
        run_for_outage(db,
                       "UPDATE outages SET cleared_by = CASE WHEN cleared_ms IS NULL THEN $1"
                       "   ELSE cleared_by END,"
                       "  cleared_ms = coalesce(cleared_ms, $2)"
                       " WHERE org_id = $3 AND id = $4 AND ended_ms IS NOT NULL"
                       " RETURNING " OUTAGE_COLUMNS,
                       DB_ARGS(db_text(who), db_int(now), db_int(org), db_int(id)), outage);
    struct outage ongoing;
    if (error == -ENOENT && outages_find(db, org, id, &ongoing) == 0)
        return -EBUSY;
    return error;
}

int outages_find(struct db *db, org_id org, int64_t id, struct outage *out_outage)
{
    return run_for_outage(
        db, "SELECT " OUTAGE_COLUMNS " FROM outages WHERE org_id = $1 AND id = $2",
        DB_ARGS(db_int(org), db_int(id)), out_outage);
}

int outages_list(struct db *db, org_id org, const struct outage_filter *filter,
                 struct outage_list *list)
{
    size_t limit = filter->limit == 0 ? OUTAGES_LIST_DEFAULT : filter->limit;
    return db_run(db,
                  "SELECT " OUTAGE_COLUMNS " FROM outages WHERE org_id = $1"
                  " AND ($2 = 1 OR cleared_ms IS NULL) AND ($3 = 0 OR host_id = $4)"
                  " ORDER BY last_seen_ms DESC, id DESC LIMIT $5",
                  DB_ARGS(db_int(org), db_int(filter->cleared), db_int(filter->host_id),
                          db_int(filter->host_id),
                          db_int((int64_t)MIN_OF(limit, (size_t)OUTAGES_LIST_MAX))),
                  push_outage, list);
}

int outages_list_ongoing(struct db *db, struct outage_list *list)
{
    return db_run(db,
                  "SELECT " OUTAGE_COLUMNS " FROM outages WHERE ended_ms IS NULL ORDER BY id",
                  DB_NO_ARGS, push_outage, list);
}

int outages_prune(struct db *db, msec_t before, int64_t limit, int64_t *out_removed)
{
    return db_run_for_count(db,
                            "DELETE FROM outages WHERE id IN (SELECT id FROM outages"
                            "  WHERE cleared_ms < $1 ORDER BY cleared_ms LIMIT $2) RETURNING 1",
                            DB_ARGS(db_int(before), db_int(limit)), out_removed);
}
