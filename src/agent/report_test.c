/* SPDX-License-Identifier: MIT */
#include "agent/report.h"

#include <jansson.h>

#include "base/text.h"
#include "unit.h"

static struct collect *collect;
static struct report report;

static void begin(void)
{
    struct collect_options options = {
        .root = "/", .services = true, .ssh = true, .ssh_window = MSEC_MINUTE};
    ck_assert_int_eq(collect_new(&options, &collect), 0);
    report_init(&report);
}

static void end(void)
{
    report_deinit(&report);
    collect_free(collect);
}

START_TEST(is_the_document_that_the_server_reads)
{
    begin();
    ck_assert(report_build(&report, collect, 2500, 1700000000123, 5000));
    json_t *document = json_loadb(report.text.data, report.text.len, 0, NULL);
    ck_assert_ptr_nonnull(document);
    json_t *facts = json_object_get(document, "facts");
    ck_assert(json_is_string(json_object_get(facts, "hostname")));
    ck_assert_str_eq(json_string_value(json_object_get(facts, "agent_version")),
                     SENTORA_VERSION);
    ck_assert_double_eq(json_number_value(json_object_get(document, "interval_s")), 2.5);
    ck_assert_int_eq(json_integer_value(json_object_get(document, "at_ms")), 1700000000123);
    ck_assert_ptr_nonnull(json_object_get(document, "services"));
    ck_assert_ptr_nonnull(json_object_get(document, "ssh"));
    json_decref(document);
    end();
}
END_TEST

START_TEST(is_news_when_it_differs_or_is_due)
{
    begin();
    ck_assert(report_build(&report, collect, 1000, 1, 5000));
    ck_assert(!report_build(&report, collect, 1000, 2, 6000)); /* only the time is new */
    ck_assert(report_build(&report, collect, 2000, 3, 7000));  /* the interval changed */
    ck_assert(!report_build(&report, collect, 2000, 4, 7000 + REPORT_PERIOD - 1));
    ck_assert(report_build(&report, collect, 2000, 5, 7000 + REPORT_PERIOD));
    end();
}
END_TEST

UNIT_MAIN("report", is_the_document_that_the_server_reads, is_news_when_it_differs_or_is_due)
