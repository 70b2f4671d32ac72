/* SPDX-License-Identifier: MIT */
/*
 * watch_test - restarts, a database that refuses, and random days against the invariants.
 */
#include "alert/alert_test.h"

static struct bench bench;

START_TEST(a_restart_neither_loses_nor_repeats)
{
    bench_open(&bench);
    bench_host(&bench, "web-1", 10000);
    bench_set(&bench, "web-1", VITAL_SSH_FAILED, "", 20);
    bench_set(&bench, "web-1", VITAL_DISK, "/home", 95);
    bench_live(&bench, "web-1", 10000, 100000);
    ck_assert_uint_eq(bench.queued.len, 2);
    for (int i = 0; i < 3; i++) {
        bench_restart(&bench, 3000);
        ck_assert_uint_eq(bench_find(&bench, "web-1")->open[SEVERITY_WARNING], 2);
        bench_live(&bench, "web-1", 10000, 100000);
    }
    ck_assert_uint_eq(bench.queued.len, 2);
    bench_set(&bench, "web-1", VITAL_SSH_FAILED, "", 0);
    bench_set(&bench, "web-1", VITAL_DISK, "/home", 10);
    bench_restart(&bench, 3000);
    bench_report(&bench, "web-1");
    ck_assert_uint_eq(bench.queued.len, 4);
    ck_assert_int_eq(bench_firing(&bench), 0);
    ck_assert_uint_eq(bench_find(&bench, "web-1")->open[SEVERITY_WARNING], 0);
    bench_close(&bench);
}
END_TEST

START_TEST(for_goes_on_counting_across_a_restart)
{
    bench_open(&bench);
    bench_host(&bench, "web-1", 10000);
    bench_live(&bench, "web-1", 10000, 20000);
    bench_set(&bench, "web-1", VITAL_CPU, "", 95);
    bench.history_from = bench.now.wall + 10000;
    bench_live(&bench, "web-1", 10000, 40000); /* pending for 30 s */
    bench_restart(&bench, 1000);
    bench_pass(&bench, 9003); /* jitter */
    bench_report(&bench, "web-1");
    ck_assert_uint_eq(bench.queued.len, 0);
    bench_live(&bench, "web-1", 10000, 20000);
    ck_assert_uint_eq(bench.queued.len, 1);
    ck_assert_int_eq(bench_last(&bench)->alert.since_ms, bench.history_from + 3);

    /* What has lasted long enough while we were away fires with the first report. */
    bench_set(&bench, "web-1", VITAL_DISK, "/", 99);
    bench_restart(&bench, 1000);
    bench_pass(&bench, 60000);
    bench_report(&bench, "web-1");
    ck_assert_uint_eq(bench.queued.len, 2);
    ck_assert_str_eq(bench_last(&bench)->alert.rule_key, "disk");
    bench_close(&bench);
}
END_TEST

START_TEST(what_was_refused_comes_later_in_order)
{
    bench_open(&bench);
    bench_host(&bench, "web-1", 10000);
    bench.queue_error = -ENOSPC;
    bench_set(&bench, "web-1", VITAL_SSH_FAILED, "", 20);
    bench_report(&bench, "web-1");
    ck_assert_int_eq(bench_firing(&bench), 0);
    ck_assert_uint_eq(watch_stats(&bench.watch).unsaved, 1);
    ck_assert_uint_eq(bench.changed.len, 0);

    /* It ends and begins again before the database is back. */
    bench_set(&bench, "web-1", VITAL_SSH_FAILED, "", 0);
    bench_live(&bench, "web-1", 10000, 10000);
    bench_set(&bench, "web-1", VITAL_SSH_FAILED, "", 30);
    bench_live(&bench, "web-1", 10000, 60000);
    ck_assert_uint_eq(watch_stats(&bench.watch).unsaved, 3);
    unsigned refusals = bench.refusals;
    ck_assert_uint_gt(refusals, 2);
    ck_assert_uint_lt(refusals, 20); /* backs off */

    bench.queue_error = 0;
    bench_silence(&bench, 31000);
    ck_assert_uint_eq(watch_stats(&bench.watch).unsaved, 0);
    ck_assert_uint_eq(bench.queued.len, 3);
    ck_assert_int_eq(bench.queued.items[0].transition, TRANSITION_FIRED);
    ck_assert_int_eq(bench.queued.items[1].transition, TRANSITION_RESOLVED);
    ck_assert_int_eq(bench.queued.items[1].alert.id, bench.queued.items[0].alert.id);
    ck_assert_int_eq(bench.queued.items[2].transition, TRANSITION_FIRED);
    ck_assert_int_ne(bench.queued.items[2].alert.id, bench.queued.items[0].alert.id);
    ck_assert_int_eq(bench_firing(&bench), 1);
    ck_assert_uint_gt(watch_stats(&bench.watch).retries, 2);
    bench_close(&bench);
}
END_TEST

