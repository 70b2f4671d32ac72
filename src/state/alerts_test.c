/* SPDX-License-Identifier: MIT */
#include "state/alerts.h"

#include <errno.h>
#include <math.h>

#include "state/state_test.h"

static struct alert_event fired(const struct host *host, const char *labels, msec_t at)
{
    struct alert_event event = {
        .transition = TRANSITION_FIRED,
        .at_ms = at,
        .alert =
            {
                .org = host->org,
                .rule_id = 3,
                .rule_key = "disk",
                .host_id = host->id,
                .state = ALERT_FIRING,
                .severity = SEVERITY_WARNING,
                .summary = "web-1: disk / is 93.2 % full, over 90 %",
                .unit = "%",
                .value = 93.2,
                .limit = 90,
                .since_ms = at - 60000,
                .fired_ms = at,
                .updated_ms = at,
            },
    };
    snprintf(event.alert.host_name, sizeof(event.alert.host_name), "%s", host->name);
    snprintf(event.alert.labels, sizeof(event.alert.labels), "%s", labels);
    return event;
}

typedef int change_fn(struct db *db, struct alert_event *event);

static int commit(struct db *db, change_fn *change, struct alert_event *event)
{
    ck_assert_int_eq(db_begin(db), 0);
    int error = change(db, event);
    if (error != 0)
        db_abandon(db);
    else
        ck_assert_int_eq(db_commit(db), 0);
    return error;
}

START_TEST(one_open_alert_per_condition)
{
    struct db *db = state_test_open();
    struct host host = state_test_host(db, ORG_FIRST, "web-1");
    struct alert_event root = fired(&host, "{\"mountpoint\":\"/\"}", 100000);
    struct alert_event home = fired(&host, "{\"mountpoint\":\"/home\"}", 100001);
    struct alert_event again = root;
    ck_assert_int_eq(commit(db, alerts_insert_fired, &root), 0);
    ck_assert_int_eq(commit(db, alerts_insert_fired, &home), 0);
    ck_assert_int_eq(commit(db, alerts_insert_fired, &again), -EEXIST);

    struct alert alert;
    ck_assert_int_eq(alerts_find(db, ORG_FIRST, root.alert.id, &alert), 0);
    ck_assert_str_eq(alert.labels, "{\"mountpoint\":\"/\"}");
    ck_assert_str_eq(alert.summary, root.alert.summary);
    ck_assert_double_eq(alert.value, 93.2);
    ck_assert_int_eq(alert.state, ALERT_FIRING);
    ck_assert_int_eq(alert.since_ms, 40000);
    ck_assert_int_eq(alert.resolved_ms, 0);
    ck_assert_int_eq(alerts_find(db, STATE_TEST_OTHER_ORG, root.alert.id, &alert), -ENOENT);

    struct alert_event end = {
        .transition = TRANSITION_RESOLVED,
        .at_ms = 200000,
        .detail = "no longer reported",
        .alert = {.id = root.alert.id, .org = ORG_FIRST, .value = (double)NAN}};
    ck_assert_int_eq(commit(db, alerts_resolve, &end), 0);
    ck_assert_int_eq(end.alert.state, ALERT_RESOLVED);
    ck_assert_int_eq(end.alert.resolved_ms, 200000);
    ck_assert_str_eq(end.alert.summary, root.alert.summary);
    ck_assert_int_eq(commit(db, alerts_resolve, &end), -ENOENT);
    ck_assert_int_eq(commit(db, alerts_insert_fired, &again), 0);
    ck_assert_int_ne(again.alert.id, root.alert.id);
    state_test_close(db);
}
END_TEST

