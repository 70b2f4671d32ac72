/* SPDX-License-Identifier: MIT */
#include "notify/message.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>

#include "base/text.h"

const char *message_event_name(const struct message *message)
{
    switch (message->kind) {
    case MESSAGE_TEST: return "test";
    case MESSAGE_DIGEST: return "digest";
    case MESSAGE_NOTICE:
        return message->event.transition == TRANSITION_FIRED ? "channel_failing"
                                                             : "channel_recovered";
    case MESSAGE_ALERT:
    case MESSAGE_KIND_COUNT: break;
    }
    return alert_transition_names[message->event.transition];
}

static void write_time(struct json *json, const char *key, msec_t at)
{
    json_key(json, key);
    if (at == 0)
        json_none(json);
    else
        json_int(json, at);
}

/* Labels come from the database as JSON text; what is not an object becomes an empty one. */
static void write_labels(struct json *json, const char *labels)
{
    json_t *parsed = json_loads(labels, 0, NULL);
    json_key(json, "labels");
    if (json_is_object(parsed))
        json_raw(json, labels, strlen(labels));
    else
        json_raw(json, "{}", 2);
    json_decref(parsed);
}

void message_write_alert(const struct alert *alert, struct json *json)
{
    json_object_begin(json);
    json_field_int(json, "id", alert->id);
    json_field_string(json, "rule_key", alert->rule_key);
    json_field_int(json, "host_id", alert->host_id);
    json_field_string(json, "host_name", alert->host_name);
    write_labels(json, alert->labels);
    json_field_string(json, "state", alert_state_names[alert->state]);
    json_field_string(json, "severity", alert_severity_names[alert->severity]);
    json_field_string(json, "summary", alert->summary);
    json_field_string(json, "unit", alert->unit);
    json_field_double(json, "value", alert->value);
    json_field_double(json, "limit", alert->limit);
    write_time(json, "since_ms", alert->since_ms);
    write_time(json, "fired_ms", alert->fired_ms);
    write_time(json, "resolved_ms", alert->resolved_ms);
    write_time(json, "acked_ms", alert->acked_ms);
    json_field_string(json, "acked_by", alert->acked_by);
    json_field_string(json, "ack_comment", alert->ack_comment);
    json_object_end(json);
}

static void write_digest(const struct message_digest *digest, struct json *json)
{
    json_object_begin(json);
    json_field_int(json, "fired", digest->fired);
    json_field_int(json, "resolved", digest->resolved);
    json_field_int(json, "hosts", digest->hosts);
    json_key(json, "lines");
    json_array_begin(json);
    for (size_t i = 0; i < digest->n_lines; i++) {
        const struct digest_line *line = &digest->lines[i];
        json_object_begin(json);
        json_field_string(json, "event", alert_transition_names[line->transition]);
        json_field_string(json, "severity", alert_severity_names[line->severity]);
        json_field_string(json, "summary", line->summary);
        json_object_end(json);
    }
    json_array_end(json);
    json_object_end(json);
}

void message_write(const struct message *message, struct json *json)
{
    json_object_begin(json);
    json_field_string(json, "event", message_event_name(message));
    json_field_int(json, "event_id", message->event.id);
    json_field_int(json, "at_ms", message->event.at_ms);
    json_field_string(json, "public_url", message->public_url);
    switch (message->kind) {
    case MESSAGE_DIGEST:
        json_key(json, "digest");
        write_digest(&message->digest, json);
        break;
    case MESSAGE_NOTICE:
        json_field_string(json, "channel", message->channel);
        json_field_string(json, "reason", message->reason);
        break;
    case MESSAGE_ALERT:
    case MESSAGE_TEST:
    case MESSAGE_KIND_COUNT:
        json_key(json, "alert");
        message_write_alert(&message->event.alert, json);
        break;
    }
    json_object_end(json);
}

static void read_text(const json_t *object, const char *key, char *out, size_t size)
{
    const char *value = json_string_value(json_object_get(object, key));
    text_copy(out, size, value == NULL ? "" : value);
}