static void run_sql(const char *sql)
{
    ck_assert_int_eq(db_run(bench.db, sql, DB_NO_ARGS, NULL, NULL), 0);
}

START_TEST(a_database_that_fails_is_asked_again)
{
    bench_open(&bench);
    bench_host(&bench, "web-1", 10000);
    bench_host(&bench, "web-2", 10000);
    run_sql("CREATE TRIGGER full BEFORE INSERT ON alert_events"
            " BEGIN SELECT RAISE(ABORT, 'disk full'); END");
    bench_set(&bench, "web-1", VITAL_SSH_FAILED, "", 20);
    bench_set(&bench, "web-2", VITAL_SSH_FAILED, "", 20);
    bench_report(&bench, "web-1");
    bench_report(&bench, "web-2");
    bench_silence(&bench, 10000);
    ck_assert_uint_eq(watch_stats(&bench.watch).unsaved, 2);
    ck_assert_int_eq(bench_firing(&bench), 0);
    ck_assert_uint_eq(bench.queued.len, 0);
    run_sql("DROP TRIGGER full");
    bench_silence(&bench, 15000);
    ck_assert_int_eq(bench_firing(&bench), 2);
    ck_assert_uint_eq(bench.queued.len, 2);
    ck_assert_uint_eq(bench_find(&bench, "web-2")->open[SEVERITY_WARNING], 1);
    bench_close(&bench);
}
END_TEST

START_TEST(a_full_journal_stops_the_judging)
{
    bench_open(&bench);
    struct watched_host *host = bench_host(&bench, "web-1", 10000);
    bench.queue_error = -EIO;
    for (int i = 0; !journal_is_full(&bench.watch.journal); i++) {
        bench_set(&bench, "web-1", VITAL_SSH_FAILED, "", i % 2 == 0 ? 20 : 0);
        bench_pass(&bench, 10000);
        bench_report_at(&bench, "web-1", bench.now.wall);
    }
    ck_assert_uint_eq(host->unsaved, WATCH_CHANGES_MAX);
    bench_set(&bench, "web-1", VITAL_SSH_FAILED, "", 20);
    bench_pass(&bench, 10000);
    bench_report_at(&bench, "web-1", bench.now.wall);
    bench_silence(&bench, 60000);
    ck_assert_uint_eq(host->unsaved, WATCH_CHANGES_MAX);
    ck_assert_uint_gt(watch_stats(&bench.watch).refused, 0);

    bench.queue_error = 0;
    bench_live(&bench, "web-1", 10000, 40000);
    ck_assert_uint_eq(host->unsaved, 0);
    /* Those kept, the silence meanwhile, and what is true now. */
    ck_assert_uint_eq(bench_count(&bench, TRANSITION_FIRED), WATCH_CHANGES_MAX / 2 + 2);
    bench_close(&bench);
}
END_TEST

START_TEST(one_host_that_is_refused_does_not_hold_up_others)
{
    bench_open(&bench);
    struct watched_host *bad = bench_host(&bench, "bad", 10000);
    bench_host(&bench, "good", 10000);
    bench.queue_error = -EINVAL;
    bench.queue_error_host = bad->host.id;
    bench_set(&bench, "bad", VITAL_SSH_FAILED, "", 20);
    bench_set(&bench, "good", VITAL_SSH_FAILED, "", 20);
    bench_report(&bench, "bad");
    bench_report(&bench, "good");
    ck_assert_uint_eq(bench.queued.len, 1);
    ck_assert_str_eq(bench_last(&bench)->alert.host_name, "good");
    bench_close(&bench);
}
END_TEST

