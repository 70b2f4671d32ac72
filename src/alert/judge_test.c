/* SPDX-License-Identifier: MIT */
#include "alert/alert_test.h"

static struct bench bench;

START_TEST(fires_once_and_resolves_once)
{
    bench_open(&bench);
    struct watched_host *host = bench_host(&bench, "web-1", 10000);
    bench_set(&bench, "web-1", VITAL_CPU, "", 95.4);
    bench_report(&bench, "web-1");
    msec_t since = bench.now.wall;
    bench_live(&bench, "web-1", 10000, 50000);
    ck_assert_uint_eq(bench.queued.len, 0);
    bench_live(&bench, "web-1", 10000, 10000);
    ck_assert_uint_eq(bench.queued.len, 1);
    const struct alert *alert = &bench_last(&bench)->alert;
    ck_assert_str_eq(alert->summary, "web-1: CPU is 95.4 %, over 80 %");
    ck_assert_str_eq(alert->rule_key, "cpu");
    ck_assert_str_eq(alert->labels, "{}");
    ck_assert_int_eq(alert->since_ms, since);
    ck_assert_int_eq(alert->fired_ms, bench.now.wall);
    ck_assert_double_eq(alert->value, 95.4);
    ck_assert_uint_eq(host->open[SEVERITY_WARNING], 1);

    /* Ten minutes at the limit are one alert; the swinging around it, too. */
    bench_live(&bench, "web-1", 10000, 600000);
    bench_set(&bench, "web-1", VITAL_CPU, "", 79);
    bench_live(&bench, "web-1", 10000, 60000);
    ck_assert_uint_eq(bench.queued.len, 1);
    bench_set(&bench, "web-1", VITAL_CPU, "", 30);
    bench_live(&bench, "web-1", 10000, 10000);
    ck_assert_uint_eq(bench.queued.len, 2);
    ck_assert_int_eq(bench_last(&bench)->transition, TRANSITION_RESOLVED);
    ck_assert_str_eq(bench_last(&bench)->alert.summary, "web-1: CPU is 95.4 %, over 80 %");
    ck_assert_int_eq(bench_last(&bench)->alert.state, ALERT_RESOLVED);
    ck_assert_uint_eq(bench.changed.len, 2);
    ck_assert_uint_eq(host->open[SEVERITY_WARNING], 0);
    ck_assert_uint_eq(host->conditions.len, 0);
    bench_close(&bench);
}
END_TEST

START_TEST(every_disk_is_a_condition_of_its_own)
{
    bench_open(&bench);
    bench_host(&bench, "web-1", 60000);
    bench_set(&bench, "web-1", VITAL_DISK, "/", 91);
    bench_set(&bench, "web-1", VITAL_DISK, "/home", 93.2);
    bench_set(&bench, "web-1", VITAL_DISK, "/srv", 90);
    bench_live(&bench, "web-1", 60000, 120000);
    ck_assert_int_eq(bench_firing(&bench), 2);
    bench_set(&bench, "web-1", VITAL_DISK, "/", 88);
    bench_live(&bench, "web-1", 60000, 60000);
    ck_assert_int_eq(bench_firing(&bench), 1);
    ck_assert_str_eq(bench_last(&bench)->alert.labels, "{\"mountpoint\":\"/\"}");
    bench_close(&bench);
}
END_TEST

START_TEST(a_service_says_its_state)
{
    bench_open(&bench);
    struct watched_host *host = bench_host(&bench, "web-1", 10000);
    ck_assert_int_eq(
        hosts_set_report(bench.db, ORG_FIRST, host->host.id,
                         "{\"services\":[{\"name\":\"nginx\",\"state\":\"failed\"}]}"),
        0);
    bench_set(&bench, "web-1", VITAL_SERVICE_UP, "nginx", 0);
    bench_live(&bench, "web-1", 10000, 20000);
    ck_assert_int_eq(bench_firing(&bench), 1);
    ck_assert_str_eq(bench_last(&bench)->alert.summary, "web-1: service nginx is failed");
    ck_assert_int_eq(bench_last(&bench)->alert.severity, SEVERITY_CRITICAL);
    bench_live(&bench, "web-1", 10000, 20000);
    ck_assert_uint_eq(bench.queued.len, 1);
    bench_set(&bench, "web-1", VITAL_SERVICE_UP, "nginx", 1);
    bench_live(&bench, "web-1", 10000, 10000);
    ck_assert_int_eq(bench_firing(&bench), 0);

    bench_set(&bench, "web-1", VITAL_SERVICE_UP, "cron", 0);
    bench_live(&bench, "web-1", 10000, 20000);
    ck_assert_str_eq(bench_last(&bench)->alert.summary, "web-1: service cron is not active");
    bench_close(&bench);
}
END_TEST

