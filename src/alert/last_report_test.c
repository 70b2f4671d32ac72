/* SPDX-License-Identifier: MIT */
#include "alert/last_report.h"

#include "base/macros.h"
#include "state/hosts.h"
#include "state/state_test.h"
#include "unit.h"

#define SERVICES(name, state) "{\"services\":[{\"name\":" name ",\"state\":" state "}]}"

START_TEST(tells_what_the_report_tells)
{
    static const struct {
        const char *report, *service, *state;
        mspan_t window;
    } cases[] = {
        {SERVICES("\"a.service\"", "\"failed\""), "a.service", "failed", 0},
        {SERVICES("\"a.service\"", "\"active\""), "a.service", "", 0},
        {SERVICES("\"a.service\"", "\"reloading\""), "a.service", "", 0},
        {SERVICES("\"a.service\"", "\"failed\""), "b.service", "", 0},
        {SERVICES("\"a.service\"", "\"failed\""), NULL, "", 0},
        {SERVICES("7", "\"failed\""), "a.service", "", 0},
        {SERVICES("\"a.service\"", "null"), "a.service", "", 0},
        {"{\"services\":{\"a.service\":1},\"ssh\":{\"window_s\":600}}", "a.service", "",
         600000},
        {"{\"ssh\":{\"window_s\":600}}", NULL, "", 600000},
        {"{\"ssh\":{\"window_s\":86400}}", NULL, "", MSEC_DAY},
        {"{\"ssh\":{\"window_s\":86401}}", NULL, "", 0},
        {"{\"ssh\":{\"window_s\":-1}}", NULL, "", 0},
        {"{\"ssh\":{\"window_s\":9223372036854775807}}", NULL, "", 0},
        {"{\"ssh\":{\"window_s\":\"600\"}}", NULL, "", 0},
        {"{\"ssh\":null}", "a.service", "", 0},
        {"[1,2]", "a.service", "", 0},
        {"{\"ssh\":", "a.service", "", 0},
    };
    struct db *db = state_test_open();
    struct host host = state_test_host(db, ORG_FIRST, "web-1");
    struct last_report report;
    last_report_read(db, &host, "a.service", &report);
    ck_assert_str_eq(report.service_state, "");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ck_assert_int_eq(hosts_set_report(db, ORG_FIRST, host.id, cases[i].report), 0);
        last_report_read(db, &host, cases[i].service, &report);
        ck_assert_str_eq(report.service_state, cases[i].state);
        ck_assert_int_eq(report.ssh_window, cases[i].window);
    }
    host.id = 99;
    last_report_read(db, &host, "a.service", &report);
    ck_assert_int_eq(report.ssh_window, 0);
    state_test_close(db);
}
END_TEST

UNIT_MAIN("last_report", tells_what_the_report_tells)