START_TEST(an_outage_survives_a_database_that_refuses)
{
    bench_open(&bench);
    bench_host(&bench, "web-1", 10000);
    bench_live(&bench, "web-1", 10000, 30000);
    bench.queue_error = -EIO;
    bench_silence(&bench, 60000);
    bench_live(&bench, "web-1", 10000, 20000);
    bench_silence(&bench, 60000);
    ck_assert_int_eq(state_test_count(bench.db, "SELECT count(*) FROM outages"), 0);
    bench.queue_error = 0;
    bench_silence(&bench, 31000);
    ck_assert_int_eq(state_test_count(bench.db, "SELECT count(*) FROM outages"), 2);
    ck_assert_int_eq(state_test_count(bench.db, "SELECT count(*) FROM outages"
                                                " WHERE ended_ms IS NULL"),
                     1);
    ck_assert_int_eq(bench_count(&bench, TRANSITION_FIRED), 2);
    ck_assert_int_eq(bench_count(&bench, TRANSITION_RESOLVED), 1);
    bench_close(&bench);
}
END_TEST

START_TEST(deleting_a_host_lets_its_unsaved_go)
{
    bench_open(&bench);
    struct watched_host *host = bench_host(&bench, "web-1", 10000);
    bench_host(&bench, "web-2", 10000);
    bench.queue_error = -EIO;
    bench_set(&bench, "web-1", VITAL_SSH_FAILED, "", 20);
    bench_set(&bench, "web-2", VITAL_SSH_FAILED, "", 20);
    bench_report(&bench, "web-2");
    bench_report(&bench, "web-1");
    int64_t id = host->host.id;
    ck_assert_int_eq(hosts_delete(bench.db, ORG_FIRST, id, bench.now.wall), 0);
    ck_assert_int_eq(watch_reload_host(&bench.watch, ORG_FIRST, id, bench.now), 0);
    ck_assert_uint_eq(watch_stats(&bench.watch).unsaved, 1);
    bench.queue_error = 0;
    bench_report(&bench, "web-2"); /* more changes find their place behind */
    journal_flush(&bench.watch);
    ck_assert_uint_eq(bench.queued.len, 1);
    ck_assert_str_eq(bench_last(&bench)->alert.host_name, "web-2");
    bench_close(&bench);
}
END_TEST

START_TEST(a_new_organisation_gets_its_rules)
{
    bench_open(&bench);
    ck_assert_int_eq(db_run(bench.db,
                            "INSERT INTO orgs (id, name, created_ms) VALUES (9, 'n', 1)",
                            DB_NO_ARGS, NULL, NULL),
                     0);
    struct host host = state_test_host(bench.db, 9, "web-1");
    ck_assert_int_eq(watch_reload_host(&bench.watch, 9, host.id, bench.now), 0);
    ck_assert_ptr_nonnull(watch_find(&bench.watch, 9, host.id));
    ck_assert_ptr_null(watch_find(&bench.watch, ORG_FIRST, host.id));
    ck_assert_int_eq(state_test_count(bench.db, "SELECT count(*) FROM rules WHERE org_id = 9"),
                     6);
    bench_close(&bench);
}
END_TEST

/* What must hold whatever happens: see the head of watch.h. */
static void check_invariants(void)
{
    ck_assert_int_eq(
        state_test_count(bench.db, "SELECT count(*) FROM (SELECT 1 FROM alerts"
                                   " WHERE state <> 'resolved'"
                                   " GROUP BY rule_id, host_id, labels HAVING count(*) > 1)"),
        0);
    /* Per alert: one fired, at most one resolved, and one message for each event. */
    ck_assert_int_eq(state_test_count(bench.db,
                                      "SELECT count(*) FROM (SELECT 1 FROM alert_events"
                                      " GROUP BY alert_id, transition HAVING count(*) > 1)"),
                     0);
    ck_assert_int_eq(state_test_count(bench.db, "SELECT count(*) FROM alert_events"
                                                " WHERE transition = 'fired'"),
                     state_test_count(bench.db, "SELECT count(*) FROM alerts"));
    ck_assert_int_eq(state_test_count(bench.db, "SELECT count(*) FROM alert_events"
                                                " WHERE transition = 'resolved'"),
                     state_test_count(bench.db, "SELECT count(*) FROM alerts"
                                                " WHERE state = 'resolved'"));
    ck_assert_int_eq(state_test_count(bench.db, "SELECT count(*) FROM alert_events"),
                     (int64_t)bench.queued.len);
    ck_assert_int_eq(state_test_count(bench.db, "SELECT count(*) FROM (SELECT 1 FROM outages"
                                                " WHERE ended_ms IS NULL"
                                                " GROUP BY host_id HAVING count(*) > 1)"),
                     0);
}

