/* SPDX-License-Identifier: MIT */
#include "state/rules.h"

#include <errno.h>
#include <math.h>

#include "state/state_test.h"

START_TEST(seeds_what_is_missing_and_changes_nothing)
{
    struct db *db = state_test_open();
    ck_assert_int_eq(rules_seed(db, ORG_FIRST, 1000), 0);
    struct rule cpu, service, down;
    ck_assert_int_eq(rules_find(db, ORG_FIRST, "cpu", &cpu), 0);
    ck_assert_int_eq(cpu.comparison, RULE_ABOVE);
    ck_assert_double_eq(cpu.limit, 80);
    ck_assert_double_eq(cpu.clear, 75);
    ck_assert_int_eq(cpu.for_ms, 60000);
    ck_assert(cpu.enabled);
    ck_assert_int_eq(rules_find(db, ORG_FIRST, "service", &service), 0);
    ck_assert_int_eq(service.comparison, RULE_BELOW);
    ck_assert_int_eq(service.severity, SEVERITY_CRITICAL);
    ck_assert_int_eq(rules_find(db, ORG_FIRST, ALERT_RULE_HOST_DOWN, &down), 0);
    ck_assert_str_eq(down.expr, "");

    cpu.limit = 95;
    cpu.clear = 90;
    cpu.enabled = false;
    ck_assert_int_eq(rules_update(db, &cpu, 2000), 0);
    ck_assert_int_eq(rules_seed(db, ORG_FIRST, 3000), 0);
    ck_assert_int_eq(rules_find(db, ORG_FIRST, "cpu", &cpu), 0);
    ck_assert_double_eq(cpu.limit, 95);
    ck_assert(!cpu.enabled);
    ck_assert_int_eq(cpu.updated_ms, 2000);

    struct rule_list rules = {0};
    ck_assert_int_eq(rules_list(db, ORG_FIRST, &rules), 0);
    ck_assert_uint_eq(rules.len, 6);
    ck_assert_int_eq(rules_list(db, STATE_TEST_OTHER_ORG, &rules), 0);
    ck_assert_uint_eq(rules.len, 6);
    for (size_t i = 0; i < rules.len; i++)
        ck_assert(rule_limits_are_valid(rules.items[i].comparison, rules.items[i].limit,
                                        rules.items[i].clear));
    rule_list_deinit(&rules);
    ck_assert_int_eq(rules_seed(db, 77, 1), -ENOENT);

    ck_assert_int_eq(db_begin(db), 0);
    ck_assert_int_eq(rules_seed(db, STATE_TEST_OTHER_ORG, 1), 0);
    db_abandon(db);
    ck_assert_int_eq(state_test_count(db, "SELECT count(*) FROM rules"), 6);
    state_test_close(db);
}
END_TEST

START_TEST(refuses_numbers_that_make_no_rule)
{
    struct db *db = state_test_open();
    ck_assert_int_eq(rules_seed(db, ORG_FIRST, 1000), 0);
    struct rule rule;
    ck_assert_int_eq(rules_find(db, ORG_FIRST, "cpu", &rule), 0);
    struct rule bad = rule;
    bad.clear = 99;
    ck_assert_int_eq(rules_update(db, &bad, 1), -EINVAL);
    bad = rule;
    bad.limit = (double)NAN;
    ck_assert_int_eq(rules_update(db, &bad, 1), -EINVAL);
    bad = rule;
    bad.for_ms = -1;
    ck_assert_int_eq(rules_update(db, &bad, 1), -EINVAL);
    bad = rule;
    bad.org = STATE_TEST_OTHER_ORG;
    ck_assert_int_eq(rules_update(db, &bad, 1), -ENOENT);

    struct rule_override override = {
        .rule_id = rule.id, .host_id = 1, .has_limit = true, .limit = (double)INFINITY};
    ck_assert_int_eq(rules_set_override(db, ORG_FIRST, &override, 1), -EINVAL);
    override = (struct rule_override){
        .rule_id = rule.id, .host_id = 1, .has_for = true, .for_ms = RULE_FOR_MAX_MS + 1};
    ck_assert_int_eq(rules_set_override(db, ORG_FIRST, &override, 1), -EINVAL);
    ck_assert_int_eq(rules_find(db, ORG_FIRST, "nothing", &rule), -ENOENT);
    state_test_close(db);
}
END_TEST

