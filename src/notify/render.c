/* SPDX-License-Identifier: MIT */
#include "notify/render.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "base/text.h"

#define RENDER_SUBJECT_CHARS 200
#define RENDER_LINE_CHARS    1000

/* The bytes of the character at `at`: 0 when they are not UTF-8. */
static size_t character_len(const char *at)
{
    unsigned char first = (unsigned char)*at;
    size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    return strnlen(at, len) == len && text_is_utf8(at, len) ? len : 0;
}

void render_line(struct buf *out, const char *text, size_t max)
{
    size_t count = 0;
    for (const char *at = text; *at != '\0'; count++) {
        if (count == max) {
            buf_append_text(out, "…");
            return;
        }
        size_t len = character_len(at);
        bool is_control = len == 1 && ((unsigned char)*at < 0x20 || *at == 0x7f);
        /* U+0080..U+009F, U+2028 and U+2029 break lines somewhere. */
        is_control = is_control || (len == 2 && at[0] == '\xc2' && (unsigned char)at[1] < 0xa0);
        is_control = is_control || (len == 3 && at[0] == '\xe2' && at[1] == '\x80' &&
                                    (at[2] == '\xa8' || at[2] == '\xa9'));
        if (len == 0)
            buf_append_text(out, "\xef\xbf\xbd");
        else if (is_control)
            buf_append_char(out, ' ');
        else
            buf_append(out, at, len);
        at += len == 0 ? 1 : len;
    }
}

/* "95.4 %": one decimal where it says something. */
static void append_value(struct buf *out, double value, const char *unit)
{
    char number[64];
    double rounded = round(value * 10) / 10;
    if (value != 0 && fabs(value) < 0.1)
        snprintf(number, sizeof(number), "%.2g", value);
    else if (fabs(value) >= 1e15)
        snprintf(number, sizeof(number), "%g", value);
    else
        snprintf(number, sizeof(number), "%.*f", rounded == trunc(rounded) ? 0 : 1, rounded);
    buf_append_text(out, number);
    if (unit[0] != '\0') {
        buf_append_char(out, ' ');
        render_line(out, unit, RENDER_LINE_CHARS);
    }
}

static void append_time(struct buf *out, msec_t at)
{
    time_t seconds = (time_t)(at / MSEC_SECOND);
    struct tm parts;
    char text[64];
    if (gmtime_r(&seconds, &parts) == NULL ||
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
        return;
    buf_append_text(out, text);
}

static const char *badge(enum alert_transition transition, enum alert_severity severity)
{
    static const char *const severities[] = {"INFO", "WARNING", "CRITICAL"};
    _Static_assert(ARRAY_LEN(severities) == SEVERITY_COUNT, "a badge for each severity");
    switch (transition) {
    case TRANSITION_RESOLVED: return "RESOLVED";
    case TRANSITION_ACKNOWLEDGED: return "ACKNOWLEDGED";
    case TRANSITION_FIRED:
    case TRANSITION_COUNT: break;
    }
    return severities[severity];
}

/* "1 alert began", "1,204 alerts began": groups of three digits are parted. */
static void append_count(struct buf *out, int64_t count, const char *noun)
{
    char digits[32];
    int len = snprintf(digits, sizeof(digits), "%lld", (long long)count);
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            buf_append_char(out, ',');
        buf_append_char(out, digits[i]);
    }
    buf_printf(out, " %s%s", noun, count == 1 ? "" : "s");
}

static void append_digest(struct buf *out, const struct message_digest *digest)
{
    append_count(out, digest->hosts, "host");
    buf_append_text(out, ": ");
    if (digest->fired > 0) {
        append_count(out, digest->fired, "alert");
        buf_append_text(out, digest->resolved > 0 ? " began, " : " began");
    }
    if (digest->resolved > 0) {
        append_count(out, digest->resolved, "alert");
        buf_append_text(out, digest->resolved == 1 ? " is over" : " are over");
    }
}

