/* SPDX-License-Identifier: MIT */
#include "alert/summary.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/macros.h"
#include "base/text.h"

#define IDENTITY_MAX_BYTES ((size_t)512 * 1024) /* of the whole object, before it is hashed */
#define SUMMARY_MAX_BYTES  ((size_t)256 * 1024) /* more than a template full of labels */

static bool is_identity(const char *name)
{
    static const char *const others[] = {LABEL_METRIC_NAME, LABEL_INSTANCE, LABEL_JOB};
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        if (text_is(name, others[i]))
            return false;
    }
    return true;
}

void summary_write_identity(const struct labels *labels, char *out, size_t size)
{
    struct buf CLEANUP(buf_deinit) text;
    buf_init(&text, IDENTITY_MAX_BYTES);
    struct json json;
    json_init(&json, &text);
    json_object_begin(&json);
    for (uint32_t i = 0; i < labels->count; i++) {
        if (is_identity(labels->pairs[i].name))
            json_field_string(&json, labels->pairs[i].name, labels->pairs[i].value);
    }
    json_object_end(&json);
    if (text.error != 0 || text.len >= size)
        snprintf(out, size, "{\"series\":\"%016" PRIx64 "\"}",
                 hash_bytes(text.data, text.len, 0));
    else
        text_copy(out, size, buf_text(&text));
}

/* "95.4 %", "12", "80 %": one decimal where there is one. */
static void append_number(struct buf *out, double value, const char *unit)
{
    if (isfinite(value) && fabs(value) < 1e15 && value == round(value))
        buf_printf(out, "%.0f", value);
    else if (isfinite(value) && fabs(value) >= 0.1 && fabs(value) < 1e15)
        buf_printf(out, "%.1f", value);
    else
        buf_printf(out, "%.4g", value);
    if (*unit != '\0')
        buf_printf(out, " %s", unit);
}

/* A value just over its limit says so, instead of "80.0 %, over 80 %". */
static void append_value(struct buf *out, const struct summary_facts *facts)
{
    const struct rule *rule = facts->rule;
    if (facts->value != rule->limit && fabs(facts->value - rule->limit) < 0.05)
        buf_printf(out, "%.3f%s%s", facts->value, *rule->unit != '\0' ? " " : "", rule->unit);
    else
        append_number(out, facts->value, rule->unit);
}

static void append_field(struct buf *out, const struct summary_facts *facts, struct slice name)
{
    char span[64], label[LABELS_NAME_MAX_BYTES + 1];
    if (slice_is(name, "host")) {
        buf_append_text(out, facts->host);
    } else if (slice_is(name, "value")) {
        append_value(out, facts);
    } else if (slice_is(name, "limit")) {
        append_number(out, facts->rule->limit, facts->rule->unit);
    } else if (slice_is(name, "silence")) {
        buf_append_text(out, clock_format_span(facts->silence, span, sizeof(span)));
    } else if (slice_is(name, "interval")) {
        buf_append_text(out, clock_format_span(facts->interval, span, sizeof(span)));
    } else if (slice_is(name, "service_state")) {
        bool is_told = facts->service_state != NULL && *facts->service_state != '\0';
        buf_append_text(out, is_told ? facts->service_state : "not active");
    } else if (slice_is(name, "in_window")) {
        if (facts->window > 0)
            buf_printf(out, " in %s", clock_format_span(facts->window, span, sizeof(span)));
    } else if (facts->labels != NULL && text_copy_slice(label, sizeof(label), name)) {
        const char *value = labels_value(facts->labels, label);
        buf_append_text(out, value == NULL ? "" : value);
    }
}

/* How much of the text fits, ending between characters. */
static size_t whole_characters(const char *text, size_t len, size_t max)
{
    if (len <= max)
        return len;
    while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
        max--;
    return max;
}

void summary_write(const struct summary_facts *facts, char *out, size_t size)
{
    struct buf CLEANUP(buf_deinit) text;
    buf_init(&text, SUMMARY_MAX_BYTES);
    const char *rest = facts->rule->summary;
    while (*rest != '\0') {
        const char *end = *rest == '{' ? strchr(rest, '}') : NULL;
        if (end != NULL) {
            append_field(&text, facts, (struct slice){rest + 1, (size_t)(end - rest) - 1});
            rest = end + 1;
        } else {
            buf_append_char(&text, *rest++);
        }
    }
    const char *whole = buf_text(&text);
    size_t len = whole_characters(whole, text.len, size - 1);
    /* One line, whatever the labels hold. */
    for (size_t i = 0; i < len; i++)
        out[i] = iscntrl((unsigned char)whole[i]) ? (char)' ' : whole[i];
    out[len] = '\0';
}
