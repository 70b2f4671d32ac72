/* SPDX-License-Identifier: MIT */
#include "state/outages.h"

#include <errno.h>

#include "state/state_test.h"

static struct outage outage_of(const struct host *host, msec_t last_seen)
{
    struct outage outage = {.org = host->org,
                            .host_id = host->id,
                            .last_seen_ms = last_seen,
                            .detected_ms = last_seen + 35000};
    snprintf(outage.host_name, sizeof(outage.host_name), "%s", host->name);
    return outage;
}

static int clear(struct db *db, struct outage which, const char *who, msec_t now,
                 struct outage *out_cleared)
{
    *out_cleared = which;
    return outages_clear(db, who, now, out_cleared);
}

START_TEST(one_per_host_and_last_report)
{
    struct db *db = state_test_open();
    struct host host = state_test_host(db, ORG_FIRST, "web-1");
    struct outage first = outage_of(&host, 100000);
    struct outage again = outage_of(&host, 100000);
    struct outage second = outage_of(&host, 500000);
    ck_assert_int_eq(outages_begin(db, &first), 0);
    ck_assert_int_eq(outages_begin(db, &again), 0);
    ck_assert_int_eq(again.id, first.id);
    first.ended_ms = 300000;
    ck_assert_int_eq(outages_end(db, &first), 0);
    ck_assert_int_eq(outages_begin(db, &second), 0);
    ck_assert_int_ne(second.id, first.id);

    struct outage_list list = {0};
    ck_assert_int_eq(outages_list(db, ORG_FIRST, &(struct outage_filter){0}, &list), 0);
    ck_assert_uint_eq(list.len, 2);
    ck_assert_int_eq(list.items[0].id, second.id);
    ck_assert_int_eq(list.items[1].ended_ms, 300000);
    ck_assert_str_eq(list.items[1].host_name, "web-1");
    list.len = 0;
    ck_assert_int_eq(outages_list_ongoing(db, &list), 0);
    ck_assert_uint_eq(list.len, 1);
    outage_list_deinit(&list);
    state_test_close(db);
}
END_TEST

START_TEST(clears_only_what_has_ended)
{
    struct db *db = state_test_open();
    struct host host = state_test_host(db, ORG_FIRST, "web-1");
    struct outage outage = outage_of(&host, 100000), cleared;
    ck_assert_int_eq(outages_begin(db, &outage), 0);
    ck_assert_int_eq(
        clear(db, (struct outage){.org = ORG_FIRST, .id = outage.id}, "ann", 200000, &cleared),
        -EBUSY);
    outage.ended_ms = 300000;
    ck_assert_int_eq(outages_end(db, &outage), 0);
    ck_assert_int_eq(clear(db, (struct outage){.org = STATE_TEST_OTHER_ORG, .id = outage.id},
                           "eve", 1, &cleared),
                     -ENOENT);
    ck_assert_int_eq(
        clear(db, (struct outage){.org = ORG_FIRST, .id = 999}, "ann", 1, &cleared), -ENOENT);
    ck_assert_int_eq(
        clear(db, (struct outage){.org = ORG_FIRST, .id = outage.id}, "ann", 400000, &cleared),
        0);
    ck_assert_int_eq(cleared.cleared_ms, 400000);
    ck_assert_int_eq(
        clear(db, (struct outage){.org = ORG_FIRST, .id = outage.id}, "bob", 500000, &cleared),
        0);
    ck_assert_str_eq(cleared.cleared_by, "ann");
    ck_assert_int_eq(cleared.cleared_ms, 400000);

    struct outage_list list = {0};
    ck_assert_int_eq(outages_list(db, ORG_FIRST, &(struct outage_filter){0}, &list), 0);
    ck_assert_uint_eq(list.len, 0);
    ck_assert_int_eq(
        outages_list(db, ORG_FIRST, &(struct outage_filter){.cleared = true}, &list), 0);
    ck_assert_uint_eq(list.len, 1);
    outage_list_deinit(&list);
    state_test_close(db);
}
END_TEST

START_TEST(deleting_a_host_ends_its_outage_and_keeps_it)
{
    struct db *db = state_test_open();
    struct host host = state_test_host(db, ORG_FIRST, "web-1");
    struct outage outage = outage_of(&host, 100000), cleared;
    ck_assert_int_eq(outages_begin(db, &outage), 0);
    ck_assert_int_eq(hosts_delete(db, ORG_FIRST, host.id, 200000), 0);
    ck_assert_int_eq(
        clear(db, (struct outage){.org = ORG_FIRST, .id = outage.id}, "ann", 300000, &cleared),
        0);
    ck_assert_int_eq(cleared.ended_ms, 200000);

    /* A host of the same name is another host, with outages of its own. */
    struct host again = state_test_host(db, ORG_FIRST, "web-1");
    struct outage next = outage_of(&again, 100000);
    ck_assert_int_eq(outages_begin(db, &next), 0);
    ck_assert_int_ne(again.id, host.id);
    ck_assert_int_ne(next.id, outage.id);
    state_test_close(db);
}
END_TEST

UNIT_MAIN("outages", one_per_host_and_last_report, clears_only_what_has_ended,
          deleting_a_host_ends_its_outage_and_keeps_it)