START_TEST(acknowledges_once_and_keeps_who_and_why)
{
    struct db *db = state_test_open();
    struct host host = state_test_host(db, ORG_FIRST, "web-1");
    struct alert_event event = fired(&host, "{}", 100000);
    ck_assert_int_eq(commit(db, alerts_insert_fired, &event), 0);

    struct alert_event ack = {.transition = TRANSITION_ACKNOWLEDGED,
                              .at_ms = 150000,
                              .alert = {.id = event.alert.id,
                                        .org = STATE_TEST_OTHER_ORG,
                                        .acked_by = "eve@example.org"}};
    struct alert_event again = ack;
    ck_assert_int_eq(commit(db, alerts_acknowledge, &ack), -ENOENT);
    ack = again;
    ack.alert.org = ORG_FIRST;
    snprintf(ack.alert.acked_by, sizeof(ack.alert.acked_by), "ann@example.org");
    snprintf(ack.alert.ack_comment, sizeof(ack.alert.ack_comment), "known");
    ck_assert_int_eq(commit(db, alerts_acknowledge, &ack), 0);
    ck_assert_str_eq(ack.alert.host_name, "web-1");

    again.alert.org = ORG_FIRST;
    ck_assert_int_eq(commit(db, alerts_acknowledge, &again), -EALREADY);
    ck_assert_str_eq(again.alert.acked_by, "ann@example.org");
    ck_assert_int_eq(again.alert.acked_ms, 150000);

    struct alert_event end = {.transition = TRANSITION_RESOLVED,
                              .at_ms = 200000,
                              .alert = {.id = event.alert.id, .org = ORG_FIRST, .value = 70}};
    ck_assert_int_eq(commit(db, alerts_resolve, &end), 0);
    ck_assert_str_eq(end.alert.ack_comment, "known");

    struct alert_history history = {0};
    ck_assert_int_eq(alerts_list_history(db, ORG_FIRST, event.alert.id, &history), 0);
    ck_assert_uint_eq(history.len, 3);
    ck_assert_int_eq(history.items[0].transition, TRANSITION_FIRED);
    ck_assert_int_eq(history.items[1].transition, TRANSITION_ACKNOWLEDGED);
    ck_assert_str_eq(history.items[1].actor, "ann@example.org");
    ck_assert_str_eq(history.items[1].detail, "known");
    ck_assert(isnan(history.items[1].value));
    ck_assert_double_eq(history.items[2].value, 70);
    alert_history_deinit(&history);
    state_test_close(db);
}
END_TEST

START_TEST(lists_by_filter_newest_first)
{
    struct db *db = state_test_open();
    struct host web = state_test_host(db, ORG_FIRST, "web-1");
    struct host mail = state_test_host(db, ORG_FIRST, "mail");
    struct alert_event old = fired(&web, "{\"n\":\"1\"}", 100000);
    struct alert_event other = fired(&mail, "{}", 300000);
    struct alert_event new = fired(&web, "{\"n\":\"2\"}", 500000);
    ck_assert_int_eq(commit(db, alerts_insert_fired, &old), 0);
    ck_assert_int_eq(commit(db, alerts_insert_fired, &other), 0);
    ck_assert_int_eq(commit(db, alerts_insert_fired, &new), 0);
    struct alert_event end = {.transition = TRANSITION_RESOLVED,
                              .at_ms = 400000,
                              .alert = {.id = old.alert.id, .org = ORG_FIRST}};
    ck_assert_int_eq(commit(db, alerts_resolve, &end), 0);

    static const struct {
        struct alert_filter filter;
        bool of_web;
        size_t count;
    } cases[] = {
        {{.open_only = false}, false, 3}, {{.open_only = true}, false, 2},
        {{.open_only = false}, true, 2},  {{.open_only = true}, true, 1},
        {{.since_ms = 400000}, false, 2}, /* the open one from before counts too */
        {{.limit = 1}, false, 1},         {{.limit = 1000000}, false, 3},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct alert_filter filter = cases[i].filter;
        filter.host_id = cases[i].of_web ? web.id : 0;
        struct alert_list list = {0};
        ck_assert_int_eq(alerts_list(db, ORG_FIRST, &filter, &list), 0);
        ck_assert_uint_eq(list.len, cases[i].count);
        ck_assert_int_eq(list.items[0].id, new.alert.id);
        alert_list_deinit(&list);
    }
    struct alert_list list = {0};
    ck_assert_int_eq(alerts_list(db, STATE_TEST_OTHER_ORG, &(struct alert_filter){0}, &list),
                     0);
    ck_assert_uint_eq(list.len, 0);
    ck_assert_int_eq(alerts_list_open(db, &list), 0);
    ck_assert_uint_eq(list.len, 2);
    alert_list_deinit(&list);
    state_test_close(db);
}
END_TEST

START_TEST(a_deleted_host_takes_its_alerts_and_gets_no_more)
{
    struct db *db = state_test_open();
    struct host host = state_test_host(db, ORG_FIRST, "web-1");
    struct alert_event event = fired(&host, "{}", 100000);
    struct alert_event late = fired(&host, "{\"n\":\"2\"}", 100000);
    ck_assert_int_eq(commit(db, alerts_insert_fired, &event), 0);
    ck_assert_int_eq(hosts_delete(db, ORG_FIRST, host.id, 1), 0);
    ck_assert_int_eq(commit(db, alerts_insert_fired, &late), -ENOENT);
    ck_assert_int_eq(state_test_count(db, "SELECT count(*) FROM alerts"), 0);
    ck_assert_int_eq(state_test_count(db, "SELECT count(*) FROM alert_events"), 0);
    state_test_close(db);
}
END_TEST

UNIT_MAIN("alerts", one_open_alert_per_condition, acknowledges_once_and_keeps_who_and_why,
          lists_by_filter_newest_first, a_deleted_host_takes_its_alerts_and_gets_no_more)
