/* SPDX-License-Identifier: MIT */
#include "notify/notice.h"

#include <errno.h>
#include <stdio.h>

#include "base/text.h"
#include "notify/internal.h"
#include "notify/message.h"

static int queue_on(struct db *db, const struct channel *about, int64_t channel_id,
                    const struct message *message)
{
    struct outbox_item item = {.org = about->org,
                               .channel_id = channel_id,
                               .next_ms = message->event.at_ms,
                               .created_ms = message->event.at_ms};
    snprintf(item.idempotency_key, sizeof(item.idempotency_key),
             "notice-%s-%lld-channel-%lld-%lld", message_event_name(message),
             (long long)about->id, (long long)channel_id, (long long)message->event.at_ms);
    struct buf text;
    struct json json;
    buf_init(&text, MESSAGE_JSON_MAX_BYTES);
    json_init(&json, &text);
    message_write(message, &json);
    buf_append_char(&text, '\0');
    item.message = text.data;
    int error = text.error != 0 ? text.error : outbox_add(db, &item);
    buf_deinit(&text);
    return error;
}

int notice_attempt(struct db *db, const struct channel *channel, bool delivered,
                   const char *answer, msec_t now)
{
    bool fails = !delivered && channel->failures + 1 == NOTICE_FAILURES;
    bool recovers = delivered && channel->failures >= NOTICE_FAILURES;
    if (!fails && !recovers)
        return 0;
    int64_t ids[NOTIFY_ORG_CHANNELS_MAX];
    size_t count;
    int error = channels_enabled(db, channel->org, ids, ARRAY_LEN(ids), &count);
    if (error != 0)
        return error == -E2BIG ? 0 : error;

    struct message message = {.kind = MESSAGE_NOTICE};
    message.event.transition = fails ? TRANSITION_FIRED : TRANSITION_RESOLVED;
    message.event.at_ms = now;
    text_copy(message.channel, sizeof(message.channel), channel->name);
    text_copy(message.reason, sizeof(message.reason), fails ? answer : "");
    notify_read_public_url(db, channel->org, message.public_url, sizeof(message.public_url));
    for (size_t i = 0; i < count && error == 0; i++)
        if (ids[i] != channel->id)
            error = queue_on(db, channel, ids[i], &message);
    return error;
}
