/* SPDX-License-Identifier: MIT */
#include "server/retention.h"

#include "state/state_test.h"

#define NOW ((msec_t)1800000000000)

static struct db *db;

/* Runs an INSERT as often, $1 being 0, 1, ... */
static void add(int count, const char *sql)
{
    ck_assert_int_eq(db_begin(db), 0);
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(db_run(db, sql, DB_ARGS(db_int(i)), NULL, NULL), 0);
    ck_assert_int_eq(db_commit(db), 0);
}

/* `count` alerts of one host, with one event each; resolved_ms 0 = open. */
static void add_alerts(int count, msec_t resolved)
{
    for (int i = 0; i < count; i++) {
        int64_t id;
        ck_assert_int_eq(
            db_run_for_id(db,
                          "INSERT INTO alerts (org_id, rule_id, rule_key, host_id, host_name,"
                          " labels, state, severity, summary, unit, since_ms, updated_ms,"
                          " resolved_ms) VALUES (1, 1, 'cpu', 1, 'h', $1, $2, 'warning', 's',"
                          " '%', 1, 1, $3) RETURNING id",
                          DB_ARGS(db_int(i), db_text(resolved == 0 ? "firing" : "resolved"),
                                  db_int_or_null(resolved)),
                          &id),
            0);
        ck_assert_int_eq(db_run(db,
                                "INSERT INTO alert_events (org_id, alert_id, at_ms, transition)"
                                " VALUES (1, $1, 1, 'fired')",
                                DB_ARGS(db_int(id)), NULL, NULL),
                         0);
    }
}

static int steps(void)
{
    int steps = 0;
    for (bool more = true; more; steps++)
        ck_assert_int_eq(retention_step(db, NOW, &more), 0);
    return steps;
}

START_TEST(forgets_alerts_that_are_long_over)
{
    db = state_test_open();
    add_alerts(2, NOW - RETENTION_ALERTS - 1);
    add_alerts(1, NOW - RETENTION_ALERTS);
    add_alerts(3, 0);
    ck_assert_int_eq(steps(), 1);
    ck_assert_int_eq(state_test_count(db, "SELECT count(*) FROM alerts"), 4);
    ck_assert_int_eq(state_test_count(db, "SELECT count(*) FROM alert_events"), 4);
    ck_assert_int_eq(state_test_count(db, "SELECT count(*) FROM alerts WHERE state = 'firing'"),
                     3);
    state_test_close(db);
}
END_TEST

START_TEST(goes_in_small_steps)
{
    db = state_test_open();
    add(2 * RETENTION_STEP_ROWS + 1,
        "INSERT INTO outages (org_id, host_id, host_name, last_seen_ms, detected_ms, ended_ms,"
        " cleared_ms) VALUES (1, 1, 'h', $1, 2, 3, 4)");
    bool more = false;
    ck_assert_int_eq(retention_step(db, NOW, &more), 0);
    ck_assert(more);
    ck_assert_int_eq(state_test_count(db, "SELECT count(*) FROM outages"),
                     RETENTION_STEP_ROWS + 1);
    ck_assert_int_eq(state_test_count(db, "SELECT min(last_seen_ms) FROM outages"),
                     RETENTION_STEP_ROWS);
    ck_assert_int_eq(steps(), 2);
    ck_assert_int_eq(state_test_count(db, "SELECT count(*) FROM outages"), 0);
    state_test_close(db);
}
END_TEST

START_TEST(keeps_outages_that_nobody_cleared)
{
    db = state_test_open();
    add(5, "INSERT INTO outages (org_id, host_id, host_name, last_seen_ms, detected_ms,"
           " ended_ms) VALUES (1, 1, 'h', $1, 2, 3)");
    steps();
    ck_assert_int_eq(state_test_count(db, "SELECT count(*) FROM outages"), 5);
    state_test_close(db);
}
END_TEST

START_TEST(keeps_messages_that_are_queued)
{
    db = state_test_open();
    add(1, "INSERT INTO channels (id, org_id, kind, name, enabled, config, secrets, created_ms,"
           " updated_ms) VALUES (1, 1, 'email', 'c', 1 + $1, '{}', x'', 1, 1)");
    add(3, "INSERT INTO outbox (org_id, channel_id, idempotency_key, message, state, next_ms,"
           " created_ms) VALUES (1, 1, 'q' || $1, '{}', 'queued', 1, 1)");
    add(4, "INSERT INTO outbox (org_id, channel_id, idempotency_key, message, state, next_ms,"
           " created_ms, finished_ms) VALUES (1, 1, 'd' || $1, '{}', 'delivered', 1, 1, 5)");
    add(2, "INSERT INTO outbox (org_id, channel_id, idempotency_key, message, state, next_ms,"
           " created_ms, finished_ms) VALUES (1, 1, 'f' || $1, '{}', 'failed', 1, 1,"
           " 1799999999999)");
    steps();
    ck_assert_int_eq(state_test_count(db, "SELECT count(*) FROM outbox"), 5);
    ck_assert_int_eq(
        state_test_count(db, "SELECT count(*) FROM outbox WHERE state = 'delivered'"), 0);
    state_test_close(db);
}
END_TEST

START_TEST(forgets_revoked_tokens)
{
    db = state_test_open();
    add(2, "INSERT INTO tokens (org_id, kind, name, secret_hash, created_ms, revoked_ms)"
           " VALUES (1, 'enrol', 'old', 'r' || $1, 1, 2)");
    add(2, "INSERT INTO tokens (org_id, kind, name, secret_hash, created_ms)"
           " VALUES (1, 'enrol', 'good', 'g' || $1, 1)");
    steps();
    ck_assert_int_eq(state_test_count(db, "SELECT count(*) FROM tokens"), 2);
    state_test_close(db);
}
END_TEST

UNIT_MAIN("retention", forgets_alerts_that_are_long_over, goes_in_small_steps,
          keeps_outages_that_nobody_cleared, keeps_messages_that_are_queued,
          forgets_revoked_tokens)