static void append_summary(struct buf *out, const struct message *message, size_t max)
{
    const struct alert *alert = &message->event.alert;
    if (message->kind == MESSAGE_DIGEST) {
        append_digest(out, &message->digest);
    } else if (message->kind == MESSAGE_NOTICE) {
        buf_append_text(out, "Sentora: messages of the channel \"");
        render_line(out, message->channel, max);
        buf_append_text(out, message->event.transition == TRANSITION_FIRED ? "\" do not arrive"
                                                                           : "\" arrive again");
    } else if (message->kind == MESSAGE_TEST) {
        buf_append_text(out, "Sentora: messages of the channel \"");
        render_line(out, message->channel, max);
        buf_append_text(out, "\" arrive");
    } else if (alert->summary[0] != '\0') {
        render_line(out, alert->summary, max);
    } else {
        render_line(out, alert->host_name, max);
        buf_append_text(out, ": ");
        render_line(out, alert->rule_key, max);
    }
}

void render_summary(struct buf *out, const struct message *message)
{
    append_summary(out, message, RENDER_LINE_CHARS);
}

void render_subject(struct buf *out, const struct message *message)
{
    const char *said = message->kind == MESSAGE_TEST
                           ? "TEST"
                           : badge(message->event.transition, message->event.alert.severity);
    buf_printf(out, "[%s] ", said);
    append_summary(out, message, RENDER_SUBJECT_CHARS);
}

void render_link(struct buf *out, const struct message *message)
{
    if (message->public_url[0] == '\0')
        return;
    render_line(out, message->public_url, RENDER_LINE_CHARS);
    if (message->kind == MESSAGE_DIGEST)
        buf_append_text(out, "/alerts");
    else if (message->kind == MESSAGE_NOTICE)
        buf_append_text(out, "/channels");
    else if (message->kind == MESSAGE_ALERT)
        buf_printf(out, "/hosts/%lld", (long long)message->event.alert.host_id);
}

/* -- the facts, as rows of a name and a text, in both forms -- */

/* Moves what `text` holds into a new row. */
static void add_fact(struct render_facts *facts, const char *name, struct buf *text)
{
    struct render_fact *fact = &facts->items[facts->len++];
    text_copy(fact->name, sizeof(fact->name), name);
    text_copy(fact->text, sizeof(fact->text), buf_text(text));
    buf_reset(text);
}

static void add_state(struct render_facts *facts, const struct message *message,
                      struct buf *text)
{
    const struct alert_event *event = &message->event;
    char span[64];
    clock_format_span(event->at_ms - event->alert.since_ms, span, sizeof(span));
    if (event->transition == TRANSITION_RESOLVED) {
        append_time(text, event->at_ms);
        buf_printf(text, ", after %s", span);
        add_fact(facts, "Resolved", text);
    }
    append_time(text, event->alert.since_ms);
    if (event->transition == TRANSITION_FIRED && event->at_ms > event->alert.since_ms)
        buf_printf(text, ", for %s", span);
    add_fact(facts, "Since", text);
}

static void add_labels(struct render_facts *facts, const char *labels, struct buf *text)
{
    json_t *parsed = json_loads(labels, 0, NULL);
    const char *name;
    json_t *value;
    size_t count = 0;
    json_object_foreach(parsed, name, value)
    {
        if (!json_is_string(value) || count++ == RENDER_LABELS_MAX)
            continue;
        struct buf key;
        buf_init(&key, 256);
        render_line(&key, name, 12);
        render_line(text, json_string_value(value), 60);
        add_fact(facts, buf_text(&key), text);
        buf_deinit(&key);
    }
    json_decref(parsed);
}

/* A row each for the worst, and one for the others. */
static void add_lines(struct render_facts *facts, const struct message_digest *digest,
                      struct buf *text)
{
    for (size_t i = 0; i < digest->n_lines; i++) {
        const struct digest_line *line = &digest->lines[i];
        render_line(text, line->summary, 75);
        add_fact(facts, badge(line->transition, line->severity), text);
    }
    int64_t more = digest->fired + digest->resolved - (int64_t)digest->n_lines;
    if (more > 0) {
        append_count(text, more, "alert");
        add_fact(facts, "And", text);
    }
}

