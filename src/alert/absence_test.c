/* SPDX-License-Identifier: MIT */
#include "alert/alert_test.h"

static struct bench bench;

static int64_t count_outages(void)
{
    return state_test_count(bench.db, "SELECT count(*) FROM outages");
}

START_TEST(seven_minutes_for_a_two_minute_host)
{
    bench_open(&bench);
    struct watched_host *host = bench_host(&bench, "web-1", 120000);
    bench_live(&bench, "web-1", 120000, 240000);
    bench_silence(&bench, 419000);
    ck_assert_int_eq(host->state, HOST_LATE);
    ck_assert_uint_eq(bench.queued.len, 0);
    bench_silence(&bench, 2000);
    ck_assert_int_eq(host->state, HOST_DOWN);
    ck_assert_uint_eq(bench.queued.len, 1);
    const struct alert *alert = &bench_last(&bench)->alert;
    ck_assert_str_eq(alert->rule_key, ALERT_RULE_HOST_DOWN);
    ck_assert_int_eq(alert->severity, SEVERITY_CRITICAL);
    ck_assert_str_eq(alert->summary,
                     "web-1 has not reported for 7 min 1 s (expected every 2 min)");
    ck_assert_int_eq(count_outages(), 1);
    ck_assert_uint_eq(bench.outages.len, 1);
    ck_assert_int_eq(bench.outages.items[0].alert_id, alert->id);
    bench_close(&bench);
}
END_TEST

START_TEST(one_outage_per_silence_until_a_person_clears_it)
{
    bench_open(&bench);
    struct watched_host *host = bench_host(&bench, "web-1", 10000);
    bench_live(&bench, "web-1", 10000, 30000);
    msec_t first_seen = bench.now.wall;
    bench_silence(&bench, 600000);
    ck_assert_uint_eq(bench.queued.len, 1);
    ck_assert_str_eq(bench_last(&bench)->alert.summary,
                     "web-1 has not reported for 36 s (expected every 10 s)");
    struct alert_host_status status;
    ck_assert(watch_status(&bench.watch, host->host.id, &status));
    ck_assert_int_eq(status.state, HOST_DOWN);
    ck_assert_int_eq(status.down_since_ms, first_seen);
    ck_assert_uint_eq(status.open[SEVERITY_CRITICAL], 1);

    /* The first report ends it at once. */
    bench_report(&bench, "web-1");
    ck_assert_int_eq(host->state, HOST_UP);
    ck_assert_uint_eq(bench.queued.len, 2);
    ck_assert_int_eq(bench_last(&bench)->transition, TRANSITION_RESOLVED);
    ck_assert_int_eq(bench.outages.items[1].ended_ms, bench.now.wall);
    ck_assert_int_eq(bench.outages.items[1].last_seen_ms, first_seen);

    bench_silence(&bench, 60000);
    ck_assert_int_eq(count_outages(), 2);
    ck_assert_int_eq(bench_count(&bench, TRANSITION_FIRED), 2);
    ck_assert_int_eq(state_test_count(bench.db, "SELECT count(*) FROM outages"
                                                " WHERE ended_ms IS NULL"),
                     1);
    bench_close(&bench);
}
END_TEST

START_TEST(a_host_that_never_reported_waits)
{
    bench_open(&bench);
    struct watched_host *host = bench_host(&bench, "web-1", 1000);
    bench_silence(&bench, 3600000);
    ck_assert_int_eq(host->state, HOST_WAITING);
    ck_assert_uint_eq(bench.queued.len, 0);
    bench_report(&bench, "web-1");
    ck_assert_int_eq(host->state, HOST_UP);
    ck_assert_int_eq(bench.last_state, HOST_UP);
    bench_close(&bench);
}
END_TEST

START_TEST(a_restart_declares_nobody_down)
{
    bench_open(&bench);
    bench_host(&bench, "web-1", 10000);
    bench_live(&bench, "web-1", 10000, 60000);
    bench_restart(&bench, MSEC_DAY);
    watch_tick(&bench.watch, bench.now);
    /* One interval of grace, then the usual limit. */
    bench_silence(&bench, 45000);
    ck_assert_uint_eq(bench.queued.len, 0);
    bench_silence(&bench, 2000);
    ck_assert_uint_eq(bench.queued.len, 1);
    bench_close(&bench);
}
END_TEST

START_TEST(an_outage_goes_on_across_restarts)
{
    bench_open(&bench);
    bench_host(&bench, "web-1", 10000);
    bench_live(&bench, "web-1", 10000, 60000);
    bench_silence(&bench, 60000);
    for (int i = 0; i < 3; i++) {
        bench_restart(&bench, 5000);
        ck_assert_int_eq(bench_find(&bench, "web-1")->state, HOST_DOWN);
        bench_silence(&bench, 600000);
    }
    ck_assert_uint_eq(bench.queued.len, 1);
    ck_assert_int_eq(count_outages(), 1);
    bench_restart(&bench, 5000);
    bench_report_at(&bench, "web-1", bench.now.wall);
    ck_assert_uint_eq(bench.queued.len, 2);
    ck_assert_int_eq(bench_firing(&bench), 0);
    ck_assert_int_eq(state_test_count(bench.db, "SELECT count(*) FROM outages"
                                                " WHERE ended_ms IS NULL"),
                     0);

    /* Killed right after its return, then silent again: that is another outage. */
    msec_t returned = bench.now.wall;
    bench_restart(&bench, 1000);
    bench_silence(&bench, 60000);
    ck_assert_int_eq(count_outages(), 2);
    ck_assert_int_eq(bench.outages.items[bench.outages.len - 1].last_seen_ms, returned);
    bench_close(&bench);
}
END_TEST

