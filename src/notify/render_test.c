/* SPDX-License-Identifier: MIT */
#include "notify/render.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "unit.h"

/* 2026-11-20 09:17:28 UTC */
#define SINCE ((msec_t)1795166248000)

static struct message sample(void)
{
    struct message message = {.public_url = "https://mon.example.com",
                              .idempotency_key = "alert-7-event-9-channel-2-1"};
    message.event = (struct alert_event){.id = 9, .at_ms = SINCE + 60000};
    struct alert *alert = &message.event.alert;
    *alert = (struct alert){.id = 7,
                            .org = 1,
                            .rule_key = "disk",
                            .host_id = 3,
                            .host_name = "web-1",
                            .labels = "{\"mountpoint\":\"/srv\"}",
                            .state = ALERT_FIRING,
                            .severity = SEVERITY_CRITICAL,
                            .summary = "web-1: disk /srv is 95.4 % full, over 90 %",
                            .unit = "%",
                            .value = 95.43,
                            .limit = 90,
                            .since_ms = SINCE,
                            .fired_ms = SINCE + 60000};
    return message;
}

static char rendered[64 * 1024];

static const char *render(void (*fn)(struct buf *, const struct message *),
                          const struct message *message)
{
    struct buf out;
    buf_init(&out, sizeof(rendered) - 1);
    fn(&out, message);
    ck_assert_int_eq(out.error, 0);
    text_copy(rendered, sizeof(rendered), buf_text(&out));
    buf_deinit(&out);
    return rendered;
}

START_TEST(a_message_that_fired)
{
    struct message message = sample();
    ck_assert_str_eq(render(render_subject, &message),
                     "[CRITICAL] web-1: disk /srv is 95.4 % full, over 90 %");
    ck_assert_str_eq(render(render_text, &message),
                     "web-1: disk /srv is 95.4 % full, over 90 %\n"
                     "\n"
                     "Host         web-1\n"
                     "mountpoint   /srv\n"
                     "Since        2026-11-20 09:17:28 UTC, for 1 min\n"
                     "Value        95.4 %\n"
                     "Limit        90 %\n"
                     "Severity     critical\n"
                     "\n"
                     "https://mon.example.com/hosts/3\n");
    const char *html = render(render_html, &message);
    ck_assert_ptr_nonnull(
        strstr(html, "<td style=\"color:#6b7280\">Value</td><td>95.4 %</td>"));
    ck_assert_ptr_nonnull(strstr(html, "<a href=\"https://mon.example.com/hosts/3\">"));
}
END_TEST

START_TEST(a_message_that_was_resolved)
{
    struct message message = sample();
    message.event.transition = TRANSITION_RESOLVED;
    message.event.at_ms = SINCE + 3 * MSEC_HOUR + 5 * MSEC_MINUTE;
    message.event.alert.value = (double)NAN;
    message.event.alert.limit = (double)NAN;
    message.public_url[0] = '\0';
    ck_assert_str_eq(render(render_subject, &message),
                     "[RESOLVED] web-1: disk /srv is 95.4 % full, over 90 %");
    ck_assert_str_eq(render(render_text, &message),
                     "web-1: disk /srv is 95.4 % full, over 90 %\n"
                     "\n"
                     "Host         web-1\n"
                     "mountpoint   /srv\n"
                     "Resolved     2026-11-20 12:22:28 UTC, after 3 h 5 min\n"
                     "Since        2026-11-20 09:17:28 UTC\n"
                     "Severity     critical\n");
    ck_assert_ptr_null(strstr(render(render_html, &message), "<a "));
}
END_TEST

START_TEST(a_test_message)
{
    struct message message = {.kind = MESSAGE_TEST, .channel = "ops \"mail\""};
    ck_assert_str_eq(render(render_subject, &message),
                     "[TEST] Sentora: messages of the channel \"ops \"mail\"\" arrive");
    ck_assert_str_eq(render(render_text, &message),
                     "Sentora: messages of the channel \"ops \"mail\"\" arrive\n\n");
    text_copy(message.public_url, sizeof(message.public_url), "http://x");
    ck_assert_str_eq(render(render_link, &message), "http://x");
}
END_TEST

