/* SPDX-License-Identifier: MIT */
#include "notify/digest.h"

#include <errno.h>
#include <stdio.h>

#include "base/map.h"
#include "base/text.h"
#include "notify/message.h"

struct maker {
    org_id org;
    struct message message;
    struct message read; /* scratch */
    struct map hosts;    /* id → anything */
    int64_t first_id, last_id;
};

/* The lower the worse. */
static int rank(enum alert_transition transition, enum alert_severity severity)
{
    return transition == TRANSITION_FIRED ? (int)SEVERITY_COUNT - (int)severity
                                          : 2 * (int)SEVERITY_COUNT - (int)severity;
}

/* Keeps the worst lines, those alike in the order in which they came. */
static void add_line(struct message_digest *digest, const struct alert_event *event)
{
    int own = rank(event->transition, event->alert.severity);
    size_t at = digest->n_lines;
    while (at > 0 &&
           rank(digest->lines[at - 1].transition, digest->lines[at - 1].severity) > own)
        at--;
    if (at == MESSAGE_DIGEST_LINES)
        return;
    if (digest->n_lines < MESSAGE_DIGEST_LINES)
        digest->n_lines++;
    memmove(&digest->lines[at + 1], &digest->lines[at],
            (digest->n_lines - 1 - at) * sizeof(digest->lines[0]));
    struct digest_line *line = &digest->lines[at];
    line->transition = event->transition;
    line->severity = event->alert.severity;
    text_copy(line->summary, sizeof(line->summary), event->alert.summary);
}

static int add_message(int64_t id, const char *text, void *arg)
{
    struct maker *maker = arg;
    struct message *read = &maker->read;
    struct message_digest *digest = &maker->message.digest;
    maker->first_id = maker->first_id == 0 ? id : maker->first_id;
    maker->last_id = id;
    if (message_read(text, read) != 0 || read->kind != MESSAGE_ALERT)
        return 0; /* cannot be read: it goes with the others, uncounted */
    bool resolved = read->event.transition == TRANSITION_RESOLVED;
    digest->resolved += resolved;
    digest->fired += !resolved;
    int64_t host = read->event.alert.host_id;
    map_put(&maker->hosts, &host, sizeof(host), maker);
    add_line(digest, &read->event);
    text_copy(maker->message.public_url, sizeof(maker->message.public_url), read->public_url);
    return 0;
}

static int queue(struct db *db, const struct maker *maker,
                 const struct outbox_question *question)
{
    struct outbox_item item = {.org = maker->org,
                               .channel_id = question->channel_id,
                               .next_ms = question->now,
                               .created_ms = question->now};
    snprintf(item.idempotency_key, sizeof(item.idempotency_key),
             "digest-channel-%lld-messages-%lld-%lld-%lld", (long long)question->channel_id,
             (long long)maker->first_id, (long long)maker->last_id, (long long)question->now);
    struct buf text;
    struct json json;
    buf_init(&text, MESSAGE_JSON_MAX_BYTES);
    json_init(&json, &text);
    message_write(&maker->message, &json);
    buf_append_char(&text, '\0');
    item.message = text.data;
    int error = text.error != 0 ? text.error : outbox_add(db, &item);
    if (error == 0)
        error = outbox_fold(db, question, maker->last_id, item.idempotency_key);
    buf_deinit(&text);
    return error;
}

static int make(struct db *db, const struct outbox_question *question, struct maker *maker)
{
    int error = outbox_each_fresh(db, question, add_message, maker);
    if (error != 0 || maker->message.digest.n_lines < 2)
        return error;
    maker->message.kind = MESSAGE_DIGEST;
    maker->message.event.at_ms = question->now;
    maker->message.digest.hosts = (int64_t)maker->hosts.len;
    return queue(db, maker, question);
}

int digest_make(struct db *db, const struct channel *channel, msec_t now)
{
    const struct outbox_question question = {channel->id, now, DIGEST_MESSAGES_MAX};
    struct maker maker = {.org = channel->org};
    map_init(&maker.hosts);
    int error = db_begin(db);
    if (error == 0) {
        error = make(db, &question, &maker);
        if (error == 0)
            error = db_commit(db);
        else
            db_abandon(db);
    }
    map_deinit(&maker.hosts);
    return error;
}