START_TEST(other_alerts_rest_while_the_host_is_down)
{
    bench_open(&bench);
    bench_host(&bench, "web-1", 10000);
    bench_set(&bench, "web-1", VITAL_SSH_FAILED, "", 20);
    bench_live(&bench, "web-1", 10000, 30000);
    ck_assert_uint_eq(bench.queued.len, 1);
    bench_silence(&bench, 3600000);
    ck_assert_uint_eq(bench.queued.len, 2);
    ck_assert_int_eq(bench_firing(&bench), 2);
    bench_report(&bench, "web-1");
    ck_assert_uint_eq(bench.queued.len, 3);
    ck_assert_int_eq(bench_firing(&bench), 1);
    bench_close(&bench);
}
END_TEST

START_TEST(jumps_of_the_wall_clock_do_not_matter)
{
    bench_open(&bench);
    struct watched_host *host = bench_host(&bench, "web-1", 10000);
    bench_live(&bench, "web-1", 10000, 30000);
    bench.now.wall += 3600000;
    watch_tick(&bench.watch, bench.now);
    bench_silence(&bench, 8000);
    ck_assert_int_eq(host->state, HOST_UP);
    bench.now.wall -= 7200000;
    bench_live(&bench, "web-1", 10000, 60000);
    ck_assert_int_eq(host->state, HOST_UP);
    ck_assert_uint_eq(bench.queued.len, 0);
    bench_silence(&bench, 36000);
    ck_assert_int_eq(host->state, HOST_DOWN);
    bench_close(&bench);
}
END_TEST

START_TEST(a_stopped_server_does_not_blame_its_hosts)
{
    bench_open(&bench);
    bench_host(&bench, "web-1", 10000);
    bench_live(&bench, "web-1", 10000, 30000);
    bench_pass(&bench, 600000); /* SIGSTOP, a suspended machine */
    watch_tick(&bench.watch, bench.now);
    bench_silence(&bench, 30000);
    ck_assert_uint_eq(bench.queued.len, 0);
    bench_silence(&bench, 20000);
    ck_assert_uint_eq(bench.queued.len, 1);
    bench_close(&bench);
}
END_TEST

START_TEST(the_interval_is_learned_when_nobody_tells)
{
    bench_open(&bench);
    struct watched_host *host = bench_host(&bench, "web-1", 0);
    bench_report(&bench, "web-1");
    bench_silence(&bench, 100000);
    ck_assert_int_eq(host->state, HOST_UP); /* 60 s until it is known */
    bench_report(&bench, "web-1");
    bench_live(&bench, "web-1", 2000, 20000);
    struct alert_host_status status;
    ck_assert(watch_status(&bench.watch, host->host.id, &status));
    ck_assert_int_eq(status.interval_ms, 2000);
    bench_silence(&bench, 9000);
    ck_assert_int_eq(host->state, HOST_DOWN);
    bench_close(&bench);
}
END_TEST

static void set_down_rule(bool enabled)
{
    struct rule rule;
    ck_assert_int_eq(rules_find(bench.db, ORG_FIRST, ALERT_RULE_HOST_DOWN, &rule), 0);
    rule.enabled = enabled;
    ck_assert_int_eq(rules_update(bench.db, &rule, 1), 0);
    ck_assert_int_eq(watch_reload_rules(&bench.watch, ORG_FIRST, bench.now), 0);
}

START_TEST(the_rule_can_be_switched_off_and_on)
{
    bench_open(&bench);
    struct watched_host *host = bench_host(&bench, "web-1", 10000);
    bench_live(&bench, "web-1", 10000, 30000);
    set_down_rule(false);
    bench_silence(&bench, 60000);
    ck_assert_int_eq(host->state, HOST_DOWN);
    ck_assert_uint_eq(bench.queued.len, 0);
    ck_assert_int_eq(count_outages(), 0);
    set_down_rule(true);
    bench_silence(&bench, 2000);
    ck_assert_uint_eq(bench.queued.len, 1);
    set_down_rule(false);
    ck_assert_uint_eq(bench.queued.len, 2);
    ck_assert_str_eq(bench_last(&bench)->detail, "rule switched off");
    ck_assert_int_eq(count_outages(), 1);
    bench_report(&bench, "web-1");
    ck_assert_int_eq(host->state, HOST_UP);
    ck_assert_int_eq(state_test_count(bench.db, "SELECT count(*) FROM outages"
                                                " WHERE ended_ms IS NULL"),
                     0);
    bench_close(&bench);
}
END_TEST

