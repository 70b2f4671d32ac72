/* SPDX-License-Identifier: MIT */
#include "state/alerts.h"

#include <assert.h>
#include <errno.h>
#include <math.h>

#include "base/macros.h"
#include "base/text.h"
#include "base/vec.h"

#define ALERT_COLUMNS                                                                          \
    "id, org_id, rule_id, rule_key, host_id, host_name, labels, state, severity, summary,"     \
    " unit, value, limit_value, since_ms, fired_ms, resolved_ms, updated_ms, acked_ms,"        \
    " acked_by, ack_comment"
#define ALERTS_LIST_DEFAULT 200

void alert_list_deinit(struct alert_list *list)
{
    VEC_DEINIT(list);
}

void alert_history_deinit(struct alert_history *history)
{
    VEC_DEINIT(history);
}

static struct alert read_alert(const struct db_row *row)
{
    struct alert alert = {
        .id = db_row_int(row, 0),
        .org = db_row_int(row, 1),
        .rule_id = db_row_int(row, 2),
        .host_id = db_row_int(row, 4),
        .state = (enum alert_state)db_row_name(row, 7, alert_state_names, ALERT_STATE_COUNT),
        .severity =
            (enum alert_severity)db_row_name(row, 8, alert_severity_names, SEVERITY_COUNT),
        .value = db_row_real(row, 11),
        .limit = db_row_real(row, 12),
        .since_ms = db_row_int(row, 13),
        .fired_ms = db_row_int(row, 14),
        .resolved_ms = db_row_int(row, 15),
        .updated_ms = db_row_int(row, 16),
        .acked_ms = db_row_int(row, 17),
    };
    text_copy(alert.rule_key, sizeof(alert.rule_key), db_row_text(row, 3));
    text_copy(alert.host_name, sizeof(alert.host_name), db_row_text(row, 5));
    text_copy(alert.labels, sizeof(alert.labels), db_row_text(row, 6));
    text_copy(alert.summary, sizeof(alert.summary), db_row_text(row, 9));
    text_copy(alert.unit, sizeof(alert.unit), db_row_text(row, 10));
    text_copy(alert.acked_by, sizeof(alert.acked_by), db_row_text(row, 18));
    text_copy(alert.ack_comment, sizeof(alert.ack_comment), db_row_text(row, 19));
    return alert;
}

static int push_alert(const struct db_row *row, void *arg)
{
    struct alert_list *list = arg;
    VEC_PUSH(list, read_alert(row));
    return 0;
}

struct found_alert {
    bool came;
    struct alert alert;
};

static int take_alert(const struct db_row *row, void *arg)
{
    struct found_alert *found = arg;
    *found = (struct found_alert){true, read_alert(row)};
    return 0;
}

static int run_for_alert(struct db *db, const char *sql, struct db_args args,
                         struct alert *out_alert)
{
    struct found_alert found = {0};
    int error = db_run(db, sql, args, take_alert, &found);
    if (error != 0)
        return error;
    if (!found.came)
        return -ENOENT;
    *out_alert = found.alert;
    return 0;
}

static int insert_event(struct db *db, struct alert_event *event, double value,
                        const char *actor)
{
    return db_run_for_id(
        db,
        "INSERT INTO alert_events (org_id, alert_id, at_ms, transition, value, actor, detail)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
        DB_ARGS(db_int(event->alert.org), db_int(event->alert.id), db_int(event->at_ms),
                db_text(alert_transition_names[event->transition]), db_real(value),
                db_text(actor), db_text(event->detail)),
        &event->id);
}

int alerts_insert_fired(struct db *db, struct alert_event *event)
{
    struct alert *alert = &event->alert;
    assert(db_in_transaction(db));
    assert(event->transition == TRANSITION_FIRED && alert->state == ALERT_FIRING);
    /* Selecting from hosts keeps a host that is being deleted from getting alerts for ever. */
    int error = db_run_for_id(
        db,
        "INSERT INTO alerts (org_id, rule_id, rule_key, host_id, host_name, labels, state,"
        "  severity, summary, unit, value, limit_value, since_ms, fired_ms, updated_ms)"
        " SELECT $1, $2, $3, id, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14"
        " FROM hosts WHERE org_id = $15 AND id = $16"
        " RETURNING id",
        DB_ARGS(db_int(alert->org), db_int(alert->rule_id), db_text(alert->rule_key),
                db_text(alert->host_name), db_text(alert->labels),
                db_text(alert_state_names[alert->state]),
                db_text(alert_severity_names[alert->severity]), db_text(alert->summary),
                db_text(alert->unit), db_real(alert->value), db_real(alert->limit),
                db_int(alert->since_ms), db_int(alert->fired_ms), db_int(alert->updated_ms),
                db_int(alert->org), db_int(alert->host_id)),
        &alert->id);
    return error != 0 ? error : insert_event(db, event, alert->value, "");
}