START_TEST(numbers_as_people_write_them)
{
    const struct {
        double value;
        const char *unit, *line;
    } cases[] = {
        {0, "", "Value        0\n"},
        {80, "%", "Value        80 %\n"},
        {99.96, "%", "Value        100 %\n"},
        {0.25, "", "Value        0.3\n"},
        {0.0123, "s", "Value        0.012 s\n"},
        {-4.5, "C", "Value        -4.5 C\n"},
        {1234567, "B", "Value        1234567 B\n"},
        {1e300, "", "Value        1e+300\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct message message = sample();
        message.event.alert.value = cases[i].value;
        text_copy(message.event.alert.unit, sizeof(message.event.alert.unit), cases[i].unit);
        ck_assert_msg(strstr(render(render_text, &message), cases[i].line) != NULL, "%s",
                      rendered);
    }
}
END_TEST

START_TEST(nothing_hostile_gets_through)
{
    struct message message = sample();
    struct alert *alert = &message.event.alert;
    text_copy(alert->summary, sizeof(alert->summary),
              "a\r\nBcc: victim@example.com\r\n\r\n<script>alert(1)</script>\xff\xc2\x85\x7f");
    text_copy(alert->host_name, sizeof(alert->host_name), "<b>\"&\n");
    text_copy(alert->labels, sizeof(alert->labels), "{\"<i>\":\"</td>\\n\",\"n\":5}");
    ck_assert_str_eq(render(render_subject, &message),
                     "[CRITICAL] a  Bcc: victim@example.com    <script>alert(1)</script>"
                     "\xef\xbf\xbd  ");
    const char *text = render(render_text, &message);
    ck_assert_ptr_null(strstr(text, "\nBcc"));
    ck_assert_ptr_null(strchr(text, '\r'));
    const char *html = render(render_html, &message);
    ck_assert_ptr_null(strstr(html, "<script"));
    ck_assert_ptr_null(strstr(html, "<i>"));
    ck_assert_ptr_nonnull(strstr(html, "&lt;b&gt;&quot;&amp; </td>"));

    text_copy(alert->labels, sizeof(alert->labels), "not json");
    ck_assert_ptr_nonnull(strstr(render(render_text, &message), "Since"));
    alert->summary[0] = '\0';
    ck_assert_str_eq(render(render_subject, &message), "[CRITICAL] <b>\"& : disk");
}
END_TEST

START_TEST(a_line_is_cut_between_characters)
{
    struct buf out;
    buf_init(&out, 64);
    render_line(&out, "äöü", 2);
    ck_assert_str_eq(buf_text(&out), "äö…");
    buf_reset(&out);
    render_line(&out, "äöü", 3);
    ck_assert_str_eq(buf_text(&out), "äöü");
    buf_reset(&out);
    render_line(&out, "\xe2\x80\xa8\xf0\x9f", 9); /* a line separator, then half a character */
    ck_assert_str_eq(buf_text(&out), " \xef\xbf\xbd\xef\xbf\xbd");
    buf_deinit(&out);
}
END_TEST

START_TEST(a_message_survives_the_queue)
{
    struct message message = sample(), back;
    struct buf out;
    struct json json;
    buf_init(&out, MESSAGE_JSON_MAX_BYTES);
    json_init(&json, &out);
    message.event.transition = TRANSITION_RESOLVED;
    message.event.alert.state = ALERT_RESOLVED;
    message.event.alert.limit = (double)NAN;
    message_write(&message, &json);
    ck_assert_int_eq(message_read(buf_text(&out), &back), 0);
    ck_assert_int_eq(back.event.transition, TRANSITION_RESOLVED);
    ck_assert_int_eq(back.event.alert.state, ALERT_RESOLVED);
    ck_assert_int_eq(back.event.id, 9);
    ck_assert_int_eq(back.event.at_ms, message.event.at_ms);
    ck_assert_int_eq(back.event.alert.since_ms, SINCE);
    ck_assert_str_eq(back.event.alert.summary, message.event.alert.summary);
    ck_assert_str_eq(back.event.alert.labels, message.event.alert.labels);
    ck_assert_str_eq(back.public_url, message.public_url);
    ck_assert(back.event.alert.value == message.event.alert.value);
    ck_assert(isnan(back.event.alert.limit));
    buf_deinit(&out);
}
END_TEST

START_TEST(a_queued_message_of_any_shape_is_read_or_refused)
{
    struct message message;
    const char *const bad[] = {"",
                               "[]",
                               "null",
                               "{",
                               "{\"event\":\"fired\"}",
                               "{\"event\":\"fired\",\"alert\":[]}",
                               "{\"event\":7,\"alert\":{}}",
                               "{\"event\":\"fired\",\"alert\":{\"state\":\"firing\"}}"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_int_eq(message_read(bad[i], &message), -EBADMSG);

    size_t size = 100 * 1024;
    char *text = malloc(size + 200);
    int len = sprintf(text, "{\"event\":\"fired\",\"alert\":{\"state\":\"firing\",\"severity\":"
                            "\"info\",\"labels\":5,\"since_ms\":-1,\"summary\":\"");
    memset(text + len, 'x', size);
    strcpy(text + len + size, "\"}}");
    ck_assert_int_eq(message_read(text, &message), 0);
    free(text);
    ck_assert_uint_eq(strlen(message.event.alert.summary), 511);
    ck_assert_uint_eq(strlen(render(render_subject, &message)), 7 + 200 + strlen("…"));
    ck_assert_str_eq(message.event.alert.labels, "{}");
    ck_assert_uint_lt(strlen(render(render_html, &message)), 4096);
}
END_TEST

START_TEST(a_digest_says_how_many_and_shows_the_worst)
{
    struct message message = {
        .kind = MESSAGE_DIGEST,
        .public_url = "https://mon.example.com",
        .event = {.transition = TRANSITION_FIRED, .alert = {.severity = SEVERITY_CRITICAL}},
        .digest = {.fired = 4990, .resolved = 1, .hosts = 1200}};
    struct message_digest *digest = &message.digest;
    digest->n_lines = 2;
    digest->lines[0] =
        (struct digest_line){TRANSITION_FIRED, SEVERITY_CRITICAL, "db-1 is down"};
    digest->lines[1] = (struct digest_line){TRANSITION_RESOLVED, SEVERITY_WARNING, "a\nb <c>"};
    ck_assert_str_eq(render(render_subject, &message),
                     "[CRITICAL] 1,200 hosts: 4,990 alerts began, 1 alert is over");
    ck_assert_str_eq(render(render_text, &message),
                     "1,200 hosts: 4,990 alerts began, 1 alert is over\n"
                     "\n"
                     "CRITICAL     db-1 is down\n"
                     "RESOLVED     a b <c>\n"
                     "And          4,989 alerts\n"
                     "\n"
                     "https://mon.example.com/alerts\n");

    struct buf text;
    struct json json;
    struct message read;
    buf_init(&text, MESSAGE_JSON_MAX_BYTES);
    json_init(&json, &text);
    message_write(&message, &json);
    ck_assert_int_eq(message_read(buf_text(&text), &read), 0);
    ck_assert_int_eq(read.kind, MESSAGE_DIGEST);
    ck_assert_int_eq(read.event.alert.severity, SEVERITY_CRITICAL);
    ck_assert_int_eq(read.digest.hosts, 1200);
    ck_assert_uint_eq(read.digest.n_lines, 2);
    ck_assert_str_eq(read.digest.lines[1].summary, "a\nb <c>");
    ck_assert_int_eq(message_read("{\"event\":\"digest\",\"digest\":{}}", &read), -EBADMSG);
    buf_deinit(&text);
}
END_TEST

UNIT_MAIN("render", a_message_that_fired, a_message_that_was_resolved, a_test_message,
          numbers_as_people_write_them, nothing_hostile_gets_through,
          a_line_is_cut_between_characters, a_message_survives_the_queue,
          a_queued_message_of_any_shape_is_read_or_refused,
          a_digest_says_how_many_and_shows_the_worst)