void render_facts(struct render_facts *facts, const struct message *message)
{
    const struct alert *alert = &message->event.alert;
    struct buf text;
    buf_init(&text, 4096);
    facts->len = 0;
    if (message->kind == MESSAGE_DIGEST)
        add_lines(facts, &message->digest, &text);
    if (message->kind == MESSAGE_NOTICE && message->reason[0] != '\0') {
        render_line(&text, message->reason, 75);
        add_fact(facts, "Answer", &text);
    }
    if (message->kind == MESSAGE_ALERT) {
        render_line(&text, alert->host_name, 75);
        add_fact(facts, "Host", &text);
        add_labels(facts, alert->labels, &text);
        add_state(facts, message, &text);
        if (!isnan(alert->value)) {
            append_value(&text, alert->value, alert->unit);
            add_fact(facts, "Value", &text);
        }
        if (!isnan(alert->limit)) {
            append_value(&text, alert->limit, alert->unit);
            add_fact(facts, "Limit", &text);
        }
        buf_append_text(&text, alert_severity_names[alert->severity]);
        add_fact(facts, "Severity", &text);
    }
    buf_deinit(&text);
}

void render_text(struct buf *out, const struct message *message)
{
    struct render_facts facts;
    render_facts(&facts, message);
    render_summary(out, message);
    buf_append_text(out, "\n\n");
    for (size_t i = 0; i < facts.len; i++)
        buf_printf(out, "%-12s %s\n", facts.items[i].name, facts.items[i].text);
    if (message->public_url[0] != '\0') {
        buf_append_text(out, facts.len > 0 ? "\n" : "");
        render_link(out, message);
        buf_append_char(out, '\n');
    }
}

static void append_escaped(struct buf *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        switch (*at) {
        case '&': buf_append_text(out, "&amp;"); break;
        case '<': buf_append_text(out, "&lt;"); break;
        case '>': buf_append_text(out, "&gt;"); break;
        case '"': buf_append_text(out, "&quot;"); break;
        default: buf_append_char(out, *at); break;
        }
    }
}

unsigned render_colour(const struct message *message)
{
    if (message->kind == MESSAGE_TEST || message->event.transition == TRANSITION_RESOLVED)
        return 0x15803d;
    switch (message->event.alert.severity) {
    case SEVERITY_CRITICAL: return 0xb91c1c;
    case SEVERITY_WARNING: return 0xb45309;
    case SEVERITY_INFO:
    case SEVERITY_COUNT: break;
    }
    return 0x1d4ed8;
}

void render_html(struct buf *out, const struct message *message)
{
    struct render_facts facts;
    struct buf part;
    render_facts(&facts, message);
    buf_init(&part, 16384);

    buf_printf(out,
               "<!doctype html>\n<html><body style=\"font-family:sans-serif\">\n"
               "<p style=\"border-left:6px solid #%06x;padding-left:12px;font-size:18px\">",
               render_colour(message));
    render_summary(&part, message);
    append_escaped(out, buf_text(&part));
    buf_append_text(out, "</p>\n<table cellpadding=\"4\">\n");
    for (size_t i = 0; i < facts.len; i++) {
        buf_append_text(out, "<tr><td style=\"color:#6b7280\">");
        append_escaped(out, facts.items[i].name);
        buf_append_text(out, "</td><td>");
        append_escaped(out, facts.items[i].text);
        buf_append_text(out, "</td></tr>\n");
    }
    buf_append_text(out, "</table>\n");
    if (message->public_url[0] != '\0') {
        buf_reset(&part);
        render_link(&part, message);
        buf_append_text(out, "<p><a href=\"");
        append_escaped(out, buf_text(&part));
        buf_append_text(out, "\">");
        append_escaped(out, buf_text(&part));
        buf_append_text(out, "</a></p>\n");
    }
    buf_append_text(out, "</body></html>\n");
    buf_deinit(&part);
}
