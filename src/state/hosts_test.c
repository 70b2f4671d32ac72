/* SPDX-License-Identifier: MIT */
#include "state/hosts.h"

#include <errno.h>

#include "state/state_test.h"

static int enrol(struct db *db, const char *name, const char *agent_id, struct host *out_host)
{
    struct host_enrolment enrolment = {.name = name,
                                       .agent_id = agent_id,
                                       .source = *agent_id != 0 ? "agent" : "remote_write"};
    return hosts_enrol(db, ORG_FIRST, &enrolment, 5000, out_host);
}

START_TEST(enrols_once_per_name_and_agent)
{
    struct db *db = state_test_open();
    struct host first, again, found;
    ck_assert_int_eq(enrol(db, "web-1", "a1", &first), 0);
    ck_assert_str_eq(first.name, "web-1");
    ck_assert_str_eq(first.source, "agent");
    ck_assert_int_eq(first.created_ms, 5000);
    ck_assert_int_eq(first.last_seen_ms, 0);

    ck_assert_int_eq(enrol(db, "web-1", "a1", &again), 0);
    ck_assert_int_eq(again.id, first.id);
    ck_assert_int_eq(enrol(db, "web-1", "a2", &again), -EEXIST);

    ck_assert_int_eq(hosts_find(db, ORG_FIRST, first.id, &found), 0);
    ck_assert_str_eq(found.agent_id, "a1");
    ck_assert_int_eq(hosts_find_by_name(db, ORG_FIRST, "web-1", &found), 0);
    ck_assert_int_eq(found.id, first.id);
    ck_assert_int_eq(hosts_find_by_name(db, ORG_FIRST, "web-2", &found), -ENOENT);
    state_test_close(db);
}
END_TEST

START_TEST(an_agent_takes_over_a_host_without_one)
{
    struct db *db = state_test_open();
    struct host host;
    ck_assert_int_eq(enrol(db, "web-1", "", &host), 0);
    ck_assert_str_eq(host.source, "remote_write");
    ck_assert_int_eq(enrol(db, "web-1", "a1", &host), 0);
    ck_assert_str_eq(host.source, "agent");

    /* Other data for the same name finds the host and changes nothing. */
    ck_assert_int_eq(enrol(db, "web-1", "", &host), 0);
    ck_assert_str_eq(host.agent_id, "a1");
    ck_assert_str_eq(host.source, "agent");
    state_test_close(db);
}
END_TEST

START_TEST(refuses_names_that_are_none)
{
    struct db *db = state_test_open();
    struct host host;
    char name[HOST_NAME_MAX_BYTES + 2];
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    ck_assert_int_eq(enrol(db, name, "a", &host), -EINVAL);
    name[sizeof(name) - 2] = '\0';
    ck_assert_int_eq(enrol(db, name, "a", &host), 0);
    ck_assert_str_eq(host.name, name);
    ck_assert_int_eq(enrol(db, "", "a", &host), -EINVAL);
    ck_assert_int_eq(enrol(db, "\xff\xfe", "a", &host), -EINVAL);
    ck_assert_int_eq(enrol(db, "x'; DROP TABLE hosts; --", "a", &host), 0);
    ck_assert_int_eq(state_test_count(db, "SELECT count(*) FROM hosts"), 2);

    struct host_enrolment enrolment = {.name = "n", .agent_id = "", .source = "agent"};
    ck_assert_int_eq(hosts_enrol(db, 77, &enrolment, 1, &host), -ENOENT);
    state_test_close(db);
}
END_TEST

START_TEST(organisations_do_not_see_each_other)
{
    struct db *db = state_test_open();
    struct host ours = state_test_host(db, ORG_FIRST, "web-1");
    struct host theirs = state_test_host(db, STATE_TEST_OTHER_ORG, "web-1");
    struct host host;
    ck_assert_int_ne(ours.id, theirs.id);
    ck_assert_int_eq(hosts_find(db, ORG_FIRST, theirs.id, &host), -ENOENT);
    ck_assert_int_eq(hosts_set_interval(db, ORG_FIRST, theirs.id, 1000), -ENOENT);
    ck_assert_int_eq(hosts_set_facts(db, ORG_FIRST, theirs.id, "{\"a\":1}"), -ENOENT);
    ck_assert_int_eq(hosts_set_last_seen(db, ORG_FIRST, theirs.id, 9), -ENOENT);
    ck_assert_int_eq(hosts_delete(db, ORG_FIRST, theirs.id, 9), -ENOENT);
    ck_assert_int_eq(hosts_find(db, STATE_TEST_OTHER_ORG, theirs.id, &host), 0);

    struct host_list list = {0};
    ck_assert_int_eq(hosts_list(db, ORG_FIRST, &list), 0);
    ck_assert_uint_eq(list.len, 1);
    ck_assert_int_eq(hosts_list_all(db, &list), 0);
    ck_assert_uint_eq(list.len, 3);
    host_list_deinit(&list);
    state_test_close(db);
}
END_TEST

START_TEST(keeps_what_the_agent_told)
{
    struct db *db = state_test_open();
    struct host host = state_test_host(db, ORG_FIRST, "web-1");
    struct buf out;
    buf_init(&out, 1024);
    ck_assert_int_eq(hosts_set_facts(db, ORG_FIRST, host.id, "{\"cores\":8}"), 0);
    ck_assert_int_eq(hosts_set_report(db, ORG_FIRST, host.id, "{\"ssh\":{}}"), 0);
    ck_assert_int_eq(hosts_append_facts(db, ORG_FIRST, host.id, &out), 0);
    ck_assert_int_eq(hosts_append_report(db, ORG_FIRST, host.id, &out), 0);
    ck_assert_str_eq(buf_text(&out), "{\"cores\":8}{\"ssh\":{}}");
    ck_assert_int_eq(hosts_append_facts(db, ORG_FIRST, 99, &out), -ENOENT);
    buf_deinit(&out);

    ck_assert_int_eq(hosts_set_interval(db, ORG_FIRST, host.id, 10000), 0);
    ck_assert_int_eq(hosts_set_last_seen(db, ORG_FIRST, host.id, 7000), 0);
    ck_assert_int_eq(hosts_set_last_seen(db, ORG_FIRST, host.id, 9000), 0);
    ck_assert_int_eq(hosts_find(db, ORG_FIRST, host.id, &host), 0);
    ck_assert_int_eq(host.interval_ms, 10000);
    ck_assert_int_eq(host.first_seen_ms, 7000);
    ck_assert_int_eq(host.last_seen_ms, 9000);
    state_test_close(db);
}
END_TEST

UNIT_MAIN("hosts", enrols_once_per_name_and_agent, an_agent_takes_over_a_host_without_one,
          refuses_names_that_are_none, organisations_do_not_see_each_other,
          keeps_what_the_agent_told)