static int64_t read_int(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static double read_double(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

/* The number of the name in its table; -1 when it is not there. */
static int read_name(const json_t *object, const char *key, const char *const *names, int count)
{
    const char *value = json_string_value(json_object_get(object, key));
    for (int i = 0; value != NULL && i < count; i++)
        if (text_is(value, names[i]))
            return i;
    return -1;
}

static void read_labels(const json_t *object, char *out, size_t size)
{
    text_copy(out, size, "{}");
    char *labels = json_dumps(json_object_get(object, "labels"), JSON_COMPACT);
    if (labels != NULL && strlen(labels) < size)
        text_copy(out, size, labels);
    free(labels);
}

static int read_alert(const json_t *object, struct alert *alert)
{
    int state = read_name(object, "state", alert_state_names, ALERT_STATE_COUNT);
    int severity = read_name(object, "severity", alert_severity_names, SEVERITY_COUNT);
    if (state < 0 || severity < 0)
        return -EBADMSG;

    alert->state = (enum alert_state)state;
    alert->severity = (enum alert_severity)severity;
    alert->id = read_int(object, "id");
    alert->host_id = read_int(object, "host_id");
    read_text(object, "rule_key", alert->rule_key, sizeof(alert->rule_key));
    read_text(object, "host_name", alert->host_name, sizeof(alert->host_name));
    read_labels(object, alert->labels, sizeof(alert->labels));
    read_text(object, "summary", alert->summary, sizeof(alert->summary));
    read_text(object, "unit", alert->unit, sizeof(alert->unit));
    alert->value = read_double(object, "value");
    alert->limit = read_double(object, "limit");
    alert->since_ms = read_int(object, "since_ms");
    alert->fired_ms = read_int(object, "fired_ms");
    alert->resolved_ms = read_int(object, "resolved_ms");
    alert->acked_ms = read_int(object, "acked_ms");
    read_text(object, "acked_by", alert->acked_by, sizeof(alert->acked_by));
    read_text(object, "ack_comment", alert->ack_comment, sizeof(alert->ack_comment));
    return 0;
}

static int read_alert_event(const json_t *root, struct message *message)
{
    int transition = read_name(root, "event", alert_transition_names, TRANSITION_COUNT);
    if (transition < 0)
        return -EBADMSG;
    message->event.transition = (enum alert_transition)transition;
    return read_alert(json_object_get(root, "alert"), &message->event.alert);
}

static int read_digest(const json_t *root, struct message *message)
{
    struct message_digest *digest = &message->digest;
    message->kind = MESSAGE_DIGEST;
    digest->fired = read_int(root, "fired");
    digest->resolved = read_int(root, "resolved");
    digest->hosts = read_int(root, "hosts");
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(root, "lines"), i, item)
    {
        int transition = read_name(item, "event", alert_transition_names, TRANSITION_COUNT);
        int severity = read_name(item, "severity", alert_severity_names, SEVERITY_COUNT);
        if (i == MESSAGE_DIGEST_LINES || transition < 0 || severity < 0)
            return -EBADMSG;
        struct digest_line *line = &digest->lines[digest->n_lines++];
        line->transition = (enum alert_transition)transition;
        line->severity = (enum alert_severity)severity;
        read_text(item, "summary", line->summary, sizeof(line->summary));
    }
    if (digest->n_lines == 0)
        return -EBADMSG;
    message->event.transition = digest->lines[0].transition;
    message->event.alert.severity = digest->lines[0].severity;
    return 0;
}

static int read_notice(const json_t *root, struct message *message)
{
    message->kind = MESSAGE_NOTICE;
    bool fails = text_is(json_string_value(json_object_get(root, "event")), "channel_failing");
    message->event.transition = fails ? TRANSITION_FIRED : TRANSITION_RESOLVED;
    message->event.alert.severity = SEVERITY_WARNING;
    read_text(root, "channel", message->channel, sizeof(message->channel));
    read_text(root, "reason", message->reason, sizeof(message->reason));
    return 0;
}

static int read_what(const json_t *root, struct message *message)
{
    const json_t *digest = json_object_get(root, "digest");
    if (digest != NULL)
        return read_digest(digest, message);
    return json_is_string(json_object_get(root, "channel")) ? read_notice(root, message)
                                                            : read_alert_event(root, message);
}

int message_read(const char *text, struct message *out_message)
{
    json_t *root = json_loads(text, 0, NULL);
    struct message message = {0};
    int error = read_what(root, &message);
    if (error == 0) {
        message.event.id = read_int(root, "event_id");
        message.event.at_ms = read_int(root, "at_ms");
        read_text(root, "public_url", message.public_url, sizeof(message.public_url));
        *out_message = message;
    }
    json_decref(root);
    return error;
}