START_TEST(failed_logins_say_their_window)
{
    bench_open(&bench);
    struct watched_host *host = bench_host(&bench, "web-1", 10000);
    ck_assert_int_eq(hosts_set_report(bench.db, ORG_FIRST, host->host.id,
                                      "{\"ssh\":{\"window_s\":600,\"failed\":12}}"),
                     0);
    bench_set(&bench, "web-1", VITAL_SSH_FAILED, "", 12);
    bench_report(&bench, "web-1");
    ck_assert_str_eq(bench_last(&bench)->alert.summary,
                     "web-1: 12 failed SSH logins in 10 min, 5 or more is the limit");
    bench_set(&bench, "web-1", VITAL_SSH_FAILED, "", 4);
    bench_live(&bench, "web-1", 10000, 10000);
    ck_assert_int_eq(bench_last(&bench)->transition, TRANSITION_RESOLVED);

    ck_assert_int_eq(
        hosts_set_report(bench.db, ORG_FIRST, host->host.id, "{\"ssh\":[\"nonsense\""), 0);
    bench_set(&bench, "web-1", VITAL_SSH_FAILED, "", 5);
    bench_live(&bench, "web-1", 10000, 10000);
    ck_assert_str_eq(bench_last(&bench)->alert.summary,
                     "web-1: 5 failed SSH logins, 5 or more is the limit");
    bench_close(&bench);
}
END_TEST

START_TEST(what_is_removed_resolves_and_says_why)
{
    bench_open(&bench);
    bench_host(&bench, "web-1", 10000);
    bench_set(&bench, "web-1", VITAL_DISK, "/mnt", 99);
    bench_live(&bench, "web-1", 10000, 100000);
    ck_assert_int_eq(bench_firing(&bench), 1);
    bench_unset(&bench, "web-1", VITAL_DISK);
    bench_live(&bench, "web-1", 10000, MACHINE_GONE_AFTER_MS);
    ck_assert_int_eq(bench_firing(&bench), 1);
    bench_live(&bench, "web-1", 10000, 10000);
    ck_assert_int_eq(bench_firing(&bench), 0);
    ck_assert_str_eq(bench_last(&bench)->detail, "no longer reported");
    bench_close(&bench);
}
END_TEST

START_TEST(an_override_counts_on_the_next_sample)
{
    bench_open(&bench);
    struct watched_host *host = bench_host(&bench, "web-1", 10000);
    bench_host(&bench, "web-2", 10000);
    struct rule rule;
    ck_assert_int_eq(rules_find(bench.db, ORG_FIRST, "ssh", &rule), 0);
    struct rule_override override = {
        .rule_id = rule.id, .host_id = host->host.id, .has_limit = true, .limit = 50};
    ck_assert_int_eq(rules_set_override(bench.db, ORG_FIRST, &override, 1), 0);
    ck_assert_int_eq(watch_reload_host(&bench.watch, ORG_FIRST, host->host.id, bench.now), 0);
    bench_set(&bench, "web-1", VITAL_SSH_FAILED, "", 20);
    bench_set(&bench, "web-2", VITAL_SSH_FAILED, "", 20);
    bench_report(&bench, "web-1");
    bench_report(&bench, "web-2");
    ck_assert_uint_eq(bench.queued.len, 1);
    ck_assert_str_eq(bench_last(&bench)->alert.host_name, "web-2");

    override.limit = 20;
    ck_assert_int_eq(rules_set_override(bench.db, ORG_FIRST, &override, 2), 0);
    ck_assert_int_eq(watch_reload_host(&bench.watch, ORG_FIRST, host->host.id, bench.now), 0);
    bench_live(&bench, "web-1", 10000, 10000);
    ck_assert_uint_eq(bench.queued.len, 2);
    ck_assert_double_eq(bench_last(&bench)->alert.limit, 20);
    bench_close(&bench);
}
END_TEST

