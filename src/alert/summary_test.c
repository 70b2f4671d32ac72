/* SPDX-License-Identifier: MIT */
#include "alert/summary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "base/text.h"
#include "unit.h"

static struct labels *labels_of(const char *name, const char *value)
{
    struct label pairs[] = {{LABEL_METRIC_NAME, "m"},
                            {LABEL_INSTANCE, "web-1"},
                            {LABEL_JOB, "node"},
                            {name, value}};
    struct labels *labels = labels_new(pairs, ARRAY_LEN(pairs));
    ck_assert_ptr_nonnull(labels);
    return labels;
}

START_TEST(identity_is_what_tells_conditions_apart)
{
    char out[1024];
    struct labels *labels = labels_of("mountpoint", "/home \"x\"");
    summary_write_identity(labels, out, sizeof(out));
    ck_assert_str_eq(out, "{\"mountpoint\":\"/home \\\"x\\\"\"}");
    labels_unref(labels);

    struct label only[] = {{LABEL_METRIC_NAME, "m"}};
    labels = labels_new(only, 1);
    summary_write_identity(labels, out, sizeof(out));
    ck_assert_str_eq(out, "{}");
    labels_unref(labels);
}
END_TEST

START_TEST(a_long_identity_is_hashed_and_stays_itself)
{
    char value[2000], first[1024], again[1024], other[1024];
    memset(value, 'x', sizeof(value));
    value[sizeof(value) - 1] = '\0';
    struct labels *labels = labels_of("mountpoint", value);
    summary_write_identity(labels, first, sizeof(first));
    summary_write_identity(labels, again, sizeof(again));
    labels_unref(labels);
    value[1500] = 'y';
    labels = labels_of("mountpoint", value);
    summary_write_identity(labels, other, sizeof(other));
    labels_unref(labels);
    ck_assert(text_has_prefix(first, "{\"series\":\""));
    ck_assert_str_eq(first, again);
    ck_assert_str_ne(first, other);
}
END_TEST

START_TEST(says_it_in_words)
{
    static const struct {
        const char *template, *unit, *name, *label, *text;
        double value, limit;
        mspan_t window;
    } cases[] = {
        {"{host}: CPU is {value}, over {limit}", "%", "x", "y",
         "web-1: CPU is 95.4 %, over 80 %", 95.4321, 80, 0},
        {"{host}: disk {mountpoint} is {value} full, over {limit}", "%", "mountpoint", "/home",
         "web-1: disk /home is 93.2 % full, over 90 %", 93.2, 90, 0},
        {"{host}: service {service} is {service_state}", "", "service", "nginx",
         "web-1: service nginx is not active", 0, 1, 0},
        {"{host}: {value} failed SSH logins{in_window}, {limit} or more is the limit", "", "x",
         "y", "web-1: 12 failed SSH logins in 10 min, 5 or more is the limit", 12, 5, 600000},
        {"{host}: {value} failed SSH logins{in_window}, {limit} or more is the limit", "", "x",
         "y", "web-1: 12 failed SSH logins, 5 or more is the limit", 12, 5, 0},
        {"{value}, over {limit}", "%", "x", "y", "80.020 %, over 80 %", 80.02, 80, 0},
        {"{nothing}{x", "%", "x", "y", "{x", 1, 2, 0},
        {"{x}", "", "x", "a\nb\x01", "a b ", 1, 2, 0},
        {"{value}", "", "x", "y", "inf", (double)INFINITY, 2, 0},
        {"{value}", "", "x", "y", "1e+300", 1e300, 2, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct rule rule = {.limit = cases[i].limit};
        text_copy(rule.summary, sizeof(rule.summary), cases[i].template);
        text_copy(rule.unit, sizeof(rule.unit), cases[i].unit);
        struct labels *labels = labels_of(cases[i].name, cases[i].label);
        struct summary_facts facts = {.rule = &rule,
                                      .host = "web-1",
                                      .labels = labels,
                                      .value = cases[i].value,
                                      .window = cases[i].window};
        char out[512];
        summary_write(&facts, out, sizeof(out));
        ck_assert_str_eq(out, cases[i].text);
        labels_unref(labels);
    }
}
END_TEST

START_TEST(says_silence_and_cuts_between_characters)
{
    struct rule rule = {.limit = 3.5};
    text_copy(rule.summary, sizeof(rule.summary),
              "{host} has not reported for {silence} (expected every {interval})");
    struct summary_facts facts = {
        .rule = &rule, .host = "web-1", .silence = 35000, .interval = 10000};
    char out[512];
    summary_write(&facts, out, sizeof(out));
    ck_assert_str_eq(out, "web-1 has not reported for 35 s (expected every 10 s)");

    char small[6];
    facts.host = "abcd\xc3\xa4";
    summary_write(&facts, small, sizeof(small));
    ck_assert_str_eq(small, "abcd");
    facts.host = "abc\xc3\xa4";
    summary_write(&facts, small, sizeof(small));
    ck_assert_str_eq(small, "abc\xc3\xa4");
}
END_TEST

UNIT_MAIN("summary", identity_is_what_tells_conditions_apart,
          a_long_identity_is_hashed_and_stays_itself, says_it_in_words,
          says_silence_and_cuts_between_characters)