int alerts_resolve(struct db *db, struct alert_event *event)
{
    assert(db_in_transaction(db));
    assert(event->transition == TRANSITION_RESOLVED);
    double value = event->alert.value; /* now; the row keeps the one that fired */
    int error =
        run_for_alert(db,
                      "UPDATE alerts SET state = 'resolved', resolved_ms = $1, updated_ms = $2"
                      " WHERE org_id = $3 AND id = $4 AND state <> 'resolved'"
                      " RETURNING " ALERT_COLUMNS,
                      DB_ARGS(db_int(event->at_ms), db_int(event->at_ms),
                              db_int(event->alert.org), db_int(event->alert.id)),
                      &event->alert);
    return error != 0 ? error : insert_event(db, event, value, "");
}

int alerts_acknowledge(struct db *db, struct alert_event *event)
{
    struct alert *alert = &event->alert;
    assert(db_in_transaction(db));
    assert(event->transition == TRANSITION_ACKNOWLEDGED);
    int error = run_for_alert(
        db,
        "UPDATE alerts SET acked_ms = $1, acked_by = $2, ack_comment = $3, updated_ms = $4"
        " WHERE org_id = $5 AND id = $6 AND state = 'firing' AND acked_ms IS NULL"
        " RETURNING " ALERT_COLUMNS,
        DB_ARGS(db_int(event->at_ms), db_text(alert->acked_by), db_text(alert->ack_comment),
                db_int(event->at_ms), db_int(alert->org), db_int(alert->id)),
        alert);
    if (error == -ENOENT) {
        error = alerts_find(db, alert->org, alert->id, alert);
        return error == 0 ? -EALREADY : error;
    }
    if (error != 0)
        return error;
    text_copy(event->detail, sizeof(event->detail), alert->ack_comment);
    return insert_event(db, event, (double)NAN, alert->acked_by);
}

int alerts_find(struct db *db, org_id org, int64_t id, struct alert *out_alert)
{
    return run_for_alert(db,
                         "SELECT " ALERT_COLUMNS " FROM alerts WHERE org_id = $1 AND id = $2",
                         DB_ARGS(db_int(org), db_int(id)), out_alert);
}

int alerts_list(struct db *db, org_id org, const struct alert_filter *filter,
                struct alert_list *list)
{
    size_t limit = filter->limit == 0 ? ALERTS_LIST_DEFAULT : filter->limit;
    return db_run(db,
                  "SELECT " ALERT_COLUMNS " FROM alerts WHERE org_id = $1"
                  " AND ($2 = 0 OR state = 'firing') AND ($3 = 0 OR host_id = $4)"
                  " AND ($5 = 0 OR fired_ms >= $6 OR state = 'firing')"
                  " ORDER BY coalesce(fired_ms, since_ms) DESC, id DESC LIMIT $7",
                  DB_ARGS(db_int(org), db_int(filter->open_only), db_int(filter->host_id),
                          db_int(filter->host_id), db_int(filter->since_ms),
                          db_int(filter->since_ms),
                          db_int((int64_t)MIN_OF(limit, (size_t)ALERTS_LIST_MAX))),
                  push_alert, list);
}

int alerts_list_open(struct db *db, struct alert_list *list)
{
    return db_run(db,
                  "SELECT " ALERT_COLUMNS " FROM alerts WHERE state <> 'resolved' ORDER BY id",
                  DB_NO_ARGS, push_alert, list);
}

static int push_item(const struct db_row *row, void *arg)
{
    struct alert_history *history = arg;
    struct alert_history_item item = {
        .at_ms = db_row_int(row, 0),
        .transition = (enum alert_transition)db_row_name(row, 1, alert_transition_names,
                                                         TRANSITION_COUNT),
        .value = db_row_real(row, 2),
    };
    text_copy(item.actor, sizeof(item.actor), db_row_text(row, 3));
    text_copy(item.detail, sizeof(item.detail), db_row_text(row, 4));
    VEC_PUSH(history, item);
    return 0;
}

int alerts_list_history(struct db *db, org_id org, int64_t id, struct alert_history *history)
{
    return db_run(db,
                  "SELECT at_ms, transition, value, actor, detail FROM alert_events"
                  " WHERE org_id = $1 AND alert_id = $2 ORDER BY id",
                  DB_ARGS(db_int(org), db_int(id)), push_item, history);
}

int alerts_prune(struct db *db, msec_t before, int64_t limit, int64_t *out_removed)
{
    return db_run_for_count(db,
                            "DELETE FROM alerts WHERE id IN (SELECT id FROM alerts"
                            "  WHERE resolved_ms < $1 AND state = 'resolved'"
                            "  ORDER BY resolved_ms LIMIT $2) RETURNING 1",
                            DB_ARGS(db_int(before), db_int(limit)), out_removed);
}