START_TEST(a_host_may_have_a_limit_of_its_own)
{
    bench_open(&bench);
    struct watched_host *host = bench_host(&bench, "laptop", 10000);
    struct rule rule;
    ck_assert_int_eq(rules_find(bench.db, ORG_FIRST, ALERT_RULE_HOST_DOWN, &rule), 0);
    struct rule_override override = {
        .rule_id = rule.id, .host_id = host->host.id, .has_for = true, .for_ms = 600000};
    ck_assert_int_eq(rules_set_override(bench.db, ORG_FIRST, &override, 1), 0);
    ck_assert_int_eq(watch_reload_host(&bench.watch, ORG_FIRST, host->host.id, bench.now), 0);
    bench_live(&bench, "laptop", 10000, 30000);
    bench_silence(&bench, 599000);
    ck_assert_int_eq(host->state, HOST_LATE);
    bench_silence(&bench, 2000);
    ck_assert_int_eq(host->state, HOST_DOWN);
    bench_close(&bench);
}
END_TEST

START_TEST(deleting_a_host_that_is_down)
{
    bench_open(&bench);
    struct watched_host *host = bench_host(&bench, "web-1", 10000);
    bench_live(&bench, "web-1", 10000, 30000);
    bench_silence(&bench, 60000);
    int64_t id = host->host.id;
    ck_assert_int_eq(hosts_delete(bench.db, ORG_FIRST, id, bench.now.wall), 0);
    /* Not told yet: nothing may come back to life. */
    bench_silence(&bench, 5000);
    ck_assert_int_eq(watch_reload_host(&bench.watch, ORG_FIRST, id, bench.now), 0);
    ck_assert_ptr_null(watch_find(&bench.watch, ORG_FIRST, id));
    struct alert_host_status status;
    ck_assert(!watch_status(&bench.watch, id, &status));
    ck_assert_int_eq(state_test_count(bench.db, "SELECT count(*) FROM alerts"), 0);
    struct outage outage = {.org = ORG_FIRST, .id = bench.outages.items[0].id};
    ck_assert_int_eq(outages_clear(bench.db, "ann", bench.now.wall, &outage), 0);
    bench_close(&bench);
}
END_TEST

START_TEST(a_host_deleted_unnoticed_gets_no_rows)
{
    bench_open(&bench);
    struct watched_host *host = bench_host(&bench, "web-1", 10000);
    bench_set(&bench, "web-1", VITAL_SSH_FAILED, "", 20);
    ck_assert_int_eq(hosts_delete(bench.db, ORG_FIRST, host->host.id, bench.now.wall), 0);
    bench.measured_at = bench.now.wall;
    absence_end(&bench.watch, host, bench.now.wall, bench.now);
    judge_samples(&bench.watch, host, "web-1", bench.now.wall, bench.now);
    bench_silence(&bench, 60000);
    ck_assert_uint_eq(bench.queued.len, 0);
    ck_assert_int_eq(state_test_count(bench.db, "SELECT count(*) FROM alerts"), 0);
    ck_assert_int_eq(count_outages(), 0);
    ck_assert_uint_eq(watch_stats(&bench.watch).unsaved, 0);
    bench_close(&bench);
}
END_TEST

START_TEST(writes_last_seen_now_and_then)
{
    bench_open(&bench);
    struct watched_host *watched = bench_host(&bench, "web-1", 10000);
    bench_live(&bench, "web-1", 10000, 10000);
    bench_silence(&bench, 1000);
    struct host host;
    ck_assert_int_eq(hosts_find(bench.db, ORG_FIRST, watched->host.id, &host), 0);
    ck_assert_int_eq(host.last_seen_ms, watched->host.last_seen_ms);
    ck_assert_int_eq(host.first_seen_ms, host.last_seen_ms);
    bench_live(&bench, "web-1", 10000, 20000);
    ck_assert_int_eq(hosts_find(bench.db, ORG_FIRST, watched->host.id, &host), 0);
    ck_assert_int_lt(host.last_seen_ms, watched->host.last_seen_ms);
    absence_write_seen(&bench.watch, true);
    ck_assert_int_eq(hosts_find(bench.db, ORG_FIRST, watched->host.id, &host), 0);
    ck_assert_int_eq(host.last_seen_ms, watched->host.last_seen_ms);
    bench_close(&bench);
}
END_TEST

UNIT_MAIN("absence", seven_minutes_for_a_two_minute_host,
          one_outage_per_silence_until_a_person_clears_it, a_host_that_never_reported_waits,
          a_restart_declares_nobody_down, an_outage_goes_on_across_restarts,
          other_alerts_rest_while_the_host_is_down, jumps_of_the_wall_clock_do_not_matter,
          a_stopped_server_does_not_blame_its_hosts, the_interval_is_learned_when_nobody_tells,
          the_rule_can_be_switched_off_and_on, a_host_may_have_a_limit_of_its_own,
          deleting_a_host_that_is_down, a_host_deleted_unnoticed_gets_no_rows,
          writes_last_seen_now_and_then)