START_TEST(an_override_counts_for_its_host_only)
{
    struct db *db = state_test_open();
    ck_assert_int_eq(rules_seed(db, ORG_FIRST, 1000), 0);
    struct host web = state_test_host(db, ORG_FIRST, "web-1");
    struct host mail = state_test_host(db, ORG_FIRST, "mail");
    struct rule rule;
    ck_assert_int_eq(rules_find(db, ORG_FIRST, "cpu", &rule), 0);

    struct rule_override override = {
        .rule_id = rule.id, .host_id = web.id, .has_limit = true, .limit = 95};
    ck_assert_int_eq(rules_set_override(db, ORG_FIRST, &override, 2000), 0);
    struct threshold threshold;
    ck_assert_int_eq(rules_find_threshold(db, ORG_FIRST, web.id, "cpu", &threshold), 0);
    ck_assert(threshold.is_override);
    ck_assert_double_eq(threshold.rule.limit, 95);
    ck_assert_double_eq(threshold.rule.clear, 90);
    ck_assert_int_eq(threshold.rule.for_ms, 60000);
    ck_assert_int_eq(rules_find_threshold(db, ORG_FIRST, mail.id, "cpu", &threshold), 0);
    ck_assert(!threshold.is_override);
    ck_assert_double_eq(threshold.rule.limit, 80);

    /* Set again replaces; null in every part, or delete, is the default again. */
    override = (struct rule_override){
        .rule_id = rule.id, .host_id = web.id, .has_enabled = true, .enabled = false};
    ck_assert_int_eq(rules_set_override(db, ORG_FIRST, &override, 3000), 0);
    struct threshold_list list = {0};
    ck_assert_int_eq(rules_list_thresholds(db, ORG_FIRST, web.id, &list), 0);
    ck_assert_uint_eq(list.len, 6);
    ck_assert_str_eq(list.items[0].rule.key, "cpu");
    ck_assert(!list.items[0].rule.enabled);
    ck_assert_double_eq(list.items[0].rule.limit, 80);
    ck_assert(!list.items[1].is_override);
    threshold_list_deinit(&list);
    override.has_enabled = false;
    ck_assert_int_eq(rules_set_override(db, ORG_FIRST, &override, 3000), 0);
    ck_assert_int_eq(rules_delete_override(db, ORG_FIRST, rule.id, web.id), 0);
    ck_assert_int_eq(state_test_count(db, "SELECT count(*) FROM rule_overrides"), 0);
    state_test_close(db);
}
END_TEST

START_TEST(an_override_needs_rule_and_host_of_the_organisation)
{
    struct db *db = state_test_open();
    ck_assert_int_eq(rules_seed(db, ORG_FIRST, 1000), 0);
    struct host theirs = state_test_host(db, STATE_TEST_OTHER_ORG, "web-1");
    struct host ours = state_test_host(db, ORG_FIRST, "web-1");
    struct rule rule;
    ck_assert_int_eq(rules_find(db, ORG_FIRST, "cpu", &rule), 0);
    struct rule_override override = {
        .rule_id = rule.id, .host_id = theirs.id, .has_limit = true, .limit = 1};
    ck_assert_int_eq(rules_set_override(db, ORG_FIRST, &override, 1), -ENOENT);
    ck_assert_int_eq(rules_set_override(db, STATE_TEST_OTHER_ORG, &override, 1), -ENOENT);
    override.host_id = ours.id;
    ck_assert_int_eq(rules_set_override(db, STATE_TEST_OTHER_ORG, &override, 1), -ENOENT);
    ck_assert_int_eq(rules_set_override(db, ORG_FIRST, &override, 1), 0);

    /* It goes with its host. */
    ck_assert_int_eq(hosts_delete(db, ORG_FIRST, ours.id, 1), 0);
    ck_assert_int_eq(state_test_count(db, "SELECT count(*) FROM rule_overrides"), 0);
    state_test_close(db);
}
END_TEST

UNIT_MAIN("rules", seeds_what_is_missing_and_changes_nothing, refuses_numbers_that_make_no_rule,
          an_override_counts_for_its_host_only,
          an_override_needs_rule_and_host_of_the_organisation)