static void check_published(const char *name)
{
    struct watched_host *host = bench_find(&bench, name);
    unsigned open = 0;
    for (int severity = 0; severity < SEVERITY_COUNT; severity++)
        open += host->open[severity];
    struct alert_filter filter = {.open_only = true, .host_id = host->host.id};
    struct alert_list list = {0};
    ck_assert_int_eq(alerts_list(bench.db, ORG_FIRST, &filter, &list), 0);
    ck_assert_uint_eq(list.len, open);
    alert_list_deinit(&list);
}

static unsigned next_random(unsigned *seed, unsigned below)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % below;
}

static void live_randomly(unsigned *seed)
{
    static const char *const names[] = {"a", "b"};
    static const char *const metrics[] = {VITAL_CPU, VITAL_DISK, VITAL_SSH_FAILED};
    static const double values[] = {0, 77, 99, 5};
    const char *name = names[next_random(seed, 2)];
    switch (next_random(seed, 9)) {
    case 0:
    case 1:
    case 2: bench_live(&bench, name, 10000, 20000); break;
    case 3:
    case 4:
        bench_set(&bench, name, metrics[next_random(seed, 3)], "x",
                  values[next_random(seed, 4)]);
        break;
    case 5: bench_unset(&bench, name, metrics[next_random(seed, 3)]); break;
    case 6: bench_silence(&bench, 1000 * next_random(seed, 120)); break;
    case 7: bench.queue_error = next_random(seed, 3) == 0 ? -ENOSPC : 0; break;
    case 8:
        if (next_random(seed, 3) == 0)
            bench_restart(&bench, 1000 * next_random(seed, 100));
        else
            bench_report_at(&bench, name, bench.now.wall - 1000 * next_random(seed, 9000));
        break;
    }
}

START_TEST(random_days_keep_the_invariants)
{
    unsigned seed = 4711u + 97u * (unsigned)_i;
    bench_open(&bench);
    bench_host(&bench, "a", 10000);
    bench_host(&bench, "b", 0);
    for (int i = 0; i < 250; i++) {
        live_randomly(&seed);
        check_invariants();
    }
    bench.queue_error = 0;
    bench_silence(&bench, 31000);
    ck_assert_uint_eq(watch_stats(&bench.watch).unsaved, 0);
    check_invariants();
    check_published("a");
    check_published("b");
    ck_assert_uint_gt(bench.queued.len, 5); /* something happened */
    bench_close(&bench);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &a_restart_neither_loses_nor_repeats,
        &for_goes_on_counting_across_a_restart,
        &what_was_refused_comes_later_in_order,
        &a_database_that_fails_is_asked_again,
        &a_full_journal_stops_the_judging,
        &one_host_that_is_refused_does_not_hold_up_others,
        &an_outage_survives_a_database_that_refuses,
        &deleting_a_host_lets_its_unsaved_go,
        &a_new_organisation_gets_its_rules,
    };
    Suite *suite = suite_create("watch");
    TCase *tcase = tcase_create("watch");
    tcase_set_timeout(tcase, 60);
    for (size_t i = 0; i < ARRAY_LEN(tests); i++)
        tcase_add_test(tcase, *tests[i]);
    tcase_add_loop_test(tcase, random_days_keep_the_invariants, 0, 12);
    suite_add_tcase(suite, tcase);
    return unit_run_suite(suite);
}