START_TEST(switching_a_rule_off_resolves_what_it_said)
{
    bench_open(&bench);
    bench_host(&bench, "web-1", 10000);
    bench_set(&bench, "web-1", VITAL_SSH_FAILED, "", 20);
    bench_report(&bench, "web-1");
    struct rule rule;
    ck_assert_int_eq(rules_find(bench.db, ORG_FIRST, "ssh", &rule), 0);
    rule.enabled = false;
    ck_assert_int_eq(rules_update(bench.db, &rule, 1), 0);
    ck_assert_int_eq(watch_reload_rules(&bench.watch, ORG_FIRST, bench.now), 0);
    ck_assert_int_eq(bench_firing(&bench), 0);
    ck_assert_str_eq(bench_last(&bench)->detail, "rule switched off");
    bench_live(&bench, "web-1", 10000, 60000);
    ck_assert_uint_eq(bench.queued.len, 2);

    rule.enabled = true;
    ck_assert_int_eq(rules_update(bench.db, &rule, 1), 0);
    ck_assert_int_eq(watch_reload_rules(&bench.watch, ORG_FIRST, bench.now), 0);
    bench_live(&bench, "web-1", 10000, 10000);
    ck_assert_int_eq(bench_firing(&bench), 1);
    bench_close(&bench);
}
END_TEST

START_TEST(a_failed_evaluation_changes_nothing)
{
    bench_open(&bench);
    bench_host(&bench, "web-1", 10000);
    bench_set(&bench, "web-1", VITAL_SSH_FAILED, "", 20);
    bench_report(&bench, "web-1");
    bench.measure_error = -EIO;
    bench_live(&bench, "web-1", 10000, 600000);
    ck_assert_uint_eq(bench.queued.len, 1);
    struct alert_engine_stats stats = watch_stats(&bench.watch);
    ck_assert_uint_eq(stats.errors, 1 + 59 * 5); /* after a failure all are measured */
    ck_assert_uint_eq(stats.evaluations, 61 * 5);
    ck_assert_uint_eq(stats.transitions, 1);
    bench_close(&bench);
}
END_TEST

START_TEST(late_history_does_not_change_the_present)
{
    bench_open(&bench);
    bench_host(&bench, "web-1", 10000);
    bench_set(&bench, "web-1", VITAL_SSH_FAILED, "", 20);
    bench_report(&bench, "web-1");
    bench_set(&bench, "web-1", VITAL_SSH_FAILED, "", 0);
    bench_report_at(&bench, "web-1", bench.now.wall - 3600000);
    bench_report_at(&bench, "web-1", bench.now.wall - 3590000);
    ck_assert_int_eq(bench_firing(&bench), 1);
    /* The third in a row is no history any more: the host's clock was set back. */
    bench_report_at(&bench, "web-1", bench.now.wall - 3580000);
    ck_assert_int_eq(bench_firing(&bench), 0);
    bench_close(&bench);
}
END_TEST

START_TEST(a_clock_far_off_neither_blinds_nor_fires)
{
    bench_open(&bench);
    bench_host(&bench, "web-1", 10000);
    bench_set(&bench, "web-1", VITAL_CPU, "", 99);
    /* Ten years ahead, then right: the first right sample counts. */
    mspan_t ahead = 3650 * MSEC_DAY;
    bench_report_at(&bench, "web-1", bench.now.wall + ahead);
    ck_assert_uint_eq(bench.queued.len, 0);
    bench_pass(&bench, 10000);
    bench_report(&bench, "web-1");
    bench_live(&bench, "web-1", 10000, 50000);
    ck_assert_uint_eq(bench.queued.len, 0);
    bench_live(&bench, "web-1", 10000, 10000);
    ck_assert_uint_eq(bench.queued.len, 1);
    ck_assert_int_le(bench_last(&bench)->alert.since_ms, bench.now.wall);
    bench_close(&bench);
}
END_TEST

START_TEST(a_host_cannot_fill_the_memory)
{
    bench_open(&bench);
    struct watched_host *host = bench_host(&bench, "web-1", 10000);
    char mount[32];
    for (int i = 0; i < WATCH_CONDITIONS_MAX + 40; i++) {
        snprintf(mount, sizeof(mount), "/mnt/%d", i);
        bench_set(&bench, "web-1", VITAL_DISK, mount, 99);
    }
    bench_report(&bench, "web-1");
    ck_assert_uint_eq(host->conditions.len, WATCH_CONDITIONS_MAX);
    ck_assert_uint_eq(watch_stats(&bench.watch).refused, 40);
    bench_close(&bench);
}
END_TEST

/* Of six rules one is about a silence and one about a metric that glances do not know. */
START_TEST(what_cannot_be_true_is_not_measured)
{
    bench_open(&bench);
    struct watched_host *host = bench_host(&bench, "web-1", 10000);
    bench_set(&bench, "web-1", VITAL_CPU, "", 50);
    bench_set(&bench, "web-1", VITAL_DISK, "/", 10);
    bench_set(&bench, "web-1", VITAL_DISK, "/home", 20);
    bench_report(&bench, "web-1");
    ck_assert_uint_eq(bench.n_measured, 1);
    ck_assert_uint_eq(watch_stats(&bench.watch).evaluations, 5);

    bench_set(&bench, "web-1", VITAL_DISK, "/home", 99);
    bench_live(&bench, "web-1", 10000, 10000);
    ck_assert_uint_eq(bench.n_measured, 3);
    ck_assert_uint_eq(host->conditions.len, 1);
    /* It is asked on while it has a condition, and no longer. */
    bench_set(&bench, "web-1", VITAL_DISK, "/home", 20);
    bench_live(&bench, "web-1", 10000, 10000);
    ck_assert_uint_eq(bench.n_measured, 5);
    ck_assert_uint_eq(host->conditions.len, 0);
    bench_live(&bench, "web-1", 10000, 10000);
    ck_assert_uint_eq(bench.n_measured, 6);
    bench_close(&bench);
}
END_TEST

START_TEST(a_glance_gathers_until_it_is_judged)
{
    bench_open(&bench);
    struct watched_host *host = bench_host(&bench, "web-1", 10000);
    bench_report(&bench, "web-1");
    unsigned before = bench.n_measured;
    glance_add(&host->glance, 1, 99);
    judge_samples(&bench.watch, host, "web-1", bench.now.wall - 20000, bench.now); /* history */
    ck_assert_uint_eq(bench.n_measured, before);
    ck_assert_uint_ne(host->glance.seen, 0);
    bench_live(&bench, "web-1", 10000, 10000);
    ck_assert_uint_eq(bench.n_measured, before + 2);
    ck_assert_uint_eq(host->glance.seen, 0);
    /* Samples that nobody looked at: everything is measured. */
    host->glance.is_blind = true;
    bench_live(&bench, "web-1", 10000, 10000);
    ck_assert_uint_eq(bench.n_measured, before + 7);
    bench_close(&bench);
}
END_TEST

UNIT_MAIN("judge", fires_once_and_resolves_once, every_disk_is_a_condition_of_its_own,
          a_service_says_its_state, failed_logins_say_their_window,
          what_is_removed_resolves_and_says_why, an_override_counts_on_the_next_sample,
          switching_a_rule_off_resolves_what_it_said, a_failed_evaluation_changes_nothing,
          late_history_does_not_change_the_present, a_clock_far_off_neither_blinds_nor_fires,
          a_host_cannot_fill_the_memory, what_cannot_be_true_is_not_measured,
          a_glance_gathers_until_it_is_judged)
